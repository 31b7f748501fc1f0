"""Observation: what registers say of a truth that is known, worked out by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from kladsim.model import observation
from kladsim.model.counters import COUNT, INDEX
from kladsim.model.record import RunRecord
from kladsim.model.tallies import N_STOCKS, STOCKS

P = {
    "observation.death_reporting": 0.6,
    "observation.registered_dependent": 0.5,
    "observation.register_avoidance": 0.1,
    "observation.accounts_per_buyer": 3.0,
    "observation.register_share": 0.9,
    "observation.trace_error": 0.12,
    "money.non_drug_share": 0.2,
}


def run(shared: float = 0.0, measured: bool = True):
    """Return two years of ten days at 1/10: 3 and 5 fatal poisonings, 40 and 50 dependent people in two regions."""
    count, stock = np.zeros((2, 2, COUNT), np.int64), np.zeros((2, 2, N_STOCKS), np.int64)
    count[:, 0, INDEX["deaths_poisoning"]], count[:, 1, INDEX["deaths_poisoning"]] = (1, 2), (2, 3)
    stock[:, 0, STOCKS.index("dependent")] = 100, 200  # person-days of ten days
    stock[:, 1, STOCKS.index("dependent")], stock[:, 1, STOCKS.index("treatment")] = (200, 250), (100, 50)
    days = np.zeros((20, COUNT), np.int64)
    days[:, INDEX["revenue"]] = 8000
    pieces = SimpleNamespace(
        config=SimpleNamespace(switches={"M17": measured}, scale=10), pack=None, parameters=P, n_days=20, day=20, seed=1,
        recording=SimpleNamespace(
            year_count=count, year_stock=stock, year_days=np.array([10, 10]), count=days,
            buyers_year=np.repeat([7, 4], 10),
        ),
        calendar=SimpleNamespace(years=np.repeat([2014, 2015], 10), usd_rate=np.full(30, 40.0)),
        quantities=SimpleNamespace(daily=lambda column: np.repeat([shared, shared / 2], 10)),
    )  # fmt: skip
    return RunRecord(**vars(pieces))


@pytest.mark.parametrize(("shared", "reported"), [(0.0, (18.0, 30.0)), (1.0, (30.0, 40.0)), (0.5, (24.0, 35.0))])
def test_reported_deaths_are_a_share_and_shared_data_close_the_gap(shared, reported):
    """Truth 30 and 50; 0.6 reported; sharing closes ``shared`` of the gap in the first year, half of it in the second."""
    assert observation.registered_deaths(run(shared)) == pytest.approx(reported), "reporting of deaths"


def test_the_register_of_dependent_people_shrinks_while_they_grow():
    """Truth 400 and 500, of whom 0.5 and 0.45 are registered."""
    assert observation.registered_dependent(run()) == pytest.approx([200.0, 225.0])


def test_accounts_never_close():
    assert observation.platform_accounts(run()) == pytest.approx([210.0, 210.0])


def test_traced_receipts_hold_what_is_no_drug_within_the_error():
    """Ten days of 80 roubles at 1/10: 8,000 roubles, that is 200 dollars, over 0.8."""
    traced = observation.traced_receipts(run())
    assert traced == pytest.approx([250.0, 250.0], rel=0.12)
    assert traced[0] != traced[1]


def test_without_m17_the_register_is_the_truth():
    s = run(measured=False)
    assert observation.registered_deaths(s) == pytest.approx([30.0, 50.0])
    assert observation.registered_dependent(s) == pytest.approx([400.0, 500.0])
    assert observation.platform_accounts(s) == pytest.approx([70.0, 40.0])
    assert observation.traced_receipts(s) == pytest.approx([250.0, 250.0])
