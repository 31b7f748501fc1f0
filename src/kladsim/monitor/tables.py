"""Tables that kladsim ships with the monitor, and rows of CSV files as they are."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from kladsim.core.files import write_bytes

DATA = Path(__file__).parent / "data"


def read_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file of ours; a missing file (a deleted restricted folder) gives none."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_rows(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    """Write rows with the same keys as a CSV file, whole or not at all."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_bytes(path, text.getvalue().encode())
