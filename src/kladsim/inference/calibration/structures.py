"""Disputed structures weighed by evidence: how well the posterior predicts the data in each of them.

A structure is a set of parameter values that the literature disputes (`validation.experiments.STRUCTURES`). The same
draws of the posterior, with the same luck, run in every structure; each datum's predictive density is averaged over
the draws, and the weights are pseudo-BMA+ (Yao, Vehtari, Simpson & Gelman 2018, 10.1214/17-BA1091): the log densities
are summed over data resampled by a Bayesian bootstrap, so that a lucky datum decides nothing. Parameters are not
fitted again in each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.evidence.register import load_register
from kladsim.inference.calibration.design import list_tasks
from kladsim.inference.calibration.flow import Calibration, table
from kladsim.inference.calibration.observation import Datum
from kladsim.inference.calibration.random_numbers import uniform
from kladsim.inference.calibration.running import CalibrationTask, compute
from kladsim.inference.calibration.store import CalibrationRows, Row
from kladsim.runs.rows import HERE, Runner
from kladsim.study.measures.experiments import STRUCTURES

Array = NDArray[np.float64]
DRAWS = 14
BOOTSTRAPS = 2000
LEAST = 0.02  # a structure of less weight gets no draw


@dataclass(frozen=True)
class Weighed:
    """Structures, what each sets, their log predictive densities and weights."""

    names: tuple[str, ...]
    settings: dict[str, dict[str, float]]
    density: Array
    weights: Array

    def labels(self, draws: int) -> tuple[str, ...]:
        """Return the structure of each draw, in proportion to the weights and evenly mixed."""
        kept = np.where(self.weights >= LEAST, self.weights, 0.0)
        steps = np.cumsum(kept / kept.sum())
        golden = (0.5 + 0.6180339887498949 * np.arange(draws)) % 1.0  # evenly mixed at every length
        return tuple(self.names[int(i)] for i in np.minimum(np.searchsorted(steps, golden), len(steps) - 1))

    def to_plain(self) -> list[dict[str, Any]]:
        """Return one row a structure."""
        return [
            {"name": name, "sets": self.settings[name], "log_density": round(float(d), 2), "weight": round(float(w), 3)}
            for name, d, w in zip(self.names, self.density, self.weights, strict=True)
        ]


def settings() -> dict[str, dict[str, float]]:
    """Return what each structure sets, as values inside the register's ranges."""
    register = load_register()
    found: dict[str, dict[str, float]] = {}
    for name, changes in STRUCTURES.items():
        values = {}
        for parameter, change in changes.items():
            known = register.find(parameter)
            value = known.value * float(change[1:]) if isinstance(change, str) else float(change)
            values[parameter] = float(np.clip(value, known.low, known.high))
        found[name] = values
    return found


def weigh(c: Calibration, rows: CalibrationRows, runner: Runner = HERE) -> Weighed:
    """Run the posterior's draws in every structure and return the weights."""
    every = settings()
    base = list_tasks(c.priors, c.weighed(DRAWS), scale=c.plan.scale, first=7000, country=c.plan.country)
    plan = [_in(item, changes) for changes in every.values() for item in base]
    got = compute("structures", plan, rows, runner)
    parts = [got[i * DRAWS : (i + 1) * DRAWS] for i in range(len(every))]
    pointwise = np.stack([log_densities(part, c.data) for part in parts])
    return Weighed(tuple(every), every, pointwise.sum(axis=1), pseudo_bma(pointwise))


def unweighed() -> Weighed:
    """Return the default structure alone."""
    return Weighed(("default",), {"default": {}}, np.zeros(1), np.ones(1))


def _in(item: CalibrationTask, changes: dict[str, float]) -> CalibrationTask:
    values = dict(item.values) | changes
    return replace(item, values=tuple(values.items()))


def log_densities(rows: Sequence[Row], data: Sequence[Datum]) -> Array:
    """Return the log predictive density of each datum: a normal for each run, averaged over runs."""
    simulated = table(rows, data)
    observed = np.array([datum.observed for datum in data])
    sd = np.array([datum.sd for datum in data])
    with np.errstate(invalid="ignore"):
        spread = np.nanstd(simulated, axis=0) * len(rows) ** -0.2  # few runs: each stands for its neighbourhood
        width = np.hypot(sd, spread)
        each = np.exp(-0.5 * ((simulated - observed) / width) ** 2) / width
        mean = np.nanmean(each, axis=0)
    return np.asarray(np.log(np.maximum(np.nan_to_num(mean, nan=1.0), 1e-6)))


def pseudo_bma(pointwise: Array, bootstraps: int = BOOTSTRAPS) -> Array:
    """Return weights of structures from log densities: float64[structures] of float64[structures, data]."""
    n = pointwise.shape[1]
    shares = -np.log(uniform(81, "bands", 0, (bootstraps, n)))
    shares /= shares.sum(axis=1, keepdims=True)
    sums = n * shares @ pointwise.T
    sums -= sums.max(axis=1, keepdims=True)
    weights = np.exp(sums)
    weights /= weights.sum(axis=1, keepdims=True)
    return np.asarray(weights.mean(axis=0))
