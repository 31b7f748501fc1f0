"""Rule 1: a country pack holds units of ISO 3166-2 and cities of 100,000, checked against the list and the census."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kladsim.core.errors import InputError
from kladsim.world import load_pack
from kladsim.world.load import BUILT_IN
from kladsim.world.units import check_code, check_name, check_people, list_units, read_census

BUILT = sorted(path.name for path in BUILT_IN.iterdir() if (path / "pack.yaml").exists())


def copy_of(country: str, folder: Path, change: Callable[[list[dict[str, str]]], None]) -> Path:
    """A pack of one's own: a copy whose regions are changed."""
    target = folder / country
    shutil.copytree(BUILT_IN / country, target)
    with (target / "regions.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    change(rows)
    with (target / "regions.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return target


def set_first(**fields: str) -> Callable[[list[dict[str, str]]], None]:
    return lambda rows: rows[0].update(fields)


@pytest.mark.parametrize("country", BUILT)
def test_every_place_of_a_pack_that_ships_is_one(country: str) -> None:
    pack = load_pack(country)
    units = {unit for some in list_units().values() for unit in some}
    with (BUILT_IN / country / "regions.csv").open(encoding="utf-8", newline="") as stream:
        people = {row["region"]: int(row["population"]) for row in csv.DictReader(stream)}
    for code in pack.region_code:
        assert code in units or (code.rpartition("-")[0] in units and people[code] >= 100_000)


def test_an_address_of_fifty_people_is_refused_by_load_and_doctor(tmp_path: Path) -> None:
    """The hostile reader's pack: RU-ZZZ, "Lenin street 14, Kukuyevo", 50 people."""
    def change(rows: list[dict[str, str]]) -> None:
        rows[-1].update(region="RU-ZZZ", name="Lenin street 14, Kukuyevo", population="50")

    folder = copy_of("russia", tmp_path, change)
    with pytest.raises(InputError, match="RU-ZZZ"):
        load_pack(folder)
    command = [sys.executable, "-m", "kladsim", "doctor", "pack", str(folder)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 2 and "RU-ZZZ" in answer.stderr and "ISO 3166-2" in answer.stderr


@pytest.mark.parametrize(
    ("country", "fields", "said"),
    [
        ("russia", {"region": "RU-AAA"}, "no place that a pack may hold"),
        ("russia", {"region": "GE-TB"}, "no place that a pack may hold"),  # a unit, but of another country
        ("russia", {"name": "Lenin street 14"}, "without numbers"),
        ("russia", {"population": "50"}, "head count of the census"),
        ("russia", {"population": "900000000"}, "head count of the census"),
        ("georgia", {"region": "GE-AA"}, "no place"),
        ("south-korea", {"region": "KR-1"}, "no place"),
        ("south-korea", {"population": "100"}, "head count of the census"),
    ],
)
def test_other_ways_in_are_refused(tmp_path: Path, country: str, fields: dict[str, str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        load_pack(copy_of(country, tmp_path, set_first(**fields)))


@pytest.mark.parametrize(
    ("code", "iso3", "people", "ok"),
    [
        ("RU-MOW", "RUS", 12_000_000, True), ("RU", "RUS", 146_000_000, True), ("UZ-TK", "UZB", 2_900_000, True),
        ("RU-MOW-ABC", "RUS", 100_000, True), ("RU-MOW-ABC", "RUS", 99_999, False), ("RU-ZZ-ABC", "RUS", 500_000, False),
        ("RU-MOW-ABCD", "RUS", 500_000, False), ("ru-mow", "RUS", 500_000, False), ("RU-MOW ", "RUS", 500_000, False),
        ("RU-ZZZ", "RUS", 5_000_000, False), ("RUR", "RUR", 5_000_000, True), ("RU-1", "RUR", 5_000_000, False),
        ("Lenin street 14", "RUS", 50, False), ("", "RUS", 50, False),
    ],
)  # fmt: skip
def test_codes(code: str, iso3: str, people: int, ok: bool) -> None:
    if ok:
        check_code(code, iso3, people, "x")
    else:
        with pytest.raises(InputError):
            check_code(code, iso3, people, "x")


def test_a_near_code_is_named() -> None:
    with pytest.raises(InputError) as caught:
        check_code("RU-MOV", "RUS", 5_000_000, "regions.csv, column 'region', row 2")
    assert caught.value.suggestion in {"RU-MOW", "RU-MOS", "RU-MO"} and "row 2" in str(caught.value)


def test_the_census_allows_what_years_and_cut_out_cities_change() -> None:
    check_people("GE-AJ", 333_953, "x")  # Adjara with Batumi; the table counts it without
    check_people("UZ-TK", 5, "x")  # no census is held for it
    for people in (4_000_000, 40_000_000):
        with pytest.raises(InputError, match="12,109,770"):
            check_people("RU-MOW", people, "x")
    assert len(read_census()) > 280 and len(list_units()) == 200
    check_name("Republic of Sakha (Yakutia)", "x")


def test_published_monitoring_sites_are_exempt_and_the_text_says_so() -> None:
    import kladsim

    root = Path(__file__).parents[2]
    sites = Path(kladsim.__file__).parent / "monitor" / "data" / "open" / "wastewater_sites.csv"
    with sites.open(encoding="utf-8", newline="") as stream:
        small = [row for row in csv.DictReader(stream) if row["population"] and float(row["population"]) < 100_000]
    assert small  # so the sentence has to say it
    text = " ".join((root / "docs" / "responsible_use.md").read_text(encoding="utf-8").split())
    assert "Published monitoring sites keep the names that their publishers give them" in text
    assert "in any data" not in text


def test_events_hold_no_handles() -> None:
    import re

    handle = re.compile(r"@\w|https?://|\.onio[n]|t\.m[e]/|[\w.]+@[\w.]+")
    for country in BUILT:
        for event in load_pack(country).events:
            assert not handle.search(" ".join(map(str, vars(event).values() if hasattr(event, "__dict__") else event)))
