"""From recorded cells to coarser ones: years of days, months, quarters; sums over places and people."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.runs.disclosure import TIME

PER_YEAR = {"month": 12, "quarter": 4}


def years_of(dim: str, length: int, start: date) -> NDArray[np.int64]:
    """The calendar year of each cell of a time axis that begins at ``start``."""
    if dim == "year":
        return np.arange(start.year, start.year + length, dtype=np.int64)
    if dim == "day":
        days = np.datetime64(start, "D") + np.arange(length)
        return np.asarray(days.astype("datetime64[Y]").astype(np.int64) + 1970)
    parts = PER_YEAR[dim]
    first = start.year * parts + (start.month - 1) * parts // 12
    return np.asarray((first + np.arange(length)) // parts, dtype=np.int64)


def labels_of(dim: str, length: int, start: date) -> list[Any]:
    """Readable names of the cells of a time axis."""
    if dim == "day":
        return [(start + timedelta(days=i)).isoformat() for i in range(length)]
    years = years_of(dim, length, start)
    if dim == "year":
        return [int(year) for year in years]
    parts = PER_YEAR[dim]
    first = (start.month - 1) * parts // 12
    mark = {"month": "-{:02d}", "quarter": "-Q{}"}[dim]
    return [f"{years[i]}" + mark.format((first + i) % parts + 1) for i in range(length)]


def by_year(values: NDArray[Any], axis: int, dim: str, start: date, kind: str) -> NDArray[np.float64]:
    """Reduce a time axis to calendar years: flows add up, levels are averaged."""
    return _reduce(values, axis, years_of(dim, values.shape[axis], start), kind)


def _reduce(values: NDArray[Any], axis: int, period: NDArray[np.int64], kind: str) -> NDArray[np.float64]:
    first = np.flatnonzero(np.r_[True, period[1:] != period[:-1]]) if len(period) else np.zeros(0, np.intp)
    if len(first) == 0:
        return np.asarray(values, dtype=np.float64)
    exact = np.asarray(values, dtype=np.float64)
    if kind == "flow":
        return np.asarray(np.add.reduceat(exact, first, axis=axis))
    # A ratio is undefined on a day without events: the level is the mean of the days that have one.
    known = np.isfinite(exact)
    sums = np.add.reduceat(np.where(known, exact, 0.0), first, axis=axis)
    counts = np.add.reduceat(known.astype(np.float64), first, axis=axis)
    return np.asarray(np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0))


def coarser(
    values: NDArray[Any], axis: int, dim: str, to: str, start: date, kind: str
) -> NDArray[np.float64]:
    """Reduce a time axis to a coarser one (day to month, quarter or year, and so on)."""
    if to == "year":
        return by_year(values, axis, dim, start, kind)
    if dim == "day":
        days = [start + timedelta(days=i) for i in range(values.shape[axis])]
        months = np.array([day.year * 12 + day.month - 1 for day in days])
        period = months if to == "month" else months // 3
    else:
        period = (start.month - 1 + np.arange(values.shape[axis])) // 3
    return _reduce(values, axis, period, kind)


def coarsen_time(
    dims: tuple[str, ...], values: NDArray[Any], start: date, kind: str
) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """The same cells with their time axis as calendar years."""
    for axis, dim in enumerate(dims):
        if dim in TIME:
            renamed = tuple("year" if d == dim else d for d in dims)
            return renamed, by_year(values, axis, dim, start, kind)
    return dims, np.asarray(values, dtype=np.float64)


def national_years(
    dims: tuple[str, ...], values: NDArray[Any], start: date, kind: str, *, adds_up: bool
) -> NDArray[np.float64] | None:
    """One value a year for the nation, or None where cells do not add up (a share by region)."""
    if not any(dim in TIME for dim in dims):
        return None
    if len(dims) > 1 and not adds_up:
        return None
    yearly_dims, yearly = coarsen_time(dims, values, start, kind)
    others = tuple(axis for axis, dim in enumerate(yearly_dims) if dim != "year")
    return np.asarray(yearly.sum(axis=others)) if others else yearly
