"""New data: every mistake is a named error or a logged repair, and every row is accounted for."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kladsim.core.errors import InputError
from kladsim.spread.monitor import forecasting, intake, library, store, wastewater

TODAY = date(2026, 11, 21)
HEAD = "country,place,indicator,unit,period,value"
UNIT = "mg/1000/day"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KLADSIM_MONITOR", str(tmp_path / "monitor"))
    library.forget()


@pytest.fixture(autouse=True, scope="module")
def _forget_afterwards() -> object:
    yield None
    library.forget()


def _file(tmp_path: Path, *rows: str, head: str = HEAD) -> Path:
    path = tmp_path / "new.csv"
    path.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    return path


def _check(path: Path, **options: object) -> tuple[list[intake.Row], intake.Log]:
    return intake.check(path, today=TODAY, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rows", "head", "words"),
    [
        ((), "", "empty"),
        ((), HEAD, "no rows"),
        (("AT,MDMA,mg/1000/day,2023,5",), "country,indicator,unit,period,value", "'place' is missing"),
        (("AT,Wien,MDMA,mg/1000/day,2031,5",), HEAD, "future"),
        (("AT,Wien,MDMA,mg/1000/day,2026-12,5",), HEAD, "future"),
        (("AT,Wien,MDMA,mg/1000/day,20x3,5",), HEAD, "no such period"),
        (("AT,Wien,MDMA,litres,2023,5",), HEAD, "unit is not that"),
        (("PT,Lisbon,cocaine,mg/1000/day,2023,0.4",), HEAD, "another unit"),
        (("AT,Wien,MDMA,mg/1000/day,2023,-5",), HEAD, "not negative"),
        (('AT,Wien,MDMA,mg/1000/day,2023,"1,234"',), HEAD, "no number"),
        (("Austria,Wien,MDMA,mg/1000/day,2023,5",), HEAD, "no country code"),
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
        "DE;Dülmen;MDMA;mg/1000/day;2023;<2\n"
        "FI;Espoo;MDMA;mg/1000/day;2023;n/a\n"
        "FI;Espoo;amphetamine;mg/1000/day;2024;4 200.5\n",
        encoding="utf-8",
    )
    rows, log = _check(path)
    told = " | ".join(log.entries)
    for words in ("separated by", "taken as that", "times 1000", "below quantification", "missing, not as zero"):
        assert words in told
    for words in ("counted once", "spaces between thousands", "outlier", "left open, not filled"):
        assert words in told
    assert log.balanced
    assert (log.read, log.kept, log.duplicates, log.missing) == (6, 4, 1, 1)
    loads = {row.series: row.value for row in rows}
    assert loads["wastewater/PT/Lisbon/cocaine"] == pytest.approx(410.0)
    assert loads["wastewater/DE/Dülmen/MDMA"] == pytest.approx(1.0)


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
