"""Orders and pick-up: who finds a branch, at what price, and what becomes of the order, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from tests.model.by_hand import Luck, counted, interpreted, person, today, trade

from kladsim.core import rng
from kladsim.model import codes as k
from kladsim.model import market

RATES = {
    "price.reputation": 0.5, "drops.refund": 0.6, "use.harm_of_arrest": 2.0, "demand.fall_back": 0.3, "drops.theft": 0.0,
    "drops.error": 0.0, "punishment.deterrence": 0.0, "drops.deposit_effect": 0.0,
}  # fmt: skip
G = 2
"""The product of these cases."""


def stalls(ready=(1,), regions: int = 1, places=None, **columns):
    """Return a world of branches with so many drops of product 2 ready, each of a shop of its own on platform 0."""
    places = [0] * len(ready) if places is None else places
    w = trade(RATES, branches=places, shops=len(ready), regions=regions, **columns)
    w.branches.shop[:], w.shops.reputation[:], w.shops.promotion[:] = range(len(ready)), 1.0, 1.0
    w.listings.ready[[b * k.G + G for b in range(len(ready))]] = ready
    return w


@pytest.mark.parametrize(("mask", "platform", "sells"), [
    (0b101, 0, True), (0b101, 1, False), (0b101, 2, True), (0b101, k.NO_PLATFORM, False), (k.OWN_CHANNEL, k.NO_PLATFORM, True)
])  # fmt: skip
def test_sells_on(mask, platform, sells):
    w = stalls()
    w.shops.platforms[0] = mask
    assert bool(interpreted(market.sells_on)(w, 0, platform)) is sells


@pytest.mark.parametrize("size", [0, 1, 7, 48, 49, 90])
def test_sort_keeps_columns_together(size):
    """Only the stretch is sorted, by insertion or by NumPy."""
    rank = np.array([9, *[(17 * z) % 101 for z in range(size)], 1], np.uint64)
    row, platform = rank.astype(np.int64) * 2, rank.astype(np.int64) * 3
    before = rank.copy()
    interpreted(market._sort)(rank, row, platform, 1, 1 + size)
    assert rank.tolist() == [9, *sorted(before[1:-1].tolist()), 1]
    assert row.tolist() == [2 * x for x in rank.tolist()]
    assert platform.tolist() == [3 * x for x in rank.tolist()]


def offers(w):
    """Return the list of branches that ``_offers`` makes of a region, with their cumulative weights."""
    branch, weight = np.zeros(9, np.int64), np.zeros(9)
    found, total = interpreted(market._offers)(w, 0, G, branch, weight)
    return branch[:found].tolist(), weight[:found].tolist(), total


def test_offers_weigh_reputation_and_promotion():
    """Weights 1, 0.5^3 and 1 x 2; the third branch has nothing ready."""
    w = stalls((3, 1, 0, 2))
    w.shops.reputation[1], w.shops.promotion[3] = 0.5, 2.0
    assert offers(w) == ([0, 1, 3], [1.0, 1.125, 3.125], 3.125)
    assert offers(stalls((0,))) == ([], [], 0.0)


def chosen(w, luck: Luck, platform: int = 0) -> int:
    """Return the branch that a buyer gets."""
    branch, weight = np.zeros(9, np.int64), np.zeros(9)
    found, total = interpreted(market._offers)(w, 0, G, branch, weight)
    return interpreted(market._choose, luck)(w, today(), branch, weight, found, total, G, platform, 7)


@pytest.mark.parametrize(("luck", "branch"), [(0.0, 0), (0.319, 0), (0.321, 1), (0.359, 1), (0.361, 3), (0.999, 3)])
def test_choose_by_weight(luck, branch):
    """Shares 1 / 3.125 = 0.32, 0.04 and 0.64."""
    w = stalls((3, 1, 0, 2))
    w.shops.reputation[1], w.shops.promotion[3] = 0.5, 2.0
    assert chosen(w, Luck(luck)) == branch


def test_choose_looks_on_when_the_first_does_not_sell_there():
    w = stalls((1, 1, 1))
    w.shops.platforms[:] = 1, 2, 1
    assert chosen(w, Luck(0.5, {5: 0.9})) == 2, "the sixth try"
    assert chosen(w, Luck(0.5)) == 2, "the next in a round"
    w.shops.platforms[2] = 2
    assert chosen(w, Luck(0.5)) == 0
    assert chosen(w, Luck(0.5), platform=1) == 1
    assert chosen(w, Luck(0.5), platform=3) == -1
    assert chosen(stalls((0,)), Luck(0.5)) == -1


@pytest.mark.parametrize(("units", "reputation", "price"), [(1.0, 0.9, 1200), (2.0, 0.9, 2200), (1.0, 1.0, 1250), (1.0, 0.7, 1100)])
def test_price_of_an_order(units, reputation, price):
    """A thousand a unit, moved by half of what reputation is above 0.9; 200 for the drop."""
    w = stalls(drop_cost=np.array([200.5]))
    w.trade.unit_price[G], w.shops.reputation[0] = 1000.0, reputation
    assert interpreted(market.price_of)(w, 0, G, units, 0) == price


def carried(draws: dict[int, float], platform: int = 0, missing: int = 1, risk: float = 0.1, on: int = 1):
    """Return the world, the buyer and the charges after an order of one of two drops at 1,000 kopecks."""
    w = stalls((2,))
    w.listings.missing[G], w.trade.unit_price[G], w.police.pick_up_risk[0], w.on[14] = missing, 1000.0, risk, on
    w.platforms.fee[0], w.shops.reputation[0] = 0.05, 0.9
    a, charges = person(use=k.LIGHT, caution=3), []
    rule = interpreted(market.carry_out, Luck(draws={47: 0.0, **draws}))
    rule.__globals__["charge"] = lambda a, i, c, w, t, what: charges.append(what)
    rule.__globals__["_chunk"] = lambda *_: 0
    rule(a, w, today(), 0, 0, 0, G, platform)
    assert (w.listings.ready[G], w.trade.sold[G], w.branches.sold[0], counted(w, "orders")) == (1, 1, 1, 1)
    return w, a, charges


GONE, ARREST = 7, 8


def test_carry_out_of_a_drop_that_is_found():
    w, a, charges = carried({GONE: 0.5, ARREST: 0.1})
    assert (counted(w, "picked_up"), counted(w, "not_found"), a.caution[0], a.last_buy[0], charges) == (1, 0, 2, 1001, [])
    assert (w.market.orders_on[0, 0], counted(w, "revenue"), counted(w, "fees"), w.trade.takings[0]) == (1, 1000, 50, 950)


def test_carry_out_of_a_drop_that_is_not_there():
    """Of two, one is missing: below a half it is that one; six tenths are refunded."""
    w, a, charges = carried({GONE: 0.499, ARREST: 0.0})
    assert (counted(w, "not_found"), counted(w, "picked_up"), w.listings.missing[G], w.branches.missed[0]) == (1, 0, 0, 1)
    assert (counted(w, "refunds"), counted(w, "revenue"), w.trade.takings[0], a.caution[0], charges) == (600, 400, 380, 4, [])
    w, _, _ = carried({GONE: 0.499}, on=0)
    assert (counted(w, "refunds"), counted(w, "revenue"), w.trade.takings[0]) == (0, 0, 0)


def test_carry_out_with_an_arrest():
    w, a, charges = carried({GONE: 0.5, ARREST: 0.099})
    assert (counted(w, "seized_drops"), counted(w, "arrests_buyer"), counted(w, "picked_up")) == (1, 1, 0)
    assert (charges, a.caution[0], w.use.harm_sum[0], w.police.arrest_sum[0, 0], w.stock.seized_by[0, G]) == ([k.POSSESSION], 3, 2.0, 1.0, 1)
    assert w.trade.takings[0] == 950, "the shop has been paid"


def test_carry_out_off_a_platform():
    w, a, _ = carried({GONE: 0.5, ARREST: 0.5}, platform=k.NO_PLATFORM)
    assert (counted(w, "orders_off_platform"), w.market.orders_on.sum(), a.last_buy[0]) == (1, 0, 0)
    assert (counted(w, "revenue_off_platform"), counted(w, "fees"), w.trade.takings[0]) == (1000, 0, 1000)


@pytest.mark.parametrize(("caution", "gone", "after"), [(0, 0.9, 0), (k.MOST_CAUTION, 0.0, k.MOST_CAUTION)])
def test_caution_keeps_within_its_limits(caution, gone, after):
    w, a = stalls((2,)), person(use=k.LIGHT, caution=caution)
    w.listings.missing[G] = 1
    interpreted(market.carry_out, Luck(0.99, {GONE: gone}))(a, w, today(), 0, 0, 0, G, 0)
    assert a.caution[0] == after


@pytest.mark.parametrize(("row", "chunk"), [(0, 2), (9, 2), (10, 3), (24, 3), (25, 4), (99, 4)])
def test_chunk_of_a_row(row, chunk):
    w = stalls(first_chunk=np.array([2, 5]))
    w.chunks.start = np.array([0, 0, 0, 10, 25])
    assert interpreted(market._chunk)(w, person(), 0, row) == chunk


@pytest.mark.parametrize(("platform", "revenue", "off", "fee"), [(0, 999, 0, 49), (k.NO_PLATFORM, 0, 999, 0)])
def test_pay_splits_in_whole_kopecks(platform, revenue, off, fee):
    w = stalls()
    w.platforms.fee[0] = 0.05
    interpreted(market.pay)(w, 0, 0, G, 0, platform, 999)
    assert [counted(w, name) for name in ("revenue", "revenue_off_platform", "fees")] == [revenue, off, fee]
    assert (w.trade.takings[0], w.market.receipts_on[0, 0]) == (999 - fee, revenue)
    w.on[14] = 0
    interpreted(market.pay)(w, 0, 0, G, 0, platform, 999)
    assert w.trade.takings[0] == 999 - fee


def requests(*asked: tuple[int, int]):
    """Return the buffer of one region with requests (product, row), each with the row as its priority."""
    rank = np.array([(np.uint64(g) << rng.S32) + np.uint64(z) for g, z in asked], np.uint64)
    return {"rank": rank, "row": np.array([z for _, z in asked]), "platform": np.zeros(len(asked), np.int64),
            "start": np.array([0, len(asked)]), "n": np.array([len(asked)])}  # fmt: skip


def buyers(number: int):
    """Return people who use, numbered like their rows."""
    from kladsim.model.entities import PERSONS

    a = PERSONS.allocate(number)
    a.pid[:], a.use[:] = range(number), k.LIGHT
    return a


def test_orders_are_served_by_priority_and_the_rest_waits():
    """Two drops of product 2, none of 3; rows 0, 1 and 4 ask for 2: 4 goes without, and 2 of product 3."""
    w = stalls((2,), requests=requests((3, 2), (2, 4), (2, 0), (2, 1)), scan={"branch": np.zeros((1, 4), np.int64), "weight": np.zeros((1, 4))},
               first_chunk=np.array([0, 1]))  # fmt: skip
    a = buyers(5)
    interpreted(market.orders, Luck(0.99))(a, w, today(), 0, 0, 1)
    assert a.last_buy.tolist() == [1001, 1001, 0, 0, 0]
    assert (w.requests.n[0], w.requests.row[:2].tolist()) == (2, [4, 2])
    assert (w.requests.rank[:2] >> rng.S32).tolist() == [2, 3]


def test_preorders_or_the_street_or_nothing():
    """Row 0 orders in advance the one package there is; rows 1 and 2 go without, and one of them buys on the street."""
    w = stalls((0,), requests=requests((2, 0), (2, 1), (3, 2)), first_chunk=np.array([0, 1]))
    w.supply.wholesale[2], w.demand.street_available[:] = 1, 1.0
    a = buyers(3)
    rule = interpreted(market.preorders, Luck(0.4, {46: 0.0, 48: 0.29}))
    rule(a, w, today(), 1)
    names = ("preorders", "orders", "unmet", "street_purchases")
    assert [counted(w, name) for name in names] == [1, 1, 2, 2]
    assert w.market.unmet_by[0].tolist() == [0, 0, 1, 1, 0, 0, 0]
    assert w.requests.n[0] == 0
    w = stalls((0,), requests=requests((2, 0)), first_chunk=np.array([0, 1]))
    w.demand.street_available[:] = 1.0
    interpreted(market.preorders, Luck(0.4, {46: 0.0, 48: 0.31}))(a, w, today(), 1)
    assert (counted(w, "unmet"), counted(w, "street_purchases")) == (1, 0)


def advance(w, luck: float = 0.0, r: int = 0, platform: int = 0) -> int:
    """Return the branch that serves an order in advance; stock and hands are there."""
    w.supply.wholesale[:], w.stock.capacity_left[:] = 9, 9.0
    return interpreted(market._in_advance, Luck(luck, {9: 0.99}))(w, today(), r, G, platform, 7, w.trade.branch_start.size - 1)


def test_in_advance_the_region_first():
    w = stalls((0, 5), regions=2, places=[0, 1])
    assert advance(w) == 0
    assert (w.listings.ready[G], w.supply.wholesale[G]) == (1, 8)


def test_in_advance_elsewhere_in_the_district():
    w = stalls((0, 5), regions=2, places=[0, 1])
    w.listings.on_sale[G] = 0
    assert advance(w) == 1, "the branch of the neighbour has it ready"
    assert w.supply.wholesale[G] == 9
    w.listings.ready[k.G + G] = 0
    assert advance(w) == 1, "placed to order there"
    assert (w.listings.ready[k.G + G], w.supply.wholesale[G]) == (1, 8)
    w.listings.ready[k.G + G], w.listings.on_sale[k.G + G] = 0, 0
    assert advance(w) == 0, "nobody lists it: one of the region takes it up"
    assert w.listings.on_sale[G] == 1
    w = stalls((0, 5), regions=2, places=[0, 1], district=np.array([0, 1]))
    w.listings.on_sale[G], w.shops.platforms[0] = 0, 0
    assert advance(w) == 0, "where nobody sells there, the first stands for those who do"


def test_in_advance_not_without_hands():
    w = stalls((0,))
    w.supply.wholesale[:], w.stock.capacity_left[:] = 9, -9.0
    assert interpreted(market._in_advance, Luck(0.5))(w, today(), 0, G, 0, 7, 1) == -1
    assert w.listings.ready[G] == 0


@pytest.mark.parametrize(("masks", "listed", "luck", "result"), [
    ((1, 1, 1), (1, 1, 1), 0.0, (0, 0)),
    ((1, 1, 1), (0, 0, 0), 0.5, (1, 0)),  # of the region's two, from the second on
    ((2, 2, 1), (0, 0, 0), 0.0, (2, 1)),  # of the district
    ((2, 2, 2), (0, 1, 0), 0.0, (1, 0)),  # none: one that lists it
    ((2, 2, 2), (0, 0, 0), 0.0, (0, 0)),  # or the first
])  # fmt: skip
def test_who_takes_a_product_up(masks, listed, luck, result):
    w = stalls((0, 0, 0), regions=2, places=[0, 0, 1])
    w.shops.platforms[:], w.listings.on_sale[[G, k.G + G, 2 * k.G + G]] = masks, listed
    assert interpreted(market._takes_up, Luck(luck))(w, today(), 0, G, 0, 7, 2) == result


@pytest.mark.parametrize(("masks", "listed", "luck", "result"), [
    ((1, 1, 1), (1, 1, 1), 0.0, 0), ((1, 1, 1), (1, 1, 1), 0.4, 1), ((1, 1, 2), (1, 1, 1), 0.9, 0), ((1, 1, 1), (0, 1, 0), 0.9, 1),
    ((2, 2, 2), (1, 1, 1), 0.0, -1), ((1, 1, 1), (0, 0, 0), 0.0, -1),
])  # fmt: skip
def test_listed_in_the_region(masks, listed, luck, result):
    w = stalls((0, 0, 0))
    w.shops.platforms[:], w.listings.on_sale[[G, k.G + G, 2 * k.G + G]] = masks, listed
    assert interpreted(market._listed, Luck(luck))(w, today(), 0, G, 0, 7) == result
    w = stalls((0,), regions=2, places=[1])
    assert interpreted(market._listed, Luck(luck))(w, today(), 0, G, 0, 7) == -1


@pytest.mark.parametrize(("ready", "listed", "luck", "result"), [
    ((9, 1, 3, 3), (1, 1, 1, 1), 0.0, (2, 1, 1)),  # most ready: the first of two; the seeded start is branch 1
    ((9, 0, 0, 0), (1, 1, 1, 1), 0.5, (-1, 2, 2)), ((9, 0, 0, 0), (1, 1, 0, 0), 0.9, (-1, 1, 1)),
    ((9, 5, 5, 5), (1, 0, 0, 0), 0.0, (-1, -1, -1)),
])  # fmt: skip
def test_elsewhere_in_the_district(ready, listed, luck, result):
    """Branch 0 is the buyer's own region, 1 in the second, 2 and 3 in the third; a fourth region is of another district."""
    w = stalls((*ready, 99), regions=4, places=[0, 1, 2, 2, 3], district=np.array([0, 0, 0, 1]))
    w.listings.on_sale[[b * k.G + G for b in range(4)]] = listed
    assert interpreted(market._elsewhere, Luck(luck))(w, today(), 0, G, 0, 7, 4) == result
