"""New observations from a person's CSV: checked, repaired where the repair is certain, refused by name where it is not.

Schema (header in any case and order; comma or semicolon; UTF-8): ``country`` (ISO 3166-1 alpha-2 for cities of the
wastewater panel, else alpha-3), ``place`` (may be empty: the nation), ``indicator``, ``unit``, ``period`` (2023,
2023-04 or 2023-04-17), ``value``; optional ``reported`` (the day on which the figure was published: later ones
revise earlier ones), ``freq`` (year, month, week, day; else told from the period) and ``source``. Every row is
either taken, taken with a repair, revised by a later report, or named in an error: the log accounts for all of them.
"""

from __future__ import annotations

import csv
import io
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from kladsim.core.errors import InputError, suggest
from kladsim.spread.monitor import library
from kladsim.spread.monitor.periods import FREQUENCIES, begin_of, end_of, to_step
from kladsim.spread.monitor.places import Choices, Country, Known, country_of, place_of
from kladsim.spread.monitor.plausible import check_scale, note_gaps

REQUIRED = ("country", "place", "indicator", "unit", "period", "value")
OPTIONAL = ("reported", "freq", "source")
ALIASES = {
    "country_iso2": "country",
    "iso2": "country",
    "iso3": "country",
    "city": "place",
    "drug": "indicator",
    "metabolite": "indicator",
    "units": "unit",
    "year": "period",
    "month": "period",
    "date": "period",
    "daily_mean": "value",
    "count": "value",
    "published": "reported",
}
UNITS: dict[str, tuple[str, float]] = {
    "mg/1000/day": ("mg per 1,000 people per day", 1.0),
    "mg/1000 people/day": ("mg per 1,000 people per day", 1.0),
    "mg per 1000 people per day": ("mg per 1,000 people per day", 1.0),
    "mg/day/1000": ("mg per 1,000 people per day", 1.0),
    "mg/1000p/day": ("mg per 1,000 people per day", 1.0),
    "mg/1000 inh/day": ("mg per 1,000 people per day", 1.0),
    "mg/day/1000 inh": ("mg per 1,000 people per day", 1.0),
    "g/1000/day": ("mg per 1,000 people per day", 1000.0),
    "ug/1000/day": ("mg per 1,000 people per day", 0.001),
    "μg/1000/day": ("mg per 1,000 people per day", 0.001),
    "g": ("kg", 0.001),
    "t": ("kg", 1000.0),
    "tonnes": ("kg", 1000.0),
    "mg": ("kg", 1e-6),
}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Row:
    """One checked observation."""

    line: int
    series: str
    country: str
    place: str
    indicator: str
    unit: str
    freq: str
    step: int
    value: float
    reported: str
    source: str


@dataclass
class Log:
    """What happened to the rows: repairs, revisions and notes, in words with line numbers.

    ``older`` holds the rows that a later report in the same file revises: what was known before it.
    """

    read: int = 0
    kept: int = 0
    duplicates: int = 0
    revised: int = 0
    missing: int = 0
    entries: list[str] = field(default_factory=list)
    older: list[Row] = field(default_factory=list)

    def say(self, line: int | None, text: str) -> None:
        """Add an entry."""
        self.entries.append(f"line {line}: {text}" if line else text)

    @property
    def balanced(self) -> bool:
        """Whether every row that was read is accounted for."""
        return self.read == self.kept + self.duplicates + self.revised + self.missing


def check(
    path: Path, *, today: date | None = None, rename: Mapping[str, str] | None = None, new: Sequence[str] = ()
) -> tuple[list[Row], Log]:
    """Read and check a file; nothing is stored.

    Parameters
    ----------
    rename : names in the file and the known place each stands for
    new : places that are new indeed although their names are near a known one

    Raises
    ------
    InputError : naming file, line and column, with what is allowed
    """
    log = Log()
    table = _table(path, log)
    _check_choices(table, rename or {}, new)
    reader = _Reader(path, log, today or date.today(), Known(), Choices(rename or {}, frozenset(new)))
    rows = [row for line, raw in table if (row := reader.row(line, raw)) is not None]
    _check_alike(path, rows)
    _check_known(path, rows)
    rows = _without_duplicates(path, rows, log)
    check_scale(path, rows, log)
    note_gaps(rows, log)
    log.kept = len(rows)
    return rows, log


def _table(path: Path, log: Log) -> list[tuple[int, dict[str, str]]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as problem:
        raise InputError(f"the file cannot be read ({problem.strerror})", where=str(path)) from None
    except UnicodeDecodeError:
        raise InputError("the file is not UTF-8", where=path.name, allowed="a CSV file saved as UTF-8") from None
    if not text.strip():
        raise InputError("the file is empty", where=path.name, allowed=f"a header with {', '.join(REQUIRED)} and rows")
    first = text.splitlines()[0]
    mark = max(",;\t", key=first.count)
    if mark != ",":
        log.say(1, f"columns are separated by {mark!r}: read so")
    lines = _lines(path, csv.reader(io.StringIO(text, newline=None), delimiter=mark))
    header = _header(path, next(lines)[1], log)
    rows = []
    for line, cells in lines:
        where = f"{path.name}, line {line}"
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            raise InputError(f"{len(cells)} cells, the header has {len(header)}", where=where)
        named = dict(zip(header, (cell.replace("\u00a0", " ").strip() for cell in cells), strict=True))
        for name, cell in named.items():
            if not cell.isprintable():
                what = "holds a line break or a control sign: a quote that is not closed?"
                raise InputError(what, where=f"{where}, {name}", value=cell[:40])
        rows.append((line, named))
    if not rows:
        raise InputError("the file has a header and no rows", where=path.name, allowed="at least one row")
    log.read = len(rows)
    return rows


def _header(path: Path, cells: list[str], log: Log) -> list[str]:
    names = []
    for place, cell in enumerate(cells, start=1):
        plain = cell.strip().lower().replace(" ", "_") or f"(column {place} without a name)"
        name = plain if plain in (*REQUIRED, *OPTIONAL) else ALIASES.get(plain, plain)
        if name != cell:
            log.say(1, f"column {cell!r} read as {name!r}")
        names.append(name)
    for name in REQUIRED:
        if name not in names:
            raise InputError(
                f"column {name!r} is missing",
                where=f"{path.name}, line 1",
                value=", ".join(cells),
                allowed=", ".join((*REQUIRED, *OPTIONAL)),
                suggestion=suggest(name, [n for n in names if n not in REQUIRED]),
            )
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise InputError("a column is there twice", where=f"{path.name}, line 1", value=", ".join(sorted(twice)))
    extra = [name for name in names if name not in (*REQUIRED, *OPTIONAL)]
    if extra:
        log.say(1, f"columns not used: {', '.join(extra)}")
    return names


def _lines(path: Path, reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with its line, and tell what is no CSV at all."""
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(f"is not CSV ({error})", where=f"{path.name}, line {reader.line_num}") from None
        yield reader.line_num, cells


def _check_choices(table: list[tuple[int, dict[str, str]]], rename: Mapping[str, str], new: Sequence[str]) -> None:
    """A name that is renamed or called new must be in the file: else it was mistyped."""
    there = {raw[name] for _, raw in table for name in ("place", "indicator")}
    for option, names in (("--rename", rename), ("--new", new)):
        for name in names:
            if name not in there:
                raise InputError("is not in the file", where=option, value=name, suggestion=suggest(name, there))


@dataclass(frozen=True)
class _Reader:
    """Turns raw rows into checked ones."""

    path: Path
    log: Log
    today: date
    known: Known
    choices: Choices
    told: set[str] = field(default_factory=set)

    def row(self, line: int, raw: dict[str, str]) -> Row | None:
        where = f"{self.path.name}, line {line}"
        freq, step = _period(where, raw, self.today)
        country, said = country_of(where, raw["country"])
        self._say(line, said)
        near, other = self.known.places(country), self.known.elsewhere(country, raw["place"])
        place, said = place_of(where, raw["place"], near, self.choices, other)
        self._say(line, said)
        value = _value(where, line, raw["value"], self.log)
        if value is None:
            self.log.missing += 1
            return None
        known = self.known.series(country, place, raw["indicator"])
        unit, factor = _unit(where, line, raw["unit"], known, self.log)
        if known is None:
            self._new_series(where, line, country, place, raw["indicator"])
        elif raw["country"].upper() != known.country:
            self._say(line, f"country {raw['country']!r} is {known.country!r} in {known.name}: taken as that")
        code = known.country if known else country.iso3
        indicator = known.indicator if known else raw["indicator"]
        name = known.name if known else "/".join(part for part in ("own", code, place, indicator) if part)
        reported = raw.get("reported", "")
        if reported:
            _day(f"{where}, reported", reported, self.today, begin_of(step, freq))
        source = raw.get("source", "")
        return Row(line, name, code, place, indicator, unit, freq, step, value * factor, reported, source)

    def _say(self, line: int, words: str) -> None:
        """Log a repair once, though it is made in every row of a place."""
        if words and words not in self.told:
            self.told.add(words)
            self.log.say(line, words)

    def _new_series(self, where: str, line: int, country: Country, place: str, indicator: str) -> None:
        if not indicator:
            raise InputError("no indicator", where=f"{where}, indicator", allowed="what is measured, in words")
        near = self.known.near_indicator(country, place, indicator)
        if near and indicator not in self.choices.new:
            raise InputError(
                "an indicator of nearly this name is known: that one, or new?", where=f"{where}, indicator",
                value=indicator, allowed=f"{near!r}, or --new '{indicator}'", suggestion=near,
            )  # fmt: skip
        self._say(line, f"{' '.join((country.iso3, place)).strip()}, {indicator!r}: a series that is new")


def _check_alike(path: Path, rows: list[Row]) -> None:
    """All rows of one series have one unit and one kind of period."""
    first: dict[str, Row] = {}
    for row in rows:
        other = first.setdefault(row.series, row)
        for what, mine, theirs in (("unit", row.unit, other.unit), ("period", row.freq, other.freq)):
            if mine != theirs:
                message = f"{row.series} has another {what} in line {other.line}"
                where = f"{path.name}, line {row.line}, {what}"
                raise InputError(message, where=where, value=mine, allowed=theirs)


def _check_known(path: Path, rows: list[Row]) -> None:
    """Rows of a known series have its kind of period."""
    known = library.every()
    for row in rows:
        one = known.get(row.series)
        if one is not None and one.points and one.freq != row.freq:
            where = f"{path.name}, line {row.line}, period"
            raise InputError(f"{row.series} is by {one.freq}", where=where, value=row.freq, allowed=one.freq)


def _period(where: str, raw: dict[str, str], today: date) -> tuple[str, int]:
    text = raw["period"]
    told = raw.get("freq", "").lower()
    guess = {4: "year", 7: "month", 10: "day"}.get(len(text), "year")
    freq = told or guess
    if freq not in FREQUENCIES:
        raise InputError(
            "no such kind of period", where=f"{where}, freq", value=told, allowed=", ".join(FREQUENCIES),
            suggestion=suggest(freq, FREQUENCIES),
        )  # fmt: skip
    try:
        step = to_step(text, freq)
        ended = end_of(step, freq)
    except (ValueError, OverflowError):
        raise InputError(
            "no such period", where=f"{where}, period", value=text, allowed="2023, 2023-04 or 2023-04-17"
        ) from None
    begins = to_step(today.isoformat()[: {"year": 4, "month": 7}.get(freq, 10)], freq)
    if step > begins:
        raise InputError("the period lies in the future", where=f"{where}, period", value=text, allowed=f"to {today}")
    if ended.year < 1900:
        raise InputError("the period is before 1900", where=f"{where}, period", value=text)
    return freq, step


def _day(where: str, text: str, today: date, begins: date) -> None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InputError("no such day", where=where, value=text, allowed="YYYY-MM-DD") from None
    if day > today:
        raise InputError("the day lies in the future", where=where, value=text, allowed=f"to {today}")
    if day < begins:
        raise InputError("published before the period began", where=where, value=text, allowed=f"from {begins} on")


def _value(where: str, line: int, text: str, log: Log) -> float | None:
    plain = text.replace("\u00a0", " ").strip()
    if plain.lower() in ("", "na", "n/a", "nan", "-", "–", "..", "missing"):
        log.say(line, f"no value ({text!r}): counted as missing, not as zero")
        return None
    below = re.fullmatch(r"<\s*(\d+(?:\.\d+)?)", plain)
    if below:
        log.say(line, f"{text!r} is below quantification: half of the limit taken")
        return float(below.group(1)) / 2.0
    if plain.lower() in ("<loq", "<lod", "bql"):
        log.say(line, f"{text!r} is below quantification: zero taken")
        return 0.0
    if re.fullmatch(r"\d{1,3}( \d{3})+(\.\d+)?", plain):
        log.say(line, f"{text!r}: spaces between thousands taken out")
        plain = plain.replace(" ", "")
    if _NUMBER.fullmatch(plain):
        value = abs(float(plain)) if float(plain) == 0 else float(plain)
    else:
        hint = "a number with a point; 1,234 and 12,5 cannot be told apart" if "," in plain else "a number"
        raise InputError("no number", where=f"{where}, value", value=text, allowed=hint)
    if not math.isfinite(value) or value < 0:
        raise InputError("the value must be finite and not negative", where=f"{where}, value", value=text)
    return value


def _unit(where: str, line: int, text: str, known: library.Series | None, log: Log) -> tuple[str, float]:
    if not text:
        allowed = known.unit if known else "what is counted, such as kg or persons"
        raise InputError("no unit", where=f"{where}, unit", value=text, allowed=allowed)
    if known is None or text == known.unit:
        return text, 1.0
    unit, factor = UNITS.get(unicodedata.normalize("NFKC", text).lower().strip(), ("", 0.0))
    if unit != known.unit:
        raise InputError(
            f"the unit is not that of {known.name}",
            where=f"{where}, unit",
            value=text,
            allowed=", ".join((known.unit, *(k for k, (u, _) in UNITS.items() if u == known.unit))),
        )
    if factor != 1.0:
        log.say(line, f"unit {text!r} turned into {unit!r} (times {factor:g})")
    return unit, factor


def _without_duplicates(path: Path, rows: list[Row], log: Log) -> list[Row]:
    kept: dict[tuple[str, str, int], Row] = {}
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
            raise InputError(
                f"two values for {row.series} in one period (line {other.line}: {other.value:g})",
                where=f"{path.name}, line {row.line}",
                value=row.value,
                allowed="one value a period, or a different `reported` day in each row",
            )
    return sorted(kept.values(), key=lambda row: (row.series, row.step))
