"""The design: which histories (parameters and luck) are simulated, and which plans are tried in each.

A history is run once and saved; its futures share its luck. Plans are sparse, as people make them: mostly one to four
levers, some with many. Some histories try the same plans with other luck, so that luck can be told from error; some
are held out and never fitted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core import rng
from kladsim.study.emulator.axes import APART, LEVERS, PARAMETERS

STREAM = 95
"""Stream of the design's choices; no run uses it."""
STARTS = (date(2024, 1, 1), date(2025, 1, 1), date(2026, 1, 1))
LAST = date(2031, 1, 1)
YEARS = 6
SIZES = ((1, 0.10), (2, 0.25), (3, 0.25), (4, 0.20), (6, 0.12), (9, 0.08))
"""How many levers a plan has, and how often (assumption: people try a few at a time)."""
TRAIN, REPEAT, TEST = "train", "repeat", "test"


@dataclass(frozen=True)
class Size:
    """How large a design is.

    Parameters
    ----------
    histories : histories that train, each with plans of its own
    repeated : pairs of histories that share plans, at the register's parameters
    held_out : histories that test with drawn parameters, each with plans of its own
    held_out_repeated : histories that test the same plans at the register's parameters
    plans : plans a history
    k : the scale 1/k
    """

    histories: int = 24
    repeated: int = 3
    held_out: int = 3
    held_out_repeated: int = 3
    plans: int = 8
    k: int = 100


@dataclass(frozen=True)
class History:
    """One history: a replicate's luck, its parameters on their axes, when plans begin, and the plans in it."""

    number: int
    role: str
    group: int
    units: tuple[float, ...]
    start: date
    plans: tuple[dict[str, float], ...]

    @property
    def years(self) -> int:
        """Whole years from the start to the end of time or of the emulator's horizon."""
        return min(YEARS, LAST.year - self.start.year)

    @property
    def until(self) -> date:
        """The first day after its futures."""
        return date(self.start.year + self.years, 1, 1)

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return asdict(self) | {"start": self.start.isoformat()}


def histories(size: Size, seed: int = 1) -> list[History]:
    """Return all histories of a design, in an order in which any first part is useful.

    Parameters
    ----------
    size : how many of each kind
    seed : seed of the design (luck of runs comes from the scenario's seed and the history's number)
    """
    drawn = _drawn_units(size.histories + size.held_out, seed)
    zero = (0.0,) * len(PARAMETERS)
    plain = size.histories // 3  # a third of the histories at the register's values: there people mostly ask
    made: list[tuple[str, int, tuple[float, ...]]] = []
    for at in range(size.histories):
        made.append((TRAIN, at, zero if at % 3 == 0 and at // 3 < plain else tuple(drawn[at])))
    for pair in range(size.repeated):
        made += [(REPEAT, 1000 + pair, zero)] * 2
    for at in range(size.held_out):
        made.append((TEST, 2000 + at, tuple(drawn[size.histories + at])))
    made += [(TEST, 3000, zero)] * size.held_out_repeated
    found = []
    for number, (role, group, units) in enumerate(made):
        chooser = _Chooser(seed, group)
        many = size.plans * 3 // 2 if group == 3000 else size.plans
        start = STARTS[group % len(STARTS)]
        found.append(History(number, role, group, units, start, tuple(chooser.plans(many, group))))
    return _interleaved(found)


def _interleaved(found: list[History]) -> list[History]:
    """Order histories so that every kind grows in step: an interrupted design can be fitted a little."""
    kinds = {role: [h for h in found if h.role == role] for role in (TRAIN, REPEAT, TEST)}
    place = {h.number: (at + 0.5) / len(of) for of in kinds.values() for at, h in enumerate(of)}
    return sorted(found, key=lambda h: place[h.number])


def _drawn_units(many: int, seed: int) -> NDArray[np.float64]:
    """Return a Latin hypercube on [-1, 1]: float64[many, parameters]."""
    from scipy.stats import qmc

    return np.asarray(2.0 * qmc.LatinHypercube(len(PARAMETERS), rng=seed).random(max(1, many)) - 1.0)


class _Chooser:
    """Chooses the plans of one group of histories."""

    def __init__(self, seed: int, group: int) -> None:
        self.key, self.count = rng.day_key(seed, STREAM, group), 0

    def unit(self) -> float:
        self.count += 1
        return float(rng.unit(self.key, self.count, 0))

    def plans(self, many: int, group: int) -> Iterator[dict[str, float]]:
        """Yield plans; the first of each history is a lever by itself, taken in turn, so that all are seen alone."""
        for number in range(many):
            wanted = 1 if number == 0 else self.size()
            yield self.plan(wanted, group % 1000 % len(LEVERS) if number == 0 else None)

    def size(self) -> int:
        at = self.unit()
        for size, share in SIZES:
            at -= share
            if at < 0:
                return size
        return SIZES[-1][0]

    def plan(self, wanted: int, first: int | None) -> dict[str, float]:
        chosen: dict[str, float] = {}
        order = sorted(range(len(LEVERS)), key=lambda _: self.unit())
        if first is not None:
            order.remove(first)
            order.insert(0, first)
        for at in order:
            axis = LEVERS[at]
            if len(chosen) == wanted:
                break
            if any(axis.name in pair and (set(pair) - {axis.name}) & chosen.keys() for pair in APART):
                continue
            change = self.change(at)
            if _possible(chosen | {axis.name: change}):
                chosen[axis.name] = change
        return chosen

    def change(self, at: int) -> float:
        """A change inside the axis: mostly strong, as a weak one tells little; downwards a third of the time."""
        axis, strength = LEVERS[at], 0.15 + 0.85 * self.unit() ** 0.8
        change = axis.low * strength if axis.low < 0 and self.unit() < 1 / 3 else axis.high * strength
        if axis.lever == "takedown":
            return float(max(1, round(change)))
        return float(round(change)) if axis.whole else float(f"{change:.3g}")


def _possible(changes: dict[str, float]) -> bool:
    from kladsim.core.errors import InputError
    from kladsim.policy.conflicts import check_conflicts
    from kladsim.study.emulator.axes import levers_at

    try:
        check_conflicts(levers_at(changes, STARTS[0]))
    except InputError:
        return False
    return True
