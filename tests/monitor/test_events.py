"""Events: what no event may hold is refused, the log only grows, and a decision keeps its order."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from kladsim.core.errors import InputError, StorageError
from kladsim.monitor import event_log, events, own, store
from kladsim.monitor.problems import FileError

TODAY = date(2026, 11, 30)
GOOD = {"date": "2026-05-17", "country": "GE", "place": "Батуми", "kind": "forensic", "substance": "mephedrone", "source": "Forensic bureau"}
pytestmark = pytest.mark.usefixtures("own_folder")


def _event(**fields: str) -> events.Event:
    return events.check_event({**GOOD, **fields}, TODAY)


def test_an_event_is_what_its_texts_mean() -> None:
    event = _event()
    assert (event.country, event.place, event.substance, event.confidence) == ("GEO", "Batumi", "synthetic cathinones", "possible")
    assert _event(date="май 2026").date == "2026-05" and _event(place="GE-TB").place == "GE-TB" and _event(place="").place == ""
    assert _event(country="Kosovo", place="Pristina").country == "XKX"
    assert _event(kind="drug_checking", confidence="Confirmed").kind == "drug checking"


CHAT, HIDDEN = "t" + ".me", ".on" + "ion"
"""Parts of links, put together so that no file of the project holds one."""


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("place", "Ureki", "no unit of ISO 3166-2 and no city"), ("place", "Lenin street 14, Batumi", "no unit"), ("place", "RU-MOW", "no unit"),
        ("place", "41.65, 41.64", "no unit"), ("date", "2027-01", "future"), ("date", "soon", "no such period"), ("kind", "rumour", "no such kind"),
        ("substance", "mephedron2", "no such class"), ("confidence", "sure", "no such confidence"), ("country", "EU27_2020", "group of countries"),
        ("country", "XX", "no such country"), ("source", "", "is missing"), ("note", "x" * 400, "400 signs"),
    ],
)  # fmt: skip
def test_a_field_says_what_it_may(field: str, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        _event(**{field: text})
    assert caught.value.where == field and caught.value.allowed


@pytest.mark.parametrize(
    "text",
    [
        "seller @some_name", f"see {CHAT}/name", f"https://{CHAT}/name", "Telegram: namebot", "name@mail.example", f"abcdefghij234567{HIDDEN}",
        "https://market18.example/x", "https://the-market.example", "1.2345, 2.3456", "1,2345; 2,3456", "12.34, 56.78", "12,34; 56,78", "12.34 N", "+995 555 12 34 56", "8 (912) 345-67-89",
        f"bc1q{'0' * 38}", f"0x{'0' * 40}", f"1{'Name' * 8}",
        "found at Sample street 12", "12 Sample avenue", "ул. Образцовая, 12", "дом 7", "И. И. Иванов задержан", "Иванов И.И. задержан", "J. Smith arrested",
    ],
)  # fmt: skip
@pytest.mark.parametrize("field", ["note", "source"])
def test_what_no_event_may_hold_is_refused(field: str, text: str) -> None:
    with pytest.raises(InputError, match="which no event may hold") as caught:
        _event(**{field: text})
    assert caught.value.where == field
    with pytest.raises(InputError, match="which no event may hold"):
        event_log.assess("x", "signal", text, by="duty officer")


@pytest.mark.parametrize(
    "text",
    [
        "Two samples with 30 % of mephedrone, first in the region", "EUDA Early Warning System, 2026", "https://www.euda.europa.eu/publications/2026",
        "Police of Georgia, report of 17 May 2026", "606 kg seized in 3 cases", "12.5 g and 13.75 g", "on 31.12.2025, 01.02.2026", "Министерство внутренних дел, 12 изъятий в 2025 году", "경찰청 2024년 통계",
    ],
)  # fmt: skip
def test_what_an_officer_writes_is_taken(text: str) -> None:
    assert _event(note=text, source=text).note == text


def test_a_file_with_all_its_errors_or_all_its_events(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    head = "Дата;Страна;Место;Вид;Вещество;Источник\n"
    path.write_text(head + "17.05.2026;Грузия;Тбилиси;police;мефедрон;МВД\n2026;Казахстан;Алматы;press;nitazenes;газета\n", encoding="cp1251")
    found = events.read_file(path, today=TODAY)
    assert [(line, event.date, event.country, event.place) for line, event in found] == [(2, "2026-05-17", "GEO", "Tbilisi"), (3, "2026", "KAZ", "Almaty")]
    assert event_log.add(event for _, event in found) == (2, 0) and event_log.add(event for _, event in found) == (0, 2)
    path.write_text("date,country,place,kind,substance,source\n2026,GE,Ureki,press,cocaine,a\n2026,GE,,gossip,cocaine,@shop\n", encoding="utf-8")
    with pytest.raises(FileError) as caught:
        events.read_file(path, today=TODAY)
    assert [one.where for one in caught.value.errors] == ["events.csv, line 2, place", "events.csv, line 3, kind"]
    path.write_text("date,country,kind,substanse,source\n2026,GE,press,cocaine,a\n", encoding="utf-8")
    with pytest.raises(InputError, match="'substance' is missing") as one:
        events.read_file(path, today=TODAY)
    assert one.value.suggestion == "substanse"


def test_decisions_keep_their_order_and_stay() -> None:
    event = _event()
    event_log.add([event])
    with pytest.raises(InputError, match="needs an assessment first"):
        event_log.assess(event.id, "action", "warn hospitals", by="duty officer")
    event_log.assess(event.id[:6], "assessment", "second sample asked for", by="duty officer")
    event_log.assess(event.id, "action", "hospitals warned", by="head of unit", note="two independent signs")
    with pytest.raises(InputError, match="no such event or series"):
        event_log.assess("feed", "signal", "x", by="officer")
    entries = event_log.read_log().list_entries(event.id)
    assert [(entry.step, entry.decision, entry.by) for entry in entries] == [
        ("assessment", "second sample asked for", "duty officer"), ("action", "hospitals warned", "head of unit"),
    ]  # fmt: skip
    assert event_log.assess("korea_drug_crimes/cannabis.cases_cleared", "signal", "rise", by="officer").step == "signal"


def test_a_change_of_the_log_is_found() -> None:
    event_log.add([_event(), _event(place="GE-TB")])
    event_log.assess(_event().id, "assessment", "watched", by="officer")
    path = own.get_folder() / event_log.FILE
    lines = path.read_bytes().splitlines(keepends=True)
    assert all(set(json.loads(line)) >= {"type", "recorded", "previous"} for line in lines)
    for damaged in ([lines[0].replace(b"forensic", b"police"), *lines[1:]], [lines[0], lines[2]], [lines[1], lines[0], lines[2]], [*lines[:2], lines[2][:20]]):
        path.write_bytes(b"".join(damaged))
        with pytest.raises(StorageError, match="was changed after it was written"):
            event_log.read_log()
        with pytest.raises(StorageError):
            event_log.add([_event(place="")])


def test_events_and_values_share_a_time_line(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("country,place,indicator,unit,period,value\nGE,Tbilisi,deaths seen,persons,2026-04,3\nGE,Tbilisi,deaths seen,persons,2026-06,<5\n", encoding="utf-8")
    store.add(path, today=TODAY)
    event_log.add([_event(), _event(country="KZ", place="")])
    rows = event_log.make_timeline(event_log.read_log(), "Georgia", since="2026-04-01")
    assert [(row["day"], row["type"], row.get("low"), row.get("high")) for row in rows] == [
        ("2026-04-30", "value", 3.0, 3.0), ("2026-05-17", "event", None, None), ("2026-06-30", "value", 0.0, 5.0),
    ]  # fmt: skip
    found = event_log.list_events(event_log.read_log(), country="KZ", kind="forensic", since="2026-05-01", until="2026-05-31")
    assert [event.country for _, event in found] == ["KAZ"]
