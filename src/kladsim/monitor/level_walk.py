"""Series whose level wanders from period to period: the next count predicted with a random walk beside the regression.

Around the fitted regression the relative departures of counts are a random walk plus the noise of counts,
``dispersion * (noise + ratio * walk)``. Given the ratio of the two variances, coefficients and level follow by
generalised least squares and the dispersion has a scaled inverse chi-squared posterior, so that short series have the
wide tails of few degrees of freedom; the ratio itself is averaged over its posterior on a grid (Harvey 1989; West and
Harrison 1997, ch. 2 and 4). ``docs/decisions/022`` has where the grid comes from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kladsim.monitor.count_regression import CountFit, compute_upper_tail

Array = NDArray[np.float64]
RATIOS = (0.0, 0.1, 0.3, 1.0)
"""Variance of the walk's yearly step over that of the noise: equally likely values."""
MISSING = 1e9
"""Noise variance of a period without a count."""
QUANTILES = 16
"""Equally likely values that stand for the posterior of the dispersion."""


@dataclass(frozen=True, eq=False)
class NextCount:
    """A count's prediction, a mixture of negative binomials: means, variances and weights by series [s, m]."""

    means: Array
    variances: Array
    weights: Array

    @property
    def expected(self) -> Array:
        """The mean, float64[s]."""
        return np.asarray((self.weights * self.means).sum(axis=1))

    def compute_tail(self, count: Array) -> Array:
        """Return P(Y >= count), float64[s]."""
        return np.asarray((self.weights * compute_upper_tail(count[:, None], self.means, self.variances)).sum(axis=1))

    def compute_bound(self, tail: float) -> Array:
        """Return the largest count that is not rarer than ``tail``."""
        low = np.zeros(len(self.means))
        high = np.ceil(self.means.max(axis=1) + 1.0)
        while (rising := self.compute_tail(high) > tail).any():
            high = np.where(rising, 2.0 * high, high)
        while (high - low > 1.0).any():
            middle = np.floor((low + high) / 2.0)
            common = self.compute_tail(middle) > tail
            low, high = np.where(common, middle, low), np.where(common, high, middle)
        return low


def predict_next(
    counts: Array, fit: CountFit, design: Array, precision: Array, ahead: Array, *, has_floor: NDArray[np.bool_]
) -> NextCount:  # fmt: skip
    """Return the distribution of each series' next count.

    Parameters
    ----------
    counts, fit, design, precision : the baseline, one period after the other to the last before the count, and its fit
    ahead : the row of the design that belongs to the count, float64[terms]
    has_floor : whether a dispersion below one cannot be, as of counts
    """
    from scipy.special import chdtri, logsumexp

    walk = _compare_ratios(counts, fit, design, precision, ahead)
    weights = np.exp(walk.evidence - logsumexp(walk.evidence, axis=1, keepdims=True))
    share = (np.arange(QUANTILES) + 0.5) / QUANTILES
    dispersion = walk.squares[:, :, None] / chdtri(walk.freedom[:, None], share)[:, None, :]
    dispersion = np.where(has_floor[:, None, None], np.maximum(dispersion, 1.0), dispersion)
    mean = np.exp(np.clip(walk.mean, -25.0, 25.0))[:, :, None]
    variance = dispersion * (mean + walk.variance[:, :, None] * mean**2)
    shape = len(counts), len(RATIOS) * QUANTILES
    means = np.broadcast_to(mean, variance.shape)
    spread = np.broadcast_to(weights[:, :, None] / QUANTILES, variance.shape)
    return NextCount(means.reshape(shape), variance.reshape(shape), spread.reshape(shape))


@dataclass(frozen=True, eq=False)
class _Walk:
    """For each series and ratio: log mean, error variance and squares over the dispersion, evidence; freedom [s]."""

    mean: Array
    variance: Array
    squares: Array
    evidence: Array
    freedom: Array


def _compare_ratios(counts: Array, fit: CountFit, design: Array, precision: Array, ahead: Array) -> _Walk:
    used = fit.weights > 0
    means = np.maximum(fit.means, 1e-12)
    working = np.where(used, (np.where(used, counts, 0.0) - means) / means, 0.0)  # around the fitted log mean
    noise = np.where(used, 1.0 / np.maximum(fit.weights * means, 1e-12), MISSING)
    scale = used.sum(axis=1) / np.maximum((used * means).sum(axis=1), 1e-12)
    time = np.arange(1.0, len(design) + 1.0)
    shared = np.minimum(time[:, None], time[None, :])
    prior = precision * fit.dispersion[:, None]
    columns: list[tuple[Array, ...]] = []
    for ratio in RATIOS:
        walk = ratio * scale[:, None, None] * shared
        matrix = walk + noise[:, :, None] * np.eye(len(design))
        inverse = np.linalg.inv(matrix)
        weighted = inverse @ design
        information = design.T @ weighted + prior[:, :, None] * np.eye(design.shape[1])
        covariance = np.linalg.inv(information)
        slope = np.einsum("snp,sn->sp", weighted, working) - prior * fit.coefficients
        change = np.einsum("spq,sq->sp", covariance, slope)
        rest = working - change @ design.T
        left = np.einsum("snm,sm->sn", inverse, rest)
        gain = ratio * scale[:, None] * time  # covariance of the walk now with the walk then
        level = (gain * left).sum(axis=1)
        direction = ahead - np.einsum("snp,sn->sp", weighted, gain)
        variance = ratio * scale * (len(design) + 1.0) - np.einsum("sn,snm,sm->s", gain, inverse, gain)
        variance += np.einsum("sp,spq,sq->s", direction, covariance, direction)
        moved = fit.coefficients + change
        squares = (rest * left).sum(axis=1) + (prior * moved**2).sum(axis=1)
        columns.append((moved @ ahead + level, np.maximum(variance, 0.0), squares,
                        np.linalg.slogdet(matrix)[1] + np.linalg.slogdet(information)[1]))  # fmt: skip
    mean, variance, squares, size = (np.stack(part, axis=1) for part in zip(*columns, strict=True))
    freedom = np.maximum(used.sum(axis=1) - design.shape[1], 1.0)
    squares = np.maximum(squares, 1e-9)
    return _Walk(mean, variance, squares, -0.5 * size - 0.5 * freedom[:, None] * np.log(squares), freedom)
