"""The catalogue of texts in English and Russian: ``translations.csv``, one row a text, with the context that it is of.

Names of levers and their options, titles, units, events and sentences are looked up by what stands in data or code, and
one without a row stays English (tests say which need one). The others are forms with a key, which must have a row.
``tools/web.py`` writes the page's messages from rows of its own (``page``) and from those that it shares with reports.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from kladsim.core.formatting import Language

FILE = Path(__file__).with_name("translations.csv")
SHARED_WITH_PAGE = ("lever", "status", "choice", "world", "district")
"""Contexts whose texts are messages of the page too."""


@cache
def texts(context: str, language: Language) -> Mapping[str, str]:
    """Return the texts of a context by key."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return {row["key"]: row[language] for row in csv.DictReader(file) if row["context"] == context}


def page_messages(language: Language) -> dict[str, str]:
    """Return the messages of the page by key: those that it shares, and its own, which come before them."""
    shared = {f"{name}.{key}": text for name in SHARED_WITH_PAGE for key, text in texts(name, language).items()}
    return {**shared, **texts("page", language)}


def form(context: str, key: str, language: Language, **values: object) -> str:
    """Return a text of the catalogue with values in the places of ``{name}``.

    Raises
    ------
    KeyError : the context has no such key, or a place has no value
    """
    return texts(context, language)[key].format(**values)


def lookup(context: str, key: str, language: Language, default: str | None = None) -> str:
    """Return the text of a key; where the catalogue has none in the language, ``default`` or the key itself."""
    return texts(context, language).get(key) or (key if default is None else default)
