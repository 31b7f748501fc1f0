"""Control charts of tables of counts: EARS C1, C2 and C3, and a cumulative sum of logs.

A missing count is no part of a baseline; a period without a count has no judgement. Bounds are strict: a count above
the bound is an alarm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from kladsim.monitor.judgement import CountTable, Judgement

Array = NDArray[np.float64]
EARS_PERIODS, EARS_LAG, EARS_SUM = 7, 2, 3
"""Periods of baseline, periods between it and the judged one (C2, C3), periods whose excess C3 adds up."""
MIN_DEVIATION = 0.5
"""Smallest standard deviation of a baseline of counts, as in EARS practice."""


@dataclass(frozen=True)
class EarsC1:
    """A count against mean and standard deviation of the seven periods before it (Hutwagner et al. 2003).

    doi:10.1007/PL00022319

    Parameters
    ----------
    threshold : standard deviations above the mean from which a count is an alarm
    min_deviation : smallest standard deviation of a baseline
    """

    name: ClassVar[str] = "ears-c1"
    lag: ClassVar[int] = 0

    threshold: float = 3.0
    min_deviation: float = MIN_DEVIATION

    def for_period(self, freq: str) -> EarsC1:
        """Return the detector: its settings are the same for all kinds of periods."""
        return self

    def judge(self, table: CountTable, periods: range) -> Judgement:
        """Judge periods, each with the seven before it."""
        at = np.array(periods, dtype=np.int64)
        mean, deviation = _moments(table.counts, at - self.lag, self.min_deviation)
        values = table.counts[:, at]
        score = (values - mean) / deviation
        return Judgement(mean, mean + self.threshold * deviation, score, np.nan_to_num(score) > self.threshold)


@dataclass(frozen=True)
class EarsC2(EarsC1):
    """EARS C1 with two periods between the baseline and the judged period."""

    name: ClassVar[str] = "ears-c2"
    lag: ClassVar[int] = EARS_LAG


@dataclass(frozen=True)
class EarsC3(EarsC1):
    """EARS C2's excess over one standard deviation, added up over three periods.

    Parameters
    ----------
    threshold : sum of excesses, in standard deviations, from which a count is an alarm
    """

    name: ClassVar[str] = "ears-c3"
    lag: ClassVar[int] = EARS_LAG

    threshold: float = 2.0

    def judge(self, table: CountTable, periods: range) -> Judgement:
        """Judge periods, each with the nine before it and the excess of the two before it."""
        at = np.array(periods, dtype=np.int64)
        earlier = np.zeros((len(table.counts), len(at)))
        for back in range(1, EARS_SUM):
            mean, deviation = _moments(table.counts, at - back - self.lag, self.min_deviation)
            there = np.where(at >= back, table.counts[:, np.maximum(at - back, 0)], np.nan)
            earlier += np.nan_to_num(np.maximum(0.0, (there - mean) / deviation - 1.0))
        mean, deviation = _moments(table.counts, at - self.lag, self.min_deviation)
        score = np.maximum(0.0, (table.counts[:, at] - mean) / deviation - 1.0) + earlier
        # A sum above the threshold before the period is counted alarms with any count.
        missing = self.threshold - earlier
        upper = np.where(missing >= 0, mean + (1.0 + missing) * deviation, np.where(np.isnan(mean), np.nan, -1.0))
        return Judgement(mean, upper, score, np.nan_to_num(score) > self.threshold)


@dataclass(frozen=True)
class CusumChart:
    """A one-sided cumulative sum of standardised departures of the log from that of the periods before (Page 1954).

    Parameters
    ----------
    drift : departure, in standard deviations, that adds nothing
    threshold : sum from which a count is an alarm
    baseline, lag, fewest : periods of baseline, periods between it and the judged one, periods of baseline at least
    """

    name: ClassVar[str] = "cusum"

    drift: float = 0.5
    threshold: float = 5.0
    baseline: int = 36
    lag: int = 3
    fewest: int = 12

    def for_period(self, freq: str) -> CusumChart:
        """Return the detector: its settings are the same for all kinds of periods."""
        return self

    def judge(self, table: CountTable, periods: range) -> Judgement:
        """Judge periods; the sum begins at zero where the baseline is long enough for the first time."""
        logs = np.log(table.counts + 0.5)
        total = np.zeros(len(logs))
        shape = len(logs), len(periods)
        expected, upper, score = np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape, np.nan)
        for now in range(self.lag + self.fewest, periods.stop if len(periods) else 0):
            base = logs[:, max(0, now - self.lag - self.baseline) : now - self.lag]
            mean, deviation = _mean_and_deviation(base, self.fewest, 0.05)
            if now in periods:
                column = now - periods.start
                expected[:, column] = np.exp(mean) - 0.5
                upper[:, column] = np.exp(mean + (self.threshold + self.drift - total) * deviation) - 0.5
            rise = (logs[:, now] - mean) / deviation - self.drift
            total = np.where(np.isnan(rise), total, np.maximum(0.0, total + np.nan_to_num(rise)))
            if now in periods:
                score[:, now - periods.start] = np.where(np.isnan(rise), np.nan, total)
        return Judgement(expected, upper, score, np.nan_to_num(score) > self.threshold)


def _moments(counts: Array, end: NDArray[np.int64], min_deviation: float) -> tuple[Array, Array]:
    """Return mean and standard deviation of the seven periods before each ``end``, NaN where one is missing."""
    at = end[:, None] - np.arange(EARS_PERIODS, 0, -1)
    window = np.where(at >= 0, counts[:, np.maximum(at, 0)], np.nan)
    return window.mean(axis=2), np.maximum(window.std(axis=2, ddof=1), min_deviation)


def _mean_and_deviation(base: Array, fewest: int, min_deviation: float) -> tuple[Array, Array]:
    """Return mean and standard deviation of what is known of each row, NaN where that is too little."""
    known = np.isfinite(base)
    number = known.sum(axis=1)
    enough = number >= max(fewest, 2)
    mean = np.where(known, base, 0.0).sum(axis=1) / np.maximum(number, 1)
    squares = np.where(known, (base - mean[:, None]) ** 2, 0.0).sum(axis=1)
    deviation = np.maximum(np.sqrt(squares / np.maximum(number - 1, 1)), min_deviation)
    return np.where(enough, mean, np.nan), np.where(enough, deviation, np.nan)
