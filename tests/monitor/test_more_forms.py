"""More forms of real files, invented after the first ones passed: each was read wrongly, dropped or refused before."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from kladsim.core.errors import InputError
from kladsim.monitor import intake, store
from kladsim.monitor.dates import drop_footnote, find_split_years, read_period
from kladsim.monitor.detection import read_count
from kladsim.monitor.numerals import read_number
from kladsim.monitor.percents import find_percent_cells
from kladsim.monitor.periods import to_period
from kladsim.monitor.problems import get_errors
from kladsim.monitor.questions import list_questions
from kladsim.monitor.recipes import IntakeOptions
from kladsim.monitor.sheets import detect_encoding

TODAY = date(2026, 11, 30)
HEAD = "country,place,indicator,unit,period,value\n"
Bounds = dict[tuple[str, str], tuple[float, float]]
Read = Callable[..., Bounds]
pytestmark = pytest.mark.usefixtures("own_folder")


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def inner(content: str | bytes, name: str = "file.csv", **options: Any) -> Bounds:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        rows, log = intake.check(path, IntakeOptions(**options), today=TODAY)
        assert log.balanced
        return {(row.series, to_period(row.step, row.freq)): row.bounds for row in rows}

    return inner


def _book(path: Path, *rows: list[Any], merged: tuple[str, ...] = (), percent: str = "") -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cells in merged:
        book.active.merge_cells(cells)
    if percent:
        book.active[percent].number_format = "0.0%"
    book.save(path)
    return path.read_bytes()


def _questions(error: InputError) -> set[str]:
    return {one.about for one in list_questions(get_errors(error))}


# -- signs that are no part of a number, name or year -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "plain"),
    [("12¹", "12"), ("1 234²", "1 234"), ("7 ¹⁾", "7"), ("Riga¹", "Riga"), ("2020³", "2020"), ("km²", "km²"), ("µg/m³", "µg/m³"), ("10⁻⁶", "10⁻"), ("5", "5")],
)
def test_a_raised_sign_points_to_a_footnote(text: str, plain: str) -> None:
    """NFKC makes 121 of 12¹."""
    assert drop_footnote(text) == plain


def test_footnotes_are_told_and_take_no_column(read: Read) -> None:
    found = read("country,indicator,unit,2020,2021²,2022*\nLV¹,calls,calls,12¹,13,<5³\n")
    assert found == {("own/LVA/calls", "2020"): (12, 12), ("own/LVA/calls", "2021"): (13, 13), ("own/LVA/calls", "2022"): (0, 5)}


def test_a_column_that_begins_with_a_year_is_not_dropped_in_silence(read: Read) -> None:
    text = "country,indicator,unit,2019,2020,2021 (prel. Q1-Q3)\nLV,calls,calls,1,2,3\n"
    with pytest.raises(InputError, match="names no period") as caught:
        read(text)
    assert _questions(caught.value) == {"ignore"}
    assert len(read(text, columns={"2021 (prel. Q1-Q3)": "ignore"})) == 2


# -- years that are no calendar years ---------------------------------------------------------------------------------


def test_years_from_one_calendar_year_into_the_next_are_no_months() -> None:
    assert find_split_years(["2009/10", "2010/11", "2011/12"]) == ["2009/10", "2010/11", "2011/12"]
    assert find_split_years(["2009-10", "2009-11"]) == find_split_years(["2009-10"]) == []


@pytest.mark.parametrize(
    "content",
    [
        HEAD + "GB,,calls,calls,2009/10,5\nGB,,calls,calls,2010/11,6\n",
        HEAD + "GB,,calls,calls,2011/12,5\nGB,,calls,calls,2012/13,6\n",
        "country,indicator,unit,2010/11,2011/12\nGB,calls,calls,1,2\n",
        "country,indicator,unit,2010-11,2011-12\nGB,calls,calls,1,2\n",
    ],
)
def test_such_years_are_refused(read: Read, content: str) -> None:
    with pytest.raises(InputError, match="begins in one calendar year"):
        read(content)


@pytest.mark.parametrize("year", ["2566", "1402", "1445", "令和5年", "民國112年"])
def test_years_of_other_calendars_are_never_taken_for_ours(read: Read, year: str) -> None:
    with pytest.raises(InputError):
        read(HEAD + f"TH,,calls,calls,{year},5\n")


@pytest.mark.parametrize(
    ("text", "period"),
    [("มกราคม 2023", "2023-01"), ("Agustus 2023", "2023-08"), ("Tháng 1 2023", "2023-01"), ("tháng 12/2023", "2023-12"), ("जनवरी 2023", "2023-01")],
)
def test_months_of_more_languages(text: str, period: str) -> None:
    found = read_period(text)
    assert to_period(found.step, found.freq) == period


# -- numbers ----------------------------------------------------------------------------------------------------------


def test_lakh_and_crore() -> None:
    assert read_number("1,23,456").low == 123456 and read_number("12,34,567.5").low == 1234567.5
    with pytest.raises(ValueError, match="no number"):
        read_number("1,2,345")


@pytest.mark.parametrize("separator", ["\t", ""])
def test_a_point_before_three_digits_is_asked_about_where_nothing_tells(separator: str) -> None:
    with pytest.raises(ValueError, match="no number for certain"):
        read_number("1.234", separator=separator)
    assert read_number("1.234", ".", separator).low == 1.234 and read_number("1.234", ",", separator).low == 1234
    assert read_number("1.234", separator=",").low == 1.234


@pytest.mark.parametrize("text", ["1.7e308", "1e400", "9" * 30, "<" + "9" * 30, "-1"])
def test_a_number_beyond_all_that_is_counted_is_refused(read: Read, text: str) -> None:
    """Two of them added up to infinity, and fits of their squares overflowed."""
    with pytest.raises(InputError):
        read(HEAD + f"LV,,calls,calls,2020,{text}\n")
    with pytest.raises(ValueError, match=r"number|at most"):
        read_count(text)


def test_counts_of_a_table_are_read_as_those_of_a_file() -> None:
    assert [read_count(text) for text in ("1 234", "1,234", "<5", "≤4", "1–4", "7 e")] == [(1234, 1234), (1234, 1234), (0, 4), (0, 4), (1, 4), (7, 7)]
    assert all(math.isnan(read_count(text)[0]) for text in ("*", "..", ":", "", "suppressed", ">100"))


def test_numbers_that_a_workbook_shows_as_percentages(read: Read, tmp_path: Path) -> None:
    rows = [HEAD.strip().split(","), ["LV", "", "positive", "%", 2020, 0.125], ["LV", "", "positive", "%", 2021, 13]]
    content = _book(tmp_path / "a.xlsx", *rows, percent="F2")
    assert find_percent_cells(content) == {"Sheet": [(2, 5)]}
    assert read(content, "a.xlsx") == {("own/LVA/positive", "2020"): (12.5, 12.5), ("own/LVA/positive", "2021"): (13, 13)}
    rows[1][3] = rows[2][3] = "persons"
    with pytest.raises(InputError, match="is a percentage"):
        read(_book(tmp_path / "a.xlsx", *rows, percent="F2"), "a.xlsx")


# -- layouts ----------------------------------------------------------------------------------------------------------


def test_quarters_below_years_are_quarters(read: Read, tmp_path: Path) -> None:
    rows = (
        ["Drug deaths in Latvia"], ["Region", 2022, None, None, "2023*", None], [None, "Q1", "Q2", "Total", "Q1", "Q2"],
        ["Riga", 1, 2, 3, 4, "<5"],
    )  # fmt: skip
    content = _book(tmp_path / "a.xlsx", *rows, merged=("B2:D2", "E2:F2", "A2:A3"))
    series = "own/LVA/Riga/Drug deaths in Latvia"
    assert read(content, "a.xlsx", constants={"unit": "persons"}) == {
        (series, "2022-Q1"): (1, 1), (series, "2022-Q2"): (2, 2), (series, "2023-Q1"): (4, 4), (series, "2023-Q2"): (0, 5),
    }  # fmt: skip


def test_countries_in_columns(read: Read) -> None:
    said = {"indicator": "deaths", "unit": "persons"}
    found = read("Year,Latvia,Lithuania,Total\n2020,1,2,3\n2021,4,5,9\n", constants=said)
    assert found == {(f"own/{code}/deaths", year): (value, value) for code, year, value in (("LVA", "2020", 1), ("LVA", "2021", 4), ("LTU", "2020", 2), ("LTU", "2021", 5))}


def test_cities_in_columns(read: Read) -> None:
    said = {"country": "RU", "indicator": "calls", "unit": "calls"}
    found = read("Месяц;Москва;Казань;Всего\n2020-01;1;2;3\n", constants=said)
    assert found == {("own/RUS/Москва/calls", "2020-01"): (1, 1), ("own/RUS/Казань/calls", "2020-01"): (2, 2), ("own/RUS/calls", "2020-01"): (3, 3)}


def test_a_column_of_cities_beside_a_named_indicator_is_the_place(read: Read) -> None:
    assert read("country;lieu dit;indicator;unit;period;value\nFR;Toulouse;calls;calls;2023;12\n") == {("own/FRA/Toulouse/calls", "2023"): (12, 12)}


def test_a_doubled_column_is_refused_where_it_differs(read: Read) -> None:
    head = "country,indicator,unit,period,value,value\n"
    with pytest.raises(InputError, match="two columns have this header"):
        read(head + "LV,calls,calls,2020,1,2\n")
    assert len(read(head + "LV,calls,calls,2020,1,1\n")) == 1


def test_empty_cells_below_a_group_are_asked_about(read: Read) -> None:
    text = "Country,Indicator,Unit,Year,Quarter,Value\nLatvia,deaths,persons,2020,1,1\n,deaths,persons,,2,2\n"
    with pytest.raises(InputError) as caught:
        read(text)
    assert _questions(caught.value) == {"fill"}
    assert read(text, columns={"Country": "fill", "Year": "fill"}) == {("own/LVA/deaths", "2020-Q1"): (1, 1), ("own/LVA/deaths", "2020-Q2"): (2, 2)}


def test_what_a_publisher_deletes_is_no_value(read: Read) -> None:
    head = "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,INDICATOR,UNIT_MEASURE,TIME_PERIOD,OBS_VALUE\n"
    found = read(head + "dataflow,X,I,Q,LV,deaths,PS,2020-Q1,14\ndataflow,X,D,Q,LV,deaths,PS,2020-Q2,16\n")
    assert found == {("own/LVA/deaths", "2020-Q1"): (14, 14)}


def test_a_place_called_as_its_country_is_the_country(read: Read) -> None:
    """A city of that name stays one."""
    found = read("Регион;2021\nАтырауская область;1\nРеспублика Казахстан;10\n", constants={"country": "KZ", "indicator": "изъятия", "unit": "кг"})
    assert found == {("own/KAZ/Атырауская область/изъятия", "2021"): (1, 1), ("own/KAZ/изъятия", "2021"): (10, 10)}
    assert list(read("City,Year,Deaths\nSingapore,2021,1\n", constants={"country": "SG"})) == [("own/SGP/Singapore/Deaths", "2021")]


def test_a_number_before_a_city_is_refused(read: Read) -> None:
    """It may be a statistical code of the city or a postcode within it."""
    with pytest.raises(InputError, match="names no city"):
        read("region;år;verdi\n0301 Oslo;2022;12\n", constants={"country": "NO", "indicator": "dødsfall", "unit": "personer"})


def test_units_that_headers_say(read: Read) -> None:
    text = "Schlüssel;Straftat;Jahr;erfasste Fälle;Aufklärungsquote in %;Rate per 100,000\n730000;Rauschgiftdelikte;2022;340.677;92,2;400,5\n"
    found = read(text, constants={"country": "DE"})
    assert sorted(low for low, _ in found.values()) == [92.2, 400.5, 340677]


# -- encodings and JSON -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (HEAD + "Türkiye,Şanlıurfa,calls,calls,2023,12\n", "cp1254"),
        ("country,place,indicator,unit,période,value\nLatvija,Rēzekne,calls,calls,2023,12\n", "cp1257"),
        ("country,place,indicator,unit,période,value\nPL,Świdnica,calls,calls,2023,12\n", "cp1250"),
        ("Pays;Ville;Indicateur;Unité;Période;Valeur\nFrance;Besançon;décès;personnes;août 2023;12\n", "cp1252"),
        ("Kraj;Miejscowość;Wskaźnik;Jednostka;Miesiąc;Wartość\nPolska;Łódź;zatrucia;osób;październik 2023;12\n", "iso8859-2"),
        ("Kraj;Miejscowość;Wskaźnik;Jednostka;Miesiąc;Wartość\nPolska;Łódź;zatrucia;osób;październik 2023;12\n", "cp852"),
        ("Země;Město;Ukazatel;Jednotka;Období;Hodnota\nČesko;Plzeň;otravy;osob;leden 2023;12\n", "cp1250"),
        ("国,都市,指標,単位,期間,値\n日本,大阪,薬物中毒,人,2023年1月,12\n", "euc_jp"),
        ("国家,城市,指标,单位,时期,数值\n中国,上海,中毒,人,2023年1月,12\n", "gb18030"),
        ("國家,城市,指標,單位,期間,數值\n台灣,台北,中毒,人,2023年1月,12\n", "big5"),
        ("ประเทศ,เมือง,ตัวชี้วัด,หน่วย,เดือน,ค่า\nไทย,กรุงเทพ,คดียาเสพติด,คดี,มกราคม 2023,12\n", "cp874"),
        ("מדינה;עיר;מדד;יחידה;תקופה;ערך\nישראל;חיפה;הרעלות;אנשים;ינואר 2023;12\n", "cp1255"),
        ("البلد;المدينة;المؤشر;الوحدة;الفترة;القيمة\nمصر;الإسكندرية;تسمم;أشخاص;يناير 2023;12\n", "cp1256"),
    ],
)  # fmt: skip
def test_letters_come_out_as_they_were_written(text: str, encoding: str) -> None:
    """The same bytes are letters in several encodings: the countries named in the file decide between equals."""
    content = text.encode(encoding)
    assert content.decode(detect_encoding(content)) == text


def test_an_encoding_on_which_nothing_decides_is_asked_for() -> None:
    assert detect_encoding((HEAD + "TR,Şanlıurfa,calls,calls,2023,12\n").encode("cp1254")) == ""


@pytest.mark.parametrize("content", ["[" * 5000 + "]" * 5000, '[{"country": "LV", "value": 1, "value": 2}]', '{"value": 1, "value": 2}\n{"value": 1}\n'])
def test_json_that_cannot_be_read_is_refused_in_words(read: Read, content: str) -> None:
    with pytest.raises(InputError, match=r"too deep|two values under one key"):
        read(content, "a.json")


# -- another kind of period than the known series has -----------------------------------------------------------------


def test_a_series_by_another_period_goes_in_under_a_name_of_its_own(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "years.csv"
    path.write_text(HEAD + "GE,Testville,calls,calls,2021,10\n", encoding="utf-8")
    store.add(path)
    weeks = HEAD + "GE,Testville,calls,calls,2020-W53,12\n"
    with pytest.raises(InputError) as caught:
        read(weeks)
    assert caught.value.allowed == "year, or --rename 'calls=calls by week' for a series of its own"
    found = read(weeks, rename={"calls": "calls by week"})
    assert {name.rpartition("/")[2]: bounds for (name, _), bounds in found.items()} == {"calls by week": (12, 12)}
    assert not any(math.isnan(low) for low, _ in found.values())
