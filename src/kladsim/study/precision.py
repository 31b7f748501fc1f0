"""How many replicates are enough: go on until the Monte Carlo interval of the effects is as narrow as wished."""

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
class Wish:
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
    """What a wish came to: half-width wished and reached with ``n`` replicates."""

    outcome: str
    plan: str
    wished: float
    reached: float
    n: int

    @property
    def met(self) -> bool:
        """Whether the interval is narrow enough."""
        return self.reached <= self.wished


def parse_wish(text: str) -> Wish:
    """Return the wish that ``auto``, ``deaths=100`` or ``deaths=5%`` tells.

    Raises
    ------
    InputError : it is none of these
    """
    allowed = 'auto, OUTCOME=HALF_WIDTH or OUTCOME=SHARE%, such as "deaths=100" or "deaths=5%"'
    if text.strip() == AUTO:
        return Wish(AUTO)
    name, sign, value = (part.strip() for part in text.partition("="))
    relative = value.endswith("%")
    try:
        width = float(value.removesuffix("%")) / (100.0 if relative else 1.0)
    except ValueError:
        width = math.nan
    if not (name and sign and width > 0 and math.isfinite(width)):
        raise InputError("is no precision", where="precision", value=text, allowed=allowed)
    return Wish(name, width, relative)


def wishes(given: str | Iterable[str] | Mapping[str, float] | None) -> tuple[Wish, ...]:
    """Return the wishes given as text, texts or half-widths by outcome."""
    if given is None:
        return ()
    if isinstance(given, str):
        return (parse_wish(given),)
    if isinstance(given, Mapping):
        return tuple(parse_wish(f"{name}={float(width)!r}") for name, width in given.items())
    return tuple(parse_wish(text) for text in given)


def reached(wished: Iterable[Wish], found: Differences, headline: Iterable[str]) -> tuple[Reached, ...]:
    """Return what each wish came to, one for each outcome and plan.

    Raises
    ------
    InputError : a wish names no outcome
    """
    totals = [effect for effect in found.effects if effect.period == TOTAL]
    known = {effect.outcome for effect in totals}
    told = []
    for wish in wished:
        if wish.outcome != AUTO and wish.outcome not in known:
            raise unknown_name("outcome", wish.outcome, known, where="precision")
        names = set(headline) if wish.outcome == AUTO else {wish.outcome}
        told += [_reached(wish, effect, found.levels) for effect in totals if effect.outcome in names]
    return tuple(told)


def _reached(wish: Wish, effect: Effect, levels: Mapping[str, float]) -> Reached:
    level = abs(levels.get(effect.outcome, math.nan))
    if wish.outcome == AUTO:
        width = max(OF_EFFECT * abs(effect.median), OF_LEVEL * level)
    else:
        width = wish.half_width * (level if wish.relative else 1.0)
    return Reached(effect.outcome, effect.plan, width, NORMAL_90 * effect.mc_error, effect.n)


def next_replicates(told: Iterable[Reached], n: int, most: int) -> int:
    """Return how many replicates to have next: ``n`` when all wishes are met or ``most`` is reached."""
    needed = n
    for item in told:
        if item.met or not math.isfinite(item.wished) or item.wished <= 0:
            continue
        ratio = item.reached / item.wished if math.isfinite(item.reached) else FASTEST
        needed = max(needed, math.ceil(n * min(FASTEST, SAFETY * ratio * ratio)))
    return min(most, max(needed, n + 1)) if needed > n else n
