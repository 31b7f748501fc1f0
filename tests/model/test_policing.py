"""Policing: how effort becomes hazards by tier, and what police learn, worked out by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from tests.model.by_hand import Luck, counted, interpreted, person, today, world

from kladsim.model import codes as k
from kladsim.model import policing
from kladsim.model import quantities as q

RATES = {
    "policing.courier": 50.0,
    "policing.buyer": 60.0,
    "policing.half_courier": 20.0,
    "policing.half_user": 4000.0,
    "policing.street_exposure": 1.5,
    "policing.heavy": 2.0,
    "policing.dependent": 4.0,
    "policing.experience": 0.4,
    "policing.memory": 0.75,
    "policing.learning": 0.25,
    "policing.pick_up": 0.002,
    "policing.diffusion": 0.5,
    "policing.fixed_courier": 0.73,
    "policing.fixed_buyer": 0.0365,
    "policing.dealer_share": 0.25,
}


def country(regions: int = 1):
    """Return a world of regions with 200,000 residents, 60 couriers to be met and 12,000 people who use each."""
    names = ("courier_hazard", "buyer_hazard", "pick_up_risk", "street_risk")
    w = world(
        RATES, regions, couriers_met=np.full(regions, 60.0), tier_effort=np.ones(2), tier_plan=np.array([60.0, 50.0]),
        success=np.zeros(2), buyer_reference=np.array([1e-4]), **{name: np.zeros(regions) for name in names},
    )  # fmt: skip
    w.people.alive[:] = 200_000
    w.use.by_channel[:] = 9000, 2000, 1000
    return w


def updated(w):
    """Return the world after the hazards of the day were refreshed."""
    interpreted(policing.update_hazards)(w, today(season_police=1.0, buyer_trend=1.0), 0, len(w.people.alive))
    return w


def test_each_tier_saturates_at_its_own_half():
    """Couriers: 50 x 2 a year, 60 / (60 + 2 x 20); people who use: 60 x 2 a year, 12,000 / (12,000 + 2 x 4,000)."""
    w = updated(country())
    assert w.police.courier_hazard[0] == pytest.approx(100 / 365 * 0.6 / 60), "half-saturation of the tier of couriers"
    assert w.police.buyer_hazard[0] == pytest.approx(120 / 365 * 0.6 / 12_000), "half-saturation of the tier of buyers"


def test_more_couriers_are_each_safer():
    few, many = country(), country()
    many.labour.couriers_met[:] = 160.0  # 100 a year x 160 / 200
    assert updated(many).police.courier_hazard[0] == pytest.approx(100 / 365 * 0.8 / 160)
    assert updated(few).police.courier_hazard[0] > many.police.courier_hazard[0]


def test_effort_moves_only_its_tier():
    w = country()
    w.q[q.EFFORT_COURIER], w.police.tier_effort[0] = 2.0, 1.2
    updated(w)
    assert w.police.courier_hazard[0] == pytest.approx(2 * 100 / 365 * 0.6 / 60)
    assert w.police.buyer_hazard[0] == pytest.approx(1.2 * 120 / 365 * 0.6 / 12_000)


def test_effort_around_is_felt_as_far_as_it_spreads():
    """Three regions of a district, efforts 1, 2 and 4: the first feels half of the mean rise (3 - 1) of the others."""
    w = country(3)
    w.q[q.EFFORT_COURIER] = 1.0, 2.0, 4.0
    usual = 100 / 365 * 0.6 / 60
    assert updated(w).police.courier_hazard / usual == pytest.approx([2.0, 2 * (1 + 0.5 * 1.5), 4 * (1 + 0.5 * 0.5)])


def test_risk_at_a_pick_up_and_in_the_street():
    w = country()
    w.q[q.DECRIMINALISED] = 0.2
    updated(w)
    relative = w.police.buyer_hazard[0] / 1e-4
    learned = (3000 / 12_000) / 0.3  # a quarter buys online
    assert w.police.pick_up_risk[0] == pytest.approx(relative * 0.002 * (0.3 + 0.7 * learned) * 0.8)
    assert w.police.street_risk[0] == pytest.approx(relative * 1.5 * 0.8)


def test_without_m11_hazards_are_fixed():
    w = country()
    w.on[11] = 0
    w.q[q.EFFORT_COURIER], w.q[q.EFFORT_BUYER] = 2.0, 3.0
    updated(w)
    assert (w.police.courier_hazard[0], w.police.buyer_hazard[0]) == pytest.approx((0.004, 0.0003))


@pytest.mark.parametrize(("got", "effort"), [
    ((60.0, 0.0), (1.25, 0.75)),  # all arrests of buyers: effort moves towards them
    ((0.0, 50.0), (0.75, 1.25)),
    ((60.0, 50.0), (1.0, 1.0)),  # as many for each unit of effort
    ((60.0, 150.0), (0.875, 1.125)),  # three times as many of couriers: (3 - 1) / 4 of a quarter
    ((0.0, 0.0), (1.0, 1.0)),
])  # fmt: skip
def test_effort_moves_to_the_tier_that_gave_more_arrests_for_it(got, effort):
    w = country()
    w.police.arrest_sum[0] = got
    interpreted(policing.learn)(w, today(), 1)
    assert w.police.tier_effort == pytest.approx(effort), "police learn what pays"
    assert w.police.success == pytest.approx([0.25 * got[0] / 60, 0.25 * got[1] / 50])
    assert not w.police.arrest_sum.any()


def test_success_is_remembered():
    w = country()
    w.police.success[:] = 0.4, 0.0
    interpreted(policing.learn)(w, today(), 1)
    assert w.police.success == pytest.approx([0.3, 0.0])
    assert w.police.tier_effort == pytest.approx([1.25, 0.75])


@pytest.mark.parametrize(("days", "left"), [(0, 1.0), (60, 0.8), (120, 0.6), (500, 0.6)])
def test_couriers_grow_careful(days, left):
    w = country()
    w.police.courier_hazard[:] = 0.01
    a = person(klass=k.C_COURIER, flags=k.COURIER, role_since=1000 - days)
    assert interpreted(policing.arrest_courier)(a, 0, 0, w, today()) == pytest.approx(0.01 * left)


@pytest.mark.parametrize(("use", "channel", "flags", "weight"), [
    (k.LIGHT, k.PLATFORM, 0, 1.0),
    (k.HEAVY, k.PLATFORM, 0, 2.0),
    (k.DEPENDENT, k.OFF_PLATFORM, 0, 4.0),
    (k.DEPENDENT, k.STREET, 0, 6.0),
    (k.DEPENDENT, k.STREET, k.CHARGED, 0.0),
    (k.REMITTED, k.STREET, 0, 0.0),
])  # fmt: skip
def test_who_is_arrested_for_possession(use, channel, flags, weight):
    w = country()
    w.police.buyer_hazard[:] = 0.001
    a = person(use=use, channel=channel, flags=flags)
    assert interpreted(policing.arrest_user)(a, 0, 0, w, today()) == pytest.approx(0.001 * weight)


@pytest.mark.parametrize(("use", "channel", "draw", "counter", "charge"), [
    (k.HEAVY, k.STREET, 0.24, "arrests_dealer", k.TRAFFICKING),
    (k.HEAVY, k.STREET, 0.26, "arrests_buyer", k.POSSESSION),
    (k.LIGHT, k.STREET, 0.0, "arrests_buyer", k.POSSESSION),
    (k.HEAVY, k.PLATFORM, 0.0, "arrests_buyer", k.POSSESSION),
])  # fmt: skip
def test_what_the_arrested_are_charged_with(use, channel, draw, counter, charge):
    charged = []
    rule = interpreted(policing.be_charged_user, Luck(0.5, {30: draw}))
    rule.__globals__["charge"] = lambda a, i, c, w, t, what: charged.append(what)
    a, w = person(use=use, channel=channel, caution=3, substance=k.OPIOID), country()
    rule(a, 0, 0, w, today())
    assert (counted(w, counter), charged, a.caution[0]) == (1, [charge], 9)
    assert w.police.street_seized[0].tolist() == [0, 1, 0, 0, 0, 0, 0]
    assert w.police.arrest_sum[0, 0] == (counter == "arrests_buyer")


def test_decriminalised_cases_lead_to_no_charge():
    rule = interpreted(policing.be_charged_user, Luck(0.5, {31: 0.19}))
    rule.__globals__["charge"] = lambda *_: pytest.fail("charged")
    w = country()
    w.q[q.DECRIMINALISED] = 0.2
    rule(person(use=k.LIGHT, channel=k.PLATFORM), 0, 0, w, today())
    assert not w.tally.count.any()


@pytest.mark.parametrize(("number", "half", "arrests"), [(0.0, 5.0, 0.0), (5.0, 5.0, 3.0), (15.0, 5.0, 4.5), (5.0, 0.0, 6.0)])
def test_arrests_expected_saturate(number, half, arrests):
    assert interpreted(policing.arrests_expected)(3.0, 2.0, number, half) == pytest.approx(arrests)


@pytest.mark.parametrize(("days", "left"), [(0, 1.0), (60, 0.8), (120, 0.6), (9999, 0.6)])
def test_experience_lowers_the_hazard_for_four_months(days, left):
    assert interpreted(policing.experience)(days, country().p[0]) == pytest.approx(left)


@pytest.mark.parametrize(("district", "efforts", "around"), [
    ((0, 0, 0), (1, 2, 4), 3.0), ((0, 1, 0), (1, 2, 4), 4.0), ((0, 1, 1), (5, 2, 4), 1.0), ((0,), (5,), 1.0)
])  # fmt: skip
def test_pressure_around_is_that_of_the_district(district, efforts, around):
    w = country(len(district))
    w.regions.district[:], w.q[q.EFFORT_COURIER] = district, efforts
    assert interpreted(policing.pressure_around)(w, 0) == pytest.approx(around)


def test_an_arrested_courier_is_charged_and_the_drops_are_due():
    charged = []
    rule = interpreted(policing.be_charged_courier)
    rule.__globals__["charge"] = lambda a, i, c, w, t, what: charged.append(what)
    w = country()
    w.stock = SimpleNamespace(seize_drops=np.zeros(1, np.int64))
    rule(person(flags=k.COURIER), 0, 0, w, today())
    assert (counted(w, "arrests_courier"), w.stock.seize_drops[0], w.police.arrest_sum[0].tolist(), charged) == (1, 1, [0, 1], [k.TRAFFICKING])
