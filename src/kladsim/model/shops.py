"""Shops: reputation by reviews, prices (M6), money (M14), and weekly entry, exit and spread over regions.

One national price a unit follows resource cost x risk premium x scarcity, over 45 days; imported goods go with the
exchange rate. An order costs its units times that price, moved by the shop's reputation, plus the cost of a drop: the
courier's pay with a mark-up (P16). The premium saturates, so that the marginal effect of punishment on price is small
(D9); its share of the price is smaller than published (D10).

Commission, promotion, wages and goods are booked against a shop's takings and enter no price, and its cash decides
nothing: shops enter and leave by the number that orders can feed, and by reputation. The trait ``quality`` is drawn
and read by no rule: what a buyer finds depends on couriers, thieves and police.
"""

from __future__ import annotations

import numpy as np

from kladsim.core import rng
from kladsim.core.fixedmath import power
from kladsim.core.jit import part
from kladsim.model import codes as k
from kladsim.model import counters as n
from kladsim.model import quantities as q
from kladsim.model.drops import stochastic_round
from kladsim.model.parameters import Parameters
from kladsim.model.state import World
from kladsim.model.today import DayContext

ALL_SHOPS = 1 << 32
"""The number under which luck is drawn that concerns no single shop: the same however much room for shops there is."""


@part
def risk_premium(risk: float, p: Parameters) -> float:
    """Return the factor of price by relative risk: concave (Reuter & Kleiman 1986), and capped so far as
    ``price.risk_saturation`` says (1: saturating, D9; 0: never).
    """
    grown = power(max(risk, 0.01), p.price_risk_power)
    return 1.0 + p.price_risk * grown / (1.0 + p.price_risk_saturation * grown)


@part
def settle_money(w: World, t: DayContext) -> None:
    """Settle the day: each shop takes its receipts, pays couriers, suppliers and promotion (serial, whole kopecks).

    An account and no decision: no rule reads a shop's cash.
    """
    p = w.p[0]
    for b in range(w.branches.shop.size):
        shop = w.branches.shop[b]
        takings = w.trade.takings[b]
        placed = w.trade.placed_by[b]
        if takings == 0 and placed == 0 and w.branches.sold[b] == 0:
            continue
        w.trade.takings[b] = 0
        w.trade.placed_by[b] = 0
        if shop < 0:
            w.trade.orphan_cash[0] += takings
            continue
        r = w.branches.region[b]
        w.trade.shop_sold[shop] += w.branches.sold[b]
        w.trade.shop_missed[shop] += w.branches.missed[b]
        w.branches.sold[b] = 0
        w.branches.missed[b] = 0
        if not w.on[14]:
            continue
        loss = int(takings * p.money_cash_out * w.q[q.CASH_OUT_FRICTION, r])
        wages = int(placed * w.trade.drop_pay[r])
        goods = int(takings * p.money_goods_share)
        show = int(takings * p.money_promotion_share * w.market.promotion_level[0])
        w.tally.count[r, n.CASH_OUT_LOSS] += loss
        w.tally.count[r, n.COURIER_PAY] += wages
        w.tally.count[r, n.SUPPLY_COST] += goods
        w.tally.count[r, n.PROMOTION_COST] += show
        w.shops.cash[shop] += takings - loss - wages - goods - show


@part
def reputations(w: World, t: DayContext) -> None:
    """Smooth what buyers report: share found of each shop, and its sales (serial)."""
    for s in range(w.shops.alive.size):
        if not w.shops.alive[s]:
            continue
        sold = w.trade.shop_sold[s]
        w.shops.sales[s] += (sold - w.shops.sales[s]) / w.p[0].shop_sales_memory_days
        if sold > 0:
            found = 1.0 - w.trade.shop_missed[s] / sold
            gain = min(1.0, sold * t.seller_scale / w.p[0].shop_reputation_orders)
            w.shops.reputation[s] += gain * (found - w.shops.reputation[s])
        w.trade.shop_sold[s] = 0
        w.trade.shop_missed[s] = 0


@part
def prices(w: World, t: DayContext, regions: int) -> None:
    """Move unit prices and the cost of a drop towards what goods, risk and scarcity ask (M6; serial)."""
    p = w.p[0]
    risk = 0.0
    people = 0.0
    couriers = 0.0
    arrested = 0.0
    for r in range(regions):
        people += w.people.alive[r]
        couriers += w.labour.couriers[r]
        arrested += w.police.courier_hazard[r] * w.labour.couriers[r]
    hazard = 365.0 * arrested / max(1.0, couriers)
    w.trade.risk_level[0] += (hazard - w.trade.risk_level[0]) / p.price_risk_memory_days
    risk = w.trade.risk_level[0] / p.price_risk_reference
    friction = 1.0 + p.money_cash_out * (w.q[q.CASH_OUT_FRICTION, 0] - 1.0)
    premium = risk_premium(risk, p) / risk_premium(1.0, p) * friction
    for g in range(k.G):
        cost = w.trade.reference_price[g] * (
            t.cpi if w.supply.local[g] else p.price_pass_usd * t.usd + (1.0 - p.price_pass_usd) * t.cpi
        )
        scarce = power(
            min(
                p.price_scarcity_range,
                max(1.0 / p.price_scarcity_range, p.production_cover / max(w.supply.cover[g], 1e-3)),
            ),
            p.price_scarcity,
        )
        target = cost * premium * scarce * w.q[q.SUPPLY_COST, 0] if w.on[6] else cost / t.cpi * t.cpi_first
        w.trade.unit_price[g] += (target - w.trade.unit_price[g]) / p.price_adjust_days
    w.trade.real_price[0] = 0.0
    for g in range(k.G):
        real = w.trade.unit_price[g] / (t.cpi * w.trade.reference_price[g])
        w.trade.real_price[0] += real * w.demand.mix_first[g]
        w.demand.price_effect[g] = min(
            p.demand_most_by_price, power(max(p.demand_least_price, real), -p.demand_elasticity)
        )
    for r in range(regions):
        pay = p.courier_pay_per_drop * 100.0 * t.wage_nominal * (w.labour.pay[r] if w.on[6] else 1.0)
        w.trade.drop_pay[r] = pay
        w.trade.drop_cost[r] = pay * (1.0 + p.price_drop_markup)


@part
def reindex(w: World, regions: int) -> None:
    """List each region's branches in order of slot (serial, after entry and exit)."""
    counts = np.zeros(regions + 1, np.int64)
    for b in range(w.branches.shop.size):
        if w.branches.shop[b] >= 0:
            counts[w.branches.region[b] + 1] += 1
    for r in range(regions):
        counts[r + 1] += counts[r]
    for r in range(regions + 1):
        w.trade.branch_start[r] = counts[r]
    place = counts[:regions].copy()
    for b in range(w.branches.shop.size):
        if w.branches.shop[b] >= 0:
            r = w.branches.region[b]
            w.trade.branch_index[place[r]] = b
            place[r] += 1


@part
def close_branch(w: World, b: int) -> None:
    """Close a branch: its drops are written off, its couriers will leave, its slot stays theirs until they have."""
    r = w.branches.region[b]
    shop = w.branches.shop[b]
    w.shops.cash[shop] += w.trade.takings[b]
    w.trade.takings[b] = 0
    for g in range(k.G):
        slot = b * k.G + g
        w.tally.count[r, n.WRITTEN_OFF] += w.listings.ready[slot] - w.listings.missing[slot]
        w.listings.ready[slot] = 0
        w.listings.missing[slot] = 0
        w.listings.sales[slot] = 0.0
        w.listings.on_sale[slot] = 0
        w.listings.want[slot] = 0
        w.trade.sold[slot] = 0
    w.branches.shop[b] = -1
    w.branches.wanted[b] = 0
    w.branches.reports[b] = 0.0
    w.branches.punish[b] = 0.0
    w.branches.sold[b] = 0
    w.branches.missed[b] = 0


@part
def close_shop(w: World, s: int) -> None:
    """Close a shop with all its branches; its cash leaves the trade."""
    for b in range(w.branches.shop.size):
        if w.branches.shop[b] == s:
            close_branch(w, b)
    w.trade.orphan_cash[0] += w.shops.cash[s]
    w.shops.cash[s] = 0
    w.shops.alive[s] = 0


@part
def open_branch(w: World, t: DayContext, s: int, r: int, b: int, start: float) -> None:
    """Open a branch of a shop in a region with first expectations of sales."""
    w.branches.shop[b] = s
    w.branches.region[b] = r
    w.branches.wanted[b] = 1
    mine = 0
    for g in range(k.G):
        mine += int((w.shops.products[s] >> np.uint16(g)) & np.uint16(1))
    for g in range(k.G):
        if (w.shops.products[s] >> np.uint16(g)) & np.uint16(1):
            w.listings.on_sale[b * k.G + g] = 1
            w.listings.sales[b * k.G + g] = start / mine


@part
def draw_products(w: World, t: DayContext, s: int) -> int:
    """Return a product set: one to four products drawn from the national mix (2.2 products a seller, E044)."""
    u = rng.unit(t.shop_key, s, 1)
    wanted = 1 if u < 0.3 else (2 if u < 0.65 else (3 if u < 0.88 else 4))
    bits = 0
    for draw in range(12):
        if wanted == 0:
            break
        v = rng.unit(t.shop_key, s, 2 + draw)
        g = k.G - 1
        for h in range(k.G - 1):
            if v < w.demand.national_mix[h]:
                g = h
                break
        if bits >> g & 1 == 0:
            bits |= 1 << g
            wanted -= 1
    return bits


@part
def open_shop(w: World, t: DayContext, s: int, platforms: int) -> None:
    """Set up a shop in a free slot. No rule reads the ``quality`` that is drawn here."""
    p = w.p[0]
    w.shops.alive[s] = 1
    w.shops.born[s] = t.day
    w.shops.products[s] = np.uint16(draw_products(w, t, s))
    w.shops.platforms[s] = np.uint16(platforms)
    w.shops.reputation[s] = p.shop_first_reputation
    w.shops.quality[s] = 0.5 + rng.unit(t.shop_key, s, 20)
    w.shops.harshness[s] = 0.5 + rng.unit(t.shop_key, s, 21)
    w.shops.promotion[s] = 0.6 + 0.8 * rng.unit(t.shop_key, s, 22)
    w.shops.reach[s] = 0.3 + 1.4 * rng.unit(t.shop_key, s, 23)
    w.shops.sales[s] = 0.0
    w.shops.cash[s] = 0
    w.shops.seek[s] = -1


@part
def entry_and_exit(w: World, t: DayContext, regions: int) -> None:
    """Weekly: shops close or open towards the number that the trade can feed; branches follow sales (serial)."""
    p = w.p[0]
    alive = 0
    for s in range(w.shops.alive.size):
        if not w.shops.alive[s]:
            continue
        poor = 1.0 + p.shop_exit_reputation * max(0.0, 0.9 - w.shops.reputation[s])
        police = p.policing_shop * w.q[q.EFFORT_SHOP, 0]
        weekly = (p.shop_exit * poor + police) / 52.0
        u = rng.unit(t.shop_key, s, 30)
        if t.day - w.shops.born[s] > 60 and u < weekly:
            if u * t.seller_scale < police / 52.0:
                w.tally.count[0, n.SHOPS_CLOSED] += 1
            close_shop(w, s)
        else:
            alive += 1
    target = shops_wanted(w, t)
    wanted = (target - alive) / p.shop_adjust_weeks if target > alive else 0.0
    new = int(wanted + p.shop_exit * alive / 52.0 * 0.5 + rng.unit(t.shop_key, ALL_SHOPS, 31))
    new = max(new, int(p.shop_least) - alive)  # a small sample keeps a few shops, which stand for many
    for s in range(w.shops.alive.size):
        if new == 0:
            break
        if not w.shops.alive[s]:
            open_shop(w, t, s, w.market.entry_platforms[0])
            new -= 1


@part
def shops_wanted(w: World, t: DayContext) -> float:
    """Return the number of shops that the trade can feed."""
    return w.market.orders_level[0] / w.p[0].shop_orders_a_day / t.scale_factor * t.seller_scale


@part
def most_new_shops(w: World, t: DayContext) -> int:
    """Return how many shops ``entry_and_exit`` may open at most."""
    p = w.p[0]
    alive = 0
    for s in range(w.shops.alive.size):
        alive += w.shops.alive[s]
    wanted = shops_wanted(w, t) / p.shop_adjust_weeks
    return max(int(wanted + p.shop_exit * alive / 52.0 * 0.5 + 1.0), int(p.shop_least))


@part
def branch_entry(w: World, t: DayContext, regions: int, turn: int = 0) -> None:
    """Weekly: open branches where a region's orders could feed more; close idle ones where there are too many
    (serial). ``turn`` makes the luck of repeated calls on one day differ.
    """
    free = 0
    open_shops = np.zeros(w.shops.alive.size, np.int64)
    number = 0
    for s in range(w.shops.alive.size):
        if w.shops.alive[s]:
            open_shops[number] = s
            number += 1
    for r in range(regions):
        if w.channels.region_open[r] == 0:
            continue
        have = w.trade.branch_start[r + 1] - w.trade.branch_start[r]
        want = branches_wanted(w, t, r)
        luck = r + regions * turn
        new = whole_step(want - have, rng.unit(t.shop_key, luck, 40))
        tries = 0
        while new > 0 and tries < 400 and number > 0:
            s = open_shops[rng.below(t.shop_key, luck, 1000 + tries, number)]
            tries += 1
            if rng.unit(t.shop_key, luck, 2000 + tries) * 1.7 > w.shops.reach[s]:
                continue
            if present(w, s, r):
                continue
            while free < w.branches.shop.size and (w.branches.shop[free] >= 0 or w.branches.couriers[free] > 0):
                free += 1
            open_branch(w, t, s, r, free, max(0.1 / t.seller_scale, 0.5 * w.market.orders_region[r] / max(want, have)))
            new -= 1
        if turn == 0:
            widen(w, t, r, have)
        surplus = have - stochastic_round(1.5 * want, rng.unit(t.shop_key, luck, 42))
        for at in range(w.trade.branch_start[r], w.trade.branch_start[r + 1]):
            if surplus <= 0:
                break
            b = w.trade.branch_index[at]
            if rng.unit(t.shop_key, b, 41) < 0.2:
                close_branch(w, b)
                surplus -= 1


@part
def branches_wanted(w: World, t: DayContext, r: int) -> float:
    """Return how many branches a region's orders can feed, at least a few where places are open."""
    p = w.p[0]
    return max(
        p.shop_least_branches * t.seller_scale / t.scale_factor,
        w.market.orders_region[r] / p.shop_orders_a_branch * t.seller_scale,
    )


@part
def most_new_branches(w: World, t: DayContext, regions: int, turns: int) -> int:
    """Return how many branches one call of ``branch_entry`` may open, or several on one day: each closes a part of
    what is missing, rounded up, and none opens where nothing is missing.
    """
    most = 0
    for r in range(regions):
        if w.channels.region_open[r]:
            want = branches_wanted(w, t, r)
            most += int(whole_step(want, 1.0) if turns == 1 else want + 2.0)
    return most


@part
def widen(w: World, t: DayContext, r: int, have: int) -> None:
    """Let a branch take up a product for each request in vain, at most a quarter of the branches in a week."""
    if have == 0:
        return
    for g in range(k.G):
        many = min(0.25 * have, 7.0 * w.market.unmet_level[r, g] * t.seller_scale)
        for turn in range(stochastic_round(many, rng.unit(t.shop_key, r, 60 + g))):
            b = w.trade.branch_index[w.trade.branch_start[r] + rng.below(t.shop_key, r + 1000 * turn, 70 + g, have)]
            if not w.listings.on_sale[b * k.G + g]:
                w.listings.on_sale[b * k.G + g] = 1
                w.listings.sales[b * k.G + g] = w.market.unmet_level[r, g] / many


@part
def whole_step(gap: float, u: float) -> int:
    """Return how many to add this week: a quarter of the gap, rounded by chance."""
    return int(0.25 * gap + u) if gap > 0.0 else 0


@part
def present(w: World, s: int, r: int) -> bool:
    """Return whether a shop has a branch in a region."""
    for at in range(w.trade.branch_start[r], w.trade.branch_start[r + 1]):
        if w.branches.shop[w.trade.branch_index[at]] == s:
            return True
    return False


@part
def close_orphaned_branches(w: World) -> None:
    """Take branches of closed shops out (serial)."""
    for b in range(w.branches.shop.size):
        s = w.branches.shop[b]
        if s >= 0 and not w.shops.alive[s]:
            close_branch(w, b)
