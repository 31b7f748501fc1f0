"""Counts in forecasts are counts: Poisson around an uncertain rate, exact or as intervals; by hand and on simulations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import nbinom, poisson

from kladsim.monitor import calibration, counting, fitted, forecasting, latent, library, predictive, single
from kladsim.monitor.types import Series


def _series(values: list[float], freq: str = "month", unit: str = "calls") -> Series:
    steps = np.arange(24_000, 24_000 + len(values))
    return Series("own/GEO/x", "own", "GEO", "", "x", unit, freq, "own", steps, np.array(values, dtype=float))


def _hide(one: Series, below: float) -> Series:
    hidden = one.values < below
    return replace(
        one, steps=one.steps[~hidden], values=one.values[~hidden], censored_steps=one.steps[hidden],
        censored_low=np.zeros(hidden.sum()), censored_high=np.full(hidden.sum(), below - 1.0),
    )  # fmt: skip


def test_mean_and_variance_of_counts_between_bounds() -> None:
    """Rate 2, zero to two: weights 1, 2, 2, so mean 6 / 5 and variance 2 - 36 / 25; exact and unbounded ones beside it."""
    rate, low, high = np.full(4, 2.0), np.array([0.0, 3.0, 0.0, 4.0]), np.array([2.0, 3.0, np.inf, np.inf])
    mean, variance = counting.restrict_poisson(rate, low, high)
    assert mean[:3] == pytest.approx([1.2, 3.0, 2.0])
    assert variance[:3] == pytest.approx([0.56, 0.0, 2.0])
    k = np.arange(4, 60)
    p = poisson.pmf(k, 2.0) / poisson.sf(3, 2.0)
    assert (mean[3], variance[3]) == pytest.approx((p @ k, p @ k**2 - (p @ k) ** 2))
    assert counting.restrict_poisson(np.array([900.0]), np.zeros(1), np.full(1, 4.0))[0] == pytest.approx([4.0])


def test_pseudo_observations_are_a_step_of_newtons_method() -> None:
    """At rate 2 a count of 5 is log 2 + 3 / 2 with variance 1 / 2; zero to two has slope -0.8 and curvature 1.44."""
    pseudo, variance = counting.linearize(np.log([2.0, 2.0]), np.array([5.0, 0.0]), np.array([5.0, 2.0]))
    assert pseudo == pytest.approx([np.log(2.0) + 1.5, np.log(2.0) - 0.8 / 1.44])
    assert variance == pytest.approx([0.5, 1 / 1.44])


def test_the_mode_of_a_rate_is_that_of_its_posterior() -> None:
    """One level for six counts: the mode solves sum(y) - n exp(f) = (f - centre) / prior variance."""
    counts = np.array([0.0, 1.0, 0.0, 2.0, 0.0, 0.0])
    block = counting.observe_counts(np.zeros((1, 6, 6)), counts, counts, latent.Fit((1.0,), 1e-6, 0.0))
    weights = 1 / np.asarray(block.extra)
    level = (weights @ block.y + block.middle / latent.VAGUE) / (weights.sum() + 1 / latent.VAGUE)
    assert block.middle == pytest.approx(np.log(3.5 / 6))
    assert 3.0 - 6.0 * np.exp(level) == pytest.approx((level - block.middle) / latent.VAGUE, abs=1e-6)


def test_quantiles_and_tails_of_a_known_rate_are_poisson() -> None:
    shape = calibration.learn(np.array([]))
    sure = predictive.Predictive(np.log(2.5), 1e-9, shape, (), None)
    assert sure.quantiles(calibration.LEVELS).tolist() == poisson.ppf(calibration.LEVELS, 2.5).tolist()
    assert sure.compute_tail(0.0) == 1.0
    assert sure.compute_tail(6.0) == pytest.approx(poisson.sf(5, 2.5))
    measured = predictive.Predictive(0.0, 1.0, shape, (), np.exp)
    assert measured.compute_tail(1.0) == pytest.approx(0.5)
    assert measured.quantiles([0.5])[0] == pytest.approx(1.0)


def test_counts_are_standardised_by_their_middle_probability() -> None:
    """A count's z is the normal quantile of (P(Y < y) + P(Y <= y)) / 2; with a known rate that is Poisson's."""
    chance = (poisson.cdf(3, 2.5) + poisson.cdf(4, 2.5)) / 2
    from scipy.stats import norm

    assert counting.standardize_count(4.0, np.log(2.5), 1e-9) == pytest.approx(norm.ppf(chance))
    assert counting.standardize_count(1000.0, np.log(1000.0), 0.2) == pytest.approx(0.0, abs=0.02)


def test_a_still_series_of_counts_scatters_as_counts_do() -> None:
    """Fifty in each of sixty months: the next one is Poisson with nearly that mean, though nothing has moved."""
    one = _series([50.0] * 60)
    made = fitted.predict_series(one, fitted.find_group(one), [24_060])[0]
    low, middle, high = made.quantiles([0.1, 0.5, 0.9])
    assert poisson.ppf(0.05, 50.0) <= low <= poisson.ppf(0.15, 50.0)
    assert 49.0 <= middle <= 51.0
    assert poisson.ppf(0.85, 50.0) <= high <= poisson.ppf(0.95, 50.0)


def test_months_without_a_case_leave_one_possible() -> None:
    """No case in 36 months: the next month has most likely none; one case has a chance near (Jeffreys) 1 - (36 / 37)^0.5."""
    one = _series([0.0] * 36)
    made = fitted.predict_series(one, fitted.find_group(one), [24_036])[0]
    assert made.quantiles([0.025, 0.5, 0.8]).tolist() == [0.0, 0.0, 0.0]
    assert 0.003 < made.compute_tail(1.0) < 0.05
    assert made.compute_tail(8.0) < 0.001


def test_bounds_from_above_count_too() -> None:
    """Twelve months of "100 or more" after twelve of 20 forecast more than 100."""
    one = replace(
        _series([20.0] * 12), censored_steps=np.arange(24_012, 24_024), censored_low=np.full(12, 100.0),
        censored_high=np.full(12, np.inf),
    )  # fmt: skip
    made = fitted.predict_series(one, fitted.find_group(one), [24_024])[0]
    assert made.quantiles([0.5])[0] > 90.0


def test_hidden_months_alone_are_enough_for_a_forecast(monkeypatch: pytest.MonkeyPatch) -> None:
    one = _hide(_series([1.0, 2.0, 0.0, 3.0, 1.0, 7.0]), 5.0)
    assert one.points == 1 and one.is_long_enough
    monkeypatch.setattr(library, "find", lambda name: [one])
    rows = forecasting.forecast("own/GEO/x", 2)
    assert [row["last_period"] for row in rows] == ["2000-06", "2000-06"]
    assert [row["period"] for row in rows] == ["2000-07", "2000-08"]
    for row in rows:
        bounds = [row[name] for name in calibration.NAMES]
        assert bounds == sorted(bounds) and all(bound >= 0.0 and bound == round(bound) for bound in bounds)
        assert row["lo80"] <= 1.0 and row["hi80"] <= 12.0


@pytest.mark.parametrize("hidden", [False, True], ids=["exact", "below five hidden"])
@pytest.mark.parametrize("scatter", [0.0, 0.3], ids=["Poisson", "negative binomial"])
def test_coverage_of_short_series_of_counts(scatter: float, hidden: bool) -> None:
    """160 series of 8 to 24 periods, means of 0.3 to 30: central intervals hold at least what they say, and the upper
    tail is not lighter than it says (chance of either bound failing for a true 80 and 10 %: below one in a thousand)."""
    rng = np.random.default_rng(11)
    held, above, below = [], [], []
    for number in range(160):
        mean, length = (0.3, 2.0, 8.0, 30.0)[number % 4], (8, 24)[number // 4 % 2]
        rates = mean * (rng.gamma(1 / scatter, scatter, length + 1) if scatter else np.ones(length + 1))
        values = rng.poisson(rates).astype(float)
        one = _series(values[:-1].tolist(), "year" if length == 8 else "month")
        one = _hide(one, 5.0) if hidden else one
        made = fitted.predict_series(one, fitted.find_group(one), [24_000 + length])[0]
        low, high = made.quantiles([0.1, 0.9])
        assert low >= 0.0 and low == round(low)
        held.append(low <= values[-1] <= high)
        above.append(values[-1] > high)
        below.append(values[-1] < low)
    assert np.mean(held) > 0.69
    assert np.mean(above) < 0.19 and np.mean(below) < 0.19


def test_the_scatter_of_a_negative_binomial_is_learnt() -> None:
    """Sixty months with mean 20 and variance 120: the 80 % interval is near that of the distribution itself."""
    values = nbinom.rvs(4, 4 / 24, size=60, random_state=3).astype(float)
    one = _series(values.tolist())
    low, high = fitted.predict_series(one, fitted.find_group(one), [24_060])[0].quantiles([0.1, 0.9])
    true = nbinom.ppf([0.1, 0.9], 4, 4 / 24)
    assert low == pytest.approx(true[0], abs=4.0)
    assert high == pytest.approx(true[1], abs=9.0)


def test_hubverse_rows_have_the_columns_of_a_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "find", lambda name: [_series([3.0, 1.0, 4.0, 1.0, 5.0, 9.0])])
    rows = forecasting.hubverse("own/GEO/x", 2)
    assert len(rows) == 2 * 23
    columns = ["origin_date", "target", "horizon", "location", "target_end_date", "output_type", "output_type_id", "value"]
    for row in rows:
        assert list(row) == columns
        assert (row["origin_date"], row["target"], row["location"]) == ("2000-06-30", "x", "GEO")
        assert row["output_type"] == "quantile" and 0.0 < row["output_type_id"] < 1.0
        assert row["target_end_date"] == {1: "2000-07-31", 2: "2000-08-31"}[row["horizon"]]
    for horizon in (1, 2):
        levels, values = zip(*((r["output_type_id"], r["value"]) for r in rows if r["horizon"] == horizon), strict=True)
        assert list(levels) == sorted(set(levels)) and 0.5 in levels
        assert list(values) == sorted(values) and values[0] >= 0.0
    assert single.bounds(_series([1.0]))[0].tolist() == [24_000.0]
