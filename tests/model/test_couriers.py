"""Couriers: who applies, how short a district is, what it pays, and who quits, worked out by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from tests.model.by_hand import Luck, cell_of_age, interpreted, person, today, world

from kladsim.core.jit import plain
from kladsim.model import codes as k
from kladsim.model import couriers
from kladsim.model import quantities as q

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
