"""Results of fits that outlive a process: a table in the user's cache, by a digest of all that a result rests on.

A result is found again as long as data, settings and code are what they were, and made anew for the series whose data
changed. SQLite keeps the table whole when processes write at once or are killed. Without a folder that can be written
everything is computed.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

FILE = "fits.sqlite"
MAX_ROWS = 100_000
"""Results kept; the oldest go first."""
BATCH = 200
"""Results after which they are written: what a process that is killed loses at most."""
SECONDS = 2.0
"""How long another process that writes is waited for."""


def get_folder() -> Path:
    """Return the folder of the table: $KLADSIM_FITS, else ``fits`` in the user's cache."""
    from platformdirs import user_cache_path

    return Path(os.environ.get("KLADSIM_FITS") or user_cache_path("kladsim") / "fits")


@cache
def _compute_code_digest() -> bytes:
    """A digest of the monitor's code and fits, and of the versions of what they compute with."""
    from importlib.metadata import version

    folder = Path(__file__).parent
    paths = [*sorted(folder.glob("*.py")), folder / "data" / "fitted.json"]
    content = b"".join(path.read_bytes() for path in paths)
    return hashlib.sha256(content + f"{np.__version__} {version('scipy')}".encode()).digest()


def compute_key(*parts: Any) -> str:
    """Return the digest of what a result rests on: arrays by their bytes, all else by its text."""
    digest = hashlib.sha256(_compute_code_digest())
    for part in parts:
        content = part.tobytes() if isinstance(part, np.ndarray) else repr(part).encode()
        digest.update(f"{len(content)}:".encode() + content)
    return digest.hexdigest()[:40]


class FitStore:
    """Results by key; what is new is written when the store is closed."""

    def __init__(self, connection: sqlite3.Connection | None = None) -> None:
        self._connection = connection
        self._fresh: dict[str, Any] = {}
        self.computed = 0

    def remember(self, key: str, compute: Callable[[], Any]) -> Any:
        """Return the result of a key, computed (as what JSON holds) if the store has none."""
        if key in self._fresh:
            return self._fresh[key]
        row = None
        if self._connection is not None:
            with suppress(sqlite3.Error):
                row = self._connection.execute("SELECT result FROM fits WHERE key = ?", (key,)).fetchone()
        if row is not None:
            with suppress(ValueError):
                return json.loads(row[0])
        self.computed += 1
        result = self._fresh[key] = compute()
        if len(self._fresh) >= BATCH:
            self.write()
        return result

    def write(self) -> None:
        """Write what is new in one transaction; a table that cannot be written stays as it is."""
        if self._connection is None or not self._fresh:
            return
        rows = [(key, json.dumps(result)) for key, result in self._fresh.items()]
        with suppress(sqlite3.Error), self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO fits (key, result) VALUES (?, ?)", rows)
            oldest = "(SELECT MAX(rowid) FROM fits) - ?"
            self._connection.execute(f"DELETE FROM fits WHERE rowid <= {oldest}", (MAX_ROWS,))
            self._fresh.clear()


@contextmanager
def open_store() -> Iterator[FitStore]:
    """Open the table of the user's cache; what was computed is written at the end, also after an interruption."""
    connection = _connect(get_folder() / FILE)
    store = FitStore(connection)
    try:
        yield store
    finally:
        store.write()
        if connection is not None:
            connection.close()


def _connect(path: Path) -> sqlite3.Connection | None:
    """Open the table; one that is damaged is begun anew, None where the disk or another process does not allow it."""
    for _ in range(2):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(path, timeout=SECONDS)
            connection.execute("CREATE TABLE IF NOT EXISTS fits (key TEXT UNIQUE, result TEXT)")
            return connection
        except sqlite3.OperationalError:
            return None
        except sqlite3.DatabaseError:
            with suppress(OSError):
                path.unlink()
        except OSError:
            return None
    return None
