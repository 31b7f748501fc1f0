"""Scores and alarms of the detectors of one series, worked out by hand."""

from __future__ import annotations

import math

import pytest

from kladsim.monitor import detectors
from kladsim.monitor.detectors import ChangePoint, Cusum, EachSeries, Ears, PageHinkley

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


@pytest.mark.parametrize(("most", "told"), [(14, "11 of 12"), (15, None)])
def test_cusum_leaves_three_periods_out(most, told):
    verdict = fed(Cusum(), [*logs([0.0, 2.0] * 8)[:most], 5.0])
    assert (verdict.score, verdict.alarm) == (0.0, False) if told else True
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
    level = Cusum(threshold=verdict.score)
    fed(level, [*past, *past[:3]])
    assert level.update(15, logs([1.0 + 5.0001 * math.sqrt(12 / 11)])[0]).alarm, "at the threshold"
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
    early = fed(ChangePoint(), logs(rising()[:17]))
    assert (early.score, early.alarm) == (0.0, False) and "17 of 18" in early.explanation
    assert fed(ChangePoint(threshold=verdict.score), logs(rising())).alarm, "at the threshold"
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
    level = PageHinkley(threshold=scores[2])
    assert fed(level, logs([0.0] * 12 + [1.0] * 3)).alarm, "at the threshold"
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


def test_the_library_makes_what_it_names():
    assert {name: make().name for name, make in detectors.LIBRARY.items()} == {name: name for name in detectors.LIBRARY}
    assert (Ears().kind, Cusum().drift, Cusum().threshold) == ("C2", 0.5, 5.0)
    assert (ChangePoint().threshold, PageHinkley().tolerance, PageHinkley().forget) == (12.0, 0.05, 0.99)
