"""Rows of finished runs, kept as soon as they are there and found again by their content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from kladsim.core.files import sha256_of
from kladsim.runs.meaning import runs_digest
from kladsim.runs.rows import RowFile
from kladsim.runs.store import runs_root
from kladsim.runs.tasks import Row as Row

DATA = Path(__file__).parent / "data"


@cache
def making_key(country: str = "russia") -> str:
    """Return the digest of all code and data that decide a row of a country."""
    return runs_digest(country, ("summaries",))


def row_key(values: Mapping[str, float], replicate: int, scale: int, off: Iterable[str] = ()) -> str:
    """Return the key of one run: its parameters, replicate, scale and mechanisms switched off."""
    content: list[Any] = [{name: float(value) for name, value in values.items()}, replicate, scale, sorted(off)]
    return sha256_of(content)[:20]


class CalibrationRows(RowFile):
    """The rows of one version of code and data: a JSON line a run.

    Parameters
    ----------
    root : folder for all versions (default: the folder for runs)
    """

    def __init__(self, root: Path | None = None, country: str = "russia") -> None:
        super().__init__((root or runs_root()) / f"calibration-{making_key(country)[:12]}" / "rows.jsonl", ("values",))
