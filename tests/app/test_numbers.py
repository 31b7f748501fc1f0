"""Fifty random states: the page's numbers are those of the Python API, and the shown code gives them again."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kladsim.app import answers as a
from kladsim.app.prepare import made
from kladsim.app.service import Service

from .conftest import SPEC, settings_in

STATES = 50
FEW = 5
"""States that every run of the tests tries; `make verify` tries them all."""
LEVERS: tuple[tuple[str, dict[str, tuple[Any, ...]]], ...] = (
    ("diversion", {"share": (0.1, 0.35, 0.6), "tier": ("courier", "buyer")}),
    ("treatment", {"places": (5_000, 20_000)}),
    ("drug_checking", {"share": (0.05, 0.2)}),
    ("police", {"tier": ("courier", "organiser"), "factor": (0.5, 1.5)}),
    ("recruitment_prevention", {"share": (0.1, 0.3)}),
    ("early_warning", {"share": (0.1, 0.3)}),
)


def random_states() -> list[dict[str, Any]]:
    """States with one or two plans of one to three levers, drawn once."""
    luck = np.random.default_rng(7)
    return [{"plans": [_plan(luck, name) for name in "AB"[: 1 + int(luck.integers(2))]]} for _ in range(STATES)]


def _plan(luck: np.random.Generator, name: str) -> dict[str, Any]:
    places = luck.permutation(len(LEVERS))[: 1 + int(luck.integers(3))]
    levers = []
    for place in sorted(int(p) for p in places):
        lever, options = LEVERS[place]
        chosen = {key: values[int(luck.integers(len(values)))] for key, values in options.items()}
        start = f"{2015 + int(luck.integers(2))}-{1 + int(luck.integers(12)):02}-01"
        levers.append({"lever": lever, "start": start, **chosen})
    return {"name": f"Plan {name}", "levers": levers}


@pytest.mark.slow
@pytest.mark.parametrize("states", [FEW, pytest.param(STATES, marks=pytest.mark.verify)])
def test_random_states_have_the_numbers_of_the_python_interface(tmp_path: Path, states: int) -> None:
    service = Service(settings_in(tmp_path / "page", replicates=2, until="2017-01-01"))
    made(service, None)
    compared = 0
    for number, state in enumerate(random_states()[:states]):
        asked = a.Asked.model_validate(state)
        for plan in asked.plans:
            made(service, plan)
        found = _executed(service.code(asked).python, tmp_path / "python")
        expected = {(e.plan, e.outcome): (e.median, e.low, e.high, e.p_better) for e in found.totals()}
        answer = service.state(asked)
        since = min(plan.since for plan in answer.plans if plan.since)
        for plan in answer.plans:
            assert plan.kind == "simulated", (number, plan)
            if plan.since != since:
                continue  # the page tells each plan from its own first year on
            shown = {(plan.name, e.outcome): (e.median, e.low, e.high) for e in plan.effects}
            assert shown == {key: value[:3] for key, value in expected.items() if key[0] == plan.name}, number
            better = {(plan.name, e.outcome): e.p_better for e in plan.effects if e.p_better is not None}
            assert better == {k: v[3] for k, v in expected.items() if k[0] == plan.name and v[3] == v[3]}
            compared += 1
    assert compared >= states


def _executed(python: str, folder: Path) -> Any:
    """What a person gets who pastes the shown code, with the model of the tests."""
    names: dict[str, Any] = {"ENGINE": SPEC, "OUT": folder}
    assert "parameters" not in python, "what every door takes by itself is not written"
    python = python.replace("replicates=2)", "replicates=2, engine=ENGINE, out=OUT)")
    exec(compile(python, "page", "exec"), names)
    return names["found"]


def test_the_random_states_are_many_and_allowed() -> None:
    states = random_states()
    assert len({repr(state) for state in states}) == STATES
    used = {lever["lever"] for state in states for plan in state["plans"] for lever in plan["levers"]}
    assert used == {name for name, _ in LEVERS}
    service = Service(settings_in(Path("/nonexistent"), until="2017-01-01"))
    frame = service.frame(a.Asked())
    plans = itertools.chain.from_iterable(a.Asked.model_validate(state).plans for state in states)
    problems = [found.problem for found in service.planned(frame, list(plans)) if found.problem is not None]
    assert problems == []
