"""Designs: the points at which a study runs its scenarios (grid, Latin hypercube, Sobol, from a file, and those that
sensitivity analysis needs)."""

from __future__ import annotations

import csv
import itertools
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError, unknown_name
from kladsim.core.extras import extra
from kladsim.policy.fields import parse_count, parse_whole
from kladsim.study.factors import DesignColumn, Value, _number

Method = Literal["none", "grid", "lhs", "sobol", "morris", "saltelli", "file"]
METHODS: tuple[str, ...] = get_args(Method)
MORRIS_LEVELS = 4
MOST_POINTS = 1_000_000


@dataclass(frozen=True)
class Design:
    """How points are chosen.

    Parameters
    ----------
    method : none (one point), grid, lhs, sobol, morris, saltelli, or file
    points : points (lhs, sobol), levels of each range (grid), trajectories (morris), base samples (saltelli)
    seed : seed of the sampling, fixed so that the same plan has the same points
    file : a CSV table with a column a factor, for method ``file``
    """

    method: Method = "none"
    points: int = 1
    seed: int = 1
    file: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", parse_count(self.points, "points"))
        object.__setattr__(self, "seed", parse_whole(self.seed))
        if self.method not in METHODS:
            raise unknown_name("design", self.method, METHODS, where="design")
        if not 1 <= self.points <= MOST_POINTS:
            raise InputError("is no number of points", where="points", value=self.points, allowed=f"1 to {MOST_POINTS}")


def problem(columns: Sequence[DesignColumn]) -> dict[str, Any]:
    """Return the problem as SALib takes it: unit ranges, parameters of a group moved together."""
    return {
        "num_vars": len(columns),
        "names": [column.name for column in columns],
        "groups": [column.factor for column in columns],
        "bounds": [[0.0, 1.0]] * len(columns),
    }


def unit_points(design: Design, columns: Sequence[DesignColumn]) -> NDArray[np.float64]:
    """Return the points as shares of the ranges: float64[points, columns].

    Raises
    ------
    InputError : the design varies nothing, or a group on a grid
    """
    if design.method == "none":
        return np.zeros((1, 0))
    if not columns:
        raise InputError("the design varies nothing", where="vary", allowed="at least one factor")
    if design.method == "grid":
        return _grid(design.points, columns)
    if design.method in ("lhs", "sobol"):
        return _filling(design, len(columns))
    return _for_analysis(design, columns)


def _grid(levels: int, columns: Sequence[DesignColumn]) -> NDArray[np.float64]:
    for column in columns:
        if column.factor != column.name:
            raise InputError(
                "a group cannot lie on a grid", where="design", value=column.factor, allowed="lhs or sobol"
            )
    axes = []
    for column in columns:
        n = len(column.values)
        axes.append((np.arange(n) + 0.5) / n if n else np.linspace(0.0, 1.0, levels) if levels > 1 else np.array([0.5]))
    return np.array(list(itertools.product(*axes)), dtype=np.float64)


def _filling(design: Design, width: int) -> NDArray[np.float64]:
    from scipy.stats import qmc

    if design.method == "lhs":
        return np.asarray(qmc.LatinHypercube(width, rng=design.seed).random(design.points))
    with warnings.catch_warnings():  # points need not be a power of two; that only loses a little balance
        warnings.simplefilter("ignore", UserWarning)
        return np.asarray(qmc.Sobol(width, scramble=True, rng=design.seed).random(design.points))


def _for_analysis(design: Design, columns: Sequence[DesignColumn]) -> NDArray[np.float64]:
    with extra("analysis", where="design", value=design.method):
        from SALib.sample import morris, sobol
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if design.method == "morris":
            sample = morris.sample(problem(columns), design.points, num_levels=MORRIS_LEVELS, seed=design.seed)
        else:
            sample = sobol.sample(problem(columns), design.points, calc_second_order=False, seed=design.seed)
    return np.asarray(sample, dtype=np.float64)


def values_at(units: NDArray[np.float64], columns: Sequence[DesignColumn]) -> list[dict[str, Value]]:
    """Return the points as values by column name."""
    return [
        {column.name: column.at(float(unit)) for column, unit in zip(columns, row, strict=True)} for row in units
    ]


def read_points(path: Path) -> list[dict[str, Value]]:
    """Return the points of a CSV table, one a row, by the names in its first line.

    Raises
    ------
    InputError : the file cannot be read, has no rows, or a row of another width
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            rows = [row for row in csv.reader(handle) if any(cell.strip() for cell in row)]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("cannot be read", where="design file", value=str(path)) from error
    if len(rows) < 2:
        raise InputError("holds no points", where=str(path), allowed="a line of names, then a line a point")
    names = [name.strip() for name in rows[0]]
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(names):
            allowed = f"{len(names)} values"
            raise InputError("a row of another width", where=f"{path}, line {number}", value=len(row), allowed=allowed)
    return [dict(zip(names, map(_number, row), strict=True)) for row in rows[1:]]
