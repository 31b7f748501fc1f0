"""A publisher's next edition, taken whole: what it adds, revises and withdraws, with every version kept by its day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from kladsim.core.errors import InputError
from kladsim.monitor import intake, library, own, store
from kladsim.monitor.known_values import KnownValues
from kladsim.monitor.periods import to_period, to_step
from kladsim.monitor.recipes import IntakeOptions
from kladsim.monitor.rows import Log, Observation, format_bounds

ENDINGS = tuple(f".{one}" for one in "csv tsv tab txt xlsx xlsm xls ods json jsonl gz zip".split())
MAX_WITHDRAWN = 0.5  # share of what is stored that an edition may leave out before it is asked about


@dataclass(frozen=True)
class Change:
    """One value that an edition adds, revises or withdraws; ``before`` and ``after`` are values or bounds in words."""

    what: str
    series: str
    period: str
    before: str = ""
    after: str = ""


@dataclass
class Update:
    """What an edition changed, with the log of its reading."""

    file: str
    edition: date
    log: Log
    changes: list[Change] = field(default_factory=list)
    unchanged: int = 0
    last_period: str = ""

    def counts(self) -> dict[str, int]:
        """Return how many values were added, revised, withdrawn and left as they were."""
        names = ("added", "revised", "withdrawn")
        found = {name: sum(change.what == name for change in self.changes) for name in names}
        return {**found, "unchanged": self.unchanged}


def is_table_name(name: str) -> bool:
    """Whether a file's name is that of a table; those that begin with a point or ``~$`` are of other programs."""
    return name.lower().endswith(ENDINGS) and not name.startswith((".", "~$"))


def list_files(path: Path) -> list[Path]:
    """Return the file, or the files of a folder that are tables by their names, in the order of these.

    Raises
    ------
    InputError : there is none
    """
    files = [path]
    if path.is_dir():
        files = sorted(one for one in path.iterdir() if one.is_file() and is_table_name(one.name))
    if not files or not files[0].is_file():
        raise InputError("no such file", where="FILE|FOLDER", value=str(path))
    return files


def update(
    path: Path,
    options: IntakeOptions | None = None,
    *,
    edition: date | None = None,
    today: date | None = None,
    whole: bool = False,
) -> Update:
    """Take an edition: its values become the newest version, and stored ones that it does not have any more go.

    What belongs to the edition is every stored value whose file holds a series of it.

    Parameters
    ----------
    edition : the day of publication, of rows that do not say theirs
    whole : take it even if it leaves out more than half of what is stored

    Raises
    ------
    InputError : the file is not right, or leaves out more than half of what is stored; nothing is stored then
    StorageError : the folder cannot be written, or another process holds it for long
    """
    now = today or date.today()
    day = edition or now
    if day > now:
        raise InputError("the day lies in the future", where="--edition", value=day.isoformat(), allowed=f"to {now}")
    if not store.folder().exists():
        intake.check(path, options, today=now)
    with store.hold():
        rows, log, _ = intake.read_file(path, options, today=now)
        made = Update(path.name, day, log)
        dated = [row if row.reported else replace(row, reported=day.isoformat()) for row in rows]
        fresh = _compare(dated, made)
        gone = _find_withdrawn(dated, made)
        stored = len(gone) + made.unchanged + made.counts()["revised"]
        if not whole and gone and len(gone) > MAX_WITHDRAWN * stored:
            raise InputError(
                f"leaves out {len(gone)} of {stored} stored values", where=path.name,
                allowed="--whole if the publisher withdrew them; `kladsim monitor add` for a file that only goes on",
            )  # fmt: skip
        for change in made.changes:
            log.say(None, f"{change.what}: {change.series} in {change.period}: {change.before} → {change.after}")
        withdrawn = [_withdraw(row, day, now, path.name) for row in gone]
        store.write([*log.older, *fresh], path, log, now, withdrawn=withdrawn)
    library.forget()
    made.last_period = max((to_period(row.step, row.freq) for row in rows), default="")
    return made


def _compare(rows: Sequence[Observation], made: Update) -> list[Observation]:
    """Return the rows that are new or differ from what is known."""
    known, fresh = KnownValues(), []
    for row in rows:
        before = known.of(row)
        if before == row.bounds:
            made.unchanged += 1
            continue
        fresh.append(row)
        what = "added" if before is None else "revised"
        told = "" if before is None else format_bounds(*before)
        period = to_period(row.step, row.freq)
        made.changes.append(Change(what, row.series, period, told, format_bounds(*row.bounds)))
    return fresh


def _find_withdrawn(rows: Sequence[Observation], made: Update) -> list[dict[str, str]]:
    series = {row.series for row in rows}
    there = {(row.series, to_period(row.step, row.freq)) for row in rows}
    stored = [row for row in own.read_newest() if not own.is_withdrawn(row)]
    files = {row["source"] for row in stored if row["series"] in series}
    gone = [row for row in stored if row["source"] in files and (row["series"], row["period"]) not in there]
    for row in gone:
        made.changes.append(Change("withdrawn", row["series"], row["period"], format_bounds(*own.read_bounds(row))))
    return sorted(gone, key=lambda row: (row["series"], to_step(row["period"], row["freq"])))


def _withdraw(row: dict[str, str], day: date, now: date, file: str) -> dict[str, str]:
    blank = dict.fromkeys(("value", "low", "high"), "")
    reported = max(day.isoformat(), row["reported"])
    return {**row, **blank, "reported": reported, "note": own.WITHDRAWN, "source": file, "added": now.isoformat()}
