"""M13, justice and war: charges, courts, sentences, prison, and prisoners taken to the front.

An arrest leads to a charge; courts have a capacity and serve charges in order of arrest with a seeded priority;
diversion and imprisonment are drawn per person. Conscription from prisons is an exogenous event whose deaths
count as harm (S052, S053; E110-E129). With M13 off a conviction leads to no prison and nobody is conscripted.
"""

from __future__ import annotations

from kladsim.core import rng
from kladsim.core.jit import part
from kladsim.core.population import find
from kladsim.core.processes import Process
from kladsim.model import codes as k
from kladsim.model import counters as n
from kladsim.model import quantities as q
from kladsim.model.couriers import note_career
from kladsim.model.entities import Persons
from kladsim.model.people import age_days, clear_flag, drop_out, entity_of, remove, set_flag, stop_courier, years
from kladsim.model.requests import enqueue, push
from kladsim.model.state import World
from kladsim.model.today import DayContext

WAS_COURIER = 256


@part
def charge(a: Persons, i: int, c: int, w: World, t: DayContext, what: int) -> None:
    """Charge a person: couriers and dealers are held until trial, others stay free."""
    r = w.regions.of_chunk[c]
    if a.flags[i] & (k.CHARGED | k.CUSTODY | k.AT_FRONT):
        return
    age = years(age_days(w, t, w.chunks.group[c], entity_of(w, t, c, a.pid[i])))
    if age < k.MINOR:
        w.tally.count[r, n.ARRESTS_MINOR] += 1
    value = what
    if a.flags[i] & k.COURIER:
        value |= WAS_COURIER
        note_career(a, i, c, w, t)
        stop_courier(a, i, c, w)
    a.charge[i] = what
    clear_flag(a, i, k.MONITORED)
    if a.use[i] == k.TREATMENT:
        drop_out(a, i, c, w, t)
    if what == k.TRAFFICKING and w.on[13]:
        set_flag(a, i, k.CHARGED | k.CUSTODY)
        a.until[i] = min(65000, t.day + 2000)
        w.justice.custody[r] += 1
    else:
        set_flag(a, i, k.CHARGED)
    push(w.justice.charges, r, a.pid[i], c, value)


@part
def receive_charges(w: World, t: DayContext, regions: int) -> None:
    """Append the day's charges to the courts' queue (serial)."""
    enqueue(w.justice.charges, w.justice.queue, regions, t.priority_key)


@part
def cases_today(w: World, regions: int) -> int:
    """Return how many charges the courts can try today; the part of a case that is left counts tomorrow."""
    people = 0.0
    for r in range(regions):
        people += w.people.alive[r]
    w.justice.court_carry[0] += w.p[0].justice_court_capacity * people / 1e5 / 365.0
    cases = int(w.justice.court_carry[0])
    w.justice.court_carry[0] -= cases
    return cases


@part
def try_charges(a: Persons, w: World, t: DayContext, regions: int) -> None:
    """Try charges within today's capacity: convict, divert, imprison or sentence otherwise (serial phase)."""
    courts(a, w, t, cases_today(w, regions))


@part
def courts(a: Persons, w: World, t: DayContext, capacity: int) -> None:
    """Try up to ``capacity`` charges today, in the order of the queue."""
    queue = w.justice.queue
    served = 0
    while served < capacity and queue.ends[0] < queue.ends[1]:
        z = queue.ends[0] % queue.pid.size
        queue.ends[0] += 1
        c = queue.chunk[z]
        i = find(a.pid, w.chunks, c, queue.pid[z])
        if i < 0 or a.klass[i] == k.LEFT or a.flags[i] & k.CHARGED == 0:
            continue
        served += 1
        convict(a, i, c, w, t, queue.value[z])


@part
def convict(a: Persons, i: int, c: int, w: World, t: DayContext, value: int) -> None:
    """Convict a charged person and carry out the sentence."""
    p = w.p[0]
    r = w.regions.of_chunk[c]
    courier = value & WAS_COURIER > 0
    what = value & 255
    age = years(age_days(w, t, w.chunks.group[c], entity_of(w, t, c, a.pid[i])))
    if what == k.TRAFFICKING:
        w.tally.count[r, n.CONVICTIONS_TRAFFICKING] += 1
        w.tally.count[r, n.CONVICTIONS_COURIER] += courier
        w.tally.count[r, n.CONVICTIONS_MINOR] += age < k.MINOR
        w.tally.count[r, n.CONVICTIONS_YOUNG] += age <= 29
    else:
        w.tally.count[r, n.CONVICTIONS_POSSESSION] += 1
    held = a.flags[i] & k.CUSTODY > 0
    a.flags[i] |= k.CONVICTED
    clear_flag(a, i, k.CHARGED)
    diversion = w.q[q.DIVERSION_COURIER, r] if courier else (w.q[q.DIVERSION_BUYER, r] if what == k.POSSESSION else 0.0)
    u = rng.unit(t.court_key, a.pid[i], 0)
    prison = p.justice_prison_trafficking if what == k.TRAFFICKING else p.justice_prison_possession
    if age < k.MINOR:
        prison *= p.justice_prison_minor
    if u < diversion:
        w.tally.count[r, n.DIVERTED] += 1
        prison = 0.0
    sentenced = w.on[13] and rng.unit(t.court_key, a.pid[i], 1) < prison
    days = 0.0
    if sentenced:
        mean = p.justice_years_trafficking if what == k.TRAFFICKING else p.justice_years_possession
        spread = 0.5 + rng.unit(t.court_key, a.pid[i], 2)
        days = mean * spread * p.justice_served * w.q[q.SENTENCE, r] * 365.0
        if courier:
            days *= w.q[q.SENTENCE_COURIER, r]
    at_home = sentenced and rng.unit(t.court_key, a.pid[i], 3) < w.q[q.MONITORING, r]
    if sentenced and not at_home:
        a.until[i] = min(65000, t.day + int(days))
        if a.use[i] == k.TREATMENT:  # a patient who was charged before: the place is free for another
            drop_out(a, i, c, w, t)
        if not held:
            w.justice.custody[r] += 1
        set_flag(a, i, k.CUSTODY)
        w.justice.prisoners[r, what] += 1
        w.tally.count[r, n.PRISON_ENTRIES] += 1
        return
    if held:
        w.justice.custody[r] -= 1
        a.until[i] = t.day
        clear_flag(a, i, k.CUSTODY)
    if at_home:
        w.tally.count[r, n.DIVERTED] += 1
        a.until[i] = min(65000, t.day + int(days))
        set_flag(a, i, k.MONITORED)


@part
def release_due(a: Persons, i: int, c: int, w: World, t: DayContext) -> float:
    """Release once the term has ended (a few days' delay from the daily scan)."""
    return 0.3 if a.flags[i] & (k.CHARGED | k.AT_FRONT) == 0 and t.day >= a.until[i] else 0.0


@part
def release(a: Persons, i: int, c: int, w: World, t: DayContext) -> None:
    """Set free; use resumes where it was left."""
    r = w.regions.of_chunk[c]
    w.justice.custody[r] -= 1
    w.justice.prisoners[r, a.charge[i]] -= 1
    a.until[i] = t.day
    clear_flag(a, i, k.CUSTODY)
    w.tally.count[r, n.RELEASES] += 1


@part
def conscription(a: Persons, i: int, c: int, w: World, t: DayContext) -> float:
    """Exogenous recruitment of prisoners to the front, from 2022 (E127)."""
    if not w.on[13] or a.flags[i] & k.CHARGED or a.flags[i] & k.CUSTODY == 0:
        return 0.0
    return w.q[q.PRISON_RECRUITMENT, w.regions.of_chunk[c]] / 30.44


@part
def conscript(a: Persons, i: int, c: int, w: World, t: DayContext) -> None:
    """Leave prison for the front."""
    r = w.regions.of_chunk[c]
    w.justice.custody[r] -= 1
    w.justice.prisoners[r, a.charge[i]] -= 1
    w.justice.at_front[r] += 1
    clear_flag(a, i, k.CUSTODY)
    set_flag(a, i, k.AT_FRONT)
    w.tally.count[r, n.CONSCRIPTED] += 1


@part
def front(a: Persons, i: int, c: int, w: World, t: DayContext) -> float:
    """Death at the front (assumption)."""
    return w.p[0].justice_front_death / 365.0 if a.flags[i] & k.AT_FRONT else 0.0


@part
def die_at_front(a: Persons, i: int, c: int, w: World, t: DayContext) -> None:
    """Leave by death at the front: harm."""
    remove(a, i, c, w, t, n.DEATHS_FRONT)


PROCESSES = (
    Process("release", 1, {k.C_CUSTODY: 0.3}, release, release_due, release_due.__doc__ or "", "M13"),
    Process(
        "conscription of prisoners", 1, {k.C_CUSTODY: 2e-3}, conscript, conscription, conscription.__doc__ or "", "M13"
    ),
    Process("death at the front", 1, {k.C_CUSTODY: 4e-3}, die_at_front, front, front.__doc__ or "", "M13"),
)
