"""Plans against a base from their views: the study layer's own paired differences, so that the numbers agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from kladsim.app.view import View
from kladsim.core.errors import InputError
from kladsim.runs.disclosure import DisclosedArray
from kladsim.runs.result import Result
from kladsim.runs.summary import TOTAL
from kladsim.study import effects
from kladsim.study.effects import Differences, Effect


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
    def labels(self) -> dict[str, list[Any]]:
        return {"year": list(self.view.years)}

    @property
    def outcomes(self) -> dict[str, DisclosedArray]:
        """None: groups of people are told from the runs themselves."""
        return {}

    def national(self) -> dict[str, DisclosedArray]:
        return self.view.released


def _results(views: Mapping[str, View]) -> dict[str, Result]:
    return {name: cast(Result, Viewed(view)) for name, view in views.items()}


def compared(base: View, plans: Mapping[str, View]) -> Differences:
    """Paired differences of plans and base.

    Raises
    ------
    InputError : the runs do not share luck (seed, scale, time, replicates or model)
    """
    for name, plan in plans.items():
        _same_luck(base, plan, name)
    return effects.differences(cast(Result, Viewed(base)), _results(plans))


def totals(differences: Differences) -> list[Effect]:
    """Effects over all years since anything differs."""
    return [effect for effect in differences.effects if effect.period == TOTAL]


def first_difference(base: View, plans: Mapping[str, View]) -> int | None:
    """The first year in which any outcome of any plan differs."""
    return effects.first_difference(cast(Result, Viewed(base)), _results(plans))


def _same_luck(base: View, plan: View, name: str) -> None:
    pairs: dict[str, tuple[object, object]] = {
        key: (base.config[key], plan.config[key]) for key in ("country", "start", "until", "scale", "seed")
    }
    pairs["replicates"] = base.replicates, plan.replicates
    pairs["parameters"] = _draws(base), _draws(plan)
    pairs["model"] = base.provenance.get("model_version"), plan.provenance.get("model_version")
    for what, (one, other) in pairs.items():
        if one != other:
            raise InputError("differs from the base", where=f"{name}.{what}", value=other, allowed=str(one))


def _draws(view: View) -> object:
    return view.provenance.get("parameters") or {"mode": "point"}
