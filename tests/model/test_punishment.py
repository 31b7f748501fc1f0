"""Punishment of couriers: its hazard, what it does, and how publicity and expectations are smoothed, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from tests.model.by_hand import Luck, cell_of_age, counted, interpreted, person, today, trade, world

from kladsim.model import codes as k
from kladsim.model import punishment

RATES = {
    "punishment.readiness": 0.02,
    "punishment.tolerance": 0.5,
    "punishment.deposit_factor": 0.25,
    "punishment.death": 0.1,
    "punishment.leave": 0.4,
    "punishment.fear_reference": 2.0,
    "punishment.delay_days": 10.0,
}


@pytest.mark.parametrize(("reports", "couriers", "harshness", "hazard"), [
    (6.0, 4.0, 1.0, 0.02),  # 1.5 a courier, one above what is put up with
    (6.0, 4.0, 0.5, 0.01),
    (2.0, 4.0, 1.0, 0.0),  # as many as are put up with
    (0.0, 4.0, 1.0, 0.0),
    (1.5, 0.0, 1.0, 0.02),  # without a courier as with one
])  # fmt: skip
def test_hazard_of_branch(reports, couriers, harshness, hazard):
    assert interpreted(punishment.hazard_of_branch)(reports, couriers, harshness, world(RATES).p[0]) == pytest.approx(hazard)


@pytest.mark.parametrize(("flags", "employer", "days", "on", "hazard"), [
    (k.COURIER | k.PLEDGED_ID, 0, 7, 1, 0.008),
    (k.COURIER, 0, 7, 1, 0.002),  # who paid a deposit is traced a quarter as often
    (k.COURIER, 0, 6, 1, 0.0),
    (k.COURIER, -1, 90, 1, 0.0),
    (k.COURIER, 0, 90, 0, 0.0),
])  # fmt: skip
def test_who_is_punished(flags, employer, days, on, hazard):
    w = trade(RATES)
    w.branches.punish[0], w.on[9] = 0.008, on
    a = person(flags=flags, employer=employer, role_since=1000 - days)
    assert interpreted(punishment.punished)(a, 0, 0, w, today()) == pytest.approx(hazard)


OUTSIDERS, DEATH, LEAVING = 60, 61, 62


@pytest.mark.parametrize(("draws", "counts"), [
    ({OUTSIDERS: 0.29, DEATH: 0.11, LEAVING: 0.41}, (1, 1, 0, 0)),  # three tenths were taken by outsiders: falsely
    ({OUTSIDERS: 0.31, DEATH: 0.11, LEAVING: 0.39}, (1, 0, 0, 1)),
    ({OUTSIDERS: 0.31, DEATH: 0.09, LEAVING: 0.0}, (1, 0, 1, 0)),
])  # fmt: skip
def test_punish_counts_a_victim_who_may_die_or_leave(draws, counts):
    w = world(RATES, branches=trade().branches, outsider_share=np.array([0.3]), **cell_of_age(30))
    w.labour.couriers[0], w.branches.couriers[0], w.people.alive[0], w.cells.alive[0] = 4, 2, 9, 9
    a = person(use=k.NONE, klass=k.C_COURIER, flags=k.COURIER, employer=0, role_since=1000 - 92)
    interpreted(punishment.punish, Luck(0.9, draws))(a, 0, 0, w, today())
    names = ("punished", "punished_falsely", "deaths_punishment", "courier_other_exits")
    assert tuple(counted(w, name) for name in names) == counts
    gone = counts[2] + counts[3]
    assert (w.labour.couriers[0], w.branches.couriers[0]) == (4 - gone, 2 - gone)
    assert (w.people.alive[0], a.klass[0] == k.LEFT) == (9 - counts[2], bool(counts[2]))
    assert w.labour.careers[0, 3] == counts[3], "careers of three months are noted of those who leave"


@pytest.mark.parametrize(("victims", "couriers", "before", "after"), [
    ((2, 1), (200, 165), 0.0, 1.5 / 90), ((0, 0), (10, 0), 0.9, 0.89), ((1, 0), (0, 0), 0.0, 182.5 / 90)
])  # fmt: skip
def test_update_fear_follows_victims_a_courier_and_year(victims, couriers, before, after):
    """Three victims of 365 couriers: 365 x 3 / 365 / 2 = 1.5 in the long run; a ninetieth of the way a day."""
    w = trade(RATES, regions=2)
    w.labour.couriers[:], w.punishment.fear[0] = couriers, before
    w.tally.count[:, punishment.n.PUNISHED] = victims
    interpreted(punishment.update_fear)(w, today(), 2)
    assert w.punishment.fear[0] == pytest.approx(after)


def reviewed(scale: float = 1.0):
    """Return a world with two branches after a review: six taken by outsiders, two kept, one lost; ten missed."""
    w = trade(RATES, branches=(0, 0))
    w.stock.theft_today[0] = 6
    w.tally.count[0, punishment.n.KEPT_BY_COURIERS], w.tally.count[0, punishment.n.LOST_DROPS] = 2, 1
    w.branches.missed[:], w.branches.couriers[:], w.shops.harshness[0] = (10, 0), (1, 2), 1.5
    w.labour.couriers[0] = 4
    w.listings.on_sale[:], w.listings.on_sale[[0, k.G]] = 0, 1
    w.trade.sold[[0, k.G, 1]], w.market.unmet_by[0, 0], w.market.unmet_level[0, 0] = (3, 1, 2), 8, 1.0
    w.listings.sales[0] = 1.4
    t = today()
    t.seller_scale = scale
    interpreted(punishment.review)(w, t, 0, 1)
    return w


def test_review_smooths_losses_by_who_took_them():
    w = reviewed()
    assert (w.punishment.outsiders[0], w.punishment.insiders[0]) == pytest.approx((0.2, 0.1))
    assert w.punishment.outsider_share[0] == pytest.approx(2 / 3)


def test_review_reports_a_branch_by_its_couriers():
    """A tenth of ten a day: one report, of one courier: 0.02 x 1.5 x (1 - 0.5). The other branch has none."""
    w = reviewed()
    assert w.branches.reports.tolist() == [1.0, 0.0]
    assert w.branches.punish.tolist() == pytest.approx([0.015, 0.0])


def test_review_of_a_branch_that_stands_for_four():
    """Delay 40: 0.25 x 4 reports of 1 + 3 x 4 / 2 = 7 couriers: too few; with 28 missed 2.8 / 7 still are."""
    w = reviewed(4.0)
    assert w.branches.reports[0] == 0.25
    assert w.branches.punish[0] == 0.0
    assert w.listings.sales[0] == pytest.approx(1.4 + (7 - 1.4) / 56)  # twice the memory


def test_review_expects_what_was_asked_for_in_vain():
    """Eight in vain at two branches: four each. 3 + 4 of 1.4 smoothed over 28 days: 1.6; and 1 + 4: 5 / 28."""
    w = reviewed()
    assert w.listings.sales[[0, k.G]] == pytest.approx([1.6, 5 / 28])
    assert w.listings.sales[1] == pytest.approx(2 / 28)  # not on sale: what was sold only
    assert w.market.unmet_level[0, 0] == pytest.approx(1.25)
    assert w.market.asked_by[0, :2].tolist() == [12, 2]
    assert (w.market.unmet_by.sum(), w.trade.sold.sum()) == (0, 0)


def test_review_without_losses():
    w = trade(RATES, branches=(1,), regions=2)
    interpreted(punishment.review)(w, today(), 0, 1)
    assert w.punishment.outsider_share[0] == 0.0
