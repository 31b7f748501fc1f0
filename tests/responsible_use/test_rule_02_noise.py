"""Rule 2: what is too noisy is marked and shown, never blanked; values by hand.

A 90 % interval of mean m and standard deviation s is m ± 1.645 s; it is a factor of 3 wide at s = 0.304 m. The error of a
median is 1.2533 s / sqrt(n).
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.study.fake_model import SPEC

from kladsim.model.outcomes import OUTCOMES
from kladsim.policy import Scenario
from kladsim.runs import run
from kladsim.runs.disclosure import DisclosedArray, ResolutionError, class_of
from kladsim.runs.export import table
from kladsim.runs.noise import Sampling, judge, weight_of
from kladsim.runs.summary import rows

NO_COUNT = 0
"""Weight of values that are no counts."""


def judged(values: list[float], weight: float, scale: int = 100, draws: tuple[int, ...] | None = None) -> str:
    """What settles one cell; "" where it is settled."""
    numbers = (0,) * len(values) if draws is None else draws
    found = judge(np.array(values, dtype=float)[:, None], weight, Sampling(scale, numbers))
    assert bool(found.noisy[0]) == bool(found.settled_by[0])
    return str(found.settled_by[0])


@pytest.mark.parametrize(
    ("values", "weight", "settled_by"),
    [
        ([5, 5, 5, 5], 1, ""),  # 20 events
        ([5, 5, 5, 4], 1, "5 replicates"),  # 19 events: 20 / 19 of 4 replicates, rounded up
        ([500, 500, 500, 500], 100, ""),  # the same at scale 1/100
        ([500, 500, 500, 400], 100, "5 replicates"),
        ([20], 1, ""),
        ([19], 1, "2 replicates"),
        ([4], 1, "scale 1/20"),  # counting of 4 is too wide (10.8 are needed); five times as many persons give 20
        ([0, 0, 0], 1, "20 replicates"),  # none in 3: fewer than 3 are likely, so 20 / 3 times as many at least
        ([0.5], 0, "2 replicates"),  # one share tells nothing of its spread
        ([0.5, 0.52], 0, ""),
    ],
)
def test_events_behind_a_number(values: list[float], weight: float, settled_by: str) -> None:
    assert judged(values, weight) == settled_by


def test_the_error_of_the_number_shown() -> None:
    # Median 1, sd 0.4216: (1.645 * 0.4216 / 0.5)² = 1.92 times as many persons, whatever the number of replicates.
    assert judged([1.0] * 8 + [0.0] * 2, NO_COUNT) == "scale 1/51"
    # Two values: median 130, sd 42.4, error 1.2533 * 42.4 / sqrt(2) = 37.6 < 130 / 3.
    assert 1.2533 * 42.43 / np.sqrt(2) < 130 / 3
    # 100 and 180: error 50.1 > 46.7.
    assert judged([100.0, 180.0], NO_COUNT)


def test_width_by_sampling_is_settled_by_persons_not_by_replicates() -> None:
    # mean 250, sd 136: (1.645 * 136 / 125)² = 3.2 times as many persons: scale 1/31.
    values = [100.0, 150.0, 200.0, 250.0, 300.0, 350.0, 500.0, 150.0]
    mean, sd = float(np.median(values)), float(np.std(values, ddof=1))
    assert sd > 0.304 * mean
    needed = (1.6448536 * sd / (mean / 2)) ** 2
    assert judged(values, 1.0) == f"scale 1/{int(100 // needed)}"
    assert judged(values, 1.0, scale=2) == "pooling"  # no scale holds so many persons


def test_doubt_of_parameters_marks_nothing() -> None:
    values = [100.0, 400.0, 1000.0, 3000.0]
    assert judged(values, 1.0)  # replicates that share their parameters: sampling
    assert judged(values, 1.0, draws=(0, 1, 2, 3)) == ""  # each its own draw: counting alone, 100 events and more
    assert judged([100.0, 101.0, 400.0, 401.0], 1.0, draws=(0, 0, 1, 1)) == ""
    assert judged([100.0, 400.0, 100.0, 400.0], 1.0, draws=(0, 0, 1, 1))


def test_a_cell_undefined_in_one_replicate_is_shown() -> None:
    """A ratio without events in one replicate keeps the value of the others."""
    item = DisclosedArray("r", "ratio", ("replicate", "year"), np.array([[np.nan], [3.0], [3.1]]), "share", "supply", kind="level",
                    sample="none")  # fmt: skip
    year = next(row for row in rows({"r": item}, {"year": [2015]}, Sampling(1, (0, 0, 0))) if row.period == "2015")
    assert year.median == pytest.approx(3.05) and not year.noisy


COUNTS = st.lists(st.lists(st.integers(0, 60), min_size=5, max_size=5), min_size=1, max_size=9)


def item(values: np.ndarray) -> DisclosedArray:
    return DisclosedArray("deaths", "deaths", ("replicate", "year", "region"), values, "persons", "health")


@given(COUNTS, st.integers(1, 100))
def test_more_replicates_never_show_less(counts: list[list[int]], scale: int) -> None:
    values = scale * np.array(counts, dtype=float)[:, None, :]
    labels = {"year": [2015], "region": list("abcde")}
    before = 0
    for n in range(1, len(values) + 1):
        made = list(rows({"deaths": item(values[:n])}, labels, Sampling(scale, (0,) * n)))
        shown = [row for row in made if np.isfinite(row.median)]
        assert len(shown) == len(made) == 5 and len(shown) >= before
        assert all(bool(row.settled_by) == row.noisy for row in made)
        before = len(shown)


@given(COUNTS)
def test_the_same_replicates_again_settle_and_never_unsettle_by_events_or_error(counts: list[list[int]]) -> None:
    values = np.array(counts, dtype=float)
    again = np.concatenate([values, values])
    # Each replicate its own draw: counting alone decides, and twice the replicates have twice the events.
    first, second = (judge(v, 1.0, Sampling(1, tuple(range(len(v))))).noisy for v in (values, again))
    wide = values.mean(axis=0) < 10.9  # the interval of counting of so few is wider than a factor of 3 at any number
    assert not (second & ~first & ~wide).any()


def test_the_share_marked_falls_with_replicates() -> None:
    """Cells with 2 to 80 events a replicate: fewer are marked with more replicates, those that persons settle stay."""
    rng = np.random.default_rng(1)
    mean = rng.uniform(2.0, 80.0, 4000)
    values = rng.poisson(mean, (32, 4000)).astype(float)
    marked = [judge(values[:n], 1.0, Sampling(100, (0,) * n)).noisy.mean() for n in (1, 2, 4, 8, 16, 32)]
    assert all(later <= earlier + 0.01 for earlier, later in zip(marked, marked[1:], strict=False)), marked


def test_summary_keeps_the_cell_whose_interval_crosses_zero() -> None:
    """The cell of fault S13: an interval from below to above nothing is marked, with its numbers."""
    values = np.array([[[-10.0, 100.0]], [[12.0, 101.0]], [[-11.0, 102.0]]])
    found = item(values)
    made = list(rows({"deaths": found}, {"year": [2015], "region": ["a", "b"]}, Sampling(1, (0, 0, 0))))
    assert [(row.place, row.noisy) for row in made] == [("a", True), ("b", False)]
    assert made[0].median == -10.0 and (made[0].low5, made[0].high95) == (-11.0, 12.0)  # the range of three runs


def test_exports_leave_no_row_out_and_carry_the_marks() -> None:
    result = run(Scenario(name="a", until="2016-01-01", scale=1), replicates=2, engine=SPEC)
    found = table(result, ["deaths"], ["year", "region"])
    assert [(row["year"], row["region"]) for row in found] == [
        (year, region) for year in (2014, 2015) for region in ("RU-AL", "RU-MOW", "RU-SPE")
    ]
    assert all(row["median"] is not None and row["low"] is not None and row["high"] is not None for row in found)
    assert [row["noisy"] for row in found] == [False, False, True] * 2
    assert [row["settled_by"] for row in found] == ["", "", "7 replicates"] * 2
    text = str(result.export("deaths", "year,region", "csv")).splitlines()
    assert text[0].split(",")[4:9] == ["median", "low", "high", "noisy", "settled_by"]
    assert '"noisy": true' in str(result.export("deaths", "year,region", "json"))


def test_rows_of_regions_name_the_district_above_them() -> None:
    result = run(Scenario(name="a", until="2016-01-01", scale=1), replicates=2, engine=SPEC)
    found = {row["region"]: row["pooled"] for row in table(result, ["deaths"], ["year", "region"])}
    assert found["RU-MOW"] == "Central" and found["RU-AL"] == "Siberian" and found["RU-SPE"] == "Northwestern"


def test_a_rate_is_no_count_of_events() -> None:
    """What each outcome declares of its sample, against a list of the units that count nothing."""
    no_counts = {"1/person-year", "months", "share", "USD/day", "USD", "RUB/drop", "days", "index"}
    assert {name for name, item in OUTCOMES.items() if item.sample == "none"} == {
        name for name, item in OUTCOMES.items() if item.unit in no_counts
    }


def test_an_outcome_that_does_not_declare_what_it_counts_is_refused() -> None:
    with pytest.raises(ResolutionError, match="its sample; allowed: persons, sellers"):
        weight_of(DisclosedArray("r", "r", ("year",), np.zeros(1), "persons", "health"), 10)


@pytest.mark.parametrize(
    ("name", "unit", "scale", "weight"),
    [
        ("deaths", "persons", 100, 100.0), ("deaths", "persons", 1, 1.0), ("shops", "shops", 50, 10.0),
        ("shops", "shops", 100, 10.0), ("shops", "shops", 5, 5.0), ("window_offers", "offers", 1000, 100.0),
        ("platforms_open", "platforms", 100, 1.0), ("price_index", "index", 100, 0.0),
        ("arrest_risk_courier", "1/person-year", 100, 0.0), ("platform_receipts_usd", "USD", 100, 0.0),
    ],
)  # fmt: skip
def test_what_one_simulated_thing_counts(name: str, unit: str, scale: int, weight: float) -> None:
    """A sample of 1/50 holds shops five times as fine: one of them counts as ten."""
    found = DisclosedArray(name, name, ("replicate", "year"), np.zeros((1, 1)), unit, "supply")
    assert weight_of(found, scale) == weight


def test_no_outcome_leaves_without_a_class() -> None:
    assert {class_of(outcome) for outcome in OUTCOMES.values()} > {"health", "justice", "supply", "coverage", "risk"}
    with pytest.raises(ResolutionError, match="no disclosure class"):
        class_of("prison_margin")  # its name holds "prison"; names decide nothing by their parts
    with pytest.raises(ResolutionError, match="no disclosure class"):
        class_of("coverage_by_shop")
