"""Equations of the spread: exposure, hazard of a first occurrence, delay until it is seen, stages; the likelihood.

Yearly hazard of country i in year t while the trade has not arrived::

    log h(i, t) = base + log E(i, t) + strictness·s + digital·d + interaction·s·d + governance·g + population·n + region
    E(i, t)     = sum over sources j of S(j, t) · exp(−distance·ln(km/1000) + border·b + language·l + ties·m)
                  + exp(background)
    P(arrival in t | none before) = 1 − exp(−h)

A trade under way is seen and published with a yearly chance that rises with voice and accountability; the first
sign is that year. Signs are known as an interval of years; a country without a sign in the tables may still have one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kladsim.spread.model.priors import Draws, to_draws
from kladsim.spread.model.tables import FIRST_YEAR, LAST_YEAR, NOT_YET, CountryTables

Floats = NDArray[np.float64]
YEARS = np.arange(FIRST_YEAR, LAST_YEAR + 1)
STAGE_STRENGTH = (0.2, 0.6, 1.0)
"""Strength of a reached country as a source at first sign, growth and self-sustaining trade: assumption."""
NEAREST_KM = 200.0
STRONGEST = 10.0
"""Strength of Russia that a simulation may be given; 1 is full coverage at the volume of the record."""
TINY = 1e-300


def source_strength(years: NDArray[np.int64]) -> Floats:
    """Strength of Russia as a source: share of its population in towns served.

    A logistic curve through 69 % in 2020 (E049) that rises from 10 to 90 % in eight years (S002: 8 to 10).
    """
    slope = 2.0 * np.log(9.0) / 8.0
    middle = 2020.0 - np.log(0.69 / 0.31) / slope
    return np.asarray(1.0 / (1.0 + np.exp(-slope * (years - middle))), dtype=np.float64)


@dataclass(frozen=True)
class Parts:
    """Which parts of the mechanism are on; ``spread`` off is M16 off: no country is ever reached."""

    spread: bool = True
    proximity: bool = True
    border: bool = True
    language: bool = True
    ties: bool = True
    interaction: bool = True
    secondary: bool = True
    covariates: bool = True
    regions: bool = True

    def without(self, draws: Draws) -> Draws:
        """The draws with the coefficients of the parts that are off set to zero."""
        zero: dict[str, float] = {}
        for on, names in (
            (self.proximity, ("distance", "border")),
            (self.border, ("border",)),
            (self.language, ("language",)),
            (self.ties, ("ties",)),
            (self.interaction, ("interaction",)),
            (self.covariates, ("strictness", "digital", "interaction", "governance", "population")),
        ):
            zero |= {} if on else dict.fromkeys(names, 0.0)
        if not self.secondary:
            zero["secondary"] = -50.0
        kept = draws.with_(**zero) if zero else draws
        return kept if self.regions else Draws(kept.values, np.zeros_like(kept.regions), kept.strictness)


DISTANCE_ALONE = Parts(
    border=False, language=False, ties=False, interaction=False, secondary=False, covariates=False, regions=False
)
"""The rival in scores: distance to Russia and nothing else."""
NEAR_ALONE = Parts(ties=False, interaction=False, secondary=False, covariates=False, regions=False)
"""A harder rival: distance, border and common language."""


def link_weights(world: CountryTables, draws: Draws, columns: NDArray[np.int64]) -> Floats:
    """Weights of exposure B × n × columns from the sources in ``columns`` (the last column of the world is Russia)."""
    far = np.log(np.maximum(world.km[:, columns], NEAREST_KM) / 1000.0)
    parts = (far, world.border[:, columns], world.language[:, columns], world.ties[:, columns])
    out = np.zeros((len(draws), *far.shape))
    for sign, name, part in zip((-1, 1, 1, 1), ("distance", "border", "language", "ties"), parts, strict=True):
        out += sign * draws[name][:, :, None] * part
    out = np.exp(out, out=out)
    own = np.flatnonzero(columns < len(world))
    out[:, columns[own], own] = 0.0  # nobody is a source for itself
    return out


def appeal(world: CountryTables, draws: Draws, digital: Floats) -> Floats:
    """Strictness and digital access in the log hazard: B × n for one year of ``digital`` (n)."""
    s = draws.strictness
    return draws["strictness"] * s + draws["digital"] * digital + draws["interaction"] * s * digital


def fixed_part(world: CountryTables, draws: Draws) -> Floats:
    """The part of the log hazard that no year changes: B × n."""
    people = np.log(world.population / 1e7)
    own = draws["base"] + draws["governance"] * world.governance + draws["population"] * people
    return own + draws.regions[:, world.region_of]


def known_sources(world: CountryTables) -> tuple[NDArray[np.int64], Floats]:
    """Columns of the sources of the years on record and their strength (sources × years), Russia last.

    Reached countries count from the year after the middle of the interval of their sign.
    """
    places = np.flatnonzero(world.signed)
    strength = np.zeros((len(places) + 1, len(YEARS)))
    for row, place in enumerate(places):
        steps = (_middle(world.sign[place]), _middle(world.stage[place, :2]), _middle(world.stage[place, 2:]))
        level = np.zeros(len(YEARS))
        for start, value in zip(steps, STAGE_STRENGTH, strict=True):
            level = np.where(start < YEARS, value, level)
        strength[row] = level * world.size[place]
    strength[-1] = source_strength(YEARS)
    return np.append(places, len(world)), strength


def _middle(years: NDArray[np.int64]) -> int:
    if years[1] == NOT_YET:
        return NOT_YET
    return int(years[0] + years[1]) // 2 if years[0] > 0 else int(years[1])


def log_hazard(world: CountryTables, draws: Draws) -> Floats:
    """Log yearly hazard over the years on record: B × n × years."""
    columns, strength = known_sources(world)
    weights = link_weights(world, draws, columns)
    weights[:, :, :-1] *= np.exp(draws["secondary"])[:, :, None]
    exposure = weights @ strength + np.exp(draws["background"])[:, :, None]
    s, digital = draws.strictness[:, :, None], world.digital[None]
    out = np.log(exposure) + fixed_part(world, draws)[:, :, None] + draws["strictness"][:, :, None] * s
    return np.asarray(out + (draws["digital"][:, :, None] + draws["interaction"][:, :, None] * s) * digital)


def seen_chance(world: CountryTables, draws: Draws) -> Floats:
    """Yearly chance that a trade under way is seen and published: B × n."""
    return 1.0 / (1.0 + np.exp(-(draws["visible"] + draws["voice"] * world.voice)))


def sign_years(world: CountryTables, draws: Draws) -> tuple[Floats, Floats]:
    """Probability of the first sign in each year on record (B × n × years) and of arrival unseen at their end."""
    chance = -np.expm1(-np.exp(np.minimum(log_hazard(world, draws), 5.0)))
    seen = seen_chance(world, draws)
    free, hidden = np.ones_like(seen), np.zeros_like(seen)
    out = np.empty_like(chance)
    for year in range(chance.shape[2]):
        arrived = free * chance[:, :, year]
        free = free - arrived
        hidden = hidden + arrived
        out[:, :, year] = hidden * seen
        hidden = hidden - out[:, :, year]
    return out, hidden


def country_terms(world: CountryTables, draws: Draws) -> Floats:
    """Log likelihood of each country's first sign or of none in the tables: B × n."""
    years, _ = sign_years(world, draws)
    total = np.cumsum(years, axis=2)
    total = np.concatenate([np.zeros_like(total[:, :, :1]), total], axis=2)
    collected = 1.0 / (1.0 + np.exp(-draws["collected"]))
    signed = world.signed
    low = np.where(signed, world.sign[:, 0] - FIRST_YEAR, 0)
    high = np.where(signed, world.sign[:, 1] - FIRST_YEAR + 1, total.shape[2] - 1)
    rows = np.arange(len(world))
    inside = total[:, rows, high] - total[:, rows, low]
    return np.asarray(np.log(np.where(signed, collected * inside, 1.0 - collected * inside) + TINY))


def stage_chances(draws: Draws, appeal_now: Floats) -> tuple[Floats, Floats]:
    """Yearly chances of growth after a first sign and of self-sustaining trade after growth: B × n each."""
    pull = draws["appeal"] * appeal_now
    return 1.0 / (1.0 + np.exp(-(draws["growth"] + pull))), 1.0 / (1.0 + np.exp(-(draws["sustained"] + pull)))


def stage_terms(world: CountryTables, draws: Draws) -> Floats:
    """Log likelihood of the stages on record: B × n."""
    first, second = stage_chances(draws, appeal(world, draws, world.digital[:, 7]))
    out = np.zeros((len(draws), len(world)))
    for i in np.flatnonzero((world.stage != (0, NOT_YET, 0, NOT_YET)).any(axis=1)):
        start = _middle(world.sign[i])
        out[:, i] += _waiting(first[:, i], world.stage[i, :2], start)
        growth = _middle(world.stage[i, :2])
        if growth != NOT_YET:
            out[:, i] += _waiting(second[:, i], world.stage[i, 2:], growth)
    return out


def _waiting(chance: Floats, years: NDArray[np.int64], start: int) -> Floats:
    if years[0] == 0 and years[1] == NOT_YET:
        return np.zeros_like(chance)
    stay = 1.0 - chance
    low = stay ** max(0, int(years[0]) - start)
    high = 0.0 if years[1] == NOT_YET else stay ** (max(0, int(years[1]) - start) + 1)
    return np.asarray(np.log(low - high + TINY))


def log_likelihood(world: CountryTables, z: Floats, left_out: int | None = None) -> Floats:
    """Log likelihood of standard-normal coordinates (B × dimension), perhaps without one country's own record."""
    draws = to_draws(world, z)
    terms = country_terms(world, draws) + stage_terms(world, draws)
    if left_out is not None:
        terms[:, left_out] = 0.0
    return np.asarray(terms.sum(axis=1))
