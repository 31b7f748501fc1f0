"""Damaged packs: each error names file, column and row; what may be left out can be left out."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kladsim.core.errors import InputError
from kladsim.world import Pack, load_pack


def edit(path: Path, change: Callable[[list[str]], list[str]]) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(change(lines)) + "\n", encoding="utf-8")


def put(path: Path, row: int, old: str, new: str) -> None:
    """Replace text in one row (the header is row 1)."""

    def change(lines: list[str]) -> list[str]:
        assert old in lines[row - 1], lines[row - 1]
        lines[row - 1] = lines[row - 1].replace(old, new, 1)
        return lines

    edit(path, change)


def message(folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        load_pack(folder)
    return str(caught.value)


def test_a_copy_in_a_folder_is_the_same_pack(copy: Path, russia: Pack) -> None:
    mine = load_pack(copy)
    assert mine.digest == russia.digest and (mine.people == russia.people).all()
    assert mine.map_geojson()["features"] == []
    assert load_pack(str(copy)).name == "russia"


def test_the_restricted_folder_can_be_left_out(copy: Path, russia: Pack) -> None:
    shutil.rmtree(copy / "restricted")
    mine = load_pack(copy)
    assert mine.digest == russia.digest
    assert mine.seizure_cases == {} and "crime_drugs" not in mine.observations
    assert "crime_drugs" in russia.observations and russia.seizure_cases["synthetic_cathinones"].sum() == 1231


def test_the_digest_changes_with_the_data(copy: Path, russia: Pack) -> None:
    put(copy / "events.csv", 2, "2014-11-10", "2014-11-11")
    assert load_pack(copy).digest != russia.digest


@pytest.mark.parametrize(
    ("file", "row", "old", "new", "column"),
    [
        ("regions.csv", 5, "807625", "nan", "population"),
        ("regions.csv", 5, "59.4", "nan", "working_age_pct"),
        ("regions.csv", 5, "59.4", "159.4", "working_age_pct"),
        ("regions.csv", 5, "807625", "-807625", "population"),
        ("regional.csv", 3, "8.8", "inf", "value"),
        ("regional.csv", 3, "RU-AD", "RU-ADD", "region"),
        ("regional.csv", 3, "2015", "1999", "year"),
        ("series.csv", 4, "2012-03-15", "2012-13-15", "date"),
        ("series.csv", 4, "2012-03-15", "2010-03-15", "date"),
        ("series.csv", 4, "cpi", "cpx", "series"),
        ("events.csv", 3, "movement", "movment", "kind"),
        ("events.csv", 3, "2020-05-12", "2019-05-12", "date_end"),
        ("cohorts.csv", 7, ",estimate", "x,estimate", "at"),
        ("mortality.csv", 12, "10,", "10,-", "male"),
        ("sharealike/class_shares.csv", 4, "100k-250k", "100k", "class"),
        ("series_index.csv", 3, "month", "week", "freq"),
        ("restricted/seizures.csv", 3, "RU-", "XX-", "region"),
        ("restricted/observations.csv", 9, "-01,", "-01,-", "value"),
    ],
)
def test_a_bad_field_is_named(copy: Path, file: str, row: int, old: str, new: str, column: str) -> None:
    put(copy / file, row, old, new)
    text = message(copy)
    assert file in text and f"column {column!r}" in text and f"row {row}" in text


def test_a_missing_column_is_named_with_the_nearest(copy: Path) -> None:
    put(copy / "series.csv", 1, "value", "valeu")
    text = message(copy)
    assert "series.csv" in text and "'value'" in text and "valeu" in text


def test_a_duplicate_row_is_named(copy: Path) -> None:
    edit(copy / "regional.csv", lambda lines: [*lines[:20], lines[4], *lines[20:]])
    text = message(copy)
    assert "regional.csv" in text and "row 21" in text and "duplicate of row 5" in text


def test_a_missing_value_of_a_region_is_named(copy: Path) -> None:
    edit(copy / "regional.csv", lambda lines: [x for x in lines if not x.startswith("wage_rel,RU-AMU")])
    assert "wage_rel, RU-AMU" in message(copy)


def test_a_missing_cohort_is_named(copy: Path) -> None:
    edit(copy / "cohorts.csv", lambda lines: [x for x in lines if not x.startswith("1980")])
    text = message(copy)
    assert "cohorts.csv" in text and "1980" in text


def test_shares_must_add_up(copy: Path) -> None:
    put(copy / "sharealike" / "class_shares.csv", 4, "327512", "227512")
    assert "RU-AD" in message(copy)


@pytest.mark.parametrize("file", ["regions.csv", "series.csv", "events.csv", "cohorts.csv", "sources.csv"])
def test_a_missing_file_is_named(copy: Path, file: str) -> None:
    (copy / file).unlink()
    text = message(copy)
    assert file in text and "missing" in text


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2 + 3],
        lambda data: b"\xff\xfe" + data,
        lambda data: data[:100] + b"\0" + data[100:],
        lambda data: b"",
        lambda data: data.replace(b"\n", b'\n"', 1),
    ],
    ids=["cut", "bytes", "zero", "empty", "quote"],
)
def test_a_damaged_file_is_named(copy: Path, damage: Callable[[bytes], bytes]) -> None:
    path = copy / "mortality.csv"
    path.write_bytes(damage(path.read_bytes()))
    assert "mortality.csv" in message(copy)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("currency: RUB", "curency: RUB", "currency"),
        ("start: 2014-01-01", "start: 2014-02-01", "1 January"),
        ("end_year: 2030", "end_year: 2013", "end before start"),
        ("end_year: 2030", "end_year: soon", "key end_year"),
        ("classes: [", "classes: rural #[", "settlement classes"),
        ("iso3: RUS", "iso3", "row"),
        ("iso3: RUS\n", "", "key iso3: is required"),
    ],
)
def test_a_bad_manifest_is_named(copy: Path, old: str, new: str, said: str) -> None:
    path = copy / "pack.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    shown = message(copy)
    assert "pack.yaml" in shown and said in shown


def test_a_folder_without_manifest_is_no_pack(tmp_path: Path) -> None:
    assert "pack.yaml" in message(tmp_path)


def test_disputed_map_that_is_damaged(copy: Path) -> None:
    (copy / "maps").mkdir()
    (copy / "maps" / "regions.geojson").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=r"regions\.geojson"):
        load_pack(copy).map_geojson()
