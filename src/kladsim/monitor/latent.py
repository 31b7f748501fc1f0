"""A hierarchical latent Gaussian model with heavy-tailed noise: levels, shared and own trends, gaps of any length.

Observations y (logs) are a sum of independent Gaussian components, each a fixed covariance matrix times a fitted
variance, plus Student-t noise. Random walks, damped trends (integrated Ornstein-Uhlenbeck) and mean-reverting parts are
such components, so this is a linear state-space model in covariance form (Rasmussen & Williams 2006, ch. 2 and 5;
Särkkä & Solin 2013, doi:10.1109/MSP.2013.2246292). Variances are found by empirical Bayes with weak log-normal priors;
Student-t noise by expectation-maximisation over precision weights (Lange, Little & Taylor 1989,
doi:10.2307/2290063), so that one odd week of sampling does not move a level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
VAGUE = 10.0  # prior variance of a block's level around its mean, in squared log units
SMALLEST_WEIGHT = 0.5  # a well-fitting point never counts as better than twice the usual precision
OWN_NOISE = 5.0  # observations at which a unit's own noise weighs as much as the common one
PRIOR_WIDTH = 1.0  # standard deviation of the log-normal priors on the log standard deviations


@dataclass(frozen=True, eq=False)
class Block:
    """Observations that share components.

    Parameters
    ----------
    parts : the components' covariances, float64[k, n, n]
    y : logs, float64[n]
    extra : known error variance of each observation beside the noise, float64[n] (of intervals and counts)
    centre : around which the level is vague; by default the mean of y
    """

    parts: Array
    y: Array
    extra: Array | float = 0.0
    centre: float | None = None

    @property
    def departures(self) -> Array:
        """The observations less their centre."""
        return np.asarray(self.y - self.middle)

    @property
    def middle(self) -> float:
        """What the level is vague around."""
        return float(self.y.mean()) if self.centre is None else self.centre


@dataclass(frozen=True)
class Fit:
    """Fitted standard deviations of the components and of the noise, and the objective reached."""

    sd: tuple[float, ...]
    noise: float
    objective: float


def random_walk(a: Array, b: Array, start: float) -> Array:
    """Return the covariance of a random walk of unit steps that starts one step before ``start``."""
    return np.minimum(a[:, None], b[None, :]) - start + 1.0


def mean_reverting(a: Array, b: Array, memory: float) -> Array:
    """Return the covariance of a unit Ornstein-Uhlenbeck process with the given memory (in steps)."""
    return np.exp(-np.abs(a[:, None] - b[None, :]) / memory)


def damped_trend(a: Array, b: Array, start: float, memory: float) -> Array:
    """Return the covariance of a level whose yearly change is a unit Ornstein-Uhlenbeck process: a trend that fades."""
    u, v = a[:, None] - start + 1.0, b[None, :] - start + 1.0
    early = np.minimum(u, v)
    return 2 * memory * early + memory**2 * (
        np.exp(-u / memory) + np.exp(-v / memory) - 1.0 - np.exp(-np.abs(u - v) / memory)
    )


def fit(
    blocks: Sequence[Block],
    sd: Sequence[float],
    noise: float,
    *,
    degrees: float = 4.0,
    rounds: int = 2,
    iterations: int = 30,
    start: Sequence[float] | None = None,
) -> Fit:
    """Find the standard deviations by empirical Bayes, in rounds with the Student-t weights.

    Parameters
    ----------
    blocks : data sets that share the standard deviations
    sd, noise : prior medians of the standard deviations (log units)
    degrees : degrees of freedom of the noise
    """
    from scipy.optimize import minimize

    centre = np.log(np.append(np.asarray(sd, dtype=float), noise))
    theta = centre if start is None else np.log(np.asarray(start, dtype=float))
    weights = [np.ones(len(block.y)) for block in blocks]
    reached = np.inf
    for _ in range(rounds):
        found = minimize(
            _objective,
            theta,
            args=(blocks, weights, centre),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": iterations},
            bounds=[(-12.0, 3.0)] * len(theta),
        )
        theta, reached = found.x, float(found.fun)
        scale = np.exp(theta)
        weights = [
            robust(block, scale[:-1], scale[-1], degrees, 1, w) for block, w in zip(blocks, weights, strict=True)
        ]
    scale = np.exp(theta)
    return Fit(tuple(float(s) for s in scale[:-1]), float(scale[-1]), reached)


def _objective(theta: Array, blocks: Sequence[Block], weights: Sequence[Array], centre: Array) -> tuple[float, Array]:
    """Negative log marginal likelihood with priors, and its gradient."""
    gap = (theta - centre) / PRIOR_WIDTH
    value, gradient = 0.5 * float(gap @ gap), gap / PRIOR_WIDTH
    square = np.exp(2 * theta)
    for block, weight in zip(blocks, weights, strict=True):
        matrix = covariance(block, square[:-1]) + np.diag(square[-1] * weight + block.extra)
        sign, size = np.linalg.slogdet(matrix)
        if sign <= 0:
            return 1e10, np.zeros_like(theta)
        inverse = np.linalg.inv(matrix)
        alpha = inverse @ block.departures
        value += 0.5 * float(block.departures @ alpha + size)
        inner = inverse - np.outer(alpha, alpha)
        slopes = np.einsum("ij,kij->k", inner, block.parts)
        gradient = gradient + np.append(slopes, np.diag(inner) @ weight) * square
    return value, gradient


def covariance(block: Block, square: Array) -> Array:
    """Return the prior covariance of a block without its noise."""
    return np.asarray(VAGUE + np.tensordot(square, block.parts, axes=1))


def robust(block: Block, sd: Array, noise: float, degrees: float, rounds: int, weight: Array | None = None) -> Array:
    """Return the relative noise variance of each point: above one where a point looks like an outlier."""
    y = block.departures
    weight = np.ones(len(y)) if weight is None else weight
    prior = covariance(block, np.square(sd))
    variance = noise**2
    for _ in range(rounds):
        inverse = np.linalg.inv(prior + np.diag(variance * weight + block.extra))
        residual = variance * weight * (inverse @ y)
        spread = variance * weight - np.square(variance * weight) * np.diag(inverse)
        weight = np.maximum((degrees + (residual**2 + spread) / variance) / (degrees + 1.0), SMALLEST_WEIGHT)
    return weight


def predict(
    block: Block,
    cross: Array,
    own: Array,
    model: Fit,
    *,
    degrees: float = 4.0,
    rounds: int = 3,
    units: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None,
) -> tuple[Array, Array, Array]:
    """Return mean, standard deviation of the latent level, and of a new observation, at new points.

    Parameters
    ----------
    cross : float64[k, n, m], components between the observations and the new points
    own : float64[k, m], variances of the components at the new points
    units : number of the unit (city) of each observation and of each new point, for a noise of its own to each unit
    """
    sd: Array = np.asarray(model.sd, dtype=np.float64)
    weight = robust(block, sd, model.noise, degrees, rounds)
    matrix = covariance(block, sd**2) + np.diag(model.noise**2 * weight + block.extra)
    inverse: Array = np.linalg.inv(matrix).astype(np.float64)
    factor: Array | float = 1.0
    if units is not None:
        size = np.ones(int(units[0].max()) + 1)
        base: Array = np.asarray(model.noise**2 * weight, dtype=np.float64)
        for _ in range(3):
            size = unit_noise(block, inverse, np.asarray(base * size[units[0]], dtype=np.float64), base, units[0])
            matrix = covariance(block, sd**2) + np.diag(base * size[units[0]] + block.extra)
            inverse = np.linalg.inv(matrix).astype(np.float64)
        factor = np.append(size, 1.0)[np.minimum(units[1], len(size))]
    link = VAGUE + np.tensordot(sd**2, cross, axes=1)
    mean = block.middle + link.T @ (inverse @ block.departures)
    variance = VAGUE + sd**2 @ own - np.einsum("ij,ij->j", link, inverse @ link)
    latent = np.sqrt(np.maximum(variance, 1e-12))
    return mean, latent, np.sqrt(latent**2 + factor * model.noise**2)


def unit_noise(block: Block, inverse: Array, variance: Array, base: Array, unit: NDArray[np.int64]) -> Array:
    """Return each unit's noise variance relative to the common one, shrunk towards one (inverse-gamma prior)."""
    y = block.departures
    residual = variance * (inverse @ y)
    spread = variance - np.square(variance) * np.diag(inverse)
    square = (residual**2 + spread) / base
    count = np.bincount(unit)
    total = np.bincount(unit, weights=square)
    return np.asarray((OWN_NOISE + total) / (OWN_NOISE + count))
