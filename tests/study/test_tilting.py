"""Patterns weigh the posterior: chances are learnt, the aim is reached by the least change, and limits are told."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from kladsim.inference.calibration.observation import fitted
from kladsim.inference.calibration.random_numbers import normal, uniform
from kladsim.inference.calibration.tilting import (
    AIM,
    MARGIN,
    QUANTITIES,
    Chance,
    learn,
    nearest,
    shown,
    tilted,
    tolerances,
)

pytest.importorskip("sklearn")

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


@cache
def learnt() -> Chance:
    """Chances of 400 runs that show P05 the likelier the larger the first parameter is, and always the others."""
    u = uniform(3, "design", 0, (400, 4))
    luck = uniform(3, "design", 1, (400,))
    return learn(u, [row(leader_changes=2.0 if luck[i] < u[i, 0] else 1.0) for i in range(400)])


def test_chances_are_learnt_from_runs() -> None:
    chance = learnt()
    assert chance.names == tuple(QUANTITIES)
    at = chance.at(np.array([[0.1, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5], [0.95, 0.5, 0.5, 0.5]]))
    five = at[:, chance.names.index("P05")]
    assert five == pytest.approx([0.1, 0.5, 0.95], abs=0.15)
    assert (np.delete(at, chance.names.index("P05"), axis=1) == 1.0).all()


def free(u: Any) -> Any:
    """No further constraint."""
    return np.zeros((len(u), 0))


def test_the_least_change_brings_each_pattern_to_the_aim() -> None:
    chance = learnt()
    particles = uniform(4, "design", 0, (3, 500, 4))
    found = tilted(particles, chance, free, 400, 200)
    five = found.names.index("P05")
    assert found.before[five] == pytest.approx(0.5, abs=0.05) and found.aim == AIM
    assert found.after[five] == pytest.approx(AIM, abs=0.005)
    assert chance.at(found.u)[:, five].mean() == pytest.approx(AIM, abs=0.02)
    assert len(found.u) == 400 and 200 <= found.effective < 1000
    assert found.to_plain()["patterns"]["P05"]["weighed"] == pytest.approx(AIM, abs=0.01)


def test_what_the_constraints_do_not_touch_keeps_its_distribution() -> None:
    found = tilted(uniform(4, "design", 0, (3, 500, 4)), learnt(), free, 1000, 200)
    assert found.u[:, 0].mean() > 0.7
    assert np.quantile(found.u[:, 3], [0.1, 0.5, 0.9]) == pytest.approx([0.1, 0.5, 0.9], abs=0.06)


def test_other_constraints_hold_too_and_cost_particles() -> None:
    chance, particles = learnt(), uniform(4, "design", 0, (3, 500, 4))
    loose = tilted(particles, chance, free, 1000, 50)
    tight = tilted(particles, chance, lambda at: 0.4 - at[:, 1:2], 1000, 50)
    assert tight.u[:, 1].mean() == pytest.approx(0.4, abs=0.01) and loose.u[:, 1].mean() > 0.47
    assert tight.effective < loose.effective


def test_a_target_that_no_pattern_leaves_room_gives_way() -> None:
    found = tilted(uniform(4, "design", 0, (3, 500, 4)), learnt(), lambda at: 0.5 - at[:, :1], 1000, 50)
    assert found.after[found.names.index("P05")] == pytest.approx(found.aim, abs=0.005) and found.aim > 0.8
    assert found.u[:, 0].mean() > 0.7


def test_where_too_few_particles_would_count_the_aim_gives_way() -> None:
    found = tilted(uniform(4, "design", 0, (3, 500, 4)), learnt(), free, 100, 1200)
    assert 0.5 < found.aim < AIM and found.effective >= 1200


def test_without_facts_of_patterns_nothing_is_weighed() -> None:
    chance = learn(np.full((3, 2), 0.5), [{"values": {}}] * 3)
    found = tilted(uniform(4, "design", 0, (2, 30, 2)), chance, free, 60, 10)
    assert chance.names == () and len(np.unique(found.u, axis=0)) == 60 and found.effective == pytest.approx(60)


def test_weights_are_those_of_the_exponential_family() -> None:
    """A mean of standard normal numbers brought to 1 by the least change: weights exp(x), of effective size n/e."""
    x = normal(7, "design", 0, (40_000, 1))
    weights = nearest(x - 1.0, np.array([50.0]))
    assert weights @ x[:, 0] == pytest.approx(1.0, abs=1e-4)
    assert np.corrcoef(np.log(weights), x[:, 0])[0, 1] == pytest.approx(1.0)
    assert 1.0 / (weights**2).sum() == pytest.approx(40_000 / np.e, rel=0.05)
    assert nearest(x + 1.0, np.array([50.0])) == pytest.approx(np.full(40_000, 1.0 / 40_000))


def test_a_bound_on_a_multiplier_is_the_price_at_which_a_constraint_gives_way() -> None:
    x = normal(7, "design", 0, (40_000, 1))
    weights = nearest(np.concatenate([x - 1.0, -1.0 - x], axis=1), np.array([50.0, 2.0]))
    assert weights @ x[:, 0] == pytest.approx(1.0, abs=1e-3)
    weights = nearest(np.concatenate([x - 1.0, -1.0 - x], axis=1), np.array([0.5, 0.0]))
    assert weights @ x[:, 0] == pytest.approx(0.5, abs=0.02)  # weights exp(x / 2)


def test_what_waves_showed_too_little_must_be_expected_on_top() -> None:
    chance = learnt()
    over = np.array([0.03 if name == "P05" else 0.0 for name in chance.names])
    found = tilted(uniform(4, "design", 0, (3, 500, 4)), chance, free, 400, 100, over)
    assert found.after[found.names.index("P05")] == pytest.approx(found.aim + 0.03, abs=0.005)


def test_tolerances_tell_how_far_inside_a_prediction_is() -> None:
    data = [datum for datum in fitted() if datum.id == "T17"]
    mean = np.array([[8.0], [5.6], [10.3]])
    below, above = tolerances(data, mean).T
    off = MARGIN * (10.4 - 5.6)
    assert below == pytest.approx([2.4 - off, -off, 4.7 - off]) and above == pytest.approx([2.4 - off, 4.8 - off, 0.1 - off])
