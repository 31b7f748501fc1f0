"""Numbers behind pictures: series with bands, dated events and effects, as plain rows without any drawing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError
from kladsim.model.outcomes import title_of
from kladsim.runs.disclosure import DisclosedArray
from kladsim.runs.judging import VERDICTS
from kladsim.runs.result import Result
from kladsim.runs.summary import quantiles
from kladsim.study.comparison import Comparison
from kladsim.study.effects import Effect
from kladsim.world import load_pack

Side = Literal["left", "right"]
WEEK = 7
#: The events that a picture marks: kind in the pack, words, and how these align to the mark.
MARKED: tuple[tuple[str, str, Side], ...] = (
    ("movement", "lockdown", "right"),
    ("war", "war", "right"),
    ("platform_takedown", "takedown", "left"),
)


@dataclass(frozen=True)
class Mark:
    """A dated event on the time axis; ``side`` says where its words stand."""

    day: date
    end: date | None
    words: str
    side: Side = "left"


@dataclass(frozen=True)
class TimeBand:
    """An outcome over time: median and 5-95 % over replicates (NaN with a single replicate)."""

    outcome: str
    unit: str
    times: tuple[date, ...]
    median: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def rows(self, scenario: str) -> list[dict[str, Any]]:
        """The band as plain rows for a chart."""
        columns = zip(self.times, self.median, self.low, self.high, strict=True)
        return [
            {
                "scenario": scenario,
                "time": day.isoformat(),
                "median": _number(mid),
                "low": _number(low),
                "high": _number(high),
            }
            for day, mid, low, high in columns
        ]


def start_of(result: Result) -> date:
    """The first day of a run."""
    return date.fromisoformat(result.scenario["config"]["start"])


def end_of(result: Result) -> date:
    """The first day after a run."""
    return date.fromisoformat(result.scenario["config"]["until"])


def band(result: Result, outcome: str, *, daily: bool = True) -> TimeBand | None:
    """Return an outcome's band over time: by week where recorded by day, else by whole years."""
    if daily:
        item = _by_day(result, outcome)
        if item is not None:
            return _weekly(item, start_of(result))
    item = result.national().get(outcome)
    if item is None:
        return None
    years, values = whole_years(result, item)
    return _band(item, values, tuple(date(year, 7, 1) for year in years))


def whole_years(result: Result, item: DisclosedArray) -> tuple[list[int], NDArray[np.float64]]:
    """The calendar years that a run covers from end to end, and an outcome's values in them."""
    first, last = start_of(result), end_of(result)
    years = [first.year + index for index in range(item.values.shape[1])]
    keep = [i for i, y in enumerate(years) if date(y, 1, 1) >= first and date(y + 1, 1, 1) <= last]
    keep = keep or list(range(len(years)))
    return [years[i] for i in keep], item.values[:, keep]


def difference(plan: Result, base: Result, outcome: str, since: int | None) -> TimeBand | None:
    """Return the paired yearly differences plan minus base, from the year before ``since`` on."""
    old, new = base.national().get(outcome), plan.national().get(outcome)
    if old is None or new is None:
        return None
    years, before = whole_years(base, old)
    _, after = whole_years(plan, new)
    first = max(0, years.index(since) - 1) if since in years else 0
    times = tuple(date(year, 7, 1) for year in years[first:])
    return _band(old, after[:, first:] - before[:, first:], times)


def relative_effects(comparison: Comparison, names: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return effects on outcomes with a direction, in per cent of the base's median, worst first.

    Headline outcomes (or ``names``) and all that get worse are in it; ``kladsim.runs.judging`` says
    what is better or worse.
    """
    usual = names or [effect.outcome for effect in comparison.headline()]
    marked = {*usual, *(effect.outcome for effect in comparison.losers())}
    rows = []
    for effect in comparison.totals():
        scale = abs(comparison.base_level(effect.outcome))
        if effect.outcome in marked and effect.verdict != "neutral" and scale:
            rows.append(_relative(effect, scale))
    return sorted(rows, key=lambda row: (VERDICTS.index(row["verdict"]), row["outcome"]))


def _relative(effect: Effect, scale: float) -> dict[str, Any]:
    numbers = {key: _number(100.0 * getattr(effect, key) / scale) for key in ("median", "low", "high")}
    return {"outcome": title_of(effect.outcome), "plan": effect.plan, "verdict": effect.verdict, **numbers}


def marks(country: str, first: date, last: date) -> list[Mark]:
    """Return the pack's events that a picture marks, within a run; none for a pack that is not there."""
    try:
        events = load_pack(country).events
    except InputError:
        return []
    dated_marks = []
    for kind, text, side in MARKED:
        dated = [event for event in events if event.kind == kind and first <= event.date_start < last]
        if dated:
            event = dated[0]
            dated_marks.append(Mark(event.date_start, event.date_end, text, side))
    return dated_marks


def levers_of(base: Result, plans: Iterable[Result]) -> list[Mark]:
    """Return the first day on which each plan differs from the base."""
    known = base.scenario["config"]["modifiers"]
    days = [
        min((m["start"] for m in plan.scenario["config"]["modifiers"] if m not in known), default=None)
        for plan in plans
    ]
    return [Mark(day, None, "plan begins", "left") for day in sorted({date.fromisoformat(d) for d in days if d})]


def select_names(available: Sequence[str], preferred: Sequence[str], number: int) -> list[str]:
    """Return the preferred names that exist, filled up with others to ``number``."""
    first = [name for name in preferred if name in available]
    return [*first, *(name for name in available if name not in first)][:number]


def _by_day(result: Result, outcome: str) -> DisclosedArray | None:
    items = result.outcomes.values()
    return next((item for item in items if item.name == outcome and item.dims == ("replicate", "day")), None)


def _weekly(item: DisclosedArray, start: date) -> TimeBand:
    weeks = item.values.shape[1] // WEEK
    if weeks < 2:
        return _band(item, item.values, tuple(start + timedelta(days=i) for i in range(item.values.shape[1])))
    blocks = item.values[:, : weeks * WEEK].reshape(item.values.shape[0], weeks, WEEK)
    known = np.isfinite(blocks)
    counts = known.sum(axis=2).astype(np.float64)
    sums = np.where(known, blocks, 0.0).sum(axis=2)
    means = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    return _band(item, means, tuple(start + timedelta(days=WEEK * i + 3) for i in range(weeks)))


def _band(item: DisclosedArray, values: NDArray[np.float64], times: tuple[date, ...]) -> TimeBand:
    median, low, high = quantiles(values)
    return TimeBand(item.name, item.unit, times, median, low, high)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
