"""Words of pictures and briefs in English and Russian: titles and units of outcomes, events, sentences."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Literal

from kladsim.model.outcomes import title_of

Language = Literal["en", "ru"]
LANGUAGES: tuple[Language, ...] = ("en", "ru")
FILE = Path(__file__).with_name("words_ru.csv")


@cache
def _russian() -> dict[str, str]:
    with FILE.open(encoding="utf-8", newline="") as file:
        return {f"{row['kind']}:{row['name']}": row["ru"] for row in csv.DictReader(file)}


def title(outcome: str, language: Language = "en") -> str:
    """The title of an outcome; one without a translation keeps its English title."""
    english = title_of(outcome)
    return _russian().get(f"outcome:{outcome}", english) if language == "ru" else english


def unit(name: str, language: Language = "en") -> str:
    """A unit in words."""
    return _russian().get(f"unit:{name}", name) if language == "ru" else name


def event(words: str, language: Language = "en") -> str:
    """The words of a dated event."""
    return _russian().get(f"event:{words}", words) if language == "ru" else words


def translate(text: str, language: Language = "en") -> str:
    """A sentence that pictures and briefs use."""
    return _russian().get(f"text:{text}", text) if language == "ru" else text
