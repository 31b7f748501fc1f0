"""Countries of a person's rows and of series, which are named by codes of two letters or three."""

from __future__ import annotations

from functools import cache

from kladsim.evidence.countries import Country, countries, find_country


def read_country(text: str, where: str = "country") -> tuple[Country, str]:
    """Return the country that a code or a name means, and what was repaired in words ("" if nothing).

    Raises
    ------
    InputError : no such country
    """
    found = find_country(text, where=where)
    plain = text.strip().upper() in (found.iso2, found.iso3)
    return found, "" if plain else f"country {text!r} read as {found.iso2!r} ({found.iso3})"


@cache
def _by_code() -> dict[str, Country]:
    return {code: one for one in countries() for code in (one.iso2, one.iso3)}


def to_iso3(code: str) -> str:
    """Return a code's three letters, and any other text as it is (a series may have no country)."""
    found = _by_code().get(code.upper())
    return found.iso3 if found else code


def list_codes_and_names(code: str) -> str:
    """Return the codes and names of a country in one text, the code alone where there is no such country."""
    found = _by_code().get(code.upper())
    return " ".join(found) if found else code
