"""What a forecast must beat: persistence, trend, AutoETS and AutoTheta, each with the scatter of its own past errors.

All see the same data at the same origin. The point is a series' last value, its last value carried on along the
straight line through its last four values, or what statsforecast's AutoETS and AutoTheta make of its values (Hyndman &
Khandakar 2008, doi:10.18637/jss.v027.i03; Fiorucci et al. 2016, doi:10.1016/j.ijforecast.2016.03.005; years without a
value are filled in on the line between their neighbours; series too short for them get the last value). The
distribution is that of the errors the same rule made before the origin on the same drug at the same distance in years,
on the log scale ("log") or in the data's unit ("plain"). AutoETS and AutoTheta also run with intervals of their own.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError

Array = NDArray[np.float64]
OWN_MODELS = ("AutoETS", "AutoTheta")
RULES = ("persistence", "trend", *OWN_MODELS)
SCALES = ("log", "plain")
RECENT = 4
FEWEST = 30
LEVEL_OF_SPREAD = 80
Rule = Callable[[Array, Array, Array], tuple[Array, Array]]


def persistence(years: Array, values: Array, targets: Array) -> tuple[Array, Array]:
    """Return the last value for every target year; no spread of its own."""
    return np.full(len(targets), values[-1]), np.full(len(targets), np.nan)


def trend(years: Array, values: Array, targets: Array) -> tuple[Array, Array]:
    """Return the last value carried on along the line through the last four; no spread of its own."""
    if len(years) < 3:
        return persistence(years, values, targets)
    t, y = years[-RECENT:], values[-RECENT:]
    middle = t - t.mean()
    slope = float(middle @ y / (middle @ middle))
    return values[-1] + slope * (targets - years[-1]), np.full(len(targets), np.nan)


@cache
def library_rule(name: str) -> Rule:
    """Return a rule that runs one of statsforecast's models: means and standard deviations of its own intervals."""
    from scipy.stats import norm

    try:
        import statsforecast.models
    except ModuleNotFoundError as error:
        how = "pip install statsforecast (a development tool, group `dev` of pyproject.toml)"
        raise InputError(f"the rival {name} needs the package {error.name}", where="forecasts", allowed=how) from None

    model = getattr(statsforecast.models, name)(season_length=1)
    width = 2 * float(norm.ppf(0.5 + LEVEL_OF_SPREAD / 200))

    def run(years: Array, values: Array, targets: Array) -> tuple[Array, Array]:
        whole = np.interp(np.arange(years[0], years[-1] + 1), years, values)
        steps = (targets - years[-1]).astype(int)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                made = model.forecast(y=whole, h=int(steps.max()), level=[LEVEL_OF_SPREAD])
        except (NotImplementedError, IndexError):  # "tiny datasets"
            return persistence(years, values, targets)
        spread = (made[f"hi-{LEVEL_OF_SPREAD}"] - made[f"lo-{LEVEL_OF_SPREAD}"]) / width
        return np.asarray(made["mean"])[steps - 1], np.asarray(spread)[steps - 1]

    return run


def find_rule(name: str) -> Rule:
    """Return a rule by name."""
    return {"persistence": persistence, "trend": trend}.get(name) or library_rule(name)


@dataclass(frozen=True, eq=False)
class Rehearsal:
    """Every forecast a rule could have made of a panel: from each value of a series to each later one.

    Attributes
    ----------
    first, second : rows of the panel, int64[n]: the last one known, and the one forecast
    point, spread : the rule's point and the standard deviation of its own intervals (NaN where it has none)
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    point: Array
    spread: Array


def rehearse(rule: str, year: Array, series: NDArray[np.int64], value: Array) -> Rehearsal:
    """Let a rule forecast each later value of every series from each earlier one."""
    forecast = find_rule(rule)
    pairs: list[tuple[NDArray[np.int64], NDArray[np.int64], Array, Array]] = []
    for one in np.unique(series):
        rows = np.flatnonzero(series == one)
        rows = rows[np.argsort(year[rows])]
        for i in range(len(rows) - 1):
            past, later = rows[: i + 1], rows[i + 1 :]
            point, spread = forecast(year[past], value[past], year[later])
            pairs.append((np.full(len(later), rows[i]), later, point, spread))
    first, second = (np.concatenate([pair[i] for pair in pairs]) for i in (0, 1))
    point, spread = (np.concatenate([pair[i] for pair in pairs]) for i in (2, 3))
    return Rehearsal(first, second, point, spread)


def past_error_quantiles(gap: Array, errors: Array, wanted: float, levels: Sequence[float]) -> Array:
    """Return quantiles of the errors at the wanted distance, or nearby if there are fewer than ``FEWEST``."""
    for reach in (0.0, 1.0, np.inf):
        mine = errors[np.abs(gap - wanted) <= reach]
        if len(mine) >= FEWEST:
            return np.quantile(mine, levels)
    return np.quantile(errors, levels) if len(errors) else np.zeros(len(levels))
