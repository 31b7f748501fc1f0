"""Drops: what couriers can place, what they owe, and what is due to be seized, worked out by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from tests.model import by_hand
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
    assert interpreted(drops.pooling_share)(need, full().p[0]) == pytest.approx(share)


@pytest.mark.parametrize(("x", "u", "number"), [(2.3, 0.69, 2), (2.3, 0.71, 3), (0.0, 0.999, 0), (4.0, 0.999, 4)])
def test_stochastic_round_goes_up_with_the_chance_of_the_fraction(x, u, number):
    assert interpreted(drops.stochastic_round)(x, u) == number


@pytest.mark.parametrize(("fear", "deposits", "share"), [(0, 0, 0.1), (1, 0, 0.05), (2, 0, 0.025), (0, 1, 0.075), (1, 0.4, 0.045)])
def test_theft_by_couriers_falls_with_fear_and_deposits(fear, deposits, share):
    """A tenth; each unit of fear (deterrence ln 2) halves it; who all paid deposits steal a quarter less."""
    p = world({"drops.theft": 0.1, "punishment.deterrence": np.log(2), "drops.deposit_effect": 0.25}).p[0]
    assert interpreted(drops.theft_by_couriers)(float(fear), float(deposits), p) == pytest.approx(share)


@pytest.mark.parametrize(("wage", "each"), [(1.0, 0.25), (4.0, 0.125), (0.25, 0.5)])
def test_couriers_per_drop_fall_with_their_pay(wage, each):
    """Slack 1.5 over six drops a day; an elasticity of a half."""
    p = world({"courier.slack": 1.5, "courier.drops_a_day": 6.0, "courier.demand_elasticity": 0.5}).p[0]
    assert interpreted(drops.couriers_per_drop)(today(real_wage=wage), p) == pytest.approx(each)


STOCK = {
    "drops.stock_days": 3.0, "drops.least_stock": 4.0, "courier.slack": 1.5, "courier.drops_a_day": 6.0,
    "courier.demand_elasticity": 0.0, "courier.most_drops": 2.0, "courier.flexible_days": 3.0, "drops.theft": 0.2,
    "drops.error": 0.1, "punishment.deterrence": 0.0, "drops.deposit_effect": 0.0, "drops.thieves": 0.5,
    "drops.thieves_half": 300.0, "recruitment.deposit_share": 0.5, "courier.pooling_need": 20.0,
    "drops.reserve_to_order": 3.0,
}  # fmt: skip


@pytest.mark.parametrize(("sales", "movement", "luck", "scale", "drops_ready"), [
    (2.0, 1.0, 0.5, 1.0, 10), (2.0, 1.0, 0.5, 4.0, 7), (2.05, 1.0, 0.84, 1.0, 10), (2.05, 1.0, 0.86, 1.0, 11),
    (2.0, 0.5, 0.5, 1.0, 5), (0.0, 0.0, 0.99, 1.0, 0),
])  # fmt: skip
def test_target_stock_is_three_days_sales_and_four_drops(sales, movement, luck, scale, drops_ready):
    t = today()
    t.seller_scale = scale
    assert interpreted(drops.target, Luck(draws={20: luck}))(full(), t, 0, sales, movement) == drops_ready


def test_ask_for_stock_asks_up_to_the_target():
    """Two branches: sales 2 and 1 a day, targets 10 and 7 (movement 1), 6 and 9 ready; a quarter courier a drop."""
    w = full(branches=(0, 0), orders_region=np.array([8.0]))
    w.listings.on_sale[:] = 0
    for slot, sales, ready in ((0, 2.0, 6), (k.G, 1.0, 9)):
        w.listings.on_sale[slot], w.listings.sales[slot], w.listings.ready[slot] = 1, sales, ready
    w.listings.sales[3], w.listings.want[3] = 99.0, 5  # not on sale: nothing is asked for any more
    w.stock.wanted[0, 5] = 7  # of yesterday
    interpreted(drops.ask_for_stock, Luck(0.5))(w, today(real_wage=1.0), 0, 1)
    assert w.listings.want.tolist() == [4] + [0] * 13
    assert w.stock.wanted.tolist() == [[4, 0, 0, 0, 0, 0, 0]]
    assert w.stock.labour_need[0] == 2.0
    assert w.branches.wanted.tolist() == [1, 0]  # 0.5 + 0.5 and 0.25 + 0.5, rounded down


def test_ask_for_stock_halves_the_fall_of_movement():
    w = full(branches=(0,), drop_movement=np.array([0.2]))
    w.listings.sales[0] = 2.0
    interpreted(drops.ask_for_stock, Luck(0.5))(w, today(real_wage=1.0), 0, 1)
    assert w.listings.want[0] == 6  # (3 x 2 + 4) x 0.6


def full(**columns):
    """Return a world of branches in the rates of this file."""
    return by_hand.trade(STOCK, **columns)


def test_ration_shares_stock_and_capacity():
    """Forty asked, thirty in stock (3/4), 15 can be placed of 30 (1/2): 15 of 24 + 16 asked are 9 and 6."""
    w = full(branches=(0, 1), regions=2, labour_need=np.array([4.0, 4.0]))
    w.stock.wanted[:, 0], w.supply.wholesale[0] = (24, 16), 30
    w.labour.couriers[:] = 4, 4
    w.stock.capacity_left[0] = -1.0  # two a day of eight couriers, less one placed in advance
    interpreted(drops.ration, Luck(0.001))(w, today(), 2)
    assert w.stock.in_stock.tolist() == [0.75] + [1.0] * 6
    assert w.stock.capacity_share == pytest.approx([0.5, 0.5])
    assert w.stock.quota[:, 0].tolist() == [9, 6]
    assert w.supply.wholesale[0] == 15


def test_ration_grants_no_more_than_there_is():
    w = full(branches=(0,), labour_need=np.ones(1))
    w.stock.wanted[0, :2], w.supply.wholesale[:2], w.labour.couriers[0] = (3, 2), (1, 0), 90
    interpreted(drops.ration, Luck(0.999))(w, today(), 1)
    assert (w.stock.quota[0, :2].tolist(), w.supply.wholesale[:2].tolist()) == ([1, 0], [0, 0])


@pytest.mark.parametrize(("district", "number"), [([0], 1), ([0, 2, 1], 3), ([0, 0], 1)])
def test_districts_are_counted(district, number):
    w = full(regions=len(district), district=np.array(district))
    assert interpreted(drops.districts)(w, len(district)) == number


def test_pool_labour_moves_hands_to_where_they_are_needed():
    """Needs 20 and 60: half and a quarter in common. Shared: 10 x 1/2 + 40 x 1/4 = 15, wanted 10 + 15 of it."""
    need, have, hands = np.array([20.0, 60.0]), np.array([10.0, 40.0]), np.zeros(2)
    interpreted(drops.pool_labour)(need, have, hands, full().p[0])
    assert hands == pytest.approx([5 + 15 * 10 / 25, 30 + 15 * 15 / 25])
    assert hands.sum() == pytest.approx(50)
    interpreted(drops.pool_labour)(np.zeros(2), have, hands, full().p[0])
    assert hands.tolist() == [0.0, 0.0], "where nobody needs any, all are in common and idle"


def test_pool_couriers_adds_up_the_regions_of_a_district():
    """Districts 0 (regions 0, 2) and 1: needs 20 and 60, couriers 10 and 40, as above."""
    w = full(branches=(0,), regions=3, district=np.array([0, 1, 0]), labour_need=np.array([15.0, 60.0, 5.0]))
    w.labour.couriers[:] = 4, 40, 6
    interpreted(drops.pool_couriers)(w, 3)
    assert w.stock.hands[:2] == pytest.approx([11.0, 39.0])


def test_share_capacity_goes_with_movement():
    """Needs 1 and 3, movements 1 and 0.2: 1.6 of 4 can be worked; eight hands x 2 x 0.4 = 6.4 for the ten asked."""
    w = full(branches=(0,), regions=2, labour_need=np.array([1.0, 3.0]), drop_movement=np.array([1.0, 0.2]))
    w.stock.hands[0], w.stock.in_stock[:], w.stock.wanted[:, 0] = 8.0, 1.0, (4, 6)
    interpreted(drops.share_capacity)(w, 0, 2)
    assert w.stock.capacity_share == pytest.approx([0.64, 0.64])


def placing(theft: bool = True):
    """Return a world with two branches that want ten and five of product 0 and a quota of twelve."""
    w = full(branches=(0, 0))
    w.listings.want[[0, k.G]], w.stock.quota[0, 0], w.stock.quota[0, 3] = (10, 5), 12, 2
    w.on[8] = theft
    return w


@pytest.mark.parametrize(("first", "ready", "missing"), [
    (0.0, (10, 2), (3, 0)),  # ten, of which two are kept and one is lost; the quota leaves two (0.4, 0.2: none)
    (0.6, (7, 5), (1, 1)),  # the other branch first: five (1.0, 0.5); then seven of ten (1.4, 0.7)
])  # fmt: skip
def test_place_within_the_quota(first, ready, missing):
    w = placing()
    interpreted(drops.place, Luck(0.0, {11: first}))(w, today(), 0, 1)
    assert (w.listings.ready[[0, k.G]].tolist(), w.listings.missing[[0, k.G]].tolist()) == ([*ready], [*missing])
    assert (w.trade.placed_by.tolist(), counted(w, "placed")) == ([*ready], 12)
    assert w.stock.unused_quota[0].tolist() == [0, 0, 0, 2, 0, 0, 0]
    assert counted(w, "kept_by_couriers") + counted(w, "lost_drops") == sum(missing)


def test_place_loses_nothing_without_m8():
    w = placing(theft=False)
    interpreted(drops.place, Luck(0.0, {1: 0.99, 2: 0.99}))(w, today(), 0, 1)
    assert (w.listings.missing.sum(), counted(w, "placed")) == (0, 12)


def test_place_loses_no_more_than_was_placed():
    w = placing()
    w.p.drops_theft, w.p.drops_error = 0.9, 0.9
    interpreted(drops.place, Luck(0.99, {11: 0.0}))(w, today(), 0, 1)
    assert (counted(w, "kept_by_couriers"), counted(w, "lost_drops")) == (9 + 2, 1)
    assert w.listings.missing.tolist() == w.listings.ready.tolist()


def test_place_needs_a_branch():
    w = full(branches=(1,), regions=2)
    w.stock.quota[0, 0] = 5
    interpreted(drops.place, Luck(0.0))(w, today(), 0, 1)
    assert (counted(w, "placed"), w.stock.unused_quota[0, 0]) == (0, 0)


@pytest.mark.parametrize(("wholesale", "left", "luck", "placed"), [
    (1, 0.0, 0.5, True), (0, 9.0, 0.5, False), (5, -2.4, 0.5, True), (5, -2.5, 0.5, False), (5, -2.6, 0.5, False),
    (5, -3.0, 0.0, False),
])  # fmt: skip
def test_place_to_order_takes_stock_and_hands(wholesale, left, luck, placed):
    """Three may be owed, the last of them by chance."""
    w = full()
    w.supply.wholesale[2], w.stock.capacity_left[0] = wholesale, left
    assert interpreted(drops.place_to_order, Luck(0.99, {14: luck}))(w, today(), 0, 0, 2, 7) is placed
    assert (w.listings.ready[2], w.trade.placed_by[0], counted(w, "placed")) == (placed,) * 3
    assert w.supply.wholesale[2] == wholesale - placed
    assert w.stock.capacity_left[0] == left - placed


@pytest.mark.parametrize(("luck", "on", "kept", "lost"), [
    (0.19, 1, 1, 0), (0.21, 1, 0, 1), (0.29, 1, 0, 1), (0.31, 1, 0, 0), (0.0, 0, 0, 0)
])  # fmt: skip
def test_place_to_order_may_be_stolen_or_lost(luck, on, kept, lost):
    w = full()
    w.supply.wholesale[2], w.on[8], w.labour.deposits[0], w.p.drops_deposit_effect = 1, on, 1.0, 0.0
    assert interpreted(drops.place_to_order, Luck(0.5, {9: luck}))(w, today(), 0, 0, 2, 7)
    assert (counted(w, "kept_by_couriers"), counted(w, "lost_drops"), w.listings.missing[2]) == (kept, lost, kept + lost)


def test_deposits_lower_theft_by_the_share_who_pay_them():
    """A fifth less 0.5 x 0.8 of it: 0.12; where half of them pay, less half of that: 0.16."""
    for share, luck, kept in ((1.0, 0.119, 1), (1.0, 0.121, 0), (0.5, 0.159, 1), (0.5, 0.161, 0)):
        w = full()
        w.supply.wholesale[2], w.labour.deposits[0], w.p.drops_deposit_effect = 1, share, 0.8
        interpreted(drops.place_to_order, Luck(0.5, {9: luck}))(w, today(), 0, 0, 2, 7)
        assert counted(w, "kept_by_couriers") == kept
    for luck, kept in ((0.75, 1), (0.77, 2), (0.79, 2), (0.81, 3)):  # of ten 1.2, of two 0.24
        w = placing()
        w.labour.deposits[0], w.p.drops_deposit_effect = 1.0, 0.8
        interpreted(drops.place, Luck(0.0, {1: luck}))(w, today(), 0, 1)
        assert counted(w, "kept_by_couriers") == kept


def test_give_back_returns_what_was_not_placed():
    w = full(branches=(0,), regions=2)
    w.stock.unused_quota[:, 1], w.supply.wholesale[1] = (3, 4), 5
    interpreted(drops.give_back)(w, 2)
    assert (w.supply.wholesale[1], w.stock.unused_quota.sum()) == (12, 0)


@pytest.mark.parametrize(("luck", "season", "stolen"), [(0.0, 1.0, 25), (0.0, 0.5, 12), (0.0, 9.0, 200), (0.999, 1.0, 25)])
def test_thieves_take_more_where_drops_are_dense(luck, season, stolen):
    """200 of 250 are there, of 200,000 residents: 100 for 100,000; 0.5 x 100 / (100 + 300) = an eighth: 25."""
    w = full()
    w.listings.ready[0], w.listings.missing[0], w.people.alive[0] = 250, 50, 200_000
    interpreted(drops.thieves, Luck(luck))(w, today(season_drops=season), 0, 1)
    assert (counted(w, "stolen_by_thieves"), w.stock.theft_today[0], counted(w, "offers")) == (stolen, stolen, 200)
    assert w.listings.missing[0] == 50 + stolen


def test_drops_of_few_residents_are_as_dense_as_those_of_a_hundred_thousand():
    w = full()
    w.listings.ready[0], w.people.alive[0] = 100, 50_000
    interpreted(drops.thieves, Luck(0.0))(w, today(season_drops=1.0), 0, 1)
    assert counted(w, "stolen_by_thieves") == 12


def test_density_of_drops_is_the_same_at_every_scale():
    """One in ten of 800,000 residents: a tenth of the drops, a density of 100 again: an eighth of eighty."""
    w = full()
    w.listings.ready[0], w.people.alive[0] = 80, 80_000
    t = today(season_drops=1.0)
    t.scale_factor = 10
    interpreted(drops.thieves, Luck(0.0))(w, t, 0, 1)
    assert counted(w, "stolen_by_thieves") == 10


def test_thieves_take_nothing_without_m8():
    w = full()
    w.listings.ready[0], w.on[8] = 100, 0
    interpreted(drops.thieves, Luck(0.9))(w, today(season_drops=1.0), 0, 1)
    assert counted(w, "stolen_by_thieves") == counted(w, "offers") == 0


def test_seize_begins_at_a_seeded_branch_and_rounds_by_chance():
    """Two arrests x 8.25 drops and 0.5: 17, of which nine at the second branch and eight at the first."""
    w = full(branches=(0, 0))
    w.p.policing_drops_seized = 8.25
    w.stock.seize_drops[0], w.listings.ready[[0, k.G]], w.listings.missing[k.G] = 2, (20, 10), 1
    interpreted(drops.seize, Luck(0.5))(w, today(), 0, 1)
    assert w.listings.ready[[0, k.G]].tolist() == [12, 1]
    assert (counted(w, "seized_drops"), w.stock.seized_by[0, 0], w.stock.seize_due[0]) == (17, 17, 0)


def test_place_goes_around_the_branches_product_by_product():
    """Three branches want four of product 3 each; of nine the second has four, the third four, the first one."""
    w = full(branches=(0, 0, 0))
    slots = [b * k.G + 3 for b in range(3)]
    w.listings.want[slots], w.stock.quota[0, 3], w.on[8] = 4, 9, 0
    interpreted(drops.place, Luck(0.4))(w, today(), 0, 1)
    assert w.listings.ready[slots].tolist() == [1, 4, 4]
    assert w.listings.ready.sum() == 9
    w.stock.seize_drops[0], w.labour.couriers[0] = 1, 9
    w.p.policing_drops_seized = 5.0
    interpreted(drops.seize, Luck(0.7))(w, today(), 0, 1)
    assert w.listings.ready[slots].tolist() == [0, 4, 0]
    assert w.stock.seized_by[0, 3] == 5


def test_thieves_and_draws_of_several_regions():
    """Three regions with 200,000 residents and 200 drops in their branch each: 25 of the middle one only."""
    w = full(branches=(0, 1, 2), regions=3)
    w.listings.ready[[0, k.G, 2 * k.G]], w.people.alive[:] = 200, 200_000
    interpreted(drops.thieves, Luck(0.0))(w, today(season_drops=1.0), 1, 2)
    assert w.listings.missing[[0, k.G, 2 * k.G]].tolist() == [0, 25, 0]
    w = full()
    w.listings.sales[0] = 1.0  # a quarter courier, and 0.8 of the draw of its own
    interpreted(drops.ask_for_stock, Luck(0.0, {21: 0.8}))(w, today(real_wage=1.0), 0, 1)
    assert w.branches.wanted[0] == 1


def test_pool_labour_keeps_every_hand_where_little_is_needed():
    """One district that needs half a courier has both of its own: what it lends comes back."""
    hands = np.zeros(1)
    interpreted(drops.pool_labour)(np.array([0.5]), np.array([2.0]), hands, full().p[0])
    assert hands == pytest.approx([2.0])


def test_ration_grants_what_is_asked_where_there_is_plenty():
    w = full(branches=(0,), labour_need=np.ones(1))
    w.stock.wanted[0, 0], w.supply.wholesale[0], w.labour.couriers[0] = 20, 1000, 90
    interpreted(drops.ration, Luck(0.5))(w, today(), 1)
    assert (w.stock.quota[0, 0], w.supply.wholesale[0]) == (20, 980)
    assert w.stock.in_stock.tolist() == [1.0] * 7, "never more than all that is asked"


def test_place_visits_the_branches_of_each_region():
    """Two branches in region 0, one in region 1, which starts behind them: four of its quota, none elsewhere."""
    w = full(branches=(0, 0, 1), regions=2)
    w.listings.want[2 * k.G], w.stock.quota[1, 0], w.on[8] = 9, 4, 0
    interpreted(drops.place, Luck(0.99))(w, today(), 1, 2)
    assert w.trade.placed_by.tolist() == [0, 0, 4]


def test_thieves_look_for_what_is_left_of_each_product():
    """The second branch is all of region 1: of its product 3 fifty of 250 are gone, an eighth of the other 200 is stolen."""
    w = full(branches=(0, 1), regions=2)
    slot = k.G + 3
    w.listings.ready[slot], w.listings.missing[slot], w.people.alive[:] = 250, 50, 200_000
    interpreted(drops.thieves, Luck(0.0))(w, today(season_drops=1.0), 0, 2)
    assert (w.stock.theft_today.tolist(), w.listings.missing[slot]) == ([0, 25], 75)


def test_ask_for_stock_adds_up_each_region_and_product():
    """Region 1 has the second branch, which sells 2 of product 3 a day: a target of ten, four ready; four orders a day."""
    w = full(branches=(0, 1), regions=2, orders_region=np.array([8.0, 4.0]))
    w.listings.on_sale[:] = 0
    slot = k.G + 3
    w.listings.on_sale[slot], w.listings.sales[slot], w.listings.ready[slot] = 1, 2.0, 4
    interpreted(drops.ask_for_stock, Luck(0.5))(w, today(real_wage=1.0), 0, 2)
    assert w.stock.wanted.tolist() == [[0] * 7, [0, 0, 0, 6, 0, 0, 0]]
    assert w.stock.labour_need.tolist() == [2.0, 1.0]
    assert w.branches.wanted.tolist() == [0, 1]


@pytest.mark.parametrize(("luck", "stolen", "seized"), [(0.1, 25, 16), (0.6, 26, 17)])
def test_thieves_and_seizures_have_draws_of_their_own(luck, stolen, seized):
    """Of 204 drops a density of 102 takes 25.9; two arrests x 8.25 are 16.5. Any other draw would round the other way."""
    others = 0.99 if luck < 0.5 else 0.01
    w = full()
    w.listings.ready[0], w.people.alive[0] = 204, 200_000
    interpreted(drops.thieves, Luck(others, {3: luck}))(w, today(season_drops=1.0), 0, 1)
    assert counted(w, "stolen_by_thieves") == stolen
    w = full()
    w.p.policing_drops_seized, w.stock.seize_drops[0], w.listings.ready[0] = 8.25, 2, 99
    interpreted(drops.seize, Luck(others, {12: luck}))(w, today(), 0, 1)
    assert counted(w, "seized_drops") == seized
