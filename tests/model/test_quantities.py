"""The timeline of quantities: neutral but for what events and modifiers move, by day and region."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from tests.model.running import russia

from kladsim.core.errors import InputError
from kladsim.model.config import Modifier
from kladsim.model.quantities import COLUMN, QUANTITIES, timeline

DAYS = 120


def at(day: int, *modifiers: Modifier) -> np.ndarray:
    return timeline(russia(), modifiers, DAYS, shocks=True)[day]


def test_nothing_moves_without_events() -> None:
    neutral = np.array([quantity.default for quantity in QUANTITIES.values()])
    assert np.array_equal(at(5), np.repeat(neutral[:, None], russia().n_regions, axis=1))


def test_a_region_a_ramp_and_two_modifiers() -> None:
    begin, end, moscow = date(2014, 1, 11), date(2014, 2, 10), russia().region_index("RU-MOW")
    one = Modifier("recruitment.advertising", begin, end, "multiply", 0.5, None, 10)
    two = Modifier("recruitment.advertising", begin, None, "multiply", 0.4, "RU-MOW")
    row = COLUMN["recruitment.advertising"]
    assert at(9, one, two)[row] == pytest.approx(1.0)
    assert at(10, one, two)[row, 0] == pytest.approx(0.95) and at(10, one, two)[row, moscow] == pytest.approx(0.38)
    assert at(30, one, two)[row, 0] == pytest.approx(0.5) and at(30, one, two)[row, moscow] == pytest.approx(0.2)
    assert at(60, one, two)[row, 0] == 1.0 and at(60, one, two)[row, moscow] == pytest.approx(0.4)
    whole = timeline(russia(), (one, two), DAYS, shocks=True)
    regions = russia().n_regions
    assert whole.daily(row)[60] == pytest.approx((regions - 1 + 0.4) / regions)


def test_an_event_is_one_day_and_values_stay_in_range() -> None:
    close = Modifier("platform.takedown", date(2014, 3, 1), None, "set", 2.0)
    row = COLUMN["platform.takedown"]
    assert [at(day, close)[row, 0] for day in (58, 59, 60)] == [0.0, 2.0, 0.0]
    add = Modifier("justice.monitoring", date(2014, 1, 1), None, "add", 0.8)
    assert at(3, add, add)[COLUMN["justice.monitoring"]].max() == 1.0
    with pytest.raises(InputError, match="out of range"):
        at(3, Modifier("justice.monitoring", date(2014, 1, 1), None, "set", 1.5))
