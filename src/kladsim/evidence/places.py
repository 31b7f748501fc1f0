"""Places that may be named: units of ISO 3166-2, and cities of at least 100,000 people by their names."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple

from kladsim.evidence.countries import fold_name

FOLDER = Path(__file__).parent / "data" / "places"
SMALLEST_CITY = 100_000


class City(NamedTuple):
    """A city: its country's code of two letters, its name in Latin letters, and its people."""

    country: str
    name: str
    persons: int


@cache
def list_units() -> dict[str, frozenset[str]]:
    """Return the codes of ISO 3166-2 by the country's code of two letters."""
    with (FOLDER / "iso_3166_2.csv").open(encoding="utf-8", newline="") as stream:
        return {
            row["country"]: frozenset(f"{row['country']}-{unit}" for unit in row["units"].split())
            for row in csv.DictReader(stream)
        }


@cache
def _list_cities() -> dict[str, dict[str, City]]:
    found: dict[str, dict[str, City]] = {}
    with (FOLDER / "cities.csv").open(encoding="utf-8", newline="") as stream:
        rows = sorted(csv.DictReader(stream), key=lambda row: -int(row["persons"]))
    for row in rows:
        city = City(row["country"], row["name"], int(row["persons"]))
        for name in (row["name"], *row["others"].split(";")):
            if fold_name(name):
                found.setdefault(row["country"], {}).setdefault(fold_name(name), city)
    return found


def find_city(country: str, name: str) -> City | None:
    """Return the city of at least 100,000 people that a name in any script means, None if there is none.

    Parameters
    ----------
    country : the code of two letters
    """
    return _list_cities().get(country, {}).get(fold_name(name))


def list_city_names(country: str) -> list[str]:
    """Return the names of a country's cities of at least 100,000 people."""
    return sorted({city.name for city in _list_cities().get(country, {}).values()})
