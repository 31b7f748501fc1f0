"""Files as they come: encodings that are certain are read, what cannot be read yet is refused with what was seen."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import pytest

from kladsim.core.errors import InputError
from kladsim.monitor import intake
from kladsim.monitor.periods import to_period
from kladsim.monitor.recipes import IntakeOptions

CASES = Path(__file__).parent / "cases" / "files"
TODAY = date(2026, 11, 30)
RUSSIAN = "Страна;Город;Показатель;Единица;Период;Значение\nКазахстан;Алматы;изъятия мефедрона;кг;2024-01;12,5\n"
PLAIN = "country,place,indicator,unit,period,value\nRU,{},calls,calls,2021,10\n"
pytestmark = pytest.mark.usefixtures("own_folder")


def _write(tmp_path: Path, text: str, encoding: str) -> Path:
    path = tmp_path / "file.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("name", "values", "place"),
    [("bomcrlf", [10, 12], "Testville"), ("maccr", [10, 12], "Testville"), ("utf16", [10, 12], "Testville"), ("cp1251", [10], "Москва")],
)
def test_encodings_and_line_ends(name: str, values: list[float], place: str) -> None:
    rows, log = intake.check(CASES / f"{name}.csv", today=TODAY)
    assert [row.value for row in rows] == values and {row.place for row in rows} == {place}
    assert name in ("bomcrlf", "maccr") or any("read so" in entry for entry in log.entries)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1251"])
def test_russian_headers_and_names(tmp_path: Path, encoding: str) -> None:
    rows, _ = intake.check(_write(tmp_path, RUSSIAN, encoding), today=TODAY)
    assert [(row.series, row.unit, row.value) for row in rows] == [("own/KAZ/Алматы/изъятия мефедрона", "кг", 12.5)]


@pytest.mark.parametrize(
    ("place", "encoding"), [("Казань", "koi8-r"), ("казань", "koi8-r"), ("Казань", "cp866"), ("Orléans", "latin-1"), ("Αθήνα", "cp1253")]
)
def test_an_encoding_that_is_not_certain_is_asked_for(tmp_path: Path, place: str, encoding: str) -> None:
    path = _write(tmp_path, PLAIN.format(place), encoding)
    with pytest.raises(InputError, match="not UTF-8, and its encoding cannot be told for certain"):
        intake.check(path, today=TODAY)
    rows, _ = intake.check(path, IntakeOptions(encoding=encoding), today=TODAY)
    assert rows[0].place == place


def test_a_wrong_encoding_is_told(tmp_path: Path) -> None:
    path = _write(tmp_path, PLAIN.format("Казань"), "cp1251")
    with pytest.raises(InputError, match="no such encoding") as caught:
        intake.check(path, IntakeOptions(encoding="koi8-q"), today=TODAY)
    assert caught.value.suggestion in ("koi8-r", "koi8-u")
    with pytest.raises(InputError, match="is not utf-8"):
        intake.check(path, IntakeOptions(encoding="utf-8"), today=TODAY)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04rest", "is damaged"), (b"\xd0\xcf\x11\xe0rest", "is damaged"), (b"%PDF-1.7", "is a PDF"),
        (b'{"a": 1}', "no table"), (b'{"a": [', "is no JSON"), (b"\n<html>", "XML or a web page"), (b"\x1f\x8brest", "is damaged"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=words):
        intake.check(path, today=TODAY)


def test_the_workbook_of_the_case() -> None:
    """Title and merged headers above the table, decimal commas in texts, bounds, a sum below: 12 months of three series."""
    rows, log = intake.check(CASES / "3_seizures.xlsx", today=TODAY)
    seizures = "own/LVA/Seizures of synthetic cathinones, "
    assert {row.series: row.unit for row in rows} == {
        f"{seizures}Cases": "cases", f"{seizures}Quantity (kg)": "kg", f"{seizures}Quantity (packets)": "packets",
    }  # fmt: skip
    bounds = {(row.series, to_period(row.step, row.freq)): row.bounds for row in rows}
    assert bounds[f"{seizures}Quantity (kg)", "2024-11"] == (12.11, 12.11)
    assert bounds[f"{seizures}Quantity (kg)", "2024-04"] == (0.0, math.inf)
    assert bounds[f"{seizures}Quantity (packets)", "2024-03"] == (0.0, 5.0)
    assert (log.read, log.kept, log.left_out, log.intervals) == (39, 36, 3, 7) and log.balanced
    assert "line 16: a sum over rows ('Total' as period): left out, not a row of its own" in log.entries


def test_the_export_of_the_euda() -> None:
    rows, log = intake.check(CASES / "1_euda_wastewater.csv", today=TODAY)
    assert {row.series for row in rows} == {f"wastewater/LV/Riga/{drug}" for drug in ("cocaine", "MDMA", "amphetamine", "methamphetamine")}
    assert next(row.value for row in rows if row.series.endswith("cocaine") and row.step == 2019) == 71.10
    assert any("recognised as drug residues in European wastewater" in entry for entry in log.entries) and len(rows) == 24


def test_weeks_with_bounds() -> None:
    rows, _ = intake.check(CASES / "2_poison_weekly.csv", today=TODAY)
    assert len(rows) == 156 and {row.freq for row in rows} == {"week"}
    assert {row.bounds for row in rows if not row.is_exact} == {(0.0, 5.0)}


def test_russian_headers_in_windows_1251() -> None:
    rows, _ = intake.check(CASES / "5b_cp1251.csv", today=TODAY)
    assert [row.bounds for row in rows] == [(12.5, 12.5), (0.0, math.inf), (0.0, 5.0)]
    assert {row.series for row in rows} == {"own/KAZ/Алматы/изъятия мефедрона"}


def test_years_in_columns_are_rows(tmp_path: Path) -> None:
    path = _write(tmp_path, "country,place,indicator,unit,2019,2020,2021\nKR,,calls,calls,1,<5,\n", "utf-8")
    rows, log = intake.check(path, today=TODAY)
    assert [(row.step, row.bounds) for row in rows] == [(2019, (1.0, 1.0)), (2020, (0.0, 5.0))]
    assert log.missing == 1 and log.balanced


def test_a_column_by_its_own_name_comes_before_others_that_may_mean_it(tmp_path: Path) -> None:
    text = "country,region,city,place,date,period,indicator,unit,count,value\nRU,Tatarstan,X,Казань,2020-05-05,2021,calls,calls,9,7\n"
    rows, log = intake.check(_write(tmp_path, text, "utf-8"), today=TODAY)
    assert [(row.place, row.freq, row.value) for row in rows] == [("Казань", "year", 7.0)]
    assert any("columns not used: region, city, date, count" in entry for entry in log.entries)
    text = "Страна;Регион;Город;Показатель;Единица;Год;Число\nРоссия;Татарстан;Казань;звонки;штук;2021;7\n"
    rows, _ = intake.check(_write(tmp_path, text, "utf-8"), today=TODAY)
    assert [(row.series, row.value) for row in rows] == [("own/RUS/Казань/звонки", 7.0)]
