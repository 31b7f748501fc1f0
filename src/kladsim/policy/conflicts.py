"""Levers must not contradict each other: nothing is set twice, nothing overlaps itself, nothing exceeds a capacity."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from kladsim.core.errors import InputError
from kladsim.model.config import END_OF_TIME, Modifier
from kladsim.policy.lever import Lever


class Owned(NamedTuple):
    """One modifier, the lever that makes it, and where that lever stands in the scenario."""

    path: str
    lever: Lever
    modifier: Modifier


def parts_of(levers: Sequence[Lever]) -> Iterator[tuple[str, Lever]]:
    """Yield every lever with its place, the levers inside packages instead of the packages."""
    for index, lever in enumerate(levers):
        for place, part in lever.parts():
            inner = f"{lever.name}.{place}." if place else ""
            yield f"levers.{index}.{inner}{part.name}", part


def check_conflicts(levers: Sequence[Lever]) -> None:
    """Raise `InputError`, naming the lever and the field, if levers contradict each other or exceed a capacity."""
    parts = list(parts_of(levers))
    owned = [Owned(path, lever, modifier) for path, lever in parts for modifier in lever.compile()]
    for first, second in combinations(owned, 2):
        if _meet(first.modifier, second.modifier):
            _check_pair(first, second)
    _check_capacities(parts)


def _check_pair(first: Owned, second: Owned) -> None:
    quantity = second.modifier.quantity
    where = f"{second.path}.{second.lever.dated_by}"
    allowed = "other dates or regions, or one lever"
    if "set" in (first.modifier.op, second.modifier.op):
        message = f"{second.lever.name} and {first.lever.name} ({first.path}) both act on {quantity}"
        raise InputError(message, where=where, value=second.lever, allowed=allowed)
    if type(first.lever) is type(second.lever):
        message = f"{second.lever.name} overlaps {first.path}: both act on {quantity} at one time and place"
        raise InputError(message, where=where, value=second.lever, allowed=allowed)


def _meet(one: Modifier, other: Modifier) -> bool:
    if one.quantity != other.quantity:
        return False
    same_place = one.region is None or other.region is None or one.region == other.region
    return same_place and one.start < (other.end or END_OF_TIME) and other.start < (one.end or END_OF_TIME)


def _check_capacities(parts: Sequence[tuple[str, Lever]]) -> None:
    """Raise if levers that run at one time and place together ask for more of a resource than there is."""
    limited = [(path, lever, lever.compile()) for path, lever in parts if lever.limit is not None]
    for path, lever, modifiers in limited:
        together = [
            (other_path, other)
            for other_path, other, others in limited
            if other.limit and lever.limit and other.limit.resource == lever.limit.resource
            and any(_at_start(theirs, mine) for mine in modifiers for theirs in others)
        ]  # fmt: skip
        asked = sum(other.load() for _, other in together)
        most = max((other.most() for _, other in together), default=asked)
        if lever.limit and asked > most * (1.0 + 1e-12):
            also = ", ".join(other_path for other_path, _ in together if other_path != path)
            raise InputError(
                f"exceeds the capacity of {lever.limit.resource} together with {also}",
                where=f"{path}.{lever.limit.field}", value=getattr(lever, lever.limit.field),
                allowed=f"at most {most:g} {lever.limit.unit} in all",
            )  # fmt: skip


def _at_start(theirs: Modifier, mine: Modifier) -> bool:
    """Return whether ``theirs`` acts on the first day of ``mine`` at its place."""
    same_place = theirs.region is None or mine.region is None or theirs.region == mine.region
    return same_place and theirs.start <= mine.start < (theirs.end or END_OF_TIME)
