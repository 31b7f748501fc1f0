"""A person's own observations: one canonical CSV in a folder, with the log of every repair beside it.

Every published version of a value is kept, so that the watch can say what was known on a day; the last one counts. A
value without a day of publication replaces all versions of its period. One process adds at a time; others wait.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from kladsim.core.files import TEMPORARY, alone, plain_disk_errors, remove, write_bytes
from kladsim.monitor import intake, library, own
from kladsim.monitor.periods import begin_of, step_of, to_period, to_step
from kladsim.monitor.recipes import IntakeOptions
from kladsim.monitor.rows import Log, Observation

FILE, LOG, COLUMNS = own.FILE, own.LOG, own.COLUMNS
WAITING = ".log-of-"  # entries of an addition that is being made, by the digest of the file that it makes


def folder() -> Path:
    """Return the folder of own observations: $KLADSIM_MONITOR, else ``monitor`` below the working directory."""
    return own.get_folder()


def add(path: Path, options: IntakeOptions | None = None, *, today: date | None = None) -> Log:
    """Check a file and add its observations; a value for a known period revises it, and the log says so.

    Raises
    ------
    InputError : the file is not right (nothing is stored then)
    StorageError : the folder cannot be written, or another process holds it for long
    """
    if not folder().exists():
        intake.check(path, options, today=today)  # a file that is not right leaves nothing behind, not even a folder
    with hold():
        rows, log = intake.check(path, options, today=today)
        write([*log.older, *rows], path, log, today or date.today())
    library.forget()
    return log


@contextmanager
def hold() -> Iterator[None]:
    """Hold the store alone, with what other processes stored read anew."""
    with alone(folder() / FILE, "observations", advice="; set KLADSIM_MONITOR to a folder that can be written"):
        library.forget()
        _settle()
        yield


def write(
    rows: Sequence[Observation], path: Path, log: Log, today: date, *, withdrawn: Sequence[dict[str, str]] = ()
) -> None:  # fmt: skip
    """Write the store anew with the rows in it, and the entries of the log after it: both, or neither if killed.

    Parameters
    ----------
    withdrawn : versions without a value, of periods that the publisher has no more
    """
    anew = {(row.series, to_period(row.step, row.freq)) for row in rows if not row.reported}
    freqs = {row.series: row.freq for row in rows}
    stored = [_convert_step(row, freqs.get(row["series"], row["freq"])) for row in own.read_versions()]
    old = {(r["series"], r["period"], r["reported"]): r for r in stored if (r["series"], r["period"]) not in anew}
    for row in rows:
        period = to_period(row.step, row.freq)
        old[row.series, period, row.reported] = {
            **{name: getattr(row, name) for name in COLUMNS if hasattr(row, name)},
            **{"period": period, **_format_bounds(row)},
            **{"source": row.source or path.name, "added": today.isoformat()},
        }
    old |= {(row["series"], row["period"], row["reported"]): row for row in withdrawn}
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(old[key] for key in sorted(old))
    content = text.getvalue().encode()
    entries = "".join(f"{today.isoformat()} {path.name}: {entry}\n" for entry in log.entries)
    write_bytes(folder() / f"{WAITING}{_compute_digest(content)}", entries.encode())
    write_bytes(folder() / FILE, content)
    _settle()


def _format_bounds(row: Observation) -> dict[str, str]:
    if row.is_exact:
        return {"value": repr(float(row.low)), "low": "", "high": ""}
    return {"value": "", "low": repr(float(row.low)), "high": repr(float(row.high))}


def _settle() -> None:
    """Put entries that wait into the log if what they tell of was written, and drop them else.

    The caller holds the lock, so that whatever else is half written was left by a process that was killed.
    """
    for leftover in folder().glob(f"{TEMPORARY}*"):
        remove(leftover)
    for waiting in folder().glob(f"{WAITING}*"):
        with plain_disk_errors(folder()):
            made = (folder() / FILE).read_bytes() if (folder() / FILE).exists() else b""
            known = (folder() / LOG).read_bytes() if (folder() / LOG).exists() else b""
            entries = waiting.read_bytes()
        if waiting.name == f"{WAITING}{_compute_digest(made)}" and not (entries and known.endswith(entries)):
            write_bytes(folder() / LOG, known + entries)
        remove(waiting)


def _compute_digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def _convert_step(row: dict[str, str], freq: str) -> dict[str, str]:
    """A stored row by another kind of period, if it was stored as a day."""
    if row["freq"] != "day" or freq == "day":
        return row
    day = begin_of(to_step(row["period"], "day"), "day")
    return {**row, "freq": freq, "period": to_period(step_of(day, freq), freq)}
