"""Maps: levels by region and paired differences, with marks on what is too noisy."""

from __future__ import annotations

from typing import Any

import numpy as np

from kladsim.app import answers as a
from kladsim.app.service import Service, number
from kladsim.app.view import BY_DISTRICT, BY_REGION, Bands, View
from kladsim.core.errors import unknown_name
from kladsim.runs.noise import quantiles
from kladsim.runs.result import Result

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
    tables = view.regional.get(outcome)
    # A plan that came with the package may travel without its maps.
    return _nothing(name, view) if tables is None else _shaped(view, outcome, tables, view.pooled.get(outcome))


def _difference(service: Service, base: View, plan: View, outcome: str, name: str) -> a.RegionsAnswer:
    """Paired differences, marked as noisy where either level is."""
    one, other = service.library.result(base.id), service.library.result(plan.id)
    if one is not None and other is not None:
        tables = differences_by_place(base, plan, one, other, outcome)
        return _shaped(base, outcome, tables["regional"], tables.get("pooled"))
    stored = plan.against.get(base.id, {})
    if outcome in stored.get("regional", {}):
        return _shaped(base, outcome, stored["regional"][outcome], stored.get("pooled", {}).get(outcome))
    return _nothing("baseline" if one is None else name, base)


def differences_by_place(base: View, plan: View, one: Result, other: Result, outcome: str) -> dict[str, Bands]:
    """Return the paired difference as [year][place], by region and pooled by district; noisy where either level is."""
    tables = {"regional": _paired(base.regional, plan.regional, one, other, outcome, BY_REGION)}
    if outcome in base.pooled and outcome in plan.pooled:
        tables["pooled"] = _paired(base.pooled, plan.pooled, one, other, outcome, BY_DISTRICT)
    return tables


def _paired(
    base: dict[str, Bands], plan: dict[str, Bands], one: Result, other: Result, outcome: str, dims: tuple[str, ...]
) -> Bands:
    before, after = (_of(result.outcomes, outcome, dims) for result in (one, other))
    tables = (_plain(table) for table in quantiles(after - before))
    noisy, also = (np.array(_marks(levels[outcome], "noisy", False)) for levels in (base, plan))
    settled, too = (np.array(_marks(levels[outcome], "settled_by", ""), dtype=object) for levels in (base, plan))
    return {
        **dict(zip(("median", "low", "high"), tables, strict=True)),
        "noisy": (noisy | also).tolist(),
        "settled_by": np.where(settled == "", too, settled).tolist(),
    }


def _shaped(view: View, outcome: str, bands: Bands, above: Bands | None) -> a.RegionsAnswer:
    pooled = None
    if above is not None:
        numbers = {name: above[name] for name in ("median", "low", "high")}
        pooled = a.Pooled(names=view.districts, **numbers, noisy=_marks(above, "noisy", False))
    return a.RegionsAnswer(
        codes=view.regions, years=view.years, unit=str(view.declared[outcome]["unit"]),
        median=bands["median"], low=bands["low"], high=bands["high"], noisy=_marks(bands, "noisy", False),
        settled_by=_marks(bands, "settled_by", ""), pooled=pooled,
    )  # fmt: skip


def _of(outcomes: dict[str, Any], outcome: str, dims: tuple[str, ...]) -> Any:
    return next(item.values for item in outcomes.values() if item.name == outcome and item.dims == dims)


def _marks(bands: Bands, name: str, nothing: Any) -> list[list[Any]]:
    """The marks of a table's cells; views made before there were marks have none."""
    return bands.get(name) or [[nothing] * len(row) for row in bands["median"]]


def _plain(table: Any) -> Table:
    return [[number(value) for value in row] for row in table]


def _nothing(name: str, base: View | None = None) -> a.RegionsAnswer:
    codes, years = (base.regions, base.years) if base else ([], [])
    return a.RegionsAnswer(codes=codes, years=years, unit="", median=[], low=[], high=[], missing=name)
