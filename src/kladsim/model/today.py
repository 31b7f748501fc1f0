"""What every phase knows of a day: its number, its keys of luck, and the national drivers of that day."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np

from kladsim.core.random_arrays import Floats
from kladsim.core.rng import day_key, day_keys
from kladsim.model import streams
from kladsim.model.samples import seller_scale
from kladsim.world.pack import Pack

KEYS = {
    "event_key": streams.EVENT,
    "priority_key": streams.PRIORITY,
    "pick_key": streams.PICK_UP,
    "stock_key": streams.STOCKING,
    "shop_key": streams.SHOPS,
    "platform_key": streams.PLATFORMS,
    "lab_key": streams.LABORATORIES,
    "spread_key": streams.SPREAD,
    "court_key": streams.COURTS,
    "recruit_key": streams.RECRUIT,
    "scan_key": streams.SCAN,
    "accept_key": streams.ACCEPT,
    "skip_key": streams.SKIP_LIFE,
}
NUMBERS = np.array([int(stream) for stream in KEYS.values()], np.uint64)


class DayContext(NamedTuple):
    """What every phase knows of a day: its number, the scale, keys of random numbers, and national drivers (relative to
    the first day or to the usual, unless a name says otherwise).
    """

    day: int
    scale_factor: int
    """Persons of the country for whom a person of the sample stands."""
    seller_scale: float
    """Shops of the sample that stand for one of its share."""
    event_key: np.uint64
    priority_key: np.uint64
    pick_key: np.uint64
    stock_key: np.uint64
    shop_key: np.uint64
    platform_key: np.uint64
    lab_key: np.uint64
    spread_key: np.uint64
    court_key: np.uint64
    recruit_key: np.uint64
    scan_key: np.uint64
    accept_key: np.uint64
    skip_key: np.uint64
    month_key: np.uint64
    weekday: float
    season_drops: float
    season_police: float
    potency: float
    mortality_factor: float
    internet: float
    real_wage: float
    inflation: float
    cpi: float
    cpi_first: float
    usd: float
    wage_nominal: float
    buyer_trend: float


DRIVERS = DayContext._fields[DayContext._fields.index("weekday") :]
WEEK = (0.93, 0.92, 0.94, 0.98, 1.13, 1.12, 0.98)
"""Relative demand from Monday to Sunday: peak on Friday and Saturday (P21; sizes: assumption)."""


class Calendar:
    """National drivers for every day of a run, computed once.

    Parameters
    ----------
    pack : the country
    p : resolved parameters by name
    luck, luck_day : the number under which luck is drawn anew from that day on (0: never)
    """

    def __init__(
        self, pack: Pack, p: dict[str, float], seed: int, scale: int, luck: int = 0, luck_day: int = 0
    ) -> None:
        self.seed, self._scale = seed, scale
        self._redrawn = int(day_key(seed, int(streams.LUCK), luck)) if luck else seed
        self._luck_day = luck_day
        n_days = pack.n_days(date(pack.end_year + 1, 1, 1))
        series = {name: pack.series_daily(name, n_days) for name in ("cpi", "usd_rate", "internet_share")}
        cpi = series["cpi"]
        year_ago = np.concatenate([np.full(365, cpi[0] / 1.07), cpi])[:n_days]
        wage = pack.series_daily("mean_wage", n_days)
        start = pack.start.toordinal()
        days = [date.fromordinal(start + d) for d in range(n_days)]
        years = np.array([d.year - pack.start.year for d in days])
        middle = np.array([(d.timetuple().tm_yday - 15) / 365.0 for d in days])
        winter = _cosine(middle)
        buyers = pack.series_daily("prisoners_total", n_days)
        self.years = np.array([d.year for d in days])
        self.year_ends = np.array([(d.month, d.day) == (12, 31) for d in days])
        self.columns: dict[str, Floats] = {
            "weekday": np.array([(pack.weekdays or WEEK)[d.weekday()] for d in days]),
            "season_drops": 1.0 + p["drops.season"] * winter,
            "season_police": 1.0 - p["drops.season"] * 0.5 * winter,
            "potency": 1.0
            + p["health.potency_trend"] * np.maximum(0.0, np.minimum(3.0, (np.arange(n_days) - 1826) / 365.0)),
            "mortality_factor": pack.mortality_factor[np.minimum(years, len(pack.mortality_factor) - 1)],
            "internet": series["internet_share"],
            "real_wage": pack.series_daily("real_wage_index", n_days) / 100.0,
            "inflation": cpi / year_ago - 1.0,
            "cpi": cpi / cpi[0],
            "cpi_first": np.ones(n_days),
            "usd": series["usd_rate"] / series["usd_rate"][0],
            "wage_nominal": wage / wage[_index(pack, 2021, n_days)],
            "buyer_trend": buyers / buyers[0],
        }
        self.usd_rate = series["usd_rate"]
        self.days = days

    def seed_on(self, number: int) -> int:
        """Return the seed of a day's random numbers: another one from the day on which luck is drawn anew."""
        return self.seed if number < self._luck_day else self._redrawn

    def day(self, number: int) -> DayContext:
        """Return the record of one day."""
        keys = day_keys(self.seed_on(number), NUMBERS, number)
        month = day_key(self.seed_on(number), int(streams.PLATFORMS), 1_000_000 + number // 30)
        drivers = [float(self.columns[name][number]) for name in DRIVERS]
        return DayContext._make((number, self._scale, float(seller_scale(self._scale)), *keys, month, *drivers))


def _index(pack: Pack, year: int, n_days: int) -> int:
    return min(n_days - 1, max(0, pack.day_of(date(year, 7, 1))))


def _cosine(turns: Floats) -> Floats:
    """Seasonal wave with period 1 and peak 1 at whole numbers: two parabolas, the same bits on every processor."""
    x = turns - np.floor(turns)
    return np.where(np.abs(x - 0.5) <= 0.25, 16.0 * (x - 0.5) ** 2 - 1.0, 1.0 - 16.0 * np.minimum(x, 1.0 - x) ** 2)
