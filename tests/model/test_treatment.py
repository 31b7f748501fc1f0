"""Who leaves treatment without success is what he was before, heavy users too; more places mean less dependence."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from tests.model.by_hand import Luck, cell_of_age, counted, interpreted, person, today, world
from tests.model.running import configuration, russia, simulation

from kladsim.model import careers, health, justice
from kladsim.model import codes as k
from kladsim.model.config import Modifier
from kladsim.model.requests import allocate_buffer, allocate_queue
from kladsim.model.tallies import STOCKS

WAS = {k.HEAVY: k.WAS_HEAVY, k.DEPENDENT: k.WAS_DEPENDENT}
ORIGINS = pytest.mark.parametrize("use", [k.HEAVY, k.DEPENDENT])


def patient(use: int, **columns):
    """Return a person in treatment who was in a state of use before, and the world that counts him."""
    a = person(use=k.TREATMENT, klass=k.C_TREATMENT, caution=WAS[use], channel=k.PLATFORM, **columns)
    w = world(justice={"charges": allocate_buffer(np.array([4]))}, **cell_of_age(30))
    w.health.in_treatment[0] = w.use.by_state[0, k.TREATMENT] = 1
    return a, w


@ORIGINS
def test_admission_notes_what_the_patient_was(use):
    a, w = person(use=use, klass=use + 1, flags=k.WAITING, caution=7, channel=k.STREET), world()
    w.health.queue = allocate_queue(4)
    w.health.queue.ends[1] = 1
    w.use.by_state[0, use] = w.use.by_channel[0, k.STREET] = 1
    interpreted(health.admit)(a, w, today(), 1)
    assert (a.use[0], a.klass[0], a.caution[0], a.flags[0]) == (k.TREATMENT, k.C_TREATMENT, WAS[use], 0)
    assert w.health.in_treatment[0] == w.use.by_state[0, k.TREATMENT] == counted(w, "treatment_starts") == 1
    assert w.use.by_state[0, use] == w.use.by_channel[0].sum() == 0


@ORIGINS
def test_who_fails_returns_to_what_he_was(use):
    a, w = patient(use)
    interpreted(health.leave_treatment, Luck(0.999))(a, 0, 0, w, today())
    assert (a.use[0], a.klass[0], a.caution[0]) == (use, use + 1, 0)
    assert w.use.by_state[0].tolist() == [int(state == use) for state in range(k.N_USE)]
    assert w.use.by_channel[0].tolist() == [0, 1, 0]
    assert (w.health.in_treatment[0], counted(w, "treatment_ends"), counted(w, "remissions")) == (0, 1, 0)


@ORIGINS
def test_who_succeeds_relapses_to_what_he_was(use):
    a, w = patient(use)
    interpreted(health.leave_treatment, Luck(0.0))(a, 0, 0, w, today(1000))
    assert (a.use[0], a.klass[0], a.caution[0]) == (k.REMITTED, k.CALM, WAS[use])
    assert (w.health.in_treatment[0], counted(w, "treatment_ends"), counted(w, "remissions")) == (0, 1, 1)
    rate = w.p[0].use_relapse_first_year / 365
    assert interpreted(careers.relapse)(a, 0, 0, w, today(1200)) == pytest.approx(rate)
    interpreted(careers.apply_relapse)(a, 0, 0, w, today(1200))
    assert (a.use[0], a.caution[0], counted(w, "relapses")) == (use, 0, 1)


def test_success_has_the_odds_of_its_quality():
    """Abstinence p has odds p/(1-p); twice the quality doubles the odds and not the chance: 0.35 -> 0.7/1.35 = 0.5185."""
    for quality, chance in ((1.0, 0.35), (2.0, 0.7 / 1.35), (0.5, 0.175 / 0.825)):
        for luck, use in ((chance - 1e-6, k.REMITTED), (chance + 1e-6, k.DEPENDENT)):
            a, w = patient(k.DEPENDENT)
            w.p = world({"health.abstinent": 0.35}).p
            w.q[health.q.TREATMENT_OUTCOME] = quality
            interpreted(health.leave_treatment, Luck(luck))(a, 0, 0, w, today())
            assert a.use[0] == use, (quality, luck)


@ORIGINS
@pytest.mark.parametrize("what", [k.POSSESSION, k.TRAFFICKING])
def test_a_patient_who_is_arrested_is_what_he_was(use, what):
    a, w = patient(use)
    interpreted(justice.charge)(a, 0, 0, w, today(), what)
    assert (a.use[0], a.caution[0]) == (use, 0)
    assert a.klass[0] == (use + 1 if what == k.POSSESSION else k.C_CUSTODY)
    assert w.use.by_state[0].tolist() == [int(state == use) for state in range(k.N_USE)]
    assert w.use.by_channel[0].sum() == 1
    assert w.health.in_treatment[0] == 0
    assert w.justice.charges.n[0] == 1


@ORIGINS
def test_a_patient_who_is_imprisoned_frees_the_place(use):
    """Charged before the treatment, sentenced during it: in prison nobody leaves treatment, so that he must before."""
    a, w = patient(use, flags=k.CHARGED, charge=k.POSSESSION)
    interpreted(justice.convict, Luck(0.5, {1: 0.0, 3: 1.0}))(a, 0, 0, w, today(), k.POSSESSION)
    assert (a.use[0], a.klass[0], a.flags[0]) == (use, k.C_CUSTODY, k.CUSTODY | k.CONVICTED)
    assert (w.health.in_treatment[0], w.justice.custody[0], counted(w, "treatment_ends")) == (0, 1, 1)


def test_a_patient_who_is_not_imprisoned_stays():
    a, w = patient(k.HEAVY, flags=k.CHARGED, charge=k.POSSESSION)
    interpreted(justice.convict, Luck(0.5, {1: 1.0}))(a, 0, 0, w, today(), k.POSSESSION)
    assert (a.use[0], a.klass[0], w.health.in_treatment[0]) == (k.TREATMENT, k.C_TREATMENT, 1)


def test_light_users_relapse_as_such_and_rarely():
    a, w = person(use=k.REMITTED, klass=k.CALM), world()
    assert interpreted(careers.relapse)(a, 0, 0, w, today()) == pytest.approx(w.p[0].use_relapse_light / 365)
    interpreted(careers.apply_relapse)(a, 0, 0, w, today())
    assert a.use[0] == k.LIGHT


def dependent_with_more_places(seek: float, replicate: int, scale: int = 100, until: str = "2022-01-01") -> float:
    """Return the change of the mean number of dependent people, in persons, once places are doubled in 2016."""
    parameters = {"health.seek_heavy": seek}
    more = (Modifier("treatment.places", date(2016, 1, 1), None, "multiply", 2.0),)
    base = simulation(until, scale, parameters=parameters, replicate=replicate)
    base.run(russia().day_of(more[0].start))
    plan = base.branch(configuration(until, scale, modifiers=more, parameters=parameters))
    begin, column = base.day, STOCKS.index("dependent")
    means = []
    for s in (base, plan):
        s.run()
        means.append(s.recording.stock[begin:, column].mean() * scale)
    return float(means[1] - means[0])


@pytest.mark.verify  # sixteen runs of six to eight years
@pytest.mark.parametrize("seek", [0.0003, 0.03, 0.1, 0.2])
def test_more_places_mean_less_dependence_however_many_heavy_users_seek_them(seek):
    """Over the register's range of ``health.seek_heavy``; before 0.7.0 it turned between 0.03 and 0.2 (+7,000)."""
    changes = [dependent_with_more_places(seek, replicate) for replicate in range(2)]
    assert max(changes) < 0.0, changes


def test_places_for_heavy_users_make_nobody_dependent():
    """One pair at 1/200 to 2018, where every heavy user who can seeks a place: a tenth of places go to dependent ones."""
    assert dependent_with_more_places(0.2, 0, 200, "2018-07-01") < 0.0
