"""kladsim sensitivity, discover and robustness on a small study."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Cli

YAML = "name: plan\nbased_on: russia\nlevers: [{lever: diversion, tier: courier, share: 0.5, start: 2014-01-15}]\n"


@pytest.fixture
def studied(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    from tests.study.responsive_model import responsive_engine

    from kladsim.runs import engine

    monkeypatch.setattr(engine, "default_engine", responsive_engine)
    Path("plan.yaml").write_text(YAML)
    return cli


def plan_and_run(cli: Cli, design: str, points: int) -> None:
    varied = ("--vary", "diversion.share=0:1", "--vary", "use.initiation")
    size = ("--points", str(points), "-n", "2", "--until", "2014-03-01", "--scale", "1", "-o", "s")
    assert cli("study", "plan", "russia", "plan.yaml", "--design", design, *varied, *size).code == 0
    assert cli("study", "run", "s", "--executor", "here", "--quiet").code == 0


def test_sensitivity_says_what_drives(studied: Cli) -> None:
    plan_and_run(studied, "morris", 6)
    said = studied("sensitivity", "s")
    assert said.code == 0 and "mu*" in said.out and "ranked as one" in said.out and "cathinones" in said.out
    found = json.loads(studied("sensitivity", "s", "--json").out)
    assert {"factor", "total", "low", "high", "noise"} <= set(found["indices"][0])
    assert studied("sensitivity", "s", "--outcome", "deathz").code == 2


def test_discover_and_robustness_speak_in_sentences(studied: Cli) -> None:
    plan_and_run(studied, "lhs", 40)
    said = studied("discover", "s", "--outcome", "deaths")
    assert said.code == 0 and "Where " in said.out and "the model projects" in said.out
    assert json.loads(studied("discover", "s", "--method", "cart", "--json").out)["boxes"]
    assert studied("discover", "s", "--outcome", "arrests").code == 2
    assert studied("sensitivity", "s").code == 2
    said = studied("robustness", "s", "--satisfies", "deaths<=-1")
    assert said.code == 0 and "Regret is" in said.out
    assert json.loads(studied("robustness", "s", "--json").out)["plans"][0]["plan"] == "russia"
