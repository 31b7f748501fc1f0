"""Nowcast of counts that are reported late: how many events of the last periods will be known in the end.

The probability of each delay is estimated from a reporting triangle by its hazards in reverse time, which are right
though the last periods are known in part only (Lawless 1994, doi:10.2307/3315528). Hazards have beta posteriors (a
generalised Dirichlet distribution of delays). Given the share ``F`` of events that are known by now, the mean of a
period's count has a gamma posterior and the events still to come are negative binomial (Höhle and an der Heiden 2014,
doi:10.1111/biom.12194: ``nowcast`` of the R package ``surveillance``, method "bayes.trunc").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError
from kladsim.core.random_arrays import stream_key, unit
from kladsim.monitor.detection import read_count, read_periods, read_rows_of, recognise_periods
from kladsim.monitor.periods import begin_of, step_of, to_period

Array = NDArray[np.float64]
COLUMNS = ("series", "period", "reported", "value")
HAZARD_PRIOR = 0.1
"""Events of each delay that the prior of the delays is worth."""
DRAWS = 4000
DELAYS, EVENTS = 9002, 9003
"""Streams of random numbers: shares known after each delay, and events still to come."""
LONGEST = 60
"""Delay in periods beyond which reports are not told apart."""
MIN_REPORTED = 20
"""Reported events from which delays are estimated."""


@dataclass(frozen=True, eq=False)
class ReportingTriangle:
    """Events by period (rows) and delay of their report in periods (columns); NaN where a delay is not over yet.

    Parameters
    ----------
    first : step of the first period; the last row is the period of the nowcast
    """

    counts: Array
    first: int

    @property
    def reported(self) -> Array:
        """Events of each period that are known."""
        return np.asarray(np.nansum(self.counts, axis=1), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Nowcast:
    """Events of each period in the end: what is reported, mean and quantiles (rows: periods, columns: ``levels``)."""

    first: int
    reported: Array
    mean: Array
    levels: tuple[float, ...]
    quantiles: Array


def build_triangle(
    events: Iterable[tuple[int, int, float]], now: int, longest: int, first: int | None = None
) -> ReportingTriangle:
    """Return the triangle of events given as step, step of the report, and number.

    Parameters
    ----------
    now : step of the last period; reports after it are left out
    longest : delays beyond it count as this one

    Raises
    ------
    ValueError : an event is reported before it happens
    """
    known = [one for one in events if one[1] <= now]
    begin = min((step for step, _, _ in known), default=now) if first is None else first
    counts = np.zeros((now - begin + 1, longest + 1))
    for step, report, number in known:
        if report < step:
            raise ValueError(f"an event of step {step} is reported at step {report}, before it")
        if step >= begin:
            counts[step - begin, min(report - step, longest)] += number
    age = np.arange(len(counts))[::-1]
    counts[np.arange(longest + 1)[None, :] > age[:, None]] = np.nan
    return ReportingTriangle(counts, begin)


def build_triangle_of_versions(versions: Iterable[tuple[int, int, float]], now: int, longest: int) -> ReportingTriangle:
    """Return the triangle of values given as step, step of the report, and value as known then (a total).

    A later total below an earlier one counts as no report: what was taken back is not told from what was late.
    """
    by_step: dict[int, dict[int, float]] = {}
    for step, report, value in versions:
        of = by_step.setdefault(step, {})
        of[report] = max(value, of.get(report, 0.0))
    events = []
    for step, of in by_step.items():
        total = 0.0
        for report in sorted(of):
            if of[report] > total:
                events.append((step, max(report, step), of[report] - total))
                total = of[report]
    return build_triangle(events, now, longest)


def sample_known_shares(triangle: ReportingTriangle, draws: int, seed: int = 0) -> Array:
    """Return draws of the share of events that are known ``d`` periods after their own, float64[draws, delays]."""
    counts = triangle.counts
    longest = counts.shape[1] - 1
    from scipy.stats import beta

    shares = np.ones((draws, longest + 1))
    for delay in range(longest, 0, -1):
        over = np.isfinite(counts[:, delay])
        late, early = counts[over, delay].sum(), counts[over, :delay].sum()
        uniform = unit(stream_key(seed, DELAYS, delay), np.arange(draws, dtype=np.uint64))
        hazard = beta.ppf(uniform, HAZARD_PRIOR + late, HAZARD_PRIOR * delay + early)
        shares[:, delay - 1] = shares[:, delay] * (1.0 - hazard)
    return shares


def nowcast(
    triangle: ReportingTriangle,
    levels: Iterable[float] = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975),
    *,
    prior: tuple[float, float] | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Nowcast:
    """Return the events of each period in the end.

    Parameters
    ----------
    prior : mean and variance of a period's events; None: mean of the periods that are known whole, and its square

    Raises
    ------
    ValueError : fewer than ``MIN_REPORTED`` events
    """
    from scipy.stats import nbinom

    reported = triangle.reported
    if reported.sum() < MIN_REPORTED:
        raise ValueError(f"{reported.sum():g} reported events; {MIN_REPORTED} are needed to estimate delays")
    mean, variance = prior or _find_prior(triangle)
    size = mean**2 / max(variance - mean, 1e-6)
    shares = sample_known_shares(triangle, draws, seed)
    age = np.minimum(np.arange(len(reported))[::-1], shares.shape[1] - 1)
    known = shares[:, age]
    chosen = tuple(levels)
    # Events to come: negative binomial, a gamma mixture of Poisson counts with the posterior's shape and its rate over
    # the unknown share.
    rate = (size / mean + known) / np.maximum(1.0 - known, 1e-12)
    uniform = unit(stream_key(seed, EVENTS, 0), np.arange(known.size, dtype=np.uint64)).reshape(known.shape)
    to_come = nbinom.ppf(uniform, size + reported, rate / (1.0 + rate))
    whole = known >= 1.0
    total = reported + np.where(whole, 0, to_come)
    expected = reported + ((size + reported) / rate * ~whole).mean(axis=0)
    quantiles = np.quantile(total, chosen, axis=0, method="inverted_cdf").T
    return Nowcast(triangle.first, reported, expected, chosen, quantiles)


def _find_prior(triangle: ReportingTriangle) -> tuple[float, float]:
    whole = np.isfinite(triangle.counts).all(axis=1)
    mean = float(triangle.reported[whole].mean()) if whole.any() else float(triangle.reported.mean())
    mean = max(mean, 0.5)
    return mean, mean + mean**2


def nowcast_file(path: Path) -> dict[str, Any]:
    """Return the nowcast of every series of a file with the columns series, period, reported (a date), value.

    A value is the total of a period as known on the day of its report; the present is the last report of the file.

    Raises
    ------
    InputError : the file has no such columns, cells that cannot be read, or a series with too few reports
    """
    rows = read_rows_of(path, COLUMNS)
    periods = read_periods([(line, cells[1]) for line, cells in rows])
    reports = read_periods([(line, cells[2]) for line, cells in rows])
    freq, steps = recognise_periods(periods)
    step_of_period = dict(zip(periods, steps, strict=True))
    step_of_report = {text: step_of(begin_of(one.step, one.freq), freq) for text, one in reports.items()}
    versions: dict[str, list[tuple[int, int, float]]] = {}
    for line, (series, period, report, value) in rows:
        try:
            number = read_count(value)[0]
        except ValueError:
            raise InputError(f"line {line}: no count", where="value", value=value) from None
        if np.isfinite(number):
            versions.setdefault(series, []).append((step_of_period[period], step_of_report[report], number))
    labels = {step: text for text, step in step_of_period.items()}
    now = max(step_of_report.values())
    found: list[dict[str, Any]] = []
    for series, known in versions.items():
        found += _nowcast_series(series, known, now, freq, labels)
    return {"freq": freq, "now": to_period(now, freq), "rows": found}


def _nowcast_series(
    series: str, known: Sequence[tuple[int, int, float]], now: int, freq: str, labels: dict[int, str]
) -> list[dict[str, Any]]:
    longest = min(LONGEST, max(max(report - step, 1) for step, report, _ in known))
    try:
        result = nowcast(build_triangle_of_versions(known, now, longest), (0.1, 0.5, 0.9))
    except ValueError as error:
        raise InputError(str(error), where="series", value=series) from None
    return [
        {
            "series": series,
            "period": labels.get(result.first + i, to_period(result.first + i, freq)),
            "known": int(number),
            "median": int(quantiles[1]),
            "low80": int(quantiles[0]),
            "high80": int(quantiles[2]),
        }
        for i, (number, quantiles) in enumerate(zip(result.reported.tolist(), result.quantiles.tolist(), strict=True))
    ]
