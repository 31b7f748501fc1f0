"""Levels of deaths and poisonings: each published number is scored, in its own series, by a rule stated beforehand."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest

from kladsim.evidence import figures, published
from kladsim.evidence.register import load_register
from kladsim.validation.checks.published_levels import LATER, LEVELS, LEVELS_BY_YEAR, PublishedLevel
from kladsim.validation.judging import result_of
from kladsim.validation.registry import checks
from kladsim.validation.verdicts import CheckInput, CheckResult, Row

ROWS = {row.id: row for row in published() if row.section == "Levels of deaths and poisonings in Russia"}


def numbers(text: str) -> list[float]:
    return [float(found.replace(",", "")) for found in re.findall(r"\d[\d,.]*\d|\d", text)]


def rows_of(**facts: list[float]) -> list[Row]:
    """Rows of the default scenario with these facts by replicate (``registered_deaths_2018`` for ``...@2018``)."""
    many = len(next(iter(facts.values())))
    named = {re.sub(r"_(\d{4})$", r"@\1", name): values for name, values in facts.items()}
    arms = [{name: values[r] for name, values in named.items()} for r in range(many)]
    return [{"replicate": r, "arms": {"base": arm}} for r, arm in enumerate(arms)]


def judged(name: str, **facts: list[float]) -> CheckResult:
    return result_of(checks()[name], CheckInput({"base": rows_of(**facts)}))


def test_every_level_is_a_row_kept_out_of_the_fit() -> None:
    assert set(ROWS) == {check.id for check in LEVELS} == {f"L{n}" for n in range(1, 12)}
    assert all(check.use == "VAL" and check.needs == ("base",) for check in LEVELS)
    assert all(row.use == "VAL" and row.testable for row in ROWS.values())


@pytest.mark.parametrize("level", LEVELS_BY_YEAR, ids=lambda level: level.id)
def test_the_number_scored_is_the_number_in_the_table(level: PublishedLevel) -> None:
    row = ROWS[level.id]
    printed = numbers(row.value)
    assert printed[0] == level.point and str(level.year) in row.text
    if "," in row.value and "(" in row.value and "-" in row.value:
        assert printed[1:3] == [level.low, level.high]


def test_a_count_that_names_a_figure_has_its_number() -> None:
    known = {figure.id: figure for figure in figures()}
    for row in ROWS.values():
        for name in re.findall(r"E\d{3}", row.source):
            said = f"{known[name].value} {known[name].note}"
            first = numbers(row.value)[0] if row.id != "L9" else 21.4
            assert first in numbers(said), row.id


def test_the_two_series_of_deaths_are_not_joined() -> None:
    takes = {level.id: level.take for level in LEVELS_BY_YEAR}
    assert takes["L1"] == "fatal" and {takes[f"L{n}"] for n in range(2, 8)} == {"registered"}
    truth = judged("L1", deaths_poisoning_2014=[8600.0, 8700.0, 8800.0], registered_deaths_2014=[1.0, 1.0, 1.0])
    assert truth.status == "pass"
    coded = judged("L5", deaths_poisoning_2019=[1.0, 1.0, 1.0], registered_deaths_2019=[4400.0, 4600.0, 4700.0])
    assert coded.status == "pass"


def test_a_number_a_quarter_too_low_fails_and_says_by_how_much() -> None:
    low = judged("L6", registered_deaths_2020=list(np.linspace(5000, 6000, 21)))
    assert low.status == "fail" and "median 5.5e+03, published 7.32e+03" in low.reason
    assert "set by hand with these figures in view" in low.reason
    near = judged("L6", registered_deaths_2020=list(np.linspace(6200, 8200, 21)))
    assert near.status == "pass"
    scattered = judged("L6", registered_deaths_2020=list(np.linspace(0, 12900, 21)))
    assert scattered.status == "fail"  # the interval holds the number; the median, 6,450, is below 6,600


def test_poisonings_are_all_of_them_fatal_or_not() -> None:
    both = judged("L11", deaths_poisoning_2019=[4000.0] * 3, poisonings_nonfatal_2019=[13900.0, 14053.0, 14200.0])
    assert both.status == "pass" and both.value == 18050


def test_the_years_after_2021_must_each_reach_the_bound() -> None:
    years = {f"registered_deaths_{year}": [10500.0, 10500.0] for year in LATER}
    assert judged("L8", **years).status == "pass"
    assert judged("L8", **years | {"registered_deaths_2023": [9990.0, 9990.0]}).status == "fail"


def test_counts_agree_with_the_country_pack() -> None:
    """The pack carries the same series for charts: the numbers may not drift apart."""
    import kladsim.world

    path = Path(kladsim.world.__file__).parent / "packs" / "russia" / "observations.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        pack = {(row["series"], row["date"][:4]): row for row in csv.DictReader(stream)}
    mine = {(level.take, str(level.year)): level.point for level in LEVELS_BY_YEAR}
    for (series, year), row in pack.items():
        take = {"drug_deaths": "registered", "drug_poisonings": "poisonings"}.get(series)
        if take and row["basis"] == "data":
            assert mine[take, year] == float(row["value"])


def test_parameters_that_had_these_figures_in_view_are_named() -> None:
    register = load_register()
    seen = {n for n in register if re.search(r"E14[7-9]|E15[0-3]", register[n].source) and n.startswith("health.")}
    said = judged("L4", registered_deaths_2018=[4000.0, 4100.0]).reason
    assert {"health.potency_trend", "health.fatal_other"} <= seen
    assert all(name in said or (name.startswith("health.poisoning_") and "health.poisoning_*" in said) for name in seen)
