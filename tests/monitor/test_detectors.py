"""Detectors: one protocol, calm in calm, loud after a rise, never looking ahead; and the bench that judges them."""

from __future__ import annotations

import numpy as np
import pytest

from kladsim.monitor import amoc, observing
from kladsim.monitor.combined import Combined, per_thousand
from kladsim.monitor.detectors import LIBRARY, Detector, EachSeries, Ears
from kladsim.monitor.joint import JointRise, JointRiseTable
from kladsim.monitor.judgement import CountTable
from kladsim.monitor.simulated_outbreaks import curves


def _series(rise: float, n: int = 60, at: int = 48) -> np.ndarray:
    draws = observing.ObservationNoise(11)
    mean = 100.0 * np.where(np.arange(n) < at, 1.0, 1.0 + rise * (np.arange(n) - at + 1))
    return draws.counts(mean, 0.002)


def _scores(detector: Detector, values: np.ndarray) -> list[float]:
    return [detector.update(t, float(y)).score for t, y in enumerate(values)]


@pytest.mark.parametrize("name", sorted(LIBRARY))
def test_a_rise_scores_above_calm_and_the_past_is_fixed(name: str) -> None:
    calm, risen = _series(0.0), _series(0.4)
    quiet, loud = _scores(LIBRARY[name](), calm), _scores(LIBRARY[name](), risen)
    assert loud[:48] == quiet[:48]
    assert max(loud[48:54]) > max(quiet[30:])


def test_an_alarm_gives_its_reasons_and_data() -> None:
    detector = Ears("C1")
    for t in range(10):
        detector.update(t, 10.0 + t % 2)
    verdict = detector.update(10, 40.0)
    assert verdict.alarm
    assert "40" in verdict.explanation
    assert "mean" in verdict.explanation


def _place(share: float, zeal: float) -> list[dict[str, float]]:
    draws, n = observing.ObservationNoise(5), 60
    level = 500.0 * np.where(np.arange(n) < 50, 1.0, zeal)
    p = np.where(np.arange(n) < 50, 0.0, share * (np.arange(n) - 49) / 10)
    cases = draws.counts(level, 0.005)
    online = draws.counts(0.3 * level * (0.02 + 0.4 * p), 0.01)
    return [{"cases": float(a), "online cases": float(b)} for a, b in zip(cases, online, strict=True)]


def test_the_joint_detector_hears_spread_and_not_zeal() -> None:
    last = {}
    for label, share, zeal in (("calm", 0.0, 1.0), ("campaign", 0.0, 1.6), ("spread", 0.3, 1.0)):
        detector = JointRise()
        for t, y in enumerate(_place(share, zeal)):
            if t < 55:
                detector.absorb(t, y)
            else:
                last[label] = detector.update(t, y)
    assert last["spread"].score > 5.0
    assert last["campaign"].score < 1.0
    assert "online cases" in last["spread"].explanation


def test_missing_values_and_gaps_survive() -> None:
    detector, each = JointRise(), EachSeries(lambda: Ears("C2"))
    for t, y in enumerate(_place(0.1, 1.0)):
        if t % 7 == 3:
            y = {**y, "cases": float("nan")}
        if t in (20, 21):
            y = {name: float("nan") for name in y}
        for one in (detector, each):
            assert np.isfinite(one.update(t, y).score)


def test_the_default_adds_both_kinds_of_evidence() -> None:
    places = {"calm": _place(0.0, 1.0), "spread": _place(0.3, 1.0)}
    last = {}
    for label, place in places.items():
        both, rise = Combined(), JointRise()
        for t, y in enumerate(place):
            for one in (both, rise):
                if t < 55:
                    one.absorb(t, y)
                else:
                    last[label, one.name] = one.update(t, y)
    assert last["spread", "kladsim"].alarm and not last["calm", "kladsim"].alarm
    assert "joint rise" in last["spread", "kladsim"].explanation and "EARS C2" in last["spread", "kladsim"].explanation
    jump = Combined()
    for t in range(12):
        jump.update(t, {"cases": 100.0 + t % 3})
    assert jump.update(12, {"cases": 400.0}).alarm  # too few periods for the joint rise
    assert per_thousand({"cases": 200.0, "dealers": 10.0})["dealers"] == pytest.approx(50.0)


def test_tuning_and_test_outbreaks_share_no_curve() -> None:
    def of(tuning: bool) -> set[int]:
        seen = (one for one in amoc.cases(tuning) if one.onset is not None)
        return {(one.number - 1) // amoc.LAYERS for one in seen}

    assert not of(True) & of(False)
    assert sum(one.onset is not None for one in amoc.cases(False)) >= 200
    assert len(curves()) == 60


def test_alarms_are_counted_again_while_they_last() -> None:
    assert amoc.episodes(np.ones(12), 0.5).tolist() == [0, 3, 6, 9]
    assert amoc.episodes(np.array([0.0, 1.0, 0.0, 0.0, 0.0, 1.0]), 0.5).tolist() == [1, 5]


def test_the_threshold_gives_the_rate_of_false_alarms() -> None:
    draws = observing.ObservationNoise(3)
    runs = [amoc.Run("x", i, "rich", draws.normal(60), None, None, 2) for i in range(40)]
    at = amoc.threshold_at(runs, 1.0)
    assert 0.9 <= amoc.false_alarms(runs, at) <= 1.0


def test_observing_is_a_pure_function_of_the_number() -> None:
    a, b = (observing.observe(curves()[0], 17, "rich") for _ in range(2))
    for name, values in a.series.items():
        assert np.array_equal(values, b.series[name], equal_nan=True)
    other = observing.observe(curves()[0], 18, "rich")
    assert not np.array_equal(a.series["cases"], other.series["cases"], equal_nan=True)


def test_the_joint_detector_judges_tables_as_it_judges_places() -> None:
    place = _place(0.3, 1.0)
    counts = np.array([[y[name] for y in place] for name in ("cases", "online cases")])
    table, last = CountTable(counts, "month", 24_000), range(58, 60)
    alone, together = JointRiseTable().judge(table, last), JointRiseTable(together=True).judge(table, last)
    assert alone.alarm[:, -1].tolist() == [False, True]
    np.testing.assert_array_equal(together.score[0], together.score[1])
    detector = JointRise()
    for t in range(12, 59):
        detector.absorb(t, {"1": counts[1, t]})
    assert alone.score[1, -1] == pytest.approx(detector.update(59, {"1": counts[1, 59]}).score)
