"""How runs are valued: prices and weights with their draws, years and discounting, health, and what levers cost."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np

from kladsim.core.errors import unknown_name
from kladsim.core.random_arrays import stream_key, unit
from kladsim.evidence.costs import unit_cost
from kladsim.evidence.register import Register
from kladsim.policy.costs import Spending
from kladsim.runs.result import Result
from kladsim.study.diverting import DIVERTED, count_diverted_by
from kladsim.study.valuation_frame import RESIDENTS, Array, ValuationFrame, is_level_like

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
def health(result: Result, frame: ValuationFrame) -> dict[str, Array]:
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


def priced(entry: Spending, entries: Sequence[Spending], run: Result, frame: ValuationFrame) -> Array:
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


def _base_of(entry: Spending, run: Result, frame: ValuationFrame) -> Array:
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
    draws_by_name: dict[str, Array] = {}
    for number, (name, entry) in enumerate(costs.items()):
        if draws == 1:
            draws_by_name[name] = np.array([entry.value])
            continue
        key = stream_key(0, STREAM, number)
        # One draw in each of as many equal parts of [0, 1), in an order of its own: a Latin hypercube.
        order = np.argsort(unit(key, range(draws)))
        inside = unit(key, range(draws), draw=1)
        draws_by_name[name] = _triangular((order + inside) / draws, entry.low, entry.value, entry.high)
    return draws_by_name


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
