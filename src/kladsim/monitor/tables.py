"""Tables that kladsim ships with the monitor, and rows of CSV files as they are."""

from __future__ import annotations

import csv
from pathlib import Path

DATA = Path(__file__).parent / "data"


def read_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file of ours; a missing file (a deleted restricted folder) gives none."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
