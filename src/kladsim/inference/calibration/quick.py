"""A calibration in minutes whose answer is known: the data are a run of the model at parameters that are drawn first.

The flow is the full one (design, emulator, posterior, R-hat), with six parameters, one wave and small runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kladsim.evidence.register import load_register
from kladsim.inference.calibration.design import filling, list_tasks
from kladsim.inference.calibration.emulator import fit
from kladsim.inference.calibration.flow import table
from kladsim.inference.calibration.observation import fitted
from kladsim.inference.calibration.random_numbers import normal, uniform
from kladsim.inference.calibration.running import compute
from kladsim.inference.calibration.sampling import Likelihood, rhat, sample
from kladsim.inference.calibration.store import CalibrationRows
from kladsim.runs.priors import priors_of, values_at
from kladsim.runs.rows import HERE, Runner

NAMES = (
    "adoption.rate", "adoption.own_channel", "policing.courier", "policing.laboratory", "shop.orders_a_day",
    "courier.quit",
)  # fmt: skip
DATA = ("T01", "T02", "T06", "T09", "T14", "T15a", "T15b", "T18", "T19", "T20a", "T22")
SCALE, RUNS = 400, 96
TOGETHER = 0.95
"""All six truths lie inside their intervals with this probability (each interval is the wider for it)."""
LARGEST_RHAT = 1.1


@dataclass(frozen=True)
class Recovered:
    """One parameter: the truth, and the interval that the calibration gave."""

    name: str
    truth: float
    low: float
    median: float
    high: float
    contraction: float

    @property
    def covered(self) -> bool:
        """Whether the truth lies inside."""
        return self.low <= self.truth <= self.high


@dataclass(frozen=True)
class Quick:
    """What the quick calibration found."""

    parameters: tuple[Recovered, ...]
    runs: int
    rhat: float
    r2: float
    level: float
    seed: int

    @property
    def passed(self) -> bool:
        """Whether every truth is covered, the repeats agree and something was learnt."""
        learnt = np.mean([p.contraction for p in self.parameters]) > 0.1
        return bool(all(p.covered for p in self.parameters) and self.rhat < LARGEST_RHAT and learnt)

    def to_plain(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "parameters": [{**vars(p), "covered": p.covered} for p in self.parameters],
            "runs": self.runs, "rhat": round(self.rhat, 4), "emulator_r2": round(self.r2, 3),
            "interval": round(self.level, 4), "seed": self.seed, "passed": self.passed,
        }  # fmt: skip


def quick(rows: CalibrationRows, runner: Runner = HERE, seed: int = 5, runs: int = RUNS) -> Quick:
    """Calibrate to synthetic data of a known truth (resumable, like the full calibration)."""
    priors = priors_of(load_register(), NAMES)
    data = tuple(datum for datum in fitted() if datum.id in DATA)
    sd = np.array([datum.sd for datum in data])
    d = len(NAMES)
    truth = 0.1 + 0.8 * uniform(seed, "truths", 0, (1, d))
    design = filling(runs, d, seed)
    points = [*list_tasks(priors, truth, scale=SCALE, first=9000), *list_tasks(priors, design, scale=SCALE)]
    got = compute("quick", points, rows, runner)
    published = table(got[:1], data) + sd * normal(seed, "truths", 1, (1, len(data)))
    emulator = fit(design, table(got[1:], data))
    repeats = 4
    likelihood = Likelihood(emulator, np.repeat(published, repeats, axis=0), sd)
    found = sample(likelihood, repeats, d, particles=500, moves=8, last_moves=40, seed=seed)
    level = 1.0 - (1.0 - TOGETHER) / d
    ends = np.array([(1.0 - level) / 2.0, 0.5, (1.0 + level) / 2.0])
    u = found.u.reshape(-1, d)
    intervals = values_at(priors, np.quantile(u, ends, axis=0))
    values = values_at(priors, truth)[0]
    contraction = 1.0 - 12.0 * u.var(axis=0, ddof=1)
    recovered = tuple(
        Recovered(
            name, float(values[j]), float(intervals[0, j]), float(intervals[1, j]), float(intervals[2, j]),
            float(contraction[j]),
        )
        for j, name in enumerate(NAMES)
    )
    return Quick(recovered, len(points), float(rhat(found.z).max()), float(np.median(emulator.r2)), level, seed)
