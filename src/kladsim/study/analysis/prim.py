"""PRIM, the patient rule induction method: a box of inputs in which cases of interest are dense.

Friedman and Fisher 1999 (doi:10.1023/A:1008894516817); as scenario discovery, with coverage, density and
quasi-p-values, Bryant and Lempert 2010 (doi:10.1016/j.techfore.2009.08.002). Inputs are numbers, whole numbers or
categories.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class BoxLimit:
    """One restriction of a box: ``low <= x <= high``, or ``x`` in ``kept`` for categories."""

    name: str
    low: float = -np.inf
    high: float = np.inf
    kept: tuple[Any, ...] = ()

    def inside(self, values: NDArray[Any]) -> Mask:
        """Return which values the restriction lets through."""
        if self.kept:
            return np.isin(values, np.array(self.kept, dtype=values.dtype))
        return np.asarray((values >= self.low) & (values <= self.high))


@dataclass(frozen=True)
class Box:
    """A box and how good it is.

    Parameters
    ----------
    limits : the restrictions, one an input at most
    coverage : share of all cases of interest that lie in the box
    density : share of the box's points that are cases of interest
    mass : share of all points that lie in the box
    quasi_p : for each limit, the probability that the density would be so high without it, by chance
    """

    limits: tuple[BoxLimit, ...]
    coverage: float
    density: float
    mass: float
    quasi_p: tuple[float, ...] = ()

    def inside(self, table: dict[str, NDArray[Any]]) -> Mask:
        """Return which points lie in the box."""
        size = len(next(iter(table.values())))
        mask = np.ones(size, dtype=np.bool_)
        for limit in self.limits:
            mask &= limit.inside(table[limit.name])
        return mask


def prim(
    table: dict[str, NDArray[Any]], cases: Mask, *, peel: float = 0.05, paste: float = 0.05, least_mass: float = 0.05
) -> list[Box]:
    """Return the peeling trajectory: boxes from all points to the densest, each pasted back where that pays.

    Parameters
    ----------
    table : inputs by name, each with one value a point
    cases : which points are of interest
    peel, paste : share of the box that one step takes off or adds
    least_mass : share of all points below which no box goes
    """
    box = _measured(Box((), 1.0, 0.0, 1.0), table, cases)
    boxes = [box]
    while True:
        better = _best(_peeled(box, table, cases, peel), least_mass)
        if better is None or better.mass >= box.mass:
            break
        box = better
        boxes.append(box)
    if boxes[-1].limits:
        boxes.append(_pasted(boxes[-1], table, cases, paste))
    return boxes


def _best(candidates: Iterator[Box], least_mass: float) -> Box | None:
    """The densest box; of equally dense ones the one that keeps most."""
    kept = [box for box in candidates if box.mass >= least_mass]
    return max(kept, key=lambda box: (box.density, box.mass), default=None)


def _peeled(box: Box, table: dict[str, NDArray[Any]], cases: Mask, share: float) -> Iterator[Box]:
    inside = box.inside(table)
    hits, whole = cases[inside], int(cases.sum())
    for name, values in table.items() if len(hits) else ():
        here = values[inside]
        for limit in _narrower(_limit(box, name), here, share):
            left = limit.inside(here)  # what a narrower limit lets through lies within the box
            yield _rate(_with(box, limit), int((left & hits).sum()), int(left.sum()), whole, len(cases))


def _narrower(limit: BoxLimit, here: NDArray[Any], share: float) -> Iterator[BoxLimit]:
    if here.dtype.kind not in "iuf":
        kept = sorted(set(here.tolist()))
        for left_out in kept if len(kept) > 1 else ():
            yield replace(limit, kept=tuple(item for item in kept if item != left_out))
        return
    values = np.sort(here)
    step = max(1, int(share * len(values)))
    # Equal values go together, so that whole numbers are peeled level by level.
    above = values[values > values[step - 1]]
    below = values[values < values[len(values) - step]]
    if len(above):
        yield replace(limit, low=_between(values[step - 1], float(above[0])))
    if len(below):
        yield replace(limit, high=_between(float(below[-1]), values[len(values) - step]))


def _between(low: float, high: float) -> float:
    return 0.5 * (float(low) + float(high))


def _pasted(box: Box, table: dict[str, NDArray[Any]], cases: Mask, share: float) -> Box:
    """Widen one side after another as long as the density does not fall."""
    while True:
        wider = [_measured(candidate, table, cases) for candidate in _wider(box, table, share)]
        good = [candidate for candidate in wider if candidate.density >= box.density and candidate.mass > box.mass]
        if not good:
            return box
        box = max(good, key=lambda candidate: (candidate.density, candidate.mass))


def _wider(box: Box, table: dict[str, NDArray[Any]], share: float) -> Iterator[Box]:
    for limit in box.limits:
        others = replace(box, limits=tuple(item for item in box.limits if item != limit))
        yield others
        if limit.kept:
            for value in sorted(set(table[limit.name].tolist()) - set(limit.kept)):
                yield _with(box, replace(limit, kept=(*limit.kept, value)))
            continue
        near = np.sort(table[limit.name][others.inside(table)])
        step = max(1, int(share * box.mass * len(near)))
        below, above = near[near < limit.low], near[near > limit.high]
        if len(below):
            low = float(below[-step]) if len(below) >= step else -np.inf
            yield _with(box, replace(limit, low=low))
        if len(above):
            high = float(above[step - 1]) if len(above) >= step else np.inf
            yield _with(box, replace(limit, high=high))


def _limit(box: Box, name: str) -> BoxLimit:
    return next((limit for limit in box.limits if limit.name == name), BoxLimit(name))


def _with(box: Box, limit: BoxLimit) -> Box:
    limits = (*(item for item in box.limits if item.name != limit.name), limit)
    return Box(limits, box.coverage, box.density, box.mass)


def _measured(box: Box, table: dict[str, NDArray[Any]], cases: Mask) -> Box:
    inside = box.inside(table)
    return _rate(box, int((inside & cases).sum()), int(inside.sum()), int(cases.sum()), len(cases))


def _rate(box: Box, hits: int, size: int, whole: int, points: int) -> Box:
    return Box(box.limits, hits / whole if whole else 0.0, hits / size if size else 0.0, size / points)


def with_quasi_p(box: Box, table: dict[str, NDArray[Any]], cases: Mask) -> Box:
    """Return the box with each limit's quasi-p-value: the chance of its density if that limit did not matter."""
    from scipy.stats import binom

    inside = box.inside(table)
    hits, size = int((inside & cases).sum()), int(inside.sum())
    quasi_p_values = []
    for limit in box.limits:
        without = replace(box, limits=tuple(item for item in box.limits if item != limit)).inside(table)
        density = float(cases[without].mean()) if without.any() else 0.0
        quasi_p_values.append(float(binom.sf(hits - 1, size, density)))
    return replace(box, quasi_p=tuple(quasi_p_values))


def select_box(boxes: Sequence[Box], least_coverage: float) -> Box:
    """Return the densest box of a trajectory that still covers enough (the first of them: fewest restrictions)."""
    enough = [box for box in boxes if box.coverage >= least_coverage] or [boxes[0]]
    return max(enough, key=lambda box: (round(box.density, 12), box.coverage, -len(box.limits)))


def simplified(box: Box, table: dict[str, NDArray[Any]], cases: Mask, level: float) -> Box:
    """Drop the limits that chance explains, the least convincing first."""
    box = with_quasi_p(box, table, cases)
    while box.limits and max(box.quasi_p) > level:
        weakest = int(np.argmax(box.quasi_p))
        kept = tuple(limit for index, limit in enumerate(box.limits) if index != weakest)
        box = with_quasi_p(_measured(replace(box, limits=kept, quasi_p=()), table, cases), table, cases)
    return box
