"""Rules behind published numbers, one by one: which cell is clear, when a plan first differs, what may leave."""

from __future__ import annotations

import math
from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest

from kladsim.model.outcomes import OUTCOMES
from kladsim.runs import disclosure
from kladsim.runs.disclosure import DisclosedArray, ResolutionError, Window
from kladsim.runs.noise import Sampling
from kladsim.runs.periods import by_year, coarsen_time, national_years, years_of
from kladsim.study import groups
from kladsim.study.effects import first_difference, paired_totals


@pytest.mark.parametrize(("n", "errors"), [(6, 5.5), (21, 3.4), (100_000, 3.0)])
def test_errors_grow_where_replicates_are_few(n, errors):
    assert groups._errors(n) == pytest.approx(errors, abs=0.05)


@pytest.mark.parametrize(("factor", "clear"), [(1.001, True), (0.999, False), (-1.001, True), (-0.999, False)])
def test_a_cell_is_clear_beyond_three_standard_errors(factor, clear):
    """Deviations of +1 and -1 around the mean, in 16 replicates: a standard error of sqrt(16 / 15) / 4."""
    mean = factor * groups._errors(16) * math.sqrt(16 / 15) / 4
    assert groups._clear(np.array([[mean + (-1) ** i] for i in range(16)])).tolist() == [clear]


def test_a_cell_without_change_or_without_a_value_is_not_clear():
    rows = np.array([[0.0, 1.0, np.nan, -1.0]] * 5 + [[0.0, 1.0, 1.0, -1.0]])
    assert groups._clear(rows).tolist() == [False, True, False, True]


def run_of(*years: float, other: float = 1.0):
    """Return a run of two replicates with one national outcome by year."""
    values = np.array([years, years])
    items = {"x": SimpleNamespace(values=values), "y": SimpleNamespace(values=np.full(values.shape, other))}
    return SimpleNamespace(labels={"year": [2020, 2021, 2022]}, national=lambda: items)


@pytest.mark.parametrize(("plan", "year"), [
    ((math.nan, 2.0, 3.0), None), ((math.nan, 2.0, 4.0), 2022), ((math.nan, 9.0, 4.0), 2021), ((1.0, 2.0, 3.0), 2020)
])  # fmt: skip
def test_first_difference(plan, year):
    """A year that is not defined in both is no difference."""
    base = run_of(math.nan, 2.0, 3.0)
    assert first_difference(base, {"same": run_of(math.nan, 2.0, 3.0), "plan": run_of(*plan)}) == year


def test_coarsen_time_leaves_other_axes():
    values = np.arange(26.0).reshape(2, 13)
    dims, yearly = coarsen_time(("replicate", "month"), values, date(2020, 1, 1), "flow")
    assert (dims, yearly.tolist()) == (("replicate", "year"), [[66.0, 12.0], [222.0, 25.0]])
    dims, same = coarsen_time(("replicate", "region"), values, date(2020, 1, 1), "flow")
    assert dims == ("replicate", "region") and (same == values).all()


def test_national_years_add_up_or_not():
    values = np.ones((12, 3))
    options = (("month", "region"), values, date(2020, 1, 1), "flow")
    assert national_years(*options, adds_up=True).tolist() == [36.0]
    assert national_years(*options, adds_up=False) is None
    assert national_years(("region",), values[0], date(2020, 1, 1), "flow", adds_up=True) is None
    assert national_years(("month",), values[:, 0], date(2020, 1, 1), "flow", adds_up=False).tolist() == [12.0]


def test_an_array_says_nothing_that_is_not_said():
    array = DisclosedArray("x", "x", ("year",), np.zeros(1), "persons", "health")
    assert (array.doc, array.kind, array.better, array.headline, array.disclosure, array.sample) == ("", "flow", "", False, "", "")


DAYS = np.full((4, 2), np.nan)
DAYS[1:3, 0] = 1.0


@pytest.mark.parametrize(("dims", "side", "values", "window", "words"), [
    (disclosure.WINDOW_CELL, "supply", DAYS, Window(1, 3, (0,)), None),
    (disclosure.WINDOW_CELL, "supply", DAYS, None, "declares no past"),
    (disclosure.WINDOW_CELL, "health", DAYS, Window(1, 3, (0,)), "only supply"),
    (("day",), "supply", DAYS, Window(1, 3, (0,)), "only supply"),
    (disclosure.WINDOW_CELL, "supply", DAYS[0], Window(1, 3, (0,)), "only supply"),
    (disclosure.WINDOW_CELL, "supply", DAYS, Window(2, 3, (0,)), "outside"),
    (disclosure.WINDOW_CELL, "supply", DAYS, Window(1, 2, (0,)), "outside"),
    (disclosure.WINDOW_CELL, "supply", DAYS, Window(1, 3, (1,)), "outside"),
    (disclosure.WINDOW_CELL, "supply", DAYS, Window(-5, 3, (0,)), None),
    (disclosure.WINDOW_CELL, "supply", np.array([[1.0], [np.nan]]), Window(-5, 1, (0,)), None),
])  # fmt: skip
def test_supply_leaves_within_its_window_only(dims, side, values, window, words):
    if words is None:
        disclosure._check_window("x", dims, values, side, window)
    else:
        with pytest.raises(ResolutionError, match=words):
            disclosure._check_window("x", dims, values, side, window)


def test_what_leaves_carries_its_declaration():
    outcome = OUTCOMES["deaths"]
    array = SimpleNamespace(name="deaths", dims=("year", "region"), values=np.ones((2, 3)), unit="persons")
    left = disclosure.apply_disclosure_control("deaths_by_region", array, outcome)
    said = (left.key, left.name, left.side, left.kind, left.better, left.headline, left.disclosure, left.sample, left.doc)
    assert said == ("deaths_by_region", "deaths", "health", "flow", "lower", True, "health", "persons", outcome.doc)
    array.values = np.ones(2)
    with pytest.raises(ResolutionError, match="1 axes"):
        disclosure.apply_disclosure_control("deaths_by_region", array, outcome)


def test_a_group_that_half_the_replicates_leave_as_it_was_counts_half():
    """Of 21 replicates 14 gain and seven stay: 14 / 21 + half of 7 / 21."""
    cells = {"x": np.full((21, 2, 1), 100.0)}
    item = DisclosedArray("x", "x", ("replicate", "year", "region"), cells["x"], "persons", "health", kind="flow", sample="persons")
    after = cells["x"].copy()
    after[:14, 1, 0] -= 50.0
    new = DisclosedArray(**{**vars(item), "values": after})
    (group,) = groups._cells("plan", item, new, "lower", 0, [["A"]], ("region",), Sampling(1, (0,) * 21))
    assert group.p_better == pytest.approx(14 / 21 + 3.5 / 21)
    assert (group.who, group.by, group.n, group.median) == ("A", "region", 21, -50.0)
    (worse,) = groups._cells("plan", item, new, "higher", 0, [["A"]], ("region",), Sampling(1, (0,) * 21))
    assert worse.p_better == pytest.approx(3.5 / 21)


def test_counts_have_a_sample():
    array = DisclosedArray("own", "own", ("year",), np.zeros(1), "persons", "health", sample="none")
    assert not disclosure.is_count(array)
    assert disclosure.is_count("deaths")


def test_an_outcome_is_as_fine_as_one_of_its_cells():
    cells = (("year", "region"), ("month",))
    for dims in (("year", "region"), ("month",), ("year",)):
        disclosure.check_resolution("x", dims, "health", cells)
    with pytest.raises(ResolutionError, match="than it declares"):
        disclosure.check_resolution("x", ("year", "region", "sex"), "health", cells)


def test_paired_totals_are_of_what_both_runs_have():
    base, plan = run_of(1.0, 2.0, 3.0), run_of(1.0, 4.0, 7.0)
    items = {name: DisclosedArray(name, name, ("replicate", "year"), item.values, "1", "health") for name, item in plan.national().items()}
    plan.national = lambda: items | {"z": items["x"]}
    base.national = lambda: {**{name: DisclosedArray(**{**vars(items[name]), "values": np.full((2, 3), 2.0)}) for name in "xy"},
                             "w": items["x"]}  # fmt: skip
    paired = paired_totals(base, plan, 2021)
    assert {name: values.tolist() for name, values in paired.items()} == {"x": [7.0, 7.0], "y": [-2.0, -2.0]}


def test_an_outcome_by_group_is_better_as_its_national_sum_is():
    national = {"dependent": SimpleNamespace(better="lower"), "own": SimpleNamespace(better="lower")}
    base = SimpleNamespace(national=lambda: national)
    by_age = SimpleNamespace(name="dependent_by_age", better="")
    assert groups._better(by_age, base) == "lower"
    assert groups._better(SimpleNamespace(name="own", better=""), base) == "", "the national outcome says nothing of itself"


@pytest.mark.parametrize(("before", "after", "noisy"), [(10.0, 10_000.0, True), (10_000.0, 10.0, True), (10_000.0, 9_000.0, False)])
def test_a_group_is_noisy_where_either_side_is(before, after, noisy):
    """Ten persons of a sample of one in a hundred, or ten thousand."""
    values = np.full((21, 1, 1), before)
    item = DisclosedArray("x", "x", ("replicate", "year", "region"), values, "persons", "health", kind="flow", sample="persons")
    new = DisclosedArray(**{**vars(item), "values": np.full((21, 1, 1), after) + np.arange(21.0)[:, None, None] / 100})
    (group,) = groups._cells("plan", item, new, "lower", 0, [["A"]], ("region",), Sampling(100, (0,) * 21))
    assert group.noisy is noisy


def test_days_lie_in_their_calendar_year():
    assert years_of("day", 4, date(2019, 12, 30)).tolist() == [2019, 2019, 2020, 2020]


def test_a_level_is_the_mean_of_the_days_that_have_one():
    """Two days of 2019, of which one has no ratio, and one of 2020 without any."""
    level = by_year(np.array([np.nan, 4.0, np.nan]), 0, "day", date(2019, 12, 30), "level")
    assert level[0] == 4.0 and np.isnan(level[1])
    assert by_year(np.array([3.0, 4.0, 5.0]), 0, "day", date(2019, 12, 30), "flow").tolist() == [7.0, 5.0]
