"""Farrington Flexible equals R's ``surveillance`` to rounding, and its parts equal what the paper says by hand."""

from __future__ import annotations

import csv
import hashlib
import os
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from kladsim.monitor.benchmark_series import make_weekly, weekly_scenarios
from kladsim.monitor.farrington import FarringtonFlexible, Settings, baseline_groups, judge
from kladsim.monitor.judgement import CountTable

REFERENCE = Path(__file__).parent / "reference"
MADE = Path(os.environ.get("KLADSIM_REFERENCE") or REFERENCE)
"""What R says: as it is stored, or made anew by ``make reference``."""
"""Made by tools/farrington_reference.R with surveillance 1.20.3 on series of the weekly benchmark (Noufaily et al. 2013)."""
SETTINGS = {
    "usual": Settings(),
    "trend only where significant": Settings(trend_p=0.05),
    "windows alone": Settings(groups=1),
    "no trend and three years": Settings(trend=False, years=3),
    "five cases in four weeks": Settings(few_cases=5),
    "narrow windows and five groups": Settings(half_window=2, groups=5, tail=0.01),
}
Array = NDArray[np.float64]


def number(text: str) -> float:
    return float("nan") if text in ("NA", "NaN") else float(text)


@pytest.fixture(scope="module")
def series() -> Array:
    return np.loadtxt(REFERENCE / "farrington_series.csv", delimiter=",")


@pytest.fixture(scope="module")
def rows() -> dict[str, list[dict[str, str]]]:
    found = defaultdict(list)
    with (MADE / "farrington_settings.csv").open() as file:
        for row in csv.DictReader(file):
            found[row["setting"]].append(row)
    return found


@pytest.mark.parametrize("setting", SETTINGS)
def test_it_equals_the_r_package(setting: str, series: Array, rows: dict[str, list[dict[str, str]]]) -> None:
    of = rows[setting]
    periods = sorted({int(row["period"]) for row in of})
    expected = np.array([number(row["expected"]) for row in of]).reshape(len(series), -1)
    upper = np.array([number(row["upper"]) for row in of]).reshape(len(series), -1)
    found = judge(series, range(periods[0], periods[-1] + 1), SETTINGS[setting])
    np.testing.assert_allclose(found.expected, expected, rtol=1e-6)
    np.testing.assert_array_equal(found.upper, upper)


def test_the_seasonal_groups_of_a_small_year() -> None:
    # A year of 13 periods, one period on each side of the same time, three groups: 13 - 3 = 10 periods between two
    # windows, cut into 5 and 5; period 30 looks back on 17 and 4, and its last five periods are no baseline.
    groups = baseline_groups(30, Settings(frequency=13, years=2, half_window=1, groups=3, excluded=5))
    assert groups[:3].tolist() == [0, 0, 0]
    assert groups[3:6].tolist() == [3, 3, 3]
    assert groups[6:16].tolist() == [1] * 5 + [2] * 5
    assert groups[16:19].tolist() == [3, 3, 3]
    assert groups[19:25].tolist() == [1] * 5 + [2]
    assert groups[25:].tolist() == [0] * 6


def test_a_level_series_is_expected_at_its_mean_and_bounded_by_poisson() -> None:
    from scipy.stats import poisson

    counts = np.full((1, 300), 4.0)
    found = judge(counts, range(290, 292))
    assert found.expected == pytest.approx(4.0)
    assert (found.upper == poisson.ppf(0.995, 4.0)).all()
    assert not found.alarm.any()


def test_an_outbreak_in_the_baseline_is_weighed_down_and_one_now_is_an_alarm() -> None:
    rng = np.random.default_rng(1)
    quiet = rng.poisson(5.0, (1, 300)).astype(float)
    past, now = quiet.copy(), quiet.copy()
    past[0, 231:234] += 60
    now[0, 299] += 25
    usual, disturbed = judge(quiet, range(299, 300)), judge(past, range(299, 300))
    assert usual.expected[0, 0] < disturbed.expected[0, 0] < 1.5 * usual.expected[0, 0]
    assert judge(now, range(299, 300)).alarm[0, 0]
    assert not usual.alarm[0, 0]


def test_a_trend_is_followed_but_not_beyond_the_largest_count() -> None:
    time = np.arange(300)
    rising = np.round(np.exp(3.0 + 0.003 * time))[None, :]
    with_trend = judge(rising, range(299, 300))
    without = judge(rising, range(299, 300), Settings(trend=False))
    assert without.expected[0, 0] < 0.75 * rising[0, 299]
    # 26 periods ahead of its baseline the trend exceeds all it has seen, so that it is dropped.
    assert with_trend.expected[0, 0] == without.expected[0, 0]
    near = judge(rising + 60.0 * (time == 250), range(299, 300))
    assert near.expected[0, 0] == pytest.approx(rising[0, 299], rel=0.05)


def test_missing_counts_are_no_baseline_and_no_alarm() -> None:
    rng = np.random.default_rng(2)
    counts = rng.poisson(3.0, (2, 300)).astype(float)
    counts[1, 100:110] = np.nan
    counts[1, 299] = np.nan
    found = judge(counts, range(298, 300))
    assert np.isfinite(found.expected).all()
    assert not found.alarm[1, 1]
    np.testing.assert_array_equal(found.expected[0], judge(counts[:1], range(298, 300)).expected[0])


def test_too_short_a_past_is_refused() -> None:
    with pytest.raises(ValueError, match="fewer than 263 periods"):
        judge(np.zeros((1, 300)), range(262, 264))


@pytest.mark.verify
def test_it_equals_the_r_package_on_1624_series_of_the_weekly_benchmark() -> None:
    # tools/farrington_benchmark.R on 58 series of each of 28 scenarios, seed 0; expected counts are stored as float32.
    with np.load(REFERENCE / "farrington_benchmark.npz") as stored:
        expected, upper, digest = stored["expected"], stored["upper"], str(stored["digest"])
    scenarios = enumerate(weekly_scenarios())
    counts = np.array([make_weekly(one, 1000 * i + r).observed for i, one in scenarios for r in range(58)])
    assert hashlib.sha256(counts.astype("<i8").tobytes()).hexdigest() == digest, "numpy draws other series now"
    found = judge(counts, range(575, 624))
    np.testing.assert_allclose(found.expected, expected, rtol=1e-6)
    np.testing.assert_array_equal(found.upper, upper)


def test_it_equals_the_r_package_on_a_series_of_each_scenario() -> None:
    with np.load(REFERENCE / "farrington_benchmark.npz") as stored:
        expected, upper = stored["expected"][::58], stored["upper"][::58]
    counts = np.array([make_weekly(one, 1000 * i).observed for i, one in enumerate(weekly_scenarios())])
    found = judge(counts, range(575, 624))
    np.testing.assert_allclose(found.expected, expected, rtol=1e-6)
    np.testing.assert_array_equal(found.upper, upper)


def test_the_detector_says_nothing_before_it_has_five_years() -> None:
    counts = np.random.default_rng(4).poisson(5.0, (3, 300)).astype(float)
    counts[0, 299] = 40.0
    found = FarringtonFlexible().judge(CountTable(counts, "week", 100_000), range(260, 300))
    assert np.isnan(found.expected[:, :3]).all()
    assert np.isfinite(found.expected[:, 3:]).all()
    assert found.alarm[0, -1]
    assert found.score[0, -1] > 1.0
    np.testing.assert_array_equal(found.upper[:, 3:], judge(counts, range(263, 300)).upper)


@pytest.mark.parametrize(("freq", "periods"), [("year", 8), ("quarter", 24), ("month", 72), ("day", 365 * 6)])
def test_other_kinds_of_periods_have_settings_of_their_own(freq: str, periods: int) -> None:
    counts = np.random.default_rng(5).poisson(20.0, (2, periods)).astype(float)
    counts[1, -1] = 90.0
    found = FarringtonFlexible().judge(CountTable(counts, freq, 8000), range(periods - 1, periods))
    assert found.expected[:, 0] == pytest.approx(20.0, rel=0.35)
    assert found.alarm[:, 0].tolist() == [False, True]
