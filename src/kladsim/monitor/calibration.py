"""Quantiles from standardised errors: what the model's own past forecasts missed by decides how wide the next ones are.

Errors z = (y - mean) / sd of rolling-origin forecasts are pooled over series. The quantile function is a blend of a
Student-t with the empirical one (weight n / (n + 100)), and each group's width is a ratio shrunk towards one: split
conformal prediction (Vovk et al. 2005; Romano et al. 2019, arXiv:1905.03222) with partial pooling. Only errors known at
the forecast's origin are ever used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
NAMES = ("lo95", "lo80", "lo50", "median", "hi50", "hi80", "hi95")
GRID = tuple(round(0.01 * i, 2) for i in range(1, 100))
TAILS = 6.0  # degrees of freedom of the shape before there are errors to learn from
TRUST = 100.0  # errors at which the empirical shape weighs as much as the Student-t
SHRINK = 30.0  # errors of one group at which its own width weighs as much as the common one
WIDEST = 1.6  # no group's width is more than this far from the common one


@dataclass(frozen=True)
class Shape:
    """Quantiles of standardised errors at ``at``, and the width of each group (several groupings multiply)."""

    at: tuple[float, ...]
    quantiles: tuple[float, ...]
    width: Mapping[str, float]

    def quantile(self, levels: Sequence[float], *groups: str) -> Array:
        """Return standardised quantiles of a case that belongs to the groups named."""
        factor = float(np.prod([self.width.get(group, 1.0) for group in groups]))
        return np.asarray(factor * np.interp(levels, self.at, self.quantiles))


def student(levels: Sequence[float]) -> Array:
    """Return quantiles of a Student-t of unit variance."""
    from scipy.stats import t

    return np.asarray(t.ppf(levels, TAILS) * np.sqrt((TAILS - 2.0) / TAILS))


def learn(errors: Array, groupings: Sequence[Sequence[str]] = (), years: int = 0) -> Shape:
    """Return the shape that the errors show, with each group's width shrunk towards the common one.

    Parameters
    ----------
    errors : standardised errors, float64[n]
    groupings : one or more lists of n labels
    years : in how many different years the errors became known; errors of one year share its shocks, so with few years
        all widths grow by sqrt(1 + 1 / years), as a predictive interval does with an estimated scale
    """
    at = (0.005, *GRID, 0.995)
    prior = student(at)
    scaled = np.array(errors, dtype=float)
    if len(scaled) == 0:
        return Shape(at, tuple(float(q) for q in prior), {})
    width: dict[str, float] = {}
    for labels in groupings:
        names, common = np.asarray(labels), _half(scaled)
        for name in sorted(set(names.tolist())):
            mine = names == name
            weight = mine.sum() / (mine.sum() + SHRINK)
            width[name] = float(np.clip((_half(scaled[mine]) / common) ** weight, 1.0 / WIDEST, WIDEST))
        scaled /= np.array([width[name] for name in names.tolist()])
    # The median stays at the model's mean: a past bias seldom lasts.
    seen = np.quantile(scaled, at) - np.quantile(scaled, 0.5)
    share = len(scaled) / (len(scaled) + TRUST)
    blended = (share * seen + (1.0 - share) * prior) * np.sqrt(1.0 + 1.0 / years if years else 1.0)
    return Shape(at, tuple(float(q) for q in blended), width)


def _half(errors: Array) -> float:
    """Half the 80 % range around zero: a width that no single outlier moves."""
    return float(np.quantile(np.abs(errors), 0.8)) + 1e-9
