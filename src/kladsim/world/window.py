"""A past validation window: days and places in which a pack lets supply be shown by day and place.

Responsible use, rule 2: outside it supply leaves the model by nation and day at the finest. A window lies wholly in
the past and is short, and its places are regions of the pack (see ``units``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kladsim.core.errors import InputError, suggest

LATEST = date(2024, 1, 1)
LONGEST_DAYS = 366
KEYS = ("window_start", "window_end", "window_places")


@dataclass(frozen=True)
class ValidationWindow:
    """Days from ``start`` to before ``end``, and the region codes that may be shown in them."""

    start: date
    end: date
    places: tuple[str, ...]


def read_window(values: dict[str, str | list[str]], label: str) -> ValidationWindow | None:
    """Return the window that a manifest declares, or None.

    Raises
    ------
    InputError : a part is missing, or the window is not past, too long or without places
    """
    given = [key for key in KEYS if key in values]
    if not given:
        return None
    for key in KEYS:
        if key not in values:
            raise InputError(f"key {key!r} is missing beside {given[0]!r}", where=label, allowed=", ".join(KEYS))
    start, end = (_day(values[key], f"{label}, key {key!r}") for key in KEYS[:2])
    places = values["window_places"]
    where = f"{label}, key 'window_end'"
    if not 0 < (end - start).days <= LONGEST_DAYS:
        raise InputError("not after window_start, or too long", where=where, value=str(end), allowed="1 to 366 days")
    if end > LATEST:
        raise InputError("a validation window must be past", where=where, value=str(end), allowed=f"up to {LATEST}")
    if not isinstance(places, list) or not places:
        raise InputError("must list places", where=f"{label}, key 'window_places'", value=places)
    return ValidationWindow(start, end, tuple(places))


def check_places(window: ValidationWindow | None, codes: tuple[str, ...], label: str) -> None:
    """Raise InputError for a place of the window that is no region of the pack."""
    for place in window.places if window else ():
        if place not in codes:
            raise InputError(
                "no region of this pack",
                where=f"{label}, key 'window_places'",
                value=place,
                allowed=f"one of {len(codes)} regions",
                suggestion=suggest(place, codes),
            )


def _day(value: str | list[str], where: str) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise InputError("not a date", where=where, value=value, allowed="YYYY-MM-DD") from None
