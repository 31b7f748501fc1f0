"""Runs of the other countries, sampled and short: balance, same bits, what a pack's own tables do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.model.ledger import Ledger

from kladsim.core.errors import InputError
from kladsim.model import Simulation
from kladsim.model.outcomes import OUTCOMES, outcomes_of
from kladsim.policy.scenario import Scenario
from kladsim.world import load_pack

SCALES = {"georgia": 25, "south-korea": 500}


def run(country: str, until: str, *, threads: int = 1, scale: int = 0, **options: Any) -> Simulation:
    pack = load_pack(country)
    scenario = Scenario.preset(country).with_(until=until, scale=f"1/{scale or SCALES[country]}", **options)
    made = Simulation(scenario.resolve(pack), pack, 0, threads)
    ledger = Ledger().open(made)
    made.observers = (ledger,)
    made.run()
    assert not ledger.errors, ledger.errors[:8]
    return made


@pytest.mark.parametrize("country", SCALES)
def test_a_run_balances_and_gives_the_same_bits_on_two_threads(country: str) -> None:
    one, two = (run(country, "2016-03-01", threads=threads) for threads in (1, 2))
    assert one.digest() == two.digest()
    assert not one.world.scan.over.any(), "a hazard exceeded its bound"


def test_a_saved_run_goes_on_to_the_same_bits(tmp_path: Any) -> None:
    straight = run("georgia", "2014-06-01")
    pack = straight.pack
    half = Simulation(straight.config, pack)
    half.run(until_day=70)
    half.save(tmp_path / "state.npz")
    again = Simulation.load(tmp_path / "state.npz", straight.config, pack)
    again.run()
    assert again.digest() == straight.digest()
    assert np.array_equal(again.recording.seen, straight.recording.seen)


def test_only_packs_that_ask_have_the_extra_outcomes() -> None:
    plain = set(outcomes_of((), window=False))
    georgia = set(run("georgia", "2014-02-01").results()) - plain
    korea = set(run("south-korea", "2014-02-01").results()) - plain
    assert {"scrape_packages", "scrape_sales_usd", "scrape_shops", "scrape_offers", "window_packages"} <= georgia
    classes = {f"apprehended_{name}" for name in ("cannabis", "narcotics", "psychotropics")}
    assert korea == {"arrests_online_share", "persons_apprehended", "purchases", *classes}
    assert georgia | korea | plain == set(OUTCOMES)


def test_the_scrape_sees_less_than_the_truth_and_equals_it_without_m17() -> None:
    until = "2014-09-01"
    busy = {"start.platform": 0.01}
    seen, told = (run("georgia", until, mechanisms=off, parameters=busy) for off in ({}, {"M17": "off"}))
    truth = seen.recording.seen[:, 0] * float(SCALES["georgia"])
    assert np.array_equal(told.results()["scrape_packages"].values, truth)  # the same run underneath
    assert not np.array_equal(seen.results()["scrape_packages"].values, truth)
    share = seen.results()["scrape_packages"].values.sum() / truth.sum()
    assert 0.8 < share < 1.05


def test_money_is_in_the_countrys_coin_and_arrests_add_up() -> None:
    s = run("south-korea", "2015-01-01")
    told = s.results()
    assert told["courier_pay"].unit == "KRW/drop"
    parts = sum(told[f"apprehended_{name}"].values for name in ("cannabis", "narcotics", "psychotropics"))
    assert parts == pytest.approx(told["persons_apprehended"].values)


def test_the_window_is_empty_outside_its_days_and_places() -> None:
    s = run("georgia", "2020-01-20", scale=2)  # a small sample hardly has a shop (docs/limits.md)
    pack, values = s.pack, s.results()["window_orders"].values
    assert values.shape == (s.n_days, pack.n_regions)
    inside = values[pack.day_of(pack.window.start) :, [pack.region_index(code) for code in pack.window.places]]
    assert np.isfinite(inside).all() and np.isfinite(values).sum() == inside.size
    assert inside.sum() > 0


def test_values_of_the_country_take_the_place_of_the_registers() -> None:
    pack = load_pack("georgia")
    config = Scenario.preset("georgia").resolve(pack)
    assert config.parameters["start.users"] == pack.parameters["start.users"].value
    changed = Scenario.preset("georgia").with_(parameters={"start.users": 0.05}).resolve(pack)
    assert changed.parameters["start.users"] == 0.05
    with pytest.raises(InputError, match=r"start\.users"):
        Scenario.preset("georgia").with_(parameters={"start.users": 0.5}).resolve(pack)


def test_police_effort_is_a_dated_event() -> None:
    s = run("south-korea", "2014-02-01")
    longer = Simulation(Scenario.preset("south-korea").with_(scale="1/500").resolve(s.pack), s.pack)
    from datetime import date

    from kladsim.model.quantities import EFFORT_BUYER, EFFORT_COURIER

    day = s.pack.day_of(date(2023, 7, 1))
    assert longer.quantities[day][EFFORT_BUYER, 0] > longer.quantities[10][EFFORT_BUYER, 0] == 1.0
    assert longer.quantities[day][EFFORT_COURIER, 0] == longer.quantities[day][EFFORT_BUYER, 0]
