"""Calibration targets T01-T24: what the model shows beside what was published, inside the tolerance or not.

Values are taken from the records of finished replicates; nothing is fitted or hidden here. T05 follows from
T04, T10 and T25 belong to other packs, and the fee of T23 is neither measured nor printed (responsible use,
rule 5).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from kladsim.evidence import targets as published_targets
from kladsim.model.counters import INDEX
from kladsim.model.recording import NATIONAL

Measure = Callable[[Any], float]
TAKEDOWN = date(2022, 4, 5)


@dataclass(frozen=True)
class TargetResult:
    """One part of a target: published band and simulated median with its 5-95 % range over replicates."""

    id: str
    part: str
    low: float
    high: float
    unit: str
    median: float
    low5: float
    high95: float

    @property
    def inside(self) -> bool:
        """Whether the median lies inside the tolerance."""
        return bool(self.low <= self.median <= self.high)


def _days(s: Any, start: date, end: date) -> slice:
    return slice(max(0, s.pack.day_of(start)), min(s.day, s.pack.day_of(end)))


def _year(s: Any, year: int) -> slice:
    return _days(s, date(year, 1, 1), date(year + 1, 1, 1))


def _usd(s: Any, part: slice, name: str = "revenue") -> float:
    kopecks = s.recording.count[part, INDEX[name]] * float(s.config.scale)
    return float((kopecks / 100.0 / s.calendar.usd_rate[part]).sum())


def _platforms_usd(s: Any, part: slice) -> float:
    return float(_usd(s, part) / (1.0 - s._p["money.non_drug_share"]))


def _mean(s: Any, name: str, part: slice) -> float:
    return float(s.recording.count[part, INDEX[name]].mean() * s.config.scale)


def _national(s: Any, name: str, part: slice) -> np.ndarray:
    return np.asarray(s.recording.national[part, NATIONAL.index(name)])


def _outcome(s: Any, name: str) -> np.ndarray:
    return np.asarray(s.results()[name].values)


def _yearly(s: Any, name: str, first: int, last: int) -> float:
    values = _outcome(s, name)
    if values.ndim > 1:
        values = values.sum(axis=1)
    return float(np.nanmean(values[first - 2014 : last - 2014 + 1]))


def _order_value(s: Any) -> float:
    part = _year(s, 2020)
    orders = s.recording.count[part, INDEX["orders"]].sum() * float(s.config.scale)
    paid = sum(_usd(s, part, name) for name in ("revenue", "refunds", "revenue_off_platform"))
    return float(paid / max(1.0, orders))


def _coverage(s: Any) -> float:
    year = 2020 - 2014
    people = s.recording.year_stock[year, :, 0].sum() / max(1, s.recording.year_days[year])
    return float(100.0 * s.recording.covered[year].sum() / people)


def _drop_after(s: Any) -> float:
    before = _platforms_usd(s, _days(s, date(2022, 3, 15), TAKEDOWN)) / 21.0
    after = _platforms_usd(s, _days(s, TAKEDOWN, date(2022, 4, 12))) / 7.0
    return 100.0 * (after / before - 1.0)


def _recovered(s: Any) -> float:
    before = _platforms_usd(s, _days(s, date(2022, 1, 1), TAKEDOWN)) / 94.0
    after = _platforms_usd(s, _days(s, date(2022, 7, 5), date(2022, 12, 5))) / 153.0
    return 100.0 * after / before


def _successor(s: Any) -> float:
    part = _days(s, TAKEDOWN, date(2023, 4, 5))
    orders = s.recording.platform_orders[part].astype(np.float64)
    window = np.ones(7) / 7.0
    smooth = np.stack([np.convolve(orders[:, j], window, mode="valid") for j in range(orders.shape[1])], axis=1)
    total = smooth.sum(axis=1)
    shares = smooth.max(axis=1)[total > 0] / total[total > 0]
    return float(100.0 * shares.max()) if len(shares) else float("nan")


def _own(year: int) -> Measure:
    return lambda s: _usd(s, _year(s, year), "revenue_off_platform") / max(1.0, _platforms_usd(s, _year(s, year)))


def _exits(s: Any) -> float:
    part = _days(s, date(2022, 7, 1), date(2025, 1, 1))
    number = _national(s, "platforms_open", part)
    falls = np.maximum(0.0, -np.diff(number)).sum()
    return float(falls / max(1e-9, number.sum() / 365.0))


def _slope(s: Any) -> float:
    share = 100.0 * _outcome(s, "synthetic_share_of_seizures")[2017 - 2014 : 2022 - 2014 + 1]
    return float(np.polyfit(np.arange(len(share)), share, 1)[0])


def _minors(s: Any) -> float:
    return (
        100.0
        * _yearly(s, "convictions_minor", 2017, 2019)
        / max(1.0, _yearly(s, "convictions_trafficking", 2017, 2019))
    )


def _lockdown(name: str) -> Measure:
    def change(s: Any) -> float:
        before = _mean(s, name, _days(s, date(2020, 2, 1), date(2020, 3, 25)))
        during = _mean(s, name, _days(s, date(2020, 4, 5), date(2020, 5, 12)))
        return 100.0 * (during / before - 1.0)

    return change


MEASURES: dict[tuple[str, int], Measure] = {
    ("T01", 0): lambda s: _platforms_usd(s, _year(s, 2020)) / 1e9,
    ("T02", 0): lambda s: _platforms_usd(s, _year(s, 2021)) / 1e9,
    ("T03", 0): lambda s: 100.0 * float(_national(s, "leader_share", _days(s, date(2022, 1, 1), TAKEDOWN)).mean()),
    ("T04", 0): lambda s: float(s.recording.buyers_year[: s.pack.day_of(TAKEDOWN)].max() * s.config.scale / 1e6),
    ("T06", 0): lambda s: float(_national(s, "shops", _year(s, 2020)).mean() * s.config.scale),
    ("T07", 0): _coverage,
    ("T08", 0): _order_value,
    ("T09", 0): lambda s: _mean(s, "orders", _days(s, date(2019, 7, 1), date(2021, 7, 1))),
    ("T11", 0): _drop_after,
    ("T12", 0): _recovered,
    ("T13", 0): _successor,
    ("T14", 0): lambda s: _platforms_usd(s, _year(s, 2024)) / _platforms_usd(s, _year(s, 2022)),
    ("T15", 0): _own(2023),
    ("T15", 1): _own(2024),
    ("T16", 0): _exits,
    ("T17", 0): _slope,
    ("T18", 0): lambda s: _yearly(s, "laboratories_closed", 2017, 2021),
    ("T19", 0): lambda s: _yearly(s, "convictions_trafficking", 2017, 2019),
    ("T20", 0): lambda s: 100.0 * _yearly(s, "convictions_young_share", 2017, 2019),
    ("T20", 1): _minors,
    ("T21", 0): lambda s: 100.0 * _yearly(s, "drug_share_of_prisoners", 2017, 2021),
    ("T22", 0): lambda s: _yearly(s, "courier_career_months", 2018, 2021),
    ("T23", 0): lambda s: float(np.nanmean(_outcome(s, "courier_pay")[_year(s, 2021)])),
    ("T24", 0): _lockdown("offers"),
    ("T24", 1): _lockdown("orders"),
}
UNTIL = date(2025, 1, 1)
"""Runs for all targets must reach this day (T14 and T15 need 2024)."""


def measure(simulation: Any) -> dict[tuple[str, int], float]:
    """Return the value of every target part for one finished replicate."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return {key: _value(take, simulation) for key, take in MEASURES.items()}


def _value(take: Measure, simulation: Any) -> float:
    """The measure, NaN where what it divides by is zero (a mechanism off may leave nothing to compare with)."""
    try:
        return float(take(simulation))
    except ZeroDivisionError:
        return float("nan")


def compare_with_published(values: Sequence[dict[tuple[str, int], float]]) -> list[TargetResult]:
    """Return every target part with the spread over replicates."""
    known = {target.id: target for target in published_targets()}
    out = []
    for (name, part), _ in MEASURES.items():
        band = known[name].bands[part]
        numbers = np.array([value[(name, part)] for value in values])
        low5, median, high95 = np.nanquantile(numbers, [0.05, 0.5, 0.95]).tolist()
        if len(numbers) < 2:  # one replicate has no interval
            low5 = high95 = float("nan")
        low = -np.inf if band.low is None else band.low
        high = np.inf if band.high is None else band.high
        out.append(TargetResult(name, band.part, low, high, band.unit, median, low5, high95))
    return out


def targets_inside(results: Sequence[TargetResult]) -> list[str]:
    """Return the ids whose every part lies inside its tolerance."""
    ids = dict.fromkeys(result.id for result in results)
    return [name for name in ids if all(result.inside for result in results if result.id == name)]
