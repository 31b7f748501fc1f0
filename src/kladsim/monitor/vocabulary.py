"""Words that tables are written with: headers of columns, sums, units, months and countries, in many languages.

Headers, sums and units are data (``data/words.toml``); names of months and countries are those of the Unicode CLDR,
from Babel, beside the project's own list of countries.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterable
from functools import cache

from pydantic import BaseModel, ConfigDict

from kladsim.core.extras import extra
from kladsim.evidence.countries import countries, fold_name
from kladsim.monitor.names import fold_header, normalize_name
from kladsim.monitor.tables import DATA

LANGUAGES = (
    "en ru uk be kk ky uz tg ka hy az tr de fr es pt it nl pl cs sk hu ro bg sr sr_Latn hr sl mk sq lv lt et fi sv da "
    "nb is el ko ja zh zh_Hant ar fa he mn th vi id hi"
).split()  # fmt: skip
"""Languages whose names of months and countries are read; a word that means two months is none."""


OTHER_MONTHS = {"sept": 9, "фев": 2, "сен": 9, "ноя": 11}
"""Short names of months that the CLDR does not have."""


class Words(BaseModel):
    """The file of words as it is written: lists between strokes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: dict[str, str]
    totals: dict[str, str]
    units: dict[str, str]


@cache
def _words() -> Words:
    return Words(**tomllib.loads((DATA / "words.toml").read_text(encoding="utf-8")))


def _split(words: str) -> list[str]:
    return [word.strip() for word in words.split("|")]


@cache
def column_words() -> dict[str, tuple[str, int]]:
    """Return the meaning of a folded header, with its rank among the words of that meaning."""
    found: dict[str, tuple[str, int]] = {}
    for meaning, words in _words().columns.items():
        for rank, word in enumerate(_split(words)):
            found.setdefault(fold_header(word), (meaning, rank))
    return found


@cache
def total_words() -> frozenset[str]:
    """Return the folded words for a sum."""
    return frozenset(fold_header(word) for word in _split(_words().totals["words"]))


@cache
def unit_words() -> frozenset[str]:
    """Return the words that are units, as ``normalize_name`` has them."""
    return frozenset(normalize_name(word) for word in _split(_words().units["words"]))


@cache
def unit_labels() -> tuple[str, ...]:
    """Return the words before a unit in a title, the longest first."""
    return tuple(sorted(_split(_words().units["label"]), key=len, reverse=True))


def is_total(text: str) -> bool:
    """Whether a text is a word for a sum."""
    return fold_header(text) in total_words()


@cache
def month_numbers() -> dict[str, int]:
    """Return the numbers of months by their names, without case and points."""
    with extra("monitor", where="period"):
        from babel import Locale
    found: dict[str, set[int]] = {}
    for language in LANGUAGES:
        for forms in Locale.parse(language).months.values():
            for width in ("wide", "abbreviated"):
                for number, name in forms.get(width, {}).items():
                    found.setdefault(normalize_name(name).strip("."), set()).add(number)
    clear = {name: min(numbers) for name, numbers in found.items() if len(numbers) == 1}
    words = {name: one for name, one in clear.items() if all(unicodedata.category(sign)[0] in "LM" for sign in name)}
    return OTHER_MONTHS | words


@cache
def territory_codes() -> dict[str, str]:
    """Return the ISO 3166-1 codes of countries by their folded names in all languages; ambiguous names are none."""
    with extra("monitor", where="country"):
        from babel import Locale
    known = {country.iso2 for country in countries()}
    found: dict[str, set[str]] = {}
    for language in LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if code in known:
                found.setdefault(fold_name(str(name)), set()).add(code)
    return {name: min(codes) for name, codes in found.items() if len(codes) == 1 and len(name) > 1}


@cache
def _own_country_names() -> frozenset[str]:
    return frozenset(fold_name(name) for country in countries() for name in (country.name, country.russian) if name)


FIRST_IDEOGRAM = "\u2e80"
"""A single letter before this is no word; a single sign from here on may be one."""


def count_known_words(cells: Iterable[str]) -> int:
    """Return how many cells are headers, sums, countries or months of some language."""
    headers, names = column_words(), _own_country_names()
    count = 0
    for cell in cells:
        if len(cell) < 2 and cell < FIRST_IDEOGRAM:
            continue
        header = fold_header(cell)
        words = normalize_name(cell).replace(".", " ").split()
        known = header in headers or header in total_words() or normalize_name(cell) in unit_words()
        known = known or fold_name(cell) in names or fold_name(cell) in territory_codes()
        count += bool(known or (0 < len(words) < 4 and any(word in month_numbers() for word in words)))
    return count
