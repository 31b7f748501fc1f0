"""Finished replicates as open npz files (no pickle): released arrays and a JSON record of their origin."""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from kladsim.core.errors import StorageError
from kladsim.core.files import DamagedFileError, plain, write_atomically
from kladsim.runs.disclosure import DisclosedArray

META = "__meta__"
_DAMAGE = (
    OSError, EOFError, KeyError, IndexError, TypeError, ValueError, NotImplementedError, RuntimeError,
    zipfile.BadZipFile, zlib.error, struct.error,
)  # fmt: skip
"""What NumPy, zipfile and zlib raise at an archive that is cut, empty or overwritten."""


@dataclass(frozen=True)
class Replicate:
    """One finished replicate: its released outcomes, digest and costs."""

    number: int
    digest: str
    outcomes: dict[str, DisclosedArray]
    persons: int = 0
    days: int = 0
    wall_s: float = 0.0
    peak_bytes: int = 0
    labels: dict[str, list[Any]] = field(default_factory=dict)
    capped: dict[str, list[Any]] = field(default_factory=dict)
    """Of each process whose hazard exceeded its bound: the day of the largest, and this as a multiple of the bound."""


def write_replicate(path: Path, replicate: Replicate) -> None:
    """Write a replicate atomically."""
    arrays = {key: item.values for key, item in replicate.outcomes.items()}
    meta = json.dumps(plain(_meta(replicate)), ensure_ascii=True)

    def save(temporary: Path) -> None:
        with temporary.open("wb") as handle:
            np.savez_compressed(handle, allow_pickle=False, **{META: np.array(meta)}, **arrays)

    write_atomically(path, save)


def _meta(replicate: Replicate) -> dict[str, Any]:
    meta = {k: v for k, v in vars(replicate).items() if k != "outcomes"}
    meta["outcomes"] = {
        key: {k: v for k, v in vars(item).items() if k != "values"} for key, item in replicate.outcomes.items()
    }
    return meta


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Open a finished replicate: its arrays by key, and its JSON record; ``StorageError`` if that fails."""
    try:
        with np.load(path, allow_pickle=False) as file:
            yield file, json.loads(str(file[META]))
    except _DAMAGE as error:
        raise DamagedFileError(f"{path} is missing or damaged ({error}); run the same command again") from error


def read_replicate(path: Path) -> Replicate:
    """Read a finished replicate.

    Raises
    ------
    StorageError : the file is missing or damaged
    """
    with _opened(path) as (file, meta):
        outcomes = {key: _released(item, file[key]) for key, item in meta.pop("outcomes").items()}
    return Replicate(outcomes=outcomes, **meta)


def declared(path: Path) -> dict[str, dict[str, Any]]:
    """What the arrays of a finished replicate are, by key, without reading them.

    Raises
    ------
    StorageError : the file is missing or damaged
    """
    with _opened(path) as (_, meta):
        return dict(meta["outcomes"])


def _released(meta: dict[str, Any], values: np.ndarray[Any, Any]) -> DisclosedArray:
    fields = dict(meta)
    fields["dims"] = tuple(fields["dims"])
    return DisclosedArray(values=values, **fields)


def readable(path: Path) -> bool:
    """Whether a whole replicate lies there (all of it is read)."""
    try:
        read_replicate(path)
    except StorageError:
        return False
    return True


def looks_whole(path: Path) -> bool:
    """Whether the file ends as a finished replicate does: tells a cut or emptied one without reading its arrays."""
    try:
        return zipfile.is_zipfile(path)
    except OSError:
        return False


def stack(replicates: Sequence[Replicate]) -> dict[str, DisclosedArray]:
    """Join the outcomes of replicates along a first axis ``replicate``."""
    joined = {}
    for key, first in replicates[0].outcomes.items():
        values = np.stack([item.outcomes[key].values for item in replicates])
        fields = {**vars(first), "values": values, "dims": ("replicate", *first.dims)}
        joined[key] = DisclosedArray(**fields)
    return joined


def national_years(path: Path) -> tuple[dict[str, Any], list[int], list[tuple[dict[str, Any], np.ndarray[Any, Any]]]]:
    """Read a replicate's facts, years and national yearly series; finer arrays are left alone.

    Raises
    ------
    StorageError : the file is missing or damaged
    """
    with _opened(path) as (file, facts):
        items = [(item, file[key]) for key, item in facts.pop("outcomes").items() if item["dims"] == ["year"]]
    return facts, [int(year) for year in facts["labels"].get("year", [])], items
