"""Judge an emulator by runs that it was never fitted to: R², coverage of the 90 % band, and its time to answer."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from kladsim.inference.emulator.axes import levers_at
from kladsim.inference.emulator.predicting import Emulator
from kladsim.inference.emulator.table import columns_of, longest

Array = NDArray[np.float64]
LEAST_COVERAGE = 0.85
LEAST_COVERAGE_ALONE = 0.75
MOST_COVERAGE = 0.97
LEAST_R2 = 0.5
"""An outcome whose held-out effects are mostly no luck must have at least this share of them explained."""
TELLABLE = 0.6
ANSWER_MS = 5.0
RULES = (
    f"Passed if the 90 % band holds {LEAST_COVERAGE:.0%} to {MOST_COVERAGE:.0%} of the held-out runs over all outcomes "
    f"and at least {LEAST_COVERAGE_ALONE:.0%} of each outcome's, if R² is at least {LEAST_R2} wherever at least "
    f"{TELLABLE:.0%} of what was held out is no luck, and if an answer takes at most {ANSWER_MS:g} ms of a "
    "processor. These bars were set before the first training."
)


@dataclass(frozen=True)
class Judged:
    """One outcome on held-out runs.

    Parameters
    ----------
    r2 : 1 - squared error over squared effects, of mean years, each plan's runs averaged
    tellable : share of those squared effects that is no luck: R² cannot be expected to exceed it
    coverage : share of single held-out runs inside the 90 % band (mean of all years)
    coverage_years : the same for single years
    coverage_means : share of means of runs of one plan inside the narrower band for such means (None: no plan has some)
    """

    outcome: str
    family: str
    runs: int
    r2: float
    tellable: float
    error: float
    coverage: float
    coverage_years: float
    coverage_means: float | None
    luck: float
    passed: bool


@dataclass(frozen=True)
class Checked:
    """The verdict on an emulator."""

    outcomes: tuple[Judged, ...]
    coverage: float
    answer_ms: float
    stale: str
    problems: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong (being stale is said, and is no error of the emulator)."""
        return not self.problems


def check(emulator: Emulator) -> Checked:
    """Compare the emulator with its held-out runs."""
    judged = list(held_out(emulator).values())
    coverage = float(np.mean([one.coverage for one in judged]))
    took = answer_time(emulator)
    problems = [f"{one.outcome}: {_why(one)}" for one in judged if not one.passed]
    if not LEAST_COVERAGE <= coverage <= MOST_COVERAGE:
        problems.append(f"the 90 % band holds {coverage:.0%} of held-out runs over all outcomes")
    if took > ANSWER_MS:
        problems.append(f"an answer takes {took:.1f} ms")
    return Checked(tuple(judged), coverage, took, emulator.stale(), tuple(problems))


def held_out(emulator: Emulator) -> dict[str, Judged]:
    """Return how each outcome fares on held-out runs, from the numbers themselves."""
    held = {name: emulator.arrays[f"test/{name}"] for name in ("u", "p", "y", "plan")}
    u, p, y = (held[name].astype(np.float64) for name in ("u", "p", "y"))
    said, wide = emulator.shares(u, p), emulator.widths(u)
    names = [str(measure["name"]) for measure in emulator.measures]
    return {
        name: _judged(emulator, at, said[:, at], wide[:, at], y[:, at], held["plan"]) for at, name in enumerate(names)
    }


def _judged(emulator: Emulator, at: int, said: Array, wide: Array, y: Array, plan: NDArray[np.int64]) -> Judged:
    name, truth = str(emulator.measures[at]["name"]), longest(y)
    many = np.isfinite(y).sum(axis=1)
    mean = np.array([row[:n].mean() for row, n in zip(said, many, strict=True)])
    half = wide[np.arange(len(y)), emulator.years + many - 1]
    years = columns_of(y)[:, : emulator.years]
    inside = np.abs(years - said) <= wide[:, : emulator.years]
    groups = [np.flatnonzero(plan == number) for number in dict.fromkeys(plan.tolist())]
    r2, tellable, error = _r2(groups, truth, mean)
    coverage = float((np.abs(truth - mean) <= half).mean())
    luck = float(emulator.arrays[f"{name}/luck"][0])
    passed = coverage >= LEAST_COVERAGE_ALONE and (tellable < TELLABLE or r2 >= LEAST_R2)
    return Judged(
        name, str(emulator.measures[at]["family"]), len(y), r2, tellable, error, coverage,
        float(inside[np.isfinite(years)].mean()), _means_inside(luck, groups, truth, mean, half), luck, passed,
    )  # fmt: skip


def _r2(groups: list[NDArray[np.intp]], truth: Array, said: Array) -> tuple[float, float, float]:
    """Return R² of plans' means against "no effect", the share of them that is no luck, and the error in per cent."""
    of = np.array([truth[rows].mean() for rows in groups])
    guess = np.array([said[rows].mean() for rows in groups])
    repeated = [truth[rows].var(ddof=1) for rows in groups if len(rows) > 1]
    many = np.array([len(rows) for rows in groups])
    luck = float(np.mean(repeated)) * float((1.0 / many).mean()) if repeated else 0.0
    whole = float((of**2).mean()) or 1e-300
    error = float(((of - guess) ** 2).mean())
    return 1.0 - error / whole, max(0.0, 1.0 - luck / whole), 100.0 * float(np.sqrt(error))


def _means_inside(
    luck: float, groups: list[NDArray[np.intp]], truth: Array, said: Array, half: Array
) -> float | None:
    several = [rows for rows in groups if len(rows) > 1]
    if not several:
        return None
    narrower = [np.sqrt(1.0 - luck + luck / len(rows)) for rows in several]
    inside = [
        abs(truth[rows].mean() - said[rows].mean()) <= half[rows].mean() * factor
        for rows, factor in zip(several, narrower, strict=True)
    ]
    return float(np.mean(inside))


def _why(one: Judged) -> str:
    if one.coverage < LEAST_COVERAGE_ALONE:
        return f"the 90 % band holds {one.coverage:.0%} of held-out runs"
    return f"R² is {one.r2:.2f} where {one.tellable:.0%} of what was held out is no luck"


def answer_time(emulator: Emulator, times: int = 60) -> float:
    """Return the median of the milliseconds of processor time that one answer takes (all outcomes, three levers).

    Processor time, since a busy machine is no fault of an emulator.
    """
    start = date(2025, 1, 1)
    levers = levers_at({"treatment": 30_000.0, "diversion.courier": 0.5, "police.courier": 0.5}, start)
    took = []
    for _ in range(times):
        began = time.process_time()
        emulator.predict(levers)
        took.append(time.process_time() - began)
    return 1000.0 * float(np.median(took))
