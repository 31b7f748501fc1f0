"""Drops: what couriers can place, what they owe, and what is due to be seized, worked out by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from tests.model.by_hand import Luck, counted, interpreted, today, world

from kladsim.model import codes as k
from kladsim.model import drops

RATES = {"courier.most_drops": 2.0, "courier.flexible_days": 3.0, "policing.drops_seized": 8.0}


def district(hands: float, left: float, asked: int):
    """Return a world with one region that asks for drops."""
    return world(
        RATES,
        hands=np.array([hands]),
        capacity_left=np.array([left]),
        capacity_share=np.zeros(1),
        labour_need=np.ones(1),
        drop_movement=np.ones(1),
        in_stock=np.ones(k.G),
        wanted=np.array([[asked] + [0] * (k.G - 1)]),
    )


@pytest.mark.parametrize(
    ("hands", "left", "asked", "share", "after"),
    [
        (5.0, 0.0, 40, 0.25, 0.0),  # ten a day for forty asked
        (5.0, 0.0, 4, 1.0, 6.0),  # six to spare
        (5.0, 6.0, 40, 0.4, 0.0),  # the six of yesterday are made up for
        (1.0, 50.0, 40, 0.2, 0.0),  # at most three days' work is
        (5.0, -2.0, 40, 0.2, 0.0),  # two placed in advance are owed first
        (0.5, -3.0, 4, 0.0, -2.0),  # who owes more than a day's work places nothing, and owes the rest tomorrow
        (0.0, 0.0, 4, 0.0, 0.0),
        (0.0, 0.0, 0, 1.0, 0.0),
    ],
)
def test_capacity_is_shared_and_debts_are_kept(hands, left, asked, share, after):
    w = district(hands, left, asked)
    interpreted(drops.share_capacity)(w, 0, 1)
    assert w.stock.capacity_share[0] == pytest.approx(share)
    assert w.stock.capacity_left[0] == pytest.approx(after)


def trade(ready: int, couriers: int, arrested: int, due: int, branches: int = 1):
    """Return a world with one region, one branch and so many drops ready of the first product."""
    w = world(
        RATES,
        seize_due=np.array([due]),
        seize_drops=np.array([arrested]),
        seized_by=np.zeros((1, k.G), np.int64),
        branch_start=np.array([0, branches]),
        branch_index=np.zeros(1, np.int64),
        listings=SimpleNamespace(ready=np.zeros(k.G, np.int64), missing=np.zeros(k.G, np.int64)),
    )
    w.labour.couriers[0], w.listings.ready[0] = couriers, ready
    return w


@pytest.mark.parametrize(
    ("ready", "couriers", "arrested", "due", "branches", "seized", "after"),
    [
        (100, 5, 2, 0, 1, 16, 0),
        (10, 5, 2, 0, 1, 10, 6),  # six that were not there are due tomorrow
        (0, 0, 2, 0, 1, 0, 16),  # the arrested had eight each
        (0, 1, 0, 16, 1, 0, 8),  # one courier is left, who has eight
        (0, 0, 0, 16, 1, 0, 0),  # and where nobody works nothing is owed
        (0, 0, 1, 500, 0, 0, 8),  # nor is it where there is no branch
        (3, 0, 0, 16, 1, 3, 0),
    ],
)
def test_what_is_due_to_be_seized_is_what_couriers_have_in_hand(ready, couriers, arrested, due, branches, seized, after):
    w = trade(ready, couriers, arrested, due, branches)
    interpreted(drops.seize, Luck(0.0))(w, today(), 0, 1)
    assert (counted(w, "seized_drops"), w.stock.seize_due[0], w.stock.seize_drops[0]) == (seized, after, 0)
    assert w.listings.ready[0] == ready - seized
    assert w.stock.seized_by[0].sum() == seized


@pytest.mark.parametrize(("need", "share"), [(0.0, 1.0), (20.0, 0.5), (60.0, 0.25), (1980.0, 0.01)])
def test_the_fewer_couriers_a_district_needs_the_more_it_has_in_common(need, share):
    p = SimpleNamespace(courier_pooling_need=20.0)
    assert interpreted(drops.pooling_share)(need, p) == pytest.approx(share)
