"""The tidy table of a run: one row an outcome, period, place and stratum, with median and 5-95 % interval."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import StorageError
from kladsim.study.files import DamagedFileError, write_atomically
from kladsim.study.gate import PLACE, TIME, WIDEST_FACTOR, Released
from kladsim.study.outcomes import BY_DISTRICT, BY_PEOPLE

TOTAL = "total"
COLUMNS = ("outcome", "unit", "period", "place", "stratum", "median", "low5", "high95", "n")


@dataclass(frozen=True)
class Row:
    """One row; ``place`` and ``stratum`` are empty for the nation and for everybody."""

    outcome: str
    unit: str
    period: str
    place: str
    stratum: str
    median: float
    low5: float
    high95: float
    n: int


def quantiles(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Median, 5 % and 95 % over the first axis (replicates); one replicate has no interval.

    A cell that is suppressed in one replicate is suppressed (NaN).
    """
    if values.shape[0] < 2:
        empty = np.full_like(values[0], np.nan)
        return np.stack([values[0], empty, empty])
    return np.quantile(values, [0.5, 0.05, 0.95], axis=0)


def rows(stacked: Mapping[str, Released], labels: Mapping[str, list[Any]]) -> Iterator[Row]:
    """All rows of a run: totals, then years, then finer cells; daily series and pooled cells stay in ``result.nc``."""
    for key, item in stacked.items():
        if "day" in item.dims or key.endswith((BY_DISTRICT, BY_PEOPLE)):
            continue
        if item.dims == ("replicate", "year"):
            yield from _cells(item, over_time(item), (), {}, TOTAL)
        yield from _cells(item, item.values, item.dims[1:], labels)


def over_time(item: Released) -> NDArray[np.float64]:
    """A national yearly series as one number a replicate: flows add up, levels are averaged (known years)."""
    values = item.values
    if item.kind == "flow":
        return np.asarray(values.sum(axis=1))
    known = np.isfinite(values)
    counts = known.sum(axis=1).astype(np.float64)
    sums = np.where(known, values, 0.0).sum(axis=1)
    return np.asarray(np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0))


def _cells(
    item: Released,
    values: NDArray[np.float64],
    dims: tuple[str, ...],
    labels: Mapping[str, list[Any]],
    period: str = "",
) -> Iterator[Row]:
    fine = any(dim not in TIME for dim in dims)
    table = quantiles(values)
    if fine:
        table = without_wide(table)
    flat = table.reshape(3, -1)
    names = itertools.product(*(labels[dim] for dim in dims))
    for index, cell in enumerate(names):
        at = dict(zip(dims, cell, strict=True))
        when = period or ";".join(str(name) for dim, name in at.items() if dim in TIME)
        where = ";".join(str(name) for dim, name in at.items() if dim in PLACE)
        who = ";".join(f"{dim}={name}" for dim, name in at.items() if dim not in TIME and dim not in PLACE)
        median, low, high = (float(x) for x in flat[:, index])
        yield Row(item.name, item.unit, when, where, who, median, low, high, values.shape[0])


def without_wide(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Suppress fine cells whose interval is wider than a factor of 3 (responsible use, rule 8)."""
    low, high = np.minimum(abs(table[1]), abs(table[2])), np.maximum(abs(table[1]), abs(table[2]))
    crosses = (table[1] <= 0) & (table[2] >= 0) & (table[1] != table[2])
    wide = crosses | (high > WIDEST_FACTOR * low)
    return np.where(wide[None], np.nan, table)


def write_parquet(path: Path, table: list[Row]) -> None:
    """Write the rows as Parquet, atomically; suppressed values are NULL."""
    import duckdb

    columns = {name: np.array([getattr(row, name) for row in table]) for name in COLUMNS}
    numbers = ", ".join(
        f"CASE WHEN isnan({name}) THEN NULL ELSE {name} END AS {name}" for name in COLUMNS[5:8]
    )
    texts = ", ".join(f"CAST({name} AS VARCHAR) AS {name}" for name in COLUMNS[:5])

    def save(temporary: Path) -> None:
        target = str(temporary).replace("'", "''")
        query = f"SELECT {texts}, {numbers}, CAST(n AS INTEGER) AS n FROM cells"
        try:
            with duckdb.connect() as connection:
                connection.execute("SET threads TO 1")
                connection.register("cells", columns)
                connection.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet)")
        except duckdb.IOException as error:
            message = f"{path} cannot be written (is the disk full?); the same command resumes"
            raise StorageError(message) from error

    write_atomically(path, save)


def read_parquet(path: Path) -> list[Row]:
    """Read the rows that ``write_parquet`` wrote (NULL becomes NaN).

    Raises
    ------
    StorageError : the file is missing or damaged
    """
    import duckdb

    with duckdb.connect() as connection:
        try:
            found = connection.execute(
                f"SELECT {', '.join(COLUMNS)} FROM read_parquet(?)", [str(path)]
            ).fetchall()
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise DamagedFileError(f"{path} is missing or damaged ({reason}); run the same command again") from error
    return [Row(*_with_nan(values)) for values in found]


def _with_nan(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(float("nan") if value is None else value for value in values)
