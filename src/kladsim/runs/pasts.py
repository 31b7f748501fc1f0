"""The past of a run: what decides it, and up to which day two configurations have the same one.

A lever acts from its first day on and never before it: what happens on a day depends on that day's quantities, which
the modifiers tell, and on the past. Two configurations whose modifiers agree up to a day have the same bits up to it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from kladsim.model.config import Modifier, RunConfig


def past_of(config: RunConfig, day: int) -> RunConfig:
    """Return what decides the days before ``day`` (from 0): no later modifier, end or change of luck."""
    until = config.start + timedelta(days=day)
    own = config.luck == 0 or (config.luck_from is not None and config.luck_from >= until)
    return replace(
        config,
        modifiers=tuple(_before(modifier, until) for modifier in config.modifiers if modifier.start < until),
        luck=0 if own else config.luck,
        luck_from=None if own else config.luck_from,
    )


def _before(modifier: Modifier, until: date) -> Modifier:
    later = modifier.end is not None and modifier.end >= until
    return replace(modifier, end=None) if later else modifier


def turns(config: RunConfig) -> list[int]:
    """Return the days after the first on which a modifier or new luck begins or ends, then the end of the run."""
    dates = [day for modifier in config.modifiers for day in (modifier.start, modifier.end) if day is not None]
    dates += [config.luck_from] if config.luck and config.luck_from else []
    days = {(day - config.start).days for day in dates}
    return [*sorted(day for day in days if 0 < day < config.n_days), config.n_days]


def shared_days(one: RunConfig, other: RunConfig) -> int:
    """Return on how many first days two configurations are the same: 0 if anything but modifiers or luck differs."""
    if frame(one) != frame(other):
        return 0
    agreed = 0
    for day in sorted({*turns(one), *turns(other)}):
        if past_of(one, day) != past_of(other, day):
            break
        agreed = day
    return agreed


def frame(config: RunConfig) -> tuple[Any, ...]:
    """What two configurations must have in common to share a first day."""
    c = config
    added = tuple((name, tuple(sorted(values.items()))) for name, values in sorted(c.added.items()))
    constants = tuple(sorted(c.parameters.items())), tuple(sorted(c.switches.items())), added
    return (c.country, c.start, c.until, c.scale, c.seed, c.generator, *constants)
