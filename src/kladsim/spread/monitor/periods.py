"""Periods of a series as whole steps: years, months or days counted from one origin, and back as text."""

from __future__ import annotations

import re
from datetime import date

FREQUENCIES = ("year", "month", "week", "day")
_SHAPES = {
    "year": re.compile(r"\d{4}", re.ASCII),
    "month": re.compile(r"\d{4}-\d{2}", re.ASCII),
    "week": re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII),
    "day": re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII),
}
SEASON = {"year": 0, "month": 12, "week": 52, "day": 7}
PER_YEAR = {"year": 1.0, "month": 12.0, "week": 365.25 / 7, "day": 365.25}
MONDAY = 1  # ordinal 1 is Monday, 1 January of year 1


def to_step(period: str, freq: str) -> int:
    """Return a period's whole number: the year, months since year 0, weeks or days since year 1.

    Raises
    ------
    ValueError : the text is no such period
    """
    text = period.strip()
    if not _SHAPES[freq].fullmatch(text):
        raise ValueError(f"{period!r} is no {freq}")
    if freq == "year":
        return int(text)
    if freq == "month":
        year, month = int(text[:4]), int(text[5:])
        if not 1 <= month <= 12:
            raise ValueError(f"{period!r} is no month")
        return 12 * year + month - 1
    day = date.fromisoformat(text).toordinal()
    return (day - MONDAY) // 7 if freq == "week" else day


def to_period(step: int, freq: str) -> str:
    """Return the text of a step: "2023", "2023-04", or a date (of a week, its Monday)."""
    if freq == "year":
        return f"{step:04d}"
    if freq == "month":
        return f"{step // 12:04d}-{step % 12 + 1:02d}"
    return date.fromordinal(7 * step + MONDAY if freq == "week" else step).isoformat()


def begin_of(step: int, freq: str) -> date:
    """Return the first day of a period."""
    if freq == "year":
        return date(step, 1, 1)
    if freq == "month":
        return date(step // 12, step % 12 + 1, 1)
    return date.fromordinal(7 * step + MONDAY if freq == "week" else step)


def end_of(step: int, freq: str) -> date:
    """Return the last day of a period."""
    if freq == "year":
        return date(step, 12, 31)
    if freq == "month":
        following = step + 1
        return date.fromordinal(date(following // 12, following % 12 + 1, 1).toordinal() - 1)
    return date.fromordinal(7 * step + MONDAY + 6 if freq == "week" else step)
