"""The watch on a person's own files: counts scatter, the current year counts from its report, countries by any name."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from kladsim.app import watching as page
from kladsim.core.errors import InputError
from kladsim.monitor import counting, forecasting, library, own, store, watching
from kladsim.monitor.alarms import describe_reason, find_surges
from kladsim.monitor.fit_store import FitStore
from kladsim.monitor.periods import begin_of, to_period
from kladsim.monitor.types import Series

CASES = Path(__file__).parents[1] / "monitor" / "cases"
TODAY = date(2026, 11, 30)
HEAD = "country,place,indicator,unit,period,value"
pytestmark = pytest.mark.usefixtures("own_folder")


def _add(tmp_path: Path, *rows: str, head: str = HEAD) -> None:
    path = tmp_path / "new.csv"
    path.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    store.add(path, today=TODAY)


def _months(values: list[float], name: str = "calls", unit: str = "calls") -> list[str]:
    return [f"GE,,{name},{unit},{2020 + i // 12}-{i % 12 + 1:02d},{value:g}" for i, value in enumerate(values)]


def _series(values: list[float], unit: str = "calls") -> Series:
    steps = np.arange(24240, 24240 + len(values))
    return Series("own/GEO/x", "own", "GEO", "", "x", unit, "month", "own", steps, np.array(values, dtype=float))


def test_fifty_two_after_fifty_each_month_is_no_alarm() -> None:
    store.add(CASES / "counts" / "flat.csv", today=TODAY)
    rows = {row.series: row for row in watching.watch("own", as_of=date(2026, 11, 10))}
    flat = rows["own/GEO/flat calls"]
    assert (flat.last_value, flat.status) == (52.0, "calm")
    assert flat.low80 is not None and flat.low80 < 45.0 and flat.high80 is not None and flat.high80 > 55.0
    row = forecasting.forecast("own/GEO/flat calls", 1)[0]
    assert row["lo80"] < 45.0 < 55.0 < row["hi80"]


@pytest.mark.parametrize(
    ("values", "status"),
    [([20.0] * 59 + [22.0], "calm"), ([200.0] * 59 + [215.0], "calm"), ([50.0] * 59 + [90.0], "alarm"), ([3.0] * 59 + [12.0], "alarm")],
)
def test_still_counts_alarm_beyond_their_noise_only(tmp_path: Path, values: list[float], status: str) -> None:
    _add(tmp_path, *_months(values))
    assert watching.watch("own", as_of=date(2025, 1, 10))[0].status == status


def test_the_reason_of_a_surge_of_two_months_is_no_bound_of_zero(tmp_path: Path) -> None:
    """The sum of both months alarms with any count in the second."""
    _add(tmp_path, *_months([12.0, 9.0, 14.0, 10.0, 13.0] * 13 + [44.0, 50.0]))
    (row,) = watching.watch("own", as_of=date(2025, 8, 10))
    assert row.status == "alarm" and "after counts that are a surge by themselves" in " ".join(row.reasons)
    assert "upper bound" not in " ".join(row.reasons)


def test_reasons_in_russian_have_decimal_commas() -> None:
    said = describe_reason("surprise", "ru", value="48.5", period="2026-10", expected="12.3", low="8", high="17.1", tail="0.001")
    assert "48,5 (2026-10) при ожидаемых 12,3" in said and "." not in said
    assert "48.5 in 2026-10" in describe_reason("surprise", "en", value="48.5", period="2026-10", expected="1", low="8", high="9", tail="0.1")


def test_what_is_a_count() -> None:
    assert counting.is_count(_series([1.0, 2.0])) and counting.is_count(_series([1.0], "persons"))
    assert counting.is_count(_series([1.0], "calls/week")) and counting.is_count(_series([1.0], "звонки в месяц"))
    for unit in ("kg", "кг", "kg/month", "mg per 1,000 people per day", "%", "per 100 users", "cases per 100,000", "g"):
        assert not counting.is_count(_series([1.0, 2.0], unit))
    assert not counting.is_count(_series([1.0, 2.5]))



@pytest.mark.slow
@pytest.mark.parametrize("mean", [0.03, 0.3, 3.0])
def test_rare_counts_alarm_no_more_often_than_is_said(mean: float) -> None:
    """Of 200 series by month without a change, 1 % alarm at most by what is said: eight or more have a chance of 0.1 %."""
    rng = np.random.default_rng(2)
    alarms = 0
    context = watching._Context(TODAY, None, FitStore())
    for _ in range(200):
        one = _series(rng.poisson(mean, 70).astype(float).tolist())
        judged = context.judge(one)
        assert judged is not None
        alarms += judged.tail < watching.ALARM or bool(find_surges([one]))
    assert alarms < 8


@pytest.mark.slow
@pytest.mark.parametrize("freq", ["week", "day"])
@pytest.mark.parametrize("mean", [0.1, 1.0])
def test_rare_weekly_counts_alarm_no_more_often_than_is_said(mean: float, freq: str) -> None:
    """Of 400 series without a change four alarm by chance: ten or more have a chance below 1 %."""
    rng = np.random.default_rng(4)
    made = (rng.poisson(mean, 110).astype(float) for _ in range(400))
    steps = np.arange(105_000, 105_110)
    series = [Series(f"own/GEO/{i}", "own", "GEO", "", "x", "calls", freq, "own", steps, values) for i, values in enumerate(made)]
    found = find_surges(series)
    assert len(found) < 10
    assert not any(alarm.stands for alarm in found.values())


def test_the_current_year_is_used_from_its_report_on(tmp_path: Path) -> None:
    """26, 41, 95 in Riga: without a day of report the value of 2026 waits, and the watch says why."""
    store.add(CASES / "files" / "9_ww.csv", today=TODAY)
    name = "wastewater/LV/Riga/amphetamine"
    (row,) = watching.watch(name, as_of=TODAY)
    why = "the value of 2026 (95) is not used yet: the year is not over"
    assert row.last_period == "2025" and any(why in reason for reason in row.reasons)
    assert any(why in note for note in watching.list_notes(TODAY))
    _add(tmp_path, "LV,Riga,amphetamine,mg/1000/day,2026,95,2026-06-01", head=HEAD + ",reported")
    (row,) = watching.watch(name, as_of=date(2026, 6, 2))
    assert (row.last_period, row.last_value, row.age_years) == ("2026", 95.0, 0.0) and row.status in ("watch", "alarm")
    assert row.nowcast is not None and not watching.list_notes(date(2026, 6, 2))
    assert watching.watch(name, as_of=date(2026, 5, 31))[0].last_period == "2025"


def test_a_month_that_is_not_over_waits_too(tmp_path: Path) -> None:
    _add(tmp_path, *_months([50.0] * 60), "GE,,calls,calls,2026-11,500")
    (row,) = watching.watch("own", as_of=TODAY.replace(day=29))
    assert row.last_period == "2024-12" and any("the month is not over" in reason for reason in row.reasons)
    assert watching.watch("own", as_of=TODAY)[0].last_period == "2026-11"


@pytest.mark.parametrize("country", ["LV", "LVA", "Latvia", "Латвия"])
def test_a_country_is_one_by_every_name(tmp_path: Path, country: str) -> None:
    _add(tmp_path, f"{country},Riga,calls,calls,2025,5", *(f"LV,,calls,calls,{year},5" for year in range(2015, 2026)))
    names = {row.series for row in watching.watch(country=country, as_of=TODAY)}
    assert {"own/LVA/Riga/calls", "own/LVA/calls", "wastewater/LV/Riga/MDMA"} <= names
    assert names == {one.name for one in library.of_country(library.every().values(), "LVA")}
    if country == "Латвия":  # the panel is fitted each time
        assert {row["city"] for row in forecasting.forecast("wastewater", 1, country)} == {"Riga"}
    assert forecasting.forecast("own", 1, country)[0]["series"] == "own/LVA/calls"
    (shown,) = [row for row in page.series().rows if row["name"] == "own/LVA/calls"]
    assert country in shown["also"]


def test_names_of_series_take_either_code() -> None:
    by = {code: [one.name for one in library.find(f"wastewater/{code}/Riga")] for code in ("LV", "LVA", "lv")}
    assert by["LV"] == by["LVA"] == by["lv"] and len(by["LV"]) > 1


def test_no_such_country_is_an_error() -> None:
    for verb in (lambda: watching.watch(country="ARB"), lambda: forecasting.forecast("wastewater", 1, "H")):
        with pytest.raises(InputError) as caught:
            verb()
        assert caught.value.where == "--country" and caught.value.suggestion is None


def test_values_made_up_by_an_earlier_version_are_told(tmp_path: Path) -> None:
    _add(tmp_path, *_months([5.0] * 30), "GE,,calls,calls,2022-07,2.5")
    with (store.folder() / store.LOG).open("a", encoding="utf-8") as file:
        file.write("2026-11-30 new.csv: line 32: '<5' is below quantification: half of the limit taken\n")
    library.forget()
    assert own.describe_left_out() and own.describe_left_out()[0] in watching.list_notes(TODAY)
    assert watching.watch("own", as_of=TODAY)[0].last_period == "2022-06"


def test_monitor_verbs_say_nothing_but_sentences(tmp_path: Path) -> None:
    """Weeks and months without any scatter: statsmodels warned of a perfect fit, with paths, on stderr."""
    weeks = [f"GE,,weekly things,calls,{2024 + i // 52}-W{i % 52 + 1:02d},50" for i in range(80)]
    _add(tmp_path, *_months([50.0] * 60), *weeks, *_months([0.0] * 58 + [1.0, 0.0], "deaths", "persons"))
    for verb in (["watch", "own", "--all"], ["forecast", "own", "--json"], ["series", "own", "--country", "Georgia"]):
        done = subprocess.run([sys.executable, "-m", "kladsim", "monitor", *verb], capture_output=True, text=True, check=True)
        assert done.stderr == "" and "own/GEO/calls" in done.stdout


def _report_late(tmp_path: Path, last: int) -> list[str]:
    """Forty calls a week (another number in the last): half are reported in their week, 30 % a week later, 20 % two."""
    rows, now = [], 105_700
    for week in range(now - 80, now + 1):
        final = last if week == now else 40 + (7 * week) % 5 - 2
        for delay, share in enumerate((0.5, 0.8, 1.0)):
            if week + delay <= now:
                day = begin_of(week + delay, "week") + timedelta(days=6)
                rows.append(f"GE,,calls,calls,{to_period(week, 'week')},{round(final * share)},{day}")
    _add(tmp_path, *rows, head=HEAD + ",reported")
    return [to_period(week, "week") for week in (now - 1, now)]


@pytest.mark.parametrize(("last", "statuses"), [(40, ("calm",)), (160, ("watch", "alarm"))])
def test_counts_that_are_still_coming_in_are_judged_by_their_nowcast(
    tmp_path: Path, last: int, statuses: tuple[str, ...]
) -> None:
    weeks = _report_late(tmp_path, last)
    (row,) = watching.watch("own", as_of=begin_of(105_701, "week"))
    assert [one.period for one in row.late] == weeks
    late = row.late[-1]
    assert late.reported == last / 2 and late.low80 <= last <= late.high80
    assert row.status in statuses and (row.last_period, row.last_value) == (weeks[-1], last / 2)
    assert any(f"{weeks[-1]}: {last // 2} reported so far" in reason for reason in row.reasons)
    assert any("at least" in reason for reason in row.reasons) == (last == 160)
    assert row.nowcast is not None and row.nowcast > 30.0  # and not half of what comes in the end
    drawn = {one.period: (one.median, one.low, one.high) for one in page.forecast(row.series, "light").rows}
    assert drawn[weeks[-1]] == (late.median, late.low80, late.high80) and drawn[weeks[0]][1] is not None


def test_values_without_a_day_of_report_have_no_nowcast_of_late_reports(tmp_path: Path) -> None:
    _add(tmp_path, *_months([50.0] * 40))
    assert watching.watch("own", as_of=date(2023, 6, 1))[0].late == ()
