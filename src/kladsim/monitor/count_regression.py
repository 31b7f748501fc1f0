"""Robust log-linear regression of many series of counts at once: quasi-Poisson, past outbreaks weighted down.

The mean of a series is ``exp(design @ coefficients)``, the variance ``dispersion * mean``. Coefficients have
independent normal priors around zero; the posterior mode is found by Newton's method. A count whose upper tail
probability under the fitted negative binomial is that of a standard normal value ``z`` above the threshold gets the
weight ``z ** -2``, as Farrington et al. (1996, doi:10.2307/2983331) weight Anscombe residuals: tail probabilities serve
rare and clustered counts too, whose residuals are skewed. A count known as an interval only enters with its conditional
mean (the expectation step of the EM algorithm, exact for Poisson counts) and not in the dispersion.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
MAX_ITERATIONS = 15
MAX_STEP, TOLERANCE = 2.0, 1e-3
"""Largest change of a coefficient in one step, and the change at which a fit ends (both on the log scale)."""
PSEUDO_COUNT = 0.5
"""Cases added to a whole baseline, so that one without cases has a finite rate (Jeffreys' prior of a Poisson rate)."""
MAX_LOG = 25.0
NEAR = 1.3
"""Anscombe residuals below this are not outbreaks: their tail probability need not be computed."""


@dataclass(frozen=True, eq=False)
class CountFit:
    """Fitted regressions: coefficients [series, terms], their covariance, dispersion [series], weights and means."""

    coefficients: Array
    covariance: Array
    dispersion: Array
    weights: Array
    means: Array


def compute_upper_tail(count: Array, mean: Array, variance: Array) -> Array:
    """Return P(Y >= count) of a negative binomial of this mean and variance (Poisson if that is no larger)."""
    from scipy.special import betainc, gammainc

    count, mean, variance = np.broadcast_arrays(count, np.maximum(mean, 1e-12), variance)
    excess = np.maximum(variance - mean, 0.0)
    clustered = excess > 1e-7 * mean
    size = np.where(clustered, mean**2 / np.where(clustered, excess, 1.0), np.inf)
    tail = np.ones(count.shape)
    some = count > 0
    both = some & clustered
    tail[both] = betainc(count[both], size[both], mean[both] / (size[both] + mean[both]))
    both = some & ~clustered
    tail[both] = gammainc(count[both], mean[both])
    return np.where(np.isnan(count + mean + variance), np.nan, tail)


def compute_upper_bound(mean: Array, variance: Array, tail: float) -> Array:
    """Return the largest count that is not rarer than ``tail``: the ``1 - tail`` quantile of the same distribution."""
    from scipy.stats import nbinom, poisson

    bound = np.full(mean.shape, np.nan)
    known = np.isfinite(mean) & np.isfinite(variance)
    mean = np.maximum(mean, 1e-12)
    clustered = known & (variance - mean > 1e-7 * mean)
    size = mean[clustered] ** 2 / (variance[clustered] - mean[clustered])
    bound[clustered] = nbinom.isf(tail, size, size / (size + mean[clustered]))
    plain = known & ~clustered
    bound[plain] = poisson.isf(tail, mean[plain])
    return bound


def fit_counts(
    counts: Array,
    observed: Array,
    design: Array,
    precision: Array,
    *,
    threshold: float,
    start: Array | None = None,
    highest: Array | None = None,
) -> CountFit:
    """Fit every series of a table.

    Parameters
    ----------
    counts : float64[series, time]; where a count is known as an interval, its lower end
    observed : 1.0 where there is a count, else 0.0
    design : float64[time, terms], the first column constant
    precision : inverse variance of each coefficient's prior, float64[terms]
    threshold : standard normal value above which a past count is weighted down
    start : coefficients to begin at (those of a fit nearby)
    highest : upper ends of the intervals, equal to ``counts`` where a count is known
    """
    censored = None if highest is None else (highest > counts) & (observed > 0)
    if censored is not None and not censored.any():
        censored = None
    known = observed if censored is None else observed * ~censored
    counts = np.where(observed > 0, counts, 0.0)
    size = np.maximum(observed.sum(axis=1), 1.0)
    values = counts if censored is None or highest is None else np.where(censored, (counts + highest) / 2, counts)
    if start is None:
        coefficients = np.zeros((len(counts), design.shape[1]))
        coefficients[:, 0] = np.log((values.sum(axis=1) + PSEUDO_COUNT) / size)
    else:
        coefficients = start.copy()
    weights, dispersion = observed.copy(), np.ones(len(counts))
    rounds = 3 if censored is None else 7
    for number in range(rounds):
        scaled = weights / dispersion[:, None]
        smoothed = values + (PSEUDO_COUNT / size)[:, None]
        coefficients, covariance, means = _maximise(smoothed, scaled, design, precision, coefficients)
        freedom = np.maximum((weights * known).sum(axis=1) - design.shape[1], 1.0)
        squares = (weights * known * (values - means) ** 2 / means).sum(axis=1)
        dispersion = np.maximum(1.0, squares / freedom)
        if number < rounds - 1:
            weights = observed * _outbreak_weights(values, means, dispersion, threshold)
            if censored is not None and highest is not None:
                values = np.where(censored, _conditional_mean(counts, highest, means), counts)
    return CountFit(coefficients, covariance, dispersion, weights * known, means)


def _maximise(
    values: Array, weights: Array, design: Array, precision: Array, coefficients: Array
) -> tuple[Array, Array, Array]:
    """Return the mode, its inverse information and the means, by Newton's method with bounded steps."""
    terms = design.shape[1]
    rows, columns = np.triu_indices(terms)
    products = design[:, rows] * design[:, columns]
    information = np.empty((len(values), terms, terms))
    means = np.exp(np.clip(coefficients @ design.T, -MAX_LOG, MAX_LOG))
    for _ in range(MAX_ITERATIONS):
        entries = (weights * means) @ products
        information[:, rows, columns] = information[:, columns, rows] = entries
        information += np.diag(precision)
        slope = (weights * (values - means)) @ design - coefficients * precision
        step = np.linalg.solve(information, slope[:, :, None])[:, :, 0]
        largest = np.abs(step).max(axis=1, keepdims=True)
        coefficients = coefficients + step * np.minimum(1.0, MAX_STEP / np.maximum(largest, 1e-12))
        means = np.exp(np.clip(coefficients @ design.T, -MAX_LOG, MAX_LOG))
        if largest.max(initial=0.0) < TOLERANCE:
            break
    return coefficients, np.asarray(np.linalg.inv(information), dtype=np.float64), np.asarray(means, dtype=np.float64)


def _outbreak_weights(values: Array, means: Array, dispersion: Array, threshold: float) -> Array:
    """Return ``z ** -2`` where a count is an outbreak by its upper tail (with half of its own chance), else 1."""
    from scipy.special import ndtri

    residual = 1.5 * (values ** (2 / 3) * means ** (-1 / 6) - np.sqrt(means)) / np.sqrt(dispersion)[:, None]
    rows, columns = np.nonzero(residual > NEAR)
    value, mean = values[rows, columns], means[rows, columns]
    variance = dispersion[rows] * mean
    tail = 0.5 * (compute_upper_tail(value, mean, variance) + compute_upper_tail(value + 1.0, mean, variance))
    z = -ndtri(np.maximum(tail, 1e-300))
    weights = np.ones_like(values)
    weights[rows, columns] = np.where(z > threshold, 1.0 / np.maximum(z, 1.0) ** 2, 1.0)
    return weights


def _conditional_mean(lowest: Array, highest: Array, means: Array) -> Array:
    """Return the mean of a Poisson count that is known to lie from ``lowest`` to ``highest``."""
    from scipy.special import gammainc

    def at_most(count: Array) -> Array:
        return np.where(count < 0, 0.0, 1.0 - gammainc(np.maximum(count, 0.0) + 1.0, means))

    inside = at_most(highest) - at_most(lowest - 1.0)
    shifted = at_most(highest - 1.0) - at_most(lowest - 2.0)
    middle = (lowest + highest) / 2
    mean = np.where(
        inside > 1e-12, means * shifted / np.maximum(inside, 1e-12), np.where(means > middle, highest, lowest)
    )
    return np.asarray(np.clip(mean, lowest, highest), dtype=np.float64)
