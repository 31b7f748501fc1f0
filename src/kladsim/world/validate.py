"""Reading of pack tables with errors that name file, column and row (the header is row 1)."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError, suggest

T = TypeVar("T")


class PackTable:
    """One CSV file of a pack as text, with typed columns that are checked when asked for.

    Parameters
    ----------
    path : the file
    label : how errors name the file (pack folder and file)
    columns : names that the header must hold

    Raises
    ------
    InputError : the file is missing, damaged, or lacks a column
    """

    def __init__(self, path: Path, label: str, columns: Sequence[str]) -> None:
        self.label = label
        header, self._rows = _read_rows(path, label)
        for name in columns:
            if name not in header:
                raise InputError(
                    f"column {name!r} is missing",
                    where=label,
                    allowed=", ".join(columns),
                    suggestion=suggest(name, [h for h in header if h not in columns]),
                )
        for number, row in enumerate(self._rows, start=2):
            if len(row) != len(header):
                raise InputError(
                    f"row {number} has {len(row)} fields, the header {len(header)}: the file is damaged",
                    where=label,
                )
        self._index = {name: i for i, name in enumerate(header)}

    def __len__(self) -> int:
        return len(self._rows)

    def text(self, name: str, choices: Iterable[str] | None = None) -> list[str]:
        """Return a column of text; with ``choices``, any other value is an error with the nearest choice."""
        i = self._index[name]
        values = [row[i] for row in self._rows]
        if choices is not None:
            known = set(choices)
            for row, value in enumerate(values):
                if value not in known:
                    shown = (
                        ", ".join(sorted(known)) if len(known) <= 12 else f"one of {len(known)} known names"
                    )
                    raise self.error(name, row, "unknown name", value, shown, suggest(value, known))
        return values

    def floats(self, name: str, low: float = -math.inf, high: float = math.inf) -> NDArray[np.float64]:
        """Return a column of finite numbers in [low, high]."""
        values = np.array(self._parse(name, float, "a number"), dtype=np.float64)
        bad = ~(np.isfinite(values) & (values >= low) & (values <= high))
        if bad.any():
            row = int(np.argmax(bad))
            what = "value out of range" if math.isfinite(values[row]) else "not a finite number"
            raise self.error(name, row, what, self._rows[row][self._index[name]], f"{low:g} to {high:g}")
        return values

    def ints(self, name: str, low: int = 0, high: int = 2**62) -> list[int]:
        """Return a column of whole numbers in [low, high]."""
        values = self._parse(name, int, "a whole number")
        for row, value in enumerate(values):
            if not low <= value <= high:
                raise self.error(name, row, "value out of range", value, f"{low} to {high}")
        return values

    def dates(self, name: str) -> list[date]:
        """Return a column of ISO dates."""
        return self._parse(name, date.fromisoformat, "a date YYYY-MM-DD")

    def optional_dates(self, name: str) -> list[date | None]:
        """Return a column of ISO dates where an empty field means none."""
        return self._parse(
            name, lambda v: date.fromisoformat(v) if v else None, "a date YYYY-MM-DD or nothing"
        )

    def unique(self, *names: str) -> None:
        """Raise when two rows have the same values in the named columns."""
        seen: dict[tuple[str, ...], int] = {}
        indices = [self._index[name] for name in names]
        for row, fields in enumerate(self._rows):
            key = tuple(fields[i] for i in indices)
            if key in seen:
                message = f"duplicate of row {seen[key] + 2}"
                raise self.error(" + ".join(names), row, message, " + ".join(key))
            seen[key] = row

    def error(
        self,
        column: str,
        row: int,
        message: str,
        value: object = None,
        allowed: str | None = None,
        suggestion: str | None = None,
    ) -> InputError:
        """Build the error for one field; ``row`` counts data rows from 0."""
        return InputError(message, where=self.where(column, row), value=value, allowed=allowed, suggestion=suggestion)

    def where(self, column: str, row: int) -> str:
        """Name one field; ``row`` counts data rows from 0."""
        return f"{self.label}, column {column!r}, row {row + 2}"

    def _parse(self, name: str, parse: Callable[[str], T], what: str) -> list[T]:
        i = self._index[name]
        out: list[T] = []
        for row, fields in enumerate(self._rows):
            try:
                out.append(parse(fields[i]))
            except ValueError:
                raise self.error(name, row, f"not {what}", fields[i]) from None
        return out


def _read_rows(path: Path, label: str) -> tuple[list[str], list[list[str]]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError("the file is missing from the pack", where=label) from None
    except UnicodeDecodeError as problem:
        raise InputError(f"the file is damaged: not UTF-8 at byte {problem.start}", where=label) from None
    except OSError as problem:
        raise InputError(f"the file cannot be read: {problem.strerror}", where=label) from None
    if "\0" in text:
        raise InputError(
            f"the file is damaged: a zero byte in row {text[: text.index(chr(0))].count(chr(10)) + 1}",
            where=label,
        )
    try:
        rows = list(csv.reader(text.splitlines(), strict=True))
    except csv.Error as problem:
        raise InputError(f"the file is damaged: {problem}", where=label) from None
    if len(rows) < 2:
        raise InputError("the file has no data rows", where=label)
    return rows[0], rows[1:]
