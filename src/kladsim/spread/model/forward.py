"""Simulate the spread forward: arrivals, first signs, growth and self-sustaining trade, country by country.

Either from 2014 with nobody reached but Russia (to test patterns), or from 2026 with what is known by 2025.
Every part of the mechanism can be switched off (``Parts``); M16 off means that no country is reached.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError
from kladsim.spread.model.hazard import (
    STAGE_STRENGTH,
    STRONGEST,
    TINY,
    Parts,
    appeal,
    collected_chance,
    fixed_part,
    link_weights,
    seen_chance,
    sign_years,
    source_strength,
    stage_chances,
)
from kladsim.spread.model.priors import Draws
from kladsim.spread.model.random_numbers import uniform
from kladsim.spread.model.tables import FIRST_YEAR, LAST_YEAR, NOT_YET, CountryTables, Record

Floats = NDArray[np.float64]
Years = NDArray[np.int16]
LAST_HORIZON = 2040


@dataclass(frozen=True, eq=False)
class Paths:
    """Years of arrival, first sign, growth and self-sustaining trade: draws × paths × countries (``NOT_YET``: later).

    ``arrival_chance`` (draws × countries × years from ``first``) is the chance of arrival by the end of a year,
    averaged over paths; far less noisy than counting arrivals.
    """

    first: int
    last: int
    arrival: Years
    sign: Years
    growth: Years
    sustained: Years
    arrival_chance: Floats


def simulate(
    world: CountryTables,
    draws: Draws,
    *,
    parts: Parts | None = None,
    known: bool = True,
    last: int = 2035,
    paths: int = 8,
    seed: int = 1,
    source: Floats | None = None,
    record: Record | None = None,
    sources: NDArray[np.bool_] | None = None,
) -> Paths:
    """Simulate the spread until the end of ``last``.

    Parameters
    ----------
    known : start in 2026 from what is known by 2025; else in 2014 with no country reached
    source : strength of Russia as a source by year from the first simulated year; default: as in the fit
    record : how first signs are read where what is known counts; default: as the tables say
    sources : countries that become sources once they have a sign (default: all)

    Raises
    ------
    InputError : horizon, number of paths or source strength out of range
    """
    first = LAST_YEAR + 1 if known else FIRST_YEAR
    if not first <= last <= LAST_HORIZON:
        raise InputError("horizon is out of range", where="last", value=last, allowed=f"{first} to {LAST_HORIZON}")
    if paths < 1:
        raise InputError("needs at least one path", where="paths", value=paths, allowed="1 or more")
    years = np.arange(first, last + 1)
    strength = source_strength(years) if source is None else np.asarray(source, dtype=np.float64)
    if strength.shape != years.shape or not ((strength >= 0) & (strength <= STRONGEST)).all():
        allowed = f"{len(years)} numbers from 0 to {STRONGEST:g}"
        raise InputError("source strength is out of range", where="source", value=strength.tolist(), allowed=allowed)
    on = parts or Parts()
    state = _State(world, on.without(draws), paths, seed, last)
    if sources is not None:
        state.from_countries[:, ~sources] = 0.0
    if known:
        state.start_from_record(record or world.read_record())
    if on.spread:
        for place, year in enumerate(years):
            state.step(int(year), float(strength[place]))
    else:
        state.chances = [state.chance_so_far.copy() for _ in years]
    return Paths(
        first=first,
        last=last,
        arrival=state.years["arrival"].astype(np.int16),
        sign=state.years["sign"].astype(np.int16),
        growth=state.years["growth"].astype(np.int16),
        sustained=state.years["sustained"].astype(np.int16),
        arrival_chance=np.stack([chance.mean(axis=1) for chance in state.chances], axis=2),
    )


class _State:
    def __init__(self, world: CountryTables, draws: Draws, paths: int, seed: int, last: int) -> None:
        self.world, self.draws, self.seed, self.last = world, draws, seed, last
        self.shape = (len(draws), paths, len(world))
        self.years = {key: np.full(self.shape, NOT_YET) for key in ("arrival", "sign", "growth", "sustained")}
        weights = link_weights(world, draws, np.arange(len(world) + 1))
        weights[:, :, :-1] *= np.exp(draws["secondary"])[:, :, None] * world.size
        self.from_countries = np.ascontiguousarray(weights[:, :, :-1].transpose(0, 2, 1)).astype(np.float32)
        self.from_source = weights[:, :, -1]
        self.background = np.exp(draws["background"])
        self.fixed = fixed_part(world, draws)
        self.seen = seen_chance(world, draws)
        self.chance_so_far = np.zeros(self.shape)
        self.chances: list[Floats] = []

    def luck(self, year: int, use: int) -> Floats:
        return uniform(self.seed, "forward", year * 16 + use, self.shape)

    def start_from_record(self, record: Record) -> None:
        """Draw what is so by the end of 2025 given the record: year of the first sign, a sign missed, trade unseen."""
        by_year, _ = sign_years(self.world, self.draws, record.last)
        past, hidden = sign_years(self.world, self.draws)
        collected = collected_chance(self.world, self.draws)[:, :, None]
        on_record = (collected * record.sign + (1.0 - collected * record.searched) * record.own) * by_year
        missed = record.none * (past * (1.0 - collected * record.searched[:, : past.shape[2]])).sum(axis=2)
        never = record.none * (1.0 - past.sum(axis=2) - hidden)
        chances = np.concatenate([on_record, np.stack([missed, record.none * hidden, never], axis=2)], axis=2)
        ends = np.cumsum(chances, axis=2)
        ends = ends / ends[:, :, -1:]
        state = (self.luck(LAST_YEAR, 8)[:, :, :, None] > ends[:, None, :, :-1]).sum(axis=3)
        years = on_record.shape[2]
        sign = np.where(state < years, FIRST_YEAR + state, np.where(state == years, LAST_YEAR, NOT_YET))
        self.years["sign"][:] = sign
        self.years["arrival"][:] = np.where(state == years + 1, LAST_YEAR, sign)
        there = (missed + record.none * hidden) / (chances[:, :, years:].sum(axis=2) + TINY)
        self.chance_so_far[:] = np.where(state < years, 1.0, there[:, None])
        self._stages_on_record()

    def _stages_on_record(self) -> None:
        """Stages of the past: as on record where known, else drawn year by year."""
        for year in range(FIRST_YEAR, LAST_YEAR + 1):
            self._stages(year)
        for column, key in ((0, "growth"), (2, "sustained")):
            low, high = self.world.stage[:, column], self.world.stage[:, column + 1]
            for place in np.flatnonzero((high != NOT_YET) & self.world.signed):
                middle = (max(low[place], FIRST_YEAR) + high[place]) // 2
                self.years[key][:, :, place] = np.maximum(middle, self.years["sign"][:, :, place])
            for place in np.flatnonzero((low > LAST_YEAR) & (high == NOT_YET)):
                self.years[key][:, :, place] = NOT_YET
        late = (self.years["growth"] == NOT_YET) & (self.years["sustained"] != NOT_YET)
        self.years["sustained"][late] = NOT_YET

    def digital(self, year: int) -> Floats:
        """Persons online; held at the last known year."""
        column = min(year, LAST_YEAR) - FIRST_YEAR
        return self.world.digital[:, column]

    def step(self, year: int, source: float) -> None:
        """One year: arrivals from last year's sources, sightings, stages."""
        years = self.years
        level = np.zeros(self.shape, dtype=np.float32)
        for key, value in zip(("sign", "growth", "sustained"), STAGE_STRENGTH, strict=True):
            level[years[key] < year] = value
        exposure = np.matmul(level, self.from_countries) + (self.from_source * source + self.background)[:, None]
        pull = self.fixed + appeal(self.world, self.draws, self.digital(year))
        chance = -np.expm1(-np.exp(np.minimum(np.log(exposure) + pull[:, None], 5.0)))
        self.chance_so_far = 1.0 - (1.0 - self.chance_so_far) * (1.0 - chance)
        self.chances.append(self.chance_so_far)
        free = years["arrival"] == NOT_YET
        years["arrival"][free & (self.luck(year, 0) < chance)] = year
        unseen = (years["arrival"] <= year) & (years["sign"] == NOT_YET)
        years["sign"][unseen & (self.luck(year, 1) < self.seen[:, None])] = year
        self._stages(year)

    def _stages(self, year: int) -> None:
        years = self.years
        first, second = stage_chances(self.draws, appeal(self.world, self.draws, self.digital(year)))
        can_grow = (years["sign"] <= year) & (years["growth"] == NOT_YET)
        years["growth"][can_grow & (self.luck(year, 2) < first[:, None])] = year
        can_sustain = (years["growth"] <= year) & (years["sustained"] == NOT_YET)  # in the same year too, as in the fit
        years["sustained"][can_sustain & (self.luck(year, 3) < second[:, None])] = year
