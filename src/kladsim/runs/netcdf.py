"""``result.nc``: all released outcomes of a run with coordinates, units and origin, reproducible.

The plain name of an outcome is its national series by year: ``deaths`` (replicate, year). Finer arrays are named by
their axes: ``deaths_by_region``, ``orders_by_day``, ``dependent_by_age_sex``. Files written by kladsim 0.6 and before,
where the plain name was the finest array, are read under the same names.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kladsim.core.files import DamagedFileError, plain, write_bytes
from kladsim.model.outcomes import stem_of
from kladsim.runs.disclosure import BADGE, USE, DisclosedArray

if TYPE_CHECKING:
    import xarray as xr

PARTS = (
    "Parts of {national!r}, the national series. Cells without a value are not defined: a sum over them is no total."
)


def write_netcdf(
    path: Path,
    stacked: Mapping[str, DisclosedArray],
    labels: Mapping[str, list[Any]],
    provenance: Mapping[str, Any],
) -> None:
    """Write outcomes (dims ``replicate`` first) as netCDF-4, atomically.

    HDF5 keeps no times here, so that the same run gives the same file. It is made in memory first, because
    HDF5 ends the whole process when a disk is full.
    """
    import h5netcdf

    content = io.BytesIO()
    with h5netcdf.File(content, "w") as file:
        lengths = {
            d: n for item in stacked.values() for d, n in zip(item.dims, item.values.shape, strict=True)
        }
        file.dimensions = lengths
        for dim, length in lengths.items():
            _write_axis(file, dim, labels.get(dim) or list(range(length)))
        for name, item in named(stacked).items():
            _write_outcome(file, name, item)
        file.attrs.update(_attributes(provenance))
    write_bytes(path, content.getvalue())


def named(stacked: Mapping[str, DisclosedArray]) -> dict[str, DisclosedArray]:
    """Return outcomes by the names under which they leave; a second array of one name repeats it and is left out."""
    found: dict[str, DisclosedArray] = {}
    for item in sorted(stacked.values(), key=lambda one: stem_of(one.name) != one.name):
        found.setdefault(variable_name(item.name, item.dims), item)
    return dict(sorted(found.items()))


def variable_name(outcome: str, dims: Iterable[str]) -> str:
    """Return the name of an outcome's array: the plain name for the national series by year, else by its axes."""
    axes = [dim for dim in dims if dim not in ("replicate", "year")]
    bare = stem_of(outcome)
    return f"{bare}_by_{'_'.join(axes)}" if axes else bare


def _cells(dims: Iterable[str]) -> str:
    axes = [dim for dim in dims if dim != "replicate"]
    places = {"region", "district"} & set(axes)
    return f"{'by' if places else 'national, by'} {', '.join(axes)}"


def _attributes(provenance: Mapping[str, Any]) -> dict[str, str]:
    return {
        "title": "kladsim run",
        "Conventions": "CF-1.11",
        "badge": BADGE,
        "use": USE,
        "provenance": json.dumps(plain(provenance), sort_keys=True),
    }


def _write_axis(file: Any, dim: str, names: list[Any]) -> None:
    import h5py

    if dim == "day":
        first = date.fromisoformat(str(names[0]))
        axis = file.create_variable(dim, (dim,), np.int32, data=np.arange(len(names), dtype=np.int32))
        axis.attrs["units"] = f"days since {first.isoformat()}"
        axis.attrs["calendar"] = "proleptic_gregorian"
    elif all(isinstance(name, int) for name in names):
        file.create_variable(dim, (dim,), np.int32, data=np.array(names, dtype=np.int32))
    else:
        data = np.array([str(name) for name in names], dtype=object)
        file.create_variable(dim, (dim,), h5py.string_dtype(), data=data)


def _write_outcome(file: Any, name: str, item: DisclosedArray) -> None:
    options = {"compression": "gzip", "compression_opts": 4, "shuffle": True} if item.values.size else {}
    variable = file.create_variable(name, item.dims, np.float64, data=item.values, **options)
    facts = {"units": item.unit, "long_name": item.doc or item.name, "outcome": item.name, "side": item.side}
    variable.attrs.update({**facts, "cells": _cells(item.dims), "aggregation": item.kind, "badge": BADGE})
    if not name == variable_name(item.name, ("year",)):
        variable.attrs["comment"] = PARTS.format(national=variable_name(item.name, ("year",)))


def read_netcdf(path: Path) -> xr.Dataset:
    """Read ``result.nc`` into memory, arrays under the names of ``variable_name`` whatever version wrote it.

    Raises
    ------
    DamagedFileError : the file is missing or damaged
    """
    import xarray as xr

    try:
        with xr.open_dataset(path, engine="h5netcdf") as file:
            return _renamed(file.load())
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise DamagedFileError(f"{path} is missing or damaged ({error}); run the same command again") from error


def without_empty(data: xr.Dataset) -> xr.Dataset:
    """Leave out arrays in which no cell has a value, so that no sum over them is 0; ``withheld`` names them."""
    empty = [str(name) for name, item in data.data_vars.items() if item.size and not item.notnull().any()]
    return data.drop_vars(empty).assign_attrs({"withheld": ", ".join(empty)} if empty else {})


def _renamed(data: xr.Dataset) -> xr.Dataset:
    """Name the arrays of a file by their outcome and axes; what would be there twice says the same and is left out."""
    made_of = {key: str(data[key].attrs.get("outcome", key)) for key in map(str, data.data_vars)}
    keys = sorted(made_of, key=lambda key: stem_of(made_of[key]) != made_of[key])
    names: dict[str, str] = {}
    for key in keys:
        name = variable_name(made_of[key], map(str, data[key].dims))
        if name not in names.values():
            names[key] = name
    kept = data[list(names)].rename({key: name for key, name in names.items() if key != name})
    for kept_name, item in kept.data_vars.items():
        item.attrs.setdefault("cells", _cells(map(str, item.dims)))
        national = variable_name(str(item.attrs.get("outcome", kept_name)), ("year",))
        if kept_name != national:
            item.attrs.setdefault("comment", PARTS.format(national=national))
    return kept[sorted(map(str, kept.data_vars))]
