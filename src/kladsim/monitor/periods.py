"""Periods of a series as whole steps: years, quarters, months, weeks or days from one origin, and back as text."""

from __future__ import annotations

import re
from datetime import date

FREQUENCIES = ("year", "quarter", "month", "week", "day")
_SHAPES = {
    "year": re.compile(r"\d{4}", re.ASCII),
    "quarter": re.compile(r"\d{4}-Q[1-4]", re.ASCII),
    "month": re.compile(r"\d{4}-\d{2}", re.ASCII),
    "week": re.compile(r"\d{4}-W\d{2}|\d{4}-\d{2}-\d{2}", re.ASCII),
    "day": re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII),
}
SEASON = {"year": 0, "quarter": 4, "month": 12, "week": 52, "day": 7}
PER_YEAR = {"year": 1.0, "quarter": 4.0, "month": 12.0, "week": 365.25 / 7, "day": 365.25}
MONDAY = 1  # ordinal 1 is Monday, 1 January of year 1


def to_step(period: str, freq: str) -> int:
    """Return a period's whole number: the year, quarters or months since year 0, weeks or days since year 1.

    A week is written as ISO 8601 has it (2024-W05), or as any day in it.

    Raises
    ------
    ValueError : the text is no such period
    """
    text = period.strip()
    if not _SHAPES[freq].fullmatch(text):
        raise ValueError(f"{period!r} is no {freq}")
    if freq == "year":
        return int(text)
    if freq == "quarter":
        return 4 * int(text[:4]) + int(text[6]) - 1
    if freq == "month":
        year, month = int(text[:4]), int(text[5:])
        if not 1 <= month <= 12:
            raise ValueError(f"{period!r} is no month")
        return 12 * year + month - 1
    day = date.fromisocalendar(int(text[:4]), int(text[6:]), 1) if "W" in text else date.fromisoformat(text)
    return step_of(day, freq)


def step_of(day: date, freq: str) -> int:
    """Return the step of the period that holds a day."""
    if freq == "year":
        return day.year
    if freq == "quarter":
        return 4 * day.year + (day.month - 1) // 3
    if freq == "month":
        return 12 * day.year + day.month - 1
    return (day.toordinal() - MONDAY) // 7 if freq == "week" else day.toordinal()


def to_period(step: int, freq: str) -> str:
    """Return the text of a step: "2023", "2023-Q2", "2023-04", "2023-W16" or "2023-04-17"."""
    if freq == "year":
        return f"{step:04d}"
    if freq == "quarter":
        return f"{step // 4:04d}-Q{step % 4 + 1}"
    if freq == "month":
        return f"{step // 12:04d}-{step % 12 + 1:02d}"
    day = begin_of(step, freq)
    if freq == "week":
        year, week, _ = day.isocalendar()
        return f"{year:04d}-W{week:02d}"
    return day.isoformat()


def begin_of(step: int, freq: str) -> date:
    """Return the first day of a period."""
    if freq == "year":
        return date(step, 1, 1)
    if freq == "quarter":
        return date(step // 4, 3 * (step % 4) + 1, 1)
    if freq == "month":
        return date(step // 12, step % 12 + 1, 1)
    return date.fromordinal(7 * step + MONDAY if freq == "week" else step)


def end_of(step: int, freq: str) -> date:
    """Return the last day of a period."""
    if freq in ("year", "quarter", "month"):
        return date.fromordinal(begin_of(step + 1, freq).toordinal() - 1)
    return date.fromordinal(7 * step + MONDAY + 6 if freq == "week" else step)
