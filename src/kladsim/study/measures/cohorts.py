"""Groups of people followed through a replicate: couriers, dependent people, people who begin, migrants, remitted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.model import codes as k

Ids = NDArray[np.int64]
YEAR = timedelta(days=365)


class Cohorts:
    """Followed groups: what is looked at on which date.

    Parameters
    ----------
    plan : name of a look by date; every name is a method ``_name`` of this class
    """

    def __init__(self, plan: Mapping[date, tuple[str, ...]]) -> None:
        self.plan = dict(plan)
        self.groups: dict[str, Any] = {}
        self.facts: dict[str, float] = {}

    def follow(self, looks: Iterable[tuple[date, str]]) -> None:
        """Add looks to the plan."""
        for day, name in looks:
            self.plan[day] = (*self.plan.get(day, ()), name)

    def look(self, s: Any) -> None:
        """Take the looks that are due on the evening of the day that has just ended."""
        today = s.pack.date_of(s.day - 1)
        for name in self.plan.get(today, ()):
            look: Callable[[Any, date], None] = getattr(self, f"_{name}")
            look(s, today)

    # -- couriers: how many of one evening still work a year later (P10) ------------------------------------

    def _couriers_begin(self, s: Any, today: date) -> None:
        a, rows = s.persons_table, present_rows(s)
        self.groups["couriers"] = a.pid[rows[a.flags[rows] & k.COURIER > 0]].astype(np.int64), s.day

    def _couriers_end(self, s: Any, today: date) -> None:
        before, day = self.groups["couriers"]
        a, rows = s.persons_table, present_rows(s)
        same = rows[(a.flags[rows] & k.COURIER > 0) & (a.role_since[rows] < day)]
        stayed = np.isin(before, a.pid[same].astype(np.int64)).sum()
        if len(before):
            self.facts[f"couriers_replaced@{today.year}"] = float(1.0 - stayed / len(before))

    # -- dependent people: deaths against the life table (H12), remission (H4) ------------------------------

    def _dependent_begin(self, s: Any, today: date) -> None:
        a, rows = s.persons_table, present_rows(s)
        rows = rows[(a.use[rows] == k.DEPENDENT) & (a.flags[rows] & (k.CUSTODY | k.AT_FRONT) == 0)]
        ages, sexes = ages_and_sexes(s, rows)
        young = ages < 62
        rows, ages, sexes = rows[young], ages[young], sexes[young]
        factor = float(s.calendar.columns["mortality_factor"][s.day - 1])
        expected = float((s.world.people.mortality[sexes, ages] * factor).sum())
        self.groups["dependent"] = a.pid[rows].astype(np.int64), expected

    def _dependent_end(self, s: Any, today: date) -> None:
        before, expected = self.groups["dependent"]
        a, rows = s.persons_table, present_rows(s)
        pid = a.pid[rows].astype(np.int64)
        alive = np.isin(before, pid)
        out = rows[np.isin(a.use[rows], (k.REMITTED, k.STABLE))]
        remitted = np.isin(before, a.pid[out].astype(np.int64)).sum()
        if len(before) and expected > 0:
            self.facts["dependent_followed"] = float(len(before))
            self.facts["dependent_died_per_100"] = float(100.0 * (1.0 - alive.mean()))
            self.facts["dependent_smr"] = float((len(before) - alive.sum()) / expected)
            self.facts["dependent_remitted"] = float(remitted / len(before))

    # -- remitted after dependence: relapse in the first year (H7) ------------------------------------------

    def _remitted_begin(self, s: Any, today: date) -> None:
        a, rows = s.persons_table, present_rows(s)
        fresh = (a.use[rows] == k.REMITTED) & (a.caution[rows] == 255) & (s.day - a.since[rows].astype(np.int64) <= 60)
        self.groups["remitted"] = a.pid[rows[fresh & (a.flags[rows] & k.CUSTODY == 0)]].astype(np.int64), s.day

    def _remitted_end(self, s: Any, today: date) -> None:
        before, day = self.groups["remitted"]
        a, rows = s.persons_table, present_rows(s)
        pid = a.pid[rows].astype(np.int64)
        stayed = rows[np.isin(a.use[rows], (k.REMITTED, k.STABLE)) & (a.since[rows].astype(np.int64) <= day)]
        stable = rows[a.use[rows] == k.STABLE]
        held = np.isin(before, a.pid[np.union1d(stayed, stable)].astype(np.int64))
        here = np.isin(before, pid)
        if here.sum():
            self.facts["relapsed_first_year"] = float(1.0 - held[here].mean())

    # -- people who begin: dependence in the ten years that follow (H1-H3) ----------------------------------

    def _begin_before(self, s: Any, today: date) -> None:
        a, rows = s.persons_table, present_rows(s)
        self.groups["known"] = a.pid[rows].astype(np.int64)

    def _begin_first(self, s: Any, today: date) -> None:
        a, rows = s.persons_table, present_rows(s)
        using = np.isin(a.use[rows], (k.LIGHT, k.HEAVY, k.DEPENDENT))
        rows = rows[using & ~np.isin(a.pid[rows].astype(np.int64), self.groups["known"])]
        self.groups["began"] = a.pid[rows].astype(np.int64), a.substance[rows].copy()
        self.groups["ever"] = np.zeros(len(rows), bool)
        self._begin_follow(s, today)

    def _begin_follow(self, s: Any, today: date) -> None:
        began, substance = self.groups["began"]
        a, rows = s.persons_table, present_rows(s)
        was = np.isin(a.use[rows], (k.DEPENDENT, k.TREATMENT)) | (a.caution[rows] == 255)
        self.groups["ever"] |= np.isin(began, a.pid[rows[was]].astype(np.int64))
        stimulant = substance >= k.AMPHETAMINE
        for name, which in (("stimulant", stimulant), ("cannabis", substance == k.CANNABIS)):
            if which.sum():
                self.facts[f"dependent_after_{name}@{today.year}"] = float(self.groups["ever"][which].mean())

    # -- people who bought on the platform that closes: where they go (PL6) ---------------------------------

    def _migrants_begin(self, s: Any, today: date) -> None:
        a, rows = s.persons_table, present_rows(s)
        leader = int(np.argmax(s.world.platforms.volume))
        recent = s.day - a.last_buy[rows].astype(np.int64) < 90
        on_it = (a.platform[rows] == leader) & (a.channel[rows] == k.PLATFORM) & (a.last_buy[rows] > 0) & recent
        self.groups["migrants"] = a.pid[rows[on_it]].astype(np.int64)

    def _migrants_end(self, s: Any, today: date) -> None:
        a, rows = s.persons_table, present_rows(s)
        mine = rows[np.isin(a.pid[rows].astype(np.int64), self.groups["migrants"])]
        to = a.platform[mine]
        is_open = np.zeros(256, bool)
        is_open[: k.MAX_PLATFORMS] = np.asarray(s.world.platforms.state) == 1
        arrived = to[(a.channel[mine] == k.PLATFORM) & is_open[to]]
        if len(arrived):
            counts = np.bincount(arrived)
            tag = f"{today:%Y%m%d}"
            self.facts[f"migrants_arrived@{tag}"] = float(len(arrived) / max(1, len(self.groups["migrants"])))
            self.facts[f"migrants_top_share@{tag}"] = float(counts.max() / counts.sum())


def present_rows(s: Any) -> NDArray[np.int64]:
    """Return the rows of people who have not left."""
    chunks = s.world.chunks
    counts = np.asarray(chunks.count)
    starts = np.repeat(np.asarray(chunks.start), counts)
    inside = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    rows: NDArray[np.int64] = (starts + inside).astype(np.int64)
    return np.asarray(rows[s.persons_table.klass[rows] != k.LEFT])


def chunks_of(s: Any, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the chunk of every row."""
    return np.searchsorted(np.asarray(s.world.chunks.start), rows, side="right") - 1


def ages_and_sexes(s: Any, rows: Ids) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return age in years and sex (0 male, 1 female) of rows, as ``people.age_days`` and ``is_male`` tell them."""
    w = s.world
    cell = np.asarray(w.chunks.group)[chunks_of(s, rows)]
    rank = s.persons_table.pid[rows].astype(np.int64) - np.asarray(w.cells.base)[cell]
    start = np.asarray(w.people.cohort_start)
    ages, sexes = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    for c in np.unique(cell):
        which = cell == c
        y = np.searchsorted(start[c], rank[which], side="right") - 1
        y = np.minimum(y, start.shape[1] - 2)
        inside = rank[which] - start[c][y]
        size = np.maximum(1, start[c][y + 1] - start[c][y])
        born = np.asarray(w.people.birth_zero)[y] + ((inside + 0.5) * 365.0 / size).astype(np.int64)
        share = np.asarray(w.people.male_share)[y]
        ages[which] = ((s.day - 1 - born) / k.DAYS_A_YEAR).astype(np.int64)
        sexes[which] = np.where(((inside + 1) * share).astype(np.int64) > (inside * share).astype(np.int64), 0, 1)
    return ages, sexes


def base_plan() -> dict[date, tuple[str, ...]]:
    """Return the looks of a full run from 2014."""
    plan: dict[date, list[str]] = {}

    def add(day: date, name: str) -> None:
        plan.setdefault(day, []).append(name)

    for year in (2019, 2021):
        add(date(year - 1, 12, 31), "couriers_begin")
        add(date(year, 12, 31), "couriers_end")
    add(date(2017, 12, 31), "dependent_begin")
    add(date(2018, 12, 31), "dependent_end")
    add(date(2018, 6, 30), "remitted_begin")
    add(date(2019, 6, 30), "remitted_end")
    add(date(2014, 1, 2), "begin_before")
    add(date(2014, 12, 31), "begin_first")
    for year in range(2015, 2025):
        add(date(year, 12, 31), "begin_follow")
    add(date(2022, 4, 4), "migrants_begin")
    for day in (date(2022, 4, 30), date(2022, 7, 5)):
        add(day, "migrants_end")
    return {day: tuple(names) for day, names in plan.items()}
