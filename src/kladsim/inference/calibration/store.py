"""Rows of finished runs, kept as soon as they are there and found again by their content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from kladsim.core.files import add_row, read_rows, sha256_of
from kladsim.runs.meaning import runs_digest
from kladsim.runs.store import runs_root

DATA = Path(__file__).parent / "data"
Row = dict[str, Any]


@cache
def making_key(country: str = "russia") -> str:
    """Return the digest of all code and data that decide a row of a country."""
    return runs_digest(country, ("summaries",))


def row_key(values: Mapping[str, float], replicate: int, scale: int, off: Iterable[str] = ()) -> str:
    """Return the key of one run: its parameters, replicate, scale and mechanisms switched off."""
    content: list[Any] = [{name: float(value) for name, value in values.items()}, replicate, scale, sorted(off)]
    return sha256_of(content)[:20]


class Rows:
    """The rows of one version of code and data: a JSON line a run.

    Parameters
    ----------
    root : folder for all versions (default: the folder for runs)
    """

    def __init__(self, root: Path | None = None, country: str = "russia") -> None:
        self.path = (root or runs_root()) / f"calibration-{making_key(country)[:12]}" / "rows.jsonl"

    def read(self) -> dict[str, Row]:
        """Return the rows by key; a torn line counts as missing."""
        return {key: row for key, row in read_rows(self.path, "key").items() if "values" in row}

    def add(self, row: Row) -> None:
        """Append a finished row."""
        add_row(self.path, row)
