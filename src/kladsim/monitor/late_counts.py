"""Counts of a person's series that are still coming in: what the last periods will hold in the end.

The versions of a value, each with its day of publication, are a reporting triangle. Where delays can be learnt from it,
a period of which reports are missing counts as an interval, the 80 % interval of its nowcast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from kladsim.monitor import counting, own
from kladsim.monitor.fit_store import FitStore, compute_key
from kladsim.monitor.nowcast import LONGEST, build_triangle_of_versions, nowcast
from kladsim.monitor.periods import step_of, to_period, to_step
from kladsim.monitor.types import Series

MIN_REVISED = 3
"""Periods with versions of several days from which delays are learnt."""


@dataclass(frozen=True)
class LateCount:
    """A period of which reports are missing: what is known, and what it will hold in the end."""

    period: str
    reported: float
    median: float
    low80: float
    high80: float


def nowcast_late_counts(one: Series, versions: Sequence[dict[str, str]], store: FitStore) -> tuple[LateCount, ...]:
    """Return the periods of a series whose counts are not complete, from the versions of its values.

    Parameters
    ----------
    versions : rows of the store of own observations; those without a day of publication are left out
    """
    rows = [row for row in versions if row["reported"] and row["value"] and not own.is_withdrawn(row)]
    reports = [
        (to_step(row["period"], one.freq), step_of(date.fromisoformat(row["reported"]), one.freq), float(row["value"]))
        for row in rows
    ]
    if not _shows_delays(reports) or not counting.is_count(one):
        return ()
    found = store.remember(compute_key("late counts", reports), lambda: _nowcast(reports))
    known = dict(zip(one.steps.tolist(), one.values.tolist(), strict=True))
    return tuple(
        LateCount(to_period(step, one.freq), known[step], *rest) for step, *rest in found if step in known
    )  # fmt: skip


def _shows_delays(reports: Sequence[tuple[int, int, float]]) -> bool:
    days: dict[int, set[int]] = {}
    for step, report, _ in reports:
        days.setdefault(step, set()).add(report)
    return sum(len(one) > 1 for one in days.values()) >= MIN_REVISED


def _nowcast(reports: Sequence[tuple[int, int, float]]) -> list[tuple[int, float, float, float]]:
    """Return step, median and 80 % interval of each period that may still grow; none where events are too few."""
    now = max(report for _, report, _ in reports)
    longest = min(LONGEST, max(max(report - step, 1) for step, report, _ in reports))
    triangle = build_triangle_of_versions(reports, now, longest)
    try:
        result = nowcast(triangle, (0.1, 0.5, 0.9))
    except ValueError:
        return []
    rows = zip(result.reported.tolist(), result.quantiles.tolist(), strict=True)
    return [
        (triangle.first + i, middle, low, high) for i, (known, (low, middle, high)) in enumerate(rows) if high > known
    ]


def apply_nowcast(one: Series, late: Sequence[LateCount]) -> Series:
    """Return the series with incomplete periods as intervals."""
    if not late:
        return one
    steps = np.array([to_step(row.period, one.freq) for row in late], dtype=np.int64)
    exact = ~np.isin(one.steps, steps)
    return replace(
        one,
        steps=one.steps[exact],
        values=one.values[exact],
        censored_steps=np.append(one.censored_steps, steps),
        censored_low=np.append(one.censored_low, [row.low80 for row in late]),
        censored_high=np.append(one.censored_high, [max(row.high80, row.low80) for row in late]),
    )
