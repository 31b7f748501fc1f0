"""EARS and CUSUM by hand, and that no chart reads what lies after the judged period."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from kladsim.monitor.charts import CusumChart, EarsC1, EarsC2, EarsC3
from kladsim.monitor.detection import DETECTORS
from kladsim.monitor.judgement import CountTable

Array = NDArray[np.float64]
BASE = [2.0, 4.0, 2.0, 4.0, 2.0, 4.0, 3.0]
"""Mean 3, sum of squares about it 6, standard deviation 1."""


def table(values: list[float]) -> CountTable:
    return CountTable(np.array([values]), "week", 100_000)


def test_ears_c1_is_the_mean_plus_three_deviations_of_seven_periods() -> None:
    found = EarsC1().judge(table([*BASE, 6.0, 7.0]), range(7, 8))
    assert (found.expected[0, 0], found.upper[0, 0], found.score[0, 0]) == (3.0, 6.0, 3.0)
    assert not found.alarm[0, 0]  # at the bound, not above it
    assert EarsC1().judge(table([*BASE, 6.5]), range(7, 8)).alarm[0, 0]


def test_ears_c2_leaves_two_periods_between() -> None:
    found = EarsC2().judge(table([*BASE, 90.0, 90.0, 6.5]), range(9, 10))
    assert (found.expected[0, 0], found.upper[0, 0], found.score[0, 0]) == (3.0, 6.0, 3.5)
    assert found.alarm[0, 0]


def test_ears_c3_adds_the_excess_over_one_deviation_in_three_periods() -> None:
    # C2 of the last three periods: (4.5-3)/1 = 1.5 -> 0.5; the baseline then holds 4, 2, 4, 2, 4, 3, 3 (period 7 is 3):
    # mean 22/7, and so on. A level past keeps it short: seven threes have the smallest deviation, one half.
    values = [3.0] * 9 + [3.75, 3.75, 4.0]
    found = EarsC3().judge(table(values), range(9, 12))
    # 0.75 / 0.5 = 1.5 -> 0.5; the same -> 1.0; 1.0 / 0.5 = 2 -> 1.0, in all 2.0
    assert found.score[0].tolist() == [0.5, 1.0, 2.0]
    assert found.upper[0].tolist() == [4.5, 4.25, 4.0]
    assert found.alarm[0].tolist() == [False, False, False]
    assert EarsC3().judge(table([*values[:-1], 4.1]), range(11, 12)).alarm[0, 0]


def test_cusum_adds_departures_of_the_log_beyond_the_drift() -> None:
    # Twelve periods of 1.5 and 0.5 in turn: logs of 2 and 1, mean log(2)/2, deviation log(2)/2 * sqrt(12/11).
    values = [1.5, 0.5] * 6 + [1.0] * 3 + [3.5, 7.5]
    deviation = 0.5 * np.log(2) * np.sqrt(12 / 11)
    first = (np.log(4) - 0.5 * np.log(2)) / deviation - 0.5
    found = CusumChart(baseline=12).judge(table(values), range(15, 16))
    assert found.score[0, 0] == pytest.approx(first)
    assert found.expected[0, 0] == pytest.approx(np.sqrt(2) - 0.5)
    assert found.upper[0, 0] == pytest.approx(np.exp(0.5 * np.log(2) + 5.5 * deviation) - 0.5)
    assert not found.alarm[0, 0]


@pytest.mark.parametrize("detector", [EarsC1(), EarsC2(), EarsC3(), CusumChart()])
def test_a_missing_count_has_no_judgement(detector: EarsC1 | CusumChart) -> None:
    values = np.random.default_rng(1).poisson(9.0, (2, 40)).astype(float)
    values[1, 39] = np.nan
    found = detector.judge(CountTable(values, "week", 0), range(39, 40))
    assert np.isfinite(found.score[0, 0])
    assert np.isnan(found.score[1, 0])
    assert not found.alarm[1, 0]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), name=st.sampled_from(sorted(DETECTORS)), mean=st.sampled_from([0.2, 3.0, 60.0]))
def test_a_judgement_rests_on_what_lies_before_and_its_bound_is_its_alarm(seed: int, name: str, mean: float) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.negative_binomial(mean, 0.5, (3, 330)).astype(float)
    counts[1, 200:203] += 30.0
    periods = range(300, 312)
    detector = DETECTORS[name]()
    whole = detector.judge(CountTable(counts, "week", 104_000), periods)
    past = detector.judge(CountTable(counts[:, : periods.stop], "week", 104_000), periods)
    np.testing.assert_array_equal(whole.score, past.score)
    np.testing.assert_array_equal(whole.alarm, past.alarm)
    changed = counts.copy()
    changed[:, periods.stop :] += 100.0
    np.testing.assert_array_equal(detector.judge(CountTable(changed, "week", 104_000), periods).upper, whole.upper)
    if name == "joint-rise":
        return
    values = counts[:, periods.start : periods.stop]
    np.testing.assert_array_equal(values > whole.upper, whole.alarm)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    name=st.sampled_from(sorted(DETECTORS)),
    freq=st.sampled_from(["day", "week", "month", "quarter", "year"]),
    periods=st.sampled_from([1, 3, 8, 30, 90, 280]),
    kind=st.sampled_from(["zero", "rare", "huge", "level", "small", "steep"]),
    missing=st.sampled_from([0.0, 0.1, 0.95, 1.0]),
)
@pytest.mark.filterwarnings("error")
def test_no_series_breaks_a_detector(seed: int, name: str, freq: str, periods: int, kind: str, missing: float) -> None:
    rng = np.random.default_rng(seed)
    shape = 2, periods if name != "joint-rise" else min(periods, 30)
    counts: Array = {
        "zero": np.zeros(shape),
        "rare": rng.poisson(0.05, shape).astype(float),
        "huge": rng.lognormal(20.0, 3.0, shape),
        "level": np.full(shape, 1e12),
        "small": rng.gamma(0.1, 0.001, shape),
        "steep": np.round(np.exp(np.linspace(0.0, 25.0, shape[1])))[None].repeat(2, axis=0),
    }[kind]
    counts = np.where(rng.random(shape) < missing, np.nan, counts)
    last = range(max(0, shape[1] - 5), shape[1])
    found = DETECTORS[name]().judge(CountTable(counts, freq, 24_000 if freq != "year" else 1990), last)
    assert found.alarm.shape == (2, len(last))
    assert not found.alarm[np.isnan(counts[:, last.start :])].any()
