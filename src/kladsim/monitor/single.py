"""Forecasts of series outside the wastewater panel: one latent model a series, variances pooled over its data set.

The log of a value (plus a twentieth of the series' median, so that zeros count) is a random walk with a trend that
fades, seasons that may change slowly (months; weekdays), short-lived departures, and Student-t noise; of a count it is
the log of its Poisson rate that is so (``counting``), and zeros and intervals count for what they say. All series of a
data set share the variances, which are found on at most ``MOST`` of them; each has a volatility of its own, shrunk
towards the common one (inverse-gamma, weight ``OWN``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kladsim.monitor import latent
from kladsim.monitor.counting import is_count, observe_counts
from kladsim.monitor.periods import SEASON
from kladsim.monitor.types import Series

Array = NDArray[np.float64]
MOST = {"year": 120, "quarter": 30, "month": 7, "week": 20, "day": 12}
OWN = 6.0
SHARE = 0.05  # of the median, added before the log
FADING = {"year": 2.0, "quarter": 5.0, "month": 12.0, "week": 26.0, "day": 14.0}  # steps over which a trend fades
SHORT = {"year": 1.0, "quarter": 2.0, "month": 3.0, "week": 4.0, "day": 4.0}  # steps that short departures last
CHANGING = 5.0  # seasons over which a season's shape is forgotten
WITHIN = 21  # values that stand for an interval
LONGEST = 260  # latest points that a fit looks at
PARTS = ("walk", "trend", "departure", "season", "changing season")
PRIOR_SD = {
    "year": (0.15, 0.05, 0.05, 1e-5, 1e-5),
    "quarter": (0.06, 0.015, 0.05, 0.1, 0.03),
    "month": (0.03, 0.005, 0.03, 0.1, 0.03),
    "week": (0.05, 0.005, 0.05, 0.05, 0.02),
    "day": (0.05, 0.005, 0.1, 0.05, 0.02),
}
PRIOR_NOISE = 0.1


def offset_of(one: Series) -> float:
    """Return the constant added before the log; none to a count."""
    if is_count(one):
        return 0.0
    positive = one.values[one.values > 0]
    return float(SHARE * np.median(positive)) if len(positive) else 1.0


def from_scale(logs: Array, constant: float) -> Array:
    """Return the values that have these logs with the constant added, none below zero."""
    return np.maximum(np.exp(logs) - constant, 0.0)


def bounds(one: Series, until: int | None = None) -> tuple[Array, Array, Array]:
    """Return steps and bounds of the values up to a step; without an upper end only those of counts above zero."""
    steps, low, high = one.bounds()
    keep = np.isfinite(high) | ((low > 0) & is_count(one))
    keep = keep if until is None else keep & (steps <= until)
    return steps[keep][-LONGEST:].astype(float), low[keep][-LONGEST:], high[keep][-LONGEST:]


def read_logs(one: Series, low: Array, high: Array) -> tuple[Array, Array]:
    """Return logs and error variances; an interval stands for any value in it, by mean and variance of their logs."""
    logs = np.log(np.linspace(low, high, WITHIN) + offset_of(one))
    exact = low == high
    return np.where(exact, logs[0], logs.mean(axis=0)), np.where(exact, 0.0, logs.var(axis=0))


def parts(freq: str, a: Array, b: Array, start: float) -> Array:
    """Return the components' covariances, float64[5, n, m], between two sets of steps."""
    walk = latent.random_walk(a, b, start)
    trend = latent.damped_trend(a, b, start, FADING[freq])
    short = latent.mean_reverting(a, b, SHORT[freq])
    period = SEASON[freq]
    if period == 0:
        same = np.zeros_like(walk)
        changing = same
    else:
        same = ((a[:, None] - b[None, :]) % period == 0).astype(float)
        changing = same * latent.mean_reverting(a, b, CHANGING * period)
    return np.stack([walk, trend, short, same, changing])


def observe(one: Series, model: latent.Fit, until: int | None = None) -> tuple[Array, latent.Block]:
    """Return the steps of a series up to one and its values as a block of the latent model."""
    at, low, high = bounds(one, until)
    covariances = parts(one.freq, at, at, float(at[0]))
    if is_count(one):
        return at, observe_counts(covariances, low, high, model)
    return at, latent.Block(covariances, *read_logs(one, low, high))


def fit(members: Sequence[Series], until: int | None = None) -> latent.Fit:
    """Fit the variances that the series of one data set and frequency share."""
    freq = members[0].freq
    chosen = [one for one in members if len(bounds(one, until)[0]) >= 4]
    chosen = chosen[:: max(1, -(-len(chosen) // MOST[freq]))]
    model = latent.Fit(PRIOR_SD[freq], PRIOR_NOISE, 0.0)
    for _ in range(1 + any(map(is_count, chosen))):  # pseudo-observations of counts rest on the variances
        blocks = [observe(one, model, until)[1] for one in chosen]
        model = latent.fit(blocks, PRIOR_SD[freq], PRIOR_NOISE, iterations=20)
    return model


def predict(one: Series, model: latent.Fit, steps: Array, until: int | None = None) -> tuple[Array, Array, Array]:
    """Return mean, latent and predictive standard deviation of the log (of a count: of its rate) at given steps."""
    at, block = observe(one, model, until)
    cross = parts(one.freq, at, steps, float(at[0]))
    own = np.stack([np.diag(part) for part in parts(one.freq, steps, steps, float(at[0]))])
    mean, level, sd = latent.predict(block, cross, own, model)
    factor = _volatility(block, model)
    return mean, level * factor, sd * factor


def _volatility(block: latent.Block, model: latent.Fit) -> float:
    """The series' own scale: how large its changes were against what the shared variances expect."""
    n = len(block.y)
    if n < 2:
        return 1.0
    matrix = latent.covariance(block, np.square(model.sd)) + np.diag(model.noise**2 + np.zeros(n) + block.extra)
    y = block.departures
    size = float(y @ np.linalg.solve(matrix, y))
    return float(np.sqrt((OWN + size) / (OWN + n - 1)))
