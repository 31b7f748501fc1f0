"""Couriers: who applies, how short a district is, what it pays, and who quits, worked out by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from tests.model import by_hand
from tests.model.by_hand import Luck, cell_of_age, counted, interpreted, person, today, world

from kladsim.core.jit import plain
from kladsim.model import codes as k
from kladsim.model import couriers
from kladsim.model import quantities as q
from kladsim.model.requests import allocate_buffer, push

RATES = {
    "recruitment.rate": 0.00365,
    "recruitment.male": 1.5,
    "recruitment.users": 3.0,
    "recruitment.fixed_share": 0.4,
    "recruitment.pay": 0.8,
    "courier.pay_shortage": 3.0,
    "courier.pay_highest": 1.8,
    "courier.quit": 0.3044,
    "courier.quit_users": 0.2,
}


@pytest.mark.parametrize(
    ("age", "rate"),
    [(14, 0.5), (15, 0.5), (16, 1.5), (17, 1.5), (18, 1.7), (24, 1.7), (25, 1.2), (29, 1.2), (30, 0.35), (39, 0.35),
     (40, 0.08), (49, 0.08), (50, 0.02), (64, 0.02)],
)  # fmt: skip
def test_applications_by_age(age, rate):
    assert plain(couriers.age_of_recruits)(age) == rate, f"recruits of {age}"


@pytest.mark.parametrize(("age", "male", "prevented", "rate"), [
    (17.5, True, 0.0, 1.5 * 1.5), (17.5, False, 0.0, 1.5 * 0.5), (20, True, 0.4, 1.7 * 1.5 * 0.6), (26, True, 0.4, 1.8)
])  # fmt: skip
def test_who_applies(age, male, prevented, rate):
    w = world(RATES, **cell_of_age(age, male))
    w.labour.recruit_pull[:], w.q[q.PREVENTION_YOUNG] = 2.0, prevented
    w.people.involved[:] = 0
    dormant, active = interpreted(couriers.apply_dormant), interpreted(couriers.apply_active)
    assert dormant(0, 0, w, today()) == pytest.approx(1e-5 * rate * 2.0)
    assert active(person(use=k.LIGHT), 0, 0, w, today()) == pytest.approx(3e-5 * rate * 2.0)
    for flag in (k.COURIER, k.CUSTODY, k.AT_FRONT, k.CHARGED):
        assert active(person(use=k.LIGHT, flags=flag), 0, 0, w, today()) == 0.0
    w.on[7] = 0
    if not prevented:
        assert dormant(0, 0, w, today()) == pytest.approx(1e-5 * rate * 0.4)
    w.cells.opened[0] = -1
    assert dormant(0, 0, w, today()) == 0.0


def district(need: float, have: int, hands: float, lack: float = 0.0):
    """Return a world of one region that needs, has and is worked for by so many couriers."""
    w = world(
        RATES, labour_need=np.array([need]), hands=np.array([hands]), lack=np.array([lack]), shortage=np.zeros(1),
        couriers_met=np.zeros(1), vacancies=np.zeros(1, np.int64), branch_start=np.array([0, 3]),
        applications=SimpleNamespace(n=np.array([50])),
    )  # fmt: skip
    w.labour.couriers[0], w.people.alive[0] = have, 1000
    return w


@pytest.mark.parametrize(("need", "hands", "lack", "after", "shortage"), [
    (100.0, 80.0, 0.0, 0.2 / 28, 0.2 / 28),  # a fifth is missing
    (100.0, 100.0, 0.28, 0.27, 0.27),
    (100.0, 110.0, 0.0, -0.1 / 28, 0.0),  # a tenth too many: no shortage
    (100.0, 300.0, 0.0, -0.25 / 28, 0.0),  # at most a quarter is remembered
    (0.0, 5.0, 0.28, 0.27, 0.27),
])  # fmt: skip
def test_a_district_is_short_of_what_is_missing(need, hands, lack, after, shortage):
    w = district(need, int(hands), hands, lack)
    interpreted(couriers.share_vacancies, Luck(0.0))(w, today(), 1)
    assert w.labour.lack[0] == pytest.approx(after), "sign of the shortage"
    assert w.labour.shortage[0] == pytest.approx(shortage)


@pytest.mark.parametrize(("need", "have", "vacancies"), [(100.0, 80, 20), (100.0, 100, 0), (100.0, 120, 0)])
def test_as_many_are_sought_as_are_missing(need, have, vacancies):
    w = district(need, have, float(have))
    interpreted(couriers.share_vacancies, Luck(0.5))(w, today(), 1)
    assert w.labour.vacancies[0] == vacancies
    assert w.labour.couriers_met[0] == have


def working(shortage: float, support: float = 0.0):
    names = {"hardship": 0.0, "shortage": shortage, "pay": 1.0, "youth_unemployment": 0.31, "wage_level": 1.0}
    w = world(
        {**RATES, "recruitment.reference_unemployment": 0.155, "recruitment.unemployment": 0.5, "recruitment.wage": 1.0,
         "recruitment.inflation": 1.0},
        market_reach=np.array([0.5]), **{name: np.array([value]) for name, value in names.items()},
    )  # fmt: skip
    w.q[q.INCOME_SUPPORT] = support
    return w


@pytest.mark.parametrize(("shortage", "pay"), [
    (0.0, 1.0), (0.05, 1.0), (0.15, 1.0 + 0.3 / 30), (0.9, 1.0 + 0.8 / 30)  # at most 1.8 times the usual
])  # fmt: skip
def test_pay_follows_shortage(shortage, pay):
    w = working(shortage)
    interpreted(couriers.update_labour)(w, today(real_wage=1.0, inflation=0.1), 0, 1)
    assert w.labour.pay[0] == pytest.approx(pay)


@pytest.mark.parametrize(("support", "hardship"), [(0.0, 2**0.5 * 1.25 * 1.1), (0.5, 1 + (2**0.5 * 1.25 * 1.1 - 1) / 2)])
def test_hardship_and_the_pull_of_the_work(support, hardship):
    """Twice the usual unemployment, a real wage of 0.8, inflation of a tenth; half prevented, half the market's reach."""
    w = working(0.0, support)
    w.q[q.PREVENTION] = 0.5
    interpreted(couriers.update_labour)(w, today(real_wage=0.8, inflation=0.1), 0, 1)
    assert w.labour.hardship[0] == pytest.approx(hardship)
    assert w.labour.recruit_pull[0] == pytest.approx(hardship * 0.5 * 0.5)


def test_who_quits():
    w = world(RATES, branches=SimpleNamespace(shop=np.array([0, -1])))
    quitting = interpreted(couriers.quitting)
    for use, employer, rate in ((k.LIGHT, 0, 0.01), (k.NONE, 0, 0.012), (k.LIGHT, 1, 0.06), (k.LIGHT, -1, 0.06)):
        assert quitting(person(use=use, employer=employer), 0, 0, w, today()) == pytest.approx(rate)


def test_patients_and_prisoners_are_not_hired():
    w = world(RATES, deposits=np.ones(1), branches=SimpleNamespace(couriers=np.zeros(1, np.int64)), **cell_of_age(20))
    start = interpreted(couriers._start, Luck(0.5))
    for columns in ({"use": k.TREATMENT}, {"flags": k.CUSTODY}, {"flags": k.CHARGED}, {"flags": k.AT_FRONT}):
        assert start(person(**columns), w, today(), 0, 0, 0, 0) is False
    a = person(use=k.REMITTED, caution=k.WAS_HEAVY)
    assert start(a, w, today(), 0, 0, 0, 0) is True
    assert (a.flags[0] & k.COURIER, a.klass[0], a.employer[0], a.caution[0]) == (1, k.C_COURIER, 0, k.WAS_HEAVY)
    assert (w.labour.couriers[0], w.branches.couriers[0]) == (1, 1)


@pytest.mark.parametrize(("unemployment", "wage", "inflation", "support", "value"), [
    (1.0, 1.0, 0.0, 0.0, 1.0), (4.0, 1.0, 0.0, 0.0, 2.0), (4.0, 1.0, 0.0, 0.25, 1.75), (4.0, 1.0, 0.0, 1.0, 1.0),
    (1.0, 2.0, 0.0, 0.0, 0.5), (1.0, 2.0, 0.0, 1.0, 0.5), (1.0, 1.0, 0.1, 0.0, 1.1), (0.0, 1.0, 0.0, 0.5, 0.0),
])  # fmt: skip
def test_hardship_is_a_product_of_powers_that_support_offsets(unemployment, wage, inflation, support, value):
    rates = {f"recruitment.{name}": x for name, x in (("unemployment", 0.5), ("wage", 1.0), ("inflation", 1.0))}
    p = world(rates).p[0]
    assert interpreted(couriers.hardship)(unemployment, wage, inflation, support, p) == pytest.approx(value)


@pytest.mark.parametrize(("day", "monitored", "applies"), [(999, True, False), (1000, True, True), (999, False, True)])
def test_who_serves_a_term_at_home_does_not_apply(day, monitored, applies):
    w = world(RATES, **cell_of_age(20, day=day))
    a = person(use=k.LIGHT, flags=k.MONITORED * monitored, until=1000)
    rate = 3e-5 * 1.7 * 1.5 * applies
    assert interpreted(couriers.apply_active)(a, 0, 0, w, today(day)) == pytest.approx(rate)
    assert interpreted(couriers.application_hazard)(w, 0, 7500, True) == pytest.approx(1e-5 * 1.7 * 1.5)


def waiting(applications: int = 3, wanted=(2, 1), have=(0, 0), vacancies: int = 2):
    """Return a world of two branches and people 0, 1, ... who applied on day 990, 991, ..."""
    w = by_hand.trade({**RATES, "recruitment.patience_days": 9.0}, branches=(0, 0))
    w.branches.wanted[:], w.branches.couriers[:], w.labour.vacancies[0] = wanted, have, vacancies
    w.labour.applications = allocate_buffer(np.array([9]))
    for z in range(applications):
        plain(push)(w.labour.applications, 0, z, 0, 990 + z)
    return w


@pytest.mark.parametrize("dormant", [True, False])
def test_an_application_is_sent(dormant):
    w = world(RATES, labour={"applications": allocate_buffer(np.array([2]))}, **cell_of_age(20))
    if dormant:
        interpreted(couriers.post_dormant)(person(), 0, 0, w, today())
    else:
        interpreted(couriers.post_active)(person(pid=0), 0, 0, w, today())
    sent = w.labour.applications
    assert (sent.n[0], sent.pid[0], sent.chunk[0], sent.value[0], counted(w, "applications")) == (1, 0, 0, 1000, 1)


@pytest.mark.parametrize(("on", "kept"), [(1, [2]), (0, [])])
def test_applications_wait_for_nine_days(on, kept):
    """Those of days 990 and 991 are too old; with M7 off nobody waits."""
    w = waiting()
    w.on[7] = on
    interpreted(couriers._keep_waiting)(w, today(), 0)
    n = w.labour.applications.n[0]
    assert w.labour.applications.pid[:n].tolist() == kept


@pytest.mark.parametrize(("luck", "have", "on", "branch"), [
    (0.0, (0, 0), 1, 0), (0.66, (0, 0), 1, 0), (0.67, (0, 0), 1, 1),  # two of three places are the first's
    (0.0, (2, 0), 1, 1), (0.0, (2, 0), 0, 0),  # places are taken; with M7 off they do not count
    (0.4, (2, 1), 1, 0), (0.6, (2, 1), 1, 1), (0.6, (9, 1), 1, 1),  # no vacancy: any
])  # fmt: skip
def test_branch_for_an_applicant(luck, have, on, branch):
    w = waiting(have=have)
    w.on[7] = on
    assert interpreted(couriers._branch_for, Luck(luck))(w, today(), 0, 5) == branch


@pytest.mark.parametrize(("vacancies", "fit", "hired", "left"), [
    (2, {0, 1, 2}, [0, 1], [2]), (2, {1, 2}, [1, 2], []), (0, {0, 1, 2}, [], [2]), (9, {0, 1, 2}, [0, 1, 2], [])
])  # fmt: skip
def test_hire_by_priority(vacancies, fit, hired, left):
    """Priority goes by number; who may not be hired is answered all the same; who is left waits if not too long."""
    w, started = waiting(vacancies=vacancies), []
    rule = interpreted(couriers.hire, Luck(0.0))
    rule.__globals__["_start"] = lambda a, w, t, r, c, pid, b: pid in fit and not started.append(int(pid))
    rule(person(), w, today(), 0, 1)
    assert (started, counted(w, "vacancies")) == (hired, vacancies)
    assert w.labour.applications.pid[: w.labour.applications.n[0]].tolist() == left


def test_hire_needs_a_branch_and_takes_everybody_without_m7():
    w, started = waiting(vacancies=0), []
    w.on[7] = 0
    rule = interpreted(couriers.hire, Luck(0.0))
    rule.__globals__["_start"] = lambda a, w, t, r, c, pid, b: not started.append(int(pid))
    w.trade.branch_start[:] = 0
    rule(person(), w, today(), 0, 1)
    assert started == [] and w.labour.applications.n[0] == 0
    w = waiting(vacancies=0)
    w.on[7] = 0
    rule(person(), w, today(), 0, 1)
    assert started == [0, 1, 2]


@pytest.mark.parametrize(("branches", "number"), [(3, 50), (0, 0)])
def test_applicants_count_where_there_are_branches(branches, number):
    w = district(100.0, 80, 80.0)
    w.trade.branch_start[1] = branches
    assert interpreted(couriers.applicants)(w, 0) == number


@pytest.mark.parametrize(("state", "months"), [(0, 3), (1, 59)])
def test_careers_are_noted_in_months(state, months):
    """92 days are three months; all from 59 months on are counted together."""
    w = world()
    interpreted(couriers.note_career)(person(role_since=0), 0, 0, w, today((92, 3000)[state]))
    assert np.flatnonzero(w.labour.careers[0]).tolist() == [months]


@pytest.mark.parametrize(("shortage", "closed", "stays"), [(0.03, True, True), (0.02, True, False), (0.03, False, False)])
def test_quit_work_or_another_branch(shortage, closed, stays):
    w = waiting(wanted=(0, 1))
    w.labour.shortage[0], w.labour.couriers[0], w.branches.couriers[:] = shortage, 1, (1, 0)
    w.branches.shop[0] = -1 if closed else 0
    a = person(flags=k.COURIER, klass=k.C_COURIER, employer=0, role_since=1000 - 62)
    interpreted(couriers.quit_work, Luck(0.0))(a, 0, 0, w, today())
    assert (a.employer[0], w.labour.couriers[0], counted(w, "courier_quits")) == ((1, 1, 0) if stays else (-1, 0, 1))
    assert w.branches.couriers.tolist() == ([0, 1] if stays else [0, 0])
    assert w.labour.careers[0, 2] == (not stays)


def test_initial_couriers_are_every_so_manieth_who_uses():
    """Six orders at a quarter courier are 1.5; of six who use every fourth, from 0.5 on: rows 1 and 7, the second and the sixth."""
    from kladsim.model.entities import PERSONS

    a, started = PERSONS.allocate(8), []
    a.pid[:], a.use[:] = range(8), (k.LIGHT, k.LIGHT, k.NONE, k.HEAVY, k.TREATMENT, k.HEAVY, k.DEPENDENT, k.LIGHT)
    w = by_hand.trade({**RATES, "start.couriers": 1.0, "courier.slack": 1.5, "courier.drops_a_day": 6.0},
                      orders_region=np.array([6.0]), first_chunk=np.array([0, 1]))  # fmt: skip
    w.chunks.count[0], w.use.by_state[0, [k.LIGHT, k.HEAVY, k.DEPENDENT]] = 8, (3, 2, 1)
    rule = interpreted(couriers.assign_initial_couriers, Luck(0.5))
    rule.__globals__["_start"] = lambda a, w, t, r, c, pid, b: started.append(int(pid))
    rule(a, w, today(real_wage=1.0), np.uint64(0), 0, 1)
    assert started == [1, 7]  # 0.5 + 2 x 0.25 reaches one; six x 0.25 reach two
    w.trade.branch_start[1] = 0
    rule(a, w, today(real_wage=1.0), np.uint64(0), 0, 1)
    assert started == [1, 7]
