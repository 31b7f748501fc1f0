"""Counts have counting noise: however still a series was, its next value scatters as a Poisson count does.

A fitted scatter of the past can be smaller by chance, or zero (fifty calls in each of seventy months); the noise of
counting is then what is left, a floor under every deviation. Rare counts are judged by a count's own distribution: a
negative binomial, which is what a Poisson count with a mean learnt from so many past values has.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from kladsim.monitor.types import Series

Array = NDArray[np.float64]
MEASURES = re.compile(
    r"\b(k?g|mg|µg|μg|t|tonnes?|ml|l|lit(er|re)s?|percent|per|share|index|ratio|rate|price|usd|eur|rub|"
    r"кг|г|мг|т|л|на|доля|индекс|цена|руб)\b|%|/"
)
A_PERIOD = re.compile(r"\s*(/|per |в )\s*(day|week|month|quarter|year|день|неделю|месяц|квартал|год)$")
RARE = 5.0  # mean below which logs say little
RECENT = 36  # past values that tell how rare


def is_count(one: Series) -> bool:
    """Return whether a series counts things: whole numbers, in a unit that is no measure."""
    unit = A_PERIOD.sub("", one.unit.lower().strip())
    return not MEASURES.search(unit) and bool(np.all(one.values == np.round(one.values)))


def apply_counting_noise(one: Series, mean: Array, sd: Array, constant: float) -> Array:
    """Return deviations no smaller than the noise of counting around the means (logs of value + constant)."""
    if not is_count(one):
        return sd
    expected = np.maximum(np.exp(mean) - constant, 0.5)
    return np.asarray(np.maximum(sd, np.sqrt(expected) / (expected + constant)), dtype=np.float64)


def compute_rare_tail(past: Array, value: float) -> float:
    """Return the chance of a count as high, from recent counts that are rare; 0 where they are not."""
    from scipy.stats import nbinom

    recent = past[-RECENT:]
    if not len(recent) or recent.mean() >= RARE:
        return 0.0
    return float(nbinom.sf(value - 1, recent.sum() + 0.5, len(recent) / (len(recent) + 1)))  # Jeffreys' prior
