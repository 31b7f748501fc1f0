"""Checked observations, and what happened to the rows of a file on the way."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from kladsim.monitor.problems import format_lines


@dataclass(frozen=True)
class Observation:
    """One checked observation.

    Attributes
    ----------
    low, high : the value twice, or the bounds between which a hidden value or one below a limit lies
    guessed : the file's name of a place that was taken for a known one
    """

    line: int
    series: str
    country: str
    place: str
    indicator: str
    unit: str
    freq: str
    step: int
    low: float
    high: float
    reported: str = ""
    source: str = ""
    note: str = ""
    stated: str = ""
    is_date: bool = False
    guessed: str = ""

    @property
    def is_exact(self) -> bool:
        """Whether the value is known, and not only its bounds."""
        return self.low == self.high

    @property
    def bounds(self) -> tuple[float, float]:
        """The bounds of the value, equal ones where it is known."""
        return self.low, self.high

    @property
    def value(self) -> float:
        """The value, NaN where only its bounds are known."""
        return self.low if self.is_exact else math.nan


def format_bounds(low: float, high: float) -> str:
    """Return a value, or the bounds between which it lies, in few signs."""
    if low == high:
        return f"{low:g}"
    return f"{low:g} or more" if math.isinf(high) else f"{low:g} to {high:g}"


@dataclass
class Log:
    """What happened to the rows: repairs, revisions and notes, in words with line numbers.

    ``intervals`` counts those of the kept rows of which only bounds are known, ``left_out`` sums over rows and what a
    recipe leaves out. ``older`` holds the rows that a later report in the same file revises: what was known before it.
    ``changed`` counts values stored before that change, ``replaced`` published ones that the person's own stand in for.
    """

    read: int = 0
    kept: int = 0
    duplicates: int = 0
    revised: int = 0
    missing: int = 0
    left_out: int = 0
    intervals: int = 0
    changed: int = 0
    replaced: int = 0
    said: list[tuple[int | None, str]] = field(default_factory=list)
    older: list[Observation] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """Return how many values were read, and what became of them."""
        names = "read kept duplicates revised missing left_out intervals changed replaced".split()
        return {name: getattr(self, name) for name in names}

    def say(self, line: int | None, text: str) -> None:
        """Add an entry."""
        self.said.append((line, text))

    @property
    def entries(self) -> list[str]:
        """Entries in the order in which they came, the lines of alike ones together."""
        lines: dict[str, list[int]] = {}
        for line, text in self.said:
            lines.setdefault(text, []).extend([line] if line else [])
        return [f"{format_lines(sorted(set(at)))}: {text}" if at else text for text, at in lines.items()]

    @property
    def balanced(self) -> bool:
        """Whether every row that was read is accounted for."""
        return self.read == self.kept + self.duplicates + self.revised + self.missing + self.left_out


def group_by_series(rows: Iterable[Observation]) -> dict[str, list[Observation]]:
    """Return rows by the name of their series."""
    series: dict[str, list[Observation]] = {}
    for row in rows:
        series.setdefault(row.series, []).append(row)
    return series
