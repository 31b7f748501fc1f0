"""``result.nc``: all released outcomes of a run with coordinates, units and origin, reproducible."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kladsim.study.files import DamagedFileError, plain, write_bytes
from kladsim.study.gate import BADGE, USE, Released

if TYPE_CHECKING:
    import xarray as xr


def write_netcdf(
    path: Path,
    stacked: Mapping[str, Released],
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
        for key, item in stacked.items():
            _write_outcome(file, key, item)
        file.attrs.update(_attributes(provenance))
    write_bytes(path, content.getvalue())


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


def _write_outcome(file: Any, key: str, item: Released) -> None:
    options = {"compression": "gzip", "compression_opts": 4, "shuffle": True} if item.values.size else {}
    variable = file.create_variable(key, item.dims, np.float64, data=item.values, **options)
    facts = {"units": item.unit, "long_name": item.doc or item.name, "outcome": item.name, "side": item.side}
    variable.attrs.update({**facts, "aggregation": item.kind, "badge": BADGE})


def read_netcdf(path: Path) -> xr.Dataset:
    """Read ``result.nc`` into memory.

    Raises
    ------
    DamagedFileError : the file is missing or damaged
    """
    import xarray as xr

    try:
        with xr.open_dataset(path, engine="h5netcdf") as file:
            return file.load()
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise DamagedFileError(f"{path} is missing or damaged ({error}); run the same command again") from error
