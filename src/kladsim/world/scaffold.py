"""Begin a country pack: a folder of tables that loads at once, every number a marked placeholder.

The modeller replaces table after table by data; ``placeholders`` says which rows still wait. Nothing here is an
estimate: the placeholders make a pack run, never a result.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path

from kladsim.core.errors import InputError, StorageError
from kladsim.world.manifest import LADDER
from kladsim.world.people import ENTRY_AGE, LAST_AGE, MAX_AGE
from kladsim.world.regional import REQUIRED as REGIONAL
from kladsim.world.series import REQUIRED as SERIES
from kladsim.world.units import check_people, country_code

START, END = 2014, 2030
PLACEHOLDER = "assumption: placeholder"
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_SERIES = {
    "cpi": ("index", 100.0),
    "usd_rate": ("{currency}/USD", 1.0),
    "mean_wage": ("{currency}/month", 1000.0),
    "real_wage_index": ("index (2012 = 100)", 100.0),
    "unemployment": ("percent of the labour force 15+", 6.0),
    "youth_unemployment": ("percent of the labour force 15-24", 15.0),
    "internet_share": ("share of people", 0.7),
    "prisoners_total": ("persons", 1000.0),
    "prisoners_other": ("persons", 900.0),
}
_REGIONAL = {"unemployment": 6.0, "wage_rel": 1.0, "grp_rel": 1.0, "price_level": 1.0}
Rows = Sequence[Sequence[object]]


def new_pack(folder: Path, *, name: str, title: str, iso3: str, currency: str, people: int) -> list[Path]:
    """Write a pack of one region with placeholders; return the files.

    Raises
    ------
    InputError : a bad name, ISO code, currency or head count, or a folder that is not empty
    StorageError : the folder cannot be written
    """
    _check(folder, name, iso3, currency, people)
    code = country_code(iso3)
    tables = {
        "regions.csv": _regions(code, people),
        "cohorts.csv": _cohorts(people),
        "class_shares.csv": _classes(code),
        "mortality.csv": _mortality(),
        "mortality_factor.csv": _factors(),
        "regional_index.csv": _regional_index(),
        "regional.csv": _regional(code, people),
        "series_index.csv": _series_index(currency),
        "series.csv": _series(),
        "events.csv": _events(),
        "parameters.csv": _parameters(),
        "sources.csv": _sources(),
        "assumptions.csv": _assumptions(),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, rows in tables.items():
            with (folder / file).open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream, lineterminator="\n").writerows(rows)
        (folder / "pack.yaml").write_text(_manifest(name, title, iso3, currency), encoding="utf-8")
        (folder / "SOURCES.md").write_text(_sources_text(title), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"cannot write {folder}: {error.strerror}") from error
    return sorted(path for path in folder.iterdir() if path.is_file())


def placeholders(folder: Path) -> dict[str, int]:
    """Return the number of rows that are still placeholders, by file."""
    found: dict[str, int] = {}
    for path in sorted(folder.rglob("*.csv")):
        rows = sum(PLACEHOLDER in line for line in path.read_text(encoding="utf-8").splitlines())
        if rows:
            found[path.relative_to(folder).as_posix()] = rows
    return found


def tables_of(folder: Path) -> dict[str, int]:
    """Return the number of rows of every table, by file; texts about assumptions are no table."""
    files = (path for path in sorted(folder.rglob("*.csv")) if path.name != "assumptions.csv")
    return {
        path.relative_to(folder).as_posix(): len(path.read_text(encoding="utf-8").splitlines()) - 1 for path in files
    }


def _check(folder: Path, name: str, iso3: str, currency: str, people: int) -> None:
    if not NAME.fullmatch(name):
        raise InputError("no name for a pack", where="name", value=name, allowed="lower-case words joined by hyphens")
    for where, value in (("iso3", iso3), ("currency", currency)):
        if not re.fullmatch(r"[A-Z]{3}", value):
            raise InputError("is no code of three capitals", where=where, value=value, allowed="such as KOR or KRW")
    if not 10_000 <= people <= 2_000_000_000:
        raise InputError("no country has so many people", where="people", value=people, allowed="10,000 to 2 billion")
    check_people(country_code(iso3), people, "people")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError("the folder is there and not empty", where="folder", value=str(folder))


def _manifest(name: str, title: str, iso3: str, currency: str) -> str:
    return f"""# Country pack: one "key: value" or "key: [a, b]" a line. Sources of every table: SOURCES.md
name: {name}
title: {title}
iso3: {iso3}
currency: {currency}
start: {START}-01-01
end_year: {END}
classes: [{", ".join(LADDER)}]
licence: each table its own, see SOURCES.md
"""


def _sources_text(title: str) -> str:
    return f"""# Sources of the pack {title}

One row a quantity is in `sources.csv`, `series_index.csv`, `regional_index.csv` and `parameters.csv`; what is assumed
is in `assumptions.csv` and in every `basis` and `source` column.

| file | origin | licence | changes made |
| --- | --- | --- | --- |
| all | {PLACEHOLDER} | none needed | none |
"""


def _regions(code: str, people: int) -> Rows:
    header = ["region", "name", "district", "population", "working_age_pct", "young_pct", "source"]
    return [header, [code, "Whole country", "Whole country", people, 67.0, 16.0, PLACEHOLDER]]


def _cohorts(people: int) -> Rows:
    size = max(1, round(people * 0.7 / (LAST_AGE - ENTRY_AGE + 1) / 2))
    rows: list[Sequence[object]] = [["birth_year", "male", "female", "at", "basis", "source"]]
    for birth in range(START - LAST_AGE - 1, END - ENTRY_AGE + 1):
        at = f"{START}-01-01" if birth + ENTRY_AGE < START else f"{birth + ENTRY_AGE}-07-01"
        rows.append([birth, size, size, at, "assumption", PLACEHOLDER])
    return rows


def _classes(code: str) -> Rows:
    shares = (0, 0, 400_000, 300_000, 300_000)
    rows = [[code, name, share, PLACEHOLDER] for name, share in zip(LADDER, shares, strict=True)]
    return [["region", "class", "share_ppm", "source"], *rows]


def _mortality() -> Rows:
    ages = ([age, round(0.0002 * 1.085**age, 6)] for age in range(MAX_AGE + 1))
    return [["age", "male", "female", "source"], *([age, min(1.0, m), min(1.0, m), PLACEHOLDER] for age, m in ages)]


def _factors() -> Rows:
    rows = [[year, 1.0, "assumption", PLACEHOLDER] for year in range(START, END + 1)]
    return [["year", "factor", "basis", "source"], *rows]


def _regional_index() -> Rows:
    units = {"unemployment": "percent of the labour force", "population": "persons on 1 January"}
    rows = [[name, units.get(name, "1 (national mean = 1)"), PLACEHOLDER, "none", ""] for name in REGIONAL]
    return [["quantity", "unit", "source", "licence", "note"], *rows]


def _regional(code: str, people: int) -> Rows:
    values = {**_REGIONAL, "population": people}
    rows = [[name, code, START, values[name], PLACEHOLDER] for name in REGIONAL]
    return [["quantity", "region", "year", "value", "basis"], *rows]


def _series_index(currency: str) -> Rows:
    header = ["series", "unit", "freq", "method", "source", "licence", "note"]
    units = {name: _SERIES[name][0].format(currency=currency) for name in SERIES}
    return [header, *([name, units[name], "year", "linear", PLACEHOLDER, "none", ""] for name in SERIES)]


def _series() -> Rows:
    header = ["series", "date", "value", "basis"]
    return [header, *([name, f"{START}-07-01", _SERIES[name][1], PLACEHOLDER] for name in SERIES)]


def _events() -> Rows:
    header = ["date_start", "date_end", "kind", "value", "basis", "note", "source"]
    note = "an example without effect: movement at 1.0 of normal"
    return [header, ["2020-03-20", "2020-05-01", "movement", 1.0, "assumption", note, PLACEHOLDER]]


def _parameters() -> Rows:
    header = ["parameter", "value", "low", "high", "unit", "source"]
    return [header, ["start.users", 0.02, 0.002, 0.075, "share", PLACEHOLDER]]


def _sources() -> Rows:
    header = ["item", "file", "unit", "source", "licence", "basis", "note"]
    files = {
        "regions": ("regions.csv", "persons; percent of people"),
        "cohorts": ("cohorts.csv", "persons"),
        "mortality": ("mortality.csv", "deaths per person-year"),
        "mortality_factor": ("mortality_factor.csv", "1"),
        "class_shares": ("class_shares.csv", "parts per million of people"),
        "events": ("events.csv", "by kind"),
        "parameters": ("parameters.csv", "by parameter"),
    }
    rows = [[item, file, unit, PLACEHOLDER, "none", "assumption", ""] for item, (file, unit) in files.items()]
    return [header, *rows]


def _assumptions() -> Rows:
    return [["item", "assumption", "reason"], ["all", "every number is a placeholder", "the pack is new"]]
