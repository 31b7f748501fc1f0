"""M8, drops: stock is asked for, placed, lost and stolen; what the shop believes ready need not be there.

Every drop placed has one fate: picked up, stolen by thieves, kept by a courier, seized, lost, or still ready.
Thieves take more where drops are dense; winter changes losses (claims S034-S043, E073). With M8 off every drop
is found.
"""

from __future__ import annotations

import numpy as np

from kladsim.core import rng
from kladsim.core.fixedmath import exp, power
from kladsim.core.jit import part
from kladsim.core.random_arrays import Floats
from kladsim.model import codes as k
from kladsim.model import counters as n
from kladsim.model.parameters import Parameters
from kladsim.model.state import World
from kladsim.model.today import DayContext


@part
def stochastic_round(x: float, u: float) -> int:
    """Return a whole number with expectation ``x``: rounded up with the probability of the fraction."""
    return int(x + u)


@part
def theft_by_couriers(fear: float, deposits: float, p: Parameters) -> float:
    """Share of drops that couriers keep: falls with fear of punishment and with deposits (M9; S101)."""
    return p.drops_theft * exp(-p.punishment_deterrence * fear) * (1.0 - p.drops_deposit_effect * deposits)


@part
def couriers_per_drop(t: DayContext, p: Parameters) -> float:
    """Return the couriers kept for one drop a day: those just needed, and a reserve that is the larger the cheaper
    labour is. Their pay follows wages, and labour demand falls with pay (Lichter, Peichl & Siegloch 2015,
    doi:10.1016/j.euroecorev.2015.08.007).
    """
    return p.courier_slack * power(t.real_wage, -p.courier_demand_elasticity) / p.courier_drops_a_day


@part
def target(w: World, t: DayContext, slot: int, sales: float, movement: float) -> int:
    """Return the drops that a listing wants ready, rounded by a chance that stays: rounded anew every day, they would
    ratchet upwards.
    """
    p = w.p[0]
    aim = (p.drops_stock_days * sales + p.drops_least_stock / t.seller_scale) * movement
    return stochastic_round(aim, rng.unit(w.people.trait_key, slot, 20))


@part
def ask_for_stock(w: World, t: DayContext, low: int, high: int) -> None:
    """Each listing asks for drops up to its target, each branch for couriers (phase over regions)."""
    p = w.p[0]
    labour = couriers_per_drop(t, p)
    for r in range(low, high):
        for g in range(k.G):
            w.stock.wanted[r, g] = 0
        w.stock.labour_need[r] = w.market.orders_region[r] * labour
        for s in range(w.trade.branch_start[r], w.trade.branch_start[r + 1]):
            b = w.trade.branch_index[s]
            expected = 0.0
            for g in range(k.G):
                slot = b * k.G + g
                w.listings.want[slot] = 0
                if not w.listings.on_sale[slot]:
                    continue
                sales = w.listings.sales[slot]
                expected += sales
                aim = target(w, t, slot, sales, 0.5 * (1.0 + w.economy.drop_movement[r]))
                w.listings.want[slot] = max(0, aim - w.listings.ready[slot])
            w.branches.wanted[b] = stochastic_round(expected * labour, rng.unit(w.people.trait_key, b, 21))
            for g in range(k.G):
                w.stock.wanted[r, g] += w.listings.want[b * k.G + g]


@part
def ration(w: World, t: DayContext, regions: int) -> None:
    """Share out what is in the wholesale stock and what couriers can place: each region's quota of each product.

    Couriers work where their federal district needs them, so that capacity is shared by district. Whole numbers,
    rounded by seeded chance (serial phase).
    """
    for g in range(k.G):
        total = 0
        for r in range(regions):
            total += w.stock.wanted[r, g]
        w.stock.in_stock[g] = min(1.0, w.supply.wholesale[g] / total) if total > 0 else 1.0
    pool_couriers(w, regions)
    for d in range(districts(w, regions)):
        share_capacity(w, d, regions)
    for g in range(k.G):
        for r in range(regions):
            asked = w.stock.wanted[r, g]
            quota = stochastic_round(
                asked * w.stock.in_stock[g] * w.stock.capacity_share[r], rng.unit(t.stock_key, r * k.G + g, 10)
            )
            w.stock.quota[r, g] = min(quota, asked, w.supply.wholesale[g])
            w.supply.wholesale[g] -= w.stock.quota[r, g]


@part
def districts(w: World, regions: int) -> int:
    """Return the number of federal districts."""
    last = 0
    for r in range(regions):
        last = max(last, w.regions.district[r])
    return last + 1


@part
def pooling_share(need: float, p: Parameters) -> float:
    """Return the share of its couriers that a federal district has in common with the others."""
    return p.courier_pooling_need / (need + p.courier_pooling_need)


@part
def pool_labour(need: Floats, have: Floats, hands: Floats, p: Parameters) -> None:
    """Write how many couriers work for each federal district, from those it needs and has."""
    shared = 0.0
    wanted = 0.0
    for d in range(need.size):
        shared += pooling_share(need[d], p) * have[d]
        wanted += pooling_share(need[d], p) * need[d]
    for d in range(need.size):
        lent = pooling_share(need[d], p) * need[d] * shared / wanted if wanted > 0.0 else 0.0
        hands[d] = (1.0 - pooling_share(need[d], p)) * have[d] + lent


@part
def pool_couriers(w: World, regions: int) -> None:
    """Set how many couriers work for each federal district. A district of a sample that needs three or four couriers
    would have too few or too many by the luck of one: the fewer it needs, the more it shares with all the others.
    """
    need, have = np.zeros(districts(w, regions)), np.zeros(districts(w, regions))
    for r in range(regions):
        need[w.regions.district[r]] += w.stock.labour_need[r]
        have[w.regions.district[r]] += w.labour.couriers[r]
    pool_labour(need, have, w.stock.hands, w.p[0])


@part
def share_capacity(w: World, d: int, regions: int) -> None:
    """Set what the couriers of a federal district can place today, over what there is to place, at most 1, and what
    they could place beyond it; what they did not need to do they can do on one of the next days, and what they placed
    to order in advance, with less to spare, they make up for first.
    """
    free = 0.0
    need = 0.0
    asked = 0.0
    for r in range(regions):
        if w.regions.district[r] == d:
            free += w.stock.labour_need[r] * w.economy.drop_movement[r]
            need += w.stock.labour_need[r]
            for g in range(k.G):
                asked += w.stock.wanted[r, g] * w.stock.in_stock[g]
    can = w.stock.hands[d] * w.p[0].courier_most_drops * (free / need if need > 0.0 else 1.0)
    can += min(w.stock.capacity_left[d], w.p[0].courier_flexible_days * can)
    for r in range(regions):
        if w.regions.district[r] == d:
            w.stock.capacity_share[r] = min(1.0, max(0.0, can) / asked) if asked > 0.0 else 1.0
    w.stock.capacity_left[d] = can - asked if can > asked else min(0.0, can)


@part
def place(w: World, t: DayContext, low: int, high: int) -> None:
    """Place drops within the quota; some are kept by couriers or lost at once (phase over regions)."""
    p = w.p[0]
    for r in range(low, high):
        theft = (
            theft_by_couriers(w.punishment.fear[0], p.recruitment_deposit_share * w.labour.deposits[0], p)
            if w.on[8]
            else 0.0
        )
        error = p.drops_error if w.on[8] else 0.0
        branches = w.trade.branch_start[r + 1] - w.trade.branch_start[r]
        if branches == 0:
            continue
        first = rng.below(t.stock_key, r, 11, branches)
        for step in range(branches):
            b = w.trade.branch_index[w.trade.branch_start[r] + (first + step) % branches]
            for g in range(k.G):
                slot = b * k.G + g
                given = min(w.listings.want[slot], w.stock.quota[r, g])
                if given <= 0:
                    continue
                w.stock.quota[r, g] -= given
                kept = min(given, stochastic_round(given * theft, rng.unit(t.stock_key, slot, 1)))
                lost = min(given - kept, stochastic_round(given * error, rng.unit(t.stock_key, slot, 2)))
                w.listings.ready[slot] += given
                w.listings.missing[slot] += kept + lost
                w.trade.placed_by[b] += given
                w.tally.count[r, n.PLACED] += given
                w.tally.count[r, n.KEPT_BY_COURIERS] += kept
                w.tally.count[r, n.LOST_DROPS] += lost
        for g in range(k.G):
            w.stock.unused_quota[r, g] = w.stock.quota[r, g]


@part
def place_to_order(w: World, t: DayContext, r: int, b: int, g: int, pid: int) -> bool:
    """Place one drop for a buyer who ordered in advance, if stock and couriers allow; return whether it was placed."""
    d = w.regions.district[r]
    p = w.p[0]
    if (
        w.supply.wholesale[g] < 1
        or w.stock.capacity_left[d] <= rng.unit(t.pick_key, pid, 14) - p.drops_reserve_to_order
    ):
        return False
    w.supply.wholesale[g] -= 1
    w.stock.capacity_left[d] -= 1.0
    w.listings.ready[b * k.G + g] += 1
    w.trade.placed_by[b] += 1
    w.tally.count[r, n.PLACED] += 1
    if w.on[8]:
        u = rng.unit(t.pick_key, pid, 9)
        theft = theft_by_couriers(w.punishment.fear[0], p.recruitment_deposit_share * w.labour.deposits[0], p)
        if u < theft + p.drops_error:
            w.listings.missing[b * k.G + g] += 1
            w.tally.count[r, n.KEPT_BY_COURIERS] += u < theft
            w.tally.count[r, n.LOST_DROPS] += u >= theft
    return True


@part
def give_back(w: World, regions: int) -> None:
    """Return unused quota to the wholesale stock (serial)."""
    for r in range(regions):
        for g in range(k.G):
            w.supply.wholesale[g] += w.stock.unused_quota[r, g]
            w.stock.unused_quota[r, g] = 0


@part
def thieves(w: World, t: DayContext, low: int, high: int) -> None:
    """Outsiders find drops: the rate rises with the density of drops and changes with the season (phase over
    regions).
    """
    p = w.p[0]
    if not w.on[8]:
        return
    for r in range(low, high):
        ready = 0
        for s in range(w.trade.branch_start[r], w.trade.branch_start[r + 1]):
            b = w.trade.branch_index[s]
            for g in range(k.G):
                ready += w.listings.ready[b * k.G + g] - w.listings.missing[b * k.G + g]
        density = ready * t.scale_factor / max(1.0, w.people.alive[r] * t.scale_factor / 1e5)
        rate = p.drops_thieves * density / (density + p.drops_thieves_half) * t.season_drops
        stolen = 0
        for s in range(w.trade.branch_start[r], w.trade.branch_start[r + 1]):
            b = w.trade.branch_index[s]
            for g in range(k.G):
                slot = b * k.G + g
                there = w.listings.ready[slot] - w.listings.missing[slot]
                if there > 0:
                    taken = min(there, stochastic_round(there * rate, rng.unit(t.stock_key, slot, 3)))
                    w.listings.missing[slot] += taken
                    stolen += taken
        w.tally.count[r, n.STOLEN_BY_THIEVES] += stolen
        w.stock.theft_today[r] = stolen
        w.tally.count[r, n.OFFERS] += ready


@part
def seize(w: World, t: DayContext, low: int, high: int) -> None:
    """Take the drops in hand of arrested couriers off the region's stock (phase over regions). What is not there today
    is due tomorrow, but a region never owes more than its couriers, those arrested today included, have in hand.
    """
    p = w.p[0]
    for r in range(low, high):
        left = w.stock.seize_due[r] + stochastic_round(
            w.stock.seize_drops[r] * p.policing_drops_seized, rng.unit(t.stock_key, r, 12)
        )
        most = int(np.ceil((w.labour.couriers[r] + w.stock.seize_drops[r]) * p.policing_drops_seized))
        w.stock.seize_drops[r] = 0
        w.stock.seize_due[r] = min(left, most)
        branches = w.trade.branch_start[r + 1] - w.trade.branch_start[r]
        if branches == 0:
            continue
        first = rng.below(t.stock_key, r, 13, branches)
        for step in range(branches):
            b = w.trade.branch_index[w.trade.branch_start[r] + (first + step) % branches]
            for g in range(k.G):
                slot = b * k.G + g
                there = w.listings.ready[slot] - w.listings.missing[slot]
                taken = min(left, there)
                if taken > 0:
                    w.listings.ready[slot] -= taken
                    left -= taken
                    w.tally.count[r, n.SEIZED_DROPS] += taken
                    w.stock.seized_by[r, g] += taken
            if left == 0:
                break
        w.stock.seize_due[r] = min(left, most)
