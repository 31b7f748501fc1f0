"""M7, couriers: the supply of labour. People apply out of hardship; branches hire; experience grows; people leave.

Applications rise when real youth wages fall and unemployment or inflation rise, less what benefits offset
(E062-E064, E121, Britto et al. 2022, doi:10.3982/ECTA18984). Vacancies ration applicants by a seeded priority.
Pay follows shortage. With M7 off the inflow is fixed: nobody looks at vacancies, hardship or pay.
"""

from __future__ import annotations

import numpy as np

from kladsim.core import rng
from kladsim.core.fixedmath import power
from kladsim.core.jit import part
from kladsim.core.population import find
from kladsim.core.processes import DormantProcess, Process
from kladsim.model import codes as k
from kladsim.model import counters as n
from kladsim.model import quantities as q
from kladsim.model.drops import couriers_per_drop, districts, pooling_share, stochastic_round
from kladsim.model.entities import Persons
from kladsim.model.parameters import Parameters
from kladsim.model.people import (
    activate,
    age_and_sex,
    bit,
    entity_of,
    is_male,
    of_residents,
    pid_of,
    resident,
    set_flag,
    stop_courier,
    years,
)
from kladsim.model.requests import push, rank_requests
from kladsim.model.state import World
from kladsim.model.today import DayContext

YOUNG = 25
"""Programmes for the young reach people below this age."""


@part
def age_of_recruits(age: int) -> float:
    """Return the relative rate of applying by age in years (shape fitted to T20)."""
    if age < 16:
        return 0.5
    if age < 18:
        return 1.5
    if age < 25:
        return 1.7
    if age < 30:
        return 1.2
    if age < 40:
        return 0.35
    if age < 50:
        return 0.08
    return 0.02


@part
def hardship(youth_unemployment: float, real_wage: float, inflation: float, support: float, p: Parameters) -> float:
    """Return relative hardship (1 at the reference): power laws, less the share that benefits offset."""
    h = (
        power(youth_unemployment, p.recruitment_unemployment)
        * power(real_wage, -p.recruitment_wage)
        * (1.0 + p.recruitment_inflation * inflation)
    )
    return 1.0 + (h - 1.0) * (1.0 - support) if h > 1.0 else h


@part
def application_hazard(w: World, r: int, age: int, male: bool) -> float:
    """Daily probability that a resident of an age in days applies for courier work."""
    p = w.p[0]
    sex = p.recruitment_male if male else 2.0 - p.recruitment_male
    rate = p.recruitment_rate * age_of_recruits(years(age)) * sex / 365.0
    if not w.on[7]:
        return rate * p.recruitment_fixed_share
    averted = w.q[q.PREVENTION_YOUNG, r] if years(age) < YOUNG else 0.0
    return rate * w.labour.recruit_pull[r] * (1.0 - averted)


@part
def apply_dormant(e: int, c: int, w: World, t: DayContext) -> float:
    """A person never involved applies (recruits may never have used)."""
    cell = w.chunks.group[c]
    if w.cells.opened[cell] < 0 or bit(w.people.involved, e) or bit(w.people.gone, e):
        return 0.0
    age, male = age_and_sex(w, t, cell, e)
    return application_hazard(w, w.regions.of_chunk[c], age, male) if of_residents(age) else 0.0


@part
def post_dormant(a: Persons, e: int, c: int, w: World, t: DayContext) -> None:
    """Send the application."""
    r = w.regions.of_chunk[c]
    push(w.labour.applications, r, pid_of(w, t, w.chunks.group[c], e), c, t.day)
    w.tally.count[r, n.APPLICATIONS] += 1


@part
def apply_active(a: Persons, i: int, c: int, w: World, t: DayContext) -> float:
    """A person who uses or has used applies, more readily than others."""
    cell = w.chunks.group[c]
    if w.cells.opened[cell] < 0 or a.flags[i] & (k.COURIER | k.CUSTODY | k.AT_FRONT | k.CHARGED):
        return 0.0
    if a.flags[i] & k.MONITORED and t.day < a.until[i]:
        return 0.0
    age, male = age_and_sex(w, t, cell, entity_of(w, t, c, a.pid[i]))
    return application_hazard(w, w.regions.of_chunk[c], age, male) * w.p[0].recruitment_users


@part
def post_active(a: Persons, i: int, c: int, w: World, t: DayContext) -> None:
    """Send the application."""
    r = w.regions.of_chunk[c]
    push(w.labour.applications, r, a.pid[i], c, t.day)
    w.tally.count[r, n.APPLICATIONS] += 1


@part
def hire(a: Persons, w: World, t: DayContext, low: int, high: int) -> None:
    """Fill vacancies from those who wait by seeded priority (phase over regions)."""
    for r in range(low, high):
        applications = w.labour.applications
        w.tally.count[r, n.VACANCIES] += w.labour.vacancies[r]
        places = w.labour.vacancies[r] if w.on[7] else applications.n[r]
        if applications.n[r] > 0 and places > 0 and w.trade.branch_start[r] < w.trade.branch_start[r + 1]:
            for z in rank_requests(applications, r, t.priority_key):
                if places <= 0:
                    break
                b = _branch_for(w, t, r, applications.pid[z])
                if b < 0:
                    break
                if _start(a, w, t, r, applications.chunk[z], applications.pid[z], b):
                    places -= 1
                applications.value[z] = -1
        _keep_waiting(w, t, r)


@part
def _keep_waiting(w: World, t: DayContext, r: int) -> None:
    """Drop applications that were answered or are too old; the others wait for a vacancy."""
    applications = w.labour.applications
    oldest = t.day - w.p[0].recruitment_patience_days if w.on[7] else t.day
    first = applications.start[r]
    kept = first
    for z in range(first, first + applications.n[r]):
        if applications.value[z] > oldest:
            applications.pid[kept], applications.chunk[kept], applications.value[kept] = (
                applications.pid[z],
                applications.chunk[z],
                applications.value[z],
            )
            kept += 1
    applications.n[r] = kept - first


@part
def _branch_for(w: World, t: DayContext, r: int, pid: int) -> int:
    """Return a branch: in proportion to vacancies (to couriers wanted, when the inflow is fixed), else any."""
    total = 0
    for s in range(w.trade.branch_start[r], w.trade.branch_start[r + 1]):
        b = w.trade.branch_index[s]
        total += max(0, w.branches.wanted[b] - (w.branches.couriers[b] if w.on[7] else 0))
    if total == 0:
        branches = w.trade.branch_start[r + 1] - w.trade.branch_start[r]
        return int(w.trade.branch_index[w.trade.branch_start[r] + rng.below(t.recruit_key, pid, 0, branches)])
    left = rng.below(t.recruit_key, pid, 0, total)
    for s in range(w.trade.branch_start[r], w.trade.branch_start[r + 1]):
        b = w.trade.branch_index[s]
        left -= max(0, w.branches.wanted[b] - (w.branches.couriers[b] if w.on[7] else 0))
        if left < 0:
            return int(b)
    return -1


@part
def _start(a: Persons, w: World, t: DayContext, r: int, c: int, pid: int, b: int) -> bool:
    """Make a person a courier of a branch; return whether it happened."""
    p = w.p[0]
    e = entity_of(w, t, c, pid)
    cell = w.chunks.group[c]
    if not resident(w, t, cell, e):
        return False
    if bit(w.people.involved, e):
        i = find(a.pid, w.chunks, c, pid)
        if i < 0 or a.flags[i] & (k.COURIER | k.CUSTODY | k.AT_FRONT | k.CHARGED) or a.use[i] == k.TREATMENT:
            return False
    else:
        i = activate(a, w, t, c, e, k.NONE)
    a.flags[i] &= 255 - k.PLEDGED_ID
    if rng.unit(t.recruit_key, pid, 1) >= p.recruitment_deposit_share * w.labour.deposits[0]:
        a.flags[i] |= k.PLEDGED_ID
    a.employer[i] = b
    a.role_since[i] = t.day
    set_flag(a, i, k.COURIER)
    w.branches.couriers[b] += 1
    w.labour.couriers[r] += 1
    w.tally.count[r, n.RECRUITS] += 1
    if not is_male(w, t, cell, e):
        w.tally.count[r, n.RECRUITS_FEMALE] += 1
    return True


@part
def share_vacancies(w: World, t: DayContext, regions: int) -> None:
    """Seek the missing couriers where people apply; note how short each federal district is, and where its couriers,
    who work where they are needed, can be met tomorrow (serial phase).

    A district seeks its own, and all seek together those whom they share (see ``drops.pool_couriers``).
    """
    last = districts(w, regions)
    need, have, people = np.zeros(last), np.zeros(last), np.zeros(last)
    waiting = np.zeros(last)
    for r in range(regions):
        d = w.regions.district[r]
        need[d] += w.stock.labour_need[r]
        have[d] += w.labour.couriers[r]
        people[d] += w.people.alive[r]
        waiting[d] += applicants(w, r)
    shared = 0.0
    missing = 0.0
    for d in range(last):
        shared += pooling_share(need[d], w.p[0]) * (need[d] - have[d])
        missing += (1.0 - pooling_share(need[d], w.p[0])) * max(0.0, need[d] - have[d])
    shared = max(0.0, shared)
    missing += shared
    rounded = stochastic_round(missing, rng.unit(w.people.trait_key, 0, 62)) / missing if missing > 0.0 else 0.0
    everybody = waiting.sum()
    wanted = need.sum()
    at = rng.unit(t.recruit_key, 0, 60)
    for r in range(regions):
        d = w.regions.district[r]
        gap = max(-0.25, (need[d] - w.stock.hands[d]) / need[d]) if need[d] > 0.0 else 0.0
        w.labour.lack[r] += (gap - w.labour.lack[r]) / 28.0
        w.labour.shortage[r] = max(0.0, w.labour.lack[r])
        w.labour.couriers_met[r] = have[d] * w.people.alive[r] / people[d] if people[d] > 0 else 0.0
        own = (1.0 - pooling_share(need[d], w.p[0])) * max(0.0, need[d] - have[d])
        if everybody > 0.0:
            share = shared * applicants(w, r) / everybody
        else:
            share = shared * w.stock.labour_need[r] / wanted if wanted > 0.0 else 0.0
        if waiting[d] > 0.0:
            share += own * applicants(w, r) / waiting[d]
        elif need[d] > 0.0:
            share += own * w.stock.labour_need[r] / need[d]
        w.labour.vacancies[r] = int(at + rounded * share) - int(at)
        at += rounded * share


@part
def applicants(w: World, r: int) -> int:
    """Return how many wait for a vacancy in a region that has branches."""
    return int(w.labour.applications.n[r]) if w.trade.branch_start[r] < w.trade.branch_start[r + 1] else 0


@part
def assign_initial_couriers(a: Persons, w: World, t: DayContext, key: np.uint64, low: int, high: int) -> None:
    """Assign initial couriers by systematic sampling of people who use drugs (over regions).

    A federal district gets the couriers that its orders need, rounded once: no district is short by luck.
    """
    need_of_order = w.p[0].start_couriers * couriers_per_drop(t, w.p[0])
    for r in range(low, high):
        branches = w.trade.branch_start[r + 1] - w.trade.branch_start[r]
        users = w.use.by_state[r, k.LIGHT] + w.use.by_state[r, k.HEAVY] + w.use.by_state[r, k.DEPENDENT]
        if branches == 0 or users == 0:
            continue
        at = rng.unit(key, w.regions.district[r], 11)
        for s in range(r):
            if w.regions.district[s] == w.regions.district[r]:
                at += w.market.orders_region[s] * need_of_order
        step = w.market.orders_region[r] * need_of_order / users
        for c in range(w.regions.first_chunk[r], w.regions.first_chunk[r + 1]):
            for i in range(w.chunks.start[c], w.chunks.start[c] + w.chunks.count[c]):
                if a.use[i] == k.NONE or a.use[i] == k.TREATMENT:
                    continue
                before = int(at)
                at += step
                if int(at) > before:
                    pid = a.pid[i]
                    b = w.trade.branch_index[w.trade.branch_start[r] + rng.below(key, pid, 12, branches)]
                    _start(a, w, t, r, c, pid, b)


@part
def quitting(a: Persons, i: int, c: int, w: World, t: DayContext) -> float:
    """Daily probability of giving up the work; at once when the branch has closed (E064)."""
    b = a.employer[i]
    if b < 0 or w.branches.shop[b] < 0:
        return 0.06
    p = w.p[0]
    return p.courier_quit / 30.44 * (1.0 + p.courier_quit_users * (a.use[i] == k.NONE))


@part
def quit_work(a: Persons, i: int, c: int, w: World, t: DayContext) -> None:
    """Leave the role; who has lost the branch works for another where couriers are short (by 2 %: assumption)."""
    r = w.regions.of_chunk[c]
    old = a.employer[i]
    if (
        old >= 0
        and w.branches.shop[old] < 0
        and w.labour.shortage[r] > 0.02
        and w.trade.branch_start[r] < w.trade.branch_start[r + 1]
    ):
        new = _branch_for(w, t, r, a.pid[i])
        if new >= 0:
            w.branches.couriers[old] -= 1
            w.branches.couriers[new] += 1
            a.employer[i] = new
            return
    note_career(a, i, c, w, t)
    stop_courier(a, i, c, w)
    w.tally.count[w.regions.of_chunk[c], n.COURIER_QUITS] += 1


@part
def note_career(a: Persons, i: int, c: int, w: World, t: DayContext) -> None:
    """Note the length of an ended career, in months, for the distribution of careers (T22)."""
    months = int((t.day - a.role_since[i]) / 30.44)
    w.labour.careers[w.regions.of_chunk[c], min(months, w.labour.careers.shape[1] - 1)] += 1


@part
def update_labour(w: World, t: DayContext, low: int, high: int) -> None:
    """Refresh hardship, pay and the pull of courier work (phase over regions)."""
    p = w.p[0]
    for r in range(low, high):
        w.labour.hardship[r] = hardship(
            w.economy.youth_unemployment[r] / p.recruitment_reference_unemployment,
            t.real_wage * w.economy.wage_level[r],
            t.inflation,
            w.q[q.INCOME_SUPPORT, r],
            p,
        )
        if w.on[6] or w.on[7]:
            target = min(p.courier_pay_highest, 1.0 + p.courier_pay_shortage * max(0.0, w.labour.shortage[r] - 0.05))
            w.labour.pay[r] += (target - w.labour.pay[r]) / 30.0
        ads = w.q[q.ADVERTISING, r] * (1.0 - w.q[q.PREVENTION, r])
        w.labour.recruit_pull[r] = (
            w.labour.hardship[r] * power(w.labour.pay[r], p.recruitment_pay) * ads * w.labour.market_reach[0]
        )


PROCESSES = (
    Process(
        "application of a user",
        1,
        {k.CALM: 3e-4, k.C_LIGHT: 3e-4, k.C_HEAVY: 3e-4, k.C_DEPENDENT: 3e-4},
        post_active,
        apply_active,
        apply_active.__doc__ or "",
        "M7",
    ),
    Process("quitting courier work", 1, {k.C_COURIER: 0.06}, quit_work, quitting, quitting.__doc__ or "", "M7"),
)
DORMANT_PROCESSES = (
    DormantProcess("application", 1.2e-4, apply_dormant, post_dormant, apply_dormant.__doc__ or "", "M7"),
)
