"""Scores and alarms of the detectors of one series, worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import nbinom, poisson

from kladsim.monitor import detectors
from kladsim.monitor.detectors import Baseline, ChangePoint, Cusum, EachSeries, Ears, Farrington, PageHinkley

SEVEN = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
SD = math.sqrt(28 / 6)
"""Deviation of 1 to 7 about their mean of 4."""


def fed(detector, values):
    """Return the detector after these values, and the last verdict."""
    verdict = None
    for t, y in enumerate(values):
        verdict = detector.update(t, y)
    return verdict


def logs(values):
    """Return values whose logarithm, with the half that detectors add, is as given."""
    return [math.exp(value) - 0.5 for value in values]


@pytest.mark.parametrize(("kind", "past"), [("C1", [99.0, *SEVEN]), ("C2", [99.0, *SEVEN, 99.0, 99.0])])
@pytest.mark.parametrize(("deviations", "alarm"), [(3.001, True), (2.999, False), (-1.0, False)])
def test_ears_takes_its_seven_periods(kind, past, deviations, alarm):
    verdict = fed(Ears(kind), [*past, 4 + deviations * SD])
    assert verdict.score == pytest.approx(deviations)
    assert verdict.alarm is alarm
    assert "mean of 4 (deviation 2.16) over 7" in verdict.explanation


def test_ears_at_its_threshold_and_without_a_baseline():
    assert fed(Ears("C2", 2.0), [10.0] * 9 + [11.0]).alarm, "one above is two floors of a half: at the threshold"
    assert not fed(Ears("C2", 2.001), [10.0] * 9 + [11.0]).alarm
    for kind, most in (("C1", 6), ("C2", 8), ("C3", 8)):
        verdict = fed(Ears(kind), [10.0] * most + [99.0])
        assert (verdict.score, verdict.alarm) == (0.0, False) and "6 of 7 periods" in verdict.explanation
        assert fed(Ears(kind), [10.0] * (most + 1) + [99.0]).score > 0
    assert [Ears(kind).threshold for kind in ("C1", "C2", "C3")] == [3.0, 3.0, 2.0]
    assert "0 of 7" in fed(Ears(), [1.0]).explanation


def test_ears_c3_adds_up_three_periods():
    """Excess over one deviation (a half): 1, 2, 0, and 0 again, when the first has left the sum."""
    ears = Ears("C3")
    fed(ears, [10.0] * 9)
    verdicts = [ears.update(9 + i, y) for i, y in enumerate((11.0, 11.5, 10.0, 10.14, 10.2))]
    assert [v.score for v in verdicts] == pytest.approx([1.0, 3.0, 3.0, 2.0, 0.0])
    assert [v.alarm for v in verdicts] == [False, True, True, True, False]


def test_farrington_needs_something_counted():
    for values, fitted in (([0.0] * 40, False), ([1.0] + [0.0] * 39, True), ([20.0] * 26, False), ([20.0] * 27, True)):
        detector = Farrington()
        for t, y in enumerate(values):
            detector.absorb(t, y)
        verdict = detector.update(len(values), 5.0)
        assert (detector.model is not None) is fitted
        if not fitted:
            assert (verdict.score, verdict.alarm) == (0.0, False) and "of 24 periods of baseline" in verdict.explanation


def test_farrington_looks_back_four_years_and_fits_every_third_period():
    detector = Farrington()
    for t in range(51 + 20):
        detector.absorb(t, 500.0 if t < 20 else 20.0)
    ats = []
    for t in range(71, 78):
        detector.update(t, 20.0)
        assert detector.model is not None
        ats.append(detector.model.at)
    assert ats == [71, 71, 71, 74, 74, 74, 77]
    assert detector.model.bound(77.0, 0.01)[0] == pytest.approx(20.0, rel=1e-6), "what is older than 48 periods counts"


def test_farrington_scores_against_its_bound():
    detector = Farrington(season=1)
    for t in range(40):
        detector.absorb(t, 20.0)
    verdict = detector.update(40, 50.0)
    upper = float(poisson.ppf(0.99, 20))
    assert detector.model.bound(40.0, 0.01)[1] >= upper
    bound = detector.model.bound(40.0, 0.01)[1]
    assert verdict.score == pytest.approx(30 / (bound - 20))
    assert f"50 against 20 expected, upper bound {bound:.4g} (1 % tail)" in verdict.explanation
    strict = Farrington(season=1, threshold=9.0)
    for t in range(40):
        strict.absorb(t, 20.0)
    assert not strict.update(40, 50.0).alarm


def baseline(spread: float = 1.0, error: float = 0.0, level: float = math.log(20), season: int = 1) -> Baseline:
    """Return a baseline of a level with a variance of its logarithm."""
    return Baseline(0, 10.0, 5.0, season, np.array([level, 0.0]), np.diag([error, 0.0]), spread)


def test_design_has_a_trend_and_a_wave():
    assert baseline().design(np.array([13.0])).tolist() == [[1.0, 0.6]]
    row = baseline(season=12).design(np.array([13.0]))[0]
    assert row == pytest.approx([1.0, 0.6, 0.5, math.sqrt(0.75)])


@pytest.mark.parametrize(("spread", "error", "variance"), [(2.0, 0.0, 40.0), (2.0, 0.01, 48.0), (1.0, 0.005, 22.0)])
def test_bound_is_that_of_a_negative_binomial(spread, error, variance):
    """A variance of spread x 20, and of the mean spread x error x 20^2."""
    expected, upper = baseline(spread, error).bound(10.0, 0.01)
    p = 20 / variance
    assert expected == pytest.approx(20)
    assert upper == nbinom.ppf(0.99, 20 * p / (1 - p), p)


def test_bound_without_extra_variance_is_poisson():
    assert baseline().bound(10.0, 0.05) == pytest.approx((20.0, poisson.ppf(0.95, 20)))
    assert baseline(level=99.0).bound(10.0, 0.05)[0] == pytest.approx(math.exp(20))
    assert baseline(level=-99.0).bound(10.0, 0.05)[0] == pytest.approx(math.exp(-20))


def test_a_past_excess_is_weighted_down():
    """39 twenties and one 200: a plain mean of 24.5, no spread below one; weighted, little of the excess is left."""
    times, base = np.arange(40.0), np.array([20.0] * 20 + [200.0] + [20.0] * 19)
    made = detectors._fitted(times, base, 43, 1)
    flat = np.exp(made.beta[0])
    weight = 1.0
    mean = 24.5
    residual = (base - mean) / math.sqrt(mean)
    spread = (residual**2).sum() / 38
    weight = (2.58 / (residual[20] / math.sqrt(spread))) ** 2
    assert flat == pytest.approx((39 * 20 + weight * 200) / (39 + weight), rel=0.01)
    assert (made.at, made.season, made.middle, made.width) == (43, 1, 19.5, pytest.approx(base[:0].size + times.std()))
    calm = detectors._fitted(times, np.full(40, 20.0), 43, 1)
    assert calm.spread == 1.0, "the spread is never below that of a Poisson"
    assert calm.covariance[0, 0] == pytest.approx(1 / 800)
    noisy = detectors._fitted(times, np.array([10.0, 30.0] * 20), 43, 1)
    assert noisy.spread == pytest.approx(40 * 100 / 20 / 38, rel=0.02)


def test_no_baseline_where_none_can_be_fitted():
    assert detectors._baseline(np.arange(3.0), np.array([np.nan, 1.0, 2.0]), 5, 12) is None
    made = detectors._baseline(np.arange(40.0), np.full(40, 20.0), 43, 12)
    assert made is not None and made.beta.size == 4


@pytest.mark.parametrize(("most", "told"), [(14, "11 of 12"), (15, None)])
def test_cusum_leaves_three_periods_out(most, told):
    verdict = fed(Cusum(), [*logs([0.0, 2.0] * 8)[:most], 5.0])
    assert (told in verdict.explanation) if told else ("usual value of" in verdict.explanation)


def test_cusum_adds_up_and_alarms():
    """A past of logs 0 and 2: mean 1, deviation sqrt(12 / 11); five above are 5 - 0.5, and the next are lower."""
    past = logs([0.0, 2.0] * 6)
    detector = Cusum(threshold=4.5)
    fed(detector, [*past, *past[:3]])
    verdict = detector.update(15, logs([1.0 + 5.0001 * math.sqrt(12 / 11)])[0])
    assert verdict.score == pytest.approx(4.5, abs=1e-3) and verdict.alarm
    assert f"usual value of {math.e - 0.5:.4g}" in verdict.explanation
    high = Cusum(threshold=4.501)
    fed(high, [*past, *past[:3]])
    assert not high.update(15, logs([1.0 + 5.0001 * math.sqrt(12 / 11)])[0]).alarm
    low = Cusum()
    fed(low, [*past, *past[:3]])
    assert low.update(15, logs([-3.0])[0]).score == 0.0
    even = Cusum()
    fed(even, logs([1.0] * 15))
    assert even.update(15, logs([1.1])[0]).score == pytest.approx(0.1 / 0.05 - 0.5), "a deviation of at least 0.05"
    longer = Cusum()
    fed(longer, [*logs([9.0]), *logs([1.0] * 39)])
    assert longer.update(40, logs([1.1])[0]).score == pytest.approx(1.5), "36 periods are the past"


def rising(step: float = 2.0, noise: float = 0.1, each: int = 9) -> list[float]:
    """Return logs that alternate by ``noise`` and rise by ``step`` half-way."""
    return [noise * (i % 2) + step * (i >= each) for i in range(2 * each)]


def test_change_point_by_hand():
    """Means 0.4 / 9 and 2 + 0.5 / 9; the noise is the median step of 0.1, over 0.954."""
    verdict = fed(ChangePoint(), logs(rising()))
    gain = 9 * 9 / 18 * (2 + 0.1 / 9) ** 2 / (0.1 / 0.954) ** 2
    assert verdict.score == pytest.approx(gain) and verdict.alarm
    assert f"mean {math.exp(0.4 / 9) - 0.5:.4g} before and {math.exp(2 + 0.5 / 9) - 0.5:.4g} in the last 9 periods" in verdict.explanation
    assert fed(ChangePoint(threshold=gain * 1.001), logs(rising())).alarm is False
    assert fed(ChangePoint(), logs(rising(-2.0))).score == 0.0
    assert "17 of 18" in fed(ChangePoint(), logs(rising()[:17])).explanation
    assert fed(ChangePoint(), logs(rising(1.0, 0.0))).score == pytest.approx(4.5 / 0.02**2), "a noise of at least 0.02"
    assert fed(ChangePoint(), logs([9.0] * 5 + rising(each=24))).score == pytest.approx(
        fed(ChangePoint(), logs(rising(each=24))).score
    ), "48 periods are looked at"


def test_page_hinkley_by_hand():
    """Twelve at 0, then ones: above the running mean by 1 - 1/13, 1 - 2/14, 1 - 3/15, each less 0.05; 1 % forgotten."""
    detector = PageHinkley()
    assert fed(detector, logs([0.0] * 11 + [0.0])).score == 0.0
    scores, expected = [], 0.0
    for i in range(3):
        verdict = detector.update(12 + i, logs([1.0])[0])
        expected = 0.99 * expected + 1 - (i + 1) / (13 + i) - 0.05
        scores.append(verdict.score)
        assert verdict.score == pytest.approx(expected)
        assert verdict.alarm == (expected >= 2.0)
    assert scores[2] > 2.0 > scores[1]
    assert f"running mean {math.exp(3 / 15) - 0.5:.4g}; now {math.e - 0.5:.4g}" in verdict.explanation
    assert fed(PageHinkley(), logs([0.0] * 11 + [1.0])).score == 0.0, "not before the thirteenth"
    assert PageHinkley(threshold=0.5).threshold == 0.5


def test_each_series_takes_the_largest():
    joint = EachSeries(lambda: Ears("C1"))
    for t in range(7):
        joint.absorb(t, {"a": 10.0, "b": 20.0, "c": math.nan})
    verdict = joint.update(7, {"a": 11.0, "b": 23.0, "c": math.nan})
    assert verdict.score == pytest.approx(6.0) and verdict.alarm and verdict.explanation.startswith("b: EARS C1")
    quiet = joint.update(8, {"a": 10.0, "c": math.nan})
    assert not quiet.alarm and quiet.explanation.startswith("a: ")
    nothing = joint.update(9, {"c": math.nan})
    assert nothing == (0.0, False, "EARS C1: no data")
    assert len(joint.parts["c"].past) == 0
    assert joint.update(10, {"d": 5.0}).explanation.startswith("d: EARS C1: 0 of 7")


def test_each_series_absorbs_without_judging_where_it_can():
    joint = EachSeries(Farrington)
    for t in range(40):
        joint.absorb(t, {"a": 20.0})
    assert joint.parts["a"].model is None and len(joint.parts["a"].past) == 40
    summed = EachSeries(Cusum)
    for t, y in enumerate([*logs([1.0] * 15), 99.0]):
        summed.absorb(t, {"a": y})
    assert summed.parts["a"].sum > 0.0, "others have to judge to remember"


def test_the_library_makes_what_it_names():
    assert {name: make().name for name, make in detectors.LIBRARY.items()} == {name: name for name in detectors.LIBRARY}
    assert (Ears().kind, Farrington().tail, Cusum().drift, Cusum().threshold) == ("C2", 0.01, 0.5, 5.0)
    assert (ChangePoint().threshold, PageHinkley().tolerance, PageHinkley().forget) == (12.0, 0.05, 0.99)
