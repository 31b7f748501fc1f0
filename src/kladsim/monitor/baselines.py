"""What a forecast must beat: persistence and trend, each with the empirical distribution of its own past errors.

Both see the same data at the same origin. The point is a series' last value, or its last value carried on along the
straight line through its last four values; the distribution is that of the errors the same rule made before the origin
on the same drug at the same distance in years, on the log scale ("log") or in the data's unit ("plain").
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
RULES = ("persistence", "trend")
SCALES = ("log", "plain")
RECENT = 4
FEWEST = 30
History = dict[int, tuple[Array, Array]]  # series -> years, values


def point(rule: str, years: Array, values: Array, target: float) -> float:
    """Return the rule's point forecast of ``target`` from the years and values known."""
    if rule == "persistence" or len(years) < 3:
        return float(values[-1])
    t, y = years[-RECENT:], values[-RECENT:]
    middle = t - t.mean()
    slope = float(middle @ y / (middle @ middle))
    return float(values[-1] + slope * (target - years[-1]))


def past_errors(rule: str, history: History) -> tuple[Array, Array]:
    """Return gaps and errors of every forecast the rule could have made within the history."""
    gaps: list[float] = []
    errors: list[float] = []
    for years, values in history.values():
        for i in range(len(years) - 1):
            for j in range(i + 1, len(years)):
                gaps.append(float(years[j] - years[i]))
                errors.append(float(values[j] - point(rule, years[: i + 1], values[: i + 1], years[j])))
    return np.array(gaps), np.array(errors)


def quantiles(rule: str, history: History, targets: Sequence[tuple[int, float]], levels: Sequence[float]) -> Array:
    """Return the rule's quantiles, float64[targets, levels], for (series, year) on the history's scale."""
    gaps, errors = past_errors(rule, history)
    known: dict[float, Array] = {}
    out = np.empty((len(targets), len(levels)))
    for row, (series, year) in enumerate(targets):
        years, values = history[series]
        gap = float(year - years[-1])
        if gap not in known:
            known[gap] = _errors_at(gaps, errors, gap, levels)
        out[row] = point(rule, years, values, year) + known[gap]
    return out


def _errors_at(gaps: Array, errors: Array, gap: float, levels: Sequence[float]) -> Array:
    for reach in (0.0, 1.0, np.inf):
        mine = errors[np.abs(gaps - gap) <= reach]
        if len(mine) >= FEWEST:
            return np.quantile(mine, levels)
    return np.quantile(errors, levels) if len(errors) else np.zeros(len(levels))
