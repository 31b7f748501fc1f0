"""Everything that a calibration is held against, as one plain table that ships beside the posterior."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.files import read_json, write_json
from kladsim.inference.calibration.checking import (
    Honesty,
    check,
    judge,
    overconfident,
    posterior_method,
    prior_method,
    truths_and_data,
)
from kladsim.inference.calibration.diagnosing import identify
from kladsim.inference.calibration.diagnosing import to_plain as identified_plain
from kladsim.inference.calibration.flow import Calibration, Say, forecasts, places, predictive_values, table
from kladsim.inference.calibration.headline import with_headline
from kladsim.inference.calibration.holdout import figures, said, score
from kladsim.inference.calibration.npe import neural_method
from kladsim.inference.calibration.observation import Datum, derive
from kladsim.inference.calibration.random_numbers import normal
from kladsim.inference.calibration.running import CalibrationTask, compute
from kladsim.inference.calibration.store import DATA, CalibrationRows, Row, making_key
from kladsim.inference.calibration.structures import Weighed
from kladsim.model.version import model_version
from kladsim.runs.development import why_not_current
from kladsim.runs.rows import HERE, Runner
from kladsim.study.measures import targets

Array = NDArray[np.float64]
SHIPPED = DATA / "report_russia.json"
TRUTH_SEED = 61
SPARSE = ("T01", "T04", "T11", "T12", "T15a", "T18", "T19", "T22")
"""Eight data of the fit: what a country with few numbers might have."""
SPARSE_TRUTHS, RIVAL_TRUTHS = 200, 200


def checks(
    c: Calibration,
    rows: CalibrationRows,
    weighed: Weighed,
    runner: Runner = HERE,
    *,
    say: Say = lambda text: None,
) -> dict[str, Any]:
    """Run every check of a calibration and return the figures."""
    began = time.process_time()
    late = []
    if c.plan.early_runs:
        _, plan_late = predictive_values(c, c.early_posterior, 5000)
        late = compute("fitted to 2019", plan_late, rows, runner)
    own_runs = as_shipped(c, weighed, first=6500 if c.plan.third else 6000)
    own = compute("posterior", own_runs, rows, runner)
    scored = score(c.held, said(c.held, [row["values"] for row in late]) if late else forecasts(c))
    by_target = target_results(own)
    inside = targets.targets_inside(by_target)
    say(f"targets inside: {len(inside)} of {len({result.id for result in by_target})}")
    found = figures(scored)
    say(f"held out: {found['all']['n']} points, {100 * found['all']['coverage_95']:.0f} % inside 95 %")
    mixed = c.posterior.z.reshape(-1, len(c.names))
    honesty = synthetic(c, say)
    spent = [row["seconds"] for row in (*c.rows, *c.held_rows, *late, *own)]
    return {
        "model_version": model_version(),
        "making_key": making_key(c.plan.country),
        "made": datetime.now(UTC).date().isoformat(),
        "plan": asdict(c.plan),
        "cost": {
            "runs": len(spent),
            "core_seconds_of_runs": round(sum(spent), 1),
            "core_seconds_of_checks": round(time.process_time() - began, 1),
        },
        "log": c.log,
        "history_matching": {"share_of_prior": c.matched.share, "cut": c.matched.cut},
        "emulator": emulator_figures(c),
        "rhat": dict(zip(c.names, c.rhat.round(4).tolist(), strict=True)),
        "rhat_largest": float(c.rhat.max()),
        "parameters": identified_plain(identify(c.names, c.posterior.u.reshape(mixed.shape), mixed)),
        "marginals": marginals(c),
        "patterns": c.tilted.to_plain(),
        **honesty,
        "seeds_of_truths": {"seed": TRUTH_SEED, "stream": "truths", "numbers": [0, c.plan.truths - 1]},
        "contraction": dict(zip(c.names, honesty["synthetic"]["contraction"], strict=True)),
        "holdout": found,
        "holdout_points": [asdict(item) for item in scored],
        "holdout_n": found["all"]["n"],
        "holdout_coverage_95": found["all"]["coverage_95"],
        "holdout_crps": found["all"]["crps"],
        "holdout_crps_baseline": found["all"]["crps_persistence_and_trend"],
        "targets_inside": len(inside),
        "targets_of": len({result.id for result in by_target}),
        "targets_outside": sorted({result.id for result in by_target} - set(inside)),
        "targets": [{**asdict(result), "inside": result.inside} for result in by_target],
        "predictive": predictive(c.data, own),
        "structures": {"structures": weighed.to_plain(), "words": STRUCTURE_WORDS},
    }


STRUCTURE_WORDS = (
    "Structures that the literature disputes, weighed by how well the same draws of the posterior predict the data in "
    "each (pseudo-BMA+ weights). Draws that ship carry a structure in proportion, so that intervals hold structural "
    "doubt too. What a policy does in each stands on the page of the validation."
)


def as_shipped(c: Calibration, weighed: Weighed, first: int) -> list[CalibrationTask]:
    """Return runs of the first draws that ship, each in its structure."""
    plan, values = c.plan, c.shipped_draws()[: c.plan.predictive]
    labels = weighed.labels(len(c.shipped_draws()))
    found = []
    for i, (row, label) in enumerate(zip(values, labels, strict=False)):
        given = dict(zip(c.names, (float(f"{v:.6g}") for v in row), strict=True)) | weighed.settings[label]
        found.append(CalibrationTask(tuple(given.items()), first + i, plan.scale, plan.country))
    return found


def target_results(rows: Sequence[Row]) -> list[targets.TargetResult]:
    """Return every target part over runs of posterior draws."""
    values = [
        {(name, part): row["values"].get(f"{name}.{part}", float("nan")) for name, part in targets.MEASURES}
        for row in rows
    ]
    return targets.compare_with_published(values)


def predictive(data: Sequence[Datum], rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return each datum beside what runs of the posterior would publish, with the error of observation."""
    derived = [derive(row["values"]) for row in rows]
    found = []
    for number, datum in enumerate(data):
        truth = np.array([row.get(datum.quantity, np.nan) for row in derived])
        truth = np.repeat(truth[np.isfinite(truth)], 20)
        seen = datum.seen(truth, normal(22, "predictive", number, truth.shape), np.full(truth.shape, 0.5))
        ends = datum.back(np.quantile(seen, [0.025, 0.05, 0.5, 0.95, 0.975]))
        low, five, median, ninety_five, high = (float(end) for end in ends)
        found.append(
            {
                "id": datum.id,
                "published": datum.value,
                "median": median,
                "low5": five,
                "high95": ninety_five,
                "inside_95": bool(low <= datum.value <= high),
                "rank": round(float(np.mean(seen < datum.observed)), 3),
                "note": datum.note,
            }
        )
    return found


def emulator_figures(c: Calibration) -> dict[str, Any]:
    """Return how the emulator does on runs it has not seen, by datum."""
    return {
        "runs": len(c.u),
        "held_out": len(c.held_u),
        "r2_median": round(float(np.median(c.quality["r2"][places(c.all_data, c.data)])), 3),
        "coverage_90": round(float(np.mean(c.quality["coverage_90"])), 3),
        "coverage_95": round(float(np.mean(c.quality["coverage_95"])), 3),
        "by_datum": {
            datum.id: {
                "r2_leave_one_out": round(float(c.emulator.r2[j]), 3),
                "r2_held_out": round(float(c.quality["r2"][j]), 3),
                "coverage_90": round(float(c.quality["coverage_90"][j]), 3),
            }
            for j, datum in enumerate(c.all_data)
        },
    }


def marginals(c: Calibration) -> dict[str, dict[str, list[float]]]:
    """Return 5, 25, 50, 75 and 95 % of the prior and of what ships of the posterior, by parameter."""
    levels = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
    u = c.tilted.u
    found = {}
    for j, prior in enumerate(c.priors):
        own = prior.quantile(np.quantile(u[:, j], levels))
        found[prior.name] = {
            "prior": [float(f"{v:.4g}") for v in prior.quantile(levels)],
            "posterior": [float(f"{v:.4g}") for v in own],
        }
    return found


def synthetic(c: Calibration, say: Say = lambda text: None) -> dict[str, Any]:
    """Return simulation-based calibration, the two methods that must fail, sparse data, the rival, and real runs."""
    emulator, plan = c.emulator_of(c.data), c.plan
    u, observed = truths_and_data(emulator, c.data, plan.truths, TRUTH_SEED)
    method = posterior_method(emulator, c.data, particles=plan.truth_particles)
    draws = method(observed)
    own = judge(draws, u, TRUTH_SEED)
    say(f"synthetic truths: coverage {own.coverage}, honest {own.honest}, informative {own.informative}")
    narrow = judge(overconfident(lambda _: draws)(observed), u, TRUTH_SEED)
    nothing = check(prior_method(len(c.names)), u, observed, TRUTH_SEED)
    few = min(RIVAL_TRUTHS, plan.truths)
    rival = check(neural_method(emulator, c.data), u[:few], observed[:few], TRUTH_SEED)
    mine = judge(draws[:few], u[:few], TRUTH_SEED)
    return {
        "synthetic": own.to_plain() | {"ranks": rank_table(own)},
        "overconfident": narrow.to_plain() | {"caught": not narrow.honest},
        "prior_only": nothing.to_plain() | {"caught": not nothing.passed},
        "methods": {
            "truths": few,
            "sequential_monte_carlo": _method(mine),
            "neural_posterior_estimation": _method(rival),
        },
        "sparse": _sparse(c),
        "real_runs": _real(c),
    }


def _method(found: Honesty) -> dict[str, Any]:
    return {
        "coverage": {name: round(value, 3) for name, value in found.coverage.items()},
        "log_score_over_prior": round(float(found.log_score.sum()), 3),
        "contraction": round(float(found.contraction.mean()), 3),
    }


def rank_table(found: Honesty) -> list[list[float]]:
    """Return the distribution of ranks at 20 points, less the uniform one, by parameter (for the picture)."""
    grid = np.linspace(0.05, 0.95, 19)
    n = len(found.ranks)
    return [
        [round(float(np.searchsorted(np.sort(found.ranks[:, j]), g) / n - g), 4) for g in grid]
        for j in range(found.ranks.shape[1])
    ]


def _sparse(c: Calibration) -> dict[str, Any]:
    data = tuple(datum for datum in c.data if datum.id in SPARSE)
    emulator = c.emulator_of(data)
    truths = min(SPARSE_TRUTHS, c.plan.truths)
    u, observed = truths_and_data(emulator, data, truths, TRUTH_SEED + 1)
    found = check(posterior_method(emulator, data, particles=c.plan.truth_particles), u, observed, TRUTH_SEED + 1)
    return {"data": len(data), **_method(found), "truths": truths, "honest": found.honest}


def _real(c: Calibration) -> dict[str, Any]:
    """Truths that are runs of the model itself: the check of the emulator's error."""
    emulator = c.emulator_of(c.data)
    sd = np.array([datum.sd for datum in c.data])
    y = table(c.held_rows, c.data)
    known = np.isfinite(y).all(axis=1)
    u, y = c.held_u[known], y[known]
    observed = y + sd * normal(TRUTH_SEED, "truths", 5, y.shape)
    found = check(posterior_method(emulator, c.data, particles=c.plan.truth_particles), u, observed, TRUTH_SEED + 2)
    return {"truths": int(known.sum()), **_method(found)}


def ship_report(content: dict[str, Any], path: Path = SHIPPED) -> None:
    """Write the report beside the posterior."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, content)


def shipped_report(path: Path = SHIPPED) -> dict[str, Any]:
    """Return the report that ships, its headline first, with whether it belongs to this code; empty if none does.

    Raises
    ------
    StorageError : the file is damaged
    """
    if not path.exists():
        return {}
    content: dict[str, Any] = dict(read_json(path))
    country = str(content["plan"]["country"])
    is_of_this_code = content["making_key"] == making_key(country)
    content["stale"] = why_not_current(content["model_version"]) or (
        "" if is_of_this_code else "the model's code or data changed since"
    )
    return with_headline(content)
