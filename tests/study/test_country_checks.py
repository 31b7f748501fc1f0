"""Checks of the other countries: measured on small runs, judged by the bands of the evidence, able to fail."""

from __future__ import annotations

import numpy as np
import pytest

from kladsim.model import Simulation
from kladsim.policy.scenario import Scenario
from kladsim.runs.running import run
from kladsim.validation.country_checks import COUNTRY_OF, SCRAPED, beside_scrape, facts, judged
from kladsim.world import load_pack


def finished(country: str, until: str, scale: str, **options: object) -> Simulation:
    pack = load_pack(country)
    config = Scenario.preset(country).with_(until=until, scale=scale, **options).resolve(pack)  # type: ignore[arg-type]
    made = Simulation(config, pack)
    made.run()
    return made


def test_georgia_is_measured() -> None:
    told = facts(finished("georgia", "2020-05-12", "1"))
    assert set(told) == {"T10.0", "T24.0", "T24.1"} and all(np.isfinite(list(told.values())))
    assert told["T24.1"] < -10  # the lockdown lowers sales, though no event says so


def test_without_shocks_there_is_no_fall() -> None:
    """A planted wrong world: with M15 off the check of the lockdown must not pass."""
    told = facts(finished("georgia", "2020-05-12", "1", mechanisms={"M15": "off"}))
    (sales,) = [part for part in judged([told]) if part.id == "T24" and part.part == "sales"]
    assert not sales.inside and told["T24.1"] > -10


def test_a_sample_in_which_nothing_is_sold_has_no_change_and_passes_nothing() -> None:
    """At 1/10 whole branches of so small a country open and close, and hardly any trade is left (docs/limits.md)."""
    told = facts(finished("georgia", "2020-05-12", "1/10"))
    assert not np.isfinite(told["T24.1"]) or told["T24.1"] > -100
    parts = judged([{**told, "T24.1": float("nan")}])
    assert not any(part.inside for part in parts if part.id == "T24" and part.part == "sales")


def test_korea_is_measured_and_arrests_follow_effort_not_use() -> None:
    told = facts(finished("south-korea", "2024-01-01", "1/100"))
    assert set(told) == {"T25.0", "T25.1", "P26.0", "P26.1"}
    assert told["P26.0"] > 40 and told["P26.1"] < 10
    assert told["T25.1"] > told["T25.0"]


def test_bands_are_those_of_the_evidence() -> None:
    parts = judged([{"T10.0": 4.3, "T25.0": 12.0, "T25.1": 25.0, "P26.0": 41.0, "P26.1": -1.0}] * 2)
    assert all(part.inside for part in parts) and {part.id for part in parts} == set(COUNTRY_OF) - {"T24"}
    wrong = judged([{"T10.0": 9.0, "T25.0": 30.0, "T25.1": 12.0, "P26.0": 10.0, "P26.1": 5.0}])
    assert not any(part.inside for part in wrong) and np.isnan(wrong[0].low5)


def test_a_run_stands_beside_the_scrape(tmp_path: object) -> None:
    scenario = Scenario.preset("georgia").with_(until="2020-03-31", scale=1)
    found = beside_scrape(run(scenario, replicates=2, out=f"{tmp_path}/run"))
    levels = {item.series: item for item in found if item.what == "level"}
    assert set(levels) == set(SCRAPED)
    assert levels["scrape_packages"].observed == pytest.approx(107.45, abs=0.01)
    assert levels["scrape_packages"].low5 <= levels["scrape_packages"].median <= levels["scrape_packages"].high95
    week = next(item for item in found if item.series == "scrape_packages" and item.what.startswith("Friday"))
    assert week.observed == pytest.approx(1.38, abs=0.01) and week.median > 1.05
