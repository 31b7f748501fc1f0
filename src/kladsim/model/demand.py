"""Demand and channel: when a person buys, what, and where (M3 for the substance, M4-M5 for the platform).

The purchase hazard is a rate by use state times weekday, season, movement, price (elasticity D1) and personal
caution. The substance is the main one or drawn from the region's mix, which follows price, availability,
promotion and taste (M3); what is not on the shelf may be replaced by another.
"""

from __future__ import annotations

from kladsim.core import rng
from kladsim.core.fixedmath import exp, power
from kladsim.core.jit import part
from kladsim.core.processes import Process
from kladsim.model import codes as k
from kladsim.model import counters as n
from kladsim.model.careers import choose_product, pick_platform
from kladsim.model.entities import Persons
from kladsim.model.parameters import Parameters
from kladsim.model.people import active_use
from kladsim.model.state import World
from kladsim.model.today import DayContext


@part
def purchase(a: Persons, i: int, c: int, w: World, t: DayContext) -> float:
    """Daily probability of wanting to buy."""
    use = a.use[i]
    if not active_use(use):
        return 0.0
    p = w.p[0]
    rate = p.demand_light if use == k.LIGHT else (p.demand_heavy if use == k.HEAVY else p.demand_dependent)
    worry = 1.0 / (1.0 + p.demand_caution * min(a.caution[i], 50))
    r = w.regions.of_chunk[c]
    channel = w.economy.street_movement[r] if a.channel[i] == k.STREET else w.economy.drop_movement[r]
    return rate / 365.0 * t.weekday * worry * w.demand.price_effect[a.substance[i]] * channel


@part
def want(a: Persons, i: int, c: int, w: World, t: DayContext) -> None:
    """Choose substance and source; ask for a drop, or buy on the street."""
    p = w.p[0]
    r = w.regions.of_chunk[c]
    pid = a.pid[i]
    w.tally.count[r, n.WISHES] += 1
    g = int(a.substance[i])
    if rng.unit(t.event_key, pid, 40) >= p.mix_loyalty:
        g = choose_product(w, r, rng.unit(t.event_key, pid, 41))
        if w.on[3] and rng.unit(t.event_key, pid, 42) < p.mix_adopt:
            a.substance[i] = g
    channel = a.channel[i]
    if channel == k.STREET:
        buy_on_street(a, i, w, t, r, g)
        return
    if (
        w.on[3]
        and rng.unit(t.event_key, pid, 49) > w.demand.shelf[r, g]
        and rng.unit(t.event_key, pid, 50) < p.mix_substitute
    ):
        g = choose_product(w, r, rng.unit(t.event_key, pid, 51))
    platform = k.NO_PLATFORM
    if channel == k.PLATFORM:
        platform = place_to_buy(a, i, w, t, r)
        if platform == k.NO_PLATFORM:
            w.tally.count[r, n.DISPLACED] += 1
            if rng.unit(t.event_key, pid, 44) < p.demand_fall_back:
                buy_on_street(a, i, w, t, r, g)
            return
    ask(w, r, i, g, platform, pid, t)


@part
def spread_of_word(settled: float, p: Parameters) -> float:
    """Return how far word of a new place has come: a few find out alone, the others from those who have settled."""
    return p.migration_alone + (1.0 - p.migration_alone) * settled


@part
def place_to_buy(a: Persons, i: int, w: World, t: DayContext, r: int) -> int:
    """Return the platform to buy on: the usual one, another, or none while people still search (M5)."""
    p = w.p[0]
    pid = a.pid[i]
    j = a.platform[i]
    lost = j == k.NO_PLATFORM or w.platforms.state[j] != 1
    if lost:
        if not w.on[5] and j != k.NO_PLATFORM:
            return k.NO_PLATFORM
        if (
            rng.unit(t.event_key, pid, 43)
            >= p.migration_find * spread_of_word(w.channels.settled[0], p) * w.market.presence[r]
        ):
            return k.NO_PLATFORM
    elif not w.on[4] or rng.unit(t.event_key, pid, 43) >= p.platform_reconsider * (2.0 - w.platforms.trust[j]):
        return int(j)
    chosen = pick_platform(w, r, rng.unit(t.event_key, pid, 45))
    if chosen != j and chosen != k.NO_PLATFORM:
        w.tally.count[r, n.SWITCHES] += 1
        w.market.new_accounts[r, chosen] += 1
        a.platform[i] = chosen
    return int(chosen)


@part
def buy_on_street(a: Persons, i: int, w: World, t: DayContext, r: int, g: int) -> None:
    """Buy hand to hand: an aggregate channel with its own availability."""
    if rng.unit(t.event_key, a.pid[i], 46) < w.demand.street_available[r, g]:
        w.tally.count[r, n.STREET_PURCHASES] += 1
        if w.on[14]:
            units = units_of(a.use[i], rng.unit(t.event_key, a.pid[i], 47))
            w.tally.count[r, n.REVENUE_STREET] += int(units * w.trade.unit_price[g])


@part
def units_of(use: int, u: float) -> float:
    """Return the units of an order: 1, 2 or 5, larger for heavier use (assumption; P16)."""
    small = 0.65 if use == k.LIGHT else (0.45 if use == k.HEAVY else 0.35)
    large = 0.06 if use == k.LIGHT else (0.14 if use == k.HEAVY else 0.2)
    if u < small:
        return 1.0
    return 5.0 if u >= 1.0 - large else 2.0


@part
def ask(w: World, r: int, i: int, g: int, platform: int, pid: int, t: DayContext) -> None:
    """Write a request for a drop; it is answered in the order phase."""
    z = w.requests.start[r] + w.requests.n[r]
    w.requests.row[z] = i
    w.requests.rank[z] = (rng.bits(t.priority_key, pid, rng.ZERO) >> rng.S32) | (rng.stream_word(g) << rng.S32)
    w.requests.platform[z] = platform
    w.requests.n[r] += 1
    w.tally.count[r, n.REQUESTS] += 1


@part
def update_mix(w: World, t: DayContext, low: int, high: int) -> None:
    """Refresh the mix that undecided buyers follow: taste x price^-b x availability x promotion (M3; phase over
    regions).
    """
    p = w.p[0]
    for r in range(low, high):
        if not w.on[3] and t.day > 0:
            continue
        total = 0.0
        online = (w.use.by_channel[r, 1] + w.use.by_channel[r, 2]) / max(
            1, w.use.by_channel[r, 0] + w.use.by_channel[r, 1] + w.use.by_channel[r, 2]
        )
        for g in range(k.G):
            real = w.trade.unit_price[g] / (t.cpi * w.trade.reference_price[g])
            have = (1.0 - online) * w.demand.street_available[r, g] + online * w.demand.shelf[r, g]
            weight = (
                w.demand.taste[g]
                * (w.demand.regional_opioid[r] if g == k.OPIOID else 1.0)
                * power(max(p.demand_least_price, real), -p.mix_price)
                * power(max(0.02, have), p.mix_availability)
                * exp(p.mix_promotion * w.demand.product_promotion[g] * online)
            )
            total += weight
            w.demand.mix[r, g] = total
        for g in range(k.G):
            w.demand.mix[r, g] /= total


PROCESSES = (
    Process(
        "wish to buy",
        0,
        {k.C_LIGHT: 0.0105, k.C_HEAVY: 0.06, k.C_DEPENDENT: 0.14, k.C_COURIER: 0.14},
        want,
        purchase,
        purchase.__doc__ or "",
        "",
    ),
)
