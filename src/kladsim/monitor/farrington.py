"""Farrington Flexible: a count against a quasi-Poisson regression on the same season of earlier years.

The algorithm of Noufaily et al. 2013 (doi:10.1002/sim.5595) with the conventions of ``farringtonFlexible`` in the R
package ``surveillance`` (Salmon, Schumacher and Höhle 2016, doi:10.18637/jss.v070.i10), to which tests hold it:

1. The baseline of a period are the ``years`` before it, without the last ``excluded`` periods. A factor groups its
   periods: one level for windows of ``2 * half_window + 1`` periods around the same time of each year, the others for
   equal parts of what lies between, so that ``groups`` levels make the season.
2. A log-linear quasi-Poisson regression on trend and season is fitted by iteratively reweighted least squares, begun at
   the counts plus 0.1 and ended when the deviance moves by less than 1e-8 of itself, as R's ``glm.fit`` does.
3. Past outbreaks are weighed down: an Anscombe residual ``s`` above ``weight_threshold`` gets a weight proportional to
   ``s ** -2``, and the model is fitted again.
4. The trend is kept if there are three years or more, its p value is below ``trend_p``, and the expected count does not
   exceed the largest count of the baseline; else the model is fitted without it.
5. The upper bound is the ``1 - tail`` quantile of a negative binomial with the expected mean and the fitted dispersion
   (Poisson where the dispersion is one). A count above it is an alarm, if the last ``few_periods`` periods hold at
   least ``few_cases`` cases.

All series of a table share the design matrix of a period, so that they are fitted at once.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from kladsim.monitor.judgement import CountTable, Judgement, judge_by_bound

Array = NDArray[np.float64]
ITERATIONS = 25
TOLERANCE = 1e-8
"""Iterations and relative change of deviance at which R's ``glm.control`` ends a fit."""
INITIAL = 0.1
"""What R's Poisson family adds to a count for the first mean."""


@dataclass(frozen=True, kw_only=True)
class _Common:
    """Settings whose defaults do not depend on the kind of period."""

    years: int = 5
    weight_threshold: float = 2.58
    tail: float = 0.005
    trend: bool = True
    trend_p: float = 1.0
    few_cases: int = 0
    few_periods: int = 4


@dataclass(frozen=True, kw_only=True)
class Settings(_Common):
    """Settings of the algorithm; the defaults are those of Noufaily et al. 2013 for weekly counts.

    Parameters
    ----------
    frequency : periods a year
    years : years of baseline (``b`` in R)
    half_window : periods on each side of the same time of earlier years (``w``)
    groups : levels of the seasonal factor (``noPeriods``); 1: windows alone and no season
    excluded : last periods that are no baseline (``pastWeeksNotIncluded``)
    weight_threshold : Anscombe residual above which a past count is weighed down (``weightsThreshold``)
    tail : chance of a count above the bound (``alpha``)
    trend, trend_p : whether a trend is tried, and the p value above which it is dropped (``pThresholdTrend``)
    few_cases, few_periods : fewest cases in the last periods for a judgement (``limit54``)
    """

    frequency: int = 52
    half_window: int = 3
    groups: int = 10
    excluded: int = 26

    @property
    def fewest(self) -> int:
        """Periods before the first that can be judged."""
        return self.frequency * self.years + self.half_window


CONVENTIONS: dict[str, dict[str, int]] = {
    "day": {"frequency": 365, "half_window": 10, "groups": 10, "excluded": 182},
    "week": {"frequency": 52, "half_window": 3, "groups": 10, "excluded": 26},
    "month": {"frequency": 12, "half_window": 1, "groups": 10, "excluded": 6},
    "quarter": {"frequency": 4, "half_window": 0, "groups": 4, "excluded": 2},
    "year": {"frequency": 1, "half_window": 0, "groups": 1, "excluded": 0},
}
"""Settings that stand for the same times of the year in each kind of period as those of Noufaily et al. for weeks."""


@dataclass(frozen=True, kw_only=True)
class FarringtonFlexible(_Common):
    """The algorithm as a detector of tables; the settings are those of ``Settings``, None: by the kind of period."""

    name: ClassVar[str] = "farrington-flexible"

    frequency: int | None = None
    half_window: int | None = None
    groups: int | None = None
    excluded: int | None = None

    def for_period(self, freq: str) -> FarringtonFlexible:
        """Return the detector with the settings that it has for a kind of period."""
        chosen = {name: value for name, value in asdict(self).items() if value is not None}
        return FarringtonFlexible(**{**CONVENTIONS[freq], **chosen})

    def judge(self, table: CountTable, periods: range) -> Judgement:
        """Judge periods that have enough years before them; the others have no judgement."""
        settings = Settings(**asdict(self.for_period(table.freq)))
        shape = len(table.counts), len(periods)
        expected, upper = np.full(shape, np.nan), np.full(shape, np.nan)
        late = range(min(max(periods.start, settings.fewest), periods.stop), periods.stop)
        if len(late):
            part = judge(table.counts, late, settings)
            expected[:, -len(late) :], upper[:, -len(late) :] = part.expected, part.upper
        return judge_by_bound(table.counts[:, list(periods)], expected, upper)


@dataclass(frozen=True, eq=False)
class _Fit:
    """A fitted regression of many series: what R's ``glm`` object holds, series along the first axis."""

    coefficients: Array
    means: Array
    hat: Array
    dispersion: Array
    trend_significant: NDArray[np.bool_]
    converged: NDArray[np.bool_]


def judge(counts: Array, periods: range, settings: Settings | None = None) -> Judgement:
    """Judge periods of one or many series, each with what lies before it.

    Parameters
    ----------
    counts : whole numbers, float64[series, time]; NaN is a missing count and no part of a baseline
    periods : indices of time to judge

    Raises
    ------
    ValueError : a period with fewer than ``settings.fewest`` periods before it
    """
    settings = settings or Settings()
    counts = np.atleast_2d(np.asarray(counts, dtype=float))
    if len(periods) and min(periods) < settings.fewest:
        raise ValueError(f"period {min(periods)} has fewer than {settings.fewest} periods before it")
    expected = np.full((len(counts), len(periods)), np.nan)
    dispersion = np.full_like(expected, np.nan)
    for column, now in enumerate(periods):
        for rows, base in _by_missing(counts, baseline_groups(now, settings)):
            expected[rows, column], dispersion[rows, column] = _predict(counts[rows], now, base, settings)
    values = counts[:, list(periods)]
    upper = _quantile(expected, dispersion, settings.tail)
    last = settings.few_periods - 1
    recent = np.stack([np.nansum(counts[:, now - last : now + 1], axis=1) for now in periods], axis=1)
    enough = recent >= settings.few_cases
    expected, upper = np.where(enough, expected, np.nan), np.where(enough, upper, np.nan)
    return judge_by_bound(values, expected, upper)


def baseline_groups(now: int, settings: Settings) -> NDArray[np.int64]:
    """Return the seasonal group of each period up to ``now``, 0 for those that are no baseline.

    The windows around the same time of earlier years are the group ``settings.groups``; what lies between two windows
    is cut into the other groups, the first ones a period longer where it does not divide.
    """
    groups, half = settings.groups, settings.half_window
    found = np.zeros(now + 1, dtype=np.int64)
    for year in range(1, settings.years + 1):
        middle = now - year * settings.frequency
        found[max(0, middle - half) : middle + half + 1] = groups
        if groups > 1:
            first = middle + half + 1
            between = settings.frequency - 2 * half - 1
            parts = np.array_split(np.arange(first, first + between), groups - 1)
            for number, part in enumerate(parts, start=1):
                found[part] = number
    found[max(0, now - settings.excluded) :] = 0
    return found


def _by_missing(counts: Array, groups: NDArray[np.int64]) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return the series that share a baseline (no missing count, or the same ones), with the groups that are left."""
    missing = np.isnan(counts[:, : len(groups)]) & (groups > 0)
    patterns, of = np.unique(missing, axis=0, return_inverse=True)
    return [
        (np.flatnonzero(of.ravel() == number), np.where(pattern, 0, groups)) for number, pattern in enumerate(patterns)
    ]


def _predict(counts: Array, now: int, groups: NDArray[np.int64], settings: Settings) -> tuple[Array, Array]:
    """Return the expected count of ``now`` and the dispersion, for series that share a baseline."""
    times = np.flatnonzero(groups)
    y = counts[:, times]
    season = (groups[times][:, None] == np.unique(groups[times])).astype(float)
    here = (np.unique(groups[times]) == settings.groups).astype(float)
    if not here.any() or not _is_determined(season):
        blank = np.full(len(y), np.nan)
        return blank, blank.copy()
    flat = _fit_robust(y, season, settings)
    expected, dispersion, usable = np.exp(flat.coefficients @ here), flat.dispersion, flat.converged
    with_slope = np.column_stack([season, (times - now) / settings.frequency])
    if settings.trend and _is_determined(with_slope):
        sloped = _fit_robust(y, with_slope, settings)
        with np.errstate(over="ignore"):
            at_now = np.exp(sloped.coefficients @ np.append(here, 0.0))
        keep = sloped.converged & sloped.trend_significant & (at_now <= y.max(axis=1)) & (settings.years >= 3)
        expected = np.where(keep, at_now, expected)
        dispersion = np.where(keep, sloped.dispersion, dispersion)
        usable = usable | keep
    return np.where(usable, expected, np.nan), np.where(usable, dispersion, np.nan)


def _is_determined(x: Array) -> bool:
    """Return whether the coefficients of a design are determined: missing counts can leave too little of a baseline."""
    return bool(len(x) > x.shape[1] and np.linalg.matrix_rank(x) == x.shape[1])


def _fit_robust(y: Array, x: Array, settings: Settings) -> _Fit:
    """Fit, weigh past outbreaks down, and fit again."""
    first = _fit(y, x, np.ones_like(y), settings.trend_p)
    phi = np.maximum(first.dispersion, 1.0)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        anscombe = 1.5 * (y ** (2 / 3) * first.means ** (-1 / 6) - np.sqrt(first.means))
        anscombe /= np.sqrt(phi * (1.0 - first.hat))
        # A count that its own level fits alone (missing neighbours) has no residual but rounding.
        outbreak = (anscombe > settings.weight_threshold) & (first.hat < 1.0 - 1e-9)
        weights = np.where(outbreak, anscombe**-2.0, 1.0)
    weights *= y.shape[1] / weights.sum(axis=1, keepdims=True)
    second = _fit(y, x, weights, settings.trend_p)
    return _Fit(
        second.coefficients, second.means, second.hat, np.maximum(second.dispersion, 1.0), second.trend_significant,
        first.converged,
    )  # fmt: skip


def _fit(y: Array, x: Array, prior: Array, trend_p: float) -> _Fit:
    """Fit a log-linear Poisson regression to each row of ``y`` by iteratively reweighted least squares."""
    means = y + INITIAL
    eta = np.log(means)
    deviance = _deviance(y, means, prior)
    active = np.ones(len(y), dtype=bool)
    beta = np.zeros((len(y), x.shape[1]))
    work, inverse = prior * means, np.zeros((len(y), x.shape[1], x.shape[1]))
    for _ in range(ITERATIONS):
        rows = np.flatnonzero(active)
        if len(rows) == 0:
            break
        work[rows] = prior[rows] * means[rows]
        response = eta[rows] + (y[rows] - means[rows]) / means[rows]
        beta[rows], inverse[rows] = _least_squares(x, work[rows], response)
        eta[rows] = beta[rows] @ x.T
        means[rows] = np.exp(np.clip(eta[rows], -700, 700))
        now = _deviance(y[rows], means[rows], prior[rows])
        active[rows] = np.abs(now - deviance[rows]) / (np.abs(now) + 0.1) >= TOLERANCE
        deviance[rows] = now
    freedom = max(1, y.shape[1] - x.shape[1])
    residual = (y - means) / means
    dispersion = (work * residual**2).sum(axis=1) / freedom
    hat = work * (inverse.reshape(len(y), -1) @ (x[:, :, None] * x[:, None, :]).reshape(len(x), -1).T)
    significant = np.ones(len(y), dtype=bool)
    if trend_p < 1.0:
        from scipy.stats import t as student

        error = np.sqrt(inverse[:, -1, -1] * (prior * residual**2).sum(axis=1) / freedom)
        significant = 2.0 * student.sf(np.abs(beta[:, -1] / error), freedom) < trend_p
    return _Fit(beta, means, hat, dispersion, significant, ~active)


def _least_squares(x: Array, work: Array, response: Array) -> tuple[Array, Array]:
    """Return weighted least-squares coefficients and the inverse of X'WX, columns scaled for numerical balance."""
    gram = (work @ (x[:, :, None] * x[:, None, :]).reshape(len(x), -1)).reshape(len(work), x.shape[1], -1)
    scale = 1.0 / np.sqrt(np.einsum("spp->sp", gram))
    inverse = np.linalg.inv(gram * scale[:, :, None] * scale[:, None, :]) * scale[:, :, None] * scale[:, None, :]
    right = (work * response) @ x
    beta = np.einsum("spq,sq->sp", inverse, right)
    return beta, inverse


def _deviance(y: Array, means: Array, prior: Array) -> Array:
    """Return the Poisson deviance of each series."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(y > 0, y * np.log(y / means), 0.0)
    total: Array = 2.0 * (prior * (logs - (y - means))).sum(axis=1)
    return total


def _quantile(mean: Array, dispersion: Array, tail: float) -> Array:
    """Return the ``1 - tail`` quantile of a negative binomial of this mean and variance ``dispersion * mean``."""
    from scipy.stats import nbinom, poisson

    upper = np.full_like(mean, np.nan)
    plain = dispersion == 1.0
    upper[plain] = poisson.ppf(1.0 - tail, mean[plain])
    spread = np.isfinite(mean) & ~plain
    phi = dispersion[spread]
    upper[spread] = nbinom.ppf(1.0 - tail, mean[spread] / (phi - 1.0), 1.0 / phi)
    return upper
