"""Simulation-based calibration: are posterior intervals as wide as they say, and narrower than the prior's?

Truths are drawn from the prior, data from the emulator with its error, the luck of one replicate and the error of
observation; each data set gets its own posterior. Ranks of truths among draws must be uniform (Talts et al. 2018,
arXiv:1804.06788); simultaneous bands for their distribution after Saeilynoja, Buerkner & Vehtari (2022,
10.1007/s11222-022-10090-6), by simulation. A method that returns the prior has perfect ranks, so contraction and log
score must be above nothing too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.inference.calibration.emulator import SummaryEmulator
from kladsim.inference.calibration.observation import Datum
from kladsim.inference.calibration.random_numbers import normal, uniform
from kladsim.inference.calibration.sampling import Likelihood, sample

Array = NDArray[np.float64]
LEVELS = (0.5, 0.8, 0.9, 0.95)
TOLERANCE = 0.03
LEAST_CONTRACTION = 0.05
DRAWS = 99  # draws in which a truth is ranked
Method = Callable[[Array], Array]  # data float64[truths, outputs] to draws as shares of the priors


@dataclass(frozen=True)
class Honesty:
    """What a method's posteriors are worth.

    Parameters
    ----------
    coverage : share of truths inside central intervals, by nominal level, pooled over parameters
    by_parameter : the same by parameter: float64[parameters, levels]
    outside : parameters whose ranks leave the simultaneous 95 % band
    contraction : 1 - posterior variance / prior variance, by parameter, mean over truths
    log_score : mean log density of truths under the posterior over that under the prior, by parameter
    """

    truths: int
    seed: int
    coverage: dict[str, float]
    by_parameter: Array
    ranks: Array
    outside: tuple[int, ...]
    band: float
    contraction: Array
    log_score: Array

    @property
    def honest(self) -> bool:
        """Whether coverage is within three points at every level and the ranks stay in their bands."""
        near = all(abs(self.coverage[f"{level:g}"] - level) <= TOLERANCE for level in LEVELS)
        return near and not self.outside

    @property
    def informative(self) -> bool:
        """Whether the posteriors say more than the prior."""
        return bool(self.contraction.mean() > LEAST_CONTRACTION and self.log_score.mean() > 0.0)

    @property
    def passed(self) -> bool:
        """Whether the method is honest and says more than the prior."""
        return self.honest and self.informative

    def to_plain(self) -> dict[str, Any]:
        """Return the figures as plain values."""
        return {
            "truths": self.truths,
            "seed": self.seed,
            "coverage": {name: round(value, 4) for name, value in self.coverage.items()},
            "coverage_by_parameter": self.by_parameter.round(3).tolist(),
            "rank_band": round(self.band, 4),
            "outside_rank_band": list(self.outside),
            "contraction": self.contraction.round(3).tolist(),
            "log_score_over_prior": self.log_score.round(3).tolist(),
            "honest": self.honest,
            "informative": self.informative,
        }


def truths_and_data(
    emulator: SummaryEmulator, data: Sequence[Datum], truths: int, seed: int
) -> tuple[Array, Array]:
    """Return truths (shares of the priors) and what would be published of them: float64[truths, ...]."""
    u = uniform(seed, "truths", 0, (truths, emulator.parameters))
    mean, variance = emulator.predict(u, extra=False)
    sd = np.array([datum.sd for datum in data])
    return u, mean + np.sqrt(variance + sd**2) * normal(seed, "truths", 1, mean.shape)


def posterior_method(
    emulator: SummaryEmulator, data: Sequence[Datum], *, particles: int = 200, seed: int = 11, batch: int = 100,
    tell: Callable[[int, int], None] | None = None,
) -> Method:  # fmt: skip
    """Return the method under test: particles of the posterior of each data set."""
    sd = np.array([datum.sd for datum in data])

    def draws(observed: Array) -> Array:
        found = []
        for number, begin in enumerate(range(0, len(observed), batch)):
            part = observed[begin : begin + batch]
            likelihood = Likelihood(emulator, part, sd)
            found.append(
                sample(likelihood, len(part), emulator.parameters, particles=particles, seed=seed + number).u
            )
            if tell is not None:
                tell(min(begin + batch, len(observed)), len(observed))
        return np.concatenate(found)

    return draws


def prior_method(parameters: int, particles: int = 200, seed: int = 12) -> Method:
    """Return the method that ignores the data: it must fail."""
    return lambda observed: uniform(seed, "sampler", 0, (len(observed), particles, parameters))


def overconfident(method: Method, factor: float = 0.6) -> Method:
    """Return a method whose posteriors are too narrow by a factor: it must fail."""
    from scipy.special import ndtr, ndtri

    def draws(observed: Array) -> Array:
        z = ndtri(np.clip(method(observed), 1e-9, 1.0 - 1e-9))
        middle = z.mean(axis=1, keepdims=True)
        return np.asarray(ndtr(middle + factor * (z - middle)))

    return draws


def check(method: Method, u: Array, observed: Array, seed: int) -> Honesty:
    """Hold a method's draws for data sets against the truths they come from."""
    return judge(method(observed), u, seed)


def judge(draws: Array, u: Array, seed: int) -> Honesty:
    """Return what draws (float64[truths, draws, parameters]) are worth against truths (float64[truths, parameters])."""
    from scipy.special import ndtri

    thin = draws[:, :: max(1, draws.shape[1] // DRAWS)][:, :DRAWS]
    ranks = (thin < u[:, None, :]).sum(axis=1)
    place = (ranks + uniform(seed, "truths", 9, ranks.shape)) / (thin.shape[1] + 1)
    far = 2.0 * np.abs(place - 0.5)
    by = np.stack([(far < level).mean(axis=0) for level in LEVELS], axis=1)
    coverage = {f"{level:g}": float((far < level).mean()) for level in LEVELS}
    band = rank_band(len(u), u.shape[1])
    outside = tuple(int(j) for j in range(u.shape[1]) if departure(place[:, j]) > band)
    z, truth = ndtri(np.clip(draws, 1e-6, 1.0 - 1e-6)), ndtri(np.clip(u, 1e-6, 1.0 - 1e-6))
    contraction = 1.0 - draws.var(axis=1, ddof=1).mean(axis=0) * 12.0
    middle, sd = z.mean(axis=1), z.std(axis=1, ddof=1)
    log_score = (0.5 * truth**2 - 0.5 * ((truth - middle) / sd) ** 2 - np.log(sd)).mean(axis=0)
    return Honesty(len(u), seed, coverage, by, place, outside, band, contraction, log_score)


def departure(place: Array) -> float:
    """Return the largest distance between the distribution of places in (0, 1) and the uniform one, standardised.

    The distance at a point is divided by its standard deviation, so that the ends count like the middle.
    """
    n = len(place)
    grid = np.linspace(0.01, 0.99, 99)
    share = np.searchsorted(np.sort(place), grid, side="right") / n
    return float(np.max(np.abs(share - grid) / np.sqrt(grid * (1.0 - grid) / n)))


def rank_band(n: int, parameters: int, level: float = 0.95, draws: int = 4000) -> float:
    """Return the departure that uniform ranks of all parameters together stay below with probability ``level``."""
    many = min(n, 1000)
    departures = np.array([departure(uniform(77, "bands", i, (many,))) for i in range(draws)])
    return float(np.quantile(departures, level ** (1.0 / parameters)))
