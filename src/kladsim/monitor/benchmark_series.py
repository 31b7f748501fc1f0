"""Series of two published benchmarks of outbreak detectors, made anew from their equations.

Weekly: 28 scenarios of Noufaily et al. 2013 (doi:10.1002/sim.5595) as reduced by others to trends and one harmonic:
624 weeks, one outbreak in the last 49. Daily: the 16 signals of Noufaily et al. 2019
(doi:10.1093/bioinformatics/bty997; parameters of github.com/FelipeJColon/AlgorithmComparison): seven years of 364 days,
one outbreak in the last 49 weeks; bank holidays are left out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kladsim.monitor.tables import DATA

Array = NDArray[np.float64]
WEEKS, FIRST_BASELINE_WEEK, FIRST_TEST_WEEK = 624, 313, 576
WEEKS_A_YEAR = 52
YEARS, TEST_WEEKS = 7, 49
WEEKDAYS = {5: np.array([1.1, 1.5, 1.1, 1.0, 1.0]), 7: np.array([2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0])}
"""Factor of an outbreak's cases by number of the day, modulo the days of a week."""
MEDIUM = 5
"""Size of the daily outbreak: standard deviations a day of the week, for a week."""


class BenchmarkSeries(NamedTuple):
    """A series without an outbreak, the same with one, the outbreak's cases, and its size."""

    quiet: Array
    observed: Array
    outbreak: Array
    size: int


class WeeklyScenario(NamedTuple):
    """Parameters of the log mean and the ratio of variance to mean."""

    level: float
    trend: float
    cosine: float
    sine: float
    ratio: float


@dataclass(frozen=True)
class Wave:
    """Log mean of a daily signal: yearly and weekly harmonics, level, trend, their amplitudes, ratio, shift in days."""

    yearly: int
    weekly: int
    level: float
    trend: float
    amplitudes: tuple[float, float, float, float]
    ratio: float
    shift: int

    def mean(self, size: int, days: int) -> Array:
        """Return the mean of each of ``size`` days, in weeks of ``days`` days."""
        day = np.arange(1, size + 1)
        moved = day + self.shift
        if self.yearly == 0 and self.weekly == 0:
            return np.asarray(np.exp(self.level + self.trend * day))
        log = self.level + self.trend * moved
        for period, waves, (cosine, sine) in (
            (52 * days, self.yearly, self.amplitudes[:2]),
            (days, self.weekly, self.amplitudes[2:]),
        ):
            for wave in range(1, waves + 1):
                angle = 2 * np.pi * wave * moved / period
                log = log + cosine * np.cos(angle) + sine * np.sin(angle)
        return np.asarray(np.exp(log))

    def deviation(self, size: int, days: int) -> Array:
        """Return the standard deviation of each day."""
        return np.asarray(np.sqrt(self.mean(size, days) * self.ratio))


class YearlyOutbreak(NamedTuple):
    """An outbreak of every year that belongs to the season: first and last day of its start, size, whose deviation."""

    first: int
    last: int
    peak: float
    size_of: Wave | None


class DailySignal(NamedTuple):
    """A daily signal: days of its week, its mean, a divisor of its counts, whose deviation an outbreak is sized by."""

    days: int
    wave: Wave
    divisor: float
    size_of: Wave
    yearly: YearlyOutbreak | None


@cache
def weekly_scenarios() -> tuple[WeeklyScenario, ...]:
    """Return the 28 scenarios: of each cluster without and with trend, and of these without and with season."""
    clusters = json.loads((DATA / "benchmark_series.json").read_text(encoding="utf-8"))["weekly"]
    return tuple(
        WeeklyScenario(one["level"], one["trend"] * trend, one["cosine"] * season, one["sine"] * season, one["ratio"])
        for one in clusters
        for trend in (0, 1)
        for season in (0, 1)
    )


@cache
def daily_signals() -> tuple[DailySignal, ...]:
    """Return the 16 signals in the order of the benchmark."""
    return tuple(
        _read_signal(facts)
        for facts in json.loads((DATA / "benchmark_series.json").read_text(encoding="utf-8"))["daily"]
    )


def _read_signal(facts: dict[str, list[float]]) -> DailySignal:
    wave = _read_wave(facts["wave"])
    size_of = _read_wave(facts["size_of"]) if "size_of" in facts else wave
    yearly = None
    if "yearly" in facts:
        first, last, peak = facts["yearly"]
        other = _read_wave(facts["yearly_size_of"]) if "yearly_size_of" in facts else None
        yearly = YearlyOutbreak(int(first), int(last), peak, other)
    days, divisor = facts["days_and_divisor"]
    return DailySignal(int(days), wave, divisor, size_of, yearly)


def _read_wave(parts: list[float]) -> Wave:
    yearly, weekly, level, trend, a, b, c, d, ratio, shift = parts
    return Wave(int(yearly), int(weekly), level, trend, (a, b, c, d), ratio, int(shift))


def make_weekly(scenario: WeeklyScenario, seed: int) -> BenchmarkSeries:
    """Make one weekly series; cases of an outbreak fall ``floor(lognormal(0, 0.5))`` weeks after its start."""
    rng = np.random.default_rng(seed)
    week = np.arange(1, WEEKS + 1)
    angle = 2 * np.pi * week / WEEKS_A_YEAR
    log = scenario.level + scenario.trend * week + scenario.cosine * np.cos(angle) + scenario.sine * np.sin(angle)
    quiet = _draw_counts(np.exp(log), scenario.ratio, rng).astype(float)
    deviation, observed = float(quiet.std(ddof=1)), quiet.copy()
    sizes = rng.choice([2, 3, 5, 10], 4)
    starts = rng.choice(np.arange(FIRST_BASELINE_WEEK, FIRST_TEST_WEEK), 4, replace=False)
    for size, start in zip(sizes.tolist(), starts.tolist(), strict=True):
        observed += _weekly_outbreak(start, size * deviation, rng)
    size, start = int(rng.integers(1, 11)), int(rng.integers(FIRST_TEST_WEEK, WEEKS + 1))
    current = _weekly_outbreak(start, size * deviation, rng, last=WEEKS)
    return BenchmarkSeries(quiet, observed + current, current, size)


def _weekly_outbreak(start: int, mean: float, rng: np.random.Generator, last: int | None = None) -> Array:
    week = np.floor(rng.lognormal(0, 0.5, rng.poisson(mean))).astype(int) + start
    if last:
        week = np.minimum(week, last)
    return np.bincount(week[week <= WEEKS] - 1, minlength=WEEKS).astype(float)


def _draw_counts(mean: Array, ratio: float, rng: np.random.Generator) -> NDArray[np.int64]:
    return rng.poisson(mean) if ratio == 1 else rng.negative_binomial(mean / (ratio - 1), 1 / ratio)


def make_daily(signal: DailySignal, rng: np.random.Generator, size: float = MEDIUM) -> BenchmarkSeries:
    """Make one daily series by calendar day; weekends of signals with five days are zeros."""
    days, length = signal.days, WEEKS_A_YEAR * signal.days * YEARS
    y = _draw_counts(signal.wave.mean(length, days), signal.wave.ratio, rng) / signal.divisor
    if signal.yearly:
        first, last, peak, other = signal.yearly
        # The authors' code sizes and weights the yearly outbreak of signal 15 by signal 6, whose week has five days.
        week = 5 if other else days
        deviation = (other or signal.wave).deviation(length, week)
        for year in range(YEARS):
            begin = year * WEEKS_A_YEAR * days
            y = y + _daily_outbreak(week, deviation, (first + begin, last + begin), peak, 0.02, rng)
    deviation = signal.size_of.deviation(length, days)
    outbreak = _daily_outbreak(days, deviation, (length - TEST_WEEKS * days + 1, length), size * days, 0.25, rng)
    quiet, observed, alone = (_by_calendar(part, days) for part in (y, y + outbreak, outbreak))
    return BenchmarkSeries(quiet, observed, alone, int(size))


def _daily_outbreak(
    days: int, deviation: Array, starts: tuple[int, int], peak: float, width: float, rng: np.random.Generator
) -> Array:
    """Return the cases of an outbreak by day: lognormal after its start in bins of ``width``, none on the last day."""
    length = len(deviation)
    start, cases = int(rng.integers(starts[0], starts[1] + 1)), 0
    while cases < 2:
        cases = rng.poisson(deviation[start - 1] * peak)
    counts = np.bincount(np.maximum(np.ceil(rng.lognormal(0, 0.5, cases) / width).astype(int) - 1, 0))
    at = start + np.arange(len(counts))
    inside = at < length
    out = np.zeros(length)
    out[at[inside] - 1] = (counts * WEEKDAYS[days][at % days])[inside]
    return out


def _by_calendar(values: Array, days: int) -> Array:
    if days == 5:
        values = np.pad(values.reshape(-1, 5), ((0, 0), (0, 2))).ravel()
    return np.asarray(np.rint(values), dtype=np.float64)
