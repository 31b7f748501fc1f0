"""New observations from a person's CSV: checked, repaired where the repair is certain, refused by name where it is not.

Columns (header in any case and order, in English or Russian): ``country`` (ISO 3166-1 code or name), ``place`` (may be
empty: the nation), ``indicator``, ``unit``, ``period`` (see ``dates``), ``value`` (see ``numerals``); optional
``reported`` (the day on which the figure was published: later ones revise earlier ones), ``freq`` (year, quarter,
month, week, day; else told from the period, for dates from their spacing) and ``source``. Every row is either taken,
taken with a repair, revised by a later report, or named in an error: the log accounts for all of them, and all errors
are told at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from kladsim.core.errors import InputError, suggest
from kladsim.monitor import dates, library, numerals, own, reading
from kladsim.monitor.known_values import check_agreement, drop_superseded, log_changes
from kladsim.monitor.names import normalize_name
from kladsim.monitor.periods import begin_of, end_of, step_of, to_period
from kladsim.monitor.plausible import check_scale, note_gaps
from kladsim.monitor.problems import Problems
from kladsim.monitor.reader import IntakeOptions, RowReader
from kladsim.monitor.rows import Log, Observation, group_by_series


def check(
    path: Path,
    *,
    today: date | None = None,
    rename: Mapping[str, str] | None = None,
    new: Sequence[str] = (),
    order: str = "",
    decimal: str = "",
    encoding: str = "",
) -> tuple[list[Observation], Log]:
    """Read and check a file; nothing is stored.

    Parameters
    ----------
    rename : names in the file and the known place each stands for
    new : places that are new indeed although their names are near a known one
    order : "dmy" or "mdy", where dates in digits do not tell
    decimal : "comma" or "point", where numbers do not tell
    encoding : the file's encoding, where the file does not tell

    Raises
    ------
    InputError : naming file, lines and column, with what is allowed; ``FileError`` when there are several kinds
    """
    for option, value, choices in (("--order", order, dates.ORDERS), ("--decimal", decimal, tuple(numerals.MARKS))):
        if value and value not in choices:
            raise InputError("no such choice", where=option, value=value, allowed=", ".join(choices))
    said, now = IntakeOptions(rename or {}, new, order, decimal), today or date.today()
    log, problems = Log(), Problems(path.name)
    table = reading.read_table(path, encoding)
    problems.found += table.problems
    log.read = len(table.rows)
    log.said += table.notes
    _check_choices(table, said)
    reader = RowReader(log, problems, now, said, table)
    rows = [row for line, raw in table.rows if (row := reader.read_row(line, raw)) is not None]
    rows = _unify_units(_assign_steps(rows, log, problems), problems)
    check_agreement(rows, problems)
    rows = _drop_duplicates(rows, log, problems)
    check_scale(rows, log, problems)
    problems.raise_all()
    rows = drop_superseded(rows, log)
    log_changes(rows, log, now)
    note_gaps(rows, log)
    log.kept = len(rows)
    return rows, log


def _check_choices(table: reading.InputTable, said: IntakeOptions) -> None:
    """A name that is renamed or called new must be in the file: else it was mistyped."""
    there = {raw.get(name, "") for _, raw in table.rows for name in ("place", "indicator")}
    for option, names in (("--rename", said.rename), ("--new", said.new)):
        for name in names:
            if name not in there:
                raise InputError("is not in the file", where=option, value=name, suggestion=suggest(name, there))


def _assign_steps(rows: list[Observation], log: Log, problems: Problems) -> list[Observation]:
    """Let the dates of each series be the periods that their spacing, or what is known of the series, tells."""
    found: dict[str, str] = {}
    stated = {row["series"] for row in own.read_newest() if row["stated"]}
    for name, members in group_by_series(rows).items():
        dated_rows = [row for row in members if row.is_date]
        if not dated_rows:
            continue
        beside = {row.freq for row in members if not row.is_date}
        freq = found[name] = _decide_freq(name, dated_rows, beside, name in stated)
        first = dated_rows[0]
        if not freq:
            problems.add(first.line, InputError(
                f"the spacing of the dates of {name} does not tell what periods they stand for", where="period",
                value=to_period(first.step, "day"), allowed="a column freq with day, week, month, quarter or year",
            ))  # fmt: skip
        elif freq != "day":
            what = f"{to_period(first.step, 'day')} is {to_period(step_of(begin_of(first.step, 'day'), freq), freq)}"
            log.say(first.line, f"{name}: its dates are read as {freq}s, as their spacing tells ({what})")
        elif len({row.step for row in dated_rows}) == 1 and name not in library.every():
            log.say(first.line, f"{name}: one date, read as a day; give freq if it stands for a longer period")
    return [
        replace(row, freq=freq, step=step_of(begin_of(row.step, "day"), freq))
        if row.is_date and (freq := found[row.series]) else row
        for row in rows
    ]  # fmt: skip


def _decide_freq(name: str, dated_rows: Sequence[Observation], beside: set[str], stated: bool) -> str:
    days = {row.step for row in dated_rows}
    known = library.every().get(name)
    if known is not None and known.points and known.freq == "day":
        if stated or name in library.published():
            return "day"
        days |= set(known.steps.tolist())
    elif known is not None and known.points:
        beside = {known.freq}
    told = dates.detect_step(sorted(days))
    if len(beside) == 1:
        (freq,) = beside
        return freq if told == freq or all(_is_first_or_last_day(day, freq) for day in days) else "day"
    return told


def _is_first_or_last_day(day: int, freq: str) -> bool:
    """Whether a day is the first or the last of its period."""
    step = step_of(date.fromordinal(day), freq)
    return freq == "week" or date.fromordinal(day) in (begin_of(step, freq), end_of(step, freq))


def _unify_units(rows: list[Observation], problems: Problems) -> list[Observation]:
    """Give all rows of one series the first spelling of their unit; refuse two units or two kinds of period."""
    first: dict[str, Observation] = {}
    for row in rows:
        other = first.setdefault(row.series, row)
        theirs = (("unit", normalize_name(row.unit), normalize_name(other.unit)), ("period", row.freq, other.freq))
        for what, mine, its in theirs:
            if mine != its:
                message = f"{row.series} has another {what} in line {other.line}"
                problems.add(row.line, InputError(message, where=what, value=mine, allowed=its))
    return [replace(row, unit=first[row.series].unit) for row in rows]


def _drop_duplicates(rows: list[Observation], log: Log, problems: Problems) -> list[Observation]:
    kept: dict[tuple[str, str, int], Observation] = {}
    for row in rows:
        key = (row.series, row.freq, row.step)
        other = kept.get(key)
        if other is None:
            kept[key] = row
        elif other.value == row.value and other.reported == row.reported:
            log.duplicates += 1
            log.say(row.line, f"the same as line {other.line}: counted once")
        elif other.reported and row.reported and other.reported != row.reported:
            early, late = sorted((other, row), key=lambda one: one.reported)
            kept[key] = late
            log.older.append(early)
            log.revised += 1
            log.say(late.line, f"revises line {early.line}: {early.value:g} became {late.value:g}")
        else:
            problems.add(row.line, InputError(
                f"two values for {row.series} in {to_period(row.step, row.freq)} (line {other.line}: {other.value:g})",
                value=row.value, allowed="one value a period, or a different `reported` day in each row",
            ))  # fmt: skip
    return sorted(kept.values(), key=lambda row: (row.series, row.step))
