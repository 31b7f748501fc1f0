"""Facts: every number that checks read, measured once a replicate and arm, as one flat table of names and values.

Yearly sums and means carry the year (``orders@2019``); the rest is named for what it is. Facts stay inside the
validation; only results of checks leave the model.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.model import codes as k
from kladsim.model.counters import NAMES
from kladsim.model.recording import NATIONAL
from kladsim.model.tallies import STOCKS
from kladsim.study.measures.watching import ReplicateWatch

Facts = dict[str, float]
TAKEDOWN = date(2022, 4, 5)


def past(s: Any, day: date) -> Facts:
    """Return the sums of all counters in the calendar year before a date, without a year in their names."""
    part = year_of(s, day.year - 1)
    sums = s.recording.count[part].sum(axis=0)
    return {name: float(value) * float(s.config.scale) for name, value in zip(NAMES, sums, strict=True)}


def whole_years(s: Any, since: date) -> list[int]:
    """Return the calendar years that lie wholly between a date and the end of the replicate."""
    last = s.pack.date_of(s.day)
    return [y for y in range(since.year, last.year) if date(y, 1, 1) >= since]


def days(s: Any, start: date, end: date) -> slice:
    """Return the days from ``start`` to before ``end`` that the replicate has."""
    return slice(max(0, s.pack.day_of(start)), max(0, min(s.day, s.pack.day_of(end))))


def year_of(s: Any, year: int) -> slice:
    """Return the days of a calendar year."""
    return days(s, date(year, 1, 1), date(year + 1, 1, 1))


def usd_daily(s: Any, name: str = "revenue") -> NDArray[np.float64]:
    """Return a money counter in US dollars by day at full scale."""
    kopecks = s.recording.count[: s.day, NAMES.index(name)] * float(s.config.scale)
    return np.asarray(kopecks / 100.0 / s.calendar.usd_rate[: s.day])


def receipts_daily(s: Any) -> NDArray[np.float64]:
    """Return receipts of all platforms in US dollars by day, with the part that is not drugs."""
    return usd_daily(s) / (1.0 - float(s._p["money.non_drug_share"]))


def national(s: Any, name: str) -> NDArray[np.float64]:
    """Return a national record by day."""
    return np.asarray(s.recording.national[: s.day, NATIONAL.index(name)])


def yearly_facts(s: Any, watch: ReplicateWatch, year: int) -> Facts:
    part, k_ = year_of(s, year), float(s.config.scale)
    facts: Facts = {}
    sums = s.recording.count[part].sum(axis=0)
    facts |= {f"{name}@{year}": float(value) * k_ for name, value in zip(NAMES, sums, strict=True)}
    means = s.recording.stock[part].mean(axis=0)
    facts |= {f"{name}_mean@{year}": float(value) * k_ for name, value in zip(STOCKS, means, strict=True)}
    facts |= {f"{name}_end@{year}": float(s.recording.stock[part][-1, STOCKS.index(name)]) * k_ for name in
              ("prisoners_possession", "prisoners_trafficking", "couriers")}  # fmt: skip
    level = s.recording.national[part].mean(axis=0)
    facts |= {f"{name}@{year}": float(value) for name, value in zip(NATIONAL, level, strict=True)}
    facts[f"receipts_usd@{year}"] = float(receipts_daily(s)[part].sum())
    facts[f"own_usd@{year}"] = float(usd_daily(s, "revenue_off_platform")[part].sum())
    facts[f"buyers_year@{year}"] = float(s.recording.buyers_year[part].max()) * k_
    stock = s.recording.stock[part, STOCKS.index("couriers")].astype(np.float64)
    weekly = stock[: len(stock) // 7 * 7].reshape(-1, 7).mean(axis=1)
    facts[f"couriers_swing@{year}"] = float(np.abs(weekly / stock.mean() - 1.0).max()) if stock.mean() > 0 else np.nan
    return facts | _products(s, watch, year, k_)


def _products(s: Any, watch: ReplicateWatch, year: int, k_: float) -> Facts:
    part = year_of(s, year)
    weeks = [i for i, day in enumerate(watch.weeks) if part.start <= day < part.stop]
    facts: Facts = {}
    if weeks:
        for what, rows in watch.by_product.items():
            mean = np.mean([rows[i] for i in weeks], axis=0)
            factor = k_ if what in ("ready", "sales", "flow") else 1.0
            facts |= {f"{what}.{g}@{year}": float(v) * factor for g, v in zip(k.PRODUCTS, mean, strict=True)}
        punish = np.array([watch.punish[i] for i in weeks])
        for column, name in enumerate(("punish", "punish_falsely", "punish_pledged", "punish_deposit")):
            facts[f"expected_{name}@{year}"] = _mean(punish[:, column])
    made = np.array(watch.made[part]) if len(watch.made) >= part.stop else np.zeros((1, k.G))
    facts |= {f"made.{g}@{year}": float(v) * k_ for g, v in zip(k.PRODUCTS, made.sum(axis=0), strict=True)}
    if year in watch.habits:
        share = watch.habits[year] / max(1e-9, watch.habits[year].sum())
        facts |= {f"habit.{g}@{year}": float(v) for g, v in zip(k.PRODUCTS, share, strict=True)}
        facts |= {f"mix.{g}@{year}": float(v) for g, v in zip(k.PRODUCTS, watch.mix[year], strict=True)}
    return facts


def _mean(values: NDArray[np.float64]) -> float:
    """Mean of the values that are there, NaN if none is."""
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else np.nan
