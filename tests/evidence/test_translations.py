"""The catalogue of texts: both languages in every row, with the same places to fill."""

from __future__ import annotations

import csv
import string

import pytest

from kladsim.evidence.translating import FILE, form, lookup, texts

with FILE.open(encoding="utf-8", newline="") as _file:
    ROWS = list(csv.DictReader(_file))


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_no_key_stands_twice_in_a_context() -> None:
    keys = [(row["context"], row["key"]) for row in ROWS]
    assert len(keys) == len(set(keys)) > 250


def test_every_row_has_both_languages_and_the_same_places() -> None:
    wrong = [row["key"] for row in ROWS if not row["ru"] or (not row["en"] and row["context"] != "outcome")]
    assert wrong == []
    assert [row["key"] for row in ROWS if row["en"] and _places(row["en"]) != _places(row["ru"])] == []


def test_forms_are_filled_and_unknown_keys_are_errors() -> None:
    assert form("interval", "sentence", "en", holds="all") == "The interval holds all."
    assert form("interval", "sentence", "ru", holds="всё") == "Интервал охватывает всё."
    with pytest.raises(KeyError):
        form("interval", "sentense", "en")
    with pytest.raises(KeyError):
        form("interval", "sentence", "en", hold="all")


def test_looked_up_texts_fall_back_to_english() -> None:
    assert texts("unit", "ru")["persons"] == lookup("unit", "persons", "ru") != "persons"
    assert lookup("unit", "persons", "en") == "persons"
    assert lookup("unit", "parsecs", "ru") == "parsecs"
    assert lookup("outcome", "parsecs", "ru", "Distance") == "Distance"
