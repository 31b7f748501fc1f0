"""Checks that belong to other countries than the default: T10 and T24 in Georgia, T25 and P26 in South Korea.

``facts`` measures one finished replicate; ``judged`` sets the median over replicates beside the band of the evidence.
``beside_scrape`` compares what a run says the scraper would see with what it saw, where the pack's restricted series
are there. Nothing is fitted here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kladsim.evidence import patterns, targets
from kladsim.study.measures.targets import TargetResult
from kladsim.world import load_pack

if TYPE_CHECKING:
    from kladsim.runs.result import Result

Values = NDArray[np.float64]
Facts = dict[str, float]
COUNTRY_OF = {"T10": "georgia", "T24": "georgia", "T25": "south-korea", "P26": "south-korea"}
SCRAPED = ("scrape_packages", "scrape_sales_usd", "scrape_shops", "scrape_offers")
BEFORE = (date(2020, 2, 1), date(2020, 3, 1))
LOCKDOWN = (date(2020, 3, 31), date(2020, 5, 11))
"""Before any measure, and from the curfew to the opening of the cities (dates of the pack's events)."""
CALM, SHOCK = (date(2020, 3, 6), date(2020, 3, 21)), (date(2020, 3, 21), date(2020, 3, 31))
"""Days of the scrape before and after the state of emergency of 21 March 2020."""
CAMPAIGN = 2023


def facts(simulation: Any) -> Facts:
    """Return the parts of the checks of a replicate's country by name (``T10.0``, ``T25.1`` ...).

    Ratios in days, changes and shares in per cent; a country without checks has no facts.
    """
    measure = {"georgia": _georgia, "south-korea": _korea}.get(str(simulation.pack.name))
    return {} if measure is None else measure(simulation)


def _outcome(s: Any, name: str) -> Values:
    return np.asarray(s.results()[name].values, dtype=np.float64)


def _mean(s: Any, name: str, days: tuple[date, date]) -> float:
    first, last = (s.pack.day_of(day) for day in days)
    return float(np.nanmean(_outcome(s, name)[first:last]))


def _change(s: Any, name: str) -> float:
    """Return the change in the lockdown, %; NaN where there was nothing before it (a sample that is too small)."""
    before = _mean(s, name, BEFORE)
    return 100.0 * (_mean(s, name, LOCKDOWN) / before - 1.0) if before > 0 else float("nan")


def _georgia(s: Any) -> Facts:
    window = (date(2020, 2, 4), date(2020, 3, 31))
    stock = _mean(s, "stock_days", window)
    return {"T10.0": stock, "T24.0": _change(s, "ready_stock"), "T24.1": _change(s, "orders")}


def _korea(s: Any) -> Facts:
    share, arrests, bought = (
        _outcome(s, name) for name in ("arrests_online_share", "persons_apprehended", "purchases")
    )
    first = s.pack.start.year
    at = CAMPAIGN - first
    return {
        "T25.0": 100.0 * float(share[2017 - first]),
        "T25.1": 100.0 * float(share[2022 - first]),
        "P26.0": 100.0 * float(arrests[at] / arrests[at - 1] - 1.0),
        "P26.1": 100.0 * float(bought[at] / bought[at - 1] - 1.0),
    }


def judged(values: Sequence[Mapping[str, float]]) -> list[TargetResult]:
    """Return every part with its band and the spread over replicates; P26.1 must not rise."""
    out = []
    for name in sorted({name for value in values for name in value}):
        check, _, part = name.partition(".")
        numbers = np.array([value[name] for value in values])
        low5, median, high95 = np.nanquantile(numbers, [0.05, 0.5, 0.95]).tolist()
        low, high, label, unit = _band(check, int(part))
        if len(numbers) < 2:  # one replicate has no interval
            low5 = high95 = float("nan")
        out.append(TargetResult(check, label, low, high, unit, median, low5, high95))
    return out


def _band(check: str, part: int) -> tuple[float, float, str, str]:
    if (check, part) == ("P26", 1):
        return -np.inf, 0.0, "change of purchases in truth", "%"
    known = {item.id: item for item in (*targets(), *patterns())}
    band = known[check].bands[part]
    low = -np.inf if band.low is None else band.low
    high = np.inf if band.high is None else band.high
    return low, high, band.part or check, band.unit


@dataclass(frozen=True)
class Likeness:
    """One comparison of a run with the scrape: observed value, and the run's median with its 5-95 % range."""

    series: str
    what: str
    observed: float
    median: float
    low5: float
    high95: float


def beside_scrape(result: Result) -> list[Likeness]:
    """Return level, trend, week, shock and coverage of the scraped series beside the run's.

    Empty where the pack's restricted series were left out. ``coverage`` is the share of observed days inside the
    5-95 % band over replicates (two or more).
    """
    pack = load_pack(str(result.scenario["config"]["country"]))
    out: list[Likeness] = []
    for name in SCRAPED:
        if name not in pack.observations or name not in result.outcomes:
            continue
        series = pack.observations[name]
        days = np.array([(day - result.start).days for day in series.dates])
        runs = result.outcomes[name].values
        inside = days < runs.shape[1]
        seen = _Seen(tuple(np.array(series.dates)[inside]), series.values[inside], runs[:, days[inside]])
        out += [_likeness(name, what, make, seen) for what, make in MEASURES.items()]
        if len(runs) > 1:
            low, high = np.quantile(seen.runs, [0.05, 0.95], axis=0)
            share = float(np.mean((seen.values >= low) & (seen.values <= high)))
            out.append(Likeness(name, "coverage", 0.9, share, float("nan"), float("nan")))
    return out


@dataclass(frozen=True)
class _Seen:
    """Observed days with their values, and a run's values on the same days."""

    dates: tuple[date, ...]
    values: Values
    runs: Values

    def part(self, days: tuple[date, date]) -> NDArray[np.bool_]:
        return np.array([days[0] <= day < days[1] for day in self.dates])


def _week(values: Values, seen: _Seen) -> float:
    weekday = np.array([day.weekday() for day in seen.dates])
    return float(values[(weekday == 4) | (weekday == 5)].mean() / values[weekday < 4].mean())


def _trend(values: Values, seen: _Seen) -> float:
    half = len(values) // 2
    return float(values[half:].mean() / values[:half].mean())


def _shock(values: Values, seen: _Seen) -> float:
    return float(values[seen.part(SHOCK)].mean() / values[seen.part(CALM)].mean())


MEASURES: dict[str, Callable[[Values, _Seen], float]] = {
    "level": lambda values, seen: float(values.mean()),
    "second half over first": _trend,
    "Friday and Saturday over Monday to Thursday": _week,
    "21-30 March over 6-20 March": _shock,
}


def _likeness(name: str, what: str, make: Callable[[Values, _Seen], float], seen: _Seen) -> Likeness:
    with np.errstate(invalid="ignore", divide="ignore"):
        told = np.array([make(run, seen) for run in seen.runs])
        observed = make(seen.values, seen)
    low5, median, high95 = np.nanquantile(told, [0.05, 0.5, 0.95]).tolist()
    return Likeness(name, what, observed, median, low5, high95)
