"""Pasts that runs share, kept as the raw synthetic state of one morning, in the cache of states (``states``).

A past is named by all that decides it: engine, its code, country pack, replicate, and the configuration up to that
morning. Whoever needs the same past begins there; without it the run begins on the first day, to the same bits.
``KLADSIM_STATES`` moves the folder; the states used longest ago go when it grows beyond ``MOST_BYTES``.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kladsim.core.errors import StorageError
from kladsim.core.files import remove, sha256_of
from kladsim.model.config import RunConfig, to_plain
from kladsim.runs.engine import Engine
from kladsim.runs.pasts import past_of, turns
from kladsim.runs.provenance import pack_digest
from kladsim.runs.states import ENDING, folder
from kladsim.runs.store import save_state

MOST_BYTES = 4_000_000_000
MOST_OF_FREE = 0.2
_THIS_PROCESS = secrets.token_hex(8)


@dataclass(frozen=True)
class Past:
    """A kept morning: its file, its day (from 0), and the seconds that it took to compute."""

    path: Path
    day: int
    seconds: float


def _key(engine: Engine, pack: Any, config: RunConfig, number: int, day: int) -> str:
    # The code counts, not the version alone: a modeller's change must not begin from another model's past.
    code = engine.code() if engine.code is not None else _THIS_PROCESS
    content = [engine.version, code, pack_digest(pack), to_plain(past_of(config, day)), number]
    return sha256_of(content)[:32]


def latest(engine: Engine, pack: Any, config: RunConfig, number: int) -> Past | None:
    """Return the latest kept morning that belongs to a replicate of this configuration."""
    high = config.n_days - 1
    days = turns(config)
    for low, last in reversed(list(zip([0, *days], days, strict=False))):
        found = [past for past in _kept(_key(engine, pack, config, number, last)) if low < past.day <= min(last, high)]
        if found:
            return max(found, key=lambda past: past.day)
    return None


def _kept(key: str) -> list[Past]:
    found = []
    for path in folder().glob(f"{key}-*{ENDING}"):
        day, _, milliseconds = path.name.removesuffix(ENDING).removeprefix(f"{key}-").partition("-")
        if day.isdigit() and milliseconds.isdigit():
            found.append(Past(path, int(day), int(milliseconds) / 1000))
    return found


def keep(
    engine: Engine, pack: Any, config: RunConfig, number: int, day: int, seconds: float, save: Callable[[Path], object]
) -> None:
    """Keep the state of a morning unless it is there; a full disk costs only the time that it would have saved."""
    key = _key(engine, pack, config, number, day)
    if any(past.day == day for past in _kept(key)):
        return
    path = folder() / f"{key}-{day}-{round(seconds * 1000)}{ENDING}"
    with suppress(StorageError, OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        save_state(path, save)


def use(past: Past) -> None:
    """Note that a past was of use, so that it goes later than others."""
    with suppress(OSError):
        past.path.touch()


def forget(engine: Engine, pack: Any, config: RunConfig, number: int, days: Iterable[int]) -> None:
    """Remove the mornings of a configuration that nobody will ask for again."""
    for day in days:
        for past in _kept(_key(engine, pack, config, number, day)):
            if past.day == day:
                with suppress(OSError):
                    remove(past.path)


def trim() -> None:
    """Remove the pasts used longest ago until the others fit."""
    with suppress(OSError):
        files = sorted(((p.stat().st_mtime, p.stat().st_size, p) for p in folder().rglob(f"*{ENDING}")), reverse=True)
        room = min(MOST_BYTES, MOST_OF_FREE * (shutil.disk_usage(folder()).free + sum(size for _, size, _ in files)))
        for _, size, path in files:
            room -= size
            if room < 0:
                remove(path)
