"""Justice: who is imprisoned and for how long, who is diverted, and what an arrest does, worked out by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from tests.model.by_hand import Luck, cell_of_age, counted, interpreted, person, today, world

from kladsim.model import codes as k
from kladsim.model import justice
from kladsim.model import quantities as q
from kladsim.model.requests import allocate_buffer, allocate_queue

RATES = {
    "justice.prison_trafficking": 0.8,
    "justice.prison_possession": 0.4,
    "justice.prison_minor": 0.25,
    "justice.years_trafficking": 8.0,
    "justice.years_possession": 2.0,
    "justice.served": 0.75,
}
DIVERTED, IMPRISONED, LENGTH, AT_HOME = range(4)
"""Numbers of the draws of a trial."""


def tried(what: int, draws: dict[int, float], age: float = 30, courier: bool = False, **quantities: float):
    """Return the person and the world after a trial."""
    a = person(use=k.LIGHT, klass=k.C_LIGHT, flags=k.CHARGED, charge=what)
    w = world(RATES, **cell_of_age(age))
    for name, value in quantities.items():
        w.q[getattr(q, name)] = value
    luck = Luck(0.999, draws)
    interpreted(justice.convict, luck)(a, 0, 0, w, today(), what | (justice.WAS_COURIER if courier else 0))
    return a, w


@pytest.mark.parametrize(("what", "age", "chance"), [
    (k.TRAFFICKING, 30, 0.8), (k.POSSESSION, 30, 0.4), (k.TRAFFICKING, 18.1, 0.8),
    (k.TRAFFICKING, 17.9, 0.2), (k.POSSESSION, 15, 0.1),
])  # fmt: skip
def test_minors_are_imprisoned_less_often(what, age, chance):
    for draw, inside in ((chance - 1e-9, True), (chance + 1e-9, False)):
        a, w = tried(what, {IMPRISONED: draw}, age)
        assert bool(a.flags[0] & k.CUSTODY) is inside, f"age {age}: imprisoned with a chance of {chance}"
        assert (w.justice.custody[0], w.justice.prisoners[0, what], counted(w, "prison_entries")) == (inside,) * 3
        assert a.flags[0] & (k.CONVICTED | k.CHARGED) == k.CONVICTED


@pytest.mark.parametrize(("what", "luck", "quantities", "days"), [
    (k.POSSESSION, 0.5, {}, 547),  # two years x 1 x 0.75 served
    (k.POSSESSION, 0.0, {}, 273),
    (k.TRAFFICKING, 0.5, {}, 2190),
    (k.TRAFFICKING, 0.5, {"SENTENCE": 0.5}, 1095),
    (k.TRAFFICKING, 0.5, {"SENTENCE_COURIER": 0.5}, 1095),
])  # fmt: skip
def test_the_length_of_a_term(what, luck, quantities, days):
    a, _ = tried(what, {IMPRISONED: 0.0, LENGTH: luck}, courier="SENTENCE_COURIER" in quantities, **quantities)
    assert a.until[0] == 1000 + days


@pytest.mark.parametrize(("what", "courier", "quantity", "diverted"), [
    (k.TRAFFICKING, True, "DIVERSION_COURIER", True),
    (k.TRAFFICKING, False, "DIVERSION_COURIER", False),  # dealers are not couriers
    (k.POSSESSION, False, "DIVERSION_BUYER", True),
    (k.TRAFFICKING, True, "DIVERSION_BUYER", False),
])  # fmt: skip
def test_who_is_diverted(what, courier, quantity, diverted):
    a, w = tried(what, {DIVERTED: 0.29, IMPRISONED: 0.0}, courier=courier, **{quantity: 0.3})
    assert (counted(w, "diverted"), counted(w, "prison_entries")) == (diverted, not diverted)
    assert a.flags[0] & k.CONVICTED
    a, w = tried(what, {DIVERTED: 0.31, IMPRISONED: 0.0}, courier=courier, **{quantity: 0.3})
    assert (counted(w, "diverted"), counted(w, "prison_entries")) == (0, 1)


def test_a_term_served_at_home():
    a, w = tried(k.POSSESSION, {IMPRISONED: 0.0, LENGTH: 0.5, AT_HOME: 0.1}, MONITORING=0.2)
    assert (a.flags[0], a.klass[0], a.until[0]) == (k.CONVICTED | k.MONITORED, k.C_LIGHT, 1547)
    assert (w.justice.custody[0], counted(w, "diverted"), counted(w, "prison_entries")) == (0, 1, 0)


@pytest.mark.parametrize(("age", "convictions"), [(17, (1, 1)), (18.5, (0, 1)), (29.5, (0, 1)), (30.5, (0, 0))])
def test_convictions_by_age(age, convictions):
    _, w = tried(k.TRAFFICKING, {}, age, courier=True)
    assert (counted(w, "convictions_minor"), counted(w, "convictions_young")) == convictions
    assert counted(w, "convictions_courier") == counted(w, "convictions_trafficking") == 1


def test_an_arrested_courier_is_held_and_the_place_is_free():
    a = person(use=k.LIGHT, klass=k.C_COURIER, flags=k.COURIER | k.MONITORED, employer=0, role_since=900)
    w = world(justice={"charges": allocate_buffer(np.array([3]))}, branches=SimpleNamespace(couriers=np.array([2])), **cell_of_age(17))
    w.labour.couriers[0] = 5
    charge = interpreted(justice.charge)
    charge(a, 0, 0, w, today(), k.TRAFFICKING)
    assert (a.flags[0], a.klass[0], a.employer[0]) == (k.CHARGED | k.CUSTODY, k.C_CUSTODY, -1)
    assert (w.labour.couriers[0], w.branches.couriers[0], w.justice.custody[0], counted(w, "arrests_minor")) == (4, 1, 1, 1)
    assert w.labour.careers[0, 3] == 1  # a hundred days
    assert (w.justice.charges.n[0], w.justice.charges.value[0]) == (1, k.TRAFFICKING | justice.WAS_COURIER)
    charge(a, 0, 0, w, today(), k.TRAFFICKING)
    assert w.justice.charges.n[0] == 1, "nobody is charged twice at a time"


def test_courts_try_as_many_as_they_can_in_order():
    a = person(use=k.LIGHT, klass=k.C_LIGHT, flags=k.CHARGED, charge=k.POSSESSION)
    w = world(RATES, justice={"queue": allocate_queue(3)}, **cell_of_age(30))
    w.justice.queue.value[:] = k.POSSESSION
    w.justice.queue.pid[:] = 7, 0, 0  # the first is no longer there
    w.justice.queue.ends[:] = 0, 3
    courts = interpreted(justice.courts, Luck(0.999))
    courts(a, w, today(), 0)
    assert w.justice.queue.ends[0] == counted(w, "convictions_possession") == 0
    courts(a, w, today(), 1)
    assert (w.justice.queue.ends[0], counted(w, "convictions_possession")) == (2, 1)


def test_release_and_the_front():
    a = person(use=k.HEAVY, klass=k.C_CUSTODY, flags=k.CUSTODY | k.CONVICTED, charge=k.TRAFFICKING, until=1000)
    w = world({"justice.front_death": 0.365})
    w.justice.custody[0] = w.justice.prisoners[0, k.TRAFFICKING] = 1
    due, front = interpreted(justice.release_due), interpreted(justice.front)
    assert [due(a, 0, 0, w, today(day)) for day in (999, 1000)] == [0.0, 0.3]
    assert front(a, 0, 0, w, today()) == 0.0
    w.q[q.PRISON_RECRUITMENT] = 0.3044
    assert interpreted(justice.conscription)(a, 0, 0, w, today()) == pytest.approx(0.01)
    interpreted(justice.conscript)(a, 0, 0, w, today())
    assert (w.justice.custody[0], w.justice.prisoners.sum(), w.justice.at_front[0], counted(w, "conscripted")) == (0, 0, 1, 1)
    assert front(a, 0, 0, w, today()) == pytest.approx(0.001)
    assert due(a, 0, 0, w, today(2000)) == 0.0
