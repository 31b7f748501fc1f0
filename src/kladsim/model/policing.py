"""M11, policing: effort by tier becomes arrests. Certainty saturates with numbers (swamping), police learn what
pays.

Arrests of a tier = effort x skill x N / (N + half), so the risk per person falls as numbers rise (Caulkins &
Reuter 2010). Effort moves towards tiers that gave arrests: a Beta memory of success (E110-E133; NarcoLogic,
Magliocca et al. 2019, doi:10.1073/pnas.1812459116). Operators are nearly untouched at baseline. With M11 off
the hazards are fixed numbers.
"""

from __future__ import annotations

from kladsim.core import rng
from kladsim.core.jit import part
from kladsim.core.processes import Process
from kladsim.model import codes as k
from kladsim.model import counters as n
from kladsim.model import quantities as q
from kladsim.model.entities import Persons
from kladsim.model.justice import charge
from kladsim.model.parameters import Parameters
from kladsim.model.people import active_use
from kladsim.model.state import World
from kladsim.model.today import DayContext


@part
def arrests_expected(effort: float, skill: float, number: float, half: float) -> float:
    """Return expected arrests a day: capacity effort x skill, saturating in the number exposed."""
    return effort * skill * number / (number + half) if number > 0.0 else 0.0


@part
def experience(days: int, p: Parameters) -> float:
    """Return the relative hazard left after ``days`` in the role (internal; never an outcome)."""
    return 1.0 - p.policing_experience * min(1.0, days / 120.0)


@part
def arrest_courier(a: Persons, i: int, c: int, w: World, t: DayContext) -> float:
    """Daily probability of arrest of a courier."""
    return w.police.courier_hazard[w.regions.of_chunk[c]] * experience(t.day - a.role_since[i], w.p[0])


@part
def be_charged_courier(a: Persons, i: int, c: int, w: World, t: DayContext) -> None:
    """Arrest for trafficking; the drops in hand are seized."""
    r = w.regions.of_chunk[c]
    w.tally.count[r, n.ARRESTS_COURIER] += 1
    w.stock.seize_drops[r] += 1
    w.police.arrest_sum[r, 1] += 1.0
    charge(a, i, c, w, t, k.TRAFFICKING)


@part
def arrest_user(a: Persons, i: int, c: int, w: World, t: DayContext) -> float:
    """Daily probability of arrest for possession outside a pick-up."""
    if not active_use(a.use[i]) or a.flags[i] & (k.CHARGED | k.CUSTODY):
        return 0.0
    p = w.p[0]
    weight = 1.0 if a.use[i] == k.LIGHT else (p.policing_heavy if a.use[i] == k.HEAVY else p.policing_dependent)
    if a.channel[i] == k.STREET:
        weight *= p.policing_street_exposure
    return w.police.buyer_hazard[w.regions.of_chunk[c]] * weight


@part
def be_charged_user(a: Persons, i: int, c: int, w: World, t: DayContext) -> None:
    """Arrest for possession, or for dealing when the person sells on the street."""
    r = w.regions.of_chunk[c]
    p = w.p[0]
    share = p.policing_dealer_share if a.channel[i] == k.STREET and a.use[i] != k.LIGHT else 0.0
    dealer = rng.unit(t.event_key, a.pid[i], 30) < share
    if not dealer and rng.unit(t.event_key, a.pid[i], 31) < w.q[q.DECRIMINALISED, r]:
        return
    w.police.street_seized[r, a.substance[i]] += 1
    a.caution[i] = min(a.caution[i] + 6, k.MOST_CAUTION)
    w.use.harm_sum[r] += p.use_harm_of_arrest
    if dealer:
        w.tally.count[r, n.ARRESTS_DEALER] += 1
        charge(a, i, c, w, t, k.TRAFFICKING)
    else:
        w.tally.count[r, n.ARRESTS_BUYER] += 1
        w.police.arrest_sum[r, 0] += 1.0
        charge(a, i, c, w, t, k.POSSESSION)


@part
def pressure_around(w: World, r: int) -> float:
    """Return the mean effort against couriers in the other regions of the federal district (1: as usual)."""
    total = 0.0
    others = 0.0
    for s in range(w.regions.district.size):
        if s != r and w.regions.district[s] == w.regions.district[r]:
            total += w.q[q.EFFORT_COURIER, s]
            others += 1.0
    return total / others if others > 0.0 else 1.0


@part
def update_hazards(w: World, t: DayContext, low: int, high: int) -> None:
    """Refresh the hazards of arrest by tier (phase over regions)."""
    p = w.p[0]
    for r in range(low, high):
        people = w.people.alive[r] * t.scale_factor / 1e5
        users = float((w.use.by_channel[r, 0] + w.use.by_channel[r, 1] + w.use.by_channel[r, 2]) * t.scale_factor)
        if w.on[11]:
            felt = w.q[q.EFFORT_COURIER, r] * (1.0 + p.policing_diffusion * (pressure_around(w, r) - 1.0))
            effort_c = p.policing_courier * w.police.tier_effort[1] * max(0.0, felt) * people / 365.0
            effort_b = p.policing_buyer * w.police.tier_effort[0] * w.q[q.EFFORT_BUYER, r] * people / 365.0
            couriers = w.labour.couriers_met[r] * t.scale_factor
            couriers_out = arrests_expected(effort_c, 1.0, couriers, p.policing_half_courier * people)
            buyers_out = arrests_expected(effort_b, 1.0, users, p.policing_half_user * people)
            w.police.courier_hazard[r] = couriers_out / max(couriers, 1.0) * t.season_police
            w.police.buyer_hazard[r] = buyers_out / max(users, 1.0) * t.buyer_trend
        else:
            w.police.courier_hazard[r] = p.policing_fixed_courier / 365.0 * w.q[q.EFFORT_COURIER, r]
            w.police.buyer_hazard[r] = p.policing_fixed_buyer / 365.0 * w.q[q.EFFORT_BUYER, r]
        online = (w.use.by_channel[r, 1] + w.use.by_channel[r, 2]) / max(1.0, users / t.scale_factor)
        learned = min(1.0, online / 0.3)
        charged = 1.0 - w.q[q.DECRIMINALISED, r]
        relative = w.police.buyer_hazard[r] / max(w.police.buyer_reference[0], 1e-12)
        w.police.pick_up_risk[r] = relative * p.policing_pick_up * (0.3 + 0.7 * learned) * charged
        w.police.street_risk[r] = (
            p.policing_street_exposure * w.police.buyer_hazard[r] / max(w.police.buyer_reference[0], 1e-12) * charged
        )


@part
def learn(w: World, t: DayContext, regions: int) -> None:
    """Move effort towards the tier that gave arrests per effort: Beta memory of success (monthly, serial)."""
    p = w.p[0]
    got0, got1 = 0.0, 0.0
    for r in range(regions):
        got0 += w.police.arrest_sum[r, 0]
        got1 += w.police.arrest_sum[r, 1]
        w.police.arrest_sum[r, 0] = 0.0
        w.police.arrest_sum[r, 1] = 0.0
    if not w.on[11]:
        return
    for tier in range(2):
        got = got0 if tier == 0 else got1
        per_effort = got * t.scale_factor / max(1.0, w.police.tier_plan[tier])
        w.police.success[tier] = w.police.success[tier] * p.policing_memory + (1.0 - p.policing_memory) * per_effort
    total = w.police.success[0] + w.police.success[1]
    if total > 0.0:
        lean = (w.police.success[1] - w.police.success[0]) / total
        w.police.tier_effort[1] = 1.0 + p.policing_learning * lean
        w.police.tier_effort[0] = 1.0 - p.policing_learning * lean


PROCESSES = (
    Process(
        "arrest of a courier",
        1,
        {k.C_COURIER: 0.02},
        be_charged_courier,
        arrest_courier,
        arrest_courier.__doc__ or "",
        "M11",
    ),
    Process(
        "arrest for possession",
        1,
        dict.fromkeys((k.C_LIGHT, k.C_HEAVY, k.C_DEPENDENT), 1.5e-3),
        be_charged_user,
        arrest_user,
        arrest_user.__doc__ or "",
        "M11",
    ),
)
