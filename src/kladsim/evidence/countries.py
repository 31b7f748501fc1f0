"""Find a country by its ISO 3166-1 code of two or three letters or by a name, the same way for every verb and page."""

from __future__ import annotations

import csv
import re
import unicodedata
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import NamedTuple

from kladsim.core.errors import InputError

FOLDER = Path(__file__).parent / "data" / "countries"
ALLOWED = "a country's name, or its ISO 3166-1 code of two or three letters"
OTHER_CODES = {"UK": "GB", "EL": "GR"}
"""Codes that the European Union writes in place of the ISO's."""
UNDECOMPOSED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "&": " and "})
NEAR = 0.82
"""How like a name must be to be suggested: less, and Lettonia would be Estonia."""
CODE = re.compile(r"[A-Z]{1,3}|[A-Z]{2,4}\d{2}(_\d{4})?")


class Country(NamedTuple):
    """A country: its two ISO 3166-1 codes and its names."""

    iso2: str
    iso3: str
    name: str
    russian: str


def find_country(text: str, *, where: str = "country") -> Country:
    """Return the country that a code or name means, whatever its case, accents, spaces and script.

    Parameters
    ----------
    text : a code of two or three letters, or a name in English, Russian or a main language of the country
    where : what an error names as the place of the value

    Raises
    ------
    InputError : no such country, or a group of countries; a code gets no guess, as the nearest code is another country
    """
    code = unicodedata.normalize("NFKC", text).strip().upper()
    found = _by_code().get(OTHER_CODES.get(code, code)) or _by_name().get(fold_name(text))
    if found is not None:
        return found
    group = aggregates().get(code)
    if group is not None:
        raise InputError(f"is a group of countries ({group}), not a country", where=where, value=text, allowed=ALLOWED)
    near = [] if CODE.fullmatch(code) else get_close_matches(fold_name(text), _by_name(), n=1, cutoff=NEAR)
    raise InputError(
        "no such country", where=where, value=text, allowed=ALLOWED,
        suggestion=_by_name()[near[0]].name if near else None,
    )  # fmt: skip


def fold_name(text: str) -> str:
    """Return a name as it is compared: letters and digits of any script, without case, accents and signs."""
    wide = unicodedata.normalize("NFKC", text).casefold().translate(UNDECOMPOSED)
    marked = unicodedata.normalize("NFKD", wide)
    letters = "".join(sign for sign in marked if not unicodedata.combining(sign))
    # Hangul that was taken apart is put together again; other letters stay as they are.
    return unicodedata.normalize("NFC", " ".join(re.sub(r"[\W_]+", " ", letters).split()))


@cache
def countries() -> tuple[Country, ...]:
    """Return all countries and areas, by their codes of three letters."""
    return tuple(Country(*(row[name] for name in Country._fields)) for row in _rows("countries.csv"))


@cache
def aggregates() -> dict[str, str]:
    """Return the codes of groups of countries that statistical offices use, with what they mean."""
    return {row["code"]: row["name"] for row in _rows("aggregates.csv")}


@cache
def _by_code() -> dict[str, Country]:
    return {code: country for country in countries() for code in (country.iso2, country.iso3)}


@cache
def _by_name() -> dict[str, Country]:
    found: dict[str, Country] = {}
    for row, country in zip(_rows("countries.csv"), countries(), strict=True):
        for name in (country.name, country.russian, *row["others"].split(";")):
            if name:
                found.setdefault(fold_name(name), country)
    return found


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
