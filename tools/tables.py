"""Read raw tables and write pack tables (CSV), for the tools beside this file. Standard library only."""

from __future__ import annotations

import csv
from pathlib import Path

Row = dict[str, str]
Table = list[list[object]]


def read(folder: Path, name: str) -> list[Row]:
    """Return the rows of one raw table."""
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, header: str, rows: Table) -> None:
    """Write one pack table with unix line ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows(rows)
