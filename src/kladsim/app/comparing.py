"""Plans against a base from their views: the study layer's own paired differences, so that the numbers agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from kladsim.app.view import View
from kladsim.core.errors import InputError
from kladsim.study.compare import Comparison, Effect, paired
from kladsim.study.gate import Released
from kladsim.study.replicates import Replicate
from kladsim.study.result import Result

CERTAIN = 0.95


@dataclass(frozen=True)
class Viewed:
    """A view that the study layer can compare as it compares a Result."""

    view: View

    @property
    def name(self) -> str:
        return self.view.name

    @property
    def replicates(self) -> int:
        return self.view.replicates

    @property
    def digest(self) -> str:
        return self.view.digest

    def national(self) -> dict[str, Released]:
        return self.view.released

    def each(self) -> Iterator[Replicate]:
        labels: dict[str, list[Any]] = {"year": list(self.view.years)}
        return (Replicate(i, "", {}, labels=labels) for i in range(self.view.replicates))


def compared(base: View, plans: Mapping[str, View]) -> Comparison:
    """Paired differences of plans and base.

    Raises
    ------
    InputError : the runs do not share luck (seed, scale, time, replicates or model)
    """
    for name, plan in plans.items():
        _same_luck(base, plan, name)
    results = {name: cast(Result, Viewed(plan)) for name, plan in plans.items()}
    return paired(cast(Result, Viewed(base)), results)


def first_difference(base: View, plans: Mapping[str, View]) -> int | None:
    """The first year in which any outcome of any plan differs (as `Comparison.since`, without the effects)."""
    for index, year in enumerate(base.years):
        for plan in plans.values():
            for name in base.released.keys() & plan.released.keys():
                old, new = base.released[name].values[:, index], plan.released[name].values[:, index]
                if not np.array_equal(old, new, equal_nan=True):
                    return year
    return None


def _same_luck(base: View, plan: View, name: str) -> None:
    pairs: dict[str, tuple[object, object]] = {
        key: (base.config[key], plan.config[key]) for key in ("country", "start", "until", "scale", "seed")
    }
    pairs["replicates"] = base.replicates, plan.replicates
    pairs["model"] = base.provenance.get("model_version"), plan.provenance.get("model_version")
    for what, (one, other) in pairs.items():
        if one != other:
            raise InputError("differs from the base", where=f"{name}.{what}", value=other, allowed=str(one))


def verdict(effect: Effect) -> str:
    """better, worse, unclear, or neutral where no direction is good in itself."""
    if effect.p_better != effect.p_better:
        return "neutral"
    if effect.p_better >= CERTAIN:
        return "better"
    return "worse" if effect.p_better <= 1 - CERTAIN else "unclear"


def in_order(effects: Sequence[Effect]) -> list[Effect]:
    """Worse first, then unclear, better and neutral; by name within each."""
    places = {"worse": 0, "unclear": 1, "better": 2, "neutral": 3}
    return sorted(effects, key=lambda effect: (places[verdict(effect)], effect.outcome))
