"""How many replicates are enough: go on until the Monte Carlo interval of the effects is as narrow as asked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kladsim.core.errors import InputError, unknown_name
from kladsim.runs.summary import TOTAL
from kladsim.study.effects import Differences, Effect

AUTO = "auto"
NORMAL_90 = 1.6449  # half-width of a 90 % interval in standard errors
OF_EFFECT, OF_LEVEL = 0.10, 0.005  # what "auto" asks of headline outcomes: the wider of the two
FASTEST = 2.0  # a first estimate of the spread is rough: at most double at a time
SAFETY = 1.1


@dataclass(frozen=True)
class PrecisionTarget:
    """The half-width that the 90 % Monte Carlo interval of a median difference should have.

    Parameters
    ----------
    outcome : the outcome, or "auto" for all headline outcomes
    half_width : in the outcome's unit, or a share of the base's level if ``relative``
    """

    outcome: str
    half_width: float = math.nan
    relative: bool = False


@dataclass(frozen=True)
class Reached:
    """The half-width of a target and the one reached with ``n`` replicates."""

    outcome: str
    plan: str
    wished: float
    reached: float
    n: int

    @property
    def met(self) -> bool:
        """Whether the interval is narrow enough."""
        return self.reached <= self.wished


def parse_precision(text: str) -> PrecisionTarget:
    """Return the target that ``auto``, ``deaths=100`` or ``deaths=5%`` names.

    Raises
    ------
    InputError : it is none of these
    """
    allowed = 'auto, OUTCOME=HALF_WIDTH or OUTCOME=SHARE%, such as "deaths=100" or "deaths=5%"'
    if text.strip() == AUTO:
        return PrecisionTarget(AUTO)
    name, sign, value = (part.strip() for part in text.partition("="))
    relative = value.endswith("%")
    try:
        width = float(value.removesuffix("%")) / (100.0 if relative else 1.0)
    except ValueError:
        width = math.nan
    if not (name and sign and width > 0 and math.isfinite(width)):
        raise InputError("is no precision", where="precision", value=text, allowed=allowed)
    return PrecisionTarget(name, width, relative)


def precision_targets(precision: str | Iterable[str] | Mapping[str, float] | None) -> tuple[PrecisionTarget, ...]:
    """Return the targets that a text, texts or half-widths by outcome name."""
    if precision is None:
        return ()
    if isinstance(precision, str):
        return (parse_precision(precision),)
    if isinstance(precision, Mapping):
        return tuple(parse_precision(f"{name}={float(width)!r}") for name, width in precision.items())
    return tuple(parse_precision(text) for text in precision)


def reached(targets: Iterable[PrecisionTarget], measured: Differences, headline: Iterable[str]) -> tuple[Reached, ...]:
    """Return what was reached of each target, one for each outcome and plan.

    Raises
    ------
    InputError : a target names no outcome
    """
    totals = [effect for effect in measured.effects if effect.period == TOTAL]
    known = {effect.outcome for effect in totals}
    results = []
    for target in targets:
        if target.outcome != AUTO and target.outcome not in known:
            raise unknown_name("outcome", target.outcome, known, where="precision")
        names = set(headline) if target.outcome == AUTO else {target.outcome}
        results += [_reached(target, effect, measured.levels) for effect in totals if effect.outcome in names]
    return tuple(results)


def _reached(target: PrecisionTarget, effect: Effect, levels: Mapping[str, float]) -> Reached:
    level = abs(levels.get(effect.outcome, math.nan))
    if target.outcome == AUTO:
        width = max(OF_EFFECT * abs(effect.median), OF_LEVEL * level)
    else:
        width = target.half_width * (level if target.relative else 1.0)
    return Reached(effect.outcome, effect.plan, width, NORMAL_90 * effect.mc_error, effect.n)


def next_replicates(results: Iterable[Reached], n: int, most: int) -> int:
    """Return how many replicates to have next: ``n`` when all targets are met or ``most`` is reached."""
    needed = n
    for item in results:
        if item.met or not math.isfinite(item.wished) or item.wished <= 0:
            continue
        ratio = item.reached / item.wished if math.isfinite(item.reached) else FASTEST
        needed = max(needed, math.ceil(n * min(FASTEST, SAFETY * ratio * ratio)))
    return min(most, max(needed, n + 1)) if needed > n else n
