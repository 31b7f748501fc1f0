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


@dataclass(frozen=True)
class ValidationWindow:
    """Days from ``start`` to before ``end``, and the region codes that may be shown in them."""

    start: date
    end: date
    places: tuple[str, ...]


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
