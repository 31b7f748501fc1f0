"""From a simulation's results to what may leave: each outcome at its own cells and by nation and year."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import KladsimError, unknown_name
from kladsim.runs import disclosure
from kladsim.runs.disclosure import DisclosedArray, ResolutionError, class_of, is_count, is_windowed
from kladsim.runs.periods import coarsen_time, labels_of, national_years

YEARLY = "_yearly"
BY_DISTRICT, BY_PEOPLE = "_in_districts", "_among_people"


@dataclass(frozen=True)
class _Cells:
    name: str
    dims: tuple[str, ...]
    values: NDArray[Any]
    unit: str
    side: str


def disclose_all(
    results: Mapping[str, Any],
    declared: Mapping[str, Any],
    start: date,
    ages: Sequence[str] = (),
    window: disclosure.Window | None = None,
    district: Sequence[int] | NDArray[Any] | None = None,
) -> dict[str, DisclosedArray]:
    """Return all results of one replicate as they may leave, with a national series by year beside each.

    Counts by region are pooled too: into federal districts (``district`` is each region's index), and over regions
    where there are age and sex.

    Raises
    ------
    ResolutionError : an outcome has no class, or cells finer than it allows that cannot be pooled over time
    """
    released: dict[str, DisclosedArray] = {}
    national_known = {str(a.name) for a in results.values() if tuple(a.dims) == ("year",)}
    for key in sorted(results):
        array = results[key]
        outcome = _declaration(declared, str(array.name))
        kind = disclosure.kind_of(outcome)
        cells = _pooled_over_time(array, outcome, start, kind)
        released[key] = disclosure.apply_disclosure_control(key, cells, outcome, ages=ages, window=window)
        if is_windowed(outcome):
            continue  # part of a year and of the places: no national total
        for suffix, pooled in _pooled_over_places(cells, outcome, district):
            released[key + suffix] = disclosure.apply_disclosure_control(key + suffix, pooled, outcome, ages=ages)
        if cells.dims == ("year",) or cells.name in national_known:
            continue
        adds_up = kind == "flow" or is_count(outcome)
        years = national_years(tuple(array.dims), array.values, start, kind, adds_up=adds_up)
        if years is not None:
            national_known.add(cells.name)
            unit = cells.unit.removesuffix("/day") if kind == "flow" else cells.unit
            national = replace(cells, dims=("year",), values=years, unit=unit)
            released[key + YEARLY] = disclosure.apply_disclosure_control(key + YEARLY, national, outcome)
    return released


def _declaration(declared: Mapping[str, Any], name: str) -> Any:
    if name not in declared:
        raise unknown_name("outcome", name, declared, where="results")
    return declared[name]


def _pooled_over_time(array: Any, outcome: Any, start: date, kind: str) -> _Cells:
    """The array itself, or its calendar years where its class allows no finer time."""
    dims, values = tuple(array.dims), np.asarray(array.values)
    name, side = str(array.name), str(array.side)
    if is_windowed(outcome):
        return _Cells(name, dims, values, str(array.unit), side)
    try:
        disclosure.check_resolution(name, dims, class_of(outcome), disclosure.declared_cells(outcome))
    except ResolutionError:
        dims, values = coarsen_time(dims, values, start, kind)
    return _Cells(name, dims, values, str(array.unit), side)


def _pooled_over_places(
    cells: _Cells, outcome: Any, district: Sequence[int] | NDArray[Any] | None
) -> Iterator[tuple[str, _Cells]]:
    """Yield counts by region as sums by district, or over all regions where people are told apart."""
    if "region" not in cells.dims or not is_count(outcome):
        return
    axis = cells.dims.index("region")
    values = np.asarray(cells.values, dtype=np.float64)
    if "age" in cells.dims:
        dims = tuple(dim for dim in cells.dims if dim != "region")
        yield BY_PEOPLE, replace(cells, dims=dims, values=values.sum(axis=axis))
    elif district is not None and len(district) == values.shape[axis]:
        where = np.asarray(district, dtype=np.intp)
        sums = [np.take(values, np.flatnonzero(where == d), axis=axis).sum(axis=axis) for d in range(where.max() + 1)]
        dims = tuple("district" if dim == "region" else dim for dim in cells.dims)
        yield BY_DISTRICT, replace(cells, dims=dims, values=np.stack(sums, axis=axis))


def labels(
    released: Mapping[str, DisclosedArray], pack: Any, start: date, axes: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Names of the cells along every axis: dates, years, region codes, districts, age groups."""
    lengths: dict[str, int] = {}
    for item in released.values():
        for dim, length in zip(item.dims, item.values.shape, strict=True):
            if lengths.setdefault(dim, length) != length:
                raise KladsimError(f"{item.key}: axis {dim!r} has {length} cells, elsewhere {lengths[dim]}")
    return {dim: _labels(dim, length, pack, start, axes) for dim, length in lengths.items()}


def _labels(dim: str, length: int, pack: Any, start: date, axes: Mapping[str, Sequence[str]]) -> list[Any]:
    if dim in disclosure.TIME:
        return labels_of(dim, length, start)
    known = {"region": "region_code", "district": "district_names"}
    names: Sequence[str] = axes.get(dim) or getattr(pack, known.get(dim, ""), ()) or ()
    if names and len(names) != length:
        raise KladsimError(f"axis {dim!r} has {length} cells but {len(names)} names")
    return [str(name) for name in names] or list(range(length))
