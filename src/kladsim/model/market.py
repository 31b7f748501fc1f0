"""Orders and pick-up: requests meet ready drops, whole drops for whole requests, rationed by a seeded priority.

A region's requests are served product by product in the order of their priority. Each looks for a branch on its
platform by reputation and promotion; what no branch of the region has ready is placed to order, where stock and
couriers allow, or comes from a branch of the same federal district. The fate of an order is decided at pick-up:
found, not found, or the buyer is arrested and the drop seized.
"""

from __future__ import annotations

import numpy as np

from kladsim.core import rng
from kladsim.core.arrays import Int64, UInt64
from kladsim.core.jit import part
from kladsim.core.random_arrays import Floats, Ints
from kladsim.model import codes as k
from kladsim.model import counters as n
from kladsim.model.demand import buy_on_street, units_of
from kladsim.model.drops import place_to_order
from kladsim.model.entities import Persons
from kladsim.model.justice import charge
from kladsim.model.state import World
from kladsim.model.today import DayContext

LOW32 = np.uint64(0xFFFFFFFF)


@part
def sells_on(w: World, shop: int, platform: int) -> bool:
    """Return whether a shop sells on a platform (255: through its own channel)."""
    bit = 15 if platform == k.NO_PLATFORM else platform
    return (w.shops.platforms[shop] >> np.uint16(bit)) & np.uint16(1) == np.uint16(1)


@part
def _sort(rank: UInt64, row: Int64, platform: Int64, low: int, high: int) -> None:
    """Sort a stretch of requests by rank in place (insertion for short stretches)."""
    if high - low > 48:
        order = np.argsort(rank[low:high])
        rank[low:high] = rank[low:high][order]
        row[low:high] = row[low:high][order]
        platform[low:high] = platform[low:high][order]
        return
    for x in range(low + 1, high):
        key, r, p = rank[x], row[x], platform[x]
        y = x - 1
        while y >= low and rank[y] > key:
            rank[y + 1], row[y + 1], platform[y + 1] = rank[y], row[y], platform[y]
            y -= 1
        rank[y + 1], row[y + 1], platform[y + 1] = key, r, p


@part
def orders(a: Persons, w: World, t: DayContext, worker: int, low: int, high: int) -> None:
    """Answer all requests of a range of regions and decide the fate of every order (phase over regions)."""
    branch, weight = w.scan.branch[worker], w.scan.weight[worker]
    for r in range(low, high):
        size = w.requests.n[r]
        first = w.requests.start[r]
        if size == 0:
            continue
        _sort(w.requests.rank, w.requests.row, w.requests.platform, first, first + size)
        product = -1
        found = 0
        total = 0.0
        left = 0
        for z in range(first, first + size):
            g = int(w.requests.rank[z] >> rng.S32)
            if g != product:
                product = g
                found, total = _offers(w, r, g, branch, weight)
            i = w.requests.row[z]
            b = _choose(w, t, branch, weight, found, total, g, w.requests.platform[z], a.pid[i])
            if b < 0:
                w.requests.row[first + left] = i
                w.requests.rank[first + left] = w.requests.rank[z]
                w.requests.platform[first + left] = w.requests.platform[z]
                left += 1
            else:
                carry_out(a, w, t, r, i, b, g, w.requests.platform[z])
        w.requests.n[r] = left


@part
def _offers(w: World, r: int, g: int, branch: Ints, weight: Floats) -> tuple[int, float]:
    """List the region's branches that have the product ready, with cumulative weights."""
    found = 0
    total = 0.0
    for s in range(w.trade.branch_start[r], w.trade.branch_start[r + 1]):
        b = w.trade.branch_index[s]
        if w.listings.ready[b * k.G + g] > 0:
            shop = w.branches.shop[b]
            reputation = w.shops.reputation[shop]
            total += reputation * reputation * reputation * w.shops.promotion[shop]
            branch[found] = b
            weight[found] = total
            found += 1
    return found, total


@part
def _choose(
    w: World,
    t: DayContext,
    branch: Ints,
    weight: Floats,
    found: int,
    total: float,
    g: int,
    platform: int,
    pid: int,
) -> int:
    """Return a branch with a ready drop on the platform: six weighted tries, then the next in a seeded round."""
    if found == 0:
        return -1
    at = 0
    for attempt in range(6):
        target = rng.unit(t.pick_key, pid, attempt) * total
        low, high = 0, found
        while low < high:
            middle = (low + high) >> 1
            if weight[middle] <= target:
                low = middle + 1
            else:
                high = middle
        at = min(low, found - 1)
        b = branch[at]
        if w.listings.ready[b * k.G + g] > 0 and sells_on(w, w.branches.shop[b], platform):
            return int(b)
    for step in range(found):
        b = branch[(at + step) % found]
        if w.listings.ready[b * k.G + g] > 0 and sells_on(w, w.branches.shop[b], platform):
            return int(b)
    return -1


@part
def price_of(w: World, r: int, g: int, units: float, shop: int) -> int:
    """Return the price of an order in kopecks: unit price falls with size because of the fixed drop cost (P16)."""
    standing = 1.0 + w.p[0].price_reputation * (w.shops.reputation[shop] - 0.9)
    return int(units * w.trade.unit_price[g] * standing + w.trade.drop_cost[r])


@part
def carry_out(a: Persons, w: World, t: DayContext, r: int, i: int, b: int, g: int, platform: int) -> None:
    """Take a drop from the branch, move the money, and decide what the buyer finds."""
    p = w.p[0]
    pid = a.pid[i]
    shop = w.branches.shop[b]
    slot = b * k.G + g
    units = units_of(a.use[i], rng.unit(t.event_key, pid, 47))
    price = price_of(w, r, g, units, shop)
    ready = w.listings.ready[slot]
    gone = rng.unit(t.pick_key, pid, 7) * ready < w.listings.missing[slot]
    w.listings.ready[slot] -= 1
    w.trade.sold[slot] += 1
    w.branches.sold[b] += 1
    w.tally.count[r, n.ORDERS] += 1
    if platform == k.NO_PLATFORM:
        w.tally.count[r, n.ORDERS_OFF_PLATFORM] += 1
    else:
        w.market.orders_on[r, platform] += 1
        a.last_buy[i] = t.day + 1
    if gone:
        w.listings.missing[slot] -= 1
        w.branches.missed[b] += 1
        w.tally.count[r, n.NOT_FOUND] += 1
        refund = int(price * p.drops_refund) if w.on[14] else 0
        w.tally.count[r, n.REFUNDS] += refund
        price -= refund
        if a.caution[i] < k.MOST_CAUTION:
            a.caution[i] += 1
    else:
        risk = w.police.pick_up_risk[r]
        if rng.unit(t.pick_key, pid, 8) < risk:
            w.tally.count[r, n.SEIZED_DROPS] += 1
            w.tally.count[r, n.ARRESTS_BUYER] += 1
            w.use.harm_sum[r] += p.use_harm_of_arrest
            w.police.arrest_sum[r, 0] += 1.0
            w.stock.seized_by[r, g] += 1
            charge(a, i, _chunk(w, a, r, i), w, t, k.POSSESSION)
        else:
            w.tally.count[r, n.PICKED_UP] += 1
            if a.caution[i] > 0:
                a.caution[i] -= 1
    pay(w, r, b, g, shop, platform, price)


@part
def _chunk(w: World, a: Persons, r: int, i: int) -> int:
    """Return the chunk of a row of a region."""
    low = w.regions.first_chunk[r]
    high = w.regions.first_chunk[r + 1]
    while high - low > 1:
        middle = (low + high) >> 1
        if w.chunks.start[middle] <= i:
            low = middle
        else:
            high = middle
    return int(low)


@part
def pay(w: World, r: int, b: int, g: int, shop: int, platform: int, price: int) -> None:
    """Split what the buyer paid: commission, then the shop (settled by night in whole kopecks); M14 off: no account.

    The price is the same whatever the commission: nobody chooses by it.
    """
    if not w.on[14]:
        return
    if platform == k.NO_PLATFORM:
        w.tally.count[r, n.REVENUE_OFF_PLATFORM] += price
        fee = 0
    else:
        w.tally.count[r, n.REVENUE] += price
        w.market.receipts_on[r, platform] += price
        fee = int(price * w.platforms.fee[platform])
        w.tally.count[r, n.FEES] += fee
    w.trade.takings[b] += price - fee


@part
def preorders(a: Persons, w: World, t: DayContext, regions: int) -> None:
    """Serve what is left: a drop placed to order, or one of the same federal district; else unmet (serial phase)."""
    p = w.p[0]
    for r in range(regions):
        size = w.requests.n[r]
        w.requests.n[r] = 0
        first = w.requests.start[r]
        for z in range(first, first + size):
            g = int(w.requests.rank[z] >> rng.S32)
            i = w.requests.row[z]
            platform = w.requests.platform[z]
            b = _in_advance(w, t, r, g, platform, a.pid[i], regions)
            if b >= 0:
                w.tally.count[r, n.PREORDERS] += 1
                carry_out(a, w, t, r, i, b, g, platform)
                continue
            w.tally.count[r, n.UNMET] += 1
            w.market.unmet_by[r, g] += 1
            if rng.unit(t.event_key, a.pid[i], 48) < p.demand_fall_back:
                buy_on_street(a, i, w, t, r, g)


@part
def _in_advance(w: World, t: DayContext, r: int, g: int, platform: int, pid: int, regions: int) -> int:
    """Return a branch that has a drop for a buyer who orders in advance on a platform: placed to order in the region,
    ready elsewhere in the federal district, or placed to order there; where nobody there lists it, one takes it up.
    """
    b = _listed(w, t, r, g, platform, pid)
    if b >= 0 and place_to_order(w, t, r, b, g, pid):
        return b
    best, lists, where = _elsewhere(w, t, r, g, platform, pid, regions)
    if best >= 0:
        return int(best)
    if b < 0 and lists >= 0 and place_to_order(w, t, where, lists, g, pid):
        return int(lists)
    if b < 0 and lists < 0:
        b, where = _takes_up(w, t, r, g, platform, pid, regions)
        if b >= 0 and place_to_order(w, t, where, b, g, pid):
            w.listings.on_sale[b * k.G + g] = 1
            return int(b)
    return -1


@part
def _takes_up(w: World, t: DayContext, r: int, g: int, platform: int, pid: int, regions: int) -> tuple[int, int]:
    """Return the branch that takes a product up for a buyer whom nobody of the federal district can serve, with its
    region: one that sells on the platform, from a seeded start on, of the buyer's region or else of the district;
    where a sample has none, one that lists the product, or the first, stands for those who do.
    """
    stands, place = -1, r
    for turn in range(regions + 1):
        other = r if turn == 0 else turn - 1
        if (turn > 0 and other == r) or w.regions.district[other] != w.regions.district[r]:
            continue
        branches = w.trade.branch_start[other + 1] - w.trade.branch_start[other]
        first = rng.below(t.pick_key, pid, 13, max(1, branches))
        for step in range(branches):
            b = w.trade.branch_index[w.trade.branch_start[other] + (first + step) % branches]
            if sells_on(w, w.branches.shop[b], platform):
                return b, other
            if stands < 0 or (w.listings.on_sale[b * k.G + g] and not w.listings.on_sale[stands * k.G + g]):
                stands, place = b, other
    return stands, place


@part
def _listed(w: World, t: DayContext, r: int, g: int, platform: int, pid: int) -> int:
    """Return a branch of the region that lists the product on the platform, from a seeded start on."""
    branches = w.trade.branch_start[r + 1] - w.trade.branch_start[r]
    if branches == 0:
        return -1
    first = rng.below(t.pick_key, pid, 10, branches)
    for step in range(branches):
        b = w.trade.branch_index[w.trade.branch_start[r] + (first + step) % branches]
        if w.listings.on_sale[b * k.G + g] and sells_on(w, w.branches.shop[b], platform):
            return int(b)
    return -1


@part
def _elsewhere(w: World, t: DayContext, r: int, g: int, platform: int, pid: int, regions: int) -> tuple[int, int, int]:
    """Return, of the other regions of the district, the branch with the most ready drops of the product, and one that
    lists it, from a seeded start on, with its region (-1: none).
    """
    branches = 0
    for other in range(regions):
        if other != r and w.regions.district[other] == w.regions.district[r]:
            branches += w.trade.branch_start[other + 1] - w.trade.branch_start[other]
    first = rng.below(t.pick_key, pid, 12, max(1, branches))
    best, lists, where = -1, -1, -1
    most = 0
    at = -1
    passed = False
    for other in range(regions):
        if other == r or w.regions.district[other] != w.regions.district[r]:
            continue
        for s in range(w.trade.branch_start[other], w.trade.branch_start[other + 1]):
            at += 1
            b = w.trade.branch_index[s]
            if not w.listings.on_sale[b * k.G + g] or not sells_on(w, w.branches.shop[b], platform):
                continue
            ready = w.listings.ready[b * k.G + g]
            if ready > most:
                best = b
                most = ready
            if lists < 0 or (at >= first and not passed):
                lists, where = b, other
                passed = at >= first
    return best, lists, where
