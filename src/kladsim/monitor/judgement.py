"""What detectors of tables take and give: series of counts by period, and their judgement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CountTable:
    """Series of counts over the same periods.

    Parameters
    ----------
    counts : float64[series, time]; NaN where there is no count; the lower end where a count is known as an interval
    freq : kind of period, a key of ``periods.PER_YEAR``
    first : step of the first period (``periods.to_step``)
    highest : upper ends of the counts, float64[series, time]; None where every count is known
    """

    counts: Array
    freq: str
    first: int
    highest: Array | None = None


@dataclass(frozen=True, eq=False)
class Judgement:
    """Expected count, upper bound, score and alarm of each series (rows) in each judged period (columns).

    A count above the bound is an alarm. Scores grow with evidence. NaN (and no alarm) where nothing can be said.
    """

    expected: Array
    upper: Array
    score: Array
    alarm: NDArray[np.bool_]


class TableDetector(Protocol):
    """A detector that judges periods of many series, each with what lies before it; its fields are its settings."""

    name: ClassVar[str]

    def for_period(self, freq: str) -> TableDetector: ...

    def judge(self, table: CountTable, periods: range) -> Judgement: ...


def judge_by_bound(counts: Array, expected: Array, upper: Array) -> Judgement:
    """Return the judgement of counts (of the judged periods) by a bound: the score is 1 at the bound, 0 at the mean."""
    with np.errstate(divide="ignore", invalid="ignore"):
        score = (counts - expected) / (upper - expected)
    return Judgement(expected, upper, score, np.nan_to_num(counts) > np.where(np.isnan(upper), np.inf, upper))
