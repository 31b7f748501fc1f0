"""What an analysis may ask: responsible use, rule 3.

Objectives are public harms and public cost, in the direction in which the public gains; cost is never an objective
without a harm; an arrest is never a benefit in itself. What drives a harm of persons may be any parameter, a market one
too: that says what a conclusion hangs on. For any other objective no market parameter is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any

from kladsim.core.errors import InputError, unknown_name
from kladsim.runs.harms import is_harm_of_persons, is_market
from kladsim.study.ensemble import Study
from kladsim.study.factors import MARKET, DesignColumn

COSTS = ("cost", "expense")
#: Outcomes of the trade whose fall is a public benefit: fewer people are drawn into it.
OF_PEOPLE = ("recruits",)
MARKET_WORDS = "market parameters (all together)"


def nameable(columns: Iterable[DesignColumn], outcome: str) -> list[DesignColumn]:
    """Return the columns that a box, tree or sentence on an outcome may name.

    The register decides what is the market's, not what the study's file says of itself.
    """
    if is_harm_of_persons(outcome):
        return list(columns)
    return [column for column in columns if not _is_of_market(column)]


def group_of(column: DesignColumn) -> str:
    """Return the name under which a column is ranked: its own factor, or the market as a whole."""
    return MARKET_WORDS if column.factor == MARKET else column.factor


def _is_of_market(column: DesignColumn) -> bool:
    return MARKET in (column.control, column.factor) or is_market(column.name.removeprefix("mechanisms."))


def objective(name: str, declared: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the direction in which the public gains from an outcome: "lower" or "higher".

    Raises
    ------
    InputError : the outcome is unknown, or no public harm or cost
    """
    harms = sorted(item for item in declared if _is_harm(item, declared[item]))
    if name not in declared:
        raise unknown_name("outcome", name, harms, where="outcome")
    if name not in harms:
        why = "is no public harm or cost, and so no objective"
        raise InputError(why, where="outcome", value=name, allowed=", ".join(harms))
    return str(declared[name]["better"])


def _is_harm(name: str, item: Mapping[str, Any]) -> bool:
    if item.get("better") not in ("lower", "higher"):
        return False
    known = SimpleNamespace(name=name, disclosure=item.get("side", ""))
    return is_harm_of_persons(known) or name in OF_PEOPLE or is_cost(name)


def is_cost(name: str) -> bool:
    """Whether an outcome is public cost."""
    return any(word in name for word in COSTS)


def with_harm(names: Iterable[str]) -> None:
    """Raise ``InputError`` if costs are asked for without a harm beside them."""
    asked = list(names)
    if asked and all(is_cost(name) for name in asked):
        raise InputError(
            "cost is no objective without a harm", where="outcome", value=", ".join(asked),
            allowed="a harm such as deaths beside it",
        )  # fmt: skip


def declared_outcomes(study: Study) -> dict[str, dict[str, Any]]:
    """Return what a study's national outcomes are (unit, kind, better), by name.

    Raises
    ------
    InputError : nothing is finished yet
    """
    rows = study.sql("SELECT DISTINCT outcome, unit, kind, better, side FROM outcomes ORDER BY outcome")
    if not rows:
        raise InputError("has nothing finished", where="study", value=str(study.path), allowed="run it first")
    return {row["outcome"]: row for row in rows}
