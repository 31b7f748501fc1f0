"""Parameters of the spread model with their priors: Gaussian on the scale of the model, all with a stated basis.

No country-to-country hazard of this trade with an interval has been published, so most priors are assumptions set
near what the gravity of goods trade shows; the transfer from goods to this trade is itself an assumption.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kladsim.spread.model.tables import CountryTables

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Prior:
    """A parameter: its prior mean and standard deviation, what it means, on what it rests and the grade of that."""

    name: str
    mean: float
    sd: float
    meaning: str
    basis: str
    grade: str = "D"


_GRAVITY = "gravity of goods trade (Head & Mayer 2014, doi:10.1016/B978-0-444-54314-1.00003-3, recalled)"
PRIORS = (
    Prior("base", -3.0, 1.5, "log yearly hazard at exposure 1 and average covariates", "assumption"),
    Prior("distance", 0.93, 0.40, "loss of exposure with the logarithm of distance", _GRAVITY + "; assumption", "C"),
    Prior("border", 0.53, 0.57, "log exposure through a common border", _GRAVITY + "; assumption", "C"),
    Prior("language", 0.54, 0.44, "log exposure through a common language", _GRAVITY + "; assumption", "C"),
    Prior("ties", 1.0, 0.7, "log exposure through cross-border ties (1: 1 % of people a year)", "S3, S049; assumption"),
    Prior("secondary", -1.2, 0.7, "log strength of a reached country as a source, beside Russia", "assumption"),
    Prior("background", -4.0, 1.0, "log exposure without any link", "assumption"),
    Prior("strictness", 0.3, 0.4, "log hazard for strictness of drug law (-1 to 1)", "S022; assumption"),
    Prior("digital", 0.5, 0.4, "log hazard for 40 points more of persons online", "S049; assumption"),
    Prior("interaction", 0.3, 0.4, "log hazard for strictness times digital access", "S022; assumption"),
    Prior("governance", -0.2, 0.3, "log hazard for rule of law and control of corruption", "S3 (sign); assumption"),
    Prior("population", 0.2, 0.2, "log hazard for the logarithm of population over ten million", "assumption"),
    Prior("visible", -0.4, 0.5, "logit of the yearly chance that a trade is seen", "E242 (years); assumption", "C"),
    Prior("voice", 0.3, 0.3, "the same for one unit of voice and accountability", "assumption"),
    Prior("collected", 1.0, 1.5, "logit of the chance that a published sign is in these tables", "assumption"),
    Prior("records", 1.5, 1.5, "the same for a country of twenty records (search effort)", "assumption"),
    Prior("pages", 0.7, 1.0, "the same where pages are in Russian or English (search effort)", "assumption"),
    Prior("growth", -0.5, 0.7, "logit of the yearly chance of growth after the first sign", "assumption"),
    Prior("sustained", -0.8, 0.7, "logit of the yearly chance that growth sustains itself", "assumption"),
    Prior("appeal", 0.5, 0.5, "how far strictness and digital access speed both stages", "S022; assumption"),
    Prior("region_spread", -0.9, 0.5, "log standard deviation of regions of the world", "assumption"),
)  # fmt: skip
EFFORT_SD = 1.0
"""Search effort of countries alike in their proxies, on the scale of logits: assumption (odds differ by 2.7)."""
NAMES = tuple(prior.name for prior in PRIORS)
MEAN = np.array([prior.mean for prior in PRIORS])
SD = np.array([prior.sd for prior in PRIORS])


@dataclass(frozen=True, eq=False)
class Draws:
    """Parameters on the model's scale: ``values`` B × len(NAMES), ``regions`` B × regions, ``strictness`` B × n.

    ``effort`` (B × n) is what search effort adds to the logit of collection beyond its proxies (prior: ``EFFORT_SD``).
    """

    values: Floats
    regions: Floats
    strictness: Floats
    effort: Floats

    def __getitem__(self, name: str) -> Floats:
        """One parameter as a column of B × 1."""
        return self.values[:, NAMES.index(name)][:, None]

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: NDArray[np.int64]) -> Draws:
        """Some of the draws."""
        return Draws(self.values[rows], self.regions[rows], self.strictness[rows], self.effort[rows])

    def with_(self, **fixed: float) -> Draws:
        """The same draws with some parameters set to one value."""
        values = self.values.copy()
        for name, value in fixed.items():
            values[:, NAMES.index(name)] = value
        return replace(self, values=values)


def dimension(world: CountryTables) -> int:
    """Number of standard-normal coordinates: parameters, one a region, two a country (strictness, search effort)."""
    return len(PRIORS) + len(world.region) + 2 * len(world)


def to_draws(world: CountryTables, z: Floats) -> Draws:
    """Turn standard-normal coordinates (B × dimension) into parameters."""
    k, r = len(PRIORS), len(world.region)
    values = MEAN + SD * z[:, :k]
    spread = np.exp(values[:, NAMES.index("region_spread")])[:, None]
    strict, effort = np.split(z[:, k + r :], 2, axis=1)
    return Draws(values, spread * z[:, k : k + r], world.strictness + world.strictness_sd * strict, EFFORT_SD * effort)
