"""Dated national series: read from a pack, checked, and spread over the days of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError
from kladsim.world.validate import PackTable

METHODS = ("linear", "step")
FREQUENCIES = ("month", "year", "date")
INDEX_COLUMNS = ("series", "unit", "freq", "method", "source", "licence", "note")
VALUE_COLUMNS = ("series", "date", "value", "basis")
REQUIRED = (
    "cpi", "usd_rate", "mean_wage", "real_wage_index", "unemployment", "youth_unemployment", "internet_share",
    "prisoners_total", "prisoners_other",
)  # fmt: skip
"""Series without which the model has nothing to run on."""


@dataclass(frozen=True, eq=False)
class PackSeries:
    """One dated series with unit, source and licence; ``basis`` is "data" or "assumption" value by value."""

    name: str
    unit: str
    source: str
    freq: str
    values: NDArray[np.float64]
    dates: tuple[date, ...]
    method: str
    licence: str
    basis: tuple[str, ...]
    note: str = ""

    def daily(self, n_days: int, start: date) -> NDArray[np.float64]:
        """Return one value a day from ``start``: linear or held between data, held at both ends."""
        known = np.array([day.toordinal() for day in self.dates], dtype=np.int64)
        days = start.toordinal() + np.arange(n_days, dtype=np.int64)
        left = np.clip(np.searchsorted(known, days, side="right") - 1, 0, len(known) - 1)
        out = self.values[left]
        if self.method == "linear" and len(known) > 1:
            right = np.minimum(left + 1, len(known) - 1)
            width = np.maximum(known[right] - known[left], 1)
            part = np.clip((days - known[left]) / width, 0.0, 1.0)
            # two roundings on purpose: a fused multiply-add would change bits with the processor
            step = (self.values[right] - out) * part
            out = out + step
        return np.asarray(out, dtype=np.float64)

    @property
    def last(self) -> date:
        """Date of the last datum; after it the value is held (an assumption)."""
        return self.dates[-1]

    def holds_after(self, n_days: int, start: date) -> bool:
        """Tell whether the last value is held before the run of ``n_days`` ends."""
        return start + timedelta(days=n_days) > self.last


def read_series(folder: Path, label: str, stem: str = "series") -> dict[str, PackSeries]:
    """Read ``stem_index.csv`` (one row a series) and ``stem.csv`` (one row a value).

    Raises
    ------
    InputError : naming file, column and row
    """
    index = PackTable(folder / f"{stem}_index.csv", f"{label}/{stem}_index.csv", INDEX_COLUMNS)
    index.unique("series")
    names = index.text("series")
    fields = {column: index.text(column) for column in ("unit", "source", "licence", "note")}
    freqs, methods = index.text("freq", FREQUENCIES), index.text("method", METHODS)
    rows = _rows_by_name(PackTable(folder / f"{stem}.csv", f"{label}/{stem}.csv", VALUE_COLUMNS), names)
    out: dict[str, PackSeries] = {}
    for i, name in enumerate(names):
        if name not in rows:
            raise index.error("series", i, f"no value in {stem}.csv", name)
        dates, values, basis = rows[name]
        values.setflags(write=False)
        out[name] = PackSeries(
            name=name,
            unit=fields["unit"][i],
            source=fields["source"][i],
            freq=freqs[i],
            values=values,
            dates=dates,
            method=methods[i],
            licence=fields["licence"][i],
            basis=basis,
            note=fields["note"][i],
        )
    return out


def check_series(series: Mapping[str, PackSeries], label: str) -> None:
    """Raise InputError when a series that every run reads is missing."""
    for name in REQUIRED:
        if name not in series:
            raise InputError(
                f"series {name!r} is missing", where=f"{label}, column 'series'", allowed=", ".join(REQUIRED)
            )


Values = tuple[tuple[date, ...], NDArray[np.float64], tuple[str, ...]]


def _rows_by_name(table: PackTable, names: list[str]) -> dict[str, Values]:
    table.unique("series", "date")
    keys, dates, values = table.text("series", names), table.dates("date"), table.floats("value", low=0.0)
    basis = table.text("basis")
    where: dict[str, list[int]] = {}
    for row, key in enumerate(keys):
        rows = where.setdefault(key, [])
        if rows and dates[rows[-1]] > dates[row]:
            raise table.error("date", row, "dates of a series must increase", dates[row].isoformat())
        rows.append(row)
    return {
        key: (tuple(dates[r] for r in rows), values[np.array(rows)], tuple(basis[r] for r in rows))
        for key, rows in where.items()
    }
