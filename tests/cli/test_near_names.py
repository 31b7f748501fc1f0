"""What is near to what was typed: levers before outcomes, parameters by their beginning, numbers without commas."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import Cli

from kladsim import Scenario, Treatment
from kladsim.core.errors import InputError
from kladsim.evidence.near import nearest


@pytest.mark.parametrize(
    ("typed", "kinds", "near"),
    [
        ("divert", (["diversion", "takedown"], ["diverted"]), "diversion"),
        ("diverte", (["diversion"], ["diverted"]), "diverted"),
        ("treat", (["treatment", "diversion"], ["treated"]), "treatment"),
        ("courier.pay", (["courier.slack", "courier.pay_per_drop", "courier.pay_per_drop_growth"],), "courier.pay_per_drop"),
        ("slack", (["courier.slack", "stock.days"],), "courier.slack"),
        ("untill", (["until", "start"],), "until"),
        ("DEATHS", (["takedown"], ["deaths", "arrests"]), "deaths"),
        ("xyzzy", (["until"], ["deaths"]), None),
        ("", (["until"],), None),
    ],
)
def test_the_nearest_name(typed: str, kinds: tuple[list[str], ...], near: str | None) -> None:
    assert nearest(typed, *kinds) == near


@pytest.mark.parametrize(
    ("verb", "near"),
    [
        (("explain", "divert"), "diversion"),
        (("explain", "taked"), "takedown"),
        (("explain", "sentence"), "sentencing"),
        (("explain", "courier.pay"), "courier.pay_per_drop"),
        (("run", "russia", "--set", "courier.pay=450"), "courier.pay_per_drop"),
        (("run", "russia", "--set", "parameters.courier.pay=450"), "courier.pay_per_drop"),
        (("run", "russia", "--set", "untill=2020"), "until"),
        (("run", "russia", "--set", "slack=1"), "courier.slack"),
    ],
)
def test_the_command_line_suggests_it(cli: Cli, verb: tuple[str, ...], near: str) -> None:
    said = cli(*verb)
    assert said.code == 2 and f"did you mean: {near}\n" in said.err, said.err


def test_an_unknown_field_lists_the_groups_too(cli: Cli) -> None:
    said = cli("run", "russia", "--set", "nonsense=1")
    assert "mechanisms.M9=off" in said.err and "levers.NAME.OPTION=VALUE" in said.err and "did you mean" not in said.err


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("levers: [{lever: treatment, places: 40,000, start: 2025}]", "places: 40000"),
        ("levers: [{lever: treatment, places: 1,200, start: 2025}]", "places: 1200"),
        ("levers:\n- {lever: takedown, date: 2025-01-01, cost: 2,000}", "cost: 2000"),
        ("parameters: {courier.pay_per_drop: 1,500}", "courier.pay_per_drop: 1500"),
        ("levers:\n- lever: treatment\n  places: 40,000\n  start: 2025", "40000"),
        ("levers:\n- lever: treatment\n  places: 40 000\n  start: 2025", "40000"),
    ],
)
def test_a_comma_within_a_number_is_told(text: str, near: str, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(f"name: a\nbased_on: russia\n{text}\n", encoding="utf-8")
    said = cli("run", tmp_path / "plan.yaml")
    assert said.code == 2 and f"did you mean: {near}\n" in said.err, said.err


@pytest.mark.parametrize("places", ["40,000", "40 000", "40_000", "40'000", "1,234,567"])
def test_thousands_in_python(places: str) -> None:
    with pytest.raises(InputError, match=r"did you mean '\d+'"):
        Treatment(places=places, start="2025")  # type: ignore[arg-type]
    with pytest.raises(InputError) as told:
        Treatment(places="many", start="2025")  # type: ignore[arg-type]
    assert told.value.suggestion is None


def test_a_number_of_its_own_is_a_name_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("name: a\nbased_on: russia\nparameters: {courier.pay_per_drop: 450}\n")
    assert Scenario.load(tmp_path / "a.yaml").parameters["courier.pay_per_drop"] == 450


def test_an_interruption_is_told_once(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import import_module

    run = import_module("kladsim.runs.running")  # the package has a function of this name

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "run", interrupted)
    said = cli("run", "russia", "--until", "2016", "--quiet")
    assert said.code == 3 and said.err.count("interrupted") == 1 and "the same command resumes" in said.err
