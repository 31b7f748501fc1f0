"""What a scraper sees of a market (M17), and the market by city in a pack's past validation window.

A scraper looks at the listings of the largest platform several times a day and infers sales from falls of stock. A
restock between two looks hides the sales of that interval, so that few looks undercount; inferred sales err by day and
by week, counted listings by week. Truth is recorded beside the measurement; with M17 off they are equal. Nothing here
moves the model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kladsim.core import fixedmath, rng
from kladsim.core.jit import plain
from kladsim.model import codes as k
from kladsim.model import streams
from kladsim.model.counters import INDEX
from kladsim.model.samples import grain_of

if TYPE_CHECKING:
    from kladsim.model.simulation import Simulation

SEEN = ("orders", "receipts", "shops", "offers", "ready", "restocked_ppm")
"""A day on the largest platform: orders, receipts in the smallest coin, shops and listings with a drop ready, drops
ready, and the share of sales on listings that were restocked, in parts per million."""
BY_PLACE = ("orders", "revenue", "shops", "offers")
SELLERS = ("shops", "offers")
"""What is counted in sellers, of which a sample may have finer ones (``samples``)."""
ERRORS = {"day": 11, "week": 12}


def look(w: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return int64[len(SEEN)] of the largest platform, and int64[R, len(BY_PLACE)] of all branches by region."""
    platforms, regions = w.platforms, len(w.branch_start) - 1
    volume = np.where(platforms.state == 1, platforms.volume, -1.0)
    leader = int(np.argmax(volume))
    branch = np.flatnonzero(w.branches.shop >= 0)
    shop = w.branches.shop[branch]
    ready = w.listings.ready.reshape(-1, k.G)[branch]
    offers = np.count_nonzero(ready > 0, axis=1)
    place = w.branches.region[branch]
    by_place = np.zeros((regions, len(BY_PLACE)), np.int64)
    by_place[:, 0] = w.count[:, INDEX["orders"]]
    by_place[:, 1] = w.count[:, INDEX["revenue"]]
    by_place[:, 2] = np.bincount(place[offers > 0], minlength=regions)
    by_place[:, 3] = np.bincount(place, weights=offers, minlength=regions).astype(np.int64)
    there = (w.shops.platforms[shop] >> np.uint16(leader)) & np.uint16(1) == 1
    sales = w.listings.sales.reshape(-1, k.G)[branch[there]]
    restocked = sales[w.listings.want.reshape(-1, k.G)[branch[there]] > 0].sum()
    total = sales.sum()
    nation = (
        int(platforms.today[leader]),
        int(platforms.receipts[leader]),
        len(np.unique(shop[there][offers[there] > 0])),
        int(offers[there].sum()),
        int(ready[there].sum()),
        int(1e6 * restocked / total) if total > 0 else 0,
    )
    return np.array(nation, np.int64), by_place


def _column(s: Simulation, name: str) -> np.ndarray:
    return s.recording.seen[: s.day, SEEN.index(name)] * _stands_for(s, name)


def _stands_for(s: Simulation, name: str) -> float:
    """Return how many of the country one of the sample stands for."""
    return s.config.scale / (grain_of(s.config.scale) if name in SELLERS else 1)


def detected(s: Simulation) -> np.ndarray:
    """Return the measured over the true sales of every day: hidden by restocks, and the errors of inference."""
    if not s.config.switches.get("M17", True):
        return np.ones(s.day)
    scrape = s.pack.scrape
    hidden = s.recording.seen[: s.day, SEEN.index("restocked_ppm")] / 1e6 / scrape["scrapes_a_day"]
    return (1.0 - hidden) * _error(s, "day", 1, scrape["day_error"]) * _error(s, "week", 7, scrape["week_error"])


def listed(s: Simulation) -> np.ndarray:
    """Return the measured over the true listings of every day: a week in which sales are missed misses listings too."""
    if not s.config.switches.get("M17", True):
        return np.ones(s.day)
    return _error(s, "week", 7, s.pack.scrape["listing_error"])


def _error(s: Simulation, kind: str, days: int, size: float) -> np.ndarray:
    """Return factors with mean about one, constant over ``days``; fixed arithmetic, the same bits everywhere."""
    key = rng.day_key(s.seed, int(streams.OBSERVE), ERRORS[kind])
    exp = plain(fixedmath.exp)
    factors = []
    for number in range(-(-s.day // days)):
        normal = (sum(rng.unit(key, number, draw) for draw in range(4)) - 2.0) * 1.7320508075688772
        factors.append(exp(size * normal - 0.5 * size * size))
    return np.repeat(np.array(factors), days)[: s.day]


def _errors(s: Simulation) -> np.ndarray:
    return detected(s) if s.pack.scrape else np.ones(s.day)


def packages(s: Simulation) -> np.ndarray:
    """Packages sold a day as the scraper infers them."""
    return np.rint(_column(s, "orders") * detected(s))


def sales_usd(s: Simulation) -> np.ndarray:
    """Value of the sales that the scraper infers, US dollars a day."""
    return _column(s, "receipts") / 100.0 / s.calendar.usd_rate[: s.day] * detected(s)


def shops(s: Simulation) -> np.ndarray:
    """Shops with something on offer, as counted."""
    return np.rint(_column(s, "shops") * listed(s))


def offers(s: Simulation) -> np.ndarray:
    """Listings with something on offer, as counted."""
    return np.rint(_column(s, "offers") * listed(s))


def active_shops(s: Simulation) -> np.ndarray:
    """Shops with something on offer, in truth."""
    return _column(s, "shops")


def active_offers(s: Simulation) -> np.ndarray:
    """Listings with something on offer, in truth."""
    return _column(s, "offers")


def stock_days(s: Simulation) -> np.ndarray:
    """Ready stock on the platform over the sales that the scraper infers, both as weekly means (T10)."""
    stock, sold = (_trailing(values) for values in (_column(s, "ready"), packages(s)))
    return np.divide(stock, sold, out=np.full(s.day, np.nan), where=sold > 0)


def _trailing(values: np.ndarray, days: int = 7) -> np.ndarray:
    """Return the mean of the last ``days`` days (fewer at the start)."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    last = np.arange(1, len(values) + 1)
    first = np.maximum(0, last - days)
    return np.asarray((sums[last] - sums[first]) / (last - first))


def in_window(name: str, *, measured: bool = False, usd: bool = False) -> Any:
    """Return a maker of one quantity by day and place: only the days and places of the pack's window."""

    def make(s: Simulation) -> np.ndarray:
        values = np.full((s.day, s.pack.n_regions), np.nan)
        window = s.pack.window
        if window is None:
            return values
        first, last = (max(0, min(s.day, s.pack.day_of(day))) for day in (window.start, window.end))
        places = [s.pack.region_index(code) for code in window.places]
        held = s.recording.by_place[: last - first, :, BY_PLACE.index(name)] * _stands_for(s, name)
        if measured:
            held = held * _errors(s)[first:last, None]
        if usd:
            held = held / 100.0 / s.calendar.usd_rate[first:last, None]
        values[first:last, places] = held[:, places]
        return values

    return make
