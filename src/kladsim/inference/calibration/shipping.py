"""The full calibration of a country as one resumable command, and what it puts into the package."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from kladsim.inference.calibration.emulator import save
from kladsim.inference.calibration.flow import Calibration, Plan, Say, calibrate
from kladsim.inference.calibration.reporting import SHIPPED, checks, ship_report
from kladsim.inference.calibration.sampling import Likelihood, laplace
from kladsim.inference.calibration.store import DATA, CalibrationRows, making_key
from kladsim.inference.calibration.structures import unweighed, weigh
from kladsim.model.version import model_version
from kladsim.runs.posterior import posterior_path, write_posterior
from kladsim.runs.priors import values_at
from kladsim.runs.rows import HERE, Runner


def point(c: Calibration) -> dict[str, float]:
    """Return the point fit: the parameters of the highest posterior density under the emulator."""
    observed = np.array([[datum.observed for datum in c.data]])
    likelihood = Likelihood(c.emulator_of(c.data), observed, np.array([datum.sd for datum in c.data]))
    flat = c.posterior.z.reshape(-1, len(c.names))
    from scipy.special import ndtr

    best = laplace(likelihood, flat[:: max(1, len(flat) // 64)])
    values = values_at(c.priors, ndtr(best)[None, :])[0]
    return {name: float(f"{value:.5g}") for name, value in zip(c.names, values, strict=True)}


def origin(c: Calibration) -> dict[str, Any]:
    """Return where draws come from."""
    spent = [row["seconds"] for row in (*c.rows, *c.held_rows)]
    return {
        "model_version": model_version(),
        "making_key": making_key(c.plan.country),
        "made": datetime.now(UTC).date().isoformat(),
        "scale": f"1/{c.plan.scale}",
        "runs": len(spent),
        "core_seconds": round(sum(spent), 1),
        "repeats": c.plan.repeats,
        "particles": c.plan.particles,
        "seed": c.plan.seed,
        "rhat": round(float(c.rhat.max()), 4),
        "data": [datum.id for datum in c.data],
    }


def full(
    plan: Plan, rows: CalibrationRows, out: Path | None, runner: Runner = HERE,
    say: Say = lambda text: None,
) -> dict[str, Any]:  # fmt: skip
    """Calibrate, write the posterior, check it, and write the report; ``out`` None writes into the package."""
    began = time.monotonic()
    c = calibrate(plan, rows, runner, say=say)
    target = posterior_path(plan.country) if out is None else out / posterior_path(plan.country).name
    weighed = weigh(c, rows, runner) if plan.structures else unweighed()
    say("structures: " + ", ".join(f"{row['name']} {100 * row['weight']:.0f} %" for row in weighed.to_plain()))
    draws, labels = c.shipped_draws(), weighed.labels(plan.draws)
    used = {name: weighed.settings[name] for name in dict.fromkeys(labels)}
    write_posterior(target, plan.country, c.names, draws, structures=labels, settings=used, origin=origin(c))
    learnt = (DATA if out is None else out) / f"emulator_{plan.country}.npz"
    save(c.emulator_of(c.data), learnt, [datum.id for datum in c.data])
    say(f"wrote {target.name} and {learnt.name}")
    content = checks(c, rows, weighed, runner, say=say)
    content["point"] = point(c)
    content["wall_seconds"] = round(time.monotonic() - began, 1)
    ship_report(content, SHIPPED if out is None else out / SHIPPED.name)
    return content


SMALL = Plan(first=96, second=48, rounds=0, held=12, repeats=3, particles=400)
"""For a point, which patterns do not weigh: its first wave is part of the full design's."""


def point_fit(
    rows: CalibrationRows, runner: Runner = HERE, say: Say = lambda text: None, plan: Plan = SMALL
) -> dict[str, float]:
    """Return a point fit from a small design."""
    return point(calibrate(plan, rows, runner, say=say))
