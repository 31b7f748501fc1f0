"""Health: who is poisoned how often, what is fatal, and the weeks after release, worked out by hand."""

from __future__ import annotations

import pytest
from tests.model.by_hand import Luck, cell_of_age, counted, interpreted, person, today, world

from kladsim.model import codes as k
from kladsim.model import health
from kladsim.model import quantities as q

RATES = {
    "health.poisoning_light": 0.1,
    "health.poisoning_heavy": 0.5,
    "health.poisoning_dependent": 1.5,
    "health.poisoning_opioid": 3.0,
    "health.poisoning_cannabis": 0.2,
    "health.release_factor": 7.0,
    "health.checking_effect": 0.25,
    "health.fatal_opioid": 0.4,
    "health.fatal_other": 0.2,
}
PER_CENT_A_YEAR = 1 / 36500


def hazard(a, w, day: int = 1000, potency: float = 1.0) -> float:
    return interpreted(health.poisoning)(a, 0, 0, w, today(day, potency=potency)) / PER_CENT_A_YEAR


@pytest.mark.parametrize(
    ("use", "substance", "rate"),
    [
        (k.LIGHT, k.MEPHEDRONE, 0.1),
        (k.HEAVY, k.MEPHEDRONE, 0.5),
        (k.DEPENDENT, k.MEPHEDRONE, 1.5),
        (k.DEPENDENT, k.OPIOID, 4.5),
        (k.HEAVY, k.CANNABIS, 0.1),
        (k.REMITTED, k.OPIOID, 0.0),
        (k.NONE, k.OPIOID, 0.0),
        (k.TREATMENT, k.OPIOID, 0.0),
    ],
)
def test_poisonings_a_year_by_state_and_substance(use, substance, rate):
    assert hazard(person(use=use, substance=substance), world(RATES)) == pytest.approx(rate)


@pytest.mark.parametrize(
    ("days", "flags", "factor"),
    [
        (0, k.CONVICTED, 7.0),
        (13, k.CONVICTED, 7.0),
        (14, k.CONVICTED, 1.0),
        (-30, k.CONVICTED, 1.0),  # the term is not over
        (3, k.CONVICTED | k.MONITORED, 1.0),  # sentenced to stay at home: never inside
        (3, 0, 1.0),
        (1000, k.CONVICTED, 1.0),  # never held: ``until`` is 0
    ],
)
def test_the_two_weeks_after_release_are_dangerous(days, flags, factor):
    a = person(use=k.DEPENDENT, substance=k.OPIOID, flags=flags, until=1000 - days)
    assert hazard(a, world(RATES)) == pytest.approx(4.5 * factor), "excess risk after release (H13)"


def test_potency_warning_and_checking():
    w = world(RATES)
    a = person(use=k.DEPENDENT, substance=k.MEPHEDRONE)
    assert hazard(a, w, potency=1.4) == pytest.approx(1.5 * 1.4)
    w.q[q.EARLY_WARNING] = 0.5  # half of the rise is known
    assert hazard(a, w, potency=1.4) == pytest.approx(1.5 * 1.2)
    w.q[q.DRUG_CHECKING] = 0.4  # 0.4 reached x 0.25 averted
    assert hazard(a, w, potency=1.4) == pytest.approx(1.5 * 1.2 * 0.9)


def poisoned(luck: float, substance: int = k.OPIOID, response: float = 0.0, **columns):
    a = person(use=k.DEPENDENT, klass=k.C_DEPENDENT, substance=substance, **columns)
    w = world(RATES, **cell_of_age(30))
    w.q[q.POISONING_RESPONSE] = response
    interpreted(health.be_poisoned, Luck(luck))(a, 0, 0, w, today())
    return a, w


@pytest.mark.parametrize(("substance", "response", "fatal"), [
    (k.OPIOID, 0.0, 0.4), (k.MEPHEDRONE, 0.0, 0.2), (k.OPIOID, 0.25, 0.3)
])  # fmt: skip
def test_what_is_fatal(substance, response, fatal):
    a, w = poisoned(fatal - 1e-9, substance, response)
    assert (a.klass[0], counted(w, "deaths_poisoning"), w.people.alive[0], w.use.harm_sum[0]) == (k.LEFT, 1, -1, 10.0)
    a, w = poisoned(fatal + 1e-9, substance, response)
    assert (a.klass[0], counted(w, "poisonings_nonfatal"), a.caution[0], w.use.harm_sum[0]) == (k.C_DEPENDENT, 1, 4, 1.0)


@pytest.mark.parametrize(("days", "counts"), [(0, 1), (83, 1), (84, 0)])
def test_deaths_after_release_are_those_of_twelve_weeks(days, counts):
    _, w = poisoned(0.0, flags=k.CONVICTED, until=1000 - days)
    assert counted(w, "deaths_after_release") == counts


def test_excess_deaths_and_psychoses():
    w = world({"health.excess_dependent": 0.6, "health.excess_heavy": 0.1, "health.psychosis": 4.0})
    excess, psychosis = interpreted(health.excess_death), interpreted(health.psychosis)
    found = [excess(person(use=use), 0, 0, w, today()) * 36500 for use in (k.LIGHT, k.HEAVY, k.DEPENDENT, k.REMITTED)]
    assert found == pytest.approx([0.0, 0.1, 0.6, 0.0])
    found = [
        psychosis(person(use=use, substance=substance), 0, 0, w, today()) * 36500
        for use, substance in ((k.DEPENDENT, k.ALPHA_PVP), (k.DEPENDENT, k.OPIOID), (k.HEAVY, k.ALPHA_PVP))
    ]
    assert found == pytest.approx([4.0, 0.0, 0.0])


def test_asking_for_treatment():
    w = world({"health.seek_dependent": 0.365, "health.seek_heavy": 0.0365})
    seek = interpreted(health.seek_treatment)
    for use, flags, rate in (
        (k.DEPENDENT, 0, 1e-3),
        (k.HEAVY, 0, 1e-4),
        (k.LIGHT, 0, 0.0),
        (k.DEPENDENT, k.WAITING, 0.0),
        (k.DEPENDENT, k.CUSTODY, 0.0),
    ):
        assert seek(person(use=use, flags=flags), 0, 0, w, today()) == pytest.approx(rate)


def test_without_m12_nobody_dies_of_drugs():
    w = world(RATES)
    w.on[12] = 0
    a = person(use=k.DEPENDENT, substance=k.OPIOID)
    for rule in (health.poisoning, health.excess_death, health.psychosis, health.seek_treatment):
        assert interpreted(rule)(a, 0, 0, w, today(potency=1.0)) == 0.0
