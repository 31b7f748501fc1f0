"""Economy, shocks and places: what the day brings from outside (M15), what is on the shelf, and which places open.

Movement restrictions lower demand hand to hand more than the placing of drops; borders limit imports. Drops
come down the settlement ladder: the larger and richer a place and the more its region already sells, the sooner
it opens (P03, T07).
"""

from __future__ import annotations

from kladsim.core import rng
from kladsim.core.fixedmath import power
from kladsim.core.jit import part
from kladsim.model import codes as k
from kladsim.model import counters as n
from kladsim.model import quantities as q
from kladsim.model.parameters import Parameters
from kladsim.model.state import World
from kladsim.model.today import DayContext


@part
def opening_rate(size: float, wealth: float, volume: float, p: Parameters) -> float:
    """Return the yearly hazard that a place opens: by its size class, wealth and the size of the market."""
    return p.spread_rate * size * power(wealth, p.spread_wealth) * power(volume, p.spread_volume)


@part
def update_economy(w: World, t: DayContext, low: int, high: int) -> None:
    """Clear the counters and refresh movement, shelf and availability (phase over regions)."""
    p = w.p[0]
    for r in range(low, high):
        for column in range(w.tally.count.shape[1]):
            w.tally.count[r, column] = 0
        movement = w.q[q.MOVEMENT, r]
        w.economy.street_movement[r] = power(movement, p.shock_street)
        w.economy.drop_movement[r] = power(movement, p.shock_drops)
        on_shelf = 0.0
        for g in range(k.G):
            ready = 0
            for s in range(w.trade.branch_start[r], w.trade.branch_start[r + 1]):
                ready += w.listings.ready[w.trade.branch_index[s] * k.G + g]
            w.demand.displayed[r, g] += (ready * t.scale_factor - w.demand.displayed[r, g]) / p.market_shelf_days
            full = w.demand.displayed[r, g] / (w.demand.displayed[r, g] + p.market_half_shelf)
            w.demand.shelf[r, g] = max(full, 0.6 * min(1.0, w.supply.cover[g] / 4.0))
            on_shelf += w.demand.shelf[r, g] / k.G
            supply = min(1.0, w.supply.cover[g] / p.production_cover + 0.1)
            w.demand.street_available[r, g] += (
                w.demand.street_base[g] * supply - w.demand.street_available[r, g]
            ) / 14.0
        users = max(1, w.use.by_channel[r, 0] + w.use.by_channel[r, 1] + w.use.by_channel[r, 2])
        online = (w.use.by_channel[r, 1] + w.use.by_channel[r, 2]) / users
        w.use.availability[r] = (
            0.8 + 0.2 * w.demand.street_available[r, 0] + p.use_online_availability * online * on_shelf
        )


@part
def service(w: World, t: DayContext, regions: int) -> None:
    """Smooth how well drops serve buyers, orders by region, and national shares (serial, at night)."""
    p = w.p[0]
    users = 0.0
    online = 0.0
    own = 0.0
    orders = 0.0
    own_orders = 0.0
    displaced = 0.0
    requests = 0.0
    for r in range(regions):
        users += w.use.by_channel[r, 0] + w.use.by_channel[r, 1] + w.use.by_channel[r, 2]
        online += w.use.by_channel[r, 1] + w.use.by_channel[r, 2]
        own += w.use.by_channel[r, 2]
        asked = w.tally.count[r, n.REQUESTS] + w.tally.count[r, n.DISPLACED]
        got = w.tally.count[r, n.ORDERS] - w.tally.count[r, n.NOT_FOUND]
        w.channels.asked_level[r] += (asked - w.channels.asked_level[r]) / p.market_memory_days
        w.channels.served_level[r] += (got - w.channels.served_level[r]) / p.market_memory_days
        if w.channels.asked_level[r] > 0.0:
            w.channels.service[r] = w.channels.served_level[r] / w.channels.asked_level[r]
        w.market.orders_region[r] += (
            w.tally.count[r, n.ORDERS] + w.tally.count[r, n.UNMET] - w.market.orders_region[r]
        ) / p.market_memory_days
        orders += w.tally.count[r, n.ORDERS] + w.tally.count[r, n.UNMET]
        own_orders += w.tally.count[r, n.ORDERS_OFF_PLATFORM]
        displaced += w.tally.count[r, n.DISPLACED]
        requests += w.tally.count[r, n.REQUESTS]
    w.channels.online_national[0] = online / max(1.0, users)
    w.channels.settled[0] = requests / max(1.0, requests + displaced)
    w.market.orders_level[0] += (orders * t.scale_factor - w.market.orders_level[0]) / p.market_memory_days
    w.channels.own_level[0] = 0.2 + own / max(1.0, online)
    w.labour.market_reach[0] = power(
        max(0.02, w.market.orders_level[0] / p.recruitment_reference_orders), p.recruitment_market
    )
    for g in range(k.G):
        share = 0.0
        for r in range(regions):
            previous = w.demand.mix[r, g - 1] if g > 0 else 0.0
            share += (w.demand.mix[r, g] - previous) * w.people.alive[r]
        w.demand.mix_sum[g] = share
    total = 0.0
    for g in range(k.G):
        total += w.demand.mix_sum[g]
    level = 0.0
    for g in range(k.G):
        share = w.demand.mix_sum[g] / total
        level += share
        w.demand.national_mix[g] = level
        if w.on[3]:
            aim = w.demand.taste_first[g] * learned_taste(share, w.demand.mix_first[g], p)
            w.demand.taste[g] += (aim - w.demand.taste[g]) / 365.0
        local_gain = (
            p.mix_push * (w.supply.local[g] and g >= k.MEPHEDRONE) * min(1.0, w.channels.online_national[0] / 0.3)
        )
        w.demand.product_promotion[g] += (local_gain - w.demand.product_promotion[g]) / 180.0


@part
def learned_taste(share: float, first: float, p: Parameters) -> float:
    """Return the factor of taste for what has become usual: (share / share at the start)^learning (S113)."""
    return power(min(10.0, max(0.1, share / max(first, 1e-6))), p.mix_learning)


@part
def open_places(w: World, t: DayContext) -> None:
    """Weekly: places where drops are not yet on offer may open (serial)."""
    p = w.p[0]
    volume = w.market.orders_level[0] / p.spread_reference_orders
    for cell in range(w.cells.region.size):
        if w.cells.opened[cell] >= 0 or w.cells.alive[cell] == 0:
            continue
        r = w.cells.region[cell]
        near = 1.0 + p.spread_region * w.channels.region_open[r]
        rate = (
            opening_rate(w.channels.class_weight[w.cells.klass[cell]], w.economy.wealth[r], max(volume, 1e-4), p) * near
        )
        if rng.unit(t.spread_key, cell, 0) < 1.0 - power(0.5, rate / 52.0 / 0.6931471805599453):
            w.cells.opened[cell] = t.day
            w.channels.region_open[r] = 1


@part
def coverage(w: World, t: DayContext, low: int, high: int) -> None:
    """Count residents in places where drops are on offer (phase over regions)."""
    for r in range(low, high):
        for cell in range(w.regions.first_cell[r], w.regions.first_cell[r + 1]):
            if w.cells.opened[cell] >= 0:
                w.tally.count[r, n.COVERED_PERSONS] += w.cells.alive[cell]
        w.tally.count[r, n.COURIER_DAYS] = w.labour.couriers[r]
