"""The evidence itself: claims, published figures, targets, patterns and published results."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from kladsim.core.errors import InputError
from kladsim.evidence.tables import EvidenceRow, expand_ids, rows, to_number

CLAIM_TYPES = ("mechanism", "pattern", "quantity", "recommendation")
DOCUMENTS = {
    "announcement": "announcement of the GI-TOC report of 13 November 2024 (not the report itself)",
    "article": "press article on the same trade, a rewrite of another",
    "thread": "thread that summarises the report",
}
EVIDENCE_FILES = ("claims.csv", "figures.csv", "targets.csv", "patterns.csv", "published.csv")
SCOPES = ("in", "context", "out")
GRADES = ("A", "B", "C", "D")
_Entry = TypeVar("_Entry", "Claim", "Figure", "Published")


@dataclass(frozen=True)
class Claim:
    """One claim of a source document and the mechanisms that carry it."""

    id: str
    document: str
    type: str
    scope: str
    text: str
    actors: str
    implied_mechanism: str
    implied_observable: str
    mechanisms: tuple[str, ...]
    brief_mechanisms: tuple[str, ...]


@dataclass(frozen=True)
class Figure:
    """One published figure with its source and grade; ``value`` stays as printed, ``number`` parses it."""

    id: str
    group: str
    text: str
    value: str
    low: float | None
    high: float | None
    unit: str
    period_start: str
    period_end: str
    place: str
    grade: str
    source: str
    url: str
    note: str
    mechanisms: tuple[str, ...]

    @property
    def number(self) -> float | None:
        """The value as a number, None when the source gives words or a list."""
        return to_number(self.value)

    @property
    def standing(self) -> str:
        """How far the number was checked: seen, recalled, derived or gap."""
        if "GAP" in self.note:
            return "gap"
        head = self.note.split(":", 1)[0].split(" ", 1)[0]
        return head if head in ("seen", "recalled", "derived") else "seen"


@dataclass(frozen=True)
class Band:
    """One measurable part of a target or pattern; an open end or an unstated value is None."""

    part: str
    value: float | None
    low: float | None
    high: float | None
    unit: str
    kind: str

    def holds(self, number: float) -> bool | None:
        """Return whether ``number`` lies in the band, None when the band has no bound at all."""
        if self.low is None and self.high is None:
            return None
        return (self.low is None or number >= self.low) and (self.high is None or number <= self.high)

    def __str__(self) -> str:
        ends = ["" if end is None else f"{end:g}" for end in (self.low, self.high)]
        if all(ends):
            shown = f"{ends[0]} to {ends[1]}"
        elif any(ends):
            shown = f"at least {ends[0]}" if ends[0] else f"at most {ends[1]}"
        else:
            shown = "see the statement"
        return f"{self.part + ': ' if self.part else ''}{shown} {self.unit}"


@dataclass(frozen=True)
class MeasurableClaim:
    """A statement about a run that can be measured: the common form of targets and patterns."""

    id: str
    statement: str
    bands: tuple[Band, ...]
    evidence: tuple[str, ...]
    pack: str
    mechanisms: tuple[str, ...]
    note: str

    @property
    def kind(self) -> str:
        """The kind of the first band."""
        return self.bands[0].kind


@dataclass(frozen=True)
class Target(MeasurableClaim):
    """A calibration target; ``derived`` ones follow from others and are not counted apart."""

    @property
    def counted(self) -> bool:
        """Whether the target counts by itself."""
        return self.kind != "derived"


@dataclass(frozen=True)
class Pattern(MeasurableClaim):
    """A pattern that a baseline ensemble must show."""


@dataclass(frozen=True)
class Published:
    """A published result; never a test unless ``testable`` (somebody read the number at its source)."""

    id: str
    section: str
    text: str
    value: str
    source: str
    tag: str
    use: str
    testable: bool
    mechanisms: tuple[str, ...]
    note: str


@cache
def claims() -> tuple[Claim, ...]:
    """Return every claim of the source documents (S001...)."""
    columns = ("id", "document", "type", "scope", "claim", "actors", "implied_mechanism",
               "implied_observable", "mechanisms", "brief_mechanisms")  # fmt: skip
    return _unique(
        Claim(
            row.required("id"), row.choice("document", DOCUMENTS), row.choice("type", CLAIM_TYPES),
            row.choice("scope", SCOPES), row.required("claim"), row.text("actors"),
            row.text("implied_mechanism"), row.text("implied_observable"),
            row.names("mechanisms"), row.names("brief_mechanisms"),
        )
        for row in rows("claims.csv", columns)
    )  # fmt: skip


@cache
def figures() -> tuple[Figure, ...]:
    """Return every published figure (E001...)."""
    columns = ("id", "group", "quantity", "value", "low", "high", "unit", "period_start", "period_end",
               "place", "grade", "source", "url", "note", "mechanisms")  # fmt: skip
    return _unique(
        Figure(
            row.required("id"), row.required("group"), row.required("quantity"), row.text("value"),
            row.number("low"), row.number("high"), row.text("unit"), row.text("period_start"),
            row.text("period_end"), row.text("place"), row.choice("grade", GRADES),
            row.required("source"), row.text("url"), row.text("note"), row.names("mechanisms"),
        )
        for row in rows("figures.csv", columns)
    )  # fmt: skip


@cache
def targets() -> tuple[Target, ...]:
    """Return the calibration targets (T01...)."""
    return tuple(Target(*fields) for fields in _checks("targets.csv"))


@cache
def patterns() -> tuple[Pattern, ...]:
    """Return the patterns (P01...)."""
    return tuple(Pattern(*fields) for fields in _checks("patterns.csv"))


@cache
def published() -> tuple[Published, ...]:
    """Return the published results to check against (O, PL, D, H, E, S and Q rows)."""
    columns = ("id", "section", "quantity", "value", "source", "tag", "use", "testable", "mechanisms", "note")
    return _unique(
        Published(
            row.required("id"), row.required("section"), row.required("quantity"), row.required("value"),
            row.required("source"), row.text("tag"), row.required("use"),
            row.choice("testable", ("yes", "no")) == "yes", row.names("mechanisms"), row.text("note"),
        )
        for row in rows("published.csv", columns)
    )  # fmt: skip


_Fields = tuple[str, str, tuple[Band, ...], tuple[str, ...], str, tuple[str, ...], str]


def _checks(file: str) -> list[_Fields]:
    columns = ("id", "statement", "part", "value", "low", "high", "unit", "evidence", "kind", "pack",
               "mechanisms", "note")  # fmt: skip
    parts: dict[str, list[EvidenceRow]] = {}
    for row in rows(file, columns):
        parts.setdefault(row.required("id"), []).append(row)
    return [_check(name, of_one) for name, of_one in parts.items()]


def _check(name: str, parts: list[EvidenceRow]) -> _Fields:
    first = parts[0]
    return (
        name,
        first.required("statement"),
        tuple(_band(row) for row in parts),
        _merge(expand_ids(row.text("evidence")) for row in parts),
        first.required("pack"),
        _merge(row.names("mechanisms") for row in parts),
        "; ".join(_merge((row.text("note"),) for row in parts if row.text("note"))),
    )


def _band(row: EvidenceRow) -> Band:
    low, high = row.number("low"), row.number("high")
    if low is not None and high is not None and low > high:
        raise InputError("low is above high", where=row.where, value=(low, high))
    return Band(row.text("part"), row.number("value"), low, high, row.text("unit"), row.required("kind"))


def _merge(lists: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for names in lists for name in names))


def _unique(entries: Iterable[_Entry]) -> tuple[_Entry, ...]:
    found: dict[str, _Entry] = {}
    for entry in entries:
        if entry.id in found:
            raise InputError("duplicate evidence id", where="evidence tables", value=entry.id)
        found[entry.id] = entry
    return tuple(found.values())
