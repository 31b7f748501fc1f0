"""What drives an outcome, by the emulator: each lever and uncertain parameter by itself, and shares of variance.

Ranges are those that the emulator was trained on. Market parameters are one uncertainty, never ranked singly; levers
are public ones. Shares of variance are Sobol's (Saltelli et al. 2010, doi:10.1016/j.cpc.2009.09.018; total after Jansen
1999, doi:10.1016/S0010-4655(98)00154-4), of the outcome's mean year as levers and parameters vary over their ranges.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from kladsim.core.errors import unknown_name
from kladsim.inference.emulator.axes import LEVERS, MARKET, axis_of, parameter_axes, unpacked
from kladsim.inference.emulator.predicting import LAST, Array, Emulator, Prediction

if TYPE_CHECKING:
    from kladsim.policy.lever import Lever

POINTS = 512


@dataclass(frozen=True)
class Driver:
    """One factor by itself: the outcome's change in per cent of the base at the low and the high end of its range.

    Parameters
    ----------
    name, kind : the factor; lever, parameter or market
    low_at, high_at : the ends in the factor's own unit (None for a group)
    low, high : change of the outcome at the ends, per cent (None where the range has no such end)
    low_band, high_band : half-widths of the 90 % band there, per cent (None: not measured)
    """

    name: str
    kind: str
    option: str
    low_at: float | None
    high_at: float | None
    low: float | None
    high: float | None
    low_band: float | None
    high_band: float | None

    @property
    def size(self) -> float:
        """The largest change."""
        return max(abs(self.low or 0.0), abs(self.high or 0.0))


@dataclass(frozen=True)
class Share:
    """A factor's share of variance."""

    name: str
    kind: str
    first: float
    total: float


@dataclass(frozen=True)
class DriverPart:
    """What becomes of a plan's effect when one thing changes, in per cent of the base."""

    name: str
    kind: str
    low: float
    high: float


@dataclass(frozen=True)
class Drivers:
    """What drives one outcome, and one plan's effect on it."""

    outcome: str
    unit: str
    base: float
    levers: tuple[Driver, ...]
    parameters: tuple[Driver, ...]
    shares: tuple[Share, ...]
    parts: tuple[DriverPart, ...]
    effect: float | None


def drivers(
    emulator: Emulator, outcome: str, *, plan: Sequence[Lever] = (), until: date = LAST, runs: int = 8,
    only_parts: bool = False,
) -> Drivers:  # fmt: skip
    """Return what drives an outcome.

    Parameters
    ----------
    outcome : one that the emulator knows
    plan : a plan whose effect is taken apart
    until, runs : as ``Emulator.predict`` takes them
    only_parts : only the plan, not the outcome by itself

    Raises
    ------
    InputError : an unknown outcome, or a plan that the emulator does not know
    """
    names = [str(measure["name"]) for measure in emulator.measures]
    if outcome not in names:
        raise unknown_name("outcome of the emulator", outcome, names, where="outcome")
    at = names.index(outcome)
    centre = emulator.drawn.mean(axis=0)
    parts, effect = _parts(emulator, outcome, plan, until, runs) if plan else ((), None)
    levers: list[Driver] = [] if only_parts else _levers(emulator, at, runs)
    parameters = [] if only_parts else _parameters(emulator, at)
    shares = [] if only_parts else _shares(emulator, at)
    return Drivers(
        outcome, str(emulator.measures[at]["unit"]), float(emulator.base_at(centre)[at]),
        tuple(sorted(levers, key=lambda one: -one.size)), tuple(sorted(parameters, key=lambda one: -one.size)),
        tuple(sorted(shares, key=lambda one: -one.total)), tuple(parts), effect,
    )  # fmt: skip


def _levers(emulator: Emulator, at: int, runs: int) -> list[Driver]:
    """Return each lever at the ends of its range, all others off."""
    ends = [(axis, end) for axis in LEVERS for end in (axis.low, axis.high) if end]
    u = np.zeros((len(ends), len(LEVERS)))
    for row, (axis, end) in enumerate(ends):
        u[row, emulator.levers.index(axis.name)] = end / axis.scale
    shares = 100.0 * emulator.shares(u, np.tile(emulator.drawn.mean(axis=0), (len(u), 1)))[:, at].mean(axis=1)
    bands = 100.0 * emulator.widths(u, runs=runs)[:, at, -1]
    said = {(axis.name, end > 0): (float(s), float(b)) for (axis, end), s, b in zip(ends, shares, bands, strict=True)}
    found = []
    for axis in LEVERS:
        low, low_band = said.get((axis.name, False), (None, None))
        high, high_band = said[axis.name, True]
        option = "odds of abstinence" if axis.lever == "contingency_management" else axis.option
        ends_at = axis.off + axis.low, axis.off + axis.high
        found.append(Driver(axis.name, "lever", option, *ends_at, low, high, low_band, high_band))
    return found


def _parameters(emulator: Emulator, at: int) -> list[Driver]:
    """Return each parameter at the ends of its range, the market's together: how far the base itself moves."""
    axes = parameter_axes(emulator.meta["values"])
    centre = emulator.drawn.mean(axis=0)
    middle = emulator.base_at(centre)[at]

    def moved(rows: list[int], sign: float) -> float:
        p = centre.copy()
        slopes = emulator.slopes(at)
        for row in rows:  # a group's ends are where its parameters move the outcome the same way
            p[row] = sign if len(rows) == 1 else sign * (1.0 if slopes[row] >= 0 else -1.0)
        return 100.0 * float(emulator.base_at(p)[at] / middle - 1.0)

    groups = {axis.group: [i for i, a in enumerate(axes) if a.group == axis.group] for axis in axes}
    found = []
    for name, rows in groups.items():
        one = axes[rows[0]] if name != MARKET else None
        low_at, high_at = (one.at(-1.0), one.at(1.0)) if one else (None, None)
        kind = "market" if one is None else "parameter"
        found.append(Driver(name, kind, "", low_at, high_at, moved(rows, -1.0), moved(rows, 1.0), None, None))
    return found


def _factors(emulator: Emulator) -> dict[tuple[str, str], list[int]]:
    """Return the factors of the shares and their columns: a lever with all its variants, a parameter, the market."""
    found: dict[tuple[str, str], list[int]] = {}
    for column, axis in enumerate(LEVERS):
        found.setdefault(("lever", axis.lever), []).append(column)
    for column, one in enumerate(parameter_axes(emulator.meta["values"])):
        kind = "market" if one.group == MARKET else "parameter"
        found.setdefault((kind, one.group), []).append(len(LEVERS) + column)
    return found


def _shares(emulator: Emulator, at: int) -> list[Share]:
    from scipy.stats import qmc

    width = len(LEVERS) + len(emulator.parameters)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        unit = np.asarray(qmc.Sobol(2 * width, scramble=True, rng=1).random(POINTS))
    first, second = _placed(unit[:, :width]), _placed(unit[:, width:])
    one, other = _level(emulator, at, first), _level(emulator, at, second)
    variance = float(np.var(np.concatenate([one, other]))) or 1.0
    found = []
    for (kind, name), columns in _factors(emulator).items():
        mixed = first.copy()
        mixed[:, columns] = second[:, columns]
        changed = _level(emulator, at, mixed)
        alone = float(np.mean(other * (changed - one))) / variance
        total = float(np.mean((one - changed) ** 2)) / 2.0 / variance
        found.append(Share(name, kind, min(1.0, max(0.0, alone)), min(1.0, total)))
    return found


def _placed(unit: Array) -> Array:
    """Return places on the axes: each lever over its range, parameters from -1 to 1."""
    low = np.array([axis.low / axis.scale for axis in LEVERS])
    high = np.array([axis.high / axis.scale for axis in LEVERS])
    found = 2.0 * unit - 1.0
    found[:, : len(LEVERS)] = low + unit[:, : len(LEVERS)] * (high - low)
    return found


def _level(emulator: Emulator, at: int, x: Array) -> Array:
    """Return the outcome's mean year at places of all axes, over the base's at the register's values, centred."""
    u, p = x[:, : len(LEVERS)], x[:, len(LEVERS) :]
    base = np.exp(p @ emulator.slopes(at))
    level = base * (1.0 + emulator.share(at, u, p).mean(axis=1))
    return np.asarray(level - level.mean())


def _parts(
    emulator: Emulator, outcome: str, plan: Sequence[Lever], until: date, runs: int
) -> tuple[tuple[DriverPart, ...], float]:
    """Return the plan's effect without each of its levers, and over each parameter's range."""
    levers = unpacked(plan)

    def effect(of: Sequence[Lever], parameters: Mapping[str, float]) -> float:
        found: Prediction = emulator.predict(of, until=until, parameters=parameters, runs=runs)
        return found[outcome].percent

    whole = effect(levers, {})
    found = []
    if len(levers) > 1:
        for at, lever in enumerate(levers):
            without = effect([*levers[:at], *levers[at + 1 :]], {})
            found.append(DriverPart(axis_of(lever)[0].name, "lever", without, whole))
    axes = parameter_axes(emulator.meta["values"])
    for axis in axes:
        if axis.group != MARKET:
            ends = [effect(levers, {axis.name: axis.at(end)}) for end in (-1.0, 1.0)]
            found.append(DriverPart(axis.name, "parameter", *ends))
    market = [axis for axis in axes if axis.group == MARKET]
    if market:
        corners = [
            effect(levers, {axis.name: axis.at(end) for axis, end in zip(market, ends, strict=True)})
            for ends in product((-1.0, 1.0), repeat=len(market))
        ]
        found.append(DriverPart(MARKET, "market", min(corners), max(corners)))
    return tuple(sorted(found, key=lambda part: -abs(part.high - part.low))), whole
