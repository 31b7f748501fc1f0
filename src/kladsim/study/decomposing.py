"""Where an interval comes from: the law of total variance over structures, draws of parameters, and luck.

Replicates that share a draw differ by luck alone; the means of draws of one structure differ by parameters (and by the
luck left in a mean of few); the means of structures differ by structure. Parts that come out negative are noise: 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError
from kladsim.runs.parameters import ParameterDraws, from_plain
from kladsim.runs.result import Result
from kladsim.study.comparison import Comparison
from kladsim.study.effects import paired_totals, totals_since

FEWEST = 8


@dataclass(frozen=True)
class VariancePart:
    """The variance of one outcome's total (or effect), by origin; ``shares`` are parameters, structure and luck."""

    outcome: str
    plan: str
    sd: float
    shares: tuple[float, float, float]
    n: int


def components(
    values: NDArray[np.float64], draws: Sequence[int], structures: Sequence[str]
) -> tuple[float, float, float]:
    """Return the variance that parameters, structure and luck make in ``values`` (float64[replicates])."""
    numbers = np.asarray(draws)
    groups = [values[numbers == number] for number in np.unique(numbers)]
    labels = [structures[int(np.flatnonzero(numbers == number)[0])] for number in np.unique(numbers)]
    free = sum(len(group) - 1 for group in groups)
    luck = sum(float(((group - group.mean()) ** 2).sum()) for group in groups) / free if free else 0.0
    means = np.array([group.mean() for group in groups])
    left = luck * float(np.mean([1.0 / len(group) for group in groups]))  # luck in a mean of few
    kinds = sorted(set(labels))
    inside, weights, centres = [], [], []
    for kind in kinds:
        own = means[np.array([label == kind for label in labels])]
        weights.append(len(own) / len(means))
        centres.append(float(own.mean()))
        inside.append(float(own.var(ddof=1)) if len(own) > 1 else 0.0)
    between = float(np.dot(weights, inside))
    parameters = max(0.0, between - left)
    spread = float(np.dot(weights, (np.array(centres) - np.dot(weights, centres)) ** 2))
    noise = between * (len(kinds) - 1) / max(1, len(means))  # what means of few draws differ by anyway
    return parameters, max(0.0, spread - noise), luck


def decompose_result(result: Result) -> list[VariancePart]:
    """Return the parts of the headline outcomes' totals.

    Raises
    ------
    InputError : the run has no draws that replicates share, or too few of them
    """
    draws = _shared(result)
    totals = totals_since(result, None)
    return [_part(name, "", totals[name], draws) for name in totals if name in result.headline_names]


def decompose_comparison(comparison: Comparison) -> list[VariancePart]:
    """Return the parts of the headline outcomes' paired differences, plan by plan; raises as `decompose_result`."""
    draws = _shared(comparison.base)
    parts = []
    for plan, result in comparison.plans.items():
        pairs = paired_totals(comparison.base, result, comparison.since)
        parts += [_part(n, plan, pairs[n], draws) for n in pairs if n in comparison.base.headline_names]
    return parts


def _shared(result: Result) -> ParameterDraws:
    draws = from_plain(result.scenario.get("draws"))
    if draws is None or draws.repeats < 2 or result.replicates < FEWEST:
        allowed = f"draws that two replicates share, and {FEWEST} replicates (--decompose -n {FEWEST})"
        raise InputError("cannot be taken apart", where="decompose", value=result.replicates, allowed=allowed)
    return draws


def _part(name: str, plan: str, values: NDArray[np.float64], draws: ParameterDraws) -> VariancePart:
    numbers = range(len(values))
    parts = components(values, [draws.index(i) for i in numbers], [draws.structure(i) for i in numbers])
    total = sum(parts)
    shares = tuple(part / total if total > 0 else 0.0 for part in parts)
    return VariancePart(name, plan, float(np.sqrt(total)), (shares[0], shares[1], shares[2]), len(values))
