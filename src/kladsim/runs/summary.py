"""The tidy table of a run: one row an outcome, period, place and stratum, with median and 5-95 % interval.

Every cell has its row and its numbers; ``noisy`` marks those that are too noisy, ``settled_by`` what would settle them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError, StorageError
from kladsim.core.files import DamagedFileError, write_atomically
from kladsim.runs.disclosure import PLACE, TIME, DisclosedArray
from kladsim.runs.noise import Sampling, assess, quantiles

__all__ = ["quantiles"]

TOTAL = "total"
TEXTS = ("outcome", "unit", "period", "place", "stratum")
NUMBERS = ("median", "low5", "high95")
COLUMNS = (*TEXTS, *NUMBERS, "n", "noisy", "settled_by")


@dataclass(frozen=True)
class SummaryRow:
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
    noisy: bool = False
    settled_by: str = ""


def rows(
    stacked: Mapping[str, DisclosedArray], labels: Mapping[str, list[Any]], sampling: Sampling
) -> Iterator[SummaryRow]:
    """All rows of a run: totals, then years, then finer and pooled cells; daily series stay in ``result.nc``."""
    for item in stacked.values():
        if "day" in item.dims:
            continue
        if item.dims == ("replicate", "year"):
            yield from _cells(item, over_time(item), (), {}, sampling, TOTAL)
        yield from _cells(item, item.values, item.dims[1:], labels, sampling)


def index_since(years: Sequence[int], since: int | None) -> int:
    """Return the place of the first year to count (None: the first of all).

    Raises
    ------
    InputError : the runs do not have the year
    """
    if since is None:
        return 0
    if since not in years:
        raise InputError("lies outside the runs", where="since", value=since, allowed=f"{years[0]} to {years[-1]}")
    return list(years).index(since)


def over_time(item: DisclosedArray) -> NDArray[np.float64]:
    """A national yearly series as one number a replicate: flows add up, levels are averaged (known years)."""
    values = item.values
    if item.kind == "flow":
        return np.asarray(values.sum(axis=1))
    known = np.isfinite(values)
    counts = known.sum(axis=1).astype(np.float64)
    sums = np.where(known, values, 0.0).sum(axis=1)
    return np.asarray(np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0))


def _cells(
    item: DisclosedArray,
    values: NDArray[np.float64],
    dims: tuple[str, ...],
    labels: Mapping[str, list[Any]],
    sampling: Sampling,
    period: str = "",
) -> Iterator[SummaryRow]:
    flat = quantiles(values).reshape(3, -1)
    noise = assess(item, values, sampling)
    noisy, settled_by = noise.noisy.reshape(-1), noise.settled_by.reshape(-1)
    names = itertools.product(*(labels[dim] for dim in dims))
    for index, cell in enumerate(names):
        at = dict(zip(dims, cell, strict=True))
        when = period or ";".join(str(name) for dim, name in at.items() if dim in TIME)
        where = ";".join(str(name) for dim, name in at.items() if dim in PLACE)
        who = ";".join(f"{dim}={name}" for dim, name in at.items() if dim not in TIME and dim not in PLACE)
        median, low, high = (float(x) for x in flat[:, index])
        marks = bool(noisy[index]), str(settled_by[index])
        yield SummaryRow(item.name, item.unit, when, where, who, median, low, high, values.shape[0], *marks)


def write_parquet(path: Path, table: list[SummaryRow]) -> None:
    """Write the rows as Parquet, atomically; values that are not defined are NULL."""
    import duckdb

    columns = {name: np.array([getattr(row, name) for row in table]) for name in COLUMNS}
    numbers = ", ".join(f"CASE WHEN isnan({name}) THEN NULL ELSE {name} END AS {name}" for name in NUMBERS)
    texts = ", ".join(f"CAST({name} AS VARCHAR) AS {name}" for name in TEXTS)
    marks = "CAST(n AS INTEGER) AS n, CAST(noisy AS BOOLEAN) AS noisy, CAST(settled_by AS VARCHAR) AS settled_by"

    def save(temporary: Path) -> None:
        target = str(temporary).replace("'", "''")
        query = f"SELECT {texts}, {numbers}, {marks} FROM cells"
        try:
            with duckdb.connect() as connection:
                connection.execute("SET threads TO 1")
                connection.register("cells", columns)
                connection.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet)")
        except duckdb.IOException as error:
            message = f"{path} cannot be written (is the disk full?); the same command resumes"
            raise StorageError(message) from error

    write_atomically(path, save)


def read_parquet(path: Path) -> list[SummaryRow]:
    """Read the rows that ``write_parquet`` wrote (NULL becomes NaN); tables of earlier versions mark nothing.

    Raises
    ------
    StorageError : the file is missing or damaged
    """
    import duckdb

    with duckdb.connect() as connection:
        try:
            cursor = connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
            names = [column[0] for column in cursor.description]
            found = cursor.fetchall()
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise DamagedFileError(f"{path} is missing or damaged ({reason}); run the same command again") from error
    return [SummaryRow(**_with_nan(dict(zip(names, values, strict=True)))) for values in found]


def _with_nan(row: dict[str, Any]) -> dict[str, Any]:
    return row | {name: float("nan") for name in NUMBERS if row[name] is None}
