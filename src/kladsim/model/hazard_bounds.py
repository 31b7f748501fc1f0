"""Ceilings: the most that an age shape can be in a chunk, so that hopeless candidates are not looked at.

They change no result, only the time: a chunk holds neighbours by birth date, so at large scales most chunks are
too old or too young for most things. `ExcessHazards` keeps hazards above the fixed bounds of processes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from kladsim.core.jit import kernel, part
from kladsim.core.processes import EXCESS_UNIT
from kladsim.model import codes as k
from kladsim.model.careers import age_of_first_use
from kladsim.model.couriers import age_of_recruits
from kladsim.model.people import age_days, years
from kladsim.model.state import World
from kladsim.model.today import DayContext

NAMES = ("top_first_use", "top_application", "top_death")


class ExcessHazards:
    """Hazards above the bounds of their processes: what is above cannot happen, so that a run has too few such events.

    ``largest`` holds by process the day (from 0) of its largest hazard, and this hazard as a multiple of the bound.
    """

    def __init__(self, largest: Mapping[str, Sequence[float]] | None = None) -> None:
        self.largest = {name: (int(day), float(factor)) for name, (day, factor) in (largest or {}).items()}

    def note(self, day: int, names: Sequence[str], over: NDArray[np.int64]) -> None:
        """Keep what is larger than before; ``over`` is the column of a ``scan_space``: int64 [worker, process]."""
        for index in np.flatnonzero(over.any(axis=0)).tolist():
            factor = float(over[:, index].max() / EXCESS_UNIT)
            if factor > self.largest.get(names[index], (0, 0.0))[1]:
                self.largest[names[index]] = (day, factor)


@kernel
def refresh(w: World, t: DayContext) -> None:
    """Find the largest shapes over the ages of each chunk this month (ages grow by less than a year meanwhile)."""
    for c in range(w.chunks.first.size):
        cell = w.chunks.group[c]
        first = w.chunks.first[c]
        eldest = years(max(0, age_days(w, t, cell, first))) + 1
        youngest = years(max(0, age_days(w, t, cell, first + w.chunks.size[c] - 1)))
        use, work, death = 0.0, 0.0, 0.0
        for age in range(max(k.AGE_FIRST, youngest), min(k.AGE_LAST, eldest) + 1):
            use = max(use, age_of_first_use(age))
            work = max(work, age_of_recruits(age))
            death = max(death, max(w.people.mortality[0, age], w.people.mortality[1, age]))
        w.scan.top_first_use[c], w.scan.top_application[c], w.scan.top_death[c] = use, work, death


@part
def of_first_use(klass: int, c: int, w: World, t: DayContext) -> float:
    """Upper bound of initiation in a chunk."""
    p = w.p[0]
    sex = max(p.use_initiation_male, 2.0 - p.use_initiation_male)
    return p.use_initiation * w.scan.top_first_use[c] * sex * 1.75 * w.use.start_factor[w.regions.of_chunk[c]] / 364.9


@part
def of_application(klass: int, c: int, w: World, t: DayContext) -> float:
    """Upper bound of applications of persons never involved in a chunk."""
    p = w.p[0]
    sex = max(p.recruitment_male, 2.0 - p.recruitment_male)
    factor = w.labour.recruit_pull[w.regions.of_chunk[c]] if w.on[7] else p.recruitment_fixed_share
    return p.recruitment_rate * w.scan.top_application[c] * sex * factor / 364.9


@part
def of_death(klass: int, c: int, w: World, t: DayContext) -> float:
    """Upper bound of deaths by the life table in a chunk."""
    return w.scan.top_death[c] * t.mortality_factor / 364.9
