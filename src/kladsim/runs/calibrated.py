"""The parameters that calibration moves, each with the reason for it (``data/parameters.csv``)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache

from kladsim.runs.posterior import DATA

FILE = DATA / "parameters.csv"


@dataclass(frozen=True)
class CalibratedParameter:
    """One parameter, the targets it moves most, and why it is calibrated."""

    name: str
    moves: str
    reason: str


@cache
def calibrated_parameters() -> tuple[CalibratedParameter, ...]:
    """Return the parameters in the order of the file."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return tuple(CalibratedParameter(row["name"], row["moves"], row["reason"]) for row in csv.DictReader(file))


def calibrated_names() -> tuple[str, ...]:
    """Return the names of the calibrated parameters."""
    return tuple(item.name for item in calibrated_parameters())
