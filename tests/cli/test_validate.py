"""validate: every id with a status, at once; wrong names and too few replicates are refused; a page is written."""

from __future__ import annotations

import json

import pytest
from tests.cli.conftest import Cli

from kladsim.evidence import claims, patterns, published, targets
from kladsim.validation.verdicts import STATUSES


def test_every_id_has_a_status(cli: Cli) -> None:
    facts = json.loads(cli("validate", "--json").out)
    expected = [row.id for table in (patterns(), targets(), published(), claims()) for row in table]
    assert sorted(result["id"] for result in facts["results"]) == sorted(expected)
    for result in facts["results"]:
        assert result["status"] in STATUSES, result["id"]
        assert set(result) >= {"id", "kind", "status", "target", "value", "low", "high", "mechanism", "reason"}
        assert result["status"] != "not testable" or result["reason"], result["id"]


def test_table_and_page(cli: Cli) -> None:
    from kladsim.report.validation_page import page
    from kladsim.validation.report import answer

    said = cli("validate", "--only", "P27,targets")
    assert said.code == 0 and "P27 not testable" in said.out
    text = page(answer("P27,targets"), [])
    assert "turf violence" in text and "cathinones" in text


def test_wrong_words_are_refused(cli: Cli) -> None:
    assert cli("validate", "--only", "P99").code == 2
    assert cli("dev", "validate", "--fresh", "-n", "1").code == 2


@pytest.mark.parametrize("name", ["S054", "E034", "P08", "T11", "PL1"])
def test_explain_names_the_check(cli: Cli, name: str) -> None:
    told = json.loads(cli("explain", name, "--json").out)
    assert told["mechanisms"] or name.startswith("E")
    assert told.get("check") or told.get("checked by")
