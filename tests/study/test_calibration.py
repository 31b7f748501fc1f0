"""Calibration: observation models, emulator, sampler, and checks that can fail."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kladsim.core import rng
from kladsim.evidence import targets
from kladsim.evidence.register import load_register
from kladsim.inference.calibration import running
from kladsim.inference.calibration.checking import (
    Honesty,
    check,
    departure,
    judge,
    overconfident,
    posterior_method,
    prior_method,
    rank_band,
    truths_and_data,
)
from kladsim.inference.calibration.design import filling, implausibility, list_tasks, match
from kladsim.inference.calibration.diagnosing import identify
from kladsim.inference.calibration.emulator import SummaryEmulator, features, fit, load, quality, save
from kladsim.inference.calibration.holdout import figures, said, score
from kladsim.inference.calibration.observation import (
    Datum,
    derive,
    fitted,
    fitted_until_2019,
    held_out,
    observations,
)
from kladsim.inference.calibration.random_numbers import normal, uniform
from kladsim.inference.calibration.reporting import shipped_report
from kladsim.inference.calibration.sampling import Likelihood, rhat, sample
from kladsim.inference.calibration.store import CalibrationRows
from kladsim.runs.calibrated import calibrated_parameters
from kladsim.runs.priors import priors_of
from kladsim.runs.rows import HERE
from kladsim.world import load_pack

D = 4
DATA = tuple(
    Datum(f"y{j}", f"y{j}", 1.0, 1.0 - 1.645 * sd, 1.0 + 1.645 * sd, "linear")
    for j, sd in enumerate((0.1, 0.2, 0.1, 0.3, 0.2))
)


@cache
def toy() -> tuple[SummaryEmulator, Any, Any]:
    """An emulator of a known quadratic with noise that grows with the first input."""
    u = uniform(1, "design", 0, (400, D))
    f = features(2.0 * u - 1.0)
    weights = 0.15 * normal(1, "design", 1, (f.shape[1], len(DATA)))
    weights[1 : 1 + D] += normal(1, "design", 2, (D, len(DATA)))
    noise = 0.1 * np.exp(0.5 * (2.0 * u[:, :1] - 1.0))
    y = f @ weights + noise * normal(1, "design", 3, (len(u), len(DATA)))
    return fit(u[:300], y[:300]), u, y


@cache
def honesty(kind: str) -> Honesty:
    emulator, _, _ = toy()
    u, observed = truths_and_data(emulator, DATA, 300, 5)
    method = posterior_method(emulator, DATA, particles=200)
    return check({"good": method, "narrow": overconfident(method), "prior": prior_method(D)}[kind], u, observed, 5)


def test_luck_is_the_generator_of_the_core() -> None:
    from kladsim.inference.calibration.random_numbers import streams

    key = rng.day_key(3, streams.numbers["design"], 7)
    ours = uniform(3, "design", 7, (5,))
    assert ours == pytest.approx([float(rng.unit(key, i, 0)) for i in range(5)], abs=1e-15)


def test_every_parameter_is_in_the_register_and_has_a_reason() -> None:
    register = load_register()
    assert 12 <= len(calibrated_parameters()) <= 18
    known = {target.id for target in targets()}
    for item in calibrated_parameters():
        assert register[item.name].prior != "fixed"
        assert item.reason and set(item.moves.split()) <= known


def test_every_target_of_russia_is_fitted_or_follows() -> None:
    ids = {datum.id[:3] for datum in fitted()}
    own = {target.id for target in targets()} - {"T05", "T07", "T08", "T10", "T25"}
    assert own <= ids, "T05 and T08 follow from others, T07 is a lower bound, T10 and T25 belong to other packs"


def test_what_is_kept_out_was_listed_and_is_not_fitted() -> None:
    held = held_out(load_pack("russia"))
    assert len(held) >= 40
    assert len({point.datum.id for point in held}) == len(held)
    assert all(point.year >= 2020 or point.kind == "place" for point in held)
    early = {datum.quantity for datum in fitted_until_2019()}
    assert not early & {point.datum.quantity for point in held}
    years = [int(name.split("@")[1][:4]) for name in early if "@20" in name]
    assert max(years) <= 2019


def test_held_out_points_without_the_restricted_folder() -> None:
    assert all(point.kind == "time" for point in held_out())


@pytest.mark.parametrize("datum", [*(row[0] for row in observations()), *(p.datum for p in held_out())], ids=lambda d: d.id)
def test_scales_go_there_and_back(datum: Datum) -> None:
    assert datum.low <= datum.value <= datum.high
    assert datum.sd > 0.0
    assert float(datum.back(np.array(datum.observed))) == pytest.approx(datum.value, rel=1e-6)


def test_a_source_sees_a_share_of_the_truth() -> None:
    datum = Datum("x", "x", 69.0, 65.0, 73.0, "logit", rate=(0.75, 1.0))
    none = np.zeros(3)
    seen = datum.back(datum.seen(np.full(3, 80.0), none, np.array([0.0, 0.5, 1.0])))
    assert seen == pytest.approx([60.0, 70.0, 80.0])


def test_sources_that_disagree_widen_the_error() -> None:
    apart = {datum.id: datum for datum in fitted()}["V17"]
    assert apart.between > 0.0
    assert apart.sd > Datum("V", "v", apart.value, apart.low, apart.high, "log").sd


def test_numbers_made_of_several() -> None:
    values = {f"registered_drug_crimes@{year}": 100.0 + (year - 2014) for year in range(2014, 2025)}
    values |= {"cases_opioids@A": 30.0, "cases_opioids@B": 10.0, "receipts@2020": 2e9}
    found = derive(values)
    assert found["registered_drug_crimes@2014/1419"] == pytest.approx(100.0 / 102.5)
    assert found["share_opioids@A"] == 0.75
    assert found["receipts@2020"] == 2.0
    assert derive({}) == {}


def test_the_emulator_finds_a_quadratic_and_its_noise() -> None:
    emulator, u, y = toy()
    tested = quality(emulator, u[300:], y[300:])
    assert tested["r2"].min() > 0.8
    assert 0.8 <= tested["coverage_90"].mean() <= 0.97
    assert (emulator.log_variance[1] > 0.2).all(), "noise grows with the first input"


def test_an_emulator_is_kept(tmp_path: Path) -> None:
    emulator, u, _ = toy()
    save(emulator, tmp_path / "e.npz", [datum.id for datum in DATA])
    again, names = load(tmp_path / "e.npz")
    assert names == [datum.id for datum in DATA]
    assert again.predict(u[:5], extra=False)[0] == pytest.approx(emulator.predict(u[:5], extra=False)[0], abs=1e-5)


def test_runs_without_a_number_are_left_out() -> None:
    _, u, y = toy()
    gaps = y[:300].copy()
    gaps[:20, 2] = np.nan
    emulator = fit(u[:300], gaps)
    assert np.isfinite(emulator.predict(u[:5])[0]).all()


def test_the_sampler_finds_a_posterior_that_is_known() -> None:
    def likelihood(z: Any) -> Any:
        return -0.5 * ((z[:, :, 0] - 1.0) ** 2 / 0.25 + (z[:, :, 1] + z[:, :, 0]) ** 2 / 0.04)

    found = sample(likelihood, 4, 3, particles=600, last_moves=30)
    precision = np.array([[1.0 + 4.0 + 25.0, 25.0, 0.0], [25.0, 26.0, 0.0], [0.0, 0.0, 1.0]])
    covariance = np.linalg.inv(precision)
    mean = covariance @ np.array([4.0, 0.0, 0.0])
    z = found.z.reshape(-1, 3)
    assert z.mean(axis=0) == pytest.approx(mean, abs=0.06)
    assert np.cov(z.T) == pytest.approx(covariance, abs=0.08)
    assert rhat(found.z).max() < 1.05


def test_particles_depend_on_their_own_data_only() -> None:
    emulator, _, _ = toy()
    _, observed = truths_and_data(emulator, DATA, 3, 5)
    sd = np.array([datum.sd for datum in DATA])
    together = sample(Likelihood(emulator, observed, sd), 3, D, particles=100)
    assert together.z.shape == (3, 100, D)
    assert (together.u > 0.0).all() and (together.u < 1.0).all()


def test_calibration_of_the_toy_is_honest_and_says_something() -> None:
    found = honesty("good")
    assert found.informative
    assert not found.outside
    assert all(abs(found.coverage[f"{level:g}"] - level) < 0.04 for level in (0.5, 0.8, 0.9, 0.95))


def test_an_overconfident_posterior_is_caught() -> None:
    found = honesty("narrow")
    assert not found.honest
    assert found.coverage["0.9"] < 0.8


def test_a_method_that_returns_the_prior_fails() -> None:
    found = honesty("prior")
    assert not found.informative
    assert not found.passed
    assert abs(found.coverage["0.9"] - 0.9) < 0.04, "its ranks are perfect: only contraction tells"


def test_a_shifted_posterior_leaves_the_rank_band() -> None:
    u = uniform(9, "truths", 0, (400, 2))
    draws = np.clip(uniform(9, "sampler", 0, (400, 99, 2)) * 0.85, 0.0, 1.0)
    assert judge(draws, u, 9).outside == (0, 1)


def test_uniform_ranks_stay_in_the_band() -> None:
    band = rank_band(300, 5, draws=600)
    departures = [departure(uniform(4, "truths", i, (300,))) for i in range(100)]
    assert np.mean([d < band for d in departures]) > 0.95


def test_history_matching_keeps_what_the_data_allow() -> None:
    emulator, _, _ = toy()
    truth = np.full((1, D), 0.6)
    mean, _ = emulator.predict(truth)
    data = tuple(
        Datum(d.id, d.quantity, float(m), float(m) - 0.3, float(m) + 0.3, "linear")
        for d, m in zip(DATA, mean[0], strict=True)
    )
    found = match(emulator, data, 50)
    assert 0.0 < found.share < 0.9
    assert found.points.shape == (50, D)
    assert implausibility(emulator, truth, data)[0] < 0.1


def test_designs_resume_by_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    priors = priors_of(load_register(), ["demand.heavy", "policing.courier"])
    ran: list[str] = []

    def pretend(item: Any, tick: Any) -> Any:
        ran.append(item.key)
        if len(ran) == 4:
            raise KeyboardInterrupt
        return {"key": item.key, "replicate": item.replicate, "seconds": 1.0, "values": {"a": float(item.replicate)}}

    monkeypatch.setattr(running, "run_one", pretend)
    rows = CalibrationRows(tmp_path)
    few, many = (list_tasks(priors, filling(n, 2), scale=1000) for n in (4, 8))
    assert [item.key for item in many[:4]] == [item.key for item in few], "a longer design begins with the shorter"
    with pytest.raises(KeyboardInterrupt):
        running.compute("x", many, rows, HERE)
    got = running.compute("x", many, CalibrationRows(tmp_path), HERE)
    assert len(ran) == 9, "three rows were kept, the fourth was run again"
    assert [row["replicate"] for row in got] == list(range(8))


def test_held_out_points_are_scored_beside_a_rival() -> None:
    held = [point for point in held_out() if point.datum.id in ("h01", "h14")]
    rows = [{"receipts@2020": 1.38e9 * (0.9 + 0.02 * i), "T15.0": 0.9} for i in range(10)]
    scored = score(held, said(held, rows))
    first, second = scored
    assert first.inside and first.crps_rival is not None and first.crps < first.crps_rival
    assert not second.inside and second.crps_rival is None, "nothing was published before 2020"
    assert figures(scored)["all"]["coverage_95"] == 0.5
    assert figures(scored)["all"]["compared"] == 1


def test_identifiability_in_words() -> None:
    z = normal(2, "truths", 0, (2000, 3))
    z[:, 1] = 0.9 * z[:, 0] + 0.1 * z[:, 1]
    u = np.stack([0.5 + 0.05 * z[:, 0], 0.5 + 0.05 * z[:, 1], uniform(2, "truths", 1, (2000,))], axis=1)
    found = identify(["a", "b", "c"], u, z)
    assert "cannot be told apart from b (together)" in found[0].words
    assert "keeps its prior" in found[2].words


def test_the_shipped_report_passes() -> None:
    report = shipped_report()
    assert report["synthetic"]["truths"] >= 1000
    emulator = report["coverage_on_emulator_truths"]
    assert emulator["truths"] >= 1000
    assert all(abs(short) <= 3.0 for short in emulator["short_by_points"].values())
    assert report["coverage_on_model_runs"]["truths"] >= 24
    assert report["overconfident"]["caught"] and report["prior_only"]["caught"]
    assert report["holdout_n"] >= 40


@pytest.mark.verify
def test_a_thousand_synthetic_truths() -> None:
    from kladsim.inference.calibration.store import DATA as FOLDER

    path = FOLDER / "emulator_russia.npz"
    emulator, names = load(path)
    data = tuple(datum for datum in fitted() if datum.id in names)
    assert [datum.id for datum in data] == names
    u, observed = truths_and_data(emulator, data, 1000, 62)
    draws = posterior_method(emulator, data)(observed)
    found = judge(draws, u, 62)
    assert found.honest, (found.coverage, found.outside)
    assert found.informative
    assert not judge(overconfident(lambda _: draws)(observed), u, 62).honest


@pytest.mark.verify
def test_the_quick_calibration_covers_its_truth(tmp_path: Path) -> None:
    from kladsim.inference.calibration.quick import quick
    from kladsim.runs.executors import LocalProcesses
    from kladsim.runs.rows import Runner

    assert quick(CalibrationRows(tmp_path), Runner(LocalProcesses(2))).passed
