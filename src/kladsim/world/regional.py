"""Values by region and year, and counts of seizure cases by region."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError
from kladsim.world.pack import SourceRow
from kladsim.world.validate import PackTable

INDEX_COLUMNS = ("quantity", "unit", "source", "licence", "note")
VALUE_COLUMNS = ("quantity", "region", "year", "value", "basis")
REQUIRED = ("unemployment", "wage_rel", "grp_rel", "price_level", "population")


def read_regional(
    folder: Path, label: str, codes: tuple[str, ...], first: int, last: int
) -> tuple[dict[str, NDArray[np.float64]], tuple[SourceRow, ...]]:
    """Read ``regional.csv`` into float64[R, T] a quantity; gaps and later years hold the value before them.

    Raises
    ------
    InputError : naming file, column and row
    """
    index = PackTable(folder / "regional_index.csv", f"{label}/regional_index.csv", INDEX_COLUMNS)
    index.unique("quantity")
    names = index.text("quantity")
    for name in REQUIRED:
        if name not in names:
            raise InputError(f"quantity {name!r} is missing", where=f"{index.label}, column 'quantity'")
    table = PackTable(folder / "regional.csv", f"{label}/regional.csv", VALUE_COLUMNS)
    table.unique("quantity", "region", "year")
    quantity = _positions(table.text("quantity", names), tuple(names))
    region = _positions(table.text("region", codes), codes)
    year = np.array(table.ints("year", first, last)) - first
    cube = np.full((len(names), len(codes), last - first + 1), np.nan)
    cube[quantity, region, year] = table.floats("value", low=0.0)
    _hold(cube)
    missing = np.argwhere(np.isnan(cube[:, :, 0]))
    if len(missing):
        q, r = missing[0]
        raise InputError("no value for a region", where=table.label, value=f"{names[q]}, {codes[r]}")
    basis = np.array(table.text("basis"))
    return {name: cube[i].copy() for i, name in enumerate(names)}, _meta(index, quantity, basis)


def read_seizures(
    folder: Path, label: str, codes: tuple[str, ...], population: NDArray[np.float64]
) -> dict[str, NDArray[np.int64]]:
    """Read ``seizures.csv`` into int64[R] a drug class; cases of joined regions ("A+B") go by population."""
    table = PackTable(
        folder / "seizures.csv", f"{label}/seizures.csv", ("drug_class", "region", "cases", "source")
    )
    table.unique("drug_class", "region")
    place = {code: i for i, code in enumerate(codes)}
    out: dict[str, NDArray[np.int64]] = {}
    rows = zip(table.text("drug_class"), table.text("region"), table.ints("cases"), strict=True)
    for row, (drug, region, cases) in enumerate(rows):
        counts = out.setdefault(drug, np.zeros(len(codes), dtype=np.int64))
        left = cases
        parts = region.split("+")
        if any(part not in place for part in parts):
            raise table.error("region", row, "unknown region", region, f"one of {len(codes)} regions")
        whole = sum(population[place[part]] for part in parts)
        for part in parts[1:]:
            share = round(cases * float(population[place[part]] / whole))
            counts[place[part]] += share
            left -= share
        counts[place[parts[0]]] += left
    return out


def _positions(values: list[str], names: tuple[str, ...]) -> NDArray[np.int64]:
    place = {name: i for i, name in enumerate(names)}
    return np.array([place[value] for value in values], dtype=np.int64)


def _hold(cube: NDArray[np.float64]) -> None:
    for year in range(1, cube.shape[2]):
        gap = np.isnan(cube[:, :, year])
        cube[:, :, year][gap] = cube[:, :, year - 1][gap]
    for year in range(cube.shape[2] - 2, -1, -1):
        gap = np.isnan(cube[:, :, year])
        cube[:, :, year][gap] = cube[:, :, year + 1][gap]


def _meta(index: PackTable, quantity: NDArray[np.int64], basis: NDArray[np.str_]) -> tuple[SourceRow, ...]:
    columns = (index.text(name) for name in INDEX_COLUMNS)
    rows = []
    for i, (name, unit, source, licence, note) in enumerate(zip(*columns, strict=True)):
        assumed = np.char.startswith(basis[quantity == i], "assumption")
        kind = "assumption" if assumed.all() else "mixed" if assumed.any() else "data"
        rows.append(SourceRow(f"regional.{name}", "regional.csv", unit, source, licence, kind, note))
    return tuple(rows)
