"""Scales agree: the 90 % interval of the difference lies within 3 % for ten main outcomes (MODEL section 3).

Persons keep their luck at every scale, but shops, laboratories and queues differ: replicates are paired by seed, and
the interval is that of the mean difference. Full scale takes many minutes and 2 GB.
"""

from __future__ import annotations

import os
from functools import cache

import numpy as np
import pytest
from scipy import stats
from tests.model.running import finished

pytestmark = [pytest.mark.verify, pytest.mark.timeout(7200)]

MAIN = (
    "people_who_use", "dependent", "initiations", "deaths", "poisonings_nonfatal", "convictions_possession",
    "convictions_trafficking", "prison_years", "arrests_buyer", "orders",
)  # fmt: skip
UNTIL = os.environ.get("KLADSIM_VERIFY_UNTIL", "2024-01-01")
PAIRS = {(100, 10): 40, (10, 1): 6}
"""Replicates for each pair of scales; both take the same seeds, so the luck of platforms is shared."""


@cache
def totals(scale: int, replicate: int) -> tuple[float, ...]:
    """Return the totals of the main outcomes over all years."""
    results = finished(UNTIL, scale, replicate=replicate, threads=2).results()
    return tuple(float(np.nansum(results[name].values)) for name in MAIN)


def differences(small: int, large: int) -> list[str]:
    """Print the mean relative difference of every outcome; return those whose 90 % interval leaves +-3 %."""
    number = PAIRS[(small, large)]
    many = np.array([totals(large, replicate) for replicate in range(number)])
    few = np.array([totals(small, replicate) for replicate in range(number)])
    change = (few - many) / many.mean(axis=0)
    half = stats.t.ppf(0.95, number - 1) * change.std(axis=0, ddof=1) / np.sqrt(number)
    outside = []
    for name, middle, width in zip(MAIN, change.mean(axis=0), half, strict=True):
        low, high = middle - width, middle + width
        inside = low >= -0.03 and high <= 0.03
        interval = f"{middle:+.2%} [{low:+.2%}, {high:+.2%}]"
        print(f"1/{small} against 1/{large}: {name:26} {interval} {'ok' if inside else 'OUTSIDE'}")
        if not inside:
            outside.append(name)
    return outside


def test_a_hundredth_agrees_with_a_tenth():
    outside = differences(100, 10)
    assert not outside, outside


def test_a_tenth_agrees_with_the_whole():
    outside = differences(10, 1)
    assert not outside, outside
