"""Events beside series: dated first signs of a substance at a place, checked for what no event may hold.

An event names a country, a unit of ISO 3166-2 or a city of at least 100,000 people and nothing finer; its texts hold no
names, handles, addresses, coordinates or links to markets (responsible use, rule 1).
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache, partial
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from kladsim.core.errors import InputError, suggest
from kladsim.evidence.places import find_city, list_city_names, list_units
from kladsim.monitor import dates
from kladsim.monitor.layout import find_layout
from kladsim.monitor.names import fold_header, normalize_name
from kladsim.monitor.nations import find_group, read_country
from kladsim.monitor.periods import begin_of, to_period
from kladsim.monitor.places import FINER
from kladsim.monitor.problems import Problems
from kladsim.monitor.sheets import open_sheets
from kladsim.monitor.tables import DATA

FIELDS = ("date", "country", "place", "kind", "substance", "source", "confidence", "note")
REQUIRED = ("date", "country", "kind", "substance", "source")
KINDS = ("notification", "forensic", "toxicology", "drug checking", "press", "police")
"""Notification of a new substance, forensic report, toxicology of a person or death, drug checking, press, police."""
CONFIDENCES = ("confirmed", "probable", "possible")
MAX_TEXT = 300


class ForbiddenKind(BaseModel):
    """A kind of thing that no text of an event may hold, with the pattern by which it is found."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    what: str
    pattern: str
    case: bool = False


@cache
def list_forbidden() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return what no text of an event may hold, with the patterns."""
    rows = tomllib.loads((DATA / "forbidden.toml").read_text(encoding="utf-8"))["kinds"]
    street = "|".join(sorted(map(re.escape, FINER), key=len, reverse=True))
    kinds = [ForbiddenKind(**row) for row in rows]
    return tuple(
        (one.what, re.compile(one.pattern.replace("STREET", street), 0 if one.case else re.IGNORECASE)) for one in kinds
    )


@dataclass(frozen=True)
class Event:
    """A dated sign of a substance at a place.

    Attributes
    ----------
    date : the day, month, quarter or year of the event
    country : code of three letters
    place : a unit of ISO 3166-2, a city, or "" for the country
    """

    date: str
    country: str
    place: str
    kind: str
    substance: str
    source: str
    confidence: str = "possible"
    note: str = ""

    @property
    def id(self) -> str:
        """A digest of what the event says, by which it is named."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:12]


def check_event(raw: Mapping[str, str], today: date) -> Event:
    """Return the event that texts say.

    Raises
    ------
    InputError : a field says what no event may, by its name
    """
    unknown = [name for name in raw if name not in FIELDS]
    if unknown:
        near = suggest(unknown[0], FIELDS)
        raise InputError("no such field", where="event", value=unknown[0], allowed=", ".join(FIELDS), suggestion=near)
    text = {name: " ".join(dates.clean_signs(raw.get(name, "")).split()) for name in FIELDS}
    for name in REQUIRED:
        if not text[name]:
            raise InputError("is missing", where=name, value="", allowed=ALLOWED[name]())
    country, _ = read_country(text["country"])
    if find_group(text["country"]) is not None:
        raise InputError("is a group of countries", where="country", value=text["country"], allowed="one country")
    return Event(
        date=_read_date(text["date"], today),
        country=country.iso3,
        place=_read_place(text["place"], country.iso2),
        kind=choose("kind", text["kind"], KINDS),
        substance=_read_substance(text["substance"]),
        source=check_text("source", text["source"]),
        confidence=choose("confidence", text["confidence"] or "possible", CONFIDENCES),
        note=check_text("note", text["note"]),
    )


def check_text(name: str, text: str) -> str:
    """Return a text that names no person, handle, address or market.

    Raises
    ------
    InputError : it looks as if it did, or is too long
    """
    if len(text) > MAX_TEXT:
        raise InputError(f"has {len(text)} signs", where=name, value=text[:60], allowed=f"up to {MAX_TEXT}")
    for what, pattern in list_forbidden():
        found = pattern.search(text)
        if found:
            allowed = "what was seen, in words; no names, handles, addresses, coordinates or links to markets"
            raise InputError(f"looks like {what}, which no event may hold", where=name, value=found[0], allowed=allowed)
    return text


def _read_date(text: str, today: date) -> str:
    try:
        period = dates.read_period(text)
        begins = begin_of(period.step, period.freq)
    except (ValueError, OverflowError) as problem:
        raise InputError(str(problem), where="date", value=text, allowed=dates.WAYS) from None
    if begins > today:
        raise InputError("lies in the future", where="date", value=text, allowed=f"to {today}")
    return to_period(period.step, period.freq)


def _read_place(text: str, country: str) -> str:
    if not text or text in list_units().get(country, frozenset()):
        return text
    city = find_city(country, text)
    if city is not None:
        return city.name
    names = list_city_names(country)
    raise InputError(
        "is no unit of ISO 3166-2 and no city of 100,000 people or more of the country; nothing finer is kept",
        where="place", value=text, allowed="a code such as GE-TB, such a city, or nothing for the country",
        suggestion=suggest(text, (*names, *sorted(list_units().get(country, ())))),
    )  # fmt: skip


@cache
def list_substances() -> dict[str, str]:
    """Return the classes of substances by the words for them."""
    with (DATA / "substances.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {normalize_name(word): row["class"] for row in rows for word in (row["class"], *row["words"].split(";"))}


def list_classes() -> list[str]:
    return list(dict.fromkeys(list_substances().values()))


def _read_substance(text: str) -> str:
    known = list_substances()
    found = known.get(normalize_name(text))
    if found is None:
        near = suggest(normalize_name(text), known)
        raise InputError(
            "no such class of substances", where="substance", value=text, allowed=", ".join(list_classes()),
            suggestion=known[near] if near else None,
        )  # fmt: skip
    return found


def choose(name: str, text: str, choices: Sequence[str]) -> str:
    """Return the choice that a text is.

    Raises
    ------
    InputError : it is none
    """
    wanted = normalize_name(text).replace("_", " ").replace("-", " ")
    if wanted not in choices:
        raise InputError(
            f"no such {name}", where=name, value=text, allowed=", ".join(choices), suggestion=suggest(wanted, choices)
        )
    return wanted


ALLOWED: dict[str, Callable[[], str]] = {
    "date": lambda: "a day, month or year",
    "country": lambda: "a code of ISO 3166-1 or a name",
    "kind": lambda: ", ".join(KINDS),
    "substance": lambda: ", ".join(list_classes()),
    "source": lambda: "who published it",
}


def read_file(path: Path, *, today: date | None = None, encoding: str = "") -> list[tuple[int, Event]]:
    """Return the events of a table (CSV, workbook, JSON) whose headers are the fields, with their lines.

    Raises
    ------
    InputError : naming file, lines and field; ``FileError`` when there are several kinds
    """
    now, problems = today or date.today(), Problems(path.name)
    sheet = open_sheets(path, encoding)[0]
    layout = find_layout(sheet, lambda header: header in FIELDS)
    headers = [_name_field(header) for header in layout.headers] if layout is not None else []
    missing = [name for name in REQUIRED if name not in headers]
    if layout is None or missing:
        near = suggest(missing[0], [one for one in headers if one not in FIELDS]) if headers else None
        allowed = f"columns {', '.join(FIELDS)}"
        value = ", ".join(layout.headers) if layout else ""
        raise InputError(
            f"column {missing[0]!r} is missing", where=path.name, value=value, allowed=allowed, suggestion=near
        )
    found = []
    for line, cells in layout.body:
        if len(cells) != len(headers):
            problems.add(line, InputError(f"{len(cells)} cells, the header has {len(headers)}"))
            continue
        raw = dict(zip(headers, cells, strict=True))
        event = problems.collect(line, partial(check_event, raw, now))
        if event is not None:
            found.append((line, event))
    problems.raise_all()
    return found


def _name_field(header: str) -> str:
    words = {"дата": "date", "страна": "country", "место": "place", "вид": "kind", "вещество": "substance",
             "источник": "source", "уверенность": "confidence", "примечание": "note", "substance class": "substance",
             "day": "date", "city": "place"}  # fmt: skip
    plain = fold_header(header)
    return words.get(plain, plain)
