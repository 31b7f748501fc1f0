"""Maps: levels by region as the tidy table lets them out, and paired differences under the same rules."""

from __future__ import annotations

from typing import Any

import numpy as np

from kladsim.app import answers as a
from kladsim.app.service import Service, number
from kladsim.app.view import BY_REGION, Bands, View
from kladsim.core.errors import unknown_name
from kladsim.study.gate import too_wide
from kladsim.study.result import Result
from kladsim.study.summary import quantiles

Table = list[list[float | None]]


def regions_answer(
    service: Service, asked: a.RegionsAsked, base: View | None, plans: dict[str, View]
) -> a.RegionsAnswer:
    """Values of one outcome by year and region, for the base or for one of the plans that are simulated.

    Raises
    ------
    InputError : the outcome is not known by region
    """
    if base is None:
        return _nothing("baseline")
    if asked.outcome not in base.regional:
        raise unknown_name("outcome by region", asked.outcome, base.regional, where="outcome")
    names = list(plans)
    if asked.plan is None:
        return _level(base, asked.outcome, "baseline")
    if asked.plan >= len(asked.plans) or asked.plans[asked.plan].name not in names:
        return _nothing(asked.plans[asked.plan].name if asked.plan < len(asked.plans) else "plan", base)
    name = asked.plans[asked.plan].name
    if asked.view == "level":
        return _level(plans[name], asked.outcome, name)
    return _difference(service, base, plans[name], asked.outcome, name)


def _level(view: View, outcome: str, name: str) -> a.RegionsAnswer:
    found = view.regional.get(outcome)
    # A plan that came with the package may travel without its maps.
    return _nothing(name, view) if found is None else _shaped(view, outcome, found)


def _difference(service: Service, base: View, plan: View, outcome: str, name: str) -> a.RegionsAnswer:
    """Paired differences where both levels may be shown; the others stay hidden."""
    one, other = service.library.result(base.id), service.library.result(plan.id)
    if one is not None and other is not None:
        return _shaped(base, outcome, difference_by_region(base, plan, one, other, outcome))
    stored = plan.against.get(base.id, {}).get("regional", {}).get(outcome)
    if stored is not None:
        return _shaped(base, outcome, stored)
    return _nothing("baseline" if one is None else name, base)


def difference_by_region(base: View, plan: View, one: Result, other: Result, outcome: str) -> Bands:
    """Median, low and high of the paired difference as [year][region], None where a level may not be shown."""
    before, after = (_of(result.outcomes, outcome) for result in (one, other))
    shown = np.array(_shown(base, outcome)) & np.array(_shown(plan, outcome))
    tables = (_plain(np.where(shown, table, np.nan)) for table in quantiles(after - before))
    return dict(zip(("median", "low", "high"), tables, strict=True))


def _shaped(view: View, outcome: str, bands: Bands) -> a.RegionsAnswer:
    unit = str(view.declared[outcome]["unit"])
    median, low, high = (bands[name] for name in ("median", "low", "high"))
    return a.RegionsAnswer(codes=view.regions, years=view.years, unit=unit, median=median, low=low, high=high)


def _of(outcomes: dict[str, Any], outcome: str) -> Any:
    return next(item.values for item in outcomes.values() if item.name == outcome and item.dims == BY_REGION)


def _shown(view: View, outcome: str) -> list[list[bool]]:
    found = view.regional[outcome]
    return [
        [
            middle is not None and low is not None and high is not None and not too_wide(low, high)
            for middle, low, high in zip(*rows, strict=True)
        ]
        for rows in zip(found["median"], found["low"], found["high"], strict=True)
    ]


def _plain(table: Any) -> Table:
    return [[number(value) for value in row] for row in table]


def _nothing(name: str, base: View | None = None) -> a.RegionsAnswer:
    codes, years = (base.regions, base.years) if base else ([], [])
    return a.RegionsAnswer(codes=codes, years=years, unit="", median=[], low=[], high=[], missing=name)
