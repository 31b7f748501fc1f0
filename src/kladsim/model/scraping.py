"""What a scraper sees of a market (M17), and the market by city in a pack's past validation window.

A scraper looks at the listings of the largest platform several times a day and infers sales from falls of stock. A
restock between two looks hides the sales of that interval, so that few looks undercount; inferred sales err by day and
by week, counted listings by week. Truth is recorded beside the measurement; with M17 off they are equal. Nothing here
moves the model.
"""

from __future__ import annotations

import numpy as np

from kladsim.core import fixedmath, rng
from kladsim.core.jit import plain
from kladsim.core.random_arrays import Floats
from kladsim.model import streams
from kladsim.model.listings import BY_PLACE, SEEN
from kladsim.model.record import RunRecord
from kladsim.model.samples import seller_scale

SELLERS = ("shops", "offers")
"""What is counted in sellers, of which a sample may have finer ones (``samples``)."""
ERRORS = {"day": 11, "week": 12}


def _column(run: RunRecord, name: str) -> Floats:
    return np.asarray(run.recording.seen[: run.day, SEEN.index(name)] * _stands_for(run, name), np.float64)


def _stands_for(run: RunRecord, name: str) -> float:
    """Return how many of the country one of the sample stands for."""
    return run.config.scale / (seller_scale(run.config.scale) if name in SELLERS else 1)


def detected(run: RunRecord) -> Floats:
    """Return the measured over the true sales of every day: hidden by restocks, and the errors of inference."""
    if not run.measures():
        return np.ones(run.day)
    scrape = run.pack.scrape
    hidden = run.recording.seen[: run.day, SEEN.index("restocked_ppm")] / 1e6 / scrape["scrapes_a_day"]
    return (1.0 - hidden) * _error(run, "day", 1, scrape["day_error"]) * _error(run, "week", 7, scrape["week_error"])


def listed(run: RunRecord) -> Floats:
    """Return the measured over the true listings of every day: a week in which sales are missed misses listings too."""
    if not run.measures():
        return np.ones(run.day)
    return _error(run, "week", 7, run.pack.scrape["listing_error"])


def _error(run: RunRecord, kind: str, days: int, size: float) -> Floats:
    """Return factors with mean about one, constant over ``days``; fixed arithmetic, the same bits everywhere."""
    key = rng.day_key(run.seed, int(streams.OBSERVE), ERRORS[kind])
    exp = plain(fixedmath.exp)
    factors = []
    for number in range(-(-run.day // days)):
        normal = (sum(rng.unit(key, number, draw) for draw in range(4)) - 2.0) * 1.7320508075688772
        factors.append(exp(size * normal - 0.5 * size * size))
    return np.repeat(np.array(factors), days)[: run.day]


def _errors(run: RunRecord) -> Floats:
    return detected(run) if run.pack.scrape else np.ones(run.day)


def scraped_packages(run: RunRecord) -> Floats:
    """Packages sold a day as the scraper infers them."""
    return np.rint(_column(run, "orders") * detected(run))


def scraped_sales(run: RunRecord) -> Floats:
    """Value of the sales that the scraper infers, US dollars a day."""
    return _column(run, "receipts") / 100.0 / run.calendar.usd_rate[: run.day] * detected(run)


def scraped_count(run: RunRecord, name: str) -> Floats:
    """Shops, or listings, with something on offer, as counted."""
    return np.rint(_column(run, name) * listed(run))


def leader_count(run: RunRecord, name: str) -> Floats:
    """Shops, or listings, with something on offer, in truth."""
    return _column(run, name)


def scraped_stock_days(run: RunRecord) -> Floats:
    """Ready stock on the platform over the sales that the scraper infers, both as weekly means (T10)."""
    stock, sold = (_trailing(values) for values in (_column(run, "ready"), scraped_packages(run)))
    return np.divide(stock, sold, out=np.full(run.day, np.nan), where=sold > 0)


def _trailing(values: Floats, days: int = 7) -> Floats:
    """Return the mean of the last ``days`` days (fewer at the start)."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    last = np.arange(1, len(values) + 1)
    first = np.maximum(0, last - days)
    return np.asarray((sums[last] - sums[first]) / (last - first))


def window_count(run: RunRecord, name: str) -> Floats:
    """Orders, shops or listings by day and place: only the days and places of the pack's window."""
    return _in_window(run, name, np.ones(run.day))


def window_packages(run: RunRecord) -> Floats:
    """Packages sold by day and place, as the scraper infers them."""
    return _in_window(run, "orders", _errors(run))


def window_sales(run: RunRecord) -> Floats:
    """Value of the sales that the scraper infers by day and place, US dollars."""
    return _in_window(run, "revenue", _errors(run)) / 100.0 / run.calendar.usd_rate[: run.day, None]


def _in_window(run: RunRecord, name: str, factor: Floats) -> Floats:
    """Return a record by day and place times a daily factor, NaN outside the window."""
    values = np.full((run.day, run.pack.n_regions), np.nan)
    window = run.pack.window
    if window is None:
        return values
    first, last = (max(0, min(run.day, run.pack.day_of(day))) for day in (window.start, window.end))
    places = [run.pack.region_index(code) for code in window.places]
    recorded = run.recording.by_place[: last - first, :, BY_PLACE.index(name)] * _stands_for(run, name)
    values[first:last, places] = (recorded * factor[first:last, None])[:, places]
    return values


REDUCERS = (
    scraped_packages, scraped_sales, scraped_count, leader_count, scraped_stock_days, window_count, window_packages,
    window_sales,
)  # fmt: skip
