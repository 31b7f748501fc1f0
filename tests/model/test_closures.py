"""What the closure of a platform does on its day: no sale there, choices shared anew, a memory by its share."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from tests.model.running import russia, simulation

from kladsim.model.config import Modifier

DAY = date(2014, 3, 12)


def closed(rank: int):
    """Run to the evening of a closure; return the simulation, its day and the platform that was closed."""
    s = simulation("2014-04-01", 200, seed=3, modifiers=(Modifier("platform.takedown", DAY, DAY, "set", float(rank)),))
    day = russia().day_of(DAY)
    s.run(until_day=day)
    before = np.asarray(s.world.platforms.state).copy()
    memory = float(s.world.market.takedown_memory[0])
    volume = np.asarray(s.world.platforms.volume).copy()
    s.run(until_day=day + 1)
    gone = np.flatnonzero((before == 1) & (np.asarray(s.world.platforms.state) == 2))
    assert len(gone) == 1
    return s, day, int(gone[0]), volume / volume.sum(), float(s.world.market.takedown_memory[0]) - memory


def test_a_platform_sells_nothing_on_the_day_of_its_closure():
    s, day, gone, share, _ = closed(1)
    assert gone == share.argmax()
    assert s.recording.platform_orders[day - 1, gone] > 0
    assert s.recording.platform_orders[day, gone] == 0


def test_its_buyers_are_not_handed_to_another_by_number():
    s, _, gone, _, _ = closed(1)
    choice = np.asarray(s.world.market.platform_choice)
    chosen = np.diff(choice, axis=1, prepend=0.0)
    assert (chosen[:, gone] == 0.0).all()


def test_who_lost_a_platform_hears_from_those_who_still_buy():
    s, day, _, share, _ = closed(1)
    left = 1.0 - share.max()
    assert s.recording.platform_orders[day].sum() < 2.0 * left * s.recording.platform_orders[day - 7 : day].sum() / 7.0 + 5


@pytest.mark.parametrize("rank", [1, 2])
def test_memory_goes_with_the_share_squared(rank):
    s, _, gone, share, more = closed(rank)
    expected = s._p["migration.shock"] * share[gone] ** 2
    assert more == pytest.approx(expected, rel=0.05, abs=1e-3)
