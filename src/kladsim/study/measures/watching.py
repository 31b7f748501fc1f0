"""What the records of a run do not keep and a check needs: products on offer, people followed, expected punishments.

A watch looks at a replicate after every day and changes nothing. What it sees stays inside the validation: only
results of checks leave (responsible use, rules 4 and 5).
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.model import codes as k
from kladsim.study.measures.cohorts import Cohorts, chunks_of, present_rows

WEEK = 7


class ReplicateWatch:
    """Weekly and yearly looks at one replicate; call it after every day.

    Parameters
    ----------
    cohorts : dates on which groups of people are followed, see ``Cohorts``
    """

    def __init__(self, cohorts: Cohorts | None = None) -> None:
        self.weeks: list[int] = []
        self.by_product: dict[str, list[NDArray[np.float64]]] = {"ready": [], "sales": [], "price": [], "flow": []}
        self.punish: list[tuple[float, float, float, float]] = []
        self.opiates: list[NDArray[np.float64]] = []
        self.made: list[NDArray[np.float64]] = []
        self.habits: dict[int, NDArray[np.float64]] = {}
        self.mix: dict[int, NDArray[np.float64]] = {}
        self.cohorts = cohorts or Cohorts({})

    def copy(self) -> ReplicateWatch:
        """Return a watch that goes on from here by itself (for a branch)."""
        return deepcopy(self)

    def __call__(self, s: Any) -> None:
        """Look at the day that has just ended."""
        number = s.day - 1
        self.made.append(np.array(s.world.supply.made))
        if number % WEEK == 0:
            self._week(s, number)
        if s.calendar.year_ends[number]:
            self._year_end(s, int(s.calendar.years[number]))
        self.cohorts.look(s)

    def _week(self, s: Any, number: int) -> None:
        w = s.world
        listings = w.listings
        there = (listings.ready - listings.missing).reshape(-1, k.G)
        self.weeks.append(number)
        self.by_product["ready"].append(there.sum(axis=0).astype(np.float64))
        self.by_product["sales"].append(listings.sales.reshape(-1, k.G).sum(axis=0))
        self.by_product["price"].append(np.array(w.trade.unit_price))
        self.by_product["flow"].append(np.array(w.supply.flow))
        open_ = w.branches.shop >= 0
        regions = s.pack.n_regions
        self.opiates.append(
            np.bincount(w.branches.region[open_], weights=there[open_, k.OPIOID], minlength=regions).astype(np.float64)
        )
        self.punish.append(expected_punishments(s))

    def _year_end(self, s: Any, year: int) -> None:
        a, w, p = s.persons_table, s.world, s._p
        rows = present_rows(s)
        use, substance = a.use[rows], a.substance[rows]
        rate = np.zeros(k.N_USE)
        rate[[k.LIGHT, k.HEAVY, k.DEPENDENT]] = p["demand.light"], p["demand.heavy"], p["demand.dependent"]
        free = (a.flags[rows] & (k.CUSTODY | k.AT_FRONT)) == 0
        habits = np.bincount(substance[free], weights=rate[use[free]], minlength=k.G)
        self.habits[year] = habits.astype(np.float64)
        level = np.diff(np.concatenate([np.zeros((w.demand.mix.shape[0], 1)), w.demand.mix], axis=1), axis=1)
        self.mix[year] = (level * w.people.alive[:, None]).sum(axis=0) / max(1, w.people.alive.sum())


def expected_punishments(s: Any) -> tuple[float, float, float, float]:
    """Return expected victims a day, expected false ones, and the mean hazard with pledged papers and with a deposit.

    The expectation over the last draw (see ``punishment.punished``), so that small samples tell signs.
    """
    a, w, p = s.persons_table, s.world, s._p
    rows = np.flatnonzero(a.klass == k.C_COURIER)
    rows = rows[a.employer[rows] >= 0]
    rows = rows[(s.day - 1) - a.role_since[rows].astype(np.int64) >= 7]
    if not w.on[9] or len(rows) == 0:
        return 0.0, 0.0, np.nan, np.nan
    pledged = a.flags[rows] & k.PLEDGED_ID > 0
    hazard = w.branches.punish[a.employer[rows]] * np.where(pledged, 1.0, p["punishment.deposit_factor"])
    region = np.asarray(w.regions.of_chunk)[chunks_of(s, rows)]
    false = (hazard * w.punishment.outsider_share[region]).sum()
    by = [float(hazard[which].mean()) if which.any() else np.nan for which in (pledged, ~pledged)]
    return float(hazard.sum()), float(false), by[0], by[1]
