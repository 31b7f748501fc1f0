"""What all plans of a comparison share when they are valued: years, discounting, prices, residents."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import unknown_name
from kladsim.runs.disclosure import DisclosedArray
from kladsim.runs.result import Result
from kladsim.runs.summary import index_since
from kladsim.world import load_pack

Array = NDArray[np.float64]
YOUNGEST = 14
RESIDENTS = {"resident": 65, "young resident": 25}
"""Whom a programme may be paid for, and the age below which they are, from 14 on."""


class ValuationFrame:
    """Years, discounting and prices that all plans of a comparison share (not ``paired``: one run by itself)."""

    def __init__(
        self, base: Result, since: int | None, discount: float, prices: Mapping[str, Array], *, paired: bool = True
    ) -> None:
        self.base, self.discount, self.prices, self.paired = base, discount, prices, paired
        config = base.scenario["config"]
        self.country, self.until = str(config["country"]), date.fromisoformat(str(config["until"]))
        start = date.fromisoformat(str(config["start"]))
        self.years = [year for year in range(start.year, self.until.year + 1) if date(year, 1, 1) < self.until]
        self.first = index_since(self.years, since)
        self.factor = np.array([(1.0 + discount) ** -(max(0, i - self.first)) for i in range(len(self.years))])
        self.part = np.array([_part_of_year(year, start, self.until) for year in self.years])

    def yearly(self, result: Result, outcome: str) -> Array:
        """Return an outcome (replicate x year) as what happened in the year: levels become person-years.

        Raises
        ------
        InputError : the run has no such outcome: what was not counted has no value, and 0 would be a wrong one
        """
        item = require_outcome(result, outcome, "costs")
        return np.asarray(item.values * (self.part if is_level_like(item) else 1.0))

    def difference(self, result: Result, outcome: str, *, discounted: bool = True) -> Array:
        """Return plan minus base (or the run itself) over all years, a number a replicate (replicate x 1)."""
        change = self.yearly(result, outcome)
        if self.paired:
            change = change - self.yearly(self.base, outcome)
        weighted = change * self.factor if discounted else change
        return np.asarray(weighted.sum(axis=1))[:, None]

    def price(self, name: str) -> Array:
        """Return the draws of a price or weight (1 x draw)."""
        return self.prices[name][None, :]

    def part_of_country(self, where: tuple[str, ...]) -> Array:
        """Return the share of residents aged 14 to 64 who live in these regions, by year (none named: 1)."""
        if not where:
            return np.ones(len(self.years))
        return self.residents(where, RESIDENTS["resident"]) / self.residents((), RESIDENTS["resident"])

    def residents(self, where: tuple[str, ...], below: int) -> Array:
        """Return persons aged 14 to ``below`` at the end of each year, as the pack has them (deaths left out)."""
        pack = load_pack(self.country)
        rows = np.ones(pack.n_cells, bool)
        if where:
            rows = np.isin(pack.cell_region, [pack.region_index(code) for code in where])
        by_birth = pack.people[rows].sum(axis=0)
        sizes = []
        for year in self.years:
            newest = year - YOUNGEST - pack.cohort_first_birth_year + 1
            oldest = year - below - pack.cohort_first_birth_year + 1
            sizes.append(float(by_birth[max(0, oldest) : max(0, newest)].sum()))
        return np.array(sizes)


def require_outcome(result: Result, outcome: str, where: str) -> DisclosedArray:
    """Return a national outcome of a run; raise InputError with the nearest name if the run did not count it."""
    national = result.national()
    if outcome not in national:
        raise unknown_name(f"outcome of run {result.name!r}", outcome, national, where=where)
    return national[outcome]


def is_level_like(item: DisclosedArray) -> bool:
    """Whether a year's value is a mean over the simulated part of the year, not a sum over it."""
    return item.kind == "level" or item.unit == "person-years"


def _part_of_year(year: int, start: date, until: date) -> float:
    first, last = max(start, date(year, 1, 1)), min(until, date(year + 1, 1, 1))
    return max(0, (last - first).days) / (date(year + 1, 1, 1) - date(year, 1, 1)).days
