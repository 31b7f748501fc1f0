"""Scores worked out by hand: a sign, a guard band or a year that is off names itself."""

from __future__ import annotations

import numpy as np
import pytest

from kladsim.monitor.combined import Combined
from kladsim.monitor.detectors import Cusum, Ears
from kladsim.spread.model import hazard
from kladsim.spread.model.priors import dimension, to_draws
from kladsim.spread.model.tables import FIRST_YEAR, LAST_YEAR, read_world


def _fed(detector: Cusum | Ears, values: list[float]) -> None:
    for t, y in enumerate(values):
        detector.update(t, y)


def test_cusum_takes_its_drift_off_each_departure() -> None:
    """Logs of the twelve values of the baseline are 0 and 2 in turn: mean 1, deviation sqrt(12 / 11).

    A value two deviations above the mean adds 2 - 0.5; the next, at the mean of its own baseline, takes 0.5 away.
    """
    past = [np.exp(level) - 0.5 for level in (0.0, 2.0)] * 6
    detector = Cusum(drift=0.5)
    _fed(detector, [*past, past[0], past[1], past[0]])  # the last three are not of the baseline yet
    first = detector.update(15, np.exp(1.0 + 2.0 * np.sqrt(12.0 / 11.0)) - 0.5)
    assert first.score == pytest.approx(1.5), "the drift is not taken off"
    usual = np.log(np.array([*past, past[0]]) + 0.5).mean()
    assert detector.update(16, np.exp(usual) - 0.5).score == pytest.approx(1.0), "a usual value does not lower the sum"
    calm = Cusum(drift=0.5)
    _fed(calm, [*past, past[0], past[1], past[0]])
    for t in range(15, 40):
        assert calm.update(t, np.exp(1.0) - 0.5).score == pytest.approx(0.0, abs=0.2), "usual values add up"


def test_counts_have_at_least_the_noise_of_counting() -> None:
    """Fifty in each of seven periods: the deviation is sqrt(50), of a share per thousand of 400 cases sqrt(50 · 2.5)."""
    ears = Ears("C2")
    _fed(ears, [50.0] * 9)
    assert ears.update(9, 52.0, 1.0).score == pytest.approx(2.0 / np.sqrt(50.0))
    ears = Ears("C2")
    _fed(ears, [50.0] * 9)
    assert ears.update(9, 52.0).score == pytest.approx(2.0 / 0.5)  # no count: the floor of the method
    for counts, sd in ((frozenset({"dealers"}), np.sqrt(50.0 * 2.5)), (frozenset[str](), 0.5)):
        both = Combined(counts=counts)
        for t in range(9):
            both.absorb(t, {"cases": 400.0, "dealers": 20.0})
        verdict = both._jump(9, {"cases": 400.0, "dealers": 22.0})
        assert verdict.score == pytest.approx(5.0 / sd)


def test_a_first_sign_lies_between_both_of_its_years(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half arrive each year and are seen at once: a sign in year k has the chance 2^-(k+1).

    A sign of the third or fourth year is on record with 1/8 + 1/16; half of the signs are collected in the tables.
    """
    world = read_world()
    draws = to_draws(world, np.zeros((1, dimension(world)))).with_(collected=0.0, records=0.0, pages=0.0)
    sign = world.sign.copy()
    place = int(np.flatnonzero(world.signed)[0])
    years = LAST_YEAR - FIRST_YEAR + 1
    chances = np.broadcast_to(0.5 ** (np.arange(years) + 1.0), (1, len(world), years))
    monkeypatch.setattr(hazard, "sign_years", lambda *_: (chances, np.zeros((1, len(world)))))
    for low, high, chance in ((2, 3, 1 / 8 + 1 / 16), (0, 0, 1 / 2), (3, 3, 1 / 16), (0, years - 1, 1 - 0.5**years)):
        sign[place] = (FIRST_YEAR + low, FIRST_YEAR + high)
        terms = hazard.country_terms(world.with_signs(sign, world.stage), draws)
        assert np.exp(terms[0, place]) == pytest.approx(0.5 * chance), f"a sign of year {low} to {high}"
    none = world.index("BRA")
    assert np.exp(terms[0, none]) == pytest.approx(1.0 - 0.5 * (1.0 - 0.5**years)), "no sign on record"
