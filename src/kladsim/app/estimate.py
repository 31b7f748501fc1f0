"""What levers would do before they are simulated, where the emulator (``emulated``) does not know them.

It reads between paired runs that are stored, along one direction of lever strengths, from "no
lever" (no effect by definition) to the nearest stored plan of the same kind. Where no such plan is stored,
there is no estimate, and none is made up.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kladsim.study.effects import Effect

#: Options whose effect is taken as proportional between nothing and a stored value.
STRENGTHS = ("share", "strength", "places", "effort", "coverage", "level", "factor", "amount")
WIDENING = 0.5
FURTHEST = 2.0


@dataclass(frozen=True)
class Stored:
    """A plan whose paired effects are known."""

    levers: tuple[Mapping[str, Any], ...]
    effects: tuple[Effect, ...]


@dataclass(frozen=True)
class Estimated:
    """An estimated effect: middle and band; ``basis`` says how it was come by."""

    outcome: str
    unit: str
    median: float
    low: float
    high: float
    base: float | None = None


@dataclass(frozen=True)
class Estimate:
    """Effects of a plan, estimated from the emulator or from stored runs; ``since`` is their first year."""

    effects: tuple[Estimated, ...]
    basis: str
    distance: float
    since: int | None = None
    stale: bool = False


def estimate(levers: Sequence[Mapping[str, Any]], stored: Sequence[Stored]) -> Estimate | None:
    """Estimate the total effects of a plan from stored ones, None where none is near.

    Parameters
    ----------
    levers : the plan's levers as plain values
    stored : plans with known effects against the same base, time, scale and seed
    """
    best: tuple[float, float, Stored] | None = None
    for plan in stored:
        ratio = _ratio(levers, plan.levers)
        if ratio is not None and (best is None or abs(math.log(ratio)) < best[0]):
            best = (abs(math.log(ratio)), ratio, plan)
    if best is None or best[0] > math.log(FURTHEST):
        return None
    distance, ratio, plan = best
    return Estimate(
        tuple(_scaled(effect, ratio, distance) for effect in plan.effects),
        f"proportional to a stored plan of the same levers at {1 / ratio:.2g} times this strength",
        distance,
    )


def _scaled(effect: Effect, ratio: float, distance: float) -> Estimated:
    """The effect at another strength; the band grows with the distance from the stored plan."""
    extra = WIDENING * distance * abs(effect.median) * ratio
    return Estimated(
        effect.outcome, effect.unit, effect.median * ratio, effect.low * ratio - extra, effect.high * ratio + extra
    )


def _ratio(levers: Sequence[Mapping[str, Any]], others: Sequence[Mapping[str, Any]]) -> float | None:
    """By how much all strengths differ from another plan's, None where anything else differs too."""
    if len(levers) != len(others) or not levers:
        return None
    ratios: list[float] = []
    for one, other in zip(_sorted(levers), _sorted(others), strict=True):
        if set(one) != set(other):
            return None
        for name in one:
            if one[name] == other[name]:
                continue
            if name not in STRENGTHS or not _positive(one[name]) or not _positive(other[name]):
                return None
            ratios.append(float(one[name]) / float(other[name]))
    if not ratios:
        return 1.0
    return ratios[0] if max(ratios) - min(ratios) < 1e-9 and len(ratios) == len(levers) else None


def _sorted(levers: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(levers, key=lambda lever: str(lever.get("lever")))


def _positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0
