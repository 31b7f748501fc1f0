"""Estimates by the emulator: marked, without a run, with what simulation disagrees said; and what drives an outcome."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

pytest.importorskip("sklearn")

from tests.opening import opened
from tests.study.made_up_emulator import made_up

from kladsim.app import emulated as module
from kladsim.app.emulated import emulated, why_not
from kladsim.app.estimate import Estimate
from kladsim.app.server import create_app
from kladsim.app.service import _disagreement
from kladsim.app.view import View
from kladsim.inference.emulator import Emulator
from kladsim.inference.emulator.axes import LEVERS as LEVER_AXES
from kladsim.inference.emulator.axes import levers_at
from kladsim.policy.levers.package import Package, package_names
from kladsim.policy.scenario import Scenario
from kladsim.runs.engine import DEFAULT_ENGINE
from kladsim.study.effects import Effect

from .conftest import HERE, settings_in

LEVERS = [
    {"lever": "treatment", "places": 30_000, "start": "2025-01-01"},
    {"lever": "police", "tier": "courier", "factor": 1.5, "start": "2026-01-01"},
]


@pytest.fixture(scope="module")
def emulator() -> Emulator:
    return made_up()


@pytest.fixture
def client(emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(module, "shipped", lambda: emulator)
    module._without_plan.cache_clear()
    app = create_app(settings_in(tmp_path, engine=DEFAULT_ENGINE, until="2031-01-01"))
    with TestClient(app, base_url=HERE) as found:
        yield found
    module._without_plan.cache_clear()


def base_view() -> View:
    years = list(range(2014, 2031))
    names = ("deaths", "people_who_use", "shops")
    facts = {"unit": "persons", "side": "health", "kind": "flow", "better": "lower", "headline": True, "doc": ""}
    return View(
        key="0" * 64, name="russia", digest="", replicates=3, config={}, provenance={}, years=years, regions=[],
        declared={name: {**facts, "kind": "level" if name == "people_who_use" else "flow"} for name in names},
        national={name: [[100.0 * (year - 2013) for year in years]] * 3 for name in names},
    )  # fmt: skip


def plan(levers: list[dict[str, object]]) -> Scenario:
    return Scenario(**Scenario.preset("russia").with_(until="2031-01-01").fields() | {"levers": tuple(levers)})


def test_an_estimate_stands_on_the_bases_own_years(client: TestClient) -> None:
    found = emulated(plan(LEVERS), base_view(), 8, DEFAULT_ENGINE)
    assert found is not None and found.basis == "emulator" and found.since == 2025
    told = {item.outcome: item for item in found.effects}
    assert told.keys() == {"deaths", "people_who_use"}  # neither what the base has not nor what the emulator has not
    mean = float(np.mean([100.0 * (year - 2013) for year in range(2025, 2031)]))
    assert told["people_who_use"].base == pytest.approx(mean) and told["deaths"].base == pytest.approx(6 * mean)
    assert told["deaths"].low < told["deaths"].median < told["deaths"].high < 0


def test_another_engine_base_or_option_gets_none(client: TestClient) -> None:
    assert emulated(plan(LEVERS), base_view(), 8, "tests:other") is None
    assert emulated(plan(LEVERS).with_(parameters={"demand.elasticity": 1.0}), base_view(), 8, DEFAULT_ENGINE) is None
    local = plan([{**LEVERS[0], "end": "2027-01-01"}])
    assert emulated(local, base_view(), 8, DEFAULT_ENGINE) is None
    why = why_not(local, DEFAULT_ENGINE)
    assert why is not None and "end" in str(why) and why_not(plan(LEVERS), DEFAULT_ENGINE) is None


def test_a_simulation_outside_the_band_is_said(client: TestClient) -> None:
    found = emulated(plan(LEVERS), base_view(), 8, DEFAULT_ENGINE)
    assert isinstance(found, Estimate)

    def effect(name: str, median: float) -> Effect:
        return Effect(name, "persons", "Plan", "total", median, median, median, 1.0, 0.0, 8)

    told = {item.outcome: item for item in found.effects}
    wide = told["people_who_use"].high - told["people_who_use"].low
    inside, outside = told["deaths"].median, told["people_who_use"].high + wide
    assert _disagreement([effect("deaths", inside), effect("people_who_use", outside)], found) == ["people_who_use"]


def test_an_estimate_runs_nothing_and_reads_nothing(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """What makes an estimate quick: no simulation, and after the first no file (times: benchmarks/page.py)."""
    from kladsim.model import Simulation

    def never(*_: object, **__: object) -> None:
        raise AssertionError("an estimate ran a simulation")

    view, scenario = base_view(), plan(LEVERS)
    first = emulated(scenario, view, 8, DEFAULT_ENGINE)
    monkeypatch.setattr(Simulation, "run", never)
    with opened(Path(module.__file__).parents[1]) as files:
        again = emulated(scenario, view, 8, DEFAULT_ENGINE)
    assert files == [] and again == first


def test_drivers_are_told_with_how_good_they_are(client: TestClient) -> None:
    asked = {"outcome": "deaths", "plans": [{"name": "A", "levers": LEVERS}], "plan": 0}
    answer = client.post("/api/drivers", json=asked)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["r2"] > 0.8 and 0.7 <= found["coverage"] <= 1.0 and found["held_out"] > 20
    sizes = [max(abs(one["low"] or 0.0), abs(one["high"] or 0.0)) for one in found["levers"]]
    assert sizes == sorted(sizes, reverse=True)
    assert {part["name"] for part in found["parts"] if part["kind"] == "lever"} == {"treatment", "police.courier"}
    told = [one["name"] for key in ("parameters", "shares", "parts") for one in found[key]]
    assert "market" in told and not any(name.startswith("price") for name in told)
    assert client.post("/api/drivers", json={**asked, "outcome": "shops"}).status_code == 422
    assert client.post("/api/drivers", json={"outcome": "deaths"}).json()["effect"] is None


def test_without_an_emulator_the_screen_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "shipped", lambda: None)
    app = create_app(settings_in(tmp_path, engine=DEFAULT_ENGINE))
    with TestClient(app, base_url=HERE) as found:
        assert found.post("/api/drivers", json={"outcome": "deaths"}).json()["missing"]


def test_drivers_say_which_parameters_their_bands_hold() -> None:
    emulator = Emulator.open()
    origin = {"parameters": {"mode": "prior"}, "country": "georgia", "model_version": "1.0.0"}
    emulator.meta["origin"] = origin
    assert module._holds(emulator).en.count("drawn from the prior") == 1
    emulator.meta.pop("origin")
    assert "at the register's values" in module._holds(emulator).en


def test_levers_and_packages_from_next_january_get_an_estimate_or_a_reason(client: TestClient) -> None:
    """Every lever alone and every package of the library, begun on 1 January of the year after this one is made."""
    begin = date(2027, 1, 1)
    for axis in LEVER_AXES:
        (lever,) = levers_at({axis.name: axis.high if axis.whole else axis.high / 2}, begin)
        scenario = Scenario.preset("russia").with_(lever, until="2031-01-01")
        found = emulated(scenario, base_view(), 8, DEFAULT_ENGINE)
        assert found is not None and found.since == 2027, axis.name
    for name in package_names():
        scenario = Scenario.preset("russia").with_(Package(of=name, start=begin), until="2031-01-01")
        found = emulated(scenario, base_view(), 8, DEFAULT_ENGINE)
        why = why_not(scenario, DEFAULT_ENGINE)
        assert (found is None) == (why is not None), name
        assert why is None or (why.where and why.allowed), name
    early = Scenario.preset("russia").with_(*levers_at({"treatment": 9000.0}, date(2022, 1, 1)), until="2028-01-01")
    assert "2024-01-01 to 2030-12-31" in str(why_not(early, DEFAULT_ENGINE))
