"""Detectors by name, and their judgement of a table of counts (columns series, period, value) that a file holds.

The kind of period is recognised from the data: years, quarters, months and ISO weeks by how they are written, dates by
how far they lie apart. A count may be known as an interval ("<5", "1-4"); it is judged by its lower end.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError, unknown_name
from kladsim.monitor import charts
from kladsim.monitor.dates import Period, detect_step, read_period
from kladsim.monitor.farrington import FarringtonFlexible
from kladsim.monitor.joint import JointRiseTable
from kladsim.monitor.judgement import CountTable, Judgement, TableDetector
from kladsim.monitor.numerals import read_number
from kladsim.monitor.periods import begin_of, end_of, step_of
from kladsim.monitor.sheets import open_sheets
from kladsim.monitor.surge import Surge

Array = NDArray[np.float64]
KNOWN = (Surge, FarringtonFlexible, charts.EarsC1, charts.EarsC2, charts.EarsC3, charts.CusumChart, JointRiseTable)
DETECTORS: dict[str, Callable[..., TableDetector]] = {one.name: one for one in KNOWN}
COLUMNS = ("series", "period", "value")
MAX_ERRORS = 20
LAST_WEEK = 53


@dataclass(frozen=True, eq=False)
class CountFile:
    """A table of counts with the names, periods and values as the file writes them."""

    table: CountTable
    series: tuple[str, ...]
    periods: tuple[str, ...]
    steps: NDArray[np.int64]
    texts: dict[tuple[int, int], str]


def read_counts(path: Path) -> CountFile:
    """Read a table of counts.

    Raises
    ------
    InputError : the file has no such columns, or cells that are no period or no count (all of them, by line)
    """
    rows = [(line, cells[0], cells[1], cells[2]) for line, cells in read_rows_of(path)]
    periods = read_periods([(line, period) for line, _, period, _ in rows])
    freq, steps = recognise_periods(periods)
    steps_of = dict(zip(periods, steps, strict=True))
    names = list(dict.fromkeys(row[1] for row in rows))
    every = _list_steps(freq, steps, periods)
    column = {step: number for number, step in enumerate(every)}
    row_of = {name: number for number, name in enumerate(names)}
    low = np.full((len(names), len(every)), np.nan)
    high = low.copy()
    texts: dict[tuple[int, int], str] = {}
    problems = []
    for line, name, period, value in rows:
        at = row_of[name], column[steps_of[period]]
        if at in texts:
            problems.append(f"line {line}: {name!r} has a value for {period} already")
        texts[at] = value
        try:
            low[at], high[at] = read_count(value)
        except ValueError:
            problems.append(f"line {line}: {value!r} is no count")
    if problems:
        raise InputError(_list_problems(problems), where=str(path), allowed="a number 0 or more, <N, N-M, or empty")
    labels = {step: period for period, step in steps_of.items()}
    kept = tuple(labels.get(step, "") for step in every)
    highest = high if bool(np.any(high > low)) else None
    table = CountTable(low, freq, every[0] if every else 0, highest)
    return CountFile(table, tuple(names), kept, np.array(every, dtype=np.int64), texts)


def read_rows_of(path: Path, columns: Sequence[str] = COLUMNS) -> list[tuple[int, list[str]]]:
    """Return line and cells of the named columns of every row that is not empty (the first column may be absent).

    Raises
    ------
    InputError : no such file, no table, no such column, no rows
    """
    if not path.is_file():
        raise InputError("no such file", where="FILE", value=str(path))
    stripped = ((line, [cell.strip() for cell in cells]) for line, cells in open_sheets(path)[0].lines)
    lines = [(line, cells) for line, cells in stripped if any(cells)]
    header = [cell.casefold() for cell in lines[0][1]] if lines else []
    missing = [name for name in columns[1:] if name not in header]
    if missing:
        found = ", ".join(header) or "none"
        raise InputError(f"no column {missing[0]!r}", where=str(path), value=found, allowed=", ".join(columns))
    at = [header.index(name) if name in header else None for name in columns]
    if len(lines) == 1:
        raise InputError("no rows", where=str(path))
    return [
        (line, [cells[place] if place is not None and place < len(cells) else "" for place in at])
        for line, cells in lines[1:]
    ]


def read_periods(rows: Sequence[tuple[int, str]]) -> dict[str, Period]:
    """Return the periods that texts, given with their lines, mean.

    Raises
    ------
    InputError : texts that are no period (all of them, by line)
    """
    lines = {period: line for line, period in reversed(rows)}
    known: dict[str, Period] = {}
    problems = []
    for period, line in sorted(lines.items(), key=lambda item: item[1]):
        try:
            known[period] = read_period(period)
        except ValueError as error:
            problems.append(f"line {line}: {period!r}: {error}")
    if problems:
        raise InputError(
            _list_problems(problems), where="period", allowed="2023, 2023-Q2, 2023-04, 2023-W16, 2023-04-17"
        )
    return known


def recognise_periods(periods: dict[str, Period]) -> tuple[str, list[int]]:
    """Return the kind of period of a table and the step of each of its periods."""
    kinds = {one.freq for one in periods.values()}
    if len(kinds) > 1:
        raise InputError("periods of several kinds", where="period", value=", ".join(sorted(kinds)), allowed="one kind")
    freq = kinds.pop()
    steps = [one.step for one in periods.values()]
    if freq == "day":
        freq = detect_step(sorted(set(steps))) or "day"
        steps = [step_of(begin_of(step, "day"), freq) for step in steps] if freq != "day" else steps
    return freq, steps


def _list_steps(freq: str, steps: Sequence[int], periods: dict[str, Period]) -> list[int]:
    """Return every step from the first to the last; without each week 53 where the file has no such week."""
    every = range(min(steps), max(steps) + 1)
    known = set(steps)
    if freq == "week" and not any(one.is_date for one in periods.values()):
        last = {step for step in every if begin_of(step, "week").isocalendar().week == LAST_WEEK}
        if not last & known:
            return [step for step in every if step not in last]
    return list(every)


def read_count(text: str) -> tuple[float, float]:
    """Return the lower and upper end of a count, NaN where none is known.

    Raises
    ------
    ValueError : the text is no count
    """
    value = read_number(text, ".")
    if value.low is None or value.high is None or math.isinf(value.high):
        return math.nan, math.nan
    is_below = value.low < value.high and text.lstrip().startswith("<") and not text.lstrip().startswith("<=")
    return value.low, max(0.0, value.high - is_below)


def _list_problems(problems: Sequence[str]) -> str:
    more = f"; and {len(problems) - MAX_ERRORS} more" if len(problems) > MAX_ERRORS else ""
    return "; ".join(problems[:MAX_ERRORS]) + more


def build_detector(name: str, settings: dict[str, str]) -> TableDetector:
    """Return a detector with settings as text.

    Raises
    ------
    InputError : no such detector, no such setting, or a value that is none
    """
    from pydantic import TypeAdapter, ValidationError

    if name not in DETECTORS:
        raise unknown_name("detector", name, DETECTORS, where="--detector")
    make = DETECTORS[name]
    hints = get_type_hints(make)
    known = {one.name: hints[one.name] for one in fields(make)}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for key, text in settings.items():
        if key not in known:
            raise unknown_name("setting", key, known, where="--set")
        try:
            values[key] = _read_setting(key, text, TypeAdapter(known[key]))
        except ValidationError as error:
            raise InputError(error.errors()[0]["msg"], where=f"--set {key}", value=text) from None
    return make(**values)


def _read_setting(key: str, text: str, kind: Any) -> Any:
    if key == "interventions":
        return tuple(text.split(","))
    return kind.validate_python(None if text.casefold() == "none" else text)


def detect(file: CountFile, detector: TableDetector, start: str = "") -> dict[str, Any]:
    """Return the judgement of every series and period from ``start`` on (a period or date; "": all periods).

    Returns
    -------
    ``detector``, ``settings`` and ``rows`` with series, period, value, expected, upper, score, alarm: null where
    nothing can be said.
    """
    first = _find_start(file, start)
    columns = range(first, len(file.periods))
    detector = detector.for_period(file.table.freq)
    judgement = detector.judge(file.table, columns)
    rows: list[dict[str, Any]] = []
    numbers = [
        np.where(np.isfinite(part), part, np.nan).tolist()
        for part in (judgement.expected, judgement.upper, judgement.score)
    ]
    judged = _can_judge(file, judgement, columns)
    for i, name in enumerate(file.series):
        for j, column in enumerate(columns):
            if not file.periods[column]:
                continue
            expected, upper, score = (_null(part[i][j]) for part in numbers)
            rows.append(
                {
                    "series": name,
                    "period": file.periods[column],
                    "value": _value(file, i, column),
                    "expected": expected,
                    "upper": upper,
                    "score": score,
                    "alarm": bool(judgement.alarm[i, j]) if judged[i, j] else None,
                }
            )
    return {"detector": detector.name, "settings": asdict(detector), "rows": rows}  # type: ignore[call-overload]


def _can_judge(file: CountFile, judgement: Judgement, columns: range) -> NDArray[np.bool_]:
    values = file.table.counts[:, columns.start : columns.stop]
    return np.isfinite(values) & np.isfinite(judgement.score)


def _null(number: float) -> float | None:
    return number if number == number else None


def _value(file: CountFile, row: int, column: int) -> float | int | str | None:
    text = file.texts.get((row, column), "")
    low = float(file.table.counts[row, column])
    if not np.isfinite(low):
        return None
    if file.table.highest is not None and file.table.highest[row, column] > low:
        return text
    return int(low) if low.is_integer() else low


def _find_start(file: CountFile, start: str) -> int:
    """Return the column of the period that holds ``start``, or of the first one after it."""
    if not start:
        return 0
    try:
        wanted = read_period(start)
    except ValueError as error:
        raise InputError(str(error), where="--from", value=start, allowed="a date or a period of the file") from None
    day = begin_of(wanted.step, wanted.freq)
    later = [number for number, step in enumerate(file.steps) if end_of(int(step), file.table.freq) >= day]
    if not later:
        raise InputError("after the last period", where="--from", value=start, allowed=f"to {file.periods[-1]}")
    return later[0]
