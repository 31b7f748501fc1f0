"""Mask where a text speaks of, so that a sign can be coded without knowledge of the country.

Names of countries (English, Russian and others of the country table), of their cities of at least 100,000 people, and
words of ``masked_words.csv`` (peoples, languages, areas, money, platforms, slang) become words in brackets.
"""

from __future__ import annotations

import csv
import re
from functools import cache

from kladsim.evidence.countries import FOLDER, countries
from kladsim.evidence.places import list_city_names
from kladsim.spread.model.tables import DATA

SHORTEST_STEM = 4
LONGEST_ENDING = 3
"""Letters that a Russian name may change or add in another case."""


def mask_text(text: str) -> str:
    """Return a text without names of countries, cities, peoples, money and platforms."""
    for pattern, becomes in _patterns():
        text = pattern.sub(f"[{becomes}]", text)
    return re.sub(r"(\[\w+\])(?:[\s-]*\1)+", r"\1", text)


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    names = {name for country in countries() for name in (country.name, country.russian)}
    with (FOLDER / "countries.csv").open(encoding="utf-8", newline="") as stream:
        names |= {name for row in csv.DictReader(stream) for name in row["others"].split(";")}
    cities = {city for country in countries() for city in list_city_names(country.iso2)}
    with (DATA / "masked_words.csv").open(encoding="utf-8", newline="") as stream:
        words = [(row["stem"], row["becomes"]) for row in csv.DictReader(stream)]
    found = [(_make_pattern(name), "COUNTRY", len(name)) for name in names if name.strip()]
    found += [(_make_pattern(city), "PLACE", len(city)) for city in cities]
    found.sort(key=lambda row: -row[2])  # the longest name first: Guinea-Bissau before Guinea
    for stem, becomes in words:
        ending = r"\w*" if len(stem) > SHORTEST_STEM else r"\b"
        found.append((rf"\b{re.escape(stem)}{ending}", becomes, 0))
    return tuple((re.compile(pattern, re.IGNORECASE), becomes) for pattern, becomes, _ in found)


def _make_pattern(name: str) -> str:
    """Match a name as a word of its own; a Russian word also in its other cases."""
    if not re.search("[а-яё]", name, re.IGNORECASE):
        return rf"(?<!\w){re.escape(name)}(?!\w)"
    parts = [
        re.escape(word[:-1] if word[-1] in "аяйьоеиы" else word) + rf"\w{{0,{LONGEST_ENDING}}}"
        if len(word) > SHORTEST_STEM
        else re.escape(word)
        for word in name.split()
    ]
    words = r"\s+".join(parts)
    return rf"(?<!\w){words}(?!\w)"
