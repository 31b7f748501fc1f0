"""The default detector: its distribution by hand, its rate of false alarms, outbreaks, seasons, intervals, discovery."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import nbinom, poisson

from kladsim.core.errors import InputError
from kladsim.monitor import level_walk
from kladsim.monitor.benchmark_detectors import run
from kladsim.monitor.count_regression import compute_upper_bound, compute_upper_tail, fit_counts
from kladsim.monitor.judgement import CountTable
from kladsim.monitor.periods import PER_YEAR, to_period
from kladsim.monitor.surge import RHYTHMS, Surge, control_false_discovery

FIRST = 104_000  # a week of 1994


def test_the_tail_is_that_of_the_negative_binomial_or_of_poisson() -> None:
    # Mean 4 and variance 12: size 16 / 8 = 2, p = 1/3; P(Y >= 0) = 1, P(Y >= 1) = 1 - 1/9.
    mean, variance = np.full(3, 4.0), np.array([12.0, 12.0, 4.0])
    tail = compute_upper_tail(np.array([0.0, 1.0, 2.0]), mean, variance)
    assert tail == pytest.approx([1.0, 8 / 9, 1 - 5 * np.exp(-4.0)])
    assert compute_upper_bound(mean, variance, 0.01) == pytest.approx(
        [nbinom.ppf(0.99, 2, 1 / 3), nbinom.ppf(0.99, 2, 1 / 3), poisson.ppf(0.99, 4.0)]
    )


def test_a_constant_mean_is_the_mean_and_its_error_that_of_a_total() -> None:
    counts = np.array([[3.0, 5.0, 4.0, 4.0], [0.0, 0.0, 0.0, 0.0]])
    fit = fit_counts(counts, np.ones((2, 4)), np.ones((4, 1)), np.array([1e-9]), threshold=3.0)
    # Half a case is added to each total: 16.5 and 0.5 in four periods.
    assert np.exp(fit.coefficients[:, 0]) == pytest.approx([16.5 / 4, 0.5 / 4], rel=1e-3)
    assert fit.covariance[:, 0, 0] == pytest.approx([1 / 16.5, 1 / 0.5], rel=1e-3)
    assert fit.dispersion.tolist() == [1.0, 1.0]


def test_a_past_outbreak_is_weighted_down() -> None:
    counts = np.full((1, 100), 10.0)
    counts[0, 40] = 60.0
    fit = fit_counts(counts, np.ones((1, 100)), np.ones((100, 1)), np.array([1e-9]), threshold=3.0)
    assert fit.weights[0, 40] < 0.1
    assert fit.weights[0, 39] == 1.0
    assert np.exp(fit.coefficients[0, 0]) == pytest.approx(10.0, rel=0.03)


def test_suppressed_counts_enter_with_their_conditional_mean() -> None:
    rng = np.random.default_rng(3)
    counts = rng.poisson(3.0, (40, 200)).astype(float)
    low, high = np.where(counts < 5, 0.0, counts), np.where(counts < 5, 4.0, counts)
    ones, x = np.ones_like(counts), np.ones((200, 1))
    full = fit_counts(counts, ones, x, np.array([1e-9]), threshold=3.0)
    hidden = fit_counts(low, ones, x, np.array([1e-9]), threshold=3.0, highest=high)
    middle = fit_counts((low + high) / 2, ones, x, np.array([1e-9]), threshold=3.0)
    means = [float(np.exp(fit.coefficients[:, 0]).mean()) for fit in (full, hidden, middle)]
    assert means[0] == pytest.approx(3.0, rel=0.02)
    assert means[1] == pytest.approx(means[0], rel=0.05)
    assert abs(means[2] - means[0]) > 3 * abs(means[1] - means[0])


@pytest.mark.parametrize(("freq", "periods", "judged"), [("week", 400, 26), ("month", 96, 12), ("year", 15, 5)])
@pytest.mark.parametrize("mean", [0.03, 0.3, 3.0])
def test_level_poisson_series_alarm_at_most_at_the_stated_rate(
    freq: str, periods: int, judged: int, mean: float
) -> None:
    counts = np.random.default_rng(7).poisson(mean, (300, periods)).astype(float)
    found = Surge().judge(CountTable(counts, freq, 2000), range(periods - judged, periods))
    assert np.isfinite(found.expected).all()
    assert found.alarm.mean() * PER_YEAR[freq] <= RHYTHMS[freq].false_alarms


def test_a_stated_rate_is_what_alarms() -> None:
    counts = np.random.default_rng(8).poisson(20.0, (300, 400)).astype(float)
    rates = [
        float(Surge(false_alarms=each).judge(CountTable(counts, "week", FIRST), range(374, 400)).alarm.mean()) * 52
        for each in (0.2, 1.0, 4.0)
    ]
    assert rates[0] <= 0.2
    assert 0.4 <= rates[1] <= 1.0
    assert 2.0 <= rates[2] <= 4.0


def test_an_outbreak_of_two_weeks_alarms_in_its_weeks_only() -> None:
    counts = np.tile(np.random.default_rng(9).poisson(10.0, 400).astype(float), (2, 1))
    counts[:, 395:] = 10.0
    counts[1, 396:398] += 14.0
    found = Surge().judge(CountTable(counts, "week", FIRST), range(394, 400))
    assert not found.alarm[0].any()
    assert found.alarm[1].tolist()[2:4] == [True, True]
    assert found.expected[1] == pytest.approx(found.expected[0])


def test_season_and_weekday_are_expected() -> None:
    day = np.arange(7 * 400)
    mean = np.exp(4.0 + 0.5 * np.cos(2 * np.pi * day / 365.25) + np.where(day % 7 < 2, -1.0, 0.0))
    counts = np.random.default_rng(10).poisson(mean, (4, len(day))).astype(float)
    last = range(len(day) - 28, len(day))
    found = Surge().judge(CountTable(counts, "day", 700_000), last)
    assert np.abs(np.log(found.expected / mean[last.start :])).max() < 0.15


def test_a_change_of_counting_that_is_named_is_no_alarm() -> None:
    rng = np.random.default_rng(11)
    counts = rng.poisson(np.where(np.arange(400) < 330, 20.0, 34.0), (50, 400)).astype(float)
    table, last = CountTable(counts, "week", FIRST), range(385, 400)
    named = Surge(interventions=(to_period(FIRST + 330, "week"),)).judge(table, last)
    assert Surge().judge(table, last).alarm.mean() > 0.05
    assert named.alarm.mean() < 0.02
    assert named.expected.mean() == pytest.approx(34.0, rel=0.05)
    with pytest.raises(InputError, match="interventions"):
        Surge(interventions=("soon",)).judge(table, last)


def test_a_series_that_is_no_count_is_judged_on_its_own_scale() -> None:
    rng = np.random.default_rng(12)
    loads = rng.gamma(50.0, 0.002, (2, 100))
    loads[1, -1] = 0.3
    found = [Surge().judge(CountTable(loads * unit, "month", 24_000), range(99, 100)) for unit in (1.0, 1000.0)]
    assert found[0].alarm[:, 0].tolist() == [False, True]
    assert found[0].expected[0, 0] == pytest.approx(0.1, rel=0.1)
    np.testing.assert_allclose(found[1].upper, 1000.0 * found[0].upper, rtol=1e-9)


def test_too_short_a_past_has_no_judgement_and_a_missing_count_none() -> None:
    counts = np.random.default_rng(13).poisson(5.0, (2, 60)).astype(float)
    counts[0, 59] = np.nan
    found = Surge().judge(CountTable(counts, "week", FIRST), range(48, 60))
    assert np.isnan(found.expected[:, 0]).all()  # 48 - 26 = 22 weeks of baseline; a fit serves four weeks
    assert np.isfinite(found.expected[:, 8:]).all()
    assert np.isnan(found.score[0, -1])
    assert not found.alarm[0, -1]


def test_false_discovery_by_hand() -> None:
    # Four series, share 0.2: limits 0.05, 0.1, 0.15, 0.2. 0.14 passes the third limit, so all below it pass too.
    p = np.array([[0.12], [0.14], [0.04], [0.9], [np.nan]])
    assert control_false_discovery(p, 0.2)[:, 0].tolist() == [True, True, True, False, False]
    assert not control_false_discovery(np.full((3, 1), np.nan), 0.2).any()


@pytest.mark.verify
def test_false_discoveries_keep_their_share() -> None:
    rng = np.random.default_rng(14)
    counts = rng.poisson(8.0, (1000, 400)).astype(float)
    counts[:60, 385:400] += 14.0
    found = Surge(false_discovery=0.1).judge(CountTable(counts, "week", FIRST), range(386, 400)).alarm
    false = found[60:].sum(axis=0) / np.maximum(found.sum(axis=0), 1)
    assert false.mean() <= 0.1
    assert found[:60].mean() > 0.8


@pytest.mark.verify
def test_the_weekly_benchmark_on_seeds_that_no_threshold_saw() -> None:
    detectors = run("weekly", ("default", "farrington-flexible"), seed=3_500_000)["detectors"]
    ours, reference = detectors["default"], detectors["farrington-flexible"]
    assert 0.005 <= ours["fpr"] <= 0.015
    assert ours["fpr_worst"] <= 0.015
    assert ours["pod"] >= reference["pod"] + 0.03
    assert ours["pod_at_fpr"]["reference"]["pod"] >= reference["pod"] + 0.03


@pytest.mark.verify
def test_the_daily_benchmark_on_seeds_that_no_threshold_saw() -> None:
    ours = run("daily", ("default",), seed=3_500_000)["detectors"]["default"]
    assert ours["specificity"] >= 0.98
    assert ours["sensitivity"] >= 0.75
    assert ours["pod"] >= 0.95
    assert ours["timeliness"] <= 0.17


def test_a_setting_of_the_kind_of_period_is_filled_in() -> None:
    assert Surge().for_period("month") == replace(Surge(), false_alarms=0.12)
    assert Surge(false_alarms=3.0).for_period("month").false_alarms == 3.0


def test_a_judgement_does_not_depend_on_which_periods_are_judged_with_it() -> None:
    counts = np.random.default_rng(15).negative_binomial(5, 0.4, (4, 330)).astype(float)
    table = CountTable(counts, "week", FIRST)
    long, short = (Surge().judge(table, range(begin, 330)) for begin in (290, 323))
    np.testing.assert_allclose(long.expected[:, -7:], short.expected, rtol=1e-4)
    np.testing.assert_allclose(long.score[:, -7:], short.score, rtol=1e-3, atol=1e-4)


def test_the_next_count_of_a_level_that_wanders_by_hand() -> None:
    """Two equal counts, no prior but that of the level: no walk gives the mean's error of noise / 2, a walk one step more."""
    counts = np.array([[100.0, 100.0, 100.0]])
    design, precision = np.ones((3, 1)), np.array([1e-9])
    fit = fit_counts(counts, np.ones((1, 3)), design, precision, threshold=3.0)
    found = level_walk._compare_ratios(counts, fit, design, precision, np.ones(1))
    assert np.exp(found.mean[0]) == pytest.approx(np.full(4, 100.0), rel=0.005)
    assert found.variance[0, 0] == pytest.approx(1 / 300.0, rel=0.01)
    assert (np.diff(found.variance[0]) > 0).all() and found.freedom[0] == 2.0
    # Ratio 1: noise 1/100 and steps of 1/100. Best weights w of the three counts leave steps and noise:
    # minimise (1 + s3^2 + s2^2 ...) by the Kalman filter: P1 = 1, P2 = 2/3, P3 = 5/8 (of noise), then one step: 13/8.
    assert 100.0 * found.variance[0, 3] == pytest.approx(13 / 8, rel=0.01)


def test_years_that_wander_alarm_less_than_a_regression_makes_of_them() -> None:
    """Levels that move by a fifth a year: at a stated 1 % no more than 3 % of 1,000 judged years alarm."""
    rng = np.random.default_rng(11)
    walk = np.cumsum(0.2 * rng.normal(size=(100, 15)), axis=1)
    values = 40.3 * np.exp(walk + 0.2 * rng.normal(size=(100, 15)))
    found = Surge().judge(CountTable(values, "year", 2000), range(5, 15))
    assert np.isfinite(found.score).sum() == 1000
    assert found.alarm.sum() < 30
    assert (values[:, 5:][found.alarm] > found.upper[found.alarm]).all()
