"""Production and import: what suppliers send, what laboratories make, and who enters and leaves, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from tests.model.by_hand import Luck, counted, interpreted, today, trade

from kladsim.model import codes as k
from kladsim.model import production
from kladsim.model import quantities as q

RATES = {
    "production.cover": 10.0, "production.import_local": 0.5, "production.least_import": 2.0, "production.spare": 1.5,
    "production.entry": 0.1, "production.quit": 0.52, "production.output": 4.0, "production.precursor_imported": 0.8,
    "production.precursor_days": 20.0, "policing.laboratory": 0.26,
}  # fmt: skip
LOCAL, FOREIGN = k.MEPHEDRONE, k.COCAINE


def supply(**columns):
    """Return a world whose products are asked for at two packages a day, with twenty in stock."""
    w = trade(RATES, **columns)
    w.supply.flow[:], w.supply.routes[:], w.supply.wholesale[:], w.market.asked_by[:] = 2.0, 2.0, 20, 2
    w.supply.local[LOCAL], w.supply.import_share[:], w.supply.precursor[0] = 1, 0.5, 1.0
    return w


@pytest.mark.parametrize(("flow", "stock", "most", "sent"), [
    (2.0, 20.0, 9.0, 2.0), (2.0, -1.0, 9.0, 3.0), (2.0, 62.0, 9.0, 0.0), (2.0, 500.0, 9.0, 0.0), (2.0, -1.0, 2.5, 2.5)
])  # fmt: skip
def test_inflow_goes_back_to_the_cover_in_21_days(flow, stock, most, sent):
    assert interpreted(production.inflow)(flow, stock, 10.0, most) == pytest.approx(sent)


def laboratory(w, lab: int = 0, age: float = 90, output: float = 3.0):
    """Add a laboratory for the local product."""
    w.labs.alive[lab], w.labs.product[lab], w.labs.born[lab], w.labs.output[lab] = 1, LOCAL, 1000 - age, output
    return w


@pytest.mark.parametrize(("age", "stock", "precursor", "made"), [
    (90, 20, 1.0, 3), (15, 20, 1.0, 1), (0, 20, 1.0, 0), (90, 80, 1.0, 1), (90, 20, 0.5, 1), (90, 20, 9.0, 3), (90, 0, 1.0, 3)
])  # fmt: skip
def test_produce_by_age_stock_and_precursors(age, stock, precursor, made):
    """Three a day at full speed; half in the first 15 days (1.5: one), and with twice the wished stock (40 / 80)."""
    w = laboratory(supply(), age=age)
    w.supply.wholesale[LOCAL], w.supply.precursor[0], w.p.production_precursor_days = stock, precursor, 1e12
    interpreted(production.produce, Luck(0.0))(w, today(), 1)
    assert counted(w, "produced") == w.supply.made[LOCAL] == made
    fraction = 3.0 * min(1, age / 30) * min(1, 40 / max(1, stock)) * min(1.2, precursor) - made
    assert w.supply.unfinished[LOCAL] == pytest.approx(fraction)


def test_produce_imports_what_was_used():
    """Two a day of each, local ones half of it; a border half closed lets three quarters of all routes stand."""
    w = supply()
    interpreted(production.produce, Luck(0.0))(w, today(), 1)
    assert (w.supply.wholesale[FOREIGN], w.supply.wholesale[LOCAL], counted(w, "imported")) == (22, 21, 6 * 2 + 1)
    assert w.supply.import_sum[FOREIGN] == 2
    assert w.supply.cover[FOREIGN] == pytest.approx((22 + 1) / 2.1 / 14)
    assert w.supply.precursor[0] == pytest.approx(1.0)
    w = supply()
    w.q[q.BORDER], w.supply.wholesale[:] = 0.5, 0
    interpreted(production.produce, Luck(0.0))(w, today(), 1)
    assert w.supply.wholesale[FOREIGN] == 2  # 2 + 20 / 21 of at most (4.5 + 2) x 0.75
    assert w.supply.wholesale[LOCAL] == 0  # at most 2 x 0.5 x 0.75
    assert w.supply.precursor[0] == pytest.approx(1.0 - 0.8 * 0.5 / 20)


def test_produce_through_a_closed_border():
    w = supply()
    w.q[q.BORDER], w.supply.import_share[:], w.supply.wholesale[:] = 0.0, 1.0, 0
    interpreted(production.produce, Luck(0.999))(w, today(), 1)
    assert w.supply.wholesale.sum() == 0


def test_produce_smooths_what_is_asked_for():
    """23 asked for where two were usual: a twenty-first of the way, three; routes a year's."""
    w = supply()
    w.market.asked_by[0, FOREIGN] = 23
    interpreted(production.produce, Luck(0.0))(w, today(), 1)
    assert w.supply.flow[FOREIGN] == pytest.approx(3.0)
    assert w.supply.routes[FOREIGN] == pytest.approx(2 + 1 / 365)
    w = supply()
    w.supply.routes[:], w.market.asked_by[:] = 7.0, 90
    interpreted(production.produce, Luck(0.0))(w, today(0), 1)
    assert w.supply.flow[FOREIGN] == w.supply.routes[FOREIGN] == 2.0, "on the first day nothing was asked for yet"


def test_produce_without_m10_imports_all():
    """Local goods come over the border as well: 0.9 of two, and one: 2.8 of the 2 wished."""
    w = laboratory(supply())
    w.on[10] = 0
    interpreted(production.produce, Luck(0.0))(w, today(), 1)
    assert (counted(w, "produced"), w.supply.wholesale[LOCAL]) == (0, 22)


@pytest.mark.parametrize(("online", "pace"), [(0.0, 0.04), (0.125, 0.07), (0.25, 0.1), (1.0, 0.1)])
def test_pace_of_entry_grows_with_trade_online(online, pace):
    w = supply()
    w.channels.online_national[0] = online
    assert interpreted(production.pace_of_entry)(w) == pytest.approx(pace)


@pytest.mark.parametrize(("capacity", "entering"), [(3.0, 0.0), (9.0, 0.0), (1.0, 0.05), (0.0, 0.075)])
def test_laboratories_entering_close_the_gap(capacity, entering):
    """Three wished (2 x 1.5), four a laboratory: what is missing, a tenth a week."""
    assert interpreted(production.laboratories_entering)(supply(), today(), LOCAL, capacity, 0.1) == pytest.approx(entering)


def test_most_new_laboratories_is_above_what_may_enter():
    w = supply()
    w.channels.online_national[0], w.supply.flow[LOCAL] = 1.0, 60.0  # 90 / 4 x 0.1 = 2.25
    assert interpreted(production.most_new_laboratories)(w, today()) == 3


@pytest.mark.parametrize(("luck", "alive", "closed"), [(0.0049, 0, 1), (0.0051, 0, 0), (0.0149, 0, 0), (0.0151, 1, 0)])
def test_laboratory_turnover_by_police_and_by_choice(luck, alive, closed):
    """0.26 / 52 a week by police; 0.52 / 52 give up; those at full use (3 wished, 3 made) have no other reason."""
    w = laboratory(supply())
    interpreted(production.laboratory_turnover, Luck(0.0, {2: luck}))(w, today(), 1)
    assert (w.labs.alive.sum(), counted(w, "laboratories_closed"), w.supply.seized_labs[LOCAL]) == (alive, closed, closed)


@pytest.mark.parametrize(("luck", "alive"), [(0.0349, 0), (0.0351, 1)])
def test_idle_laboratories_give_up_as_readily_as_others_enter(luck, alive):
    """Six made, three wished: half idle; 0.005 + 0.01 + 0.04 x 0.5."""
    w = laboratory(supply(), output=6.0)
    interpreted(production.laboratory_turnover, Luck(0.0, {2: luck}))(w, today(), 1)
    assert w.labs.alive.sum() == alive


def test_new_laboratories_take_free_slots():
    """90 wished, none made: 90 / 4 x 0.04 = 0.9, and 0.2 of luck: one."""
    w = supply(branches=(0,), regions=4)
    w.supply.flow[LOCAL], w.labs.alive[0], w.labs.product[0] = 60.0, 1, 0
    interpreted(production.laboratory_turnover, Luck(0.5, {3: 0.2}))(w, today(), 4)
    assert w.labs.alive.tolist() == [1, 1, 0, 0, 0]
    assert (w.labs.product[1], w.labs.born[1], w.labs.output[1], w.labs.region[1]) == (LOCAL, 1000, pytest.approx(4.0), 2)
    w.on[10] = 0
    before = w.labs.alive.copy()
    interpreted(production.laboratory_turnover, Luck(0.0))(w, today(), 4)
    assert (w.labs.alive == before).all()


@pytest.mark.parametrize(("luck", "output", "region"), [(0.0, 0.16, 0), (0.5, 0.4, 1), (0.999, 0.6395, 2)])
def test_open_laboratory_draws_output_and_region(luck, output, region):
    w = supply(branches=(0,), regions=3)
    t = today()
    t.scale_factor = 10
    interpreted(production.open_laboratory, Luck(luck))(w, t, 3, LOCAL, 3)
    assert (w.labs.alive[3], w.labs.output[3], w.labs.region[3]) == (1, pytest.approx(output, rel=1e-3), region)
    assert np.flatnonzero(w.labs.alive).tolist() == [3]
