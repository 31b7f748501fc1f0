"""Finished histories as arrays: strengths, parameters, and differences as shares of the base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.inference.emulator.axes import LEVERS
from kladsim.inference.emulator.design import YEARS
from kladsim.inference.emulator.measures import MEASURES

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PairTable:
    """Paired runs, one a row.

    Parameters
    ----------
    u : strengths of levers, 1 where an axis is largest, float64[rows, levers]
    p : places of parameters, float64[rows, parameters]
    y : differences a year since the start as a share of the base's mean year, float64[rows, measures, years]
    base : the base's mean year, float64[rows, measures]
    group : rows with equal numbers share plans or parameters
    role : 0 train, 1 repeat, 2 test
    plan : rows with equal numbers are the same plan
    history : the history's number
    wide : whether the parameters of the axes were moved over their range
    """

    u: Array
    p: Array
    y: Array
    base: Array
    group: NDArray[np.int64]
    role: NDArray[np.int64]
    plan: NDArray[np.int64]
    history: NDArray[np.int64]
    wide: NDArray[np.bool_]

    def where(self, rows: Any) -> PairTable:
        """Return some of the rows."""
        return PairTable(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def __len__(self) -> int:
        return len(self.u)


LEAST = 0.05
ROLES = {"train": 0, "repeat": 1, "test": 2}


def table_of(rows: Sequence[dict[str, Any]]) -> PairTable:
    """Return the table of finished histories.

    A base's mean year counts as at least ``LEAST`` of the mean over all histories: in a small sample, or over one year,
    an outcome may not occur at all, and a share of nothing is none.
    """
    means = np.array([[np.mean(row["base"][measure.name]) for measure in MEASURES] for row in rows])
    over_all = np.abs(means).mean(axis=0)
    least = LEAST * np.where(over_all > 0, over_all, 1.0)
    u, p, y, base, group, role, plan, history, wide = ([] for _ in range(9))
    for row, own in zip(rows, means, strict=True):
        about = row["history"]
        mean = np.maximum(own, least)
        for number, (changes, differences) in enumerate(zip(about["plans"], row["plans"], strict=True)):
            u.append([changes.get(axis.name, 0.0) / axis.scale for axis in LEVERS])
            p.append(about["units"])
            padded = np.full((len(MEASURES), YEARS), np.nan)
            for at, measure in enumerate(MEASURES):
                padded[at, : len(differences[measure.name])] = differences[measure.name]
            y.append(padded / mean[:, None])
            base.append(mean)
            group.append(about["group"])
            role.append(ROLES[about["role"]])
            plan.append(about["group"] * 1000 + number)
            history.append(about["number"])
            wide.append(bool(about["wide"]))
    return PairTable(
        np.array(u, np.float64), np.array(p, np.float64), np.array(y, np.float64), np.array(base, np.float64),
        np.array(group), np.array(role), np.array(plan), np.array(history), np.array(wide, np.bool_),
    )  # fmt: skip


def columns_of(y: Array) -> Array:
    """Return years, then means of the first 1, 2 ... years: float64[..., 2 x years] (NaN where a year is unknown)."""
    return np.concatenate([y, np.cumsum(y, axis=-1) / np.arange(1, y.shape[-1] + 1)], axis=-1)


def longest(y: Array) -> Array:
    """Return the mean over all known years: float64[...]."""
    return np.asarray(np.nanmean(y, axis=-1))
