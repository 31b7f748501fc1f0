"""The whole flow of calibration on a model that answers at once: posterior, report, page, and the command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from kladsim.cli.main import verbs
from kladsim.evidence.register import load_register
from kladsim.inference.calibration import reporting, running, shipping
from kladsim.inference.calibration.emulator import load
from kladsim.inference.calibration.flow import Plan
from kladsim.inference.calibration.observation import fitted, fitted_until_2019, held_out
from kladsim.inference.calibration.random_numbers import normal
from kladsim.inference.calibration.store import CalibrationRows
from kladsim.report.calibration_page import write_page
from kladsim.runs.calibrated import calibrated_names
from kladsim.runs.posterior import read_posterior
from kladsim.runs.priors import priors_of, shares_of
from kladsim.world import load_pack

TINY = Plan(
    scale=1000, first=40, second=16, third=4, rounds=2, fourth=4, sifted=1, held=8, predictive=6, repeats=2, particles=100, draws=20, truths=12, structures=True, early_runs=True,
    part=1.0,
    truth_particles=60,
)  # fmt: skip
YEARLY = (
    "registered_drug_crimes", "convictions_trafficking", "convictions_possession", "convictions_minor", "prison_years",
    "convictions_young_share", "synthetic_share_of_seizures", "registered_deaths", "orders", "shops", "courier_pay",
    "buyers", "receipts", "receipts_own", "leader_share", "coverage", "drug_share_of_prisoners",
    "courier_career_months",
)  # fmt: skip


def base() -> dict[str, float]:
    """Numbers near those published."""
    found = {f"{name}@{year}": 1.0 for name in YEARLY for year in range(2014, 2025)}
    for name, value in (("receipts", 1.3e9), ("receipts_own", 3e8), ("prison_years", 1.3e5), ("orders", 1.4e4)):
        found |= {f"{name}@{year}": value for year in range(2014, 2025)}
    for name, value in (("convictions_trafficking", 2e4), ("convictions_possession", 7e4), ("convictions_minor", 550.0)):
        found |= {f"{name}@{year}": value for year in range(2014, 2025)}
    for name in ("convictions_young_share", "synthetic_share_of_seizures", "drug_share_of_prisoners", "leader_share"):
        found |= {f"{name}@{year}": 0.5 for year in range(2014, 2025)}
    found |= {f"receipts@{window}": 4e8 for window in ("2020Q4", "2022-01..04-05", "2022-03-15..04-05", "2022-06..11")}
    found |= {"closure_drop_week": 85.0, "closure_regained": 75.0, "leader_changes": 2.0, "effective_before": 1.3}
    found |= {"effective_after": 4.0, "couriers_swing@2021": 0.15, "couriers_replaced@2021": 0.85}
    found |= {"receipts@2022-04-05..04-12": 1.5e7, "platforms_opened@2022": 8.0, "leaders@2022": 3.0}
    for datum in (*fitted(), *fitted_until_2019(), *(point.datum for point in held_out(load_pack("russia")))):
        found.setdefault(datum.quantity, datum.value)
    return found


def answer(item: Any, tick: Any) -> dict[str, Any]:
    """A row at once: every number moves with the parameters, and a little with luck."""
    names = calibrated_names()
    given = dict(item.values)
    u = shares_of(priors_of(load_register(), names), np.array([[given[name] for name in names]]))[0]
    quantities = base()
    slopes = 0.1 * normal(1, "design", 5, (len(quantities), len(names)))
    luck = 0.02 * normal(item.replicate, "design", 6, (len(quantities),))
    factor = np.exp(slopes @ (2.0 * u - 1.0) + luck)
    values = {name: float(value * f) for (name, value), f in zip(quantities.items(), factor, strict=True)}
    return {"key": item.key, "replicate": item.replicate, "seconds": 0.1, "values": values}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A whole calibration, once."""
    folder = tmp_path_factory.mktemp("calibration")
    patch = pytest.MonkeyPatch()
    patch.setattr(running, "run_one", answer)
    patch.setattr(reporting, "neural_method", lambda emulator, data: reporting.prior_method(emulator.parameters))
    said: list[str] = []
    try:
        content = shipping.full(TINY, CalibrationRows(folder), folder, say=said.append)
    finally:
        patch.undo()
    return folder, content, said


def test_the_flow_makes_a_posterior(made: Any) -> None:
    folder, content, said = made
    posterior = read_posterior(folder / "posterior_russia.json")
    assert posterior.draws.shape == (20, len(calibrated_names()))
    assert posterior.origin["runs"] == 40 + 16 + 4 + 2 * 4 + 8
    register = load_register()
    for number in range(20):
        register.override(posterior.at(number))
    _, names = load(folder / "emulator_russia.npz")
    assert names == [datum.id for datum in fitted()]
    assert any("history matching" in text for text in said)
    assert set(content["point"]) == set(calibrated_names())


def test_the_report_holds_what_is_asked(made: Any) -> None:
    _, content, _ = made
    for name in (
        "synthetic", "holdout_coverage_95", "holdout_n", "holdout_crps", "holdout_crps_baseline", "targets_inside",
        "contraction", "patterns", "seeds_of_truths", "rhat_largest", "cost", "log", "structures", "sparse", "real_runs", "methods",
    ):  # fmt: skip
        assert name in content, name
    assert set(content["synthetic"]["coverage"]) == set(content["real_runs"]["coverage"]) == {"0.5", "0.8", "0.9", "0.95"}
    assert content["cost"]["runs"] > 72
    assert sum(row["weight"] for row in content["structures"]["structures"]) == pytest.approx(1.0, abs=0.01)
    assert json.dumps(content, allow_nan=True)


def test_the_page_has_every_part(made: Any, tmp_path: Path) -> None:
    _, content, _ = made
    paths = write_page(content, tmp_path)
    text = paths[0].read_text(encoding="utf-8")
    for words in ("## Synthetic truths", "## Points kept out", "## Cost and log", "## Disputed structures", "## Patterns\n", "as weighed", "too narrow"):
        assert words in text
    assert len(paths) == 6 and all(path.stat().st_size > 1000 for path in paths)


def test_the_command_prints_the_shipped_report(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, _, _ = made
    monkeypatch.setattr(reporting.shipped_report, "__defaults__", (folder / reporting.SHIPPED.name,))
    told = CliRunner().invoke(verbs, ["calibrate", "report", "--json"])
    assert told.exit_code == 0
    said = json.loads(told.stdout)
    assert list(said)[:2] == ["coverage_on_model_runs", "coverage_on_emulator_truths"]
    assert "coverage" not in said, "coverage without a word of whose truths"
    beside = CliRunner().invoke(verbs, ["validate", "--only", "targets", "--parameters", "posterior"])
    assert beside.exit_code == 0 and "Inside:" in beside.stdout
    table = CliRunner().invoke(verbs, ["calibrate", "report"])
    assert table.exit_code == 0 and "Targets inside tolerance" in table.stdout
    first = table.stdout.index("truths that are runs of the model")
    assert first < table.stdout.index("Points kept out") and "are uninformative" in table.stdout


def test_a_country_without_data_is_refused() -> None:
    told = CliRunner().invoke(verbs, ["dev", "calibrate", "atlantis"])
    assert told.exit_code == 2
