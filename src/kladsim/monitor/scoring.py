"""Weighted interval scores of quantile forecasts, and scores relative to the best rival with intervals over places.

The weighted interval score (Bracher et al. 2021, doi:10.1371/journal.pcbi.1008618) of quantiles at levels that are
symmetric around the median is twice the mean of their pinball losses. A ratio of mean scores is compared with the rival
whose mean score is lowest in the same group; its interval comes from a bootstrap of whole places, in each of which the
best rival is chosen anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from kladsim.core.extras import extra
from kladsim.core.random_arrays import stream_key, unit

Array = NDArray[np.float64]
LEVELS = (0.01, 0.025, *(round(0.05 * i, 2) for i in range(1, 20)), 0.975, 0.99)
"""Levels of the quantiles, as forecast hubs ask for them (hubverse)."""
RESAMPLES = 2000
INTERVAL = (0.05, 0.95)
SEED, BOOTSTRAP = 26, 9004


def compute_wis(quantiles: Array, value: Array) -> Array:
    """Return the weighted interval scores, float64[n], of quantiles at ``LEVELS``, float64[n, 23]."""
    with extra("monitor"):
        import scoringrules

    return np.asarray(scoringrules.crps_quantile(value, quantiles, np.asarray(LEVELS)), dtype=float)


def compute_coverage(quantiles: Array, value: Array, share: float) -> NDArray[np.bool_]:
    """Return whether the central interval of this share holds each value (bounds included)."""
    low, high = (LEVELS.index(round(0.5 + side * share / 2, 3)) for side in (-1, 1))
    return np.asarray((quantiles[:, low] <= value) & (value <= quantiles[:, high]))


def compare_with_rivals(
    ours: Array, rivals: Mapping[str, Array], place: Sequence[str] | NDArray[np.str_]
) -> dict[str, object]:
    """Return the relative score against the best rival, its interval, and the same against each rival.

    Parameters
    ----------
    ours : scores, float64[n], lower is better
    rivals : scores of each rival for the same forecasts
    place : cluster of each forecast
    """
    _, number = np.unique(np.asarray(place), return_inverse=True)
    sums = np.stack([np.bincount(number, weights=one) for one in (ours, *rivals.values())], axis=1)
    uniform = unit(stream_key(SEED, BOOTSTRAP, 0), np.arange(RESAMPLES * len(sums), dtype=np.uint64))
    at = np.repeat(np.arange(RESAMPLES) * len(sums), len(sums)) + (uniform * len(sums)).astype(np.int64)
    draws = np.bincount(at, minlength=RESAMPLES * len(sums)).reshape(RESAMPLES, len(sums))
    totals, drawn = sums.sum(axis=0), draws @ sums
    names = list(rivals)

    def relate(columns: slice | int) -> dict[str, object]:
        best = totals[1:][columns].min()
        ratios = drawn[:, 0] / drawn[:, 1:][:, columns].reshape(len(drawn), -1).min(axis=1)
        return {
            "relative_wis": round(float(totals[0] / best), 4),
            "interval": [round(float(bound), 4) for bound in np.quantile(ratios, INTERVAL)],
        }

    return {
        **relate(slice(None)),
        "best_rival": names[int(np.argmin(totals[1:]))],
        "forecasts": len(ours),
        "places": len(sums),
        "by_rival": {name: relate(i) for i, name in enumerate(names)},
    }
