"""M1, channel adoption: from the street to platforms and to shops' own channels.

The hazard is a contagion with the share of people who already buy online, times internet access, times a logit
of relative safety, service and promotion; only where drops are on offer (claims S002-S009, S036; E048-E049).
With M1 off the channel shares stay as they are.
"""

from __future__ import annotations

from kladsim.core import rng
from kladsim.core.fixedmath import exp
from kladsim.core.jit import part
from kladsim.core.processes import Process
from kladsim.model import codes as k
from kladsim.model import counters as n
from kladsim.model.careers import pick_platform
from kladsim.model.entities import Persons
from kladsim.model.parameters import Parameters
from kladsim.model.people import active_use, age_days, entity_of, set_channel, years
from kladsim.model.state import World
from kladsim.model.today import DayContext


@part
def pull(safety: float, service: float, promotion: float, p: Parameters) -> float:
    """Return the relative pull of buying online: exp of the weighted advantages (logit form)."""
    return exp(p.adoption_safety * safety + p.adoption_service * (service - 1.0) + p.adoption_promotion * promotion)


@part
def change_channel(a: Persons, i: int, c: int, w: World, t: DayContext) -> float:
    """Daily probability of leaving the usual channel for another."""
    if not w.on[1] or not active_use(a.use[i]):
        return 0.0
    p = w.p[0]
    r = w.regions.of_chunk[c]
    cell = w.chunks.group[c]
    if w.cells.opened[cell] < 0:
        return 0.0
    age = years(age_days(w, t, cell, entity_of(w, t, c, a.pid[i])))
    readiness = p.adoption_young if age < 30 else (1.0 if age < 45 else p.adoption_old)
    if a.substance[i] == k.OPIOID:
        readiness *= p.adoption_opioid
    if a.channel[i] == k.STREET:
        return p.adoption_rate * readiness * w.channels.online_pull[r] / 365.0
    if a.channel[i] == k.PLATFORM:
        return (
            p.adoption_own_channel * readiness * w.channels.own_pull[r] / 365.0
            + p.adoption_back * w.channels.back_push[r] / 365.0
        )
    return p.adoption_own_back / 365.0


@part
def take_channel(a: Persons, i: int, c: int, w: World, t: DayContext) -> None:
    """Change the usual channel: where to depends on where from."""
    p = w.p[0]
    r = w.regions.of_chunk[c]
    u = rng.unit(t.event_key, a.pid[i], 20)
    if a.channel[i] == k.PLATFORM:
        own = p.adoption_own_channel * w.channels.own_pull[r]
        back = p.adoption_back * w.channels.back_push[r]
        set_channel(a, i, c, w, k.OFF_PLATFORM if u * (own + back) < own else k.STREET)
        return
    if a.channel[i] == k.STREET and u < w.channels.own_share[r]:
        set_channel(a, i, c, w, k.OFF_PLATFORM)
    else:
        set_channel(a, i, c, w, k.PLATFORM)
        a.platform[i] = pick_platform(w, r, rng.unit(t.event_key, a.pid[i], 21))
        if a.platform[i] != k.NO_PLATFORM:
            w.market.new_accounts[r, a.platform[i]] += 1
    w.tally.count[r, n.ADOPTIONS] += 1


@part
def update_pull(w: World, t: DayContext, low: int, high: int) -> None:
    """Refresh the regional drivers of adoption (phase over regions)."""
    p = w.p[0]
    for r in range(low, high):
        users = max(1, w.use.by_channel[r, 0] + w.use.by_channel[r, 1] + w.use.by_channel[r, 2])
        online = (w.use.by_channel[r, k.PLATFORM] + w.use.by_channel[r, k.OFF_PLATFORM]) / users
        own = w.use.by_channel[r, k.OFF_PLATFORM] / users
        peers = (
            p.adoption_seed + online * (1.0 - p.adoption_national) + w.channels.online_national[0] * p.adoption_national
        )
        safety = w.police.street_risk[r] - w.police.pick_up_risk[r]
        w.channels.online_pull[r] = (
            t.internet * peers * pull(safety, w.channels.service[r], w.market.promotion_level[0], p)
        )
        w.channels.own_pull[r] = (p.adoption_seed_own + own) * w.market.takedown_memory[0]
        w.channels.own_share[r] = own / max(online, 1e-6) * p.adoption_own_entry
        w.channels.back_push[r] = max(0.0, 1.0 - w.channels.service[r])
        w.channels.online_start[r] = min(0.9, online * p.adoption_start_online) if w.on[1] else online


PROCESSES = (
    Process(
        "change of channel",
        1,
        dict.fromkeys((k.C_LIGHT, k.C_HEAVY, k.C_DEPENDENT, k.C_COURIER), 0.015),
        take_channel,
        change_channel,
        change_channel.__doc__ or "",
        "M1",
    ),
)
