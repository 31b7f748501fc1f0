"""Changes told in text, as the command line takes them: ``seed=3``, ``mechanisms.M9=off``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from kladsim.core.errors import InputError, unknown_name
from kladsim.core.validated import relocated
from kladsim.evidence.near import nearest
from kladsim.evidence.register import load_register
from kladsim.model.config import MECHANISMS
from kladsim.policy.scenario import Changes, Scenario

FORM = "FIELD=VALUE, PARAMETER=VALUE, mechanisms.M9=off or levers.NAME.OPTION=VALUE"
_GROUPS = ("parameters", "mechanisms", "levers")


class Override(NamedTuple):
    """One change: the group it belongs to ("" for a field of the scenario), the name in it, and its text."""

    group: str
    name: str
    text: str


def parse_override(text: str) -> Override:
    """Return the parts of one ``a.b=c``; dotted names outside the known groups are parameters."""
    path, sign, value = (part.strip() for part in text.partition("="))
    if not (sign and path and value) or any(not part for part in path.split(".")):
        raise InputError("is not a change", where="--set", value=text, allowed=FORM)
    head, _, rest = path.partition(".")
    if head in _GROUPS:
        if not rest:
            raise InputError("names nothing to change", where="--set", value=text, allowed=FORM)
        return Override(head, rest, value)
    if rest:
        return Override("parameters", path, value)
    if head not in _fields():
        allowed = f"{', '.join(_fields())}; or {FORM}"
        near = nearest(head, _fields(), MECHANISMS, load_register())
        raise InputError("unknown field", where="--set", value=head, allowed=allowed, suggestion=near)
    return Override("", head, value)


def apply_overrides(scenario: Scenario, texts: Iterable[str]) -> Scenario:
    """Return the scenario with every change made, in order; errors name the change."""
    for text in texts:
        try:
            scenario = _apply(scenario, parse_override(text))
        except InputError as error:
            if error.where == "--set":
                raise
            raise relocated(error, "--set", joint=" ") from None
    return scenario


def fits(scenario: Scenario, text: str) -> bool:
    """Return whether a change can be meant for this scenario: it names no lever, or one that the scenario has."""
    group, _, rest = text.partition(".")
    return group.strip() != "levers" or rest.partition(".")[0] in {lever.name for lever in scenario.levers}


def _apply(scenario: Scenario, change: Override) -> Scenario:
    if change.group == "parameters":
        return scenario.with_(parameters={change.name: _number(change.text, change.name)})
    if change.group == "mechanisms":
        return scenario.with_(mechanisms={change.name: change.text})
    if change.group == "levers":
        return _set_lever(scenario, change)
    value: Any = _whole(change.text, "seed") if change.name == "seed" else change.text
    return Scenario(**scenario.fields() | {change.name: value})


def _set_lever(scenario: Scenario, change: Override) -> Scenario:
    name, _, option = change.name.partition(".")
    names = [lever.name for lever in scenario.levers]
    if not names:
        raise InputError("the scenario has no lever", where="levers", value=name, allowed="levers in a YAML file")
    if name not in names:
        raise unknown_name("lever of this scenario", name, names, where="levers")
    if names.count(name) > 1:
        raise InputError("is there more than once", where="levers", value=name, allowed="one, or a YAML file")
    levers = list(scenario.levers)
    lever = levers[names.index(name)]
    if option not in type(lever).model_fields:
        raise unknown_name("option", option, type(lever).model_fields, where=f"levers.{name}")
    fields = {field: getattr(lever, field) for field in type(lever).model_fields}
    try:
        levers[names.index(name)] = type(lever)(**fields | {option: read_number_or_text(change.text)})
    except InputError as error:
        raise relocated(error, f"levers.{name}") from None
    return Scenario(**scenario.fields() | {"levers": tuple(levers)})


def _fields() -> tuple[str, ...]:
    return tuple(name for name in Changes.__annotations__ if name not in _GROUPS)


def _converted(kind: Callable[[str], Any], text: str, where: str, words: str) -> Any:
    try:
        return kind(text)
    except ValueError:
        raise InputError(f"is not {words}", where=where, value=text, allowed=words) from None


def _number(text: str, where: str) -> float:
    number: float = _converted(float, text, where, "a number")
    return number


def _whole(text: str, where: str) -> int:
    number: int = _converted(int, text, where, "a whole number")
    return number


def read_number_or_text(text: str) -> int | float | str:
    """Return the number that a text writes, or the text."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
