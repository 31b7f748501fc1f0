"""What measurements are made of (M17): the listings of the largest platform, and the exposure of people to arrest.

Nothing here moves the model; `scraping` and `arrests` make the measurements of these records.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kladsim.core.population import Chunks, ordered_rows
from kladsim.core.random_arrays import Ints
from kladsim.model import codes as k
from kladsim.model.counters import INDEX
from kladsim.model.entities import Persons
from kladsim.model.state import World

SEEN = ("orders", "receipts", "shops", "offers", "ready", "restocked_ppm")
"""A day on the largest platform: orders, receipts in the smallest coin, shops and listings with a drop ready, drops
ready, and the share of sales on listings that were restocked, in parts per million."""
BY_PLACE = ("orders", "revenue", "shops", "offers")
EXPOSED = (k.C_LIGHT, k.C_HEAVY, k.C_DEPENDENT)


def share_online(persons: Persons, chunks: Chunks, p: Mapping[str, float]) -> float:
    """Return the share of exposure to arrest of people who use that lies with those who buy online."""
    rows = ordered_rows(persons.pid, chunks)
    rows = rows[np.isin(persons.klass[rows], EXPOSED)]
    weight = np.zeros(k.STABLE + 1)
    weight[[k.LIGHT, k.HEAVY, k.DEPENDENT]] = 1.0, p["policing.heavy"], p["policing.dependent"]
    exposure = weight[persons.use[rows]]
    street = persons.channel[rows] == k.STREET
    online, offline = exposure[~street].sum(), exposure[street].sum() * p["policing.street_exposure"]
    return float(online / (online + offline)) if online + offline > 0 else 0.0


def observe_listings(w: World) -> tuple[Ints, Ints]:
    """Return int64[len(SEEN)] of the largest platform, and int64[R, len(BY_PLACE)] of all branches by region."""
    platforms, regions = w.platforms, len(w.trade.branch_start) - 1
    volume = np.where(platforms.state == 1, platforms.volume, -1.0)
    leader = int(np.argmax(volume))
    branch = np.flatnonzero(w.branches.shop >= 0)
    shop = w.branches.shop[branch]
    ready = w.listings.ready.reshape(-1, k.G)[branch]
    offers = np.count_nonzero(ready > 0, axis=1)
    place = w.branches.region[branch]
    by_place = np.zeros((regions, len(BY_PLACE)), np.int64)
    by_place[:, 0] = w.tally.count[:, INDEX["orders"]]
    by_place[:, 1] = w.tally.count[:, INDEX["revenue"]]
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
