"""The watch and its bulletin: statuses with reasons, data and their age; no ranking; nothing hidden."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from kladsim.core.formatting import Language
from kladsim.monitor import event_log, forecasting, library, store
from kladsim.monitor import watching as watch
from kladsim.monitor.desk import open_desk
from kladsim.monitor.events import check_event
from kladsim.monitor.recipes import IntakeOptions
from kladsim.report import bulletin

DAY = date(2023, 1, 15)

pytestmark = pytest.mark.usefixtures("own_folder")


def test_every_row_tells_data_and_age() -> None:
    rows = watch.watch("korea_drug_crimes")
    assert rows
    for row in rows:
        assert row.status in watch.STATUSES
        assert row.data
        assert row.age_years > 0
        if row.status in ("alarm", "watch", "stale", "too few"):
            assert row.reasons


def test_a_jump_is_an_alarm_with_reasons_and_data() -> None:
    rows = {row.series: row for row in watch.watch("wastewater/CH/Basel", as_of=DAY)}
    row = rows["wastewater/CH/Basel/cannabis"]
    assert row.status == "alarm"
    assert "expected" in row.reasons[0]
    assert any(text.startswith("2022") for text in row.data)


def test_old_data_are_stale() -> None:
    rows = watch.watch("wastewater/CH/Basel", as_of=date(2026, 11, 21))
    assert {row.status for row in rows} <= {"stale", "too few"}
    assert all(row.nowcast_low80 is None or row.nowcast_low80 <= row.nowcast_high80 for row in rows)


def test_a_later_value_is_not_used_on_an_earlier_day() -> None:
    rows = watch.watch("wastewater/CH/Basel", as_of=date(2020, 6, 1))
    assert all(row.last_period <= "2019" for row in rows)


def _months(path: Path, rising: bool) -> Path:
    """Three years of three police series of one place; in the last five months cases sold online may rise."""
    lines = ["country,place,indicator,unit,period,value"]
    for month in range(36):
        lift = 1.5 ** max(0, month - 30) if rising else 1.0
        for name, level in (("cases", 400.0), ("online cases", 40.0 * lift), ("dealers", 60.0)):
            wiggle = 1.0 + 0.05 * ((7 * month + len(name)) % 5 - 2)
            lines.append(f"GEO,Tbilisi,{name},persons,{2023 + month // 12}-{month % 12 + 1:02d},{level * wiggle:.0f}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("rising", [True, False])
def test_series_of_a_place_by_month_pass_the_default_detector_together(tmp_path: Path, rising: bool) -> None:
    store.add(_months(tmp_path / "police.csv", rising), IntakeOptions(new=("cases", "online cases", "dealers")))
    rows = watch.watch("own/GEO/Tbilisi", as_of=date(2026, 1, 10))
    assert {row.indicator for row in rows} == {"cases", "online cases", "dealers"}
    for row in rows:
        told = [reason for reason in row.reasons if "joint rise" in reason]
        assert bool(told) == rising
        assert not rising or (row.status == "alarm" and "online cases" in told[0] and "last" in told[0])


def test_ratios_of_police_series_are_indicators_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "police.csv"
    rows = [f"GEO,Tbilisi,{name},persons,{year},{value}"
            for year in range(2018, 2025) for name, value in (("dealers", 30 + year - 2018), ("users", 300))]  # fmt: skip
    rows += ["GEO,Tbilisi,dealers,persons,2017,12", "GEO,Tbilisi,users,persons,2016,0", "GEO,Tbilisi,dealers,persons,2016,9"]
    path.write_text("\n".join(["country,place,indicator,unit,period,value", *rows]) + "\n", encoding="utf-8")
    store.add(path, IntakeOptions(new=("dealers", "users")))
    name = "indicator/GEO/Tbilisi/dealers per 100 users"
    one = library.every()[name]
    assert (one.unit, one.points, one.values[0], one.values[-1]) == ("per 100 users", 7, 10.0, 12.0)
    assert watch.watch(name, as_of=date(2025, 2, 1))[0].data[-1] == "2024: 12"
    assert len(forecasting.forecast(name, 2)) == 2


def test_the_level_of_a_day_knows_nothing_that_came_later(tmp_path: Path) -> None:
    day = date(2022, 6, 1)
    before = [row.nowcast for row in watch.watch("wastewater/CH/Basel", as_of=day)]
    new = tmp_path / "new.csv"
    new.write_text("country,place,indicator,unit,period,value,reported\n" "CH,Basel,cocaine,mg/1000/day,2021,5000,2023-03-01\n",
                   encoding="utf-8")  # fmt: skip
    store.add(new)
    assert [row.nowcast for row in watch.watch("wastewater/CH/Basel", as_of=day)] == before
    later = {row.series: row for row in watch.watch("wastewater/CH/Basel", as_of=date(2023, 6, 1))}
    assert later["wastewater/CH/Basel/cocaine"].last_period == "2022"
    assert [row.nowcast for row in later.values()] != before


@pytest.mark.parametrize(("language", "word"), [("en", "week 2 of 2023"), ("ru", "2-я неделя 2023 г.")])
def test_the_bulletin_is_one_page_by_region(tmp_path: Path, language: Language, word: str) -> None:
    desk = open_desk("wastewater/CH", as_of=DAY, language=language)
    picture = tmp_path / "map.png"
    picture.write_bytes(b"png")
    text = bulletin.build_page(desk, picture, language)
    assert word in text and "Basel" in text and "EUDA" in text
    assert ("cathinones" if language == "en" else "катинонам") in text
    assert "http://" not in text.replace("http://www.w3.org", "")
    regions = [region for region, _ in bulletin.sort_by_region(desk.rows)]
    assert regions == sorted(regions)


def test_the_desk_shows_what_was_decided_of_events_and_series() -> None:
    event = check_event({"date": "2026-05", "country": "CH", "place": "Basel", "kind": "forensic", "substance": "nitazenes", "source": "EWS"}, date(2026, 6, 1))
    event_log.add([event], now=datetime(2026, 6, 1, tzinfo=UTC))
    event_log.assess(event.id, "assessment", "ask the laboratory", by="duty officer", now=datetime(2026, 6, 2, tzinfo=UTC))
    event_log.assess("wastewater/CH/Basel/cocaine", "assessment", "one odd week", by="duty officer", now=datetime(2026, 6, 3, tzinfo=UTC))
    desk = open_desk("wastewater/CH/Basel", country="CHE", as_of=date(2026, 6, 4))
    assert [(one.subject, one.step, one.place) for one in desk.signals] == [
        (event.id, "assessment", "Basel"), ("wastewater/CH/Basel/cocaine", "assessment", "Basel"),
    ]  # fmt: skip
    assert [one.step for one in open_desk("wastewater/CH/Basel", as_of=date(2026, 6, 1)).signals] == ["signal"]
    assert desk.to_json()["rows"][0]["last_day"] == "2022-12-31"
