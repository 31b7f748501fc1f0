"""list and explain know everything that has a name."""

from __future__ import annotations

import json

import pytest
from tests.cli.conftest import Cli

from kladsim.cli.listing import KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_lists(cli: Cli, kind: str) -> None:
    found = json.loads(cli("list", kind, "--json").out)
    assert len(found[kind]) >= 1
    said = cli("list", kind)
    assert said.code == 0 and said.out


def test_search_and_unknown_kind(cli: Cli) -> None:
    found = json.loads(cli("list", "parameters", "--search", "courier.pay", "--json").out)
    assert any(item["name"] == "courier.pay_per_drop" for item in found["parameters"])
    said = cli("list", "lever")
    assert said.code == 2 and "levers" in said.err


@pytest.mark.parametrize(
    "name",
    [
        "courier.pay_per_drop",
        "diversion",
        "russia-divert",
        "M7",
        "E062",
        "T01",
        "P08",
        "S002",
        "deaths",
        "treatment",
        "cost.justice.prison_year",
        "health.poisoning_response",
    ],
)
def test_explains(cli: Cli, name: str) -> None:
    said = cli("explain", name, "--json")
    assert said.code == 0, said.err
    assert json.loads(said.out)
    assert cli("explain", name).code == 0


def test_unknown_name_gets_a_suggestion(cli: Cli) -> None:
    said = cli("explain", "courier.pay_per_drp")
    assert said.code == 2 and "courier.pay_per_drop" in said.err
    said = cli("explain", "treatment.plases")
    assert said.code == 2 and "treatment.places" in said.err


def test_a_country_pack_without_a_preset_says_how_it_runs(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kladsim.world.load.list_packs", lambda: ("kyrgyzstan",))
    said = cli("run", "kyrgyzstan")
    assert said.code == 2 and "country: kyrgyzstan" in said.err


def test_the_model_describes_itself(cli: Cli) -> None:
    assert "#" in cli("explain", "model").out


def test_texts_of_levers_have_no_marks_of_markup(cli: Cli) -> None:
    for said in (cli("list", "levers", "--json"), cli("explain", "diversion", "--json")):
        assert said.code == 0 and "``" not in said.out
