"""A person's own observations as they are stored, put right on reading: one row a published version of a value.

Earlier versions of kladsim stored ``<5`` as 2.5 and ``<LOQ`` as zero, and dates of months as days. The first are left
out (the log of repairs beside the store tells which they are), the second are read as what their spacing tells.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path

from kladsim.monitor.dates import detect_step
from kladsim.monitor.periods import begin_of, step_of, to_period, to_step
from kladsim.monitor.tables import read_rows

FILE, LOG = "observations.csv", "repairs.log"
COLUMNS = tuple(
    "series country place indicator unit freq stated period value low high reported source note added".split()
)
MIN_DATES = 3  # with fewer, dates of old stores stay days
_BOUND = re.compile(
    r"(?P<day>\S+) (?P<file>.+?): line \d+: '<? ?(?P<limit>[\d.]*).*' is below quantification: "
    r"(?:half of the limit|zero) taken"
)
SCALES = (1.0, 1000.0, 0.001, 1e-6)  # of units that were turned into others on the way in


def get_folder() -> Path:
    """Return the folder of own observations: $KLADSIM_MONITOR, else ``monitor`` below the working directory."""
    return Path(os.environ.get("KLADSIM_MONITOR", "monitor"))


def get_file_state(name: str = FILE) -> tuple[str, int, int, int]:
    """Return what changes whenever the store (or its log) does, for those who keep what they read.

    Every version of the store is a file of its own, so that two within one tick of the clock are told apart.
    """
    path = get_folder() / name
    try:
        status = path.stat()
    except OSError:
        return str(path), 0, 0, 0
    return str(path), status.st_mtime_ns, status.st_size, status.st_ino


def read_versions() -> Sequence[dict[str, str]]:
    """Return every version of every value, periods as they are written now, without values made up from a bound.

    The rows are read once for each state of the store: callers do not change them.

    Raises
    ------
    ValueError, KeyError : the file is damaged
    """
    return _read_versions(get_file_state(), get_file_state(LOG))


@lru_cache(maxsize=1)
def _read_versions(*_states: tuple[str, int, int, int]) -> Sequence[dict[str, str]]:
    raw = [{**dict.fromkeys(("stated", "note", "low", "high"), ""), **row} for row in read_rows(get_folder() / FILE)]
    made_up = ImputedBounds()
    kept = [row for row in raw if row not in made_up]
    for rows in _group_rows(kept):
        freq = _decide_freq(rows)
        for row in rows:
            begin = begin_of(to_step(row["period"], row["freq"]), row["freq"])
            row["period"], row["freq"] = to_period(step_of(begin, freq), freq), freq
    return kept


WITHDRAWN = "withdrawn by the publisher"
"""The note of a version that holds no value: a later edition did not have the period any more."""


def is_withdrawn(row: dict[str, str]) -> bool:
    """Whether a version says that the value was withdrawn."""
    return not row["value"] and not row["low"]


def read_bounds(row: dict[str, str]) -> tuple[float, float]:
    """Return the bounds of a version's value, equal ones where it is known exactly."""
    if row["value"]:
        return float(row["value"]), float(row["value"])
    return float(row["low"]), float(row["high"])


def describe_left_out() -> list[str]:
    """Return in words which stored values were made up from a bound by an earlier version, and are left out."""
    made_up = ImputedBounds()
    found: dict[tuple[str, str], int] = {}
    for row in read_rows(get_folder() / FILE):
        if row in made_up:
            key = row["series"], row["source"]
            found[key] = found.get(key, 0) + 1
    return [
        f"{series}: {count} stored value{'s' * (count > 1)} left out: an earlier version made up a number from a bound "
        f"such as <5 in {source}; add the file again without its bounds"
        for (series, source), count in sorted(found.items())
    ]


def read_newest(as_of: date | None = None) -> list[dict[str, str]]:
    """Return of each period the version published last (by a day, if one is given).

    A version without a day of publication counts as known from the beginning.
    """
    found: dict[tuple[str, str], dict[str, str]] = {}
    for row in read_versions():
        key, told = (row["series"], row["period"]), row["reported"]
        if as_of is not None and told > as_of.isoformat():
            continue
        if key not in found or told >= found[key]["reported"]:
            found[key] = row
    return list(found.values())


def _group_rows(rows: Sequence[dict[str, str]]) -> list[list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        found.setdefault(row["series"], []).append(row)
    return list(found.values())


def _decide_freq(rows: Sequence[dict[str, str]]) -> str:
    """The kind of period of one series' rows: where dates were not called days, what their spacing tells."""
    if any(row["freq"] != "day" or row["stated"] for row in rows):
        return rows[0]["freq"]
    days = sorted({to_step(row["period"], "day") for row in rows})
    return (detect_step(days) or "day") if len(days) >= MIN_DATES else "day"


class ImputedBounds:
    """Which stored rows hold a number made up from a bound: those of the file, day and value that the log tells."""

    def __init__(self) -> None:
        path = get_folder() / LOG
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
        self.files = {line.split(": ", 1)[0].split(" ", 1)[-1] for line in lines}
        self.values: set[tuple[str, str, float]] = set()
        for told in filter(None, map(_BOUND.match, lines)):
            half = float(told["limit"]) / 2 if told["limit"] else 0.0
            self.values |= {(told["file"], told["day"], half * scale) for scale in SCALES}

    def __contains__(self, row: dict[str, str]) -> bool:
        if not row["value"]:
            return False
        day, value, source = row["added"], float(row["value"]), row["source"]
        # A file with a column of sources stored those in place of its own name.
        files = {source} if source in self.files else self.files
        return any((file, day, value) in self.values for file in files)
