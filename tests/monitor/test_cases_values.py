"""Numbers as agencies write them: nothing is made up, nothing becomes zero, and the file decides its own marks."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import pytest

from kladsim.core.errors import InputError
from kladsim.monitor import intake, library, numerals, own, store
from kladsim.monitor.problems import FileError, format_lines
from kladsim.monitor.questions import OpenQuestionError
from kladsim.monitor.recipes import IntakeOptions
from kladsim.monitor.rows import Log, Observation

CASES = Path(__file__).parent / "cases"
TODAY = date(2026, 11, 30)
HEAD = "country,place,indicator,unit,period,value"
pytestmark = pytest.mark.usefixtures("own_folder")


def _check(tmp_path: Path, *cells: str, sign: str = ",", unit: str = "calls", **options: str) -> tuple[list[Observation], Log]:
    path = tmp_path / "new.csv"
    rows = [sign.join(("GE", "", "things seen", unit, str(2000 + number), cell)) for number, cell in enumerate(cells)]
    path.write_text("\n".join((HEAD.replace(",", sign), *rows)) + "\n", encoding="utf-8")
    return intake.check(path, IntakeOptions(**options), today=TODAY)  # type: ignore[arg-type]


def _values(tmp_path: Path, *cells: str, **options: str) -> list[float]:
    return [row.value for row in _check(tmp_path, *cells, **options)[0]]


def test_what_is_missing_is_missing() -> None:
    rows, log = intake.check(CASES / "values" / "colon.csv", today=TODAY)
    assert not rows and log.missing == 1 and log.balanced
    assert any("counted as missing, not as zero" in entry for entry in log.entries)


@pytest.mark.parametrize("name", ["star", "supp"])
def test_what_is_hidden_is_an_interval(name: str) -> None:
    rows, log = intake.check(CASES / "values" / f"{name}.csv", today=TODAY)
    assert [row.bounds for row in rows] == [(0.0, math.inf)] and math.isnan(rows[0].value)
    assert (log.missing, log.intervals) == (0, 1) and log.balanced
    assert any("hidden by the publisher" in entry and "kept as an interval" in entry for entry in log.entries)


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        (":", "no value"), (": z", "no value"), ("н/д", "no value"), ("n.d.", "no value"), ("#N/A", "no value"),
        ("—", "no value"), (": c", "hidden"), ("Suppressed", "hidden"), ("SUPPRESSED", "hidden"),
        ("**", "hidden"), ("confidential", "hidden"), ("скрыто", "hidden"),
    ],
)  # fmt: skip
def test_signs_of_no_value(cell: str, why: str) -> None:
    value = numerals.read_number(cell)
    assert value.low is (None if why == "no value" else value.low) and value.why.startswith(why)
    assert (value.low, value.high) == ((None, None) if why == "no value" else (0.0, math.inf))


@pytest.mark.parametrize(
    ("cell", "number", "note"),
    [
        ("12.3 e", 12.3, "e: estimated"), ("12p", 12.0, "p: provisional"), ("12 bd", 12.0, "b: break in the series, d: definition differs"),
        ("12*", 12.0, "*: a footnote"), ("7 (u)", 7.0, "u: low reliability"), ("1e3", 1000.0, ""), ("1e3 e", 1000.0, "e: estimated"),
    ],
)  # fmt: skip
def test_flags_are_kept_as_notes(cell: str, number: float, note: str) -> None:
    value = numerals.read_number(cell)
    assert (value.low, value.high, value.why, value.note) == (number, number, "", note)


def test_a_flag_is_stored_beside_its_value() -> None:
    store.add(CASES / "values" / "flag.csv", today=TODAY)
    assert [(row["value"], row["note"]) for row in own.read_versions()] == [("12.3", "e: estimated")]


@pytest.mark.parametrize("space", [" ", "\u00a0", "\u202f", "\u2009", "\u2007"])
def test_spaces_of_any_width_between_thousands(tmp_path: Path, space: str) -> None:
    assert _values(tmp_path, f"1{space}234", f"12{space}345.5") == [1234.0, 12345.5]
    with pytest.raises(InputError, match="no number"):
        _values(tmp_path, f"12{space}34")


def test_the_thin_space_of_the_case() -> None:
    rows, log = intake.check(CASES / "values" / "nnbsp.csv", today=TODAY)
    assert rows[0].value == 1234.0 and "line 2: spaces between thousands taken out" in log.entries


INF = math.inf


@pytest.mark.parametrize(
    ("cell", "low", "high"),
    [
        ("<5", 0, 5), ("< 5", 0, 5), ("<LOQ", 0, INF), ("<LOQ (5)", 0, 5), ("<1 000", 0, 1000), ("≤5", 0, 5), ("＜5", 0, 5),
        ("&lt;5", 0, 5), (">100", 100, INF), ("5+", 5, INF), ("1-4", 1, 4), ("1–4", 1, 4), ("0 to 4", 0, 4), ("BQL", 0, INF),
        ("LOD", 0, INF), ("fewer than 5", 0, 5), ("less than 5", 0, 5), ("менее 5", 0, 5), ("до 5", 0, 5), ("5 미만", 0, 5),
        ("5未満", 0, 5), ("non-detect", 0, INF), ("weniger als 5", 0, 5), ("moins de 5", 0, 5), ("menos de 5", 0, 5),
        ("mniej niż 5", 0, 5), ("5 or more", 5, INF), ("от 5 до 9", 5, 9), ("< ٥", 0, 5), ("<5 e", 0, 5), ("< LOD: 4.5", 0, 4.5),
        ("..", 0, INF), ("c", 0, INF), ("…", 0, INF), ("x", 0, INF),
    ],
)  # fmt: skip
def test_a_bound_is_an_interval(tmp_path: Path, cell: str, low: float, high: float) -> None:
    rows, log = _check(tmp_path, "7", f'"{cell}"')
    assert [row.bounds for row in rows] == [(7.0, 7.0), (low, high)] and log.intervals == 1 and log.balanced
    store.add(tmp_path / "new.csv", today=TODAY)
    one = library.every()["own/GEO/things seen"]
    assert (one.steps.tolist(), one.values.tolist()) == ([2000], [7.0])
    assert [array.tolist() for array in one.bounds()] == [[2000, 2001], [7.0, low], [7.0, high]]
    assert (one.last, one.last_period) == ("2000", "2001")


def test_the_bounds_of_the_cases() -> None:
    """A value below a limit that its cell does not give has the highest one that its series states."""
    rows, _ = intake.check(CASES / "values" / "loq.csv", today=TODAY)
    assert [(row.step, row.bounds) for row in rows] == [(2021, (0.0, 5.0)), (2022, (0.0, 4.5)), (2023, (0.0, 5.0))]
    with pytest.raises(OpenQuestionError, match="--decimal point") as caught:
        intake.check(CASES / "values" / "lt1000.csv", today=TODAY)
    assert caught.value.question.choices == ("point", "comma")
    rows, _ = intake.check(CASES / "values" / "lt1000.csv", IntakeOptions(decimal="point"), today=TODAY)
    assert rows[0].bounds == (0.0, 1000.0)


def test_numbers_that_an_earlier_version_made_up_from_bounds_are_left_out() -> None:
    """Until 0.6.0 ``<5`` was stored as 2.5 and ``<LOQ`` as zero; the log of repairs beside the store tells which."""
    store.folder().mkdir(parents=True)
    head = "series,country,place,indicator,unit,freq,period,value,reported,source,added"
    values = ((2020, "7.0", "a.csv"), (2021, "2.5", "a.csv"), (2022, "0.0", "a.csv"), (2023, "2.5", "b.csv"), (2024, "2.5", "SCORE"))
    lines = [f"own/GEO/calls,GEO,,calls,calls,year,{year},{value},,{source},2025-03-01" for year, value, source in values]
    (store.folder() / store.FILE).write_text("\n".join((head, *lines)) + "\n", encoding="utf-8")
    said = ["'<5' is below quantification: half of the limit taken", "'<LOQ' is below quantification: zero taken"]
    log = [f"2025-03-01 a.csv: line {number}: {text}" for number, text in enumerate(said, start=3)]
    (store.folder() / store.LOG).write_text("\n".join([*log, "2025-03-01 b.csv: line 2: new"]) + "\n", encoding="utf-8")
    one = library.every()["own/GEO/calls"]
    assert dict(zip(one.steps.tolist(), one.values.tolist(), strict=True)) == {2020: 7.0, 2023: 2.5}
    told = own.describe_left_out()
    assert len(told) == 2 and "2 stored values left out" in told[1] and "add the file again without its bounds" in told[1]


def test_the_mark_of_decimals_is_the_files(tmp_path: Path) -> None:
    assert _values(tmp_path, "12,5", "1.234,5", "1 234", "7", sign=";") == [12.5, 1234.5, 1234.0, 7.0]
    assert _values(tmp_path, "12.5", '"1,234.5"', '"1,234"') == [12.5, 1234.5, 1234.0]
    assert _values(tmp_path, '"12,5"', '"1.234"') == [12.5, 1234.0]
    assert _values(tmp_path, "1,234", "7", sign=";") == [1.234, 7.0]
    assert _values(tmp_path, '"1,234"', decimal="point") == [1234.0]
    assert _values(tmp_path, "1.234", "7", sign=";", decimal="point") == [1.234, 7.0]
    assert _values(tmp_path, "1'234.5", "1’234") == [1234.5, 1234.0]
    for cells, sign in ((('"1,234"',), ","), (("1.234", "7"), ";")):
        with pytest.raises(InputError, match="say --decimal comma or --decimal point"):
            _values(tmp_path, *cells, sign=sign)
    with pytest.raises(InputError, match=r"'12.5' in line 2 and '12,5' in line 3"):
        _values(tmp_path, "12.5", "12,5", sign=";")


def test_a_decimal_comma_that_cuts_a_cell() -> None:
    rows, log = intake.check(CASES / "values" / "dec.csv", today=TODAY)
    assert [row.value for row in rows] == [12.5]
    assert any("decimal commas, read so in the whole file" in entry for entry in log.entries)


@pytest.mark.parametrize("cells", [("12,345",), ("12,5", "7"), ("12,x",)])
def test_a_comma_too_many_is_not_guessed(tmp_path: Path, cells: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="7 cells, the header has 6; a number with a comma needs quotes"):
        _check(tmp_path, *cells)


def test_semicolons_and_signs_of_no_value() -> None:
    rows, log = intake.check(CASES / "files" / "6_semicolon_missing.csv", today=TODAY)
    assert {row.bounds for row in rows} == {*((v, v) for v in (1234.5, 12.5, 1234.0, 7.0)), (0.0, 5.0), (0.0, INF)}
    assert (log.kept, log.intervals, log.missing, log.read) == (28, 8, 20, 48) and log.balanced
    assert any("decimals are read with a comma in the whole file" in entry for entry in log.entries)


def test_a_percentage_needs_such_a_unit(tmp_path: Path) -> None:
    assert _values(tmp_path, "12 %", "7.5%", unit="%") == [12.0, 7.5]
    assert _values(tmp_path, "12 %", unit="percent") == [12.0]
    with pytest.raises(InputError, match="is a percentage, and the unit is none"):
        _values(tmp_path, "12 %")


def test_all_errors_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    rows = ["XX,Riga,a b,persons,2021,some", "QQQ,Riga,a b,persons,2021,1", "LV,Riga,deaths,persons,2021-13,7",
            "LV,Riga,deaths,,2021-14,some", "LV,Riga,deaths,persons,2022", "LV,12 Riga,deaths,persons,2022,12 of 13"]  # fmt: skip
    path.write_text("\n".join((HEAD, *rows)) + "\n", encoding="utf-8")
    with pytest.raises(FileError) as caught:
        intake.check(path, today=TODAY)
    told = {error.where: (error.message[:14], error.value) for error in caught.value.errors}
    assert told == {
        "bad.csv, lines 2, 3, country": ("no such countr", "'XX', 'QQQ'"),
        "bad.csv, lines 2, 5, 7, value": ("no number", "'some', '12 of 13'"),
        "bad.csv, lines 4, 5, period": ("no such period", "'2021-13', '2021-14'"),
        "bad.csv, line 5, unit": ("no unit", ""),
        "bad.csv, line 6": ("5 cells, the h", None),
        "bad.csv, line 7, place": ("names no city:", "12 Riga"),
        
    }
    path.write_text("country,place,indicator,period,value\nXX,,calls,2021-13,some\n", encoding="utf-8")
    with pytest.raises(FileError, match=r"4 kinds of error on 2 lines.*'unit' is missing.*no such country"):
        intake.check(path, today=TODAY)


def test_lines_in_words() -> None:
    assert [format_lines(at) for at in ([], [4], [4, 5], [2, 3, 4, 9])] == ["", "line 4", "lines 4, 5", "lines 2–4, 9"]


def test_published_values_that_are_replaced_are_told_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(HEAD + "\nLV,Riga,amphetamine,mg/1000/day,2022,27\nLV,Riga,amphetamine,mg/1000/day,2025,30\n", encoding="utf-8")
    log = store.add(path, today=TODAY)
    assert (log.replaced, log.changed, log.kept) == (1, 0, 2)
    assert any("in 2022: the published value 106.47 is replaced by your 27" in entry for entry in log.entries)
    path.write_text(HEAD + "\nLV,Riga,amphetamine,mg/1000/day,2022,28\n", encoding="utf-8")
    log = store.add(path, today=TODAY)
    assert (log.replaced, log.changed) == (0, 1)
