"""The name that a person most likely meant, among names of several kinds."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

LEAST_ALIKE = 0.6
NEARLY_EQUAL = 0.9
SHORTEST_BEGINNING = 3


def nearest(name: str, *kinds: Iterable[str]) -> str | None:
    """Return the known name nearest to what was typed, None where none is near.

    Within a kind the first name that begins with what was typed, or has it as a part between dots, comes first. A kind
    that is given first wins over a later one, unless a name of the later is spelled nearly the same.
    """
    typed = name.strip().lower()
    best = [found for kind in kinds if (found := _best(typed, list(kind))) is not None]
    if not best:
        return None
    return max(best, key=lambda pair: (pair[0] >= NEARLY_EQUAL, -best.index(pair)))[1]


def _best(typed: str, names: list[str]) -> tuple[float, str] | None:
    alike = {known: SequenceMatcher(None, typed, known.lower()).ratio() for known in names}
    if len(typed) >= SHORTEST_BEGINNING:
        begins = (known for known in names if known.lower().startswith(typed) or typed in known.lower().split("."))
        if (first := next(begins, None)) is not None:
            return alike[first], first
    near = [known for known in names if alike[known] >= LEAST_ALIKE]
    if not near:
        return None
    chosen = max(near, key=lambda known: alike[known])
    return alike[chosen], chosen
