"""New observations from a person's file: checked, repaired where the repair is certain, else refused by name.

A file is any table that ``reading`` turns into rows: ``country`` (ISO 3166-1 code or name), ``place`` (may be empty: a
nation), ``indicator``, ``unit``, ``period`` (see ``dates``), ``value`` (see ``numerals``); optional ``reported`` (the
day on which the figure was published: later ones revise earlier ones), ``freq`` and ``source``. Every value is either
taken, taken with a repair, kept as an interval, revised by a later report, left out by name, or named in an error: the
log accounts for all of them, and all errors and questions are told at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from kladsim.core.errors import InputError, suggest
from kladsim.monitor import dates, library, own, reading
from kladsim.monitor.known_values import check_agreement, drop_superseded, log_changes
from kladsim.monitor.names import normalize_name
from kladsim.monitor.periods import begin_of, end_of, step_of, to_period
from kladsim.monitor.plausible import check_scale, note_gaps
from kladsim.monitor.problems import Problems
from kladsim.monitor.questions import OpenQuestionError, Question
from kladsim.monitor.reader import RowReader
from kladsim.monitor.recipes import IntakeOptions
from kladsim.monitor.rows import Log, Observation, format_bounds, group_by_series


def check(
    path: Path, options: IntakeOptions | None = None, *, today: date | None = None
) -> tuple[list[Observation], Log]:  # fmt: skip
    """Read and check a file; nothing is stored.

    Raises
    ------
    InputError : naming file, lines and column, with what is allowed; ``FileError`` when there are several kinds
    """
    rows, log, _ = read_file(path, options, today=today)
    return rows, log


def read_file(
    path: Path, options: IntakeOptions | None = None, *, today: date | None = None
) -> tuple[list[Observation], Log, reading.InputTable]:  # fmt: skip
    """Read and check a file, and return how it was read beside its observations and their log.

    Raises
    ------
    InputError : as ``check`` does
    """
    now = today or date.today()
    log, problems = Log(), Problems(path.name)
    table = reading.read_table(path, options or IntakeOptions())
    problems.found += table.problems
    log.read, log.left_out = len(table.rows) + table.left_out, table.left_out
    log.said += table.notes
    _check_choices(table)
    reader = RowReader(log, problems, now, table)
    rows = [row for line, raw in table.rows if (row := reader.read_row(line, raw)) is not None]
    rows = _unify_units(_assign_steps(rows, log, problems), problems)
    check_agreement(rows, problems)
    rows = _drop_duplicates(rows, log, problems, table)
    check_scale(rows, log, problems)
    problems.raise_all()
    rows = drop_superseded(rows, log)
    log_changes(rows, log, now)
    note_gaps(rows, log)
    log.kept, log.intervals = len(rows), sum(not row.is_exact for row in rows)
    return rows, log, table


def _check_choices(table: reading.InputTable) -> None:
    """A name that is renamed or called new must be in the file: else it was mistyped."""
    said = table.options
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


def _drop_duplicates(
    rows: list[Observation], log: Log, problems: Problems, table: reading.InputTable
) -> list[Observation]:  # fmt: skip
    """Count what is there twice once; refuse two values of one period, asking for the column that tells them apart."""
    if table.options.combine:
        return _combine(rows, log, table.options.combine)
    kept: dict[tuple[str, str, int], Observation] = {}
    for row in rows:
        key = (row.series, row.freq, row.step)
        other = kept.get(key)
        if other is None:
            kept[key] = row
        elif other.bounds == row.bounds and other.reported == row.reported:
            log.duplicates += 1
            log.say(row.line, f"the same as line {other.line}: counted once")
        elif other.reported and row.reported and other.reported != row.reported:
            early, late = sorted((other, row), key=lambda one: one.reported)
            kept[key] = late
            log.older.append(early)
            log.revised += 1
            log.say(late.line, f"revises line {early.line}: {_bounds_of(early)} became {_bounds_of(late)}")
        else:
            period, there = to_period(row.step, row.freq), _bounds_of(other)
            what = f"two values for {row.series} in {period} (line {other.line}: {there})"
            problems.add(row.line, _ask_what_differs(what, row, other, table))
    return sorted(kept.values(), key=lambda row: (row.series, row.step))


def _combine(rows: list[Observation], log: Log, how: str) -> list[Observation]:
    """Make one value of those of one period, published on the same day, by adding or averaging their bounds."""
    groups: dict[tuple[str, str, int, str], list[Observation]] = {}
    for row in rows:
        groups.setdefault((row.series, row.freq, row.step, row.reported), []).append(row)
    combined = []
    for members in groups.values():
        first = members[0]
        if len(members) > 1:
            log.duplicates += len(members) - 1
            told = ", ".join(map(_bounds_of, members[:6]))
            period = to_period(first.step, first.freq)
            log.say(first.line, f"{first.series} in {period}: the {how} of {len(members)} values ({told})")
        chosen = {"first": members[:1], "last": members[-1:]}.get(how, members)
        by = len(chosen) if how == "mean" else 1
        low, high = sum(row.low for row in chosen) / by, sum(row.high for row in chosen) / by
        combined.append(replace(first, low=low, high=high))
    return sorted(combined, key=lambda row: (row.series, row.step))


def _bounds_of(row: Observation) -> str:
    return format_bounds(*row.bounds)


def _ask_what_differs(what: str, row: Observation, other: Observation, table: reading.InputTable) -> InputError:
    mine, its = table.extras.get(row.line, {}), table.extras.get(other.line, {})
    differ = tuple(name for name in mine if mine[name] != its.get(name, ""))
    allowed = "one value a period, or a different `reported` day in each row"
    if not differ:
        return InputError(what, value=_bounds_of(row), allowed=allowed)
    text = f"{what}: does the column {differ[0]!r} tell them apart?"
    return OpenQuestionError(Question("indicator", text, f"--map '{differ[0]}=indicator_part'", (), differ))
