"""Justice: who is imprisoned and for how long, who is diverted, and what an arrest does, worked out by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from tests.model.by_hand import Luck, cell_of_age, counted, interpreted, person, today, world

from kladsim.model import codes as k
from kladsim.model import justice
from kladsim.model import quantities as q
from kladsim.model.requests import allocate_buffer, allocate_queue, push

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


def test_receive_charges_in_the_order_of_a_seeded_priority():
    """Priority goes by number: 3, 5 and 8 of two regions; the buffer is empty then."""
    w = world(regions=2, justice={"charges": allocate_buffer(np.array([2, 2])), "queue": allocate_queue(5)})
    for r, pid in ((0, 8), (0, 3), (1, 5)):
        interpreted(push)(w.justice.charges, r, pid, r, k.POSSESSION)
    interpreted(justice.receive_charges, Luck())(w, today(), 2)
    assert w.justice.queue.pid[:3].tolist() == [3, 5, 8]
    assert w.justice.queue.chunk[:3].tolist() == [0, 1, 0]
    assert (w.justice.queue.ends.tolist(), w.justice.charges.n.tolist()) == ([0, 3], [0, 0])


@pytest.mark.parametrize(("carry", "cases", "left"), [(0.0, 2, 0.5), (0.5, 3, 0.0), (0.25, 2, 0.75)])
def test_cases_today_carry_what_is_left(carry, cases, left):
    """912.5 a year for 100,000, of whom 60,000 and 40,000 in two regions: 2.5 a day."""
    w = world({"justice.court_capacity": 912.5}, 2, justice={"court_carry": np.array([carry])})
    w.people.alive[:] = 60_000, 40_000
    assert interpreted(justice.cases_today)(w, 2) == cases
    assert w.justice.court_carry[0] == pytest.approx(left)


def test_try_charges_within_capacity():
    a = person(use=k.LIGHT, klass=k.C_LIGHT, flags=k.CHARGED, charge=k.POSSESSION)
    for capacity, tried_today in ((365.0, 1), (364.0, 0)):
        a.flags[0] = k.CHARGED
        w = world({**RATES, "justice.court_capacity": capacity}, justice={"queue": allocate_queue(3), "court_carry": np.zeros(1)}, **cell_of_age(30))
        w.justice.queue.value[:], w.people.alive[0] = k.POSSESSION, 100_000
        w.justice.queue.ends[:] = 0, 2
        interpreted(justice.try_charges, Luck(0.999))(a, w, today(), 1)
        assert counted(w, "convictions_possession") == tried_today


def test_release_ends_custody():
    a = person(use=k.HEAVY, klass=k.C_CUSTODY, flags=k.CUSTODY | k.CONVICTED, charge=k.TRAFFICKING, until=990)
    w = world()
    w.justice.custody[0] = w.justice.prisoners[0, k.TRAFFICKING] = 3
    interpreted(justice.release)(a, 0, 0, w, today())
    assert (w.justice.custody[0], w.justice.prisoners[0, k.TRAFFICKING], counted(w, "releases")) == (2, 2, 1)
    assert (a.flags[0], a.klass[0], a.until[0]) == (k.CONVICTED, k.C_HEAVY, 1000)


def test_death_at_the_front():
    a = person(use=k.NONE, klass=k.C_CUSTODY, flags=k.AT_FRONT | k.CONVICTED, charge=k.TRAFFICKING)
    w = world(**cell_of_age(30))
    w.justice.at_front[0], w.people.alive[0], w.cells.alive[0] = 4, 10, 10
    interpreted(justice.die_at_front)(a, 0, 0, w, today())
    assert (w.justice.at_front[0], w.people.alive[0], counted(w, "deaths_front"), a.klass[0]) == (3, 9, 1, k.LEFT)


@pytest.mark.parametrize(("flags", "on", "rate"), [
    (k.CUSTODY, 1, 0.01), (k.CUSTODY | k.CHARGED, 1, 0.0), (0, 1, 0.0), (k.CUSTODY, 0, 0.0)
])  # fmt: skip
def test_conscription_is_of_the_sentenced(flags, on, rate):
    w = world()
    w.q[q.PRISON_RECRUITMENT], w.on[13] = 0.3044, on
    assert interpreted(justice.conscription)(person(flags=flags), 0, 0, w, today()) == pytest.approx(rate)


def test_who_was_held_before_trial_is_counted_once_and_set_free_otherwise():
    for draw, custody in ((0.79, 1), (0.81, 0)):
        a = person(use=k.LIGHT, klass=k.C_CUSTODY, flags=k.CHARGED | k.CUSTODY, charge=k.TRAFFICKING, until=3000)
        w = world(RATES, **cell_of_age(30))
        w.justice.custody[0] = 1
        interpreted(justice.convict, Luck(0.999, {IMPRISONED: draw}))(a, 0, 0, w, today(), k.TRAFFICKING)
        assert (w.justice.custody[0], bool(a.flags[0] & k.CUSTODY)) == (custody, bool(custody))
        assert custody or a.until[0] == 1000


def test_without_m13_nobody_is_held():
    a = person(use=k.LIGHT, klass=k.C_LIGHT)
    w = world(RATES, justice={"charges": allocate_buffer(np.array([1]))}, **cell_of_age(30))
    w.on[13] = 0
    interpreted(justice.charge)(a, 0, 0, w, today(), k.TRAFFICKING)
    assert (a.flags[0], w.justice.custody[0]) == (k.CHARGED, 0)
    interpreted(justice.convict, Luck(0.0))(a, 0, 0, w, today(), k.TRAFFICKING)
    assert (a.flags[0], w.justice.prisoners.sum()) == (k.CONVICTED, 0)
