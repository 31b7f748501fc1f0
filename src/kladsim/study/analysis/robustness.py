"""How a set of plans stands up to uncertainty: regret and satisficing over a study's points.

Regret: Savage 1951 (doi:10.1080/01621459.1951.10500768). Satisficing (Starr's domain criterion) and the choice among
such metrics: McPhail et al. 2018 (doi:10.1002/2017EF000649).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError
from kladsim.study.analysis import rules
from kladsim.study.analysis.table import numbers
from kladsim.study.ensemble import Study

_CRITERION = re.compile(r"\s*([a-z_0-9]+)\s*(<=|>=)\s*(-?[0-9.eE+-]+)(%?)\s*")


@dataclass(frozen=True)
class Criterion:
    """What a plan should reach: its difference from the base is at most, or at least, a bound."""

    outcome: str
    sign: str
    bound: float

    def met(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return where it is met."""
        return np.asarray(values <= self.bound if self.sign == "<=" else values >= self.bound)


@dataclass(frozen=True)
class PlanRobustness:
    """One plan over all points: mean, 90th percentile and largest regret by outcome; share of points that satisfy."""

    plan: str
    mean_regret: dict[str, float]
    high_regret: dict[str, float]
    largest_regret: dict[str, float]
    satisfies: float | None
    worse_than_base: dict[str, float]


@dataclass(frozen=True)
class Robustness:
    """All plans, the base among them, over a study's points."""

    outcomes: tuple[str, ...]
    units: dict[str, str]
    criteria: tuple[Criterion, ...]
    points: int
    replicates: int
    plans: tuple[PlanRobustness, ...]


def parse_criterion(text: str) -> Criterion:
    """Return the criterion that ``deaths<=-500`` tells (a difference from the base).

    Raises
    ------
    InputError : it tells none
    """
    match = _CRITERION.fullmatch(text)
    try:
        if match is None or match[4]:
            raise ValueError
        return Criterion(match[1], match[2], float(match[3]))
    except ValueError:
        allowed = "OUTCOME<=NUMBER or OUTCOME>=NUMBER, a difference from the base, such as deaths<=-500"
        raise InputError("is no criterion", where="criterion", value=text, allowed=allowed) from None


def robustness(study: Study, outcomes: Iterable[str], criteria: Iterable[str | Criterion] = ()) -> Robustness:
    """Return regret and satisficing of every plan of a study, and of doing nothing (the base).

    Parameters
    ----------
    outcomes : public harms, and costs beside them
    criteria : differences from the base that a plan should reach at a point, all of them

    Raises
    ------
    InputError : an outcome that is no public harm or cost, cost without a harm, or a study without plans
    """
    names = tuple(dict.fromkeys(outcomes))
    criteria_read = tuple(parse_criterion(item) if isinstance(item, str) else item for item in criteria)
    declared = rules.declared_outcomes(study)
    better = {name: rules.objective(name, declared) for name in (*names, *(item.outcome for item in criteria_read))}
    rules.with_harm(names)
    rules.with_harm(item.outcome for item in criteria_read)
    for item in criteria_read:
        if (item.sign == "<=") != (better[item.outcome] == "lower"):
            raise InputError(
                "asks for a public loss", where="criterion", value=f"{item.outcome}{item.sign}{item.bound:g}",
                allowed="<= for what should be low, >= for what should be high",
            )  # fmt: skip
    plans = study.scenario_names[1:]
    if not plans:
        raise InputError("has no plans to compare", where="study", value=study.name)
    zero = np.zeros(len(study.points))
    means = {
        name: {study.scenario_names[0]: zero} | {plan: numbers(study, name, plan).means for plan in plans}
        for name in better
    }
    regret = {name: _regret(means[name], better[name]) for name in names}
    robust_plans = tuple(_plan(plan, names, regret, means, better, criteria_read) for plan in study.scenario_names)
    units = {name: str(declared[name]["unit"]) for name in names}
    return Robustness(names, units, criteria_read, len(study.points), study.replicates, robust_plans)


def _regret(values: dict[str, NDArray[np.float64]], better: str) -> dict[str, NDArray[np.float64]]:
    """How much worse each plan is than the best one at the same point."""
    table = np.stack(list(values.values()))
    best = table.min(axis=0) if better == "lower" else table.max(axis=0)
    return {plan: np.abs(row - best) for plan, row in values.items()}


def _plan(
    plan: str,
    names: tuple[str, ...],
    regret: dict[str, dict[str, NDArray[np.float64]]],
    means: dict[str, dict[str, NDArray[np.float64]]],
    better: dict[str, str],
    criteria_read: tuple[Criterion, ...],
) -> PlanRobustness:
    mine = {name: regret[name][plan] for name in names}
    satisfied = None
    if criteria_read:
        satisfied = float(np.all([item.met(means[item.outcome][plan]) for item in criteria_read], axis=0).mean())
    sign = {name: 1.0 if better[name] == "lower" else -1.0 for name in names}
    return PlanRobustness(
        plan,
        {name: float(values.mean()) for name, values in mine.items()},
        {name: float(np.quantile(values, 0.9)) for name, values in mine.items()},
        {name: float(values.max()) for name, values in mine.items()},
        satisfied,
        {name: float((sign[name] * means[name][plan] > 0).mean()) for name in names},
    )
