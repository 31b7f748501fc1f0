"""A hazard above the bound of its process is cut to it, and the run says so: process, day and how far above."""

from __future__ import annotations

from datetime import date

import numpy as np
from tests.model.running import russia, simulation

from kladsim.model.config import Modifier
from kladsim.model.hazard_bounds import ExcessHazards
from kladsim.model.simulation import Simulation

TENFOLD = (Modifier("policing.effort.courier", date(2014, 1, 5), None, "multiply", 10.0, None, 0),)
"""The most that the lever `police` may ask for: arrests of couriers reach the bound of their process."""


def test_the_largest_excess_of_each_process_is_kept_with_its_day() -> None:
    """1.5 times on day 3 by the second worker, 1.2 on day 4 is less, 2 times on day 5; the other process never."""
    found = ExcessHazards()
    for day, over in ((2, 0), (3, 1_500_000), (4, 1_200_000), (5, 2_000_000)):
        found.note(day, ("arrest", "death"), np.array([[0, 0], [over, 0]]))
    assert found.largest == {"arrest": (5, 2.0)}


def test_a_run_tells_which_hazard_was_capped_and_keeps_it_over_a_saved_state(tmp_path) -> None:
    s = simulation("2014-01-20", 500, modifiers=TENFOLD)
    s.run(pause := 12)
    day, factor = s.capped()["arrest of a courier"]
    assert date(2014, 1, 5) <= day < date(2014, 1, 1 + pause) and 1.0 < factor < 10.0
    s.save(tmp_path / "state.npz")
    again = Simulation.load(tmp_path / "state.npz", s.config, russia())
    assert again.capped() == s.capped()
    for each in (s, again):
        each.run()
    assert again.capped() == s.capped() and again.digest() == s.digest()


def test_a_run_within_its_bounds_tells_nothing() -> None:
    s = simulation("2014-01-20", 500)
    s.run()
    assert s.capped() == {}
