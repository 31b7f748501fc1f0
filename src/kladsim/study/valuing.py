"""How runs are valued: prices and weights with their draws, years and discounting, health, and what levers cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kladsim.evidence.costs import unit_cost

if TYPE_CHECKING:
    from kladsim.evidence.register import Register
    from kladsim.policy.costs import Spending
    from kladsim.study.result import Result

Array = NDArray[np.float64]
STREAM = 90
"""Stream of the draws of unit costs and weights; no run uses it."""
CONSEQUENCES = (
    ("justice.prison_year", "prison_years"),
    ("justice.court_case", "convictions_trafficking"),
    ("justice.court_case", "convictions_possession"),
    ("health.care_year", "in_treatment"),
    ("health.poisoning", "poisonings_nonfatal"),
    ("health.psychosis", "psychoses"),
)
"""What follows from outcomes, whoever caused it: cost item and outcome."""


class Frame:
    """Years, discounting and prices that all plans of a comparison share (not ``paired``: one run by itself)."""

    def __init__(
        self, base: Result, since: int | None, discount: float, prices: Mapping[str, Array], *, paired: bool = True
    ) -> None:
        self.base, self.discount, self.prices, self.paired = base, discount, prices, paired
        config = base.scenario["config"]
        self.country, self.until = str(config["country"]), date.fromisoformat(str(config["until"]))
        start = date.fromisoformat(str(config["start"]))
        self.years = [year for year in range(start.year, self.until.year + 1) if date(year, 1, 1) < self.until]
        self.first = self.years.index(since) if since in self.years else 0
        self.factor = np.array([(1.0 + discount) ** -(max(0, i - self.first)) for i in range(len(self.years))])
        self.part = np.array([_part_of_year(year, start, self.until) for year in self.years])

    def yearly(self, result: Result, outcome: str) -> Array:
        """Return an outcome (replicate x year) as what happened in the year: levels become person-years."""
        item = result.national().get(outcome)
        if item is None:
            return np.zeros((result.replicates, len(self.years)))
        standing = item.kind == "level" or item.unit == "person-years"
        return np.nan_to_num(item.values) * (self.part if standing else 1.0)

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


def health(result: Result, frame: Frame) -> dict[str, Array]:
    """Return DALYs and QALYs lost: time in each state, events and deaths, discounted."""
    at = {name: frame.difference(result, name) for name in ("people_who_use", "dependent", "in_treatment")}
    time = {
        "use": at["people_who_use"] - at["dependent"],
        "dependent": at["dependent"],
        "treatment": at["in_treatment"],
        "poisoning": frame.difference(result, "poisonings_nonfatal"),
        "psychosis": frame.difference(result, "psychoses"),
    }
    deaths = frame.difference(result, "deaths") + frame.difference(result, "deaths_at_front")
    left = _annuity(frame.price("weight.years.death"), frame.discount)
    yll = deaths * left
    yld = sum((values * frame.price(f"weight.dw.{name}") for name, values in time.items()), np.zeros_like(yll))
    lived = sum((values * frame.price(f"weight.qaly.{name}") for name, values in time.items()), np.zeros_like(yll))
    return {
        "yll": yll,
        "yld": yld,
        "daly_lost": yll + yld,
        "qaly_lost": yll * frame.price("weight.years.utility") + lived,
        "qaly_lost_in_prison": frame.difference(result, "prison_years") * frame.price("weight.qaly.prison"),
    }


def priced(entry: Spending, entries: Sequence[Spending], run: Result, frame: Frame) -> Array:
    """Return the discounted cost of one lever's units (replicate x draw)."""
    units = np.array(entry.units)[None, :] * _base_of(entry, run, frame)
    if entry.per == "diverted":  # several levers divert: each pays for its share of the people
        units = units / sum(other.per == "diverted" for other in entries)
    total = np.asarray((units * frame.factor).sum(axis=1))[:, None]
    if entry.price is not None:
        return np.asarray(total * np.array([[entry.price]]))
    unit_cost(entry.item)
    return np.asarray(total * frame.price(f"cost.{entry.item}"))


def _base_of(entry: Spending, run: Result, frame: Frame) -> Array:
    """Return what units multiply: 1, residents, or an outcome of the year (replicate x year)."""
    if entry.per == "":
        return np.ones((1, len(frame.years)))
    if entry.per in ("resident", "young resident"):
        return _residents(frame, entry.where, 65 if entry.per == "resident" else 25)[None, :]
    share = 1.0
    if entry.where:
        share = float((_residents(frame, entry.where, 65) / _residents(frame, (), 65)).mean())
    found = run.national().get(entry.per)
    return share * found.values if found is not None else np.zeros((1, len(frame.years)))


def _residents(frame: Frame, where: tuple[str, ...], below: int) -> Array:
    """Return persons aged 14 to ``below`` in each year, as the pack has them (deaths left out)."""
    from kladsim.world import load_pack

    pack = load_pack(frame.country)
    rows = np.ones(pack.n_cells, bool)
    if where:
        rows = np.isin(pack.cell_region, [pack.region_index(code) for code in where])
    by_birth = pack.people[rows].sum(axis=0)
    found = []
    for year in frame.years:
        newest = year - 14 - pack.cohort_first_birth_year + 1
        oldest = year - below - pack.cohort_first_birth_year + 1
        found.append(float(by_birth[max(0, oldest) : max(0, newest)].sum()))
    return np.array(found)


def prices(costs: Register, draws: int) -> dict[str, Array]:
    """Return draws of every unit cost and weight from its triangular prior; one draw is the register's value."""
    from kladsim.core import rng

    found: dict[str, Array] = {}
    for number, (name, entry) in enumerate(costs.items()):
        if draws == 1:
            found[name] = np.array([entry.value])
            continue
        key = rng.day_key(0, STREAM, number)
        # One draw in each of as many equal parts of [0, 1), in an order of its own: a Latin hypercube.
        order = np.argsort([rng.unit(key, draw, 0) for draw in range(draws)])
        inside = np.array([rng.unit(key, draw, 1) for draw in range(draws)])
        found[name] = _triangular((order + inside) / draws, entry.low, entry.value, entry.high)
    return found


def _triangular(u: Array, low: float, mode: float, high: float) -> Array:
    """Return quantiles of the triangular distribution."""
    if high == low:
        return np.full_like(u, mode)
    turn = (mode - low) / (high - low)
    rising = low + np.sqrt(u * (high - low) * (mode - low))
    falling = high - np.sqrt((1.0 - u) * (high - low) * (high - mode))
    return np.where(u < turn, rising, falling)


def _annuity(years: Array, rate: float) -> Array:
    """Return the present value of one a year over ``years`` (continuous discounting)."""
    force = math.log1p(rate)
    return years if force == 0 else (1.0 - np.exp(-force * years)) / force


def _part_of_year(year: int, start: date, until: date) -> float:
    first, last = max(start, date(year, 1, 1)), min(until, date(year + 1, 1, 1))
    return max(0, (last - first).days) / (date(year + 1, 1, 1) - date(year, 1, 1)).days
