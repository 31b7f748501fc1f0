"""Places that a country pack may hold: units of ISO 3166-2 and cities of at least 100,000 people, against a census.

A region is a unit of the list (``GE-TB``), a city within one (``GE-AJ-BAT``), or the whole country (``KR``; a country
that is not in ISO 3166-1 has only this one, under its own code of three letters). Responsible use, rule 1.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

from kladsim.core.errors import InputError, suggest
from kladsim.evidence.countries import find_country
from kladsim.evidence.places import SMALLEST_CITY
from kladsim.evidence.places import list_units as list_units

FOLDER = Path(__file__).parent / "places"
CITY = re.compile(r"([A-Z]{2}-[A-Z0-9]{1,3})-[A-Z]{3}")
MAX_RATIO = 3.0
"""A head count is the census's, up to this factor: years differ, and a unit may be counted without its city."""
FORMS = "a unit of ISO 3166-2, as GE-TB, a city of 100,000 people or more in one, as GE-AJ-BAT, or the country, as GE"


@cache
def read_census() -> dict[str, tuple[int, str]]:
    """Return persons and source by code, for the countries and units that the census table holds."""
    with (FOLDER / "census.csv").open(encoding="utf-8", newline="") as stream:
        return {row["code"]: (int(row["persons"]), row["source"]) for row in csv.DictReader(stream)}


def country_code(iso3: str) -> str:
    """Return the code of a country as a whole: of two letters, or the three of one that ISO 3166-1 does not know."""
    try:
        return find_country(iso3).iso2
    except InputError:
        return iso3


def check_code(code: str, iso3: str, people: int, where: str) -> None:
    """Raise InputError for a region that is no unit of the country, no large city in one and not the whole country."""
    country = country_code(iso3)
    units = list_units().get(country, frozenset())
    if code == country or code in units:
        return
    city = CITY.fullmatch(code)
    if city and city[1] in units:
        if people < SMALLEST_CITY:
            raise InputError("is too small for a city", where=where, value=people, allowed=f"{SMALLEST_CITY:,} or more")
        return
    near = suggest(code, (country, *sorted(units)))
    raise InputError("no place that a pack may hold", where=where, value=code, allowed=FORMS, suggestion=near)


def check_people(code: str, people: int, where: str) -> None:
    """Raise InputError where a head count is not that of the census."""
    known = read_census().get(code)
    if known is not None and not known[0] / MAX_RATIO <= people <= known[0] * MAX_RATIO:
        allowed = f"near {known[0]:,}, as {known[1]} says"
        raise InputError("is not the head count of the census", where=where, value=people, allowed=allowed)


def check_name(name: str, where: str) -> None:
    """Raise InputError for a name with a number in it, as an address has and a unit has not."""
    if any(letter.isdigit() for letter in name):
        raise InputError("is no name of a unit or city", where=where, value=name, allowed="a name without numbers")
