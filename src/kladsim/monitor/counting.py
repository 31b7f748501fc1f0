"""Counts as counts: Poisson around a rate that is known with error, exact or as an interval such as ``<5``.

The logarithm of the rate is a Gaussian latent value (``latent``), which makes counts Poisson-lognormal: scatter beyond
that of counting is the latent noise. Around the mode of the rates the likelihood of each count is that of a Gaussian
pseudo-observation (Laplace approximation; Rasmussen & Williams 2006, section 3.4), and an interval gives one as well.
What is forecast is again a count: whole, never negative, and zero where that is likely.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kladsim.monitor.latent import VAGUE, Block, Fit
from kladsim.monitor.types import Series

Array = NDArray[np.float64]
MEASURES = re.compile(
    r"\b(k?g|mg|µg|μg|t|tonnes?|ml|l|lit(er|re)s?|percent|per|share|index|ratio|rate|price|usd|eur|rub|"
    r"кг|г|мг|т|л|на|доля|индекс|цена|руб)\b|%|/"
)
A_PERIOD = re.compile(r"\s*(/|per |в )\s*(day|week|month|quarter|year|день|неделю|месяц|квартал|год)$")
LARGEST_LOG = 30.0
NEWTON_STEPS, LARGEST_STEP, TOLERANCE = 12, 2.0, 1e-6
SMALLEST_CHANCE = 1e-12  # of an interval, below which its nearest bound stands for it


def is_count(one: Series) -> bool:
    """Return whether a series counts things: whole numbers, in a unit that is no measure."""
    unit = A_PERIOD.sub("", one.unit.lower().strip())
    return not MEASURES.search(unit) and bool(np.all(one.values == np.round(one.values)))


def restrict_poisson(rate: Array, low: Array, high: Array) -> tuple[Array, Array]:
    """Return mean and variance of Poisson counts between bounds (both included, ``high`` may be infinite)."""
    from scipy.special import pdtr

    def chance(last: Array) -> Array:
        return np.where(last < 0, 0.0, np.where(np.isinf(last), 1.0, pdtr(np.maximum(last, 0.0), rate)))

    inside = chance(high) - chance(low - 1)
    likely = inside > SMALLEST_CHANCE
    share = np.where(likely, inside, 1.0)
    mean = rate * (chance(high - 1) - chance(low - 2)) / share
    square = rate**2 * (chance(high - 2) - chance(low - 3)) / share + mean
    exact = (low == high) | ~likely
    return np.where(exact, np.clip(rate, low, high), mean), np.where(exact, 0.0, np.maximum(square - mean**2, 0.0))


def linearize(log_rate: Array, low: Array, high: Array) -> tuple[Array, Array]:
    """Return Gaussian pseudo-observations of log rates, and their variances, that count as much as the counts do."""
    rate = np.exp(np.minimum(log_rate, LARGEST_LOG))
    mean, variance = restrict_poisson(rate, low, high)
    weight = np.maximum(rate - variance, 1e-6)
    return log_rate + (mean - rate) / weight, 1.0 / weight


def observe_counts(parts: Array, low: Array, high: Array, model: Fit) -> Block:
    """Return counts as a block of the latent model: pseudo-observations at the mode of their log rates.

    Parameters
    ----------
    parts : the components' covariances, float64[k, n, n]
    low, high : bounds of the counts, equal ones where a count is known exactly
    model : standard deviations of the components and of the noise
    """
    middle = np.where(np.isfinite(high), (low + high) / 2, low)
    centre = float(np.log((middle.sum() + 0.5) / len(middle)))
    prior = VAGUE + np.tensordot(np.square(model.sd), parts, axes=1) + np.diag(np.full(len(low), model.noise**2))
    mode = np.log(middle + 0.5)
    for _ in range(NEWTON_STEPS):
        pseudo, variance = linearize(mode, low, high)
        step = centre + prior @ np.linalg.solve(prior + np.diag(variance), pseudo - centre) - mode
        mode = mode + np.clip(step, -LARGEST_STEP, LARGEST_STEP)
        if np.abs(step).max() < TOLERANCE:
            break
    pseudo, variance = linearize(mode, low, high)
    return Block(parts, pseudo, variance, centre)


def compute_count_chance(last: Array, rates: Array, weights: Array | float) -> Array:
    """Return the probability of a count of at most ``last``, float64[m], over weighted Poisson rates, float64[n]."""
    from scipy.special import pdtr

    chances = np.where(last[:, None] < 0, 0.0, pdtr(np.maximum(last, 0.0)[:, None], rates))
    return np.asarray((chances * weights).sum(axis=1))


def find_count_quantiles(levels: Sequence[float], rates: Array) -> Array:
    """Return the smallest counts whose probability of not being exceeded reaches the levels, by bisection."""
    wanted = np.asarray(levels)
    low = np.full(len(wanted), -1.0)
    high = np.full(len(wanted), np.ceil(rates.max() + 10.0 * np.sqrt(rates.max()) + 10.0))
    while (high - low).max() > 1.0:
        middle = np.floor((low + high) / 2)
        reached = compute_count_chance(middle, rates, 1 / len(rates)) >= wanted
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return high


def standardize_count(value: float, mean: float, sd: float) -> float:
    """Return the standard normal quantile of a count's middle probability, given mean and deviation of its log rate."""
    from scipy.special import ndtri

    z = np.linspace(-6.0, 6.0, 121)
    weights = np.exp(-(z**2) / 2)
    chance = compute_count_chance(
        np.array([value - 1.0, value]), np.exp(np.minimum(mean + sd * z, LARGEST_LOG)), weights / weights.sum()
    )
    return float(ndtri(np.clip(chance.mean(), 1e-9, 1 - 1e-9)))
