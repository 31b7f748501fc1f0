"""Patterns as filters of the posterior: chances are learnt, what passes passes, and nothing else changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kladsim.study.calibration.filtering import QUANTITIES, Chance, filtered, learn, shown
from kladsim.study.calibration.luck import uniform
from kladsim.study.calibration.reporting import restricted
from kladsim.study.validation.verdicts import MUST

GOOD = {
    "closure_drop_week": 90.0, "closure_regained": 70.0, "leader_changes": 3.0, "effective_before": 1.2,
    "effective_after": 4.0, "couriers_swing@2021": 0.1, "couriers_replaced@2021": 0.85,
}  # fmt: skip


def row(**changed: float) -> dict[str, Any]:
    return {"values": {**GOOD, **changed}}


def test_bands_are_those_of_the_evidence() -> None:
    names = list(QUANTITIES)
    rows = [row(), row(leader_changes=1.0), row(effective_after=6.5), row(closure_drop_week=70.0), {"values": {}}]
    found = shown([*rows, row(**{"couriers_swing@2021": 0.21})])
    assert found[0].all() and np.isnan(found[4]).all()
    for number, pattern in ((1, "P05"), (2, "P06"), (3, "P04"), (5, "P10")):
        assert [name for j, name in enumerate(names) if not found[number, j]] == [pattern]


def made(runs: int = 400) -> tuple[Any, list[dict[str, Any]]]:
    """Runs that show P05 the likelier the larger the first parameter is, and always the others."""
    u = uniform(3, "design", 0, (runs, 4))
    luck = uniform(3, "design", 1, (runs,))
    return u, [row(leader_changes=2.0 if luck[i] < u[i, 0] else 1.0) for i in range(runs)]


def test_chances_are_learnt_from_runs() -> None:
    u, rows = made()
    chance = learn(u, rows)
    assert chance.names == tuple(QUANTITIES)
    at = chance.at(np.array([[0.1, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5], [0.95, 0.5, 0.5, 0.5]]))
    five = at[:, chance.names.index("P05")]
    assert five == pytest.approx([0.1, 0.5, 0.95], abs=0.15)
    assert (np.delete(at, chance.names.index("P05"), axis=1) == 1.0).all()


def test_particles_that_pass_are_kept_and_the_rest_is_not() -> None:
    u, rows = made()
    chance = learn(u, rows)
    particles = uniform(4, "design", 0, (3, 500, 4))
    kept = filtered(particles, chance, 50)
    assert (chance.at(kept.u).min(axis=1) >= MUST).all()
    assert len(kept.u) == round(kept.share * 1500) and 0.05 < kept.share < 0.4
    five = kept.names.index("P05")
    assert kept.after[five] > MUST > kept.before[five]
    few = filtered(particles, chance, 1400)
    assert len(few.u) == 1400 and few.share == kept.share
    assert kept.to_plain()["patterns"]["P05"]["kept"] >= MUST


def test_without_facts_of_patterns_nothing_is_filtered() -> None:
    chance = learn(np.full((3, 2), 0.5), [{"values": {}}] * 3)
    particles = uniform(4, "design", 0, (2, 30, 2))
    assert chance.names == () and len(filtered(particles, chance, 10).u) == 60


class Half:
    """A chance of one in the upper half of the first parameter, none below."""

    def predict_proba(self, f: Any) -> Any:
        return np.stack([f[:, 0] < 0.0, f[:, 0] >= 0.0], axis=1).astype(float)


def test_filtered_posteriors_hold_what_they_say_on_truths_that_pass() -> None:
    """Posteriors that are the prior are honest; filtered, they are for truths that pass the filter."""
    chance = Chance(("P05",), (Half(),))
    found = restricted(uniform(6, "design", 0, (800, 200, 3)), uniform(5, "design", 0, (800, 3)), chance)
    assert found["truths"] == pytest.approx(400, abs=60) and found["too_few_draws"] == 0
    for level, share in found["coverage"].items():
        assert share == pytest.approx(float(level), abs=0.03)
    biased = restricted(
        0.5 * uniform(6, "design", 0, (800, 200, 3)) + 0.4, uniform(5, "design", 0, (800, 3)), chance
    )
    assert abs(biased["coverage"]["0.9"] - 0.9) > 0.05
