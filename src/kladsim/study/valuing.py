"""How runs are valued: prices and weights with their draws, years and discounting, health, and what levers cost."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import unknown_name
from kladsim.evidence.costs import unit_cost
from kladsim.runs.summary import index_since
from kladsim.study.diverting import DIVERTED, count_diverted_by

if TYPE_CHECKING:
    from kladsim.evidence.register import Register
    from kladsim.policy.costs import Spending
    from kladsim.runs.gate import Released
    from kladsim.runs.result import Result

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
YOUNGEST = 14
RESIDENTS = {"resident": 65, "young resident": 25}
"""Whom a programme may be paid for, and the age below which they are, from 14 on."""


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
        from kladsim.world import load_pack

        pack = load_pack(self.country)
        rows = np.ones(pack.n_cells, bool)
        if where:
            rows = np.isin(pack.cell_region, [pack.region_index(code) for code in where])
        by_birth = pack.people[rows].sum(axis=0)
        found = []
        for year in self.years:
            newest = year - YOUNGEST - pack.cohort_first_birth_year + 1
            oldest = year - below - pack.cohort_first_birth_year + 1
            found.append(float(by_birth[max(0, oldest) : max(0, newest)].sum()))
        return np.array(found)


def require_outcome(result: Result, outcome: str, where: str) -> Released:
    """Return a national outcome of a run; raise InputError with the nearest name if the run did not count it."""
    national = result.national()
    if outcome not in national:
        raise unknown_name(f"outcome of run {result.name!r}", outcome, national, where=where)
    return national[outcome]


def is_level_like(item: Released) -> bool:
    """Whether a year's value is a mean over the simulated part of the year, not a sum over it."""
    return item.kind == "level" or item.unit == "person-years"


def health(result: Result, frame: Frame) -> dict[str, Array]:
    """Return DALYs and QALYs lost: time in each state, events and deaths, discounted.

    Deaths of prisoners at the front stand apart (``..._at_front``) and are in no sum but ``..._with_front``: they rest
    on assumptions of their own and would outweigh the health effect of most plans.
    """
    at = {name: frame.difference(result, name) for name in ("people_who_use", "dependent", "in_treatment")}
    time = {
        "use": at["people_who_use"] - at["dependent"],
        "dependent": at["dependent"],
        "treatment": at["in_treatment"],
        "poisoning": frame.difference(result, "poisonings_nonfatal"),
        "psychosis": frame.difference(result, "psychoses"),
    }
    left = _annuity(frame.price("weight.years.death"), frame.discount)
    yll, front = frame.difference(result, "deaths") * left, frame.difference(result, "deaths_at_front") * left
    yld = sum((values * frame.price(f"weight.dw.{name}") for name, values in time.items()), np.zeros_like(yll))
    lived = sum((values * frame.price(f"weight.qaly.{name}") for name, values in time.items()), np.zeros_like(yll))
    utility = frame.price("weight.years.utility")
    qaly = yll * utility + lived
    return {
        "qaly_lost": qaly,
        "qaly_lost_at_front": front * utility,
        "qaly_lost_with_front": qaly + front * utility,
        "daly_lost": yll + yld,
        "daly_lost_at_front": front,
        "daly_lost_with_front": yll + yld + front,
        "yll": yll,
        "yld": yld,
        "qaly_lost_in_prison": frame.difference(result, "prison_years") * frame.price("weight.qaly.prison"),
    }


def priced(entry: Spending, entries: Sequence[Spending], run: Result, frame: Frame) -> Array:
    """Return the discounted cost of one lever's units (replicate x draw); ``entries`` are those of the whole plan.

    Raises
    ------
    InputError : a cost item without a unit cost, or one that is paid for something the run did not count
    """
    if entry.per == DIVERTED:  # the run counts people moved: when and where the lever acts is in their number
        units = entry.rate * count_diverted_by(entry, entries, run, frame)
    else:
        units = np.array(entry.units)[None, :] * _base_of(entry, run, frame)
    total = np.asarray((units * frame.factor).sum(axis=1))[:, None]
    if entry.price is not None:
        return np.asarray(total * np.array([[entry.price]]))
    unit_cost(entry.item)
    return np.asarray(total * frame.price(f"cost.{entry.item}"))


def check_base(per: str, outcomes: Collection[str], where: str) -> None:
    """Raise InputError if what a cost is paid for is neither nothing, nor residents, nor an outcome of the run."""
    if per and per not in RESIDENTS and per not in outcomes:
        raise unknown_name("base of a cost", per, (*RESIDENTS, *outcomes), where=where)


def _base_of(entry: Spending, run: Result, frame: Frame) -> Array:
    """Return what units multiply: 1, residents, or an outcome of the year (replicate x year).

    Units hold the part of the calendar year in which the lever runs; a flow counts only the simulated part of a year
    and is taken as if the rest of it were alike.
    """
    check_base(entry.per, run.national(), f"{entry.path}.per")
    if not entry.per:
        return np.ones((1, len(frame.years)))
    if entry.per in RESIDENTS:
        return frame.residents(entry.where, RESIDENTS[entry.per])[None, :]
    item = run.national()[entry.per]
    values = item.values if is_level_like(item) else item.values / frame.part
    return np.asarray(values * frame.part_of_country(entry.where))


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
