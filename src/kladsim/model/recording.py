"""What is written down every night and every year: fixed columns, so that memory does not grow with people."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kladsim.core.arrays import Array
from kladsim.core.errors import InputError
from kladsim.core.random_arrays import Floats, Ints
from kladsim.model import codes as k
from kladsim.model.counters import COUNT
from kladsim.model.entities import Persons
from kladsim.model.listings import BY_PLACE, SEEN, observe_listings, share_online
from kladsim.model.samples import seller_scale
from kladsim.model.state import CAREER_MONTHS, World
from kladsim.model.tallies import N_BANDS, N_STOCKS
from kladsim.world.pack import Pack

NATIONAL = (
    "shops",
    "platforms_open",
    "leader_share",
    "effective_platforms",
    "promotion",
    "real_price",
    "ready",
    "fear",
    "price_effect",
    "own_shops",
    "laboratories",
    "largest_shop_share",
    "leader",
)


class Recording:
    """Daily national and yearly regional records of one replicate."""

    def __init__(self, n_days: int, pack: Pack, scale: int) -> None:
        years = pack.date_of(n_days - 1).year - pack.start.year + 1
        regions = pack.n_regions
        self.pack = pack
        self.grain, self.scale = seller_scale(scale), scale
        self.count = np.zeros((n_days, COUNT), np.int64)
        self.stock = np.zeros((n_days, N_STOCKS), np.int64)
        self.platform_orders = np.zeros((n_days, k.MAX_PLATFORMS), np.int64)
        self.platform_receipts = np.zeros((n_days, k.MAX_PLATFORMS), np.int64)
        self.seized = np.zeros((n_days, k.G), np.int64)
        self.national = np.zeros((n_days, len(NATIONAL)))
        self.year_count = np.zeros((years, regions, COUNT), np.int64)
        self.year_stock = np.zeros((years, regions, N_STOCKS), np.int64)
        self.year_seized = np.zeros((years, regions, k.G), np.int64)
        self.year_street = np.zeros((years, regions, k.G), np.int64)
        self.year_labs = np.zeros((years, k.G), np.int64)
        self.year_imports = np.zeros((years, k.G))
        self.users_by = np.zeros((years, regions, N_BANDS, 2), np.int64)
        self.dependent_by = np.zeros((years, regions, N_BANDS, 2), np.int64)
        self.covered = np.zeros((years, regions), np.int64)
        self.careers = np.zeros((years, CAREER_MONTHS), np.int64)
        self.year_days = np.zeros(years, np.int64)
        self.buyers_year = np.zeros(n_days, np.int64)
        scraped = "scrape" in pack.measures
        self.seen = np.zeros((n_days if scraped else 0, len(SEEN)), np.int64)
        held = (pack.window.end - pack.window.start).days if pack.window else 0
        self.by_place = np.zeros((held, regions if held else 0, len(BY_PLACE)), np.int64)
        self.online = np.zeros(n_days if "online_arrests" in pack.measures else 0)

    NAMES = (
        "count",
        "stock",
        "platform_orders",
        "platform_receipts",
        "seized",
        "national",
        "year_count",
        "year_stock",
        "year_seized",
        "year_street",
        "year_labs",
        "year_imports",
        "users_by",
        "dependent_by",
        "covered",
        "careers",
        "year_days",
        "buyers_year",
        "seen",
        "by_place",
        "online",
    )

    def day(self, number: int, w: World) -> None:
        """Write down a day."""
        self.count[number] = w.tally.day_count
        self.stock[number] = w.tally.day_stock
        self.seized[number] = w.tally.day_seized
        self.buyers_year[number] = int(w.tally.buyers_year.sum())  # as of the last census: never of a day to come
        p = w.platforms
        self.platform_orders[number] = p.today
        self.platform_receipts[number] = p.receipts
        year = self.pack.date_of(number).year - self.pack.start.year
        self.year_days[year] += 1
        total = float(p.volume.sum())
        shares = p.volume / total if total > 0 else p.volume
        alive = w.shops.alive == 1
        sales = w.shops.sales[alive]  # of open shops, so that neither closed ones nor free room show
        self.national[number] = (
            np.count_nonzero(alive) / self.grain,
            np.count_nonzero(p.state == 1),
            shares.max(),
            1.0 / np.square(shares).sum() if total > 0 else 0.0,
            w.market.promotion_level[0],
            w.trade.real_price[0],
            w.tally.day_stock[16],
            w.punishment.fear[0],
            float(np.dot(w.demand.price_effect, w.demand.mix_first)),
            np.count_nonzero((w.shops.platforms & (1 << 15) > 0) & alive) / self.grain,
            np.count_nonzero(w.labs.alive) / self.scale,
            float(sales.max() / sales.sum()) if sales.any() else 0.0,
            int(np.argmax(p.volume)),
        )
        if len(self.online) and number:
            self.online[number] = self.online[number - 1]
        if len(self.seen) or len(self.by_place):
            self._look(number, w)

    def _look(self, number: int, w: World) -> None:
        """Write down what a scraper sees, and the market by place in the window."""
        nation, by_place = observe_listings(w)
        if len(self.seen):
            self.seen[number] = nation
        window = self.pack.window
        at = number - self.pack.day_of(window.start) if window else -1
        if 0 <= at < len(self.by_place):
            self.by_place[at] = by_place

    def exposure(self, number: int, persons: Persons, w: World, p: Mapping[str, float]) -> None:
        """Write down which share of the exposure to arrest lies with people who buy online, from this day on."""
        if len(self.online):
            share = share_online(persons, w.chunks, p)
            self.online[number] = share
            if not self.online[:number].any():  # the first census speaks for the days before it
                self.online[:number] = share

    def census(self, number: int, w: World, year_end: bool) -> None:
        """Write down a census, and at the end of a year the year's regional sums."""
        self.buyers_year[number] = int(w.tally.buyers_year.sum())
        if not year_end:
            return
        year = self.pack.date_of(number).year - self.pack.start.year
        self.year_count[year] += w.tally.year_count
        self.year_stock[year] += w.tally.year_stock
        self.year_seized[year] += w.tally.year_seized
        self.year_street[year] += w.police.street_seized
        self.year_labs[year] += w.tally.year_labs
        self.year_imports[year] += w.supply.import_sum
        self.users_by[year] = w.tally.users_by
        self.dependent_by[year] = w.tally.dependent_by
        opened = w.cells.opened >= 0
        self.covered[year] = np.bincount(
            w.cells.region[opened], weights=w.cells.alive[opened], minlength=self.pack.n_regions
        ).astype(np.int64)
        self.careers[year] += w.labour.careers.sum(axis=0)
        for array in (
            w.tally.year_count,
            w.tally.year_stock,
            w.tally.year_seized,
            w.police.street_seized,
            w.tally.year_labs,
            w.supply.import_sum,
            w.labour.careers,
        ):
            array[:] = 0

    def arrays(self) -> dict[str, Floats | Ints]:
        """Return all records by name."""
        return {name: getattr(self, name) for name in self.NAMES}

    def restore(self, arrays: Mapping[str, Array], days: int) -> None:
        """Take over records of the past; a shorter or longer horizon keeps what both have."""
        for name in self.NAMES:
            if name not in arrays:
                raise InputError("record is missing in the saved state", where=name)
            mine, old = getattr(self, name), arrays[name]
            rows = min(len(mine), len(old))
            mine[:rows] = old[:rows]
        self.count[days:] = 0
