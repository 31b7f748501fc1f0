"""Periods as people write them: what a text means, and what only the file as a whole tells."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from kladsim.app import watching as page
from kladsim.core.errors import InputError
from kladsim.monitor import dates, forecasting, intake, library, own, store, watching
from kladsim.monitor.periods import FREQUENCIES, begin_of, end_of, step_of, to_period, to_step
from kladsim.monitor.recipes import IntakeOptions

CASES = Path(__file__).parent / "cases"
TODAY = date(2026, 11, 30)
HEAD = "country,place,indicator,unit,period,value"
pytestmark = pytest.mark.usefixtures("own_folder")


def _file(tmp_path: Path, periods: list[str], column: str = "period", freq: str = "") -> Path:
    path = tmp_path / "new.csv"
    head = HEAD.replace("period", column) + (",freq" if freq else "")
    rows = [f"GE,,calls,calls,{text},{number + 5}" + (f",{freq}" if freq else "") for number, text in enumerate(periods)]
    path.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    return path


def _read(path: Path, **options: str) -> list[tuple[str, str]]:
    rows, _ = intake.check(path, IntakeOptions(**options), today=TODAY)  # type: ignore[arg-type]
    return [(row.freq, to_period(row.step, row.freq)) for row in rows]


@pytest.mark.parametrize(
    ("text", "freq", "period"),
    [
        ("2021", "year", "2021"), ("2021 г.", "year", "2021"), ("2021.0", "year", "2021"),
        ("Q1 2021", "quarter", "2021-Q1"), ("2021-Q4", "quarter", "2021-Q4"), ("2021Q2", "quarter", "2021-Q2"),
        ("3 кв. 2021", "quarter", "2021-Q3"), ("IV квартал 2021 г.", "quarter", "2021-Q4"),
        ("2021-03", "month", "2021-03"), ("2021-3", "month", "2021-03"), ("03/2021", "month", "2021-03"),
        ("2021M03", "month", "2021-03"), ("202103", "month", "2021-03"), ("March 2021", "month", "2021-03"),
        ("мар. 2021", "month", "2021-03"), ("2021 март", "month", "2021-03"), ("Sept 2021", "month", "2021-09"),
        ("2020-W53", "week", "2020-W53"), ("2024W05", "week", "2024-W05"), ("2024-W5", "week", "2024-W05"),
        ("W05 2024", "week", "2024-W05"), ("5 нед. 2024", "week", "2024-W05"), ("week 5, 2024", "week", "2024-W05"),
        ("2021-03-15", "day", "2021-03-15"), ("20210315", "day", "2021-03-15"), ("15.03.2021", "day", "2021-03-15"),
        ("15 марта 2021 г.", "day", "2021-03-15"), ("March 15, 2021", "day", "2021-03-15"),
        ("2021-03-15T00:00:00", "day", "2021-03-15"), ("2024-W05-3", "day", "2024-01-31"),
    ],
)  # fmt: skip
def test_a_text_means_a_period(text: str, freq: str, period: str) -> None:
    found = dates.read_period(text)
    assert (found.freq, to_period(found.step, found.freq)) == (freq, period)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2021-W53", "2021 has the ISO weeks 1 to 52"), ("2021-13", "months are 1 to 12"), ("2021-02-30", "no such day"),
        ("44197", "days, as spreadsheets"), ("Jan-21", "four digits"), ("15/03/21", "four digits"),
        ("2021-S1", "no such period"), ("soon", "no such period"), ("", "no such period"),
    ],
)  # fmt: skip
def test_what_is_no_period_is_told(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        _read(_file(tmp_path, [text]))
    for way in ("2023-W16", "2023-Q2", "апрель 2023", "--order dmy", "17 April 2023"):
        assert way in str(caught.value.allowed)


@pytest.mark.parametrize("freq", FREQUENCIES)
def test_steps_and_texts_come_and_go(freq: str) -> None:
    day = date(2019, 12, 27)
    for _ in range(1200):
        step = step_of(day, freq)
        assert to_step(to_period(step, freq), freq) == step
        assert begin_of(step, freq) <= day <= end_of(step, freq)
        assert begin_of(step + 1, freq) == end_of(step, freq) + timedelta(1)
        day += timedelta(1)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("isoweek", [("week", "2020-W53")]), ("isoweek2", [("week", "2020-W53")]), ("quarter", [("quarter", "2021-Q1")]),
        ("m6", [("month", "2021-03")]), ("dmy", [("day", "2021-03-15")]), ("slash", [("year", "2021")]),
    ],
)  # fmt: skip
def test_the_cases_are_read(name: str, found: list[tuple[str, str]]) -> None:
    assert _read(CASES / "dates" / f"{name}.csv") == found


def test_two_days_of_one_week_are_two_values_or_what_is_asked_for() -> None:
    path = CASES / "dates" / "w53.csv"
    with pytest.raises(InputError, match="two values for own/GEO/Testville/calls in 2020-W53"):
        _read(path)
    for how, values in (("sum", [25.0, 14.0]), ("mean", [12.5, 14.0]), ("first", [12.0, 14.0]), ("last", [13.0, 14.0])):
        rows, log = intake.check(path, IntakeOptions(combine=how), today=TODAY)  # type: ignore[arg-type]
        assert [row.value for row in rows] == values and log.balanced
        assert any(f"in 2020-W53: the {how} of 2 values (12, 13)" in entry for entry in log.entries)


def test_dates_of_months_are_months() -> None:
    said = [intake.check(CASES / "dates" / f"{name}.csv", today=TODAY) for name in ("asday", "asmonth")]
    (days, log), (months, _) = said
    assert [(row.series, row.freq, row.step, row.value) for row in days] == [
        (row.series, row.freq, row.step, row.value) for row in months
    ]
    assert any("read as months, as their spacing tells (2021-01-01 is 2021-01)" in entry for entry in log.entries)
    assert {freq for freq, _ in _read(CASES / "dates" / "monthly.csv")} == {"month"}


@pytest.mark.parametrize(
    ("days", "freq"),
    [
        (["2021-01-31", "2021-02-28", "2021-03-31"], "month"), (["2021-01-15", "2021-02-15", "2021-04-15"], "month"),
        (["2021-01-01", "2021-04-01", "2021-07-01"], "quarter"), (["2019-12-31", "2020-12-31", "2021-12-31"], "year"),
        (["2021-01-04", "2021-01-11", "2021-01-25"], "week"), (["2021-01-03", "2021-01-10", "2021-01-17"], "week"),
        (["2021-01-04", "2021-01-05", "2021-01-09"], "day"), (["2021-01-12", "2021-02-09", "2021-03-15"], "month"),
        (["2021-01-03", "2021-01-11", "2021-02-02"], ""),
    ],
)  # fmt: skip
def test_spacing_tells_what_dates_stand_for(tmp_path: Path, days: list[str], freq: str) -> None:
    assert dates.detect_step([date.fromisoformat(day).toordinal() for day in days]) == freq
    if freq:
        assert {found for found, _ in _read(_file(tmp_path, days))} == {freq}
    else:
        with pytest.raises(InputError, match="does not tell what periods they stand for"):
            _read(_file(tmp_path, days))
    assert {found for found, _ in _read(_file(tmp_path, days, freq="day"))} == {"day"}


def test_the_file_tells_the_order_of_its_dates(tmp_path: Path) -> None:
    assert _read(_file(tmp_path, ["01/02/2021", "02/02/2021", "13/02/2021"]))[0] == ("day", "2021-02-01")
    assert _read(_file(tmp_path, ["02/01/2021", "02/02/2021", "02/13/2021"]))[0] == ("day", "2021-02-01")
    both = _file(tmp_path, ["01/02/2021", "02/02/2021"])
    with pytest.raises(InputError, match="day first, or the month"):
        _read(both)
    assert _read(both, order="dmy") == [("day", "2021-02-01"), ("day", "2021-02-02")]
    assert _read(both, order="mdy") == [("month", "2021-01"), ("month", "2021-02")]
    with pytest.raises(InputError, match="some dates have the day first and some the month"):
        _read(_file(tmp_path, ["13/02/2021", "02/14/2021"]))
    with pytest.raises(ValueError, match="'dmy' or 'mdy'"):
        _read(both, order="ymd")


def test_six_digits_are_weeks_where_the_file_says_so(tmp_path: Path) -> None:
    assert _read(_file(tmp_path, ["202405", "202406"], column="week")) == [("week", "2024-W05"), ("week", "2024-W06")]
    assert _read(_file(tmp_path, ["202405", "202406"], freq="week")) == [("week", "2024-W05"), ("week", "2024-W06")]
    assert _read(_file(tmp_path, ["202405", "202413"])) == [("week", "2024-W05"), ("week", "2024-W13")]
    assert _read(_file(tmp_path, ["202405", "202406"])) == [("month", "2024-05"), ("month", "2024-06")]
    assert _read(_file(tmp_path, ["2024-05"], column="неделя")) == [("week", "2024-W05")]


def test_a_year_and_a_part_of_it_in_two_columns(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    for part, text, found in (("week", "5", "2024-W05"), ("month", "5", "2024-05"), ("месяц", "май", "2024-05"), ("quarter", "2", "2024-Q2")):
        path.write_text(f"country,place,indicator,unit,year,{part},value\nGE,,calls,calls,2024,{text},5\n", encoding="utf-8")
        assert [period for _, period in _read(path)] == [found]


def test_dates_that_come_one_at_a_time_become_months_too(tmp_path: Path) -> None:
    store.add(_file(tmp_path, ["2023-01-01"]), today=TODAY)
    store.add(_file(tmp_path, ["2023-02-01"]), today=TODAY)
    store.add(_file(tmp_path, ["2023-03-01"]), today=TODAY)
    one = library.every()["own/GEO/calls"]
    assert (one.freq, one.points, one.last) == ("month", 3, "2023-03")
    assert sorted(row["period"] for row in own.read_versions()) == ["2023-01", "2023-02", "2023-03"]
    log = store.add(_file(tmp_path, ["2023-02-01", "2023-03-01", "2023-04-01"]), today=TODAY)
    assert log.changed == 1 and library.every()["own/GEO/calls"].points == 4
    store.add(_file(tmp_path, ["May 2023"]), today=TODAY)
    assert library.every()["own/GEO/calls"].last == "2023-05"
    with pytest.raises(InputError, match="is by month"):
        store.add(_file(tmp_path, ["2023-06-14"]), today=TODAY)


def test_a_store_of_an_earlier_version_is_read_by_its_spacing() -> None:
    """Until 0.6.0 dates of months were stored as days, and weeks as their Mondays."""
    store.folder().mkdir(parents=True)
    head = "series,country,place,indicator,unit,freq,period,value,reported,source,added"
    lines = [f"own/GEO/calls,GEO,,calls,calls,day,2023-{month:02d}-01,5.0,,old.csv,2024-01-01" for month in range(1, 7)]
    lines += [f"own/GEO/weeks,GEO,,weeks,calls,week,{day},5.0,,old.csv,2024-01-01" for day in ("2020-12-28", "2021-01-04")]
    (store.folder() / store.FILE).write_text("\n".join((head, *lines)) + "\n", encoding="utf-8")
    calls, weeks = library.every()["own/GEO/calls"], library.every()["own/GEO/weeks"]
    assert (calls.freq, calls.points, calls.last) == ("month", 6, "2023-06")
    assert (weeks.freq, weeks.points, weeks.last) == ("week", 2, "2021-W01")


@pytest.mark.parametrize(
    ("periods", "last", "following"),
    [
        ([f"2020-W{week}" for week in range(46, 54)], "2020-W53", "2021-W01"),
        ([f"Q{quarter} {year}" for year in (2022, 2023) for quarter in (1, 2, 3, 4)], "2023-Q4", "2024-Q1"),
        ([f"2023-{month:02d}-01" for month in range(5, 13)], "2023-12", "2024-01"),
    ],
)
def test_periods_stay_right_in_the_watch_forecasts_and_the_page(
    tmp_path: Path, periods: list[str], last: str, following: str
) -> None:
    store.add(_file(tmp_path, periods), today=TODAY)
    (row,) = watching.watch("own/GEO/calls", as_of=date(2024, 2, 1))
    assert row.last_period == last and row.data[-1].startswith(last)
    assert forecasting.forecast("own/GEO/calls", 1)[0]["period"] == following
    shown = page.forecast("own/GEO/calls", "light")
    assert shown.rows[len(periods) - 1].period == last
    assert page._day(last) == begin_of(to_step(last, row_freq := library.every()["own/GEO/calls"].freq), row_freq)


def test_days_of_report_are_read_as_periods_are(tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    for text in ("2022-03-18", "18.03.2022", "18/03/2022", "18 марта 2022 г."):
        path.write_text(f"{HEAD},reported\nGE,,calls,calls,2021,5,{text}\n", encoding="utf-8")
        rows, _ = intake.check(path, today=TODAY)
        assert rows[0].reported == "2022-03-18"
    path.write_text(f"{HEAD},reported\nGE,,calls,calls,2021,5,soon\n", encoding="utf-8")
    with pytest.raises(InputError, match="no such day"):
        intake.check(path, today=TODAY)
