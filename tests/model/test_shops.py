"""Shops: money, reputation, prices, and who opens and closes where, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from tests.model.by_hand import Luck, counted, interpreted, today, trade, world

from kladsim.model import codes as k
from kladsim.model import quantities as q
from kladsim.model import shops

RATES = {
    "price.risk": 0.5, "price.risk_power": 0.5, "price.risk_saturation": 1.0, "price.risk_reference": 0.5,
    "price.pass_usd": 0.25, "price.scarcity": 0.5, "price.drop_markup": 0.2, "production.cover": 10.0,
    "money.cash_out": 0.1, "money.goods_share": 0.3, "money.promotion_share": 0.05, "demand.elasticity": 0.5,
    "courier.pay_per_drop": 6.0, "shop.first_reputation": 0.8, "shop.exit": 0.26, "shop.exit_reputation": 10.0,
    "shop.adjust_weeks": 4.0, "shop.orders_a_day": 10.0, "shop.least": 1.0, "shop.orders_a_branch": 5.0,
    "shop.least_branches": 2.0, "policing.shop": 0.13, "shop.sales_memory_days": 28.0, "shop.reputation_orders": 60.0,
    "price.risk_memory_days": 180.0, "price.scarcity_range": 4.0, "price.adjust_days": 45.0, "demand.most_by_price": 1.6,
    "demand.least_price": 0.2,
}  # fmt: skip


@pytest.mark.parametrize(("risk", "saturation", "premium"), [
    (1.0, 1.0, 1.25), (4.0, 1.0, 1 + 1 / 3), (4.0, 0.0, 2.0), (0.0, 0.0, 1.05), (1e9, 1.0, 1.5)
])  # fmt: skip
def test_risk_premium_is_concave_and_saturates(risk, saturation, premium):
    p = world({**RATES, "price.risk_saturation": saturation}).p[0]
    assert interpreted(shops.risk_premium)(risk, p) == pytest.approx(premium, rel=1e-4)


def test_settle_money_pays_everybody_in_whole_kopecks():
    """Of 1,005: friction twice 0.1: 201; five drops at 30.5: 152; goods 301; promotion 0.05 x 2: 100; the rest: 251."""
    w = trade(RATES, branches=(0, 0), drop_pay=np.array([30.5]))
    w.q[q.CASH_OUT_FRICTION], w.market.promotion_level[0], w.shops.cash[0] = 2.0, 2.0, 1
    w.trade.takings[:], w.trade.placed_by[0], w.branches.sold[0], w.branches.missed[0] = (1005, 70), 5, 9, 2
    w.branches.shop[1] = -1  # closed today: what it took belongs to nobody
    interpreted(shops.settle_money)(w, today())
    names = ("cash_out_loss", "courier_pay", "supply_cost", "promotion_cost")
    assert [counted(w, name) for name in names] == [201, 152, 301, 100]
    assert (w.shops.cash[0], w.trade.orphan_cash[0]) == (252, 70)
    assert (w.trade.shop_sold[0], w.trade.shop_missed[0]) == (9, 2)
    assert not (w.trade.takings.any() or w.trade.placed_by.any() or w.branches.sold.any() or w.branches.missed.any())


def test_settle_money_without_m14_keeps_no_account():
    w = trade(RATES)
    w.on[14], w.trade.takings[0], w.branches.sold[0] = 0, 1000, 3
    interpreted(shops.settle_money)(w, today())
    assert (w.shops.cash[0], counted(w, "supply_cost"), w.trade.shop_sold[0]) == (0, 0, 3)


@pytest.mark.parametrize(("sold", "missed", "scale", "after"), [
    (30, 15, 1.0, 0.65),  # half found, half of the way (30 of 60)
    (30, 15, 4.0, 0.5),  # four shops in one: 120 of 60, the whole way
    (60, 0, 1.0, 1.0), (0, 0, 1.0, 0.8),
])  # fmt: skip
def test_reputations_follow_what_buyers_find(sold, missed, scale, after):
    w, t = trade(RATES), today()
    t.seller_scale = scale
    w.shops.reputation[0], w.shops.sales[0], w.trade.shop_sold[0], w.trade.shop_missed[0] = 0.8, 2.0, sold, missed
    interpreted(shops.reputations)(w, t)
    assert w.shops.reputation[0] == pytest.approx(after)
    assert w.shops.sales[0] == pytest.approx(2 + (sold - 2) / 28)
    assert (w.trade.shop_sold[0], w.trade.shop_missed[0]) == (0, 0)


def priced(usd: float = 1.0, cpi: float = 1.0, cover: float = 10.0, hazard: float = 0.5 / 365, **switches: int):
    """Return a world after a day's prices: all were 100, the reference."""
    w = trade(RATES)
    w.trade.reference_price[:], w.trade.unit_price[:], w.supply.cover[:], w.supply.local[0] = 100.0, 100.0, cover, 1
    w.labour.couriers[0], w.police.courier_hazard[0], w.labour.pay[0] = 10, hazard, 1.5
    w.trade.risk_level[0], w.demand.mix_first[:2] = 0.5, (0.25, 0.75)
    for name, on in switches.items():
        w.on[int(name[1:])] = on
    interpreted(shops.prices)(w, today(cpi=cpi, usd=usd, cpi_first=1.0, wage_nominal=2.0), 1)
    return w


def test_prices_rest_at_the_reference():
    w = priced()
    assert w.trade.unit_price == pytest.approx([100.0] * k.G)
    assert (w.trade.real_price[0], w.demand.price_effect[0]) == pytest.approx((1.0, 1.0))
    assert w.trade.risk_level[0] == pytest.approx(0.5)


def test_prices_follow_the_exchange_rate_where_goods_are_imported():
    """A dollar twice as dear: a quarter passes through, of which a forty-fifth the first day."""
    w = priced(usd=2.0)
    assert w.trade.unit_price[:2] == pytest.approx([100.0, 100 + 25 / 45])


@pytest.mark.parametrize(("cover", "scarce"), [(40.0, 0.5), (2.5, 2.0), (0.0, 2.0), (1e6, 0.5)])
def test_prices_follow_scarcity_within_limits(cover, scarce):
    assert priced(cover=cover).trade.unit_price[1] == pytest.approx(100 + 100 * (scarce - 1) / 45)


def test_prices_follow_risk():
    """Risk of 0.5 moves to 0.5 + (18.5 - 0.5) / 180 = 0.6: relative 1.2, as the concave premium has it."""
    w = priced(hazard=18.5 / 365)
    grown = 1.2**0.5
    assert w.trade.risk_level[0] == pytest.approx(0.6)
    assert w.trade.unit_price[1] == pytest.approx(100 + 100 * ((1 + 0.5 * grown / (1 + grown)) / 1.25 - 1) / 45)


def test_prices_of_a_drop():
    """Six roubles, wages twice those of 2021, pay 1.5: 1,800 kopecks, and a fifth."""
    w = priced()
    assert (w.trade.drop_pay[0], w.trade.drop_cost[0]) == pytest.approx((1800, 2160))
    assert priced(m6=0).trade.drop_pay[0] == pytest.approx(1200)


def test_prices_without_m6_are_those_of_the_first_day():
    w = priced(usd=9.0, cover=1.0, cpi=2.0, m6=0)
    assert w.trade.unit_price[0] == pytest.approx(100.0)
    assert w.trade.real_price[0] == pytest.approx(0.25 * 0.5 + 0.75 * w.trade.unit_price[1] / 200)
    assert w.demand.price_effect[0] == pytest.approx(2**0.5)


@pytest.mark.parametrize(("price", "effect"), [(100.0, 1.0), (400.0, 0.5), (25.0, 1.6), (0.0, 1.6)])
def test_price_effect_is_bounded(price, effect):
    w = trade(RATES)
    w.trade.reference_price[:], w.trade.unit_price[:], w.on[6] = 100.0, price, 0
    w.trade.unit_price[:] += (w.trade.unit_price - 100) / 44  # which the day takes back
    interpreted(shops.prices)(w, today(cpi=1.0, usd=1.0, cpi_first=1.0, wage_nominal=1.0), 1)
    assert w.demand.price_effect[0] == pytest.approx(effect)


def test_reindex_lists_branches_by_region():
    w = trade(branches=(1, 0, 1, 0), regions=3)
    w.branches.shop[3] = -1
    interpreted(shops.reindex)(w, 3)
    assert w.trade.branch_start.tolist() == [0, 1, 3, 3]
    assert w.trade.branch_index[:3].tolist() == [1, 0, 2]


def test_close_branch_writes_its_drops_off():
    w = trade()
    w.listings.ready[:2], w.listings.missing[:2], w.listings.sales[:], w.listings.want[:] = (9, 4), (2, 0), 3.0, 1
    w.trade.takings[0], w.shops.cash[0], w.branches.couriers[0], w.branches.wanted[0] = 50, 7, 3, 4
    interpreted(shops.close_branch)(w, 0)
    assert (counted(w, "written_off"), w.shops.cash[0], w.trade.takings[0]) == (11, 57, 0)
    for column in (w.listings.ready, w.listings.missing, w.listings.sales, w.listings.on_sale, w.listings.want):
        assert not column.any()
    assert (w.branches.shop[0], w.branches.wanted[0], w.branches.couriers[0]) == (-1, 0, 3)


@pytest.mark.parametrize("rule", ["close_shop", "close_orphaned_branches"])
def test_close_shop_closes_its_branches_only(rule):
    w = trade(branches=(0, 0, 0), shops=2)
    w.branches.shop[:], w.shops.cash[:], w.trade.takings[:] = (0, 1, 0), (10, 20), (1, 2, 3)
    if rule == "close_orphaned_branches":
        w.shops.alive[0] = 0
        interpreted(shops.close_orphaned_branches)(w)
        assert w.shops.cash.tolist() == [14, 20]
    else:
        interpreted(shops.close_shop)(w, 0)
        assert (w.trade.orphan_cash[0], w.shops.cash.tolist(), w.shops.alive.tolist()) == (14, [0, 20], [0, 1])
    assert w.branches.shop.tolist() == [-1, 1, -1]


def test_open_branch_splits_its_first_sales():
    w = trade(branches=(0, 0), regions=2)
    w.listings.on_sale[:], w.shops.products[0] = 0, 0b0100001
    interpreted(shops.open_branch)(w, today(), 0, 1, 1, 3.0)
    assert (w.branches.shop[1], w.branches.region[1], w.branches.wanted[1]) == (0, 1, 1)
    assert w.listings.on_sale.tolist() == [0] * 7 + [1, 0, 0, 0, 0, 1, 0]
    assert w.listings.sales[[7, 12]].tolist() == [1.5, 1.5]


@pytest.mark.parametrize(("first", "later", "products"), [
    (0.29, 0.0, 0b1), (0.31, 0.0, 0b1),  # a second was wanted, but the same came twelve times
    (0.29, 0.15, 0b10), (0.29, 0.99, 0b1000000), (0.29, 0.1, 0b10),
])  # fmt: skip
def test_draw_products_from_the_national_mix(first, later, products):
    w = trade()
    w.demand.national_mix[:] = np.arange(1, 8) / 10
    w.demand.national_mix[6] = 1.0
    assert interpreted(shops.draw_products, Luck(later, {1: first}))(w, today(), 0) == products


@pytest.mark.parametrize(("first", "number"), [(0.29, 1), (0.31, 2), (0.64, 2), (0.66, 3), (0.87, 3), (0.89, 4)])
def test_draw_products_one_to_four(first, number):
    w = trade()
    w.demand.national_mix[:] = np.arange(1, 8) / 7
    luck = Luck(draws={1: first, **{2 + g: (g + 0.5) / 7 for g in range(12)}})
    assert int(interpreted(shops.draw_products, luck)(w, today(), 0)).bit_count() == number


def test_open_shop_draws_its_traits():
    w = trade(RATES, shops=2)
    w.shops.cash[1], w.shops.sales[1], w.shops.alive[1], w.demand.national_mix[:] = 5, 5.0, 0, 1.0
    interpreted(shops.open_shop, Luck(0.25))(w, today(), 1, 0b101)
    s = {name: getattr(w.shops, name)[1] for name in ("alive", "born", "products", "platforms", "cash", "sales", "seek")}
    assert s == {"alive": 1, "born": 1000, "products": 1, "platforms": 5, "cash": 0, "sales": 0.0, "seek": -1}
    traits = [w.shops.reputation[1], w.shops.quality[1], w.shops.harshness[1], w.shops.promotion[1], w.shops.reach[1]]
    assert traits == pytest.approx([0.8, 0.75, 0.75, 0.8, 0.65])


@pytest.mark.parametrize(("reputation", "luck", "age", "alive", "closed"), [
    (0.9, 0.0074, 61, 0, 0), (0.9, 0.0076, 61, 1, 0),  # (0.26 + 0.13) / 52 a week
    (0.9, 0.0024, 61, 0, 1),  # the first 0.13 / 52 by police
    (0.8, 0.0124, 61, 0, 0), (0.8, 0.0126, 61, 1, 0),  # twice as many of poor reputation leave by themselves
    (0.9, 0.0, 60, 1, 0),
])  # fmt: skip
def test_exit_of_shops(reputation, luck, age, alive, closed):
    w = trade({**RATES, "shop.least": 0.0})
    w.shops.reputation[0], w.shops.born[0] = reputation, 1000 - age
    interpreted(shops.entry_and_exit, Luck(0.0, {30: luck}))(w, today(), 1)
    assert (w.shops.alive[0], counted(w, "shops_closed")) == (alive, closed)


@pytest.mark.parametrize(("orders", "luck", "least", "alive"), [
    (90.0, 0.0, 1.0, 3),  # nine wanted, one there: a quarter of eight
    (10.0, 0.99, 1.0, 1), (10.0, 0.998, 1.0, 2),  # half of those who leave, 0.0025
    (0.0, 0.0, 4.0, 4),
])  # fmt: skip
def test_entry_of_shops(orders, luck, least, alive):
    w = trade({**RATES, "shop.least": least}, shops=6)
    w.shops.alive[1:], w.market.orders_level[0], w.shops.reputation[:] = 0, orders, 0.9
    w.market.entry_platforms[0] = 8
    interpreted(shops.entry_and_exit, Luck(0.99, {31: luck}))(w, today(), 1)
    assert w.shops.alive.sum() == alive
    assert w.shops.platforms[: alive + 1].tolist() == [1] + [8] * (alive - 1) + [1]


def test_numbers_wanted_at_a_scale():
    """900 orders a day of the country at 1/10, shops of twice their size: 900 / 10 / 10 x 2."""
    w, t = trade(RATES, branches=(0,), regions=2), today()
    t.scale_factor, t.seller_scale = 10, 2.0
    w.market.orders_level[0], w.market.orders_region[:], w.channels.region_open[0] = 900.0, (0.5, 30.0), 1
    assert interpreted(shops.shops_wanted)(w, t) == pytest.approx(18.0)
    assert interpreted(shops.most_new_shops)(w, t) == int(18 / 4 + 0.0025 + 1)
    wanted = interpreted(shops.branches_wanted)
    assert [wanted(w, t, r) for r in (0, 1)] == pytest.approx([0.4, 12.0])
    most = interpreted(shops.most_new_branches)
    assert (most(w, t, 2, 1), most(w, t, 2, 3)) == (1, 2)
    w.channels.region_open[1] = 1
    assert most(w, t, 2, 1) == 1 + 4
    w.p.shop_least = 9.0
    assert interpreted(shops.most_new_shops)(w, t) == 9


@pytest.mark.parametrize(("gap", "u", "step"), [(8.0, 0.0, 2), (1.0, 0.74, 0), (1.0, 0.76, 1), (0.0, 0.99, 0), (-5.0, 0.99, 0)])
def test_whole_step_is_a_quarter_of_the_gap(gap, u, step):
    assert interpreted(shops.whole_step)(gap, u) == step


def test_present_is_a_shop_in_a_region():
    w = trade(branches=(0, 1), shops=2, regions=2)
    w.branches.shop[1] = 1
    present = interpreted(shops.present)
    assert [[present(w, s, r) for r in (0, 1)] for s in (0, 1)] == [[True, False], [False, True]]


def test_branch_entry_opens_where_orders_can_feed_more():
    """Twenty orders a day feed four branches; one is there: a quarter of three, and luck of 0.3: one more."""
    w = trade(RATES, branches=(0, 0, 0), shops=2, orders_region=np.array([20.0]), region_open=np.ones(1, np.int64))
    w.branches.shop[1:], w.trade.branch_start[1], w.branches.couriers[1] = -1, 1, 2
    w.shops.products[:], w.shops.reach[:], w.listings.on_sale[:] = 1, 1.7, 0
    draws = {40: 0.3, **{1000 + z: 0.5 for z in range(9)}, **{2000 + z: 0.5 for z in range(9)}, 42: 0.0}
    interpreted(shops.branch_entry, Luck(0.9, draws))(w, today(), 1)
    assert w.branches.shop.tolist() == [0, -1, 1], "a slot stays its couriers' until they have left"
    assert w.listings.sales[14] == pytest.approx(0.5 * 20 / 4)
    w.channels.region_open[0], w.branches.couriers[1] = 0, 0
    interpreted(shops.branch_entry, Luck(0.9, draws))(w, today(), 1)
    assert w.branches.shop.tolist() == [0, -1, 1]


def test_branch_entry_closes_a_surplus():
    """Two are wanted and two by scale at least, 1.5 x 2 stay: two of five are too many, and a fifth leave a week."""
    w = trade(RATES, branches=(0,) * 5, shops=5, orders_region=np.array([10.0]), region_open=np.ones(1, np.int64))
    w.branches.shop[:] = range(5)
    rule = interpreted(shops.branch_entry, Luck(0.9, {41: 0.19, 42: 0.0}))
    rule(w, today(), 1)
    assert w.branches.shop.tolist() == [-1, -1, 2, 3, 4]
    w = trade(RATES, branches=(0,) * 5, shops=5, orders_region=np.array([10.0]), region_open=np.ones(1, np.int64))
    interpreted(shops.branch_entry, Luck(0.9, {41: 0.21, 42: 0.0}))(w, today(), 1)
    assert (w.branches.shop == 0).all()


@pytest.mark.parametrize(("level", "have", "taken"), [(0.25, 8, 1), (0.0, 8, 0), (9.0, 8, 1), (9.0, 0, 0)])
def test_widen_takes_up_what_was_asked_for_in_vain(level, have, taken):
    """7 x 0.25 in a week, at most two of eight (a quarter); the same branch is drawn each time."""
    w = trade(RATES, branches=(0,) * 8)
    w.listings.on_sale[:], w.market.unmet_level[0, 2] = 0, level
    interpreted(shops.widen, Luck(0.3))(w, today(), 0, have)
    assert w.listings.on_sale.sum() == w.listings.on_sale[2 * k.G + 2] == taken  # 0.3 x 8: branch 2
    if taken:
        assert w.listings.sales[2 * k.G + 2] == pytest.approx(level / min(2.0, 7 * level))
