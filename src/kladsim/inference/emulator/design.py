"""The design: which histories (parameters and random numbers) are simulated, and which plans are tried in each.

A history is run once and saved; its futures share its random numbers. Each history has one draw of what every run of
the country draws from (the posterior that ships, with its structures by weight, else the prior), so that an estimate
and a simulation answer the same question. Every fourth one also moves the eight axes of the parameters over their whole
range, from which the drivers of an outcome are read. Plans are sparse, as people make them: mostly one to four levers,
some with many. Some histories try the same plans with another draw and other random numbers, so that what a single run
adds can be told from the emulator's error; some are held out and never fitted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core import rng
from kladsim.core.errors import InputError
from kladsim.inference.emulator.axes import APART, LEVERS, PARAMETERS, levers_at, parameter_axes
from kladsim.policy.conflicts import check_conflicts
from kladsim.policy.scenario import Scenario
from kladsim.runs.parameters import ParameterDraws, draws_for, shipped_mode

STREAM = 95
"""Stream of the design's choices; no run uses it."""
STARTS = tuple(date(year, 1, 1) for year in (2026, 2024, 2027, 2025, 2026, 2028, 2024, 2030, 2025, 2029))
"""From two years before the year in which it is made (2026) to the last year of the model's time (five ahead would be
2031), taken in turn; early ones twice, as late ones have few years left. Effects are told by years since the start."""
LAST = date(2031, 1, 1)
COUNTRY = "russia"
WIDE_EVERY = 4
"""Every so many training histories the axes of the parameters are moved over their range."""
YEARS = 6
SIZES = ((1, 0.10), (2, 0.25), (3, 0.25), (4, 0.20), (6, 0.12), (9, 0.08))
"""How many levers a plan has, and how often (assumption: people try a few at a time)."""
TRAIN, REPEAT, TEST = "train", "repeat", "test"


@dataclass(frozen=True)
class Size:
    """How large a design is.

    Parameters
    ----------
    histories : histories that train, each with a draw and plans of its own
    repeated : pairs of histories that share plans and differ in their draw
    held_out : histories that test, each with a draw and plans of its own
    held_out_repeated : histories that test the same plans with a draw each, as the runs of a simulation have
    plans : plans a history
    k : the scale 1/k
    """

    histories: int = 42
    repeated: int = 7
    held_out: int = 7
    held_out_repeated: int = 4
    plans: int = 8
    k: int = 100


@dataclass(frozen=True)
class History:
    """One history: a replicate's random numbers and draw, when plans begin, and the plans in it.

    Parameters
    ----------
    number : replicate number, which decides its random numbers
    draw : the draw of parameters; ``source`` says of what (mode and digest; empty: the register's values)
    wide : whether the parameters of the axes are at ``units`` instead of at the draw
    units : the parameters on their axes, -1 to 1 (a draw beyond the range of an axis counts as its end)
    """

    number: int
    role: str
    group: int
    draw: int
    source: str
    wide: bool
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

    @classmethod
    def from_plain(cls, content: Mapping[str, Any]) -> History:
        """Return the history that ``to_plain`` described."""
        lists = {"units": tuple(content["units"]), "plans": tuple(content["plans"])}
        return cls(**{**content, **lists, "start": date.fromisoformat(content["start"])})


def country_draws() -> ParameterDraws | None:
    """Return the draws that every run of the country has by itself."""
    return draws_for(shipped_mode(COUNTRY), COUNTRY, Scenario.preset(COUNTRY).parameters)


def source_of(draws: ParameterDraws | None) -> str:
    """Return what draws are of, in short."""
    return "" if draws is None else f"{draws.mode}-{draws.source[:12]}"


def histories(size: Size, seed: int = 1, draws: ParameterDraws | None = None) -> list[History]:
    """Return all histories of a design, in an order in which any first part is useful.

    Parameters
    ----------
    size : how many of each kind
    seed : seed of the design (random numbers of runs come from the scenario's seed and the history's number)
    draws : what histories draw their parameters from (``country_draws``); None for the register's values
    """
    wide = _drawn_units(size.histories, seed)
    groups = [(TRAIN, at, at % WIDE_EVERY == WIDE_EVERY - 1) for at in range(size.histories)]
    groups += [(REPEAT, 1000 + pair, False) for pair in range(size.repeated) for _ in range(2)]
    groups += [(TEST, 2000 + at, False) for at in range(size.held_out)]
    groups += [(TEST, 3000, False)] * size.held_out_repeated
    found = []
    for number, (role, group, moved) in enumerate(groups):
        many = size.plans * 3 // 2 if group == 3000 else size.plans
        start = STARTS[group % 1000 % len(STARTS)]
        units = tuple(wide[number].tolist()) if moved else _units_of(draws, number)
        plans = tuple(_Chooser(seed, group, start).plans(many, group))
        found.append(History(number, role, group, number, source_of(draws), moved, units, start, plans))
    return _interleaved(found)


def _units_of(draws: ParameterDraws | None, number: int) -> tuple[float, ...]:
    """Return a draw on the axes; what it does not draw stands at the register's value."""
    values = {} if draws is None else draws.at(number)
    return tuple(
        round(float(np.clip(axis.place(values[axis.name]), -1.0, 1.0)), 6) if axis.name in values else 0.0
        for axis in parameter_axes()
    )


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
    """Chooses the plans of one group of histories, all from ``start`` on."""

    def __init__(self, seed: int, group: int, start: date) -> None:
        self.key, self.count, self.start = rng.day_key(seed, STREAM, group), 0, start

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
            if _possible(chosen | {axis.name: change}, self.start):
                chosen[axis.name] = change
        return chosen

    def change(self, at: int) -> float:
        """A change inside the axis: mostly strong, as a weak one tells little; downwards a third of the time."""
        axis, strength = LEVERS[at], 0.15 + 0.85 * self.unit() ** 0.8
        change = axis.low * strength if axis.low < 0 and self.unit() < 1 / 3 else axis.high * strength
        if axis.lever == "takedown":
            return float(max(1, round(change)))
        return float(round(change)) if axis.whole else float(f"{change:.3g}")


def _possible(changes: dict[str, float], start: date) -> bool:
    try:
        check_conflicts(levers_at(changes, start))
    except InputError:
        return False
    return True
