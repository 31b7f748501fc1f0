"""Countries of a person's rows and of series, by codes of two letters or three, or by a name in any language."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from kladsim.core.errors import InputError
from kladsim.evidence.countries import OTHER_CODES, Country, aggregates, countries, find_country, fold_name
from kladsim.monitor.vocabulary import territory_codes

_STATISTICAL = re.compile(r"([A-Z]{2})-?([A-Z0-9]{1,3})", re.ASCII)
MAX_WORDS = 6


def read_country(text: str, where: str = "country") -> tuple[Country, str]:
    """Return the country or group of countries that a code or a name means, and what was repaired in words.

    A group has its code in place of both codes of a country.

    Raises
    ------
    InputError : no such country
    """
    group = find_group(text)
    if group is not None:
        return group, f"{text!r} is a group of countries ({group.name}): kept as that, not as a country"
    try:
        found = find_country(text, where=where)
    except InputError:
        is_name = any(ord(sign) > 127 or sign.islower() for sign in text)
        code = territory_codes().get(fold_name(text)) if is_name else None
        if code is None:
            raise
        found = find_country(code)
    plain = text.strip().upper() in (found.iso2, found.iso3)
    return found, "" if plain else f"country {text!r} read as {found.iso2!r} ({found.iso3})"


def find_group(text: str) -> Country | None:
    """Return the group of countries that a code or name means, None for anything else."""
    code = text.strip().upper().replace("-", "")
    groups = aggregates()
    if code not in groups or code in _by_code():
        code = _groups_by_name().get(fold_name(text), "")
    return Country(code, code, groups[code], groups[code]) if code else None


@cache
def _groups_by_name() -> dict[str, str]:
    found: dict[str, str] = {}
    for code, name in aggregates().items():
        found.setdefault(fold_name(name), code)
    return found


@cache
def _by_code() -> dict[str, Country]:
    return {code: one for one in countries() for code in (one.iso2, one.iso3)}


@cache
def _iso2_by_code() -> dict[str, str]:
    return {code: one.iso2 for code, one in _by_code().items()}


@cache
def _iso2_by_name() -> dict[str, str]:
    return {fold_name(name): one.iso2 for one in countries() for name in (one.name, one.russian) if name}


def to_iso3(code: str) -> str:
    """Return a code's three letters, and any other text as it is (a series may have no country)."""
    found = _by_code().get(code.upper())
    return found.iso3 if found else code


def list_codes_and_names(code: str) -> str:
    """Return the codes and names of a country in one text, the code alone where there is no such country."""
    found = _by_code().get(code.upper())
    return " ".join(found) if found else code


def split_statistical_code(text: str) -> tuple[str, str]:
    """Return country and region of a statistical office's code: ("LV", "LV006") of a NUTS region, else ("LV", "")."""
    code = text.partition(":")[0].strip()
    found = _STATISTICAL.fullmatch(code)
    known = _by_code()
    if code in known or code in aggregates() or found is None or OTHER_CODES.get(found[1], found[1]) not in known:
        return code, ""
    return OTHER_CODES.get(found[1], found[1]), code


@cache
def _russian_stems() -> dict[str, str]:
    stems = {fold_name(one.russian).rstrip("аяыийоеуюь"): one.iso2 for one in countries() if one.russian}
    return {stem: code for stem, code in stems.items() if len(stem) > 3 and " " not in stem}


def _find_declined(word: str) -> str | None:
    """Return the code of a country whose Russian name stands in another case: "Казахстане", "России"."""
    stems = _russian_stems()
    lengths = range(len(word) - 1, max(3, len(word) - 4), -1)
    return next((stems[word[:n]] for n in lengths if word[:n] in stems and not word.isascii()), None)


def find_countries_in_cells(cells: Iterable[str]) -> set[str]:
    """Return the codes of two letters of the countries that are whole cells, by code in capitals or by name."""
    keys = (cell if len(cell) < 4 and cell.isascii() else fold_name(cell) for cell in cells if len(cell) < 60)
    tables = (_iso2_by_code(), _iso2_by_name(), territory_codes())
    return {code for key in keys if (code := next((table[key] for table in tables if key in table), ""))}


def find_country_in_text(text: str) -> set[Country]:
    """Return the countries that a title names, by whole words in any language; longer names hide those within them."""
    words = fold_name(text).split()
    names = _iso2_by_name()
    found: set[str] = set()
    taken: set[int] = set()
    for size in range(min(MAX_WORDS, len(words)), 0, -1):
        for start in range(len(words) - size + 1):
            span = range(start, start + size)
            name = " ".join(words[start : start + size])
            code = names.get(name) or _find_declined(name)
            if code is None and (len(name) > 3 or not name.isascii()):
                code = territory_codes().get(name)
            if code and not taken & set(span):
                found.add(code)
                taken |= set(span)
    return {_by_code()[code] for code in found}
