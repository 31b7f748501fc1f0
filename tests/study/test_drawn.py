"""Patterns over draws of parameters: what a replicate draws, where its row goes, and that stored rows come back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from tests.study.doors import are_current, refused_without_posterior
from typer.testing import CliRunner

from kladsim.cli.main import verbs
from kladsim.evidence import patterns
from kladsim.inference.calibration import reporting
from kladsim.runs.parameters import draws_for
from kladsim.study.measures.experiments import EXPERIMENTS, ArmChange
from kladsim.study.measures.replicate import run_replicate
from kladsim.validation.drawn import under
from kladsim.validation.keys import digest_of
from kladsim.validation.running import planned
from kladsim.validation.store import FactRows, shipped, stale

BASE = EXPERIMENTS["base"]


def test_a_replicate_has_its_own_draw_and_the_experiment_comes_on_top() -> None:
    draws = draws_for("prior", "russia")
    assert draws is not None
    name = draws.names[0]
    drawn = draws.at(3)
    assert under(BASE, "prior", 3).change.parameters == drawn != under(BASE, "prior", 4).change.parameters
    tripled = replace(BASE, change=ArmChange(parameters={name: "x3", "treatment.places": 7.0}))
    found = under(tripled, "prior", 3).change.parameters
    assert found == {**drawn, name: 3.0 * drawn[name], "treatment.places": 7.0}


def test_draws_take_more_replicates_than_seeds_but_no_more_than_asked_for() -> None:
    assert planned(["stock-40", "base", "georgia"]) == {"stock-40": 6, "base": 200, "georgia": 4}
    assert planned(["stock-40", "base", "georgia"], None, "posterior") == {"stock-40": 24, "base": 200, "georgia": 4}
    assert planned(["stock-40", "base"], 2, "prior") == {"stock-40": 2, "base": 2}


def test_the_point_and_other_countries_are_not_drawn() -> None:
    assert under(BASE, "point", 3) is BASE
    assert under(EXPERIMENTS["south-korea"], "prior", 3) is EXPERIMENTS["south-korea"]
    if not refused_without_posterior():
        assert under(EXPERIMENTS["south-korea"], "posterior", 3) is EXPERIMENTS["south-korea"]


def test_rows_of_draws_lie_apart_from_those_of_the_point(tmp_path: Path) -> None:
    modes = ("point", "prior") if refused_without_posterior() else ("point", "prior", "posterior")
    folders = {FactRows(tmp_path, mode).folder_of("russia") for mode in modes}
    assert len(folders) == len(modes)
    assert all(FactRows(tmp_path, mode).folder_of("south-korea") == FactRows(tmp_path).folder_of("south-korea") for mode in modes)


@pytest.mark.parametrize("mode", ["posterior", "prior"])
def test_a_random_stored_row_is_the_same_today(mode: str) -> None:
    if mode == "posterior" and refused_without_posterior():
        return
    if not are_current(stale(shipped(mode), mode), mode):
        return
    digests = shipped(mode)["experiments"]["base"]["digests"]
    number = int(np.random.default_rng(date.today().toordinal()).integers(len(digests)))
    row = run_replicate(under(BASE, mode, number), number)
    assert digest_of(row["arms"]["base"])[:16] == digests[number]["base"]


@pytest.mark.parametrize("mode", ["posterior", "prior"])
def test_the_command_shows_the_patterns_beside_the_point(mode: str) -> None:
    if mode == "posterior" and refused_without_posterior():
        return
    told = CliRunner().invoke(verbs, ["validate", "--parameters", mode, "--json"])
    assert told.exit_code == 0
    found = json.loads(told.stdout)
    assert {result["id"] for result in found["patterns"]} == {row.id for row in patterns()}
    assert found["patterns_pass"] == sum(result["status"] == "pass" for result in found["patterns"])
    assert ("targets_inside" in found) == (mode == "posterior")
    table = CliRunner().invoke(verbs, ["validate", "--only", "patterns", "--parameters", mode])
    assert f"Passed: {found['patterns_pass']} of {len(found['patterns'])}" in table.stdout


def test_without_a_calibration_there_are_no_targets_over_draws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(reporting.shipped_report, "__defaults__", (tmp_path / "none.json",))
    told = CliRunner().invoke(verbs, ["validate", "--only", "targets", "--parameters", "posterior"])
    assert told.exit_code == 2 and "no calibration ships" in told.output


@pytest.mark.parametrize(("only", "mode"), [("S001", "posterior"), ("published", "prior"), ("patterns", "posteriors")])
def test_what_is_not_known_under_draws_is_refused(only: str, mode: str) -> None:
    told = CliRunner().invoke(verbs, ["validate", "--only", only, "--parameters", mode])
    assert told.exit_code == 2
