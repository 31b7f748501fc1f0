"""Economy, shelf, service and places that open, worked out by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from tests.model.by_hand import Luck, counted, interpreted, today, trade, world

from kladsim.model import codes as k
from kladsim.model import counters as n
from kladsim.model import economy
from kladsim.model import quantities as q

RATES = {
    "spread.rate": 0.1, "spread.wealth": 2.0, "spread.volume": 0.5, "spread.region": 1.0, "spread.reference_orders": 1000.0,
    "shock.street": 2.0, "shock.drops": 1.0, "production.cover": 10.0, "use.online_availability": 0.5,
    "recruitment.reference_orders": 100.0, "recruitment.market": 0.5, "mix.push": 0.6, "mix.learning": 0.5,
    "market.shelf_days": 14.0, "market.half_shelf": 1.5, "market.memory_days": 28.0,
}  # fmt: skip


@pytest.mark.parametrize(("size", "wealth", "volume", "rate"), [(2.0, 3.0, 4.0, 3.6), (1.0, 1.0, 0.0, 0.0), (0.0, 1.0, 1.0, 0.0)])
def test_opening_rate(size, wealth, volume, rate):
    assert interpreted(economy.opening_rate)(size, wealth, volume, world(RATES).p[0]) == pytest.approx(rate)


def test_update_economy_clears_the_day_and_refreshes_what_is_on_offer():
    """Movement 0.5: a quarter on the street, a half for drops. 14 drops ready: one more displayed of 0.5 before: 1.5.

    Half of the buyers see it; a quarter buys online; the others' products are shown as the wholesale cover of 2 days
    allows: 0.6 x 0.5 = 0.3.
    """
    w = trade(RATES)
    w.tally.count[:], w.q[q.MOVEMENT], w.listings.ready[0], w.supply.cover[:] = 9, 0.5, 14.5, 2.0
    w.listings.ready[0], w.demand.displayed[0, 0] = 15, (1.5 - 15 / 14) * 14 / 13
    w.demand.street_base[:], w.use.by_channel[0] = 0.8, (3, 1, 0)
    interpreted(economy.update_economy)(w, today(), 0, 1)
    assert not w.tally.count.any()
    assert (w.economy.street_movement[0], w.economy.drop_movement[0]) == pytest.approx((0.25, 0.5))
    assert w.demand.displayed[0, 0] == pytest.approx(1.5)
    assert w.demand.shelf[0] == pytest.approx([0.5] + [0.3] * 6)
    assert w.demand.street_available[0] == pytest.approx([0.8 * 0.3 / 14] * k.G)
    on_shelf = (0.5 + 6 * 0.3) / 7
    assert w.use.availability[0] == pytest.approx(0.8 + 0.2 * 0.8 * 0.3 / 14 + 0.5 * 0.25 * on_shelf)


@pytest.mark.parametrize(("cover", "shelf", "street"), [(0.0, 0.0, 0.1), (4.0, 0.6, 0.5), (400.0, 0.6, 1.0)])
def test_update_economy_limits_of_the_shelf_and_the_street(cover, shelf, street):
    w = trade(RATES)
    w.supply.cover[:], w.demand.street_base[:] = cover, 1.0
    interpreted(economy.update_economy)(w, today(), 0, 1)
    assert w.demand.shelf[0] == pytest.approx([shelf] * k.G)
    assert w.demand.street_available[0] == pytest.approx([street / 14] * k.G)
    assert w.use.availability[0] == pytest.approx(0.8 + 0.2 * street / 14), "with no one who uses as well"


def served(**columns):
    """Return two regions after the evening: 60 people who use, 24 of them online; 28 + 14 requests; a fourteenth a day."""
    w = trade(RATES, branches=(0,), regions=2, mix_first=np.array([0.5] + [0.0] * 5 + [0.5]), **columns)
    w.use.by_channel[:] = (20, 8, 2), (16, 10, 4)
    for name, values in {"REQUESTS": (28, 14), "DISPLACED": (28, 0), "ORDERS": (28, 14), "NOT_FOUND": (14, 0), "UNMET": (0, 14),
                         "ORDERS_OFF_PLATFORM": (4, 2)}.items():  # fmt: skip
        w.tally.count[:, getattr(n, name)] = values
    w.demand.mix[:, 0], w.demand.mix[:, 1:6], w.demand.mix[:, 6] = (0.2, 0.8), np.array([[0.2], [0.8]]), 1.0
    w.people.alive[:], w.demand.taste_first[:], w.demand.taste[:] = (100, 300), 1.0, 1.0
    interpreted(economy.service)(w, today(), 2)
    return w


def test_service_is_what_was_found_of_what_was_wished():
    w = served()
    assert w.channels.asked_level.tolist() == [2.0, 0.5]
    assert w.channels.served_level.tolist() == [0.5, 0.5]
    assert w.channels.service.tolist() == [0.25, 1.0]
    assert w.channels.settled[0] == pytest.approx(42 / 70)
    assert w.market.orders_region.tolist() == [1.0, 1.0]
    assert w.market.orders_level[0] == pytest.approx(2.0)
    assert (w.channels.online_national[0], w.channels.own_level[0]) == pytest.approx((0.4, 0.2 + 6 / 24))
    assert w.labour.market_reach[0] == pytest.approx(0.02**0.5)


def test_service_learns_taste_from_the_national_mix():
    """(0.2 x 100 + 0.8 x 300) / 400 = 0.65 of the first product, half at first: taste moves to 1.3^0.5."""
    w = served()
    assert w.demand.national_mix[[0, 5, 6]] == pytest.approx([0.65, 0.65, 1.0])
    assert w.demand.taste[0] == pytest.approx(1 + (1.3**0.5 - 1) / 365)
    assert w.demand.product_promotion.tolist() == [0.0] * 7


def test_service_promotes_local_cathinones_online():
    """0.6 for the whole of it, since 0.4 online is above 0.3; a hundred-and-eightieth a day."""
    local = np.zeros(k.G, np.uint8)
    local[[k.AMPHETAMINE, k.MEPHEDRONE]] = 1
    w = served(local=local)
    assert w.demand.product_promotion == pytest.approx([0] * k.MEPHEDRONE + [0.6 / 180, 0])


@pytest.mark.parametrize(("share", "first", "factor"), [(0.4, 0.1, 2.0), (0.1, 0.1, 1.0), (0.0, 0.1, 0.1**0.5), (1.0, 0.0, 10**0.5)])
def test_learned_taste_is_bounded(share, first, factor):
    assert interpreted(economy.learned_taste)(share, first, world(RATES).p[0]) == pytest.approx(factor)


def places(**columns):
    """Return a region with four places, of which the second is open and the last has no residents."""
    cells = SimpleNamespace(opened=np.array([-1, 5, -1, -1]), alive=np.array([10, 20, 40, 0]), region=np.zeros(4, np.int64),
                            klass=np.array([0, 0, 1, 0]))  # fmt: skip
    return trade(RATES, cells=cells, wealth=np.array([2.0]), first_cell=np.array([0, 4]), **columns)


@pytest.mark.parametrize(("luck", "opened"), [(0.0, [1000, 5, 1000, -1]), (0.0152, [1000, 5, -1, -1]), (0.0153, [-1, 5, -1, -1])])
def test_open_places_by_size_and_wealth(luck, opened):
    """0.1 x 1 x 2^2 x 4^0.5 = 0.8 a year, 0.0153 a week; a place of the second class opens at a tenth of it."""
    w = places(class_weight=np.array([1.0, 0.1, 0, 0, 0]))
    w.market.orders_level[0], w.p.spread_region = 4000.0, 0.0
    interpreted(economy.open_places, Luck(luck))(w, today())
    assert w.cells.opened.tolist() == opened
    assert w.channels.region_open[0] == (opened[0] == 1000)


@pytest.mark.parametrize(("luck", "opened"), [(0.0303, 1000), (0.0305, -1)])
def test_open_places_near_open_ones(luck, opened):
    """Twice as fast in a region that has one: 1 - exp(-1.6 / 52) = 0.0303."""
    w = places(class_weight=np.array([1.0, 0.0, 0, 0, 0]), region_open=np.ones(1, np.int64))
    w.market.orders_level[0] = 4000.0
    interpreted(economy.open_places, Luck(luck))(w, today())
    assert w.cells.opened[0] == opened


def test_coverage_counts_residents_of_open_places():
    w = places()
    w.labour.couriers[0] = 7
    interpreted(economy.coverage)(w, today(), 0, 1)
    assert (counted(w, "covered_persons"), counted(w, "courier_days")) == (20, 7)
