"""Harm of persons, and where nothing else is given: no table of what pays (responsible use, rule 4).

Where scenarios differ in what the market controls, or in the mechanisms of private punishment and theft (M8, M9), their
difference would say what pays the trade: harm of persons is given then, supply and money are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kladsim.evidence.register import load_register
from kladsim.policy.added import added_mechanisms
from kladsim.policy.scenario import Scenario
from kladsim.runs.disclosure import declared

MARKET = "market"
PRIVATE = ("M8", "M9")
"""Theft by couriers and outsiders, and punishment by the trade."""

OF_PERSONS = ("health", "justice")
"""Disclosure classes whose outcomes are harm of persons (or its relief) where an outcome does not say so itself."""


def is_harm_of_persons(outcome: Any) -> bool:
    """Return whether an outcome (its name, declaration or array) is harm of persons."""
    harm = declared(outcome, "harm")
    return bool(harm) if harm is not None else declared(outcome, "disclosure") in OF_PERSONS


def market_changes(base: Mapping[str, Any], plan: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the market parameters and mechanisms M8, M9 in which two resolved configurations differ.

    Parameters
    ----------
    base, plan : ``config`` of a stored run: ``parameters``, ``switches`` and ``added``
    """
    one, other = _all_parameters(base), _all_parameters(plan)
    names = [name for name in sorted({*one, *other}) if is_market(name) and one.get(name) != other.get(name)]
    one, other = base.get("switches", {}), plan.get("switches", {})
    return (*names, *(name for name in PRIVATE if one.get(name, True) != other.get(name, True)))


def changes_in_study(factors: Iterable[str], scenarios: Iterable[Scenario]) -> tuple[str, ...]:
    """Return the market parameters and mechanisms M8, M9 in which the points or scenarios of a study differ."""
    found = [name for name in factors if is_market(name.removeprefix("mechanisms."))]
    first, *others = scenarios
    for scenario in others:
        found += [
            name
            for one, other in ((first.parameters, scenario.parameters), (first.mechanisms, scenario.mechanisms))
            for name in sorted({*one, *other})
            if is_market(name) and one.get(name) != other.get(name)
        ]
    return tuple(dict.fromkeys(found))


def is_market(name: str) -> bool:
    """Return whether a parameter is the market's, or a mechanism is M8 or M9."""
    registers = (load_register(), *(mechanism.register for mechanism in added_mechanisms().values()))
    return name in PRIVATE or any(name in register and register[name].control == MARKET for register in registers)


def _all_parameters(config: Mapping[str, Any]) -> dict[str, float]:
    """Return the parameters of a configuration, those of mechanisms of other packages among them."""
    added: Mapping[str, Mapping[str, float]] = config.get("added", {})
    return {**config.get("parameters", {}), **{name: p for values in added.values() for name, p in values.items()}}


def note_of(changes: Iterable[str]) -> str:
    """Return the sentence that stands beside results of which only harm of persons is given."""
    names = list(changes)
    told = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    return f"Scenarios differ in what the market controls ({told}): harm of persons is given, supply and money are not."
