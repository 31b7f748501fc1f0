"""The run directories below one folder, found without reading all of them for every question."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

from kladsim.core.errors import StorageError
from kladsim.runs.store import STATUS, read_status

SHORT = 8
#: A folder changed this recently may change again within one tick of the disk's clock: it is read once more.
TICK_NS = 50_000_000
#: How long the list of all runs may lag behind where a run lies in a folder that is not named by its key.
LAG_SECONDS = 1.0

Status = dict[str, Any]


class Shelf:
    """Run directories by the beginning of their key; a status file is read again only where it changed.

    Parameters
    ----------
    folder : the folder of run directories; it need not be there yet
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.RLock()
        self._stamp = -1
        self._read_ns = 0
        self._names: list[str] = []
        self._by_end: dict[str, list[str]] = {}
        self._statuses: dict[str, tuple[tuple[int, int, int], Status]] = {}
        self._every: tuple[float, dict[str, Status]] = (-LAG_SECONDS, {})

    def status_in(self, folder: Path) -> Status:
        """What the status file of a run directory says, nothing where there is none."""
        return self._status(str(folder))

    def every(self) -> dict[str, Status]:
        """The status of every run directory by id, with its ``path``."""
        with self._lock:
            self._look()
            root = str(self.folder)
            statuses: dict[str, Status] = {}
            for name in self._names:
                place = os.path.join(root, name)
                status = self._status(place)
                if status:
                    statuses[str(status["key"])[: 2 * SHORT]] = {**status, "path": place}
            self._every = time.monotonic(), statuses
            return statuses

    def find(self, run_id: str) -> Status | None:
        """The status of one run with its ``path``, None where no directory has it."""
        with self._lock:
            self._look()
            for name in self._by_end.get(run_id[:SHORT], ()):
                place = os.path.join(str(self.folder), name)
                status = self._status(place)
                if str(status.get("key", "")).startswith(run_id):
                    return {**status, "path": place}
            # A person may have renamed the directory: the list of all runs has it, a moment later at most.
            when, known = self._every
            return (known if time.monotonic() - when < LAG_SECONDS else self.every()).get(run_id)

    def _look(self) -> None:
        """Read the names again if the folder changed."""
        try:
            stamp = os.stat(self.folder).st_mtime_ns
        except OSError:
            stamp = -1
        if stamp == self._stamp and self._read_ns - stamp > TICK_NS:
            return
        self._stamp, self._read_ns = stamp, time.time_ns()
        try:
            with os.scandir(self.folder) as entries:
                self._names = sorted(entry.name for entry in entries if entry.is_dir() and entry.name[0] != ".")
        except OSError:
            self._names = []
        self._by_end = {}
        for name in self._names:
            self._by_end.setdefault(name[-SHORT:], []).append(name)

    def _status(self, place: str) -> Status:
        path = os.path.join(place, STATUS)
        try:
            seen = os.stat(path)
            # a clock ticks more slowly than files are replaced: the time alone does not tell one from the next
            stamp = (seen.st_mtime_ns, seen.st_size, seen.st_ino)
            known = self._statuses.get(path)
            if known is None or known[0] != stamp:
                known = (stamp, read_status(Path(place)))
                self._statuses[path] = known
            return known[1]
        except (OSError, StorageError):
            return {}
