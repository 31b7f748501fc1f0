"""Equations of the spread: exposure, hazard of a first occurrence, delay until it is seen, stages; the likelihood.

Yearly hazard of country i in year t while the trade has not arrived::

    log h(i, t) = base + log E(i, t) + strictness·s + digital·d + interaction·s·d + governance·g + population·n + region
    E(i, t)     = sum over sources j of S(j, t) · exp(−distance·ln(km/1000) + border·b + language·l + ties·m)
                  + exp(background)
    P(arrival in t | none before) = 1 − exp(−h)

A trade under way is seen and published with a yearly chance that rises with voice and accountability; the first
sign is that year. A published sign is in the tables with a chance that rises with search effort, which is latent and
has proxies::

    logit c(i) = collected + records·r(i) + pages·q(i) + effort(i)

Signs are known as an interval of years; a country without a sign in the tables may still have one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kladsim.spread.model.priors import Draws
from kladsim.spread.model.tables import FIRST_YEAR, LAST_YEAR, NOT_YET, CountryTables, Record

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
YEARS = np.arange(FIRST_YEAR, LAST_YEAR + 1)
STAGE_STRENGTH = (0.2, 0.6, 1.0)
"""Strength of a reached country as a source at first sign, growth and self-sustaining trade: assumption."""
NEAREST_KM = 200.0
STRONGEST = 10.0
"""Strength of Russia that a simulation may be given; 1 is full coverage at the volume of the record."""
STAGE_YEAR = 7
"""Persons online of 2021 speed the stages."""
MOST_LOG_HAZARD = 5.0
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
    effort: bool = True

    def list_fixed(self) -> dict[str, float]:
        """Coefficients that the parts which are off hold at a value."""
        fixed: dict[str, float] = {} if self.secondary else {"secondary": -50.0}
        for on, names in (
            (self.proximity, ("distance", "border")),
            (self.border, ("border",)),
            (self.language, ("language",)),
            (self.ties, ("ties",)),
            (self.interaction, ("interaction",)),
            (self.covariates, ("strictness", "digital", "interaction", "governance", "population")),
            (self.effort, ("records", "pages")),
        ):
            fixed |= {} if on else dict.fromkeys(names, 0.0)
        return fixed

    def without(self, draws: Draws) -> Draws:
        """The draws with the coefficients of the parts that are off set to their fixed values."""
        fixed = self.list_fixed()
        kept = draws.with_(**fixed) if fixed else draws
        return replace(kept, regions=kept.regions * self.regions, effort=kept.effort * self.effort)


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


def known_sources(world: CountryTables, last: int = LAST_YEAR) -> tuple[NDArray[np.int64], Floats]:
    """Columns of the sources of the years to ``last`` and their strength (sources × years), Russia last.

    Reached countries count from the year after the middle of the interval of their sign, by the weight of its reading.
    """
    places = sorted({reading.place for reading in world.readings})
    years = np.arange(FIRST_YEAR, last + 1)
    strength = np.zeros((len(places) + 1, len(years)))
    for place, earliest, latest, weight in world.readings:
        start = (earliest + latest) // 2
        steps = (start, max(start, _middle(world.stage[place, :2])), max(start, _middle(world.stage[place, 2:])))
        level = np.zeros(len(years))
        for step, value in zip(steps, STAGE_STRENGTH, strict=True):
            level = np.where(step < years, value, level)
        strength[places.index(place)] += weight * level * world.size[place]
    strength[-1] = source_strength(years)
    return np.append(np.array(places, dtype=np.int64), len(world)), strength


def _middle(years: NDArray[np.int64]) -> int:
    if years[1] == NOT_YET:
        return NOT_YET
    return int(years[0] + years[1]) // 2 if years[0] > 0 else int(years[1])


def log_hazard(world: CountryTables, draws: Draws, last: int = LAST_YEAR) -> Floats:
    """Log yearly hazard over the years to ``last``: B × n × years (persons online are held after the record)."""
    columns, strength = known_sources(world, last)
    weights = link_weights(world, draws, columns)
    weights[:, :, :-1] *= np.exp(draws["secondary"])[:, :, None]
    exposure = weights @ strength + np.exp(draws["background"])[:, :, None]
    held = np.minimum(np.arange(strength.shape[1]), world.digital.shape[1] - 1)
    s, digital = draws.strictness[:, :, None], world.digital[None, :, held]
    out = np.log(exposure) + fixed_part(world, draws)[:, :, None] + draws["strictness"][:, :, None] * s
    return np.asarray(out + (draws["digital"][:, :, None] + draws["interaction"][:, :, None] * s) * digital)


def seen_chance(world: CountryTables, draws: Draws) -> Floats:
    """Yearly chance that a trade under way is seen and published: B × n."""
    return 1.0 / (1.0 + np.exp(-(draws["visible"] + draws["voice"] * world.voice)))


def collected_chance(world: CountryTables, draws: Draws) -> Floats:
    """Chance that a published sign is in the tables, by search effort: B × n."""
    logit = draws["collected"] + draws["records"] * world.records + draws["pages"] * world.read + draws.effort
    return 1.0 / (1.0 + np.exp(-logit))


def sign_years(world: CountryTables, draws: Draws, last: int = LAST_YEAR) -> tuple[Floats, Floats]:
    """Probability of the first sign in each year to ``last`` (B × n × years) and of arrival unseen at their end."""
    chance = -np.expm1(-np.exp(np.minimum(log_hazard(world, draws, last), MOST_LOG_HAZARD)))
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


def country_terms(world: CountryTables, draws: Draws, record: Record | None = None) -> Floats:
    """Log likelihood of each country's first sign or of none on record (default: the tables): B × n."""
    read = record or world.read_record()
    years, _ = sign_years(world, draws, read.last)
    inside = (years * read.own).sum(axis=2) + collected_chance(world, draws) * (years * read.collected).sum(axis=2)
    return np.asarray(np.log(read.none + inside + TINY))


def stage_chances(draws: Draws, appeal_now: Floats) -> tuple[Floats, Floats]:
    """Yearly chances of growth after a first sign and of self-sustaining trade after growth: B × n each."""
    pull = draws["appeal"] * appeal_now
    return 1.0 / (1.0 + np.exp(-(draws["growth"] + pull))), 1.0 / (1.0 + np.exp(-(draws["sustained"] + pull)))


def stage_terms(world: CountryTables, draws: Draws) -> Floats:
    """Log likelihood of the stages on record: B × n."""
    waits, stages = stage_waits(world), stage_chances(draws, appeal(world, draws, world.digital[:, STAGE_YEAR]))
    out = np.zeros((len(draws), len(world)))
    for chance, (low, high) in zip(stages, waits.transpose(1, 2, 0), strict=True):
        stay, on = 1.0 - chance, low >= 0
        gone = np.where(high >= 0, stay ** np.maximum(high, 0), 0.0)
        out += np.where(on, np.log(np.where(on, stay ** np.maximum(low, 0) - gone, 1.0) + TINY), 0.0)
    return out


def stage_waits(world: CountryTables) -> Ints:
    """Years that pass without and until growth and self-sustaining trade: n × 2 × (at least, less than).

    -1 stands for nothing known and for no upper end.
    """
    out = np.full((len(world), 2, 2), -1, dtype=np.int64)
    for i in np.flatnonzero((world.stage != (0, NOT_YET, 0, NOT_YET)).any(axis=1)):
        start = _middle(world.sign[i])
        for step, (low, high) in enumerate(world.stage[i].reshape(2, 2)):
            if start != NOT_YET and (low, high) != (0, NOT_YET):
                out[i, step] = max(0, low - start), -1 if high == NOT_YET else max(0, high - start) + 1
            start = _middle(world.stage[i, :2])
    return out
