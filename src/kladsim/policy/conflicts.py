"""Two levers must not fight over one quantity: where one sets it, no other may act at that place and time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from kladsim.core.errors import InputError
from kladsim.model.config import END_OF_TIME, Modifier
from kladsim.policy.lever import Lever


def check_conflicts(levers: Sequence[Lever]) -> None:
    """Raise `InputError`, naming both levers and the quantity, if two modifiers contradict each other."""
    owned = [(index, lever, modifier) for index, lever in enumerate(levers) for modifier in lever.compile()]
    for (first_index, first, one), (index, second, other) in combinations(owned, 2):
        if _fight(one, other):
            raise InputError(
                f"{second.name} and {first.name} (levers.{first_index}) both act on {one.quantity}",
                where=f"levers.{index}",
                value=second,
                allowed="other dates or regions, or one lever",
            )


def _fight(one: Modifier, other: Modifier) -> bool:
    if one.quantity != other.quantity or "set" not in (one.op, other.op):
        return False
    same_place = one.region is None or other.region is None or one.region == other.region
    return same_place and one.start < (other.end or END_OF_TIME) and other.start < (one.end or END_OF_TIME)
