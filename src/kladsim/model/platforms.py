"""M4 and M5, platforms: two-sided competition, promotion, congestion, closure, and the migration that follows.

Buyers weigh reach (share of residents within reach of a platform's listings, which saturates), size, trust and
promotion; shops join where buyers are. The commission is drawn when a platform opens and booked on each sale: no
buyer and no shop chooses by it, and platforms decide nothing. While the market is small, reach differs and the
largest wins (tipping); once several platforms reach everybody, promotion and trust decide. A platform that grows
beyond its capacity loses trust, and while the lead is contested the larger one is the likelier to be attacked (E019,
E020). When one closes, its users search and its shops apply elsewhere (T11-T16, PL1-PL13: checks, never parameters).
M4 off: shares stay fixed. M5 off: users of a closed platform leave.
"""

from __future__ import annotations

import numpy as np

from kladsim.core import rng
from kladsim.core.fixedmath import exp, power
from kladsim.core.jit import part
from kladsim.model import codes as k
from kladsim.model import quantities as q
from kladsim.model.parameters import Parameters
from kladsim.model.state import World
from kladsim.model.today import DayContext

P = k.MAX_PLATFORMS


@part
def attraction(reach: float, size: float, trust: float, promotion: float, memory: float, p: Parameters) -> float:
    """Return a platform's weight in buyers' choice; size counts less while the fall of a large one is remembered."""
    return (
        power(reach, p.platform_reach)
        * power(size, p.platform_size / memory)
        * power(trust, p.platform_trust)
        * exp(p.platform_promotion * promotion)
    )


@part
def closures(w: World, t: DayContext, regions: int) -> None:
    """Close the platform that an outside event or a lever closes today, before anybody buys (serial)."""
    rank = int(w.q[q.TAKEDOWN, 0])
    if rank > 0:
        take_down(w, t, rank)
        reach_and_choice(w, t, regions)


@part
def daily(w: World, t: DayContext, regions: int) -> None:
    """Sum the day, smooth volumes, move trust and capacity, let platforms close and open (serial)."""
    p = w.p[0]
    total = 0.0
    for j in range(P):
        orders = 0
        receipts = 0
        for r in range(regions):
            orders += w.market.orders_on[r, j]
            receipts += w.market.receipts_on[r, j]
            w.platforms.accounts[j] += w.market.new_accounts[r, j]
            w.market.orders_on[r, j] = 0
            w.market.receipts_on[r, j] = 0
            w.market.new_accounts[r, j] = 0
        w.platforms.today[j] = orders
        w.platforms.receipts[j] = receipts
        if w.platforms.state[j] != 1:
            w.platforms.volume[j] = 0.0
            continue
        w.platforms.volume[j] += (orders * t.scale_factor - w.platforms.volume[j]) / 14.0
        total += w.platforms.volume[j]
    for j in range(P):
        if w.platforms.state[j] != 1:
            continue
        load = w.platforms.volume[j] / w.platforms.capacity[j]
        w.platforms.capacity[j] *= 1.0 + p.platform_growth / 7.0 * min(1.0, load)
        strain = p.platform_strain * max(0.0, load - 1.0)
        shake = p.platform_shake * (rng.unit(t.platform_key, j, 0) - 0.5)
        trust = w.platforms.trust[j]
        aim = 1.0 if t.day - w.platforms.born[j] > 365 else 0.75
        trust += (aim - trust) / 120.0 - min(0.03, strain) + shake
        prize = w.platforms.volume[j] / max(total, 1.0)
        if rng.unit(t.platform_key, j, 1) < p.platform_outage / 365.0 * prize * (w.market.takedown_memory[0] - 1.0):
            trust -= p.platform_outage_loss
        w.platforms.trust[j] = min(1.3, max(0.15, trust))
    _promote(w, t, total)
    w.market.takedown_memory[0] += (1.0 - w.market.takedown_memory[0]) / (365.0 * p.migration_memory_years)
    if w.on[4]:
        _exits(w, t, total)
        _entries(w, t, total)


@part
def _promote(w: World, t: DayContext, total: float) -> None:
    """Promotion: weak under a monopoly, a war among several.

    The level is a function of the effective number of platforms, so that P07 reads this rule back.
    """
    p = w.p[0]
    squares = 0.0
    for j in range(P):
        if w.platforms.state[j] == 1 and total > 0.0:
            squares += (w.platforms.volume[j] / total) * (w.platforms.volume[j] / total)
    rivals = 1.0 / squares if squares > 0.0 else 1.0
    w.market.promotion_level[0] += (1.0 + p.platform_war * (rivals - 1.0) - w.market.promotion_level[0]) / 60.0
    for j in range(P):
        if w.platforms.state[j] == 1:
            aim = (2.0 * rng.unit(t.month_key, j, 2) - 0.6) * (rivals - 1.0)
            w.platforms.promotion[j] += (max(0.0, aim) - w.platforms.promotion[j]) / 30.0


@part
def shut(w: World, t: DayContext, j: int, share: float, shock: float) -> None:
    """Close a platform with a share of all orders for good; shops that sold only there have to seek another, and from
    now on buyers hear only from those who buy elsewhere. Who never bought there hardly remembers it: what the market
    remembers goes with the share squared.
    """
    w.platforms.state[j] = 2
    w.platforms.closed[j] = t.day
    w.market.takedown_memory[0] += shock * share * share
    w.channels.settled[0] *= 1.0 - share
    for s in range(w.shops.alive.size):
        if w.shops.alive[s] and (w.shops.platforms[s] >> np.uint16(j)) & np.uint16(1):
            w.shops.platforms[s] &= np.uint16(65535 - (1 << j))
            w.shops.reputation[s] = (
                w.p[0].migration_reputation * w.shops.reputation[s]
                + (1.0 - w.p[0].migration_reputation) * w.p[0].shop_first_reputation
            )
            if w.shops.platforms[s] & np.uint16(32767) == 0:
                w.shops.seek[s] = t.day


@part
def take_down(w: World, t: DayContext, rank: int) -> None:
    """Close the platform of a rank by volume (an outside event or a lever)."""
    for j in range(P):
        if w.platforms.state[j] != 1:
            continue
        larger = 0
        for h in range(P):
            if w.platforms.state[h] == 1 and (
                w.platforms.volume[h] > w.platforms.volume[j]
                or (w.platforms.volume[h] == w.platforms.volume[j] and h < j)
            ):
                larger += 1
        if larger == rank - 1:
            share = w.platforms.volume[j] / max(1.0, _total(w))
            shut(w, t, j, share, w.p[0].migration_shock)
            return


@part
def _total(w: World) -> float:
    total = 0.0
    for j in range(P):
        if w.platforms.state[j] == 1:
            total += w.platforms.volume[j]
    return total


@part
def _exits(w: World, t: DayContext, total: float) -> None:
    """Voluntary closures, and rare ones by police: more likely for the small and the distrusted (T16)."""
    p = w.p[0]
    open_now = 0
    for j in range(P):
        open_now += w.platforms.state[j] == 1
    for j in range(P):
        if w.platforms.state[j] != 1 or open_now <= 1 or t.day - w.platforms.born[j] < 60:
            continue
        share = w.platforms.volume[j] / max(total, 1.0)
        small = 1.0 - min(1.0, share)
        rate = p.platform_exit * 1.6 * small * small + p.policing_platform * w.q[q.EFFORT_PLATFORM, 0]
        if rng.unit(t.platform_key, j, 3) < rate / 365.0:
            shut(w, t, j, share, 0.5 * p.migration_shock)
            open_now -= 1


@part
def _entries(w: World, t: DayContext, total: float) -> None:
    """New platforms: rare under a monopoly, many when buyers have lost theirs (E021)."""
    p = w.p[0]
    rate = p.platform_entry + p.platform_entry_after * max(0.0, w.market.takedown_memory[0] - 1.0)
    open_now = 0
    for j in range(P):
        open_now += w.platforms.state[j] == 1
    if rng.unit(t.platform_key, P, 4) >= rate / 365.0 or open_now >= P - 4:
        return
    for j in range(P):
        if w.platforms.state[j] == 0 or (w.platforms.state[j] == 2 and t.day - w.platforms.closed[j] > 400):
            open_platform(w, t, j, 0.65)
            return


@part
def open_platform(w: World, t: DayContext, j: int, trust: float) -> None:
    """Open a platform in a slot."""
    p = w.p[0]
    w.platforms.state[j] = 1
    w.platforms.born[j] = t.day
    w.platforms.closed[j] = -1
    w.platforms.fee[j] = p.platform_fee * (0.7 + 0.6 * rng.unit(t.platform_key, j, 5))
    w.platforms.trust[j] = trust
    w.platforms.promotion[j] = 0.0
    w.platforms.volume[j] = 0.0
    w.platforms.capacity[j] = p.platform_first_capacity
    w.platforms.accounts[j] = 0
    w.platforms.shops[j] = 0


@part
def platform_closes(w: World, t: DayContext) -> bool:
    """Return whether a platform closed today."""
    for j in range(P):
        if w.platforms.state[j] == 2 and w.platforms.closed[j] == t.day:
            return True
    return False


@part
def reach_and_choice(w: World, t: DayContext, regions: int) -> None:
    """Refresh each platform's shops, reach by region and weight in choice (serial, every few days and when one closes).

    A platform has its national share of the branches that a region has: shops join nationally, and the few branches of
    a sampled region would tell of luck alone.
    """
    p = w.p[0]
    for j in range(P):
        w.platforms.shops[j] = 0
    for s in range(w.shops.alive.size):
        if w.shops.alive[s]:
            for j in range(P):
                w.platforms.shops[j] += (w.shops.platforms[s] >> np.uint16(j)) & np.uint16(1)
    total = _total(w)
    selling = np.zeros(P)
    on_sale = np.zeros(regions)
    people = 0.0
    branches = 0
    for j in range(P):
        w.platforms.coverage[j] = 0.0
    for r in range(regions):
        people += w.people.alive[r]
        for at in range(w.trade.branch_start[r], w.trade.branch_start[r + 1]):
            mask = w.shops.platforms[w.branches.shop[w.trade.branch_index[at]]]
            on_sale[r] += (mask & np.uint16(32767)) != np.uint16(0)
            branches += 1
            for j in range(P):
                selling[j] += (mask >> np.uint16(j)) & np.uint16(1)
    for r in range(regions):
        here = (
            (w.trade.branch_start[r + 1] - w.trade.branch_start[r])
            * 1e5
            / t.seller_scale
            / max(1.0, float(w.people.alive[r]))
        )
        cumulative = 0.0
        for j in range(P):
            dense = here * selling[j] / max(1, branches)
            reach = dense / (dense + p.platform_enough_branches)
            w.platforms.coverage[j] += reach * w.people.alive[r]
            weight = 0.0
            if w.platforms.state[j] == 1:
                size = (w.platforms.volume[j] + p.platform_seed_volume) / (total + 5.0 * p.platform_seed_volume)
                if w.on[4]:
                    weight = attraction(
                        0.02 + reach,
                        size,
                        w.platforms.trust[j],
                        w.platforms.promotion[j],
                        w.market.takedown_memory[0],
                        p,
                    )
                else:
                    weight = w.market.platform_fixed[j]
            cumulative += weight
            w.market.platform_choice[r, j] = cumulative
        for j in range(P):
            w.market.platform_choice[r, j] = w.market.platform_choice[r, j] / cumulative if cumulative > 0.0 else 1.0
        w.market.presence[r] = on_sale[r] / max(1.0, w.trade.branch_start[r + 1] - w.trade.branch_start[r])
    for j in range(P):
        w.platforms.coverage[j] /= max(1.0, people)


@part
def shops_join(w: World, t: DayContext) -> None:
    """Shops join platforms: those that lost theirs seek one; others add a second by size and past losses (daily,
    serial).
    """
    p = w.p[0]
    total = _total(w)
    entry = -1
    best = -1.0
    for j in range(P):
        if w.platforms.state[j] == 1 and w.platforms.volume[j] > best:
            best = w.platforms.volume[j]
            entry = j
    for s in range(w.shops.alive.size):
        if not w.shops.alive[s]:
            continue
        mask = w.shops.platforms[s]
        lost = mask & np.uint16(32767) == 0
        many = 0
        for j in range(P):
            many += int((mask >> np.uint16(j)) & np.uint16(1))
        if lost:
            rate = p.migration_shops if w.on[5] else 0.0
        else:
            fresh = w.market.takedown_memory[0] - 1.0 + p.platform_fringe
            rate = p.platform_multihome / 365.0 * fresh * max(0.0, 4.0 - many)
        if rng.unit(t.platform_key, 1000 + s, 6) < rate:
            _join_one(w, t, s, total)
        if mask & np.uint16(k.OWN_CHANNEL) == 0:
            own = p.shop_own_channel / 365.0 * w.market.takedown_memory[0] * w.channels.own_level[0]
            if rng.unit(t.platform_key, 1000 + s, 7) < own:
                w.shops.platforms[s] |= np.uint16(k.OWN_CHANNEL)
    w.market.entry_platforms[0] = 1 << entry if entry >= 0 else k.OWN_CHANNEL


@part
def _join_one(w: World, t: DayContext, s: int, total: float) -> None:
    """Join one more platform, drawn by volume, trust and promotion."""
    p = w.p[0]
    weights = 0.0
    for j in range(P):
        if w.platforms.state[j] == 1 and (w.shops.platforms[s] >> np.uint16(j)) & np.uint16(1) == 0:
            weights += _shop_weight(w, j, total, p)
    target = rng.unit(t.platform_key, 1000 + s, 8) * weights
    for j in range(P):
        if w.platforms.state[j] == 1 and (w.shops.platforms[s] >> np.uint16(j)) & np.uint16(1) == 0:
            target -= _shop_weight(w, j, total, p)
            if target < 0.0:
                w.shops.platforms[s] |= np.uint16(1 << j)
                w.shops.seek[s] = -1
                return


@part
def _shop_weight(w: World, j: int, total: float, p: Parameters) -> float:
    share = (w.platforms.volume[j] + p.platform_seed_volume) / (total + 5.0 * p.platform_seed_volume)
    return power(share, p.platform_shop_size) * w.platforms.trust[j] * (1.0 + w.platforms.promotion[j])
