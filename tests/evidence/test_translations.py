"""The catalogue of texts: both languages in every row, with the same places to fill."""

from __future__ import annotations

import csv
import string

import pytest

from kladsim.evidence.translating import FILE, SHARED_WITH_PAGE, form, lookup, page_messages, texts

with FILE.open(encoding="utf-8", newline="") as _file:
    ROWS = list(csv.DictReader(_file))


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_no_key_stands_twice_in_a_context() -> None:
    keys = [(row["context"], row["key"]) for row in ROWS]
    assert len(keys) == len(set(keys)) > 250


def test_every_row_has_both_languages_and_the_same_places() -> None:
    russian_only = {"model.english"}  # tells readers of Russian which texts are English
    wrong = [row["key"] for row in ROWS if not row["ru"] or (not row["en"] and row["context"] != "outcome")]
    wrong = [key for key in wrong if key not in russian_only]
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


def test_the_page_has_its_own_messages_and_those_that_it_shares_with_reports() -> None:
    english, russian = page_messages("en"), page_messages("ru")
    assert english.keys() == russian.keys() and len(english) > 600
    assert english["lever.diversion"] == texts("lever", "en")["diversion"], "shared"
    assert english["lever.police"] != texts("lever", "en")["police"], "the page's own text comes before a shared one"
    own = texts("page", "ru")
    shared = {f"{name}.{key}": text for name in SHARED_WITH_PAGE for key, text in texts(name, "ru").items()}
    assert [key for key in own.keys() & shared.keys() if own[key] == shared[key]] == []
