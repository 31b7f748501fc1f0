"""The emulator's outcomes of one run by year, with public cost and lost health at the register's values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from kladsim.evidence.costs import load_costs
from kladsim.policy.costs import spending_of
from kladsim.policy.lever import Lever
from kladsim.runs.disclosure import DisclosedArray
from kladsim.runs.result import Result
from kladsim.study.valuation_frame import ValuationFrame
from kladsim.study.valuing import CONSEQUENCES, health, priced, prices

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """One emulated outcome: ``level`` is averaged over years, a flow adds up."""

    name: str
    unit: str
    kind: str
    better: str = ""


COUNTED = (
    Measure("people_who_use", "persons", "level", "lower"),
    Measure("dependent", "persons", "level", "lower"),
    Measure("deaths", "persons", "flow", "lower"),
    Measure("poisonings_nonfatal", "events", "flow", "lower"),
    Measure("treatment_starts", "persons", "flow", "higher"),
    Measure("convictions_possession", "persons", "flow", "lower"),
    Measure("convictions_trafficking", "persons", "flow", "lower"),
    Measure("prison_years", "person-years", "flow", "lower"),
    Measure("couriers", "persons", "level"),
    Measure("arrests_courier", "persons", "flow", "lower"),
    Measure("arrests_minor", "persons", "flow", "lower"),
    Measure("orders", "orders", "flow"),
)
VALUED = (
    Measure("public_cost", "RUB", "flow"),
    Measure("qaly_lost", "QALYs", "flow", "lower"),
    Measure("daly_lost", "DALYs", "flow", "lower"),
    Measure("qaly_lost_with_front", "QALYs", "flow", "lower"),
    Measure("daly_lost_with_front", "DALYs", "flow", "lower"),
)
LOST = tuple(measure.name for measure in VALUED if measure.name != "public_cost")
MEASURES = COUNTED + VALUED
"""Cost has no better direction: it is never a goal by itself. QALYs and DALYs lost leave out deaths of prisoners at the
front, and come a second time with them."""


@dataclass(frozen=True)
class _Year:
    """One year of one replicate, as the valuing of runs reads a Result."""

    name: str
    scenario: dict[str, Any]
    items: Mapping[str, DisclosedArray]
    replicates: int = 1

    def national(self) -> dict[str, DisclosedArray]:
        return dict(self.items)


def national_series(outcomes: Mapping[str, DisclosedArray]) -> dict[str, DisclosedArray]:
    """Return the national yearly series of one replicate by outcome (replicate x year, one replicate)."""
    return {
        item.name: replace(item, dims=("replicate", "year"), values=item.values[None, :])
        for item in outcomes.values()
        if item.dims == ("year",)
    }


def yearly(
    series: Mapping[str, DisclosedArray], config: Any, start: date, years: int, levers: Sequence[Lever] = ()
) -> dict[str, list[float]]:
    """Return each measure in each of the calendar years from ``start`` on.

    Parameters
    ----------
    series : national yearly series of one replicate
    config : its configuration (country, start, until)
    levers : what its plan spends money on
    """
    first = start.year - config.start.year
    found: dict[str, list[float]] = {measure.name: [] for measure in MEASURES}
    table = prices(_costs(), 1)
    for index in range(first, first + years):
        for measure in COUNTED:
            found[measure.name].append(float(series[measure.name].values[0, index]))
        for name, value in _valued(series, config, index, levers, table).items():
            found[name].append(value)
    return found


def _costs() -> Any:
    return load_costs()


def _valued(
    series: Mapping[str, DisclosedArray], config: Any, index: int, levers: Sequence[Lever], table: Mapping[str, Array]
) -> dict[str, float]:
    year = config.start.year + index
    span = {"country": config.country, "start": f"{year}-01-01", "until": f"{year + 1}-01-01"}
    items = {name: replace(item, values=item.values[:, index : index + 1]) for name, item in series.items()}
    run = cast("Result", _Year("year", {"config": span | {"parameters": config.parameters}}, items))
    frame = ValuationFrame(run, None, 0.0, table, paired=False)
    lost = health(run, frame)
    cost = sum(
        float((frame.price(f"cost.{item}") * frame.difference(run, outcome)).sum()) for item, outcome in CONSEQUENCES
    )
    entries = spending_of(levers, frame.years, frame.until)
    cost += sum(float(priced(entry, entries, run, frame).sum()) for entry in entries)
    return {"public_cost": cost} | {name: float(lost[name][0, 0]) for name in LOST}
