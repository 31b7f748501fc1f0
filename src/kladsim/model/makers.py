"""How outcomes are made from the records: sums, means, ratios and the few that need more."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from kladsim.model.counters import INDEX
from kladsim.model.recording import NATIONAL
from kladsim.model.tallies import STOCKS

if TYPE_CHECKING:
    from kladsim.model.simulation import Simulation

Maker = Callable[["Simulation"], np.ndarray]


def daily(*names: str) -> Maker:
    columns = [INDEX[name] for name in names]
    return lambda s: s.recording.count[: s.day, columns].sum(axis=1) * float(s.config.scale)


def stock_daily(*names: str) -> Maker:
    columns = [STOCKS.index(name) for name in names]
    return lambda s: s.recording.stock[: s.day, columns].sum(axis=1) * float(s.config.scale)


def national(name: str, factor: bool = False) -> Maker:
    column = NATIONAL.index(name)
    return lambda s: s.recording.national[: s.day, column] * (s.config.scale if factor else 1)


def yearly(*names: str) -> Maker:
    columns = [INDEX[name] for name in names]
    return lambda s: s.recording.year_count[:, :, columns].sum(axis=2) * float(s.config.scale)


def yearly_nation(*names: str) -> Maker:
    inner = yearly(*names)
    return lambda s: inner(s).sum(axis=1)


def mean_stock(*names: str) -> Maker:
    columns = [STOCKS.index(name) for name in names]

    def make(s: Simulation) -> np.ndarray:
        days = np.maximum(1, s.recording.year_days)[:, None]
        return s.recording.year_stock[:, :, columns].sum(axis=2) * float(s.config.scale) / days

    return make


def usd(*names: str) -> Maker:
    columns = [INDEX[name] for name in names]

    def make(s: Simulation) -> np.ndarray:
        kopecks = s.recording.count[: s.day, columns].sum(axis=1) * float(s.config.scale)
        return kopecks / 100.0 / s.calendar.usd_rate[: s.day]

    return make


def ratio(top: Maker, bottom: Maker) -> Maker:
    def make(s: Simulation) -> np.ndarray:
        below = bottom(s)
        return np.divide(top(s), below, out=np.full(below.shape, np.nan), where=below > 0)

    return make


def platform_receipts(s: Simulation) -> np.ndarray:
    drugs = usd("revenue")(s)
    return drugs / (1.0 - s._p["money.non_drug_share"])


def coverage(s: Simulation) -> np.ndarray:
    days = np.maximum(1, s.recording.year_days)[:, None]
    people = s.recording.year_stock[:, :, STOCKS.index("residents")] / days
    return np.divide(s.recording.covered, people, out=np.zeros_like(people), where=people > 0)


def career(s: Simulation) -> np.ndarray:
    careers = s.recording.careers
    total = careers.cumsum(axis=1)
    out = np.full(len(careers), np.nan)
    for year, row in enumerate(total):
        if row[-1] > 0:
            half = row[-1] / 2.0
            month = int(np.searchsorted(row, half))
            before = row[month - 1] if month else 0
            out[year] = month + (half - before) / max(1, careers[year, month])
    return out


def arrest_risk(s: Simulation) -> np.ndarray:
    days = np.maximum(1, s.recording.year_days)
    couriers = s.recording.year_stock[:, :, STOCKS.index("couriers")].sum(axis=1) / days
    arrests = s.recording.year_count[:, :, INDEX["arrests_courier"]].sum(axis=1) * 365.0 / days
    return np.divide(arrests, couriers, out=np.full(len(days), np.nan), where=couriers > 0)


def pay(s: Simulation) -> np.ndarray:
    count = s.recording.count[: s.day]
    placed = count[:, INDEX["placed"]]
    return np.divide(count[:, INDEX["courier_pay"]] / 100.0, placed, out=np.full(s.day, np.nan), where=placed > 0)


def street_share(s: Simulation) -> np.ndarray:
    street = daily("street_purchases")(s)
    return np.divide(street, street + daily("orders")(s), out=np.ones(s.day), where=street + daily("orders")(s) > 0)
