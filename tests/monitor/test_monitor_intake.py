"""New data: every mistake is a named error or a logged repair, and every row is accounted for."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kladsim.core.errors import InputError
from kladsim.monitor import forecasting, intake, library, store, wastewater
from kladsim.monitor.recipes import IntakeOptions

TODAY = date(2026, 11, 21)
HEAD = "country,place,indicator,unit,period,value"
UNIT = "mg/1000/day"

pytestmark = pytest.mark.usefixtures("own_folder")


def _file(tmp_path: Path, *rows: str, head: str = HEAD) -> Path:
    path = tmp_path / "new.csv"
    path.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    return path


def _check(path: Path, **options: object) -> tuple[list[intake.Observation], intake.Log]:
    return intake.check(path, IntakeOptions(**options), today=TODAY)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rows", "head", "words"),
    [
        ((), "", "empty"),
        ((), HEAD, "no rows"),
        (("AT,MDMA,mg/1000/day,2023",), "country,indicator,unit,period", "'value' is missing"),
        (("AT,Wien,MDMA,mg/1000/day,2031,5",), HEAD, "future"),
        (("AT,Wien,MDMA,mg/1000/day,2026-12,5",), HEAD, "future"),
        (("AT,Wien,MDMA,mg/1000/day,20x3,5",), HEAD, "no such period"),
        (("AT,Wien,MDMA,litres,2023,5",), HEAD, "unit is not that"),
        (("PT,Lisbon,cocaine,mg/1000/day,2023,0.4",), HEAD, "another unit"),
        (("AT,Wien,MDMA,mg/1000/day,2023,-5",), HEAD, "not negative"),
        (('AT,Wien,MDMA,mg/1000/day,2023,"1,234"',), HEAD, "no number"),
        (("Austriaa,Wien,MDMA,mg/1000/day,2023,5",), HEAD, "no such country"),
        (("AT,Wien,MDMA,mg/1000/day,2023,5", "AT,Wien,MDMA,mg/1000/day,2023,7"), HEAD, "two values"),
        (("NL,Amsterdamm,MDMA,mg/1000/day,2023,150",), HEAD, "renamed, or new"),
        (("AT,Wien,MDMA,mg/1000/day,2023",), HEAD, "5 cells"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, rows: tuple[str, ...], head: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        _check(_file(tmp_path, *rows, head=head))
    assert caught.value.where is not None


def test_not_utf8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes((HEAD + "\nDE,München,MDMA,mg/1000/day,2023,5\n").encode("latin-1"))
    with pytest.raises(InputError, match="UTF-8"):
        _check(path)


def test_repairs_are_logged_and_rows_balance(tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_text(
        "Country;City;Drug;Unit;Year;Value\n"
        "AT;Vienna;MDMA;mg/1000/day;2023;15.2\n"
        "AT;Vienna;MDMA;mg/1000/day;2023;15.2\n"
        "PT;Lisboa;cocaine;g/1000/day;2023;0.41\n"
        "DE;Dülmen;MDMA;mg/1000/day;2023;1.5 e\n"
        "FI;Espoo;MDMA;mg/1000/day;2023;n/a\n"
        "FI;Espoo;amphetamine;mg/1000/day;2024;4 200.5\n",
        encoding="utf-8",
    )
    rows, log = _check(path)
    told = " | ".join(log.entries)
    for words in ("separated by", "taken as that", "times 1000", "flag kept as a note (e: estimated)", "missing, not as zero"):
        assert words in told
    for words in ("counted once", "spaces between thousands", "outlier", "left open, not filled"):
        assert words in told
    assert log.balanced
    assert (log.read, log.kept, log.duplicates, log.missing) == (6, 4, 1, 1)
    loads = {row.series: row.value for row in rows}
    assert loads["wastewater/PT/Lisbon/cocaine"] == pytest.approx(410.0)
    assert loads["wastewater/DE/Dülmen/MDMA"] == pytest.approx(1.5)


def test_later_reports_revise_earlier_ones(tmp_path: Path) -> None:
    path = _file(
        tmp_path,
        "KOR,,persons held,persons,2024,100,2025-02-01",
        "KOR,,persons held,persons,2024,130,2025-09-01",
        head=HEAD + ",reported",
    )
    rows, log = _check(path)
    assert [row.value for row in rows] == [130.0]
    assert log.revised == 1
    assert log.balanced


def test_added_values_reach_the_forecast(tmp_path: Path) -> None:
    path = _file(tmp_path, "AT,Wien,MDMA,mg/1000/day,2023,60")
    before = {r["city"]: r for r in forecasting.forecast("wastewater/AT/Wien/MDMA", 2)}
    log = store.add(path, today=TODAY)
    assert log.kept == 1
    after = {r["city"]: r for r in forecasting.forecast("wastewater/AT/Wien/MDMA", 1)}
    assert after["Wien"]["year"] == 2024
    assert after["Wien"]["median"] > before["Wien"]["median"]
    assert wastewater.current_panel().year.max() == 2023
    again = store.add(_file(tmp_path, "AT,Wien,MDMA,mg/1000/day,2023,50"), today=TODAY)
    assert any("revised to 50" in entry for entry in again.entries)
    assert (store.folder() / store.LOG).exists()


def test_nothing_is_stored_when_a_row_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        store.add(_file(tmp_path, "AT,Wien,MDMA,mg/1000/day,2023,60", "AT,Wien,MDMA,mg/1000/day,2030,60"), today=TODAY)
    assert not (store.folder() / library.OWN_FILE).exists()


def test_renaming_as_asked(tmp_path: Path) -> None:
    path = _file(tmp_path, "NL,Amsterdamm,MDMA,mg/1000/day,2023,150")
    rows, _ = _check(path, rename={"Amsterdamm": "Amsterdam"})
    assert rows[0].place == "Amsterdam"
    rows, _ = _check(path, new=["Amsterdamm"])
    assert rows[0].place == "Amsterdamm"


OWN = "GEO,Tbilisi,packets found,persons"


@pytest.mark.parametrize(
    ("rows", "head", "words"),
    [
        (("AT,Wien,MDMA,mg/1000/day,2023,5,\"a note", "AT,Graz,MDMA,mg/1000/day,2023,6,b"), HEAD + ",source", "not closed"),
        (("AT,Wien,MDMA,mg/1000/day,2023," + "5" * 200_000,), HEAD, "not CSV"),
        (("AT,Wien,MDMA,mg/1000/day,2023,5\x00",), HEAD, "control sign"),
        (("AT,Wien,MDMA,mg/1000/day,2023,1_000",), HEAD, "no number"),
        (("XX,Wien,MDMA,mg/1000/day,2023,5",), HEAD, "no such country"),
        (("AT,Wien,MDNA,mg/1000/day,2023,5",), HEAD, "that one, or new"),
        (("AT,Wien,,mg/1000/day,2023,5",), HEAD, "no indicator"),
        (("AT,Wien,MDMA,,2023,5",), HEAD, "no unit"),
        ((OWN + ",2022,5", "GEO,Tbilisi,packets found,kg,2023,5"), HEAD, "another unit in line 2"),
        ((OWN + ",2022,5", OWN + ",2023-01,5"), HEAD, "another period in line 2"),
        ((OWN + ",2022,5,anual",), HEAD + ",freq", "no such kind of period"),
        ((OWN + ",2022,5,2020-05-01",), HEAD + ",reported", "before the period began"),
        (("GEO,Tbilisi,packets found,persons,2022,9-5",), HEAD, "lower bound is above"),
        (("AT,Wien,MDMA,mg/1000/day,0000,5",), HEAD, "no such period"),
        (("AT,Wien,MDMA,mg/1000/day,2023-04,15",), HEAD, "is by year"),
        (("DE,Wien,MDMA,mg/1000/day,2023,15",), HEAD, "known in another country"),
        (("DE,Berlin South,MDMA,mg/1000/day,2023,15",), HEAD, "renamed, or new"),
        (("AT,1010 Wien,MDMA,mg/1000/day,2023,15",), HEAD, "nothing finer than a city"),
        (("AT,Mariahilfer Straße,MDMA,mg/1000/day,2023,15",), HEAD, "nothing finer than a city"),
        (('AT,"48.21, 16.37",MDMA,mg/1000/day,2023,15',), HEAD, "nothing finer than a city"),
        (("AT,someone@city.at,MDMA,mg/1000/day,2023,15",), HEAD, "nothing finer than a city"),
        (tuple(f"AT,Wien,cocaine,mg/1000/day,{y},{v}" for y, v in ((2023, 200), (2024, 210), (2025, 220_000))), HEAD,
         "times the usual one"),
        (("PT,Lisbon,cocaine,mg/1000/day,2021,30000", "PT,Lisbon,cocaine,mg/1000/day,2022,31000"), HEAD, "another unit"),
    ],
)
def test_more_mistakes_are_named(tmp_path: Path, rows: tuple[str, ...], head: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        _check(_file(tmp_path, *rows, head=head))
    assert caught.value.where is not None


def test_either_code_of_a_country_reaches_the_known_series(tmp_path: Path) -> None:
    rows, log = _check(_file(tmp_path, "AUT,Wien,MDMA,mg/1000/day,2023,15", "UK,Bristol,MDMA,mg/1000/day,2023,60"))
    assert [row.series for row in rows] == ["wastewater/AT/Wien/MDMA", "wastewater/GB/Bristol/MDMA"]
    assert "is 'AT'" in log.entries[0] and "read as 'GB'" in log.entries[1]


def test_new_series_are_told_and_misspelt_options_refused(tmp_path: Path) -> None:
    path = _file(tmp_path, OWN + ",2023,5")
    _, log = _check(path)
    assert any("series that is new" in entry for entry in log.entries)
    with pytest.raises(InputError, match="not in the file"):
        _check(path, rename={"Tiflis": "Tbilisi"})


def test_an_older_report_does_not_replace_a_newer_one(tmp_path: Path) -> None:
    for value, day in ((130, "2025-09-01"), (100, "2025-02-01")):
        log = store.add(_file(tmp_path, f"{OWN},2024,{value},{day}", head=HEAD + ",reported"), today=TODAY)
    assert log.balanced and log.revised == 1 and any("stays" in entry for entry in log.entries)
    assert library.every()["own/GEO/Tbilisi/packets found"].values.tolist() == [130.0]


def test_a_file_of_old_line_ends_and_one_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "old.csv"
    path.write_bytes((HEAD + "\nAT,Wien,MDMA,mg/1000/day,2023,5\nAT,St. Pölten,MDMA,μg/1000/day,2023,5000\n").replace(
        "\n", "\r").encode())  # fmt: skip
    rows, _ = _check(path)
    assert [(row.place, row.value) for row in rows] == [("St. Pölten", 5.0), ("Wien", 5.0)]
    for missing in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            _check(missing)


def test_every_version_is_kept_and_a_day_sees_what_was_published_by_then(tmp_path: Path) -> None:
    head = HEAD + ",reported"
    store.add(_file(tmp_path, f"{OWN},2024,100,2025-02-01", f"{OWN},2024,130,2025-09-01", head=head), today=TODAY)
    store.add(_file(tmp_path, f"{OWN},2024,120,2025-05-01", head=head), today=TODAY)
    name = "own/GEO/Tbilisi/packets found"
    assert library.every()[name].values.tolist() == [130.0]
    for day, value in ((date(2025, 3, 1), 100.0), (date(2025, 6, 1), 120.0), (date(2025, 9, 1), 130.0)):
        assert library.every(day)[name].values.tolist() == [value]
    assert name not in library.every(date(2025, 1, 31))
    store.add(_file(tmp_path, f"{OWN},2024,90"), today=TODAY)  # without a day: it replaces every version
    assert library.every()[name].values.tolist() == library.every(date(2025, 3, 1))[name].values.tolist() == [90.0]


def test_a_damaged_store_is_named() -> None:
    store.folder().mkdir(parents=True)
    head = ",".join(store.COLUMNS)
    for damaged in ("garbage\n1\n", head + "\nown/GEO/x,GEO,,x,kg,year,20x3,5,,,\n"):
        (store.folder() / library.OWN_FILE).write_text(damaged, encoding="utf-8")
        library.forget()
        with pytest.raises(InputError, match="damaged"):
            library.every()
