"""Cells of a study: one configuration each, in a folder named by its content, with one file a finished replicate."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kladsim.core.errors import StorageError
from kladsim.core.files import plain_disk_errors, read_json, remove, write_json
from kladsim.runs.store import RunStore

FAILED = ".failed.json"
FINISHED = ".npz"


@dataclass(frozen=True)
class Cell:
    """One configuration of a study: a scenario at a point of the design; equal configurations share a key."""

    point: int
    scenario: str
    key: str


@dataclass(frozen=True)
class CellStore(RunStore):
    """The folder of one cell: ``NNNN.npz``, or ``NNNN.failed.json`` with a traceback; nothing else stays."""

    def prepare(self) -> None:
        """Make the folder."""
        with plain_disk_errors(self.path):
            self.path.mkdir(parents=True, exist_ok=True)

    def replicate(self, number: int) -> Path:
        """Where the finished outcomes of a replicate lie."""
        return self.path / f"{number:04d}{FINISHED}"

    def note(self, event: str, **facts: Any) -> None:
        """Say nothing: a study has thousands of replicates, and the files themselves tell what is finished."""

    def note_failure(self, number: int, error: str, trace: str) -> None:
        """Keep the error and traceback of a replicate that failed."""
        write_json(self.path / f"{number:04d}{FAILED}", {"number": number, "error": error, "trace": trace})

    def forget_failure(self, number: int) -> None:
        """Forget that a replicate failed once, now that it is finished."""
        remove(self.path / f"{number:04d}{FAILED}")


@dataclass(frozen=True)
class CellFiles:
    """What lies in the folder of a cell: numbers of finished and of failed replicates."""

    finished: frozenset[int]
    failed: frozenset[int]


def look(runs: Path, keys: Iterable[str]) -> dict[str, CellFiles]:
    """Look into the folders of cells without opening a file (a thousand take some hundredths of a second)."""
    return {key: _found(runs / key) for key in keys}


def _found(folder: Path) -> CellFiles:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries]
    except FileNotFoundError:
        names = []
    finished = {int(n[:-4]) for n in names if n.endswith(FINISHED) and n[:-4].isdigit()}
    failed = {int(n.removesuffix(FAILED)) for n in names if n.endswith(FAILED) and n.removesuffix(FAILED).isdigit()}
    return CellFiles(frozenset(finished), frozenset(failed - finished))


def failure(runs: Path, key: str, number: int) -> dict[str, Any]:
    """The error and traceback of a failed replicate; a record that cannot be read is told as the error."""
    try:
        found = read_json(runs / key / f"{number:04d}{FAILED}")
        return {"error": str(found["error"]), "trace": str(found["trace"])}
    except (StorageError, KeyError) as error:
        return {"error": f"the record of the failure is damaged ({error})", "trace": ""}
