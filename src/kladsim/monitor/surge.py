"""The default detector of one series: running sums of counts against a regression on trend, season and weekday.

The baseline of a period are the periods before it, without the last ``guard`` ones. A robust regression
(``count_regression``) gives the expected count. The sum over the last ``windows`` periods is judged by the upper tail
of a negative binomial whose variance holds the scatter of such sums and the error of the fitted mean. The scatter may
differ by time of year: its estimate for each part of the year is shrunk towards that of the whole year by how much the
parts differ beyond what years differ within a part (James and Stein). The smallest tail probability, each divided by
its window's share, is the p value of the period. A period without cases never alarms.

The rate of alarms is stated as ``false_alarms``: the number of periods a series-year that alarm where nothing happens.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError
from kladsim.monitor.count_regression import CountFit, compute_upper_bound, compute_upper_tail, fit_counts
from kladsim.monitor.dates import read_period
from kladsim.monitor.judgement import CountTable, Judgement
from kladsim.monitor.level_walk import predict_next
from kladsim.monitor.periods import PER_YEAR, begin_of, step_of

Array = NDArray[np.float64]
CHUNK = 256
"""Series fitted at once: what a processor's cache holds."""
CONTINUOUS_MEAN = 1e4
"""Mean to which a series that is no count is scaled: its negative binomial is then a gamma distribution."""
TREND_SD, WEEKDAY_SD = 0.25, 3.0
"""Prior standard deviations of the yearly change of the log mean and of a weekday's departure; of harmonic j: 1 / j."""
MIN_YEARS_OF_SEASON = 2.0
"""Years of baseline from which a season is fitted; a year more is needed for more than one wave a year."""
NULL_RATIO = 1.5
"""Ratio of variances between parts of the year and within them that is taken for chance."""


@dataclass(frozen=True)
class Rhythm:
    """What the detector takes for one kind of period; numbers of periods unless said otherwise.

    Parameters
    ----------
    windows, shares : lengths of the running sums, and each one's share of the false alarms
    guard : last periods that are no baseline
    years : years of baseline at most
    fewest : periods of baseline at least
    harmonics : waves a year at most
    every : periods between two fits
    parts : parts of the year whose scatter may differ
    false_alarms : alarming periods a series-year where nothing happens
    is_wandering : whether the level may wander from period to period (``level_walk``), each period fitted on all before
    """

    windows: tuple[int, ...]
    shares: tuple[float, ...]
    guard: int
    years: float
    fewest: int
    harmonics: int
    every: int
    parts: int
    false_alarms: float
    is_wandering: bool = False


RHYTHMS = {
    "day": Rhythm((1, 3, 7, 14), (0.25, 0.25, 0.25, 0.25), 28, 6.0, 56, 4, 14, 26, 2.0),
    "week": Rhythm((1, 2), (0.2, 0.8), 26, 10.0, 26, 2, 4, 13, 0.45),
    "month": Rhythm((1, 2), (0.5, 0.5), 3, 10.0, 18, 1, 1, 1, 0.12),
    "quarter": Rhythm((1,), (1.0,), 1, 12.0, 8, 1, 1, 1, 0.04),
    "year": Rhythm((1,), (1.0,), 0, 20.0, 5, 0, 1, 1, 0.01, is_wandering=True),
}


@dataclass(frozen=True)
class Surge:
    """The detector with its settings (see the module).

    Parameters
    ----------
    false_alarms : alarming periods a series-year where nothing happens; None: what the kind of period says
    false_discovery : share of false alarms among all alarms of a period that may be expected over the series judged
        together (Benjamini and Hochberg 1995); 0: each series is judged alone
    outbreak_threshold : standard normal value above which a past count is weighted down
    interventions : dates or periods from which on the level may differ (a new way of counting, a new law)
    """

    name: ClassVar[str] = "default"

    false_alarms: float | None = None
    false_discovery: float = 0.0
    outbreak_threshold: float = 3.0
    interventions: tuple[str, ...] = ()

    def for_period(self, freq: str) -> Surge:
        """Return the detector with the settings that it has for a kind of period."""
        return self if self.false_alarms is not None else replace(self, false_alarms=RHYTHMS[freq].false_alarms)

    def judge(self, table: CountTable, periods: range) -> Judgement:
        """Judge periods (columns of the table), each with what lies before it."""
        rhythm = RHYTHMS[table.freq]
        yearly = self.for_period(table.freq).false_alarms or 0.0
        tail = min(yearly / PER_YEAR[table.freq], 0.5)
        shape = len(table.counts), len(periods)
        expected, bound, p_value = np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape, np.nan)
        scale = _find_scales(table.counts)[:, None]
        for begin in range(0, len(table.counts), CHUNK):
            rows = np.arange(begin, min(begin + CHUNK, len(table.counts)))
            highest = None if table.highest is None else table.highest[rows] * scale[rows]
            part = _Part(table.counts[rows] * scale[rows], highest, table, rhythm, self)
            part.is_scaled = scale[rows, 0] != 1.0
            for first, columns in _list_blocks(table.first, periods, rhythm.every):
                found = part.judge(first, np.array(periods[columns]), tail)
                expected[rows, columns], bound[rows, columns], p_value[rows, columns] = found
        values = table.counts[:, list(periods)]
        p_value = np.where(np.isnan(values), np.nan, p_value)
        score = np.abs(np.log10(np.clip(p_value, 1e-300, 1.0)))
        if self.false_discovery > 0:
            alarm = control_false_discovery(p_value, self.false_discovery)
        else:
            alarm = np.nan_to_num(p_value, nan=1.0) <= tail
        return Judgement(expected / scale, bound / scale, score, alarm)


def _list_blocks(step: int, periods: range, every: int) -> list[tuple[int, slice]]:
    """Return the blocks of periods that share a fit, each with its first period.

    Blocks are cut by the calendar, so that a judgement does not depend on which periods are judged with it.
    """
    blocks = []
    begin = periods.start
    while begin < periods.stop:
        first = begin - (step + begin) % every
        end = min(first + every, periods.stop)
        blocks.append((max(first, 0), slice(begin - periods.start, end - periods.start)))
        begin = end
    return blocks


def control_false_discovery(p_value: Array, share: float) -> NDArray[np.bool_]:
    """Return which series alarm in each period when false alarms may be a share of all (Benjamini-Hochberg)."""
    order = np.sort(np.where(np.isnan(p_value), 2.0, p_value), axis=0)
    judged = np.isfinite(p_value).sum(axis=0)
    limits = share * np.arange(1, len(p_value) + 1)[:, None] / np.maximum(judged, 1)
    largest = np.where(order <= limits, order, -1.0).max(axis=0, initial=-1.0)
    return np.asarray(np.nan_to_num(p_value, nan=2.0) <= largest)


def _find_scales(counts: Array) -> Array:
    """Return 1 for series of whole numbers; what brings the mean of another to ``CONTINUOUS_MEAN``."""
    whole = np.all(np.isnan(counts) | (counts == np.round(counts)), axis=1)
    mean = np.nansum(counts, axis=1) / np.maximum(np.isfinite(counts).sum(axis=1), 1)
    return np.where(whole | (mean <= 0), 1.0, CONTINUOUS_MEAN / np.where(mean > 0, mean, 1.0))


class _Part:
    """Some of the series, with the coefficients of the last fit by number of harmonics."""

    def __init__(
        self, counts: Array, highest: Array | None, table: CountTable, rhythm: Rhythm, settings: Surge
    ) -> None:
        self.counts, self.highest, self.rhythm, self.settings = counts, highest, rhythm, settings
        self.freq, self.first, self.a_year = table.freq, table.first, PER_YEAR[table.freq]
        self.begin = np.where(np.isfinite(counts).any(axis=1), np.isfinite(counts).argmax(axis=1), counts.shape[1])
        self.interventions = [_read_step(when, table.freq) for when in settings.interventions]
        self.fits: dict[int, tuple[NDArray[np.int64], int, Array]] = {}
        self.is_scaled: NDArray[np.bool_] = np.zeros(len(counts), dtype=bool)

    def judge(self, first: int, now: NDArray[np.int64], tail: float) -> tuple[Array, Array, Array]:
        """Return expected counts, bounds and p values of periods, from one fit on what lies before ``first``."""
        shape = len(self.counts), len(now)
        expected, bound, p_value = np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape, np.nan)
        end = first - self.rhythm.guard
        base = np.arange(max(0, end - int(self.rhythm.years * self.a_year)), max(0, end))
        years = (end - np.maximum(self.begin, base[0] if len(base) else 0)) / self.a_year
        enough = np.isfinite(self.counts[:, base]).sum(axis=1) >= self.rhythm.fewest
        waves = np.where(years < MIN_YEARS_OF_SEASON + 1, 1, self.rhythm.harmonics)
        waves = np.minimum(np.where(years < MIN_YEARS_OF_SEASON, 0, waves), self.rhythm.harmonics)
        for number in np.unique(waves[enough]).tolist():
            rows = np.flatnonzero(enough & (waves == number))
            expected[rows], bound[rows], p_value[rows] = self._judge_alike(rows, number, base, first, now, tail)
        return expected, bound, p_value

    def _judge_alike(
        self,
        rows: NDArray[np.int64],
        waves: int,
        base: NDArray[np.int64],
        first: int,
        now: NDArray[np.int64],
        tail: float,
    ) -> tuple[Array, Array, Array]:
        """Judge series whose season has the same number of harmonics."""
        counts = self.counts[np.ix_(rows, base)]
        highest = None if self.highest is None else self.highest[np.ix_(rows, base)]
        observed = np.isfinite(counts).astype(float)
        design, precision = self._design(base, first, waves)
        fit = fit_counts(
            counts, observed, design, precision, threshold=self.settings.outbreak_threshold,
            start=self._start(rows, waves, first), highest=highest,
        )  # fmt: skip
        self.fits[waves] = (rows, first, fit.coefficients)
        if self.rhythm.is_wandering:
            ahead, _ = self._design(now, first, waves)
            found = predict_next(counts, fit, design, precision, ahead[0], has_floor=~self.is_scaled[rows])
            count = self.counts[rows, now[0]]
            p_value = np.where(count > 0, found.compute_tail(count), 1.0)
            return found.expected[:, None], found.compute_bound(tail)[:, None], p_value[:, None]
        longest = max(self.rhythm.windows)
        around = np.arange(max(0, now[0] - longest + 1), now[-1] + 1)
        ahead, _ = self._design(around, first, waves)
        mean = np.exp(np.clip(fit.coefficients @ ahead.T, -25, 25))
        error = np.einsum("np,spq,nq->sn", ahead, fit.covariance, ahead, optimize=True)
        values = self.counts[np.ix_(rows, around)]
        mean_known = np.where(np.isfinite(values), mean, 0.0)
        size = len(now)
        best_p, bound = np.ones((len(rows), size)), np.full((len(rows), size), np.inf)
        for window, share in zip(self.rhythm.windows, self.rhythm.shares, strict=True):
            total, sums = (_running_sum(part, window)[:, -size:] for part in (mean_known, np.nan_to_num(values)))
            # The judged period counts as known: its bound holds whatever it turns out to be.
            total = total + np.where(np.isfinite(values), 0.0, mean)[:, -size:]
            scatter = self._scatter(fit, counts, base, around[-size:], window)
            variance = scatter * np.maximum(total, 1e-12) + error[:, -size:] * total**2
            best_p = np.minimum(best_p, compute_upper_tail(sums, total, variance) / share)
            earlier = sums - np.nan_to_num(values)[:, -size:]
            bound = np.minimum(bound, compute_upper_bound(total, variance, tail * share) - earlier)
        best_p = np.where(values[:, -size:] > 0, best_p, 1.0)
        return mean[:, -size:], np.maximum(bound, 0.0), best_p

    def _start(self, rows: NDArray[np.int64], waves: int, now: int) -> Array | None:
        """Return the coefficients of the last fit of the same series, moved to the new origin of time."""
        if waves not in self.fits or not np.array_equal(self.fits[waves][0], rows):
            return None
        _, before, coefficients = self.fits[waves]
        moved = coefficients.copy()
        moved[:, 0] += moved[:, 1] * (now - before) / self.a_year
        return moved

    def _design(self, at: NDArray[np.int64], now: int, waves: int) -> tuple[Array, Array]:
        """Return constant, trend from ``now``, harmonics of the year, weekdays and interventions, with precisions."""
        step = self.first + at
        columns, deviations = [np.ones(len(at)), (at - now) / self.a_year], [1e3, TREND_SD]
        for wave in range(1, waves + 1):
            angle = 2 * np.pi * wave * step / self.a_year
            columns += [np.cos(angle), np.sin(angle)]
            deviations += [1.0 / wave] * 2
        if self.freq == "day":
            columns += [(step % 7 == day).astype(float) for day in range(7)]
            deviations += [WEEKDAY_SD] * 7
        for when in self.interventions:
            columns.append((step >= when).astype(float))
            deviations.append(1.0)
        return np.column_stack(columns), np.array(deviations) ** -2.0

    def _scatter(
        self, fit: CountFit, counts: Array, base: NDArray[np.int64], now: NDArray[np.int64], window: int
    ) -> Array:
        """Return variance over mean of sums around the judged periods, [series, time], at least one."""
        whole = fit.dispersion[:, None]
        parts = self.rhythm.parts
        ago = np.floor((base - base[-1] - 1) / self.a_year).astype(int)
        years = -int(ago.min())
        if parts < 2 or years < 3:
            return np.broadcast_to(whole, (len(counts), len(now)))
        departure = np.sqrt(fit.weights) * np.where(np.isfinite(counts), counts - fit.means, 0.0)
        sums, means = _running_sum(departure, window), _running_sum(fit.means * (fit.weights > 0), window)
        ratio = np.where(means > 0, sums**2 / np.maximum(means, 1e-12), 0.0)
        part = self._part_of_year(base)
        cell = (-ago - 1) * parts + part
        used = np.arange(len(base)) >= window - 1
        number = np.bincount(cell[used], minlength=years * parts).astype(float)
        member = np.zeros((len(base), years * parts))
        member[np.flatnonzero(used), cell[used]] = 1.0 / np.maximum(number[cell[used]], 1.0)
        table = (ratio @ member).reshape(len(counts), years, parts)
        full = (number.reshape(years, parts) >= number.max() / 2).all(axis=1)
        if full.sum() < 3:
            return np.broadcast_to(whole, (len(counts), len(now)))
        table = table[:, full]
        table = (np.roll(table, 1, axis=2) + 2 * table + np.roll(table, -1, axis=2)) / 4
        of_part = table.mean(axis=1)
        between = of_part.var(axis=1, ddof=1)
        within = table.var(axis=1, ddof=1).mean(axis=1) / full.sum()
        weight = np.clip(1.0 - NULL_RATIO * within / np.maximum(between, 1e-12), 0.0, 1.0)[:, None]
        middle = of_part.mean(axis=1, keepdims=True)
        if window == 1:  # of single periods the regression has estimated the scatter, with its loss of freedom
            weight, of_part, middle = weight * whole / np.maximum(middle, 1e-12), of_part - middle, whole
        else:
            of_part = of_part - middle
        return np.asarray(np.maximum(1.0, middle + weight * of_part)[:, self._part_of_year(now)], dtype=np.float64)

    def _part_of_year(self, at: NDArray[np.int64]) -> NDArray[np.int64]:
        share = ((self.first + at) % self.a_year) / self.a_year
        return np.minimum((share * self.rhythm.parts).astype(np.int64), self.rhythm.parts - 1)


def _read_step(text: str, freq: str) -> int:
    """Return the step of the period that holds the beginning of a date or period."""
    try:
        period = read_period(text)
    except ValueError as error:
        raise InputError(str(error), where="interventions", value=text, allowed="a date or a period") from None
    return step_of(begin_of(period.step, period.freq), freq)


def _running_sum(values: Array, length: int) -> Array:
    """Return the sum of each column and those before it, ``length`` in all (fewer at the beginning)."""
    total = np.cumsum(values, axis=1)
    if length >= values.shape[1]:
        return total
    shifted = np.zeros_like(total)
    shifted[:, length:] = total[:, :-length]
    return total - shifted
