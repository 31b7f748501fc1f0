"""Use careers: who begins, goes on, recedes and relapses, and how risk is remembered, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from tests.model.by_hand import cell_of_age, counted, interpreted, person, today, world

from kladsim.core.jit import plain
from kladsim.model import careers
from kladsim.model import codes as k
from kladsim.model import quantities as q

RATES = {
    "use.initiation": 0.02,
    "use.initiation_male": 1.4,
    "use.light_to_heavy": 0.05,
    "use.heavy_to_dependent": 0.2,
    "use.opioid_progression": 1.5,
    "use.cannabis_progression": 0.25,
    "use.light_quit": 0.1,
    "use.heavy_back": 0.15,
    "use.remission": 0.2,
    "use.relapse_first_year": 0.9,
    "use.relapse_later": 0.04,
    "use.relapse_light": 0.03,
    "use.years_to_stable": 10.0,
    "use.risk_rise_years": 2.0,
    "use.risk_fall_years": 20.0,
}


@pytest.mark.parametrize(
    ("age", "rate"), [(14, 0.4), (15, 0.4), (16, 1.0), (17, 1.0), (18, 1.6), (24, 1.6), (25, 0.8), (30, 0.3), (40, 0.06)]
)
def test_first_use_by_age(age, rate):
    assert plain(careers.age_of_first_use)(age) == rate


@pytest.mark.parametrize(("male", "sex"), [(True, 1.4), (False, 0.6)])
def test_first_use_of_a_resident(male, sex):
    w = world(RATES, **cell_of_age(20, male))
    w.people.involved[:] = 0
    w.use.start_factor[:] = 1.5
    rule = interpreted(careers.initiation)
    rule.__globals__["susceptibility"] = lambda w, pid: 1.2
    assert rule(0, 0, w, today()) == pytest.approx(0.02 * 1.6 * sex * 1.2 * 1.5 / 365)
    w.people.involved[:] = 1
    assert rule(0, 0, w, today()) == 0.0


@pytest.mark.parametrize(("use", "substance", "progression", "receding"), [
    (k.LIGHT, k.MDMA, 0.05, 0.1),
    (k.HEAVY, k.MDMA, 0.2, 0.15),
    (k.HEAVY, k.OPIOID, 0.3, 0.15),
    (k.HEAVY, k.CANNABIS, 0.05, 0.15),
    (k.DEPENDENT, k.OPIOID, 0.0, 0.2),
    (k.REMITTED, k.OPIOID, 0.0, 0.0),
])  # fmt: skip
def test_rates_a_year_up_and_down(use, substance, progression, receding):
    w = world(RATES)
    w.use.progress_factor[:], w.use.quit_factor[:] = 2.0, 3.0
    a = person(use=use, substance=substance)
    assert interpreted(careers.progress)(a, 0, 0, w, today()) * 365 == pytest.approx(2.0 * progression)
    assert interpreted(careers.recede)(a, 0, 0, w, today()) * 365 == pytest.approx(3.0 * receding)


@pytest.mark.parametrize(("use", "to", "counter", "caution"), [
    (k.LIGHT, k.REMITTED, "quits", 0),
    (k.HEAVY, k.LIGHT, None, 9),
    (k.DEPENDENT, k.REMITTED, "remissions", k.WAS_DEPENDENT),
])  # fmt: skip
def test_who_recedes_where_to(use, to, counter, caution):
    a, w = person(use=use, caution=9), world(RATES)
    interpreted(careers.apply_regression)(a, 0, 0, w, today())
    assert (a.use[0], a.caution[0], a.since[0]) == (to, caution, 1000)
    assert w.tally.count.sum() == (0 if counter is None else counted(w, counter))


@pytest.mark.parametrize(("days", "rate"), [(0, 0.9), (36, 0.9), (200, 0.9), (364, 0.9), (365, 0.04), (4000, 0.04)])
def test_the_first_year_of_relapse_has_365_days(days, rate):
    a, w = person(use=k.REMITTED, caution=k.WAS_DEPENDENT, since=5000 - days), world(RATES)
    assert interpreted(careers.relapse)(a, 0, 0, w, today(5000)) * 365 == pytest.approx(rate), "first year of relapse"


def test_relapse_and_stable_remission_are_of_those_in_remission():
    w = world(RATES)
    relapse, settle = interpreted(careers.relapse), interpreted(careers.stable_remission_hazard)
    for use in (k.NONE, k.LIGHT, k.HEAVY, k.DEPENDENT, k.TREATMENT, k.STABLE):
        assert relapse(person(use=use), 0, 0, w, today()) == settle(person(use=use), 0, 0, w, today()) == 0.0
    assert settle(person(use=k.REMITTED), 0, 0, w, today()) == pytest.approx(1 / 3650)


def remembering(risk: float, indicated: float):
    names = {"risk": risk, "availability": 1.0, "peer_start": 0.05}
    w = world(RATES, harm_indicated=np.array([indicated]), **{name: np.array([value]) for name, value in names.items()})
    w.people.alive[0], w.use.by_state[0, [k.LIGHT, k.HEAVY, k.DEPENDENT]] = 1000, (30, 15, 5)
    return w


@pytest.mark.parametrize(("indicated", "perceived", "change"), [
    (2.0, 1.0, 1.0 / 730),  # up within two years
    (0.5, 1.0, -0.5 / 7300),  # down within twenty
    (0.5, 3.0, 0.5 / 730),  # made visible
])  # fmt: skip
def test_risk_rises_fast_and_falls_slowly(indicated, perceived, change):
    w = remembering(1.0, indicated)
    w.q[q.PERCEIVED_RISK] = perceived
    interpreted(careers.update_factors)(w, today(), 0, 1)
    assert w.use.risk[0] - 1.0 == pytest.approx(change)


def test_factors_of_use():
    """Peers as at the start (50 of 1000); risk 1, availability 2."""
    w = remembering(1.0, 1.0)
    w.use.availability[:] = 2.0
    p = w.p[0]
    interpreted(careers.update_factors)(w, today(), 0, 1)
    assert w.use.start_factor[0] == pytest.approx(2.0**p.use_initiation_availability)
    assert w.use.progress_factor[0] == pytest.approx(2.0**p.use_progress_availability)
    assert w.use.quit_factor[0] == pytest.approx(2.0**-p.use_quit_availability)
    w.on[2] = 0
    interpreted(careers.update_factors)(w, today(), 0, 1)
    assert (w.use.start_factor[0], w.use.progress_factor[0], w.use.quit_factor[0]) == (1.0, 1.0, 1.0)
