"""Scenario discovery: where in the space of levers and uncertainties a plan works, or does harm; told in sentences.

A box on a harm of persons may be cut by any parameter; on cost or recruitment by none of the market's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError, unknown_name
from kladsim.core.extras import extra
from kladsim.core.formatting import format_number
from kladsim.core.validated import python_value
from kladsim.runs.disclosure import BADGE
from kladsim.study.analysis import rules
from kladsim.study.analysis.prim import Box, BoxLimit, prim, select_box, simplified
from kladsim.study.analysis.table import Numbers, numbers
from kladsim.study.ensemble import Study

METHODS = ("prim", "cart")
ASKED = ("works", "harms")
FEWEST_POINTS = 20
FEWEST_CASES = 5
LEVEL = 0.05
RESAMPLES = 30
DEPTH = 3


@dataclass(frozen=True)
class Region:
    """One region of the space, as limits and as a sentence."""

    limits: tuple[BoxLimit, ...]
    coverage: float
    density: float
    mass: float
    quasi_p: tuple[float, ...]
    stability: tuple[float, ...]
    sentence: str


@dataclass(frozen=True)
class Discovery:
    """Where cases of interest are dense.

    Parameters
    ----------
    asked : "works" (the public gains at least the threshold) or "harms" (it loses at least the threshold)
    cases : share of all points that are cases of interest
    boxes : the region found by PRIM, or the dense leaves of a tree (CART)
    trajectory : coverage, density and mass of every box on the way (PRIM)
    sentences : what was found, for people
    """

    method: str
    outcome: str
    plan: str
    asked: str
    threshold: float
    points: int
    cases: float
    boxes: tuple[Region, ...]
    trajectory: tuple[tuple[float, float, float], ...]
    sentences: tuple[str, ...]


def discover(
    study: Study,
    outcome: str,
    plan: str | None = None,
    *,
    asked: str = "works",
    threshold: float | None = None,
    method: str = "prim",
    least_coverage: float = 0.6,
) -> Discovery:
    """Find where a plan works, or harms, over a study's points (mean over replicates of the paired difference).

    Parameters
    ----------
    outcome : a public harm or cost
    asked : "works" or "harms"
    threshold : how much the public gains, or loses, at least, in the outcome's unit (default: the median size of it)
    method : "prim" or "cart"
    least_coverage : share of the cases that the box should hold

    Raises
    ------
    InputError : an outcome that is no public harm or cost, nothing but market parameters, or too few points or cases
    """
    threshold, least_coverage = python_value(threshold), python_value(least_coverage)
    for name, value, allowed in (("method", method, METHODS), ("asked", asked, ASKED)):
        if value not in allowed:
            raise unknown_name(name, value, allowed, where=name)
    better = rules.objective(outcome, rules.declared_outcomes(study))
    rules.with_harm([outcome])
    table = inputs(study, outcome)
    effect = numbers(study, outcome, plan)
    gain = -effect.means if better == "lower" else effect.means
    size = gain if asked == "works" else -gain
    if threshold is None:
        positive = size[size > 0]
        threshold = float(np.median(positive)) if len(positive) else 0.0
    cases = size >= threshold if threshold > 0 else size > 0
    _enough(cases)
    claim = _describe_effect(effect, asked, threshold, better)
    if method == "prim":
        boxes, trajectory = _by_prim(table, cases, least_coverage, claim)
    else:
        boxes, trajectory = _by_cart(study, table, cases, claim), ()
    share = float(cases.mean())
    return Discovery(
        method, outcome, effect.plan, asked, threshold, len(cases), share, boxes, trajectory,
        tuple(_sentences(study, set(table), boxes, claim, share)),
    )  # fmt: skip


def inputs(study: Study, outcome: str) -> dict[str, NDArray[Any]]:
    """Return the values of the axes that may be named beside an outcome, by name.

    Raises
    ------
    InputError : there is none
    """
    columns = rules.nameable(study.columns, outcome)
    if not columns:
        raise InputError(
            "varies nothing that may be named beside this outcome", where="study", value=study.name,
            allowed="public levers, mechanisms and nature's parameters; for a harm of persons any parameter",
        )  # fmt: skip
    return {column.name: np.array([point[column.name] for point in study.points]) for column in columns}


def _enough(cases: NDArray[np.bool_]) -> None:
    hits = int(cases.sum())
    if len(cases) < FEWEST_POINTS:
        raise InputError("too few points", where="study", value=len(cases), allowed=f"at least {FEWEST_POINTS}")
    if not FEWEST_CASES <= hits <= len(cases) - 1:
        raise InputError(
            "nothing to tell apart: choose another threshold", where="threshold",
            value=f"{hits} of {len(cases)} points are cases", allowed=f"{FEWEST_CASES} to {len(cases) - 1} cases",
        )  # fmt: skip


def _describe_effect(effect: Numbers, asked: str, threshold: float, better: str) -> str:
    falls = (asked == "works") == (better == "lower")
    change = f"{'falls' if falls else 'rises'} by at least {format_number(threshold)} {effect.unit}"
    return f"{effect.outcome.replace('_', ' ')} {change} under {effect.plan!r} against {effect.base!r}"


def _by_prim(
    table: dict[str, NDArray[Any]], cases: NDArray[np.bool_], least_coverage: float, claim: str
) -> tuple[tuple[Region, ...], tuple[tuple[float, float, float], ...]]:
    boxes = prim(table, cases)
    box = simplified(select_box(boxes, least_coverage), table, cases, LEVEL)
    stability = _stability(table, cases, box, least_coverage)
    trajectory = tuple((item.coverage, item.density, item.mass) for item in boxes)
    return (_region(box, stability, claim),) if box.limits else (), trajectory


def _stability(
    table: dict[str, NDArray[Any]], cases: NDArray[np.bool_], box: Box, least_coverage: float
) -> tuple[float, ...]:
    """How often each limit's input is restricted again when points are drawn anew (bootstrap)."""
    size = len(cases)
    again = np.zeros(len(box.limits))
    for number in range(RESAMPLES):
        rows = np.array([_drawn(number, place, size) for place in range(size)])
        drawn = {name: values[rows] for name, values in table.items()}
        if not 0 < cases[rows].sum() < size:
            continue
        box_again = simplified(select_box(prim(drawn, cases[rows]), least_coverage), drawn, cases[rows], LEVEL)
        names = {limit.name for limit in box_again.limits}
        again += [limit.name in names for limit in box.limits]
    return tuple(float(value) for value in again / RESAMPLES)


def _drawn(resample: int, place: int, size: int) -> int:
    """A place drawn with replacement, a pure function of resample and place."""
    word = hashlib.blake2b(f"{resample}/{place}".encode(), digest_size=8).digest()
    return int.from_bytes(word, "big") % size


def _by_cart(study: Study, table: dict[str, NDArray[Any]], cases: NDArray[np.bool_], claim: str) -> tuple[Region, ...]:
    with extra("analysis", where="method", value="cart"):
        from sklearn.tree import DecisionTreeClassifier
    names, matrix, categories = _encoded(table)
    least = max(FEWEST_CASES, round(0.05 * len(cases)))
    tree = DecisionTreeClassifier(max_depth=DEPTH, min_samples_leaf=least, random_state=1).fit(matrix, cases)
    regions = []
    for limits in _leaves(tree.tree_, names, categories, table):
        inside = Box(limits, 0, 0, 0).inside(table)
        density = float(cases[inside].mean())
        if limits and density > max(0.5, float(cases.mean())):
            hits = float((inside & cases).sum())
            box = Box(limits, hits / float(cases.sum()), density, float(inside.mean()))
            regions.append(_region(box, (), claim))
    return tuple(sorted(regions, key=lambda item: -item.coverage))


def _encoded(table: dict[str, NDArray[Any]]) -> tuple[list[str], NDArray[np.float64], dict[str, Any]]:
    """Numbers as they are; a category as one column a value."""
    names, columns, categories = [], [], {}
    for name, values in table.items():
        if values.dtype.kind in "iuf":
            names.append(name)
            columns.append(values.astype(np.float64))
            continue
        for value in sorted(set(values.tolist())):
            code = f"{name}\t{value}"
            names.append(code)
            categories[code] = (name, value)
            columns.append((values == value).astype(np.float64))
    return names, np.column_stack(columns), categories


def _leaves(
    tree: Any, names: list[str], categories: dict[str, Any], table: dict[str, NDArray[Any]]
) -> Iterator[tuple[BoxLimit, ...]]:
    def walk(node: int, limits: dict[str, BoxLimit]) -> Iterator[tuple[BoxLimit, ...]]:
        if tree.children_left[node] < 0:
            yield tuple(limits.values())
            return
        code, cut = names[tree.feature[node]], float(tree.threshold[node])
        for child, below in ((tree.children_left[node], True), (tree.children_right[node], False)):
            yield from walk(int(child), limits | _cut(code, cut, below, limits, categories, table))

    yield from walk(0, {})


def _cut(
    code: str, cut: float, below: bool, limits: dict[str, BoxLimit], categories: dict[str, Any], table: dict[str, Any]
) -> dict[str, BoxLimit]:
    if code not in categories:
        old = limits.get(code, BoxLimit(code))
        return {
            code: BoxLimit(code, old.low, min(old.high, cut)) if below else BoxLimit(code, max(old.low, cut), old.high)
        }
    name, value = categories[code]
    left = limits[name].kept if name in limits else tuple(sorted(set(table[name].tolist())))
    return {name: BoxLimit(name, kept=tuple(v for v in left if v != value) if below else (value,))}


def _region(box: Box, stability: tuple[float, ...], claim: str) -> Region:
    where = " and ".join(describe_limit(limit) for limit in box.limits)
    sentence = (
        f"Where {where}, the model projects that {claim} in {format_number(100 * box.density)} % of cases; "
        f"these are {format_number(100 * box.coverage)} % of all such cases, "
        f"in {format_number(100 * box.mass)} % of all points."
    )
    return Region(box.limits, box.coverage, box.density, box.mass, box.quasi_p, stability, sentence)


def describe_limit(limit: BoxLimit) -> str:
    """Return a limit in words."""
    name = limit.name.removeprefix("levers.")
    if limit.kept:
        return f"{name} is {' or '.join(map(str, limit.kept))}"
    low, high = np.isfinite(limit.low), np.isfinite(limit.high)
    if low and high:
        return f"{name} is between {limit.low:.3g} and {limit.high:.3g}"
    return f"{name} is above {limit.low:.3g}" if low else f"{name} is below {limit.high:.3g}"


def _sentences(study: Study, named: set[str], boxes: tuple[Region, ...], claim: str, share: float) -> Iterator[str]:
    yield f"Over all points, {claim} in {format_number(100 * share)} % of cases."
    for region in boxes:
        yield region.sentence
        for limit, p, again in zip(region.limits, region.quasi_p, region.stability, strict=False):
            yield (
                f"That {describe_limit(limit)} matters: by chance alone with probability {format_number(p)}, and found "
                f"again in {format_number(100 * again)} % of resamples."
            )
    if not boxes:
        yield "No region stands out from chance."
    if any(column.name not in named for column in study.columns):
        yield "The market's parameters varied too, all together, as uncertainty; they bound nothing here."
    yield f"Means over {study.replicates} replicates at {len(study.points)} points; structure fixed. Note: {BADGE}."
