"""Who loses: paired differences by district, region, age and sex, where the difference is clear.

A group is marked as noisy if either of its levels is (responsible use, rule 2); people under 18 are told for the nation
only (rule 9).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kladsim.model.outcomes import stem_of
from kladsim.runs.disclosure import PLACE, TIME, DisclosedArray
from kladsim.runs.judging import FEWEST_PAIRS, PairedSign, direction, ends
from kladsim.runs.noise import Sampling, assess
from kladsim.runs.result import Result

# Many cells are looked at: one is told only if its mean difference is this many standard errors from nothing, or as
# many more as Student's t needs for the same chance with few replicates (5.5 with six).
ERRORS = 3.0
FEWEST = FEWEST_PAIRS  # replicates below which no cell is told
SIDES = ("health",)


@dataclass(frozen=True)
class GroupEffect(PairedSign):
    """The paired difference of one outcome in one group; ``by`` is district, region, age or sex."""

    outcome: str
    plan: str
    by: str
    who: str
    median: float
    low: float
    high: float
    p_better: float
    n: int
    noisy: bool = False


def group_effects(plan: str, result: Result, base: Result, first: int) -> Iterator[GroupEffect]:
    """Yield the groups in which the plan's mean difference is clear, gains and losses alike.

    Parameters
    ----------
    plan : the plan's name
    result, base : runs with the same replicates
    first : index of the first year to count
    """
    if base.replicates < FEWEST:
        return
    after, labels = result.outcomes, base.labels
    for key, old in base.outcomes.items():
        new = after.get(key)
        better = _better(old, base)
        groups = tuple(dim for dim in old.dims if dim not in ("replicate", *TIME))
        if new is None or not groups or not better or old.side not in SIDES or "year" not in old.dims:
            continue
        names = [list(map(str, labels[dim])) for dim in groups]
        yield from _cells(plan, old, new, better, first, names, groups, result.sampling)


def _better(item: DisclosedArray, base: Result) -> str:
    name = stem_of(item.name)
    national = base.national().get(name)
    return direction(name, item.better or (national.better if national is not None and item.name != name else ""))


def _cells(
    plan: str, old: DisclosedArray, new: DisclosedArray, better: str, first: int, names: list[list[str]],
    dims: tuple[str, ...], sampling: Sampling,
) -> Iterator[GroupEffect]:  # fmt: skip
    before, after = (_total(item, first).reshape(item.values.shape[0], -1) for item in (old, new))
    difference = after - before
    is_clear = _clear(difference)
    noisy = assess(old, before, sampling).noisy | assess(new, after, sampling).noisy
    for index, cell in enumerate(itertools.product(*names)):
        if not is_clear[index]:
            continue
        values = difference[:, index]
        gain = -values if better == "lower" else values
        low, high = (float(x) for x in ends(values))
        p_better = float((gain > 0).mean() + 0.5 * (gain == 0).mean())
        by = next((dim for dim in dims if dim in PLACE), " × ".join(dims))
        yield GroupEffect(
            stem_of(old.name), plan, by, ", ".join(cell), float(np.median(values)), low, high, p_better,
            len(values), bool(noisy[index]),
        )  # fmt: skip


def _total(item: DisclosedArray, first: int) -> NDArray[np.float64]:
    """Sum a flow, or average a level, over the years from ``first`` on; NaN where any year is not defined."""
    axis = item.dims.index("year")
    later = np.take(item.values, range(first, item.values.shape[axis]), axis=axis)
    return np.asarray(later.sum(axis=axis) if item.kind == "flow" else later.mean(axis=axis))


def _clear(difference: NDArray[np.float64]) -> NDArray[np.bool_]:
    known = np.isfinite(difference).all(axis=0)
    values = np.where(known, difference, 0.0)
    error = values.std(axis=0, ddof=1) / math.sqrt(len(values))
    mean = np.abs(values.mean(axis=0))
    return np.asarray(known & (mean > 0) & (mean >= _errors(len(values)) * error))


def _errors(n: int) -> float:
    from scipy.stats import norm, t

    return float(t.isf(norm.sf(ERRORS), n - 1))
