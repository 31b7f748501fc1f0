"""Paired differences, replicate by replicate: one effect an outcome, plan and period, with its Monte Carlo error."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.runs.disclosure import DisclosedArray
from kladsim.runs.judging import VERDICTS, PairedSign, direction, ends
from kladsim.runs.noise import MEDIAN_ERROR
from kladsim.runs.result import Result
from kladsim.runs.summary import TOTAL, index_since, over_time
from kladsim.study.groups import GroupEffect, group_effects


@dataclass(frozen=True)
class Effect(PairedSign):
    """One paired difference, plan minus base; interval and error are NaN with a single replicate.

    ``base`` is the base's median over the same period, in the same unit.
    """

    outcome: str
    unit: str
    plan: str
    period: str
    median: float
    low: float
    high: float
    p_better: float
    mc_error: float
    n: int
    base: float = math.nan

    def to_plain(self) -> dict[str, Any]:
        """Return the effect with its verdict as plain values."""
        return {**{name: getattr(self, name) for name in Effect.__dataclass_fields__}, "verdict": self.verdict}


def in_order(effects: Iterable[Effect]) -> list[Effect]:
    """Return effects in the order in which they are told: by verdict, then by outcome and plan."""
    return sorted(effects, key=lambda effect: (VERDICTS.index(effect.verdict), effect.outcome, effect.plan))


@dataclass(frozen=True)
class Differences:
    """All that a comparison says in numbers.

    Parameters
    ----------
    effects : totals and years, for the nation
    groups : totals by district, region, age and sex, where the difference is clear
    levels : the base's median by outcome, over the years of the totals
    years : the calendar years of the runs
    since : the first year in which any outcome of any plan differs; totals are taken from it on
    """

    effects: tuple[Effect, ...]
    groups: tuple[GroupEffect, ...]
    levels: Mapping[str, float]
    years: tuple[int, ...]
    since: int | None

    @classmethod
    def from_plain(cls, content: Mapping[str, Any]) -> Differences:
        """Return what ``to_plain`` wrote (null becomes NaN)."""
        return cls(
            effects=tuple(Effect(**_with_nan(item)) for item in content["effects"]),
            groups=tuple(GroupEffect(**_with_nan(item)) for item in content["groups"]),
            levels={name: math.nan if value is None else value for name, value in content["levels"].items()},
            years=tuple(content["years"]),
            since=content["since"],
        )

    def to_plain(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return asdict(self)


def _with_nan(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: math.nan if value is None else value for name, value in item.items()}


def differences(base: Result, plans: Mapping[str, Result]) -> Differences:
    """Take the paired differences of finished runs that share seed, scale, time and replicates."""
    since = first_difference(base, plans)
    years = tuple(int(year) for year in base.labels.get("year", []))
    first = index_since(years, since)
    effects = [e for name, result in plans.items() for e in _effects(name, result, base, years, first)]
    groups = [g for name, result in plans.items() for g in group_effects(name, result, base, first)]
    levels = {name: float(np.median(_later(item, first))) for name, item in base.national().items()}
    return Differences(tuple(effects), tuple(groups), levels, years, since)


def first_difference(base: Result, plans: Mapping[str, Result]) -> int | None:
    """The first year in which any national outcome of any plan differs in any replicate."""
    years = base.labels.get("year", [])
    before = base.national()
    for index, year in enumerate(years):
        for result in plans.values():
            after = result.national()
            for name in before.keys() & after.keys():
                old, new = before[name].values[:, index], after[name].values[:, index]
                if not np.array_equal(old, new, equal_nan=True):
                    return int(year)
    return None


def _effects(plan: str, result: Result, base: Result, years: tuple[int, ...], first: int) -> Iterator[Effect]:
    before, after = base.national(), result.national()
    for name in sorted(before.keys() & after.keys()):
        old, new = before[name], after[name]
        yield _effect(old, plan, TOTAL, _later(old, first), _later(new, first))
        for index, year in enumerate(years):
            yield _effect(old, plan, str(year), old.values[:, index], new.values[:, index])


def paired_totals(base: Result, plan: Result, since: int | None) -> dict[str, NDArray[np.float64]]:
    """Return the difference of each replicate by outcome, over the years from ``since`` on: float64[replicates]."""
    years = [int(year) for year in base.labels.get("year", [])]
    first = index_since(years, since)
    before, after = base.national(), plan.national()
    return {
        name: _later(after[name], first) - _later(before[name], first)
        for name in sorted(before.keys() & after.keys())
    }


def totals_since(result: Result, since: int | None) -> dict[str, NDArray[np.float64]]:
    """Return each replicate's total by outcome, over the years from ``since`` on: float64[replicates]."""
    years = [int(year) for year in result.labels.get("year", [])]
    first = index_since(years, since)
    return {name: _later(item, first) for name, item in result.national().items()}


def _later(item: DisclosedArray, first: int) -> NDArray[np.float64]:
    return over_time(replace(item, values=item.values[:, first:]))


def _effect(
    item: DisclosedArray, plan: str, period: str, before: NDArray[np.float64], after: NDArray[np.float64]
) -> Effect:
    difference = after - before
    n = len(difference)
    low, high, error = math.nan, math.nan, math.nan
    if n > 1:
        low, high = (float(x) for x in ends(difference))
        error = MEDIAN_ERROR * float(difference.std(ddof=1)) / math.sqrt(n)
    median, better = float(np.median(difference)), share_better(direction(item.name, item.better), difference)
    level = float(np.median(before))
    return Effect(item.name, item.unit, plan, period, median, low, high, better, error, n, level)


def share_better(better: str, difference: NDArray[np.float64]) -> float:
    """Share of replicates in which the plan is better (ties half); NaN if no direction is good in itself."""
    if better not in ("lower", "higher") or np.isnan(difference).any():
        return math.nan
    gain = -difference if better == "lower" else difference
    return float((gain > 0).mean() + 0.5 * (gain == 0).mean())
