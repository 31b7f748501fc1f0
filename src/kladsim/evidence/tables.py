"""Reading of the evidence tables: small CSV files next to this module, checked cell by cell."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from kladsim.core.errors import InputError

DATA = Path(__file__).parent / "data"
_ID_OR_RANGE = re.compile(r"\b([A-Z]{1,2})([0-9]+)(?:\s*[-–]\s*\1([0-9]+))?\b")


class EvidenceRow:
    """One line of a table that knows its file and line, so that an error can name the cell."""

    __slots__ = ("_cells", "where")

    def __init__(self, cells: dict[str, str], where: str) -> None:
        self._cells = cells
        self.where = where

    def text(self, column: str) -> str:
        """Return the cell as text; empty is allowed."""
        return self._cells[column]

    def required(self, column: str) -> str:
        """Return the cell as text; raise InputError when it is empty."""
        cell = self._cells[column]
        if not cell:
            raise InputError("empty cell", where=f"{self.where}, column {column}")
        return cell

    def choice(self, column: str, allowed: Iterable[str]) -> str:
        """Return the cell; raise InputError unless it is one of ``allowed``."""
        cell = self._cells[column]
        if cell not in allowed:
            raise InputError(
                "unknown value",
                where=f"{self.where}, column {column}",
                value=cell,
                allowed=", ".join(allowed),
            )
        return cell

    def number(self, column: str) -> float | None:
        """Return the cell as a finite number, None when it is empty; raise InputError otherwise."""
        cell = self._cells[column]
        if not cell:
            return None
        number = to_number(cell)
        if number is None:
            raise InputError("not a number", where=f"{self.where}, column {column}", value=cell)
        return number

    def names(self, column: str) -> tuple[str, ...]:
        """Return the words of the cell."""
        return tuple(self._cells[column].split())


def to_number(text: str) -> float | None:
    """Return the finite number that ``text`` is, or None when it is words, a range or a list."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def rows(file: str, columns: tuple[str, ...], folder: Path = DATA) -> Iterator[EvidenceRow]:
    """Yield the rows of a table; raise InputError naming file and line for a damaged one."""
    lines = _lines(folder / file)
    _, header = next(lines, (1, []))
    missing = [column for column in columns if column not in header]
    if missing:
        raise InputError("missing column", where=file, value=missing[0], allowed=", ".join(columns))
    for line, cells in lines:
        where = f"{file}, line {line}"
        if len(cells) != len(header):
            raise InputError(f"{len(cells)} cells, expected {len(header)}", where=where)
        yield EvidenceRow(dict(zip(header, cells, strict=True)), where)


def first_column(file: str, folder: Path = DATA) -> Iterator[str]:
    """Yield the first cell of each row (the id), without reading the rest into anything."""
    lines = _lines(folder / file)
    next(lines, None)
    return (cells[0] for _, cells in lines if cells)


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            for cells in reader:
                yield reader.line_num, cells
    except OSError as error:
        raise InputError(f"evidence table cannot be read ({error.strerror})", where=str(path)) from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"damaged evidence table ({error})", where=str(path)) from error


def expand_ids(text: str) -> tuple[str, ...]:
    """Return all evidence ids in ``text``, ranges such as ``E134-E139`` written out."""
    found: list[str] = []
    for letters, first, last in _ID_OR_RANGE.findall(text):
        width = len(first)
        found += [f"{letters}{n:0{width}d}" for n in range(int(first), int(last or first) + 1)]
    return tuple(found)
