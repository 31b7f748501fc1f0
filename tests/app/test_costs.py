"""The brief that the page makes has the price of the same comparison made in Python, the base's levers taken off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.app.conftest import settings_in

from kladsim.app.answers import Asked, FrameIn
from kladsim.app.plans import PlanIn
from kladsim.app.prepare import made
from kladsim.app.service import Service
from kladsim.report.brief import brief
from kladsim.runs.scenario_files import scenario_of, store_scenario
from kladsim.study.economics import economics

SPEC = "tests.study.valued_model:valued_engine"
MORE: Any = {"lever": "treatment", "places": 9000, "start": "2024-01-01"}


def test_the_brief_of_the_page_is_priced_with_the_levers_of_its_base(tmp_path: Path) -> None:
    from tests.study.test_economics import VALUE

    service = Service(settings_in(tmp_path, engine=SPEC, base="russia-divert", until="2026-01-01"))
    plan = PlanIn(name="More places", levers=[MORE])
    for one in (None, plan):
        made(service, one)
    found = service.runs_compared(Asked(frame=FrameIn(), plans=[plan]))
    assert set(found.scenarios) == {found.base.name, "More places"} and found.scenarios[found.base.name].levers
    valued = economics(found, 0.0, draws=1).plans["More places"]
    # Base and plan divert alike; the plan adds 9 000 places for two years and no consequence of its own.
    assert valued.cost.mean() == pytest.approx(2 * 9000 * VALUE["cost.health.treatment_place"] + _consequences(found))
    assert brief(found)["plans"][0]["levers"][-1].startswith("Treatment places: places 9,000")


def _consequences(found: Any) -> float:
    """What follows from outcomes, by hand: the same comparison without anybody's levers."""
    bare = {name: type(item)(**item.fields() | {"levers": ()}) for name, item in found.scenarios.items()}
    diverted = economics(found, 0.0, draws=1, scenarios=bare).plans["More places"].cost.mean()
    base, plan = (
        run.national()["diverted"].values.sum(axis=1).mean() for run in (found.base, found.plans["More places"])
    )
    from tests.study.test_economics import VALUE

    return float(diverted + (plan - base) * VALUE["cost.justice.supervision"])


def test_a_worker_keeps_the_scenario_beside_its_run(tmp_path: Path) -> None:
    from kladsim import Scenario, Treatment
    from kladsim.runs.running import run

    base = Scenario(name="base", until="2015", scale="1/1000")
    result = run(base, replicates=1, engine=SPEC, out=tmp_path / "r")
    other = base.with_(Treatment(places=10, start="2030"), name="other")  # begins after the end: the same run
    store_scenario(result.path, other)
    assert scenario_of(result) == other
    store_scenario(result.path, other)
    assert scenario_of(result) == other
    (result.path / "scenarios.json").write_text("{half")
    assert scenario_of(result) is None
    store_scenario(result.path, base)
    assert scenario_of(result) == base
