"""Counts of checks: per kind of evidence, what was fitted and what only repeats never in the headline."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from kladsim.cli.main import verbs
from kladsim.core.formatting import Language
from kladsim.evidence import claims, load_register, published
from kladsim.evidence.translating import page_messages
from kladsim.validation.checks.claims import OWN, carried
from kladsim.validation.counting import (
    EVIDENCE,
    NO_EVIDENCE,
    TITLES,
    group_of,
    headline,
    in_view,
    tallies,
)
from kladsim.validation.registry import checks
from kladsim.validation.verdicts import CheckResult


def result(name: str, status: str) -> CheckResult:
    check = checks()[name]
    return CheckResult(name, check.kind, status, "", "", None, None, None, "", None, 0, (), check.use, "")


def own(n: int) -> list[str]:
    return [claim.id for claim in claims() if carried()[claim.id].checks == (OWN,)][:n]


def repeating(n: int) -> list[str]:
    return [c.id for c in claims() if carried()[c.id].checks and carried()[c.id].checks != (OWN,)][:n]


def test_what_was_fitted_and_what_repeats_is_never_in_the_headline() -> None:
    first, second = own(2)
    again = repeating(3)
    found = [
        result("PL2", "fail"), result("D9", "pass"), result("PL9", "pass"), result("D4", "fail"),
        result("P01", "pass"), result("P22", "fail"), result(first, "pass"), result(second, "fail"),
        result("H1", "pass"), result("T01", "pass"), *(result(name, "pass") for name in again),
    ]  # fmt: skip
    said = headline(found)
    head, _, rest = said.partition(" No evidence, and not counted: ")
    for words in ("(VAL) 1 of 2", "(SIGN) 1 of 2", "Patterns 1 of 2", "measure of their own 1 of 2"):
        assert words in head
    for words in ("(CAL) 1 of 1", "fitted 1 of 1", "3 of 3"):
        assert words in rest and words not in head
    assert "Of the 4 that pass, 1 are named in the register" in head and "(D9)" in head


def test_a_pass_that_a_parameter_names_as_its_source_is_told_apart() -> None:
    register = load_register()
    assert "D9" in register["price.risk"].source and in_view("D9")
    assert in_view("P08") and not in_view("P01") and not in_view("PL9")
    assert in_view("L4"), "its figure E147 is a source of health.fatal_other"
    assert not in_view("L1"), "no parameter names the forensic counts"


def test_every_result_falls_into_one_group() -> None:
    every = [result(name, "pass") for name in checks()]
    assert {group_of(one) for one in every} == set(TITLES) == {*EVIDENCE, *NO_EVIDENCE, "none"}
    assert sum(tally.passed for tally in tallies(every)) == len(checks())
    uses = {row.id: row.use for row in published()} | {"E14": "SIGN"}  # listed "VAL vs balloon": a direction
    assert all(group_of(one) in uses[one.id] for one in every if one.kind == "published" and one.use)


def test_nothing_run_is_said_so() -> None:
    assert headline([result("PL2", "not run")]) == "No check that counts as evidence was run."


def test_terminal_json_and_page_count_apart() -> None:
    from kladsim.report.validation_page import page
    from kladsim.validation.report import answer

    told = json.loads(CliRunner().invoke(verbs, ["validate", "--json"]).stdout)
    groups = {row["group"]: row for row in told["counts"]}
    assert groups["VAL"]["evidence"] and not groups["CAL"]["evidence"] and not groups["repeat"]["evidence"]
    tested = [r for r in told["results"] if r["use"] == "VAL" and r["status"] in ("pass", "fail")]
    assert groups["VAL"]["passed"] + groups["VAL"]["failed"] == len(tested)
    text = page(answer(), [])
    assert told["headline"] in text and "counts as evidence" in text
    assert "| Published results | 1" not in text, "VAL, SIGN and CAL in one sum"
    said = CliRunner().invoke(verbs, ["validate", "--only", "D9,H1"]).stdout
    assert "No evidence, and not counted" in said.replace("\n", " ")


def test_the_brief_counts_apart() -> None:
    from kladsim.evidence.translating import texts
    from kladsim.report import annex

    for language in ("en", "ru"):
        told = annex._checks(texts("brief", language))[0]
        assert told.count("/") == 6 and "{" not in told


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_page_has_words_for_every_group(language: Language) -> None:
    assert all(page_messages(language).get(f"fit.group.{name}") for name in TITLES if name != "none")


def test_the_page_of_the_manual_counts_apart() -> None:
    from pathlib import Path

    text = (Path(__file__).parents[2] / "docs" / "validation" / "validation.md").read_text(encoding="utf-8")
    assert "Passed of the checks that count as evidence" in text and "counts as evidence | pass | fail" in text
