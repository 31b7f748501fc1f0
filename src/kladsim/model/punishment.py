"""M9, private punishment: reports of drops not found lead, with a delay, to punishment of couriers, deserved or
not.

What leaves the model is the number of victims and nothing else (responsible use, rule 5). Couriers who pledged
identity papers are easier to trace than those who paid a deposit (S102-S103, P20); punishment is publicised and
deters theft through fear (S055), unless the structure without deterrence is chosen (``punishment.deterrence`` =
0). Off: none.
"""

from __future__ import annotations

import numpy as np

from kladsim.core import rng
from kladsim.core.fixedmath import power
from kladsim.core.jit import part
from kladsim.core.processes import Process
from kladsim.model import codes as k
from kladsim.model import counters as n
from kladsim.model.couriers import note_career
from kladsim.model.entities import Persons
from kladsim.model.parameters import Parameters
from kladsim.model.people import remove, stop_courier
from kladsim.model.state import World
from kladsim.model.today import DayContext


@part
def hazard_of_branch(reports: float, couriers: float, harshness: float, p: Parameters) -> float:
    """Return the daily hazard of a courier of a branch: reports per courier above what is put up with."""
    per_courier = reports / max(1.0, float(couriers))
    return p.punishment_readiness * harshness * max(0.0, per_courier - p.punishment_tolerance)


@part
def punished(a: Persons, i: int, c: int, w: World, t: DayContext) -> float:
    """Daily probability of being punished."""
    b = a.employer[i]
    if not w.on[9] or b < 0 or t.day - a.role_since[i] < 7:
        return 0.0
    p = w.p[0]
    traced = 1.0 if a.flags[i] & k.PLEDGED_ID else p.punishment_deposit_factor
    return w.branches.punish[b] * traced


@part
def punish(a: Persons, i: int, c: int, w: World, t: DayContext) -> None:
    """Count a victim; some leave the work, a few die. False when outsiders, not couriers, took the drops."""
    p = w.p[0]
    r = w.regions.of_chunk[c]
    w.tally.count[r, n.PUNISHED] += 1
    if rng.unit(t.event_key, a.pid[i], 60) < w.punishment.outsider_share[r]:
        w.tally.count[r, n.PUNISHED_FALSELY] += 1
    if rng.unit(t.event_key, a.pid[i], 61) < p.punishment_death:
        remove(a, i, c, w, t, n.DEATHS_PUNISHMENT)
        return
    if rng.unit(t.event_key, a.pid[i], 62) < p.punishment_leave:
        note_career(a, i, c, w, t)
        stop_courier(a, i, c, w)
        w.tally.count[r, n.COURIER_OTHER_EXITS] += 1


@part
def update_fear(w: World, t: DayContext, regions: int) -> None:
    """Refresh publicity: visible punishments per courier, smoothed over a quarter (serial)."""
    p = w.p[0]
    victims = 0.0
    couriers = 0.0
    for r in range(regions):
        victims += w.tally.count[r, n.PUNISHED]
        couriers += w.labour.couriers[r]
    rate = 365.0 * victims / max(1.0, couriers)
    w.punishment.fear[0] += (rate / p.punishment_fear_reference - w.punishment.fear[0]) / 90.0


@part
def review(w: World, t: DayContext, low: int, high: int) -> None:
    """Smooth sales (with what was asked for in vain), reports, and the hazard of punishment (phase over regions)."""
    p = w.p[0]
    delay = p.punishment_delay_days * t.seller_scale
    memory = 28.0 * power(t.seller_scale, 0.5)  # finer sellers look longer, to see as far through their luck
    for r in range(low, high):
        outside = w.stock.theft_today[r]
        inside = w.tally.count[r, n.KEPT_BY_COURIERS] + w.tally.count[r, n.LOST_DROPS]
        w.punishment.outsiders[r] += (outside - w.punishment.outsiders[r]) / 30.0
        w.punishment.insiders[r] += (inside - w.punishment.insiders[r]) / 30.0
        both = w.punishment.outsiders[r] + w.punishment.insiders[r]
        w.punishment.outsider_share[r] = w.punishment.outsiders[r] / both if both > 0.0 else 0.0
        branches = w.trade.branch_start[r + 1] - w.trade.branch_start[r]
        others = (t.seller_scale - 1.0) * w.labour.couriers[r] / max(1, branches)
        offering = np.zeros(k.G)
        for s in range(w.trade.branch_start[r], w.trade.branch_start[r + 1]):
            for g in range(k.G):
                offering[g] += w.listings.on_sale[w.trade.branch_index[s] * k.G + g]
        for g in range(k.G):
            w.market.unmet_level[r, g] += (w.market.unmet_by[r, g] - w.market.unmet_level[r, g]) / 28.0
            w.market.asked_by[r, g] = w.market.unmet_by[r, g]
            offering[g] = w.market.unmet_by[r, g] / max(1.0, offering[g])
            w.market.unmet_by[r, g] = 0
        for s in range(w.trade.branch_start[r], w.trade.branch_start[r + 1]):
            b = w.trade.branch_index[s]
            w.branches.reports[b] += (w.branches.missed[b] - w.branches.reports[b]) / delay
            shop = w.branches.shop[b]
            w.branches.punish[b] = hazard_of_branch(
                w.branches.reports[b] * t.seller_scale, w.branches.couriers[b] + others, w.shops.harshness[shop], p
            )
            for g in range(k.G):
                slot = b * k.G + g
                asked = w.trade.sold[slot] + offering[g] * w.listings.on_sale[slot]
                w.listings.sales[slot] += (asked - w.listings.sales[slot]) / memory
                w.market.asked_by[r, g] += w.trade.sold[slot]
                w.trade.sold[slot] = 0


PROCESSES = (
    Process("punishment of a courier", 1, {k.C_COURIER: 0.01}, punish, punished, punished.__doc__ or "", "M9"),
)
