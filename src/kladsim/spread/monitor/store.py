"""A person's own observations: one canonical CSV in a folder, with the log of every repair beside it.

Every published version of a value is kept, so that the watch can say what was known on a day; the last one counts. A
value without a day of publication replaces all versions of its period.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from kladsim.core.errors import StorageError
from kladsim.spread.monitor import intake, library
from kladsim.spread.monitor.periods import to_period

FILE, LOG = library.OWN_FILE, "repairs.log"
COLUMNS = tuple("series country place indicator unit freq period value reported source added".split())


def folder() -> Path:
    """Return the folder of own observations: $KLADSIM_MONITOR, else ``monitor`` below the working directory."""
    return library.own_folder()


def add(
    path: Path, *, today: date | None = None, rename: Mapping[str, str] | None = None, new: Sequence[str] = ()
) -> intake.Log:
    """Check a file and add its observations; a value for a known period revises it, and the log says so.

    Raises
    ------
    InputError : the file is not right (nothing is stored then)
    StorageError : the folder cannot be written
    """
    rows, log = intake.check(path, today=today, rename=rename, new=new)
    known = library.every()
    newest = _without_older(rows, log)
    for row in newest:
        for step, value in _past(row, known):
            if step == row.step and value != row.value:
                period = to_period(row.step, row.freq)
                log.say(row.line, f"{row.series} in {period}: {value:g} revised to {row.value:g}")
    try:
        _write([*log.older, *rows], path, log, today or date.today())
    except OSError as problem:
        raise StorageError(f"{folder()}: {problem}") from None
    library.forget()
    return log


def _without_older(rows: Sequence[intake.Row], log: intake.Log) -> list[intake.Row]:
    """Leave out what was published before the value stored for the same period: it is kept and does not count."""
    stored = {(row["series"], row["period"]): row["reported"] for row in library.own_rows()}
    kept = []
    for row in rows:
        period = to_period(row.step, row.freq)
        later = stored.get((row.series, period), "")
        if row.reported and later > row.reported:
            log.kept, log.revised = log.kept - 1, log.revised + 1
            log.say(row.line, f"{row.series} in {period}: a value published on {later} is stored already and stays")
        else:
            kept.append(row)
    return kept


def _past(row: intake.Row, known: Mapping[str, library.Series]) -> list[tuple[int, float]]:
    one = known.get(row.series)
    return [] if one is None else list(zip(one.steps.tolist(), one.values.tolist(), strict=True))


def _write(rows: Sequence[intake.Row], path: Path, log: intake.Log, today: date) -> None:
    where = folder()
    where.mkdir(parents=True, exist_ok=True)
    anew = {(row.series, to_period(row.step, row.freq)) for row in rows if not row.reported}
    stored = [r for r in library.rows_of(where / FILE) if (r["series"], r["period"]) not in anew]
    old = {(r["series"], r["period"], r["reported"]): r for r in stored}
    for row in rows:
        period = to_period(row.step, row.freq)
        old[row.series, period, row.reported] = {
            "series": row.series,
            "country": row.country,
            "place": row.place,
            "indicator": row.indicator,
            "unit": row.unit,
            "freq": row.freq,
            "period": period,
            "value": repr(float(row.value)),
            "reported": row.reported,
            "source": row.source or path.name,
            "added": today.isoformat(),
        }
    temporary = where / (FILE + ".part")
    with temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(old[key] for key in sorted(old))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(where / FILE)
    with (where / LOG).open("a", encoding="utf-8") as file:
        for entry in log.entries:
            file.write(f"{today.isoformat()} {path.name}: {entry}\n")
