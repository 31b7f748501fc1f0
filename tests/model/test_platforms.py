"""Platforms: attraction, closure, entry, and the shops that follow, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from tests.model.by_hand import Luck, interpreted, today, trade, world

from kladsim.model import codes as k
from kladsim.model import platforms
from kladsim.model import quantities as q

RATES = {
    "platform.reach": 1.0, "platform.size": 2.0, "platform.trust": 1.0, "platform.promotion": 0.5, "platform.growth": 0.7,
    "platform.strain": 0.1, "platform.shake": 0.0, "platform.outage": 365.0, "platform.outage_loss": 0.2,
    "platform.war": 2.0, "platform.exit": 3.65, "platform.entry": 3.65, "platform.entry_after": 36.5,
    "platform.fee": 0.05, "platform.first_capacity": 500.0, "platform.seed_volume": 10.0,
    "platform.enough_branches": 3.0, "platform.multihome": 3.65, "platform.fringe": 0.5, "platform.shop_size": 1.0,
    "migration.memory_years": 1.0, "migration.shock": 2.0, "migration.reputation": 0.25, "migration.shops": 0.1,
    "shop.first_reputation": 0.8, "shop.own_channel": 36.5, "policing.platform": 0.73,
}  # fmt: skip


def nation(volumes=(300.0, 100.0), **columns):
    """Return a world in which platforms of these volumes are open, old, trusted and far below their capacity."""
    w = trade(RATES, **columns)
    n = len(volumes)
    w.platforms.state[:n], w.platforms.volume[:n], w.platforms.trust[:n], w.platforms.capacity[:] = 1, volumes, 1.0, 1e9
    return w


@pytest.mark.parametrize(("reach", "size", "trust", "promotion", "memory", "weight"), [
    (0.5, 0.5, 0.8, 0.0, 1.0, 0.1), (0.5, 0.5, 0.8, 0.0, 2.0, 0.2), (1.0, 1.0, 1.0, 2 * np.log(3), 1.0, 3.0),
    (0.0, 1.0, 1.0, 0.0, 1.0, 0.0), (1.0, 1.0, 0.0, 0.0, 1.0, 0.0),
])  # fmt: skip
def test_attraction_is_a_product_of_powers(reach, size, trust, promotion, memory, weight):
    p = world(RATES).p[0]
    assert interpreted(platforms.attraction)(reach, size, trust, promotion, memory, p) == pytest.approx(weight)


@pytest.mark.parametrize(("rank", "closed"), [(0, []), (1, [1]), (2, [0]), (3, [2]), (4, [])])
def test_closures_take_the_platform_of_a_rank(rank, closed):
    """Volumes 300, 400 and 300: of two as large the first comes first."""
    w = nation((300.0, 400.0, 300.0))
    w.q[q.TAKEDOWN] = rank
    interpreted(platforms.closures)(w, today(), 1)
    assert np.flatnonzero(w.platforms.state == 2).tolist() == closed
    assert interpreted(platforms.platform_closes)(w, today()) is bool(closed)
    assert interpreted(platforms.platform_closes)(w, today(1001)) is False
    if closed:
        share = w.platforms.volume[closed[0]] / 1000
        assert w.market.takedown_memory[0] == pytest.approx(1 + 2 * share**2)


def test_shut_leaves_its_shops_without_a_place():
    """A share of three quarters: memory by its square; three quarters of those who settled have no place."""
    w = nation(shops=3)
    w.shops.platforms[:], w.shops.reputation[:], w.shops.seek[:] = (0b1, 0b11, 0b10), 0.4, -1
    w.channels.settled[0] = 0.8
    interpreted(platforms.shut)(w, today(), 0, 0.75, 2.0)
    assert (w.platforms.state[0], w.platforms.closed[0]) == (2, 1000)
    assert (w.market.takedown_memory[0], w.channels.settled[0]) == pytest.approx((2.125, 0.2))
    assert w.shops.platforms.tolist() == [0, 2, 2]
    assert w.shops.seek.tolist() == [1000, -1, -1]
    assert w.shops.reputation == pytest.approx([0.7, 0.7, 0.4])  # a quarter of 0.4 and three quarters of 0.8


def test_shut_keeps_the_own_channel_of_a_shop():
    w = nation()
    w.shops.platforms[0] = 1 | k.OWN_CHANNEL
    interpreted(platforms.shut)(w, today(), 0, 1.0, 2.0)
    assert (w.shops.platforms[0], w.shops.seek[0]) == (k.OWN_CHANNEL, 1000)


def test_take_down_books_the_share_of_all_orders():
    w = nation()
    w.channels.settled[0] = 1.0
    interpreted(platforms.take_down)(w, today(), 2)
    assert w.platforms.state[:2].tolist() == [1, 2]
    assert (w.market.takedown_memory[0], w.channels.settled[0]) == pytest.approx((1 + 2 / 16, 0.75))


def test_total_leaves_closed_platforms_out():
    w = nation((300.0, 100.0, 50.0))
    w.platforms.state[1] = 2
    assert interpreted(platforms._total)(w) == 350.0


def daily(w, luck: float = 0.5, day: int = 1000, **draws: float):
    """Return the world after the daily sum, without entry and exit."""
    w.on[4] = 0
    interpreted(platforms.daily, Luck(luck, {int(name[1:]): value for name, value in draws.items()}))(w, today(day), w.trade.branch_start.size - 1)
    return w


def test_daily_smooths_volumes_and_counts_accounts():
    """(160 + 280 orders - 300) / 14 = 10 more; the second, with nothing, loses a fourteenth; a closed one has none."""
    w = nation((300.0, 140.0, 50.0), branches=(0,), regions=2)
    w.market.orders_on[:, 0], w.market.receipts_on[:, 0], w.market.new_accounts[:, 0] = (160, 280), (5, 6), (2, 3)
    w.platforms.state[2] = 2
    daily(w)
    assert w.platforms.volume[:3] == pytest.approx([310.0, 130.0, 0.0])
    assert (w.platforms.today[0], w.platforms.receipts[0], w.platforms.accounts[0]) == (440, 11, 5)
    assert not (w.market.orders_on.any() or w.market.receipts_on.any() or w.market.new_accounts.any())


@pytest.mark.parametrize(("born", "capacity", "trust", "after"), [
    (0, 1e9, 0.4, 0.4 + 0.6 / 120), (700, 1e9, 0.4, 0.4 + 0.35 / 120),  # to one, the young to three quarters
    (0, 280.0 / 1.1, 1.0, 0.99), (0, 1.0, 1.0, 0.97),  # a tenth too many; at most 0.03 a day
    (0, 1e9, 0.1, 0.15), (0, 1e9, 2.0, 1.3),
])  # fmt: skip
def test_daily_trust_and_strain(born, capacity, trust, after):
    w = nation((280.0 * 14 / 13, 0.0))
    w.platforms.born[0], w.platforms.capacity[0], w.platforms.trust[0] = born, capacity, trust
    daily(w)
    assert w.platforms.trust[0] == pytest.approx(after)


@pytest.mark.parametrize(("load", "growth"), [(0.5, 1.05), (1.0, 1.1), (3.0, 1.1)])
def test_daily_capacity_grows_as_it_is_used(load, growth):
    w = nation((140.0, 0.0))
    w.platforms.capacity[0] = 130 / load
    daily(w)
    assert w.platforms.capacity[0] == pytest.approx(130 / load * growth)


@pytest.mark.parametrize(("memory", "luck", "trust"), [(1.4, 0.29, 0.8), (1.4, 0.31, 1.0), (1.0, 0.0, 1.0)])
def test_daily_outages_hit_the_larger_while_the_lead_is_contested(memory, luck, trust):
    """365 a year x three quarters of all orders x 0.4."""
    w = nation()
    w.market.takedown_memory[0] = memory
    daily(w, d1=luck)
    assert w.platforms.trust[0] == pytest.approx(trust)
    assert w.market.takedown_memory[0] == pytest.approx(memory - (memory - 1) / 365)


def test_daily_shake_of_trust():
    w = nation()
    w.p.platform_shake, w.platforms.trust[:] = 0.1, 0.5
    daily(w, d0=0.9)
    assert w.platforms.trust[0] == pytest.approx(0.5 + 0.5 / 120 + 0.04)


def test_promote_is_a_war_among_rivals():
    """Two of one size: two rivals, 1 + 2 x 1 in the long run; a monopoly promotes nothing."""
    w = nation((50.0, 50.0))
    w.market.promotion_level[0], w.platforms.promotion[0] = 1.2, 0.1
    interpreted(platforms._promote, Luck(0.8))(w, today(), 100.0)
    assert w.market.promotion_level[0] == pytest.approx(1.2 + 1.8 / 60)
    assert w.platforms.promotion[:3] == pytest.approx([0.1 + 0.9 / 30, 1.0 / 30, 0.0])
    w = nation((50.0,))
    w.market.promotion_level[0], w.platforms.promotion[0] = 1.0, 0.3
    interpreted(platforms._promote, Luck(0.8))(w, today(), 50.0)
    assert (w.market.promotion_level[0], w.platforms.promotion[0]) == pytest.approx((1.0, 0.29))


@pytest.mark.parametrize(("luck", "age", "effort", "closed"), [
    (0.01 * 1.6 / 16 + 0.0019, 60, 1.0, [1]),  # 3.65 x 1.6 x (1/4)^2 of the first; (3/4)^2 of the second; 0.73 by police
    (0.0029, 60, 1.0, [0]), (0.0001, 59, 1.0, []), (0.0109, 60, 1.0, [1]), (0.0111, 60, 1.0, []), (0.0109, 60, 0.0, []),
])  # fmt: skip
def test_exits_of_the_small(luck, age, effort, closed):
    """Yearly rates over 365: 0.001 and 0.009, with police 0.003 and 0.011; the last platform never closes."""
    w = nation()
    w.platforms.born[:], w.q[q.EFFORT_PLATFORM] = 1000 - age, effort
    if closed == [1] and luck < 0.003:
        w.platforms.born[0] = 1000
    interpreted(platforms._exits, Luck(draws={3: luck}))(w, today(), 400.0)
    assert np.flatnonzero(w.platforms.state == 2).tolist() == closed


@pytest.mark.parametrize(("memory", "luck", "opened", "slot"), [
    (1.0, 0.0099, True, 2), (1.0, 0.0101, False, 2), (1.5, 0.0599, True, 2), (1.5, 0.0601, False, 2)
])  # fmt: skip
def test_entries_after_a_loss(memory, luck, opened, slot):
    w = nation()
    w.market.takedown_memory[0] = memory
    interpreted(platforms._entries, Luck(0.5, {4: luck}))(w, today(), 400.0)
    assert w.platforms.state[slot] == opened
    assert w.platforms.state.sum() == 2 + opened


@pytest.mark.parametrize(("closed", "slot"), [(599, 0), (600, 2)])
def test_entries_take_a_slot_that_is_long_closed(closed, slot):
    w = nation()
    w.platforms.state[0], w.platforms.closed[0] = 2, closed
    interpreted(platforms._entries, Luck(0.0))(w, today(), 400.0)
    assert np.flatnonzero(w.platforms.state == 1).tolist() == sorted({slot, 1})
    w = nation((10.0,) * 11)
    interpreted(platforms._entries, Luck(0.0))(w, today(), 110.0)
    assert w.platforms.state.sum() == 11


@pytest.mark.parametrize(("luck", "fee"), [(0.0, 0.035), (0.5, 0.05), (1.0, 0.065)])
def test_open_platform_opens_an_empty_platform(luck, fee):
    w = nation()
    w.platforms.accounts[1], w.platforms.promotion[1], w.platforms.shops[1] = 9, 9.0, 9
    interpreted(platforms.open_platform, Luck(luck))(w, today(), 1, 0.65)
    names = ("state", "born", "closed", "trust", "promotion", "volume", "capacity", "accounts", "shops")
    assert [getattr(w.platforms, name)[1] for name in names] == [1, 1000, -1, 0.65, 0, 0, 500, 0, 0]
    assert w.platforms.fee[1] == pytest.approx(fee)


def test_reach_and_choice():
    """Six branches for 200,000: three for 100,000, on platform 0 all, on platform 1 a third: reaches 1/2 and 1/4.

    Sizes (300 + 10) / 450 and (100 + 10) / 450, squared; trusts 1 and 0.5.
    """
    w = nation(branches=(0,) * 6, shops=2)
    w.branches.shop[:], w.shops.platforms[:] = (0, 0, 0, 0, 1, 1), (1, 3)
    w.people.alive[0], w.platforms.trust[1] = 200_000, 0.5
    interpreted(platforms.reach_and_choice)(w, today(), 1)
    weights = 0.52 * (310 / 450) ** 2, 0.27 * (110 / 450) ** 2 * 0.5
    assert w.platforms.shops[:2].tolist() == [2, 1]
    assert w.platforms.coverage[:2] == pytest.approx([0.5, 0.25])
    assert w.market.platform_choice[0, 0] == pytest.approx(weights[0] / sum(weights))
    assert w.market.platform_choice[0, 1:] == pytest.approx([1.0] * 14)
    assert w.market.presence[0] == 1.0


def test_reach_and_choice_without_m4_or_platforms():
    w = nation(branches=(0, 0), shops=1, platform_fixed=np.array([3.0, 1.0] + [0.0] * 13))
    w.on[4] = 0
    interpreted(platforms.reach_and_choice)(w, today(), 1)
    assert w.market.platform_choice[0, :2] == pytest.approx([0.75, 1.0])
    w.platforms.state[:], w.shops.platforms[0] = 2, k.OWN_CHANNEL
    interpreted(platforms.reach_and_choice)(w, today(), 1)
    assert (w.market.platform_choice[0] == 1.0).all()
    assert w.market.presence[0] == 0.0


JOIN, OWN, WHICH = 6, 7, 8


@pytest.mark.parametrize(("mask", "on", "luck", "joined"), [
    (0b0, 1, 0.099, True), (0b0, 1, 0.101, False), (0b0, 0, 0.0, False),  # who lost its place: a tenth a day (M5)
    (0b10, 1, 0.0149, True), (0b10, 1, 0.0151, False),  # others: 3.65 / 365 x 0.5 x (4 - 1)
])  # fmt: skip
def test_shops_join(mask, on, luck, joined):
    w = nation()
    w.shops.platforms[0], w.shops.seek[0], w.on[5] = mask, 900, on
    interpreted(platforms.shops_join, Luck(0.999, {JOIN: luck, WHICH: 0.0}))(w, today())
    assert w.shops.platforms[0] == (mask | joined)
    assert w.shops.seek[0] == (-1 if joined else 900)
    assert w.market.entry_platforms[0] == 1, "new shops enter on the largest"


@pytest.mark.parametrize(("luck", "own"), [(0.029, True), (0.031, False)])
def test_shops_open_a_channel_of_their_own(luck, own):
    """36.5 / 365 x memory 1.5 x level 0.2."""
    w = nation()
    w.market.takedown_memory[0], w.channels.own_level[0] = 1.5, 0.2
    interpreted(platforms.shops_join, Luck(0.999, {OWN: luck}))(w, today())
    assert bool(w.shops.platforms[0] & k.OWN_CHANNEL) is own
    w.platforms.state[:] = 0
    interpreted(platforms.shops_join, Luck(0.999))(w, today())
    assert w.market.entry_platforms[0] == k.OWN_CHANNEL


@pytest.mark.parametrize(("luck", "mask"), [(0.0, 0b11), (0.675, 0b11), (0.677, 0b110), (0.999, 0b110)])
def test_join_one_by_weight(luck, mask):
    """Of platforms 0 and 2 (it is on 1): 310 x 1 and 110 x 0.75 x (1 + 0.8) = 148.5: a share of 0.676."""
    w = nation((300.0, 500.0, 100.0))
    w.shops.platforms[0], w.platforms.trust[2], w.platforms.promotion[2] = 0b10, 0.75, 0.8
    interpreted(platforms._join_one, Luck(draws={WHICH: luck}))(w, today(), 0, 900.0)
    assert w.shops.platforms[0] == mask


def test_shop_weight():
    """(100 + 10) / (900 + 50), trust 0.75, promotion 0.8."""
    w = nation((300.0, 500.0, 100.0))
    w.platforms.trust[2], w.platforms.promotion[2] = 0.75, 0.8
    assert interpreted(platforms._shop_weight)(w, 2, 900.0, w.p[0]) == pytest.approx(110 / 950 * 0.75 * 1.8)
