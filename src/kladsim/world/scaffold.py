"""Begin a country pack: a folder of tables that loads at once, every number a marked placeholder.

The files stand in ``blank_pack``, with ``{name}`` where a country's own words and numbers come in. The modeller
replaces table after table by data; ``placeholders`` says which rows still wait. Nothing here is an estimate: the
placeholders make a pack run, never a result.
"""

from __future__ import annotations

import re
from pathlib import Path

from kladsim.core.errors import InputError, StorageError
from kladsim.world.people import ENTRY_AGE, LAST_AGE
from kladsim.world.units import check_people, country_code

BLANK = Path(__file__).with_name("blank_pack")
PLACEHOLDER = "assumption: placeholder"
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
ADULT_SHARE = 0.7
"""Share of people of the ages of the model (placeholder)."""


def new_pack(folder: Path, *, name: str, title: str, iso3: str, currency: str, people: int) -> list[Path]:
    """Write a pack of one region with placeholders; return the files.

    Raises
    ------
    InputError : a bad name, ISO code, currency or head count, or a folder that is not empty
    StorageError : the folder cannot be written
    """
    _check(folder, name, iso3, currency, people)
    values = {
        "name": name, "title": title, "iso3": iso3, "currency": currency, "code": country_code(iso3), "people": people,
        "cohort": max(1, round(people * ADULT_SHARE / (LAST_AGE - ENTRY_AGE + 1) / 2)),
    }  # fmt: skip
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for blank in BLANK.iterdir():
            text = blank.read_text(encoding="utf-8").format(**values)
            (folder / blank.name).write_text(text, encoding="utf-8", newline="\n")
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
