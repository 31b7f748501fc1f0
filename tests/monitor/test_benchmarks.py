"""The benchmarks of detectors: series as their equations say, scores by hand, seeds refused, runs resumed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from kladsim.cli.main import verbs
from kladsim.core.errors import InputError
from kladsim.monitor import benchmark_detectors as bench
from kladsim.monitor.benchmark_series import WeeklyScenario, daily_signals, make_daily, make_weekly, weekly_scenarios


def test_weekly_series_have_the_mean_and_ratio_of_their_scenario() -> None:
    assert len(weekly_scenarios()) == 28
    scenario = weekly_scenarios()[17]  # cluster 5: level 2.5, ratio 3, season without trend
    assert scenario == WeeklyScenario(2.5, 0.0, 1, 0.1, 3)
    quiet = np.array([make_weekly(scenario, seed).quiet for seed in range(400)])
    mean = np.exp(2.5 + np.cos(2 * np.pi * 13 / 52) + 0.1 * np.sin(2 * np.pi * 13 / 52))
    assert quiet[:, 12].mean() == pytest.approx(mean, rel=0.08)
    assert quiet[:, 12].var() / quiet[:, 12].mean() == pytest.approx(3.0, rel=0.3)
    one = make_weekly(scenario, 1)
    assert one.outbreak[:575].sum() == 0
    assert (one.observed >= one.quiet + one.outbreak).all()


def test_daily_signals_have_weeks_of_five_or_seven_days() -> None:
    signals = daily_signals()
    assert [signal.days for signal in signals] == [7] * 4 + [5] * 8 + [7] * 4
    five = make_daily(signals[9], np.random.default_rng(1))
    assert len(five.quiet) == 7 * 364
    assert five.quiet.reshape(-1, 7)[:, 5:].sum() == 0
    assert five.outbreak[:-343].sum() == 0
    assert five.quiet.reshape(-1, 7)[:, :5].mean() == pytest.approx(np.exp(5.0) * 1.02, rel=0.05)


def test_scores_of_days_by_hand() -> None:
    during = np.array([[0, 0, 1, 1, 1, 0], [0, 1, 1, 0, 0, 0]], bool)
    alarm = np.array([[1, 0, 0, 1, 0, 0], [0, 0, 0, 0, 1, 1]], bool)
    found = bench.score_days(alarm, during)
    # Five outbreak days, one with an alarm; seven others, three of them with one; late by one of three days, or never.
    assert found == {
        "specificity": pytest.approx(4 / 7), "sensitivity": 0.2, "pod": 0.5, "timeliness": pytest.approx((1 / 3 + 1) / 2)
    }  # fmt: skip


def test_seeds_that_built_the_detector_are_refused() -> None:
    with pytest.raises(InputError, match="served to build"):
        bench.run("weekly", ("ears-c1",), seed=7)
    with pytest.raises(InputError, match="unknown benchmark"):
        bench.run("monthly")


def test_a_run_goes_on_from_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = bench.run("weekly", ("ears-c1",), series=2, folder=tmp_path)
    assert len(list(tmp_path.glob("*.json"))) == 28
    monkeypatch.setattr(bench, "_judge_weekly", None)
    assert bench.run("weekly", ("ears-c1",), series=2, folder=tmp_path) == first


def test_the_verb_prints_ours_beside_what_was_published() -> None:
    arguments = ["dev", "bench", "detectors", "weekly", "--detector", "ears-c2", "--series", "2", "--quiet"]
    shown = CliRunner().invoke(verbs, arguments)
    assert shown.exit_code == 0, shown.output
    assert "ears-c2" in shown.output
    assert "Noufaily 2013" in shown.output
    found = json.loads(CliRunner().invoke(verbs, [*arguments, "--json"]).output)["benchmarks"][0]
    assert found["detectors"]["ears-c2"]["fpr"] > 0.01
    assert found["published"][1]["pod"] == ""


def test_bench_alone_is_the_speed() -> None:
    shown = CliRunner().invoke(verbs, ["dev", "bench", "--help"])
    assert "speed" in shown.output
    assert "detectors" in shown.output
