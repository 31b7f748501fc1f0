"""Levers by name: those of kladsim, those a session defined, and those of other packages (entry points)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, get_args

from kladsim.core.errors import InputError, unknown_name
from kladsim.core.registry import load_installed
from kladsim.core.validated import relocated
from kladsim.policy import levers as own
from kladsim.policy.lever import LEVER_CLASSES, Direction, Lever

ENTRY_POINT_GROUP = "kladsim.levers"


def lever_classes() -> dict[str, type[Lever]]:
    """Return every lever class by name, in alphabetical order."""
    _load_own()
    _load_plugins()
    return dict(sorted(LEVER_CLASSES.items()))


def own_lever_classes() -> dict[str, type[Lever]]:
    """Return the lever classes that come with kladsim by name, in alphabetical order."""
    _load_own()
    mine = {name: made for name, made in LEVER_CLASSES.items() if made.__module__.startswith(own.__name__ + ".")}
    return dict(sorted(mine.items()))


def lever_class(name: str) -> type[Lever]:
    """Return the lever class of a name; other packages are asked only if kladsim has none of that name."""
    _load_own()
    if name not in LEVER_CLASSES:
        _load_plugins()
    if name not in LEVER_CLASSES:
        raise unknown_name("lever", name, LEVER_CLASSES, where="lever")
    return LEVER_CLASSES[name]


def parse_lever(value: object) -> Lever:
    """Return a lever given as an object or as a mapping ``{lever: name, option: value, ...}``."""
    if isinstance(value, Lever):
        return value
    if not isinstance(value, Mapping) or not isinstance(value.get("lever"), str):
        raise InputError("is not a lever", value=value, allowed="{lever: NAME, OPTION: VALUE, ...}")
    options: dict[str, Any] = {str(key): entry for key, entry in value.items() if key != "lever"}
    try:
        return lever_class(value["lever"])(**options)
    except InputError as error:
        raise relocated(error, None if error.where == "lever" else value["lever"]) from None


@cache
def _load_own() -> None:
    for module in own.__all__:
        getattr(own, module)


@cache
def _load_plugins() -> None:
    for name, found in load_installed(ENTRY_POINT_GROUP, "lever", type).items():
        if not issubclass(found, Lever):
            raise InputError("is not a Lever class", where=f"lever {name}", value=found.__name__)
        check_target(found)


def check_target(lever: type[Lever]) -> None:
    """Raise ``InputError`` for a lever that moves first what no run measures, or in no direction."""
    from kladsim.model.counters import INDEX
    from kladsim.model.outcomes import OUTCOMES

    if (target := lever.target) is None:
        return
    known, where = (*OUTCOMES, *INDEX), f"lever {lever.name}, target"
    if target.measure not in known:
        raise unknown_name("outcome or counter", target.measure, known, where=where)
    if target.direction not in get_args(Direction):
        raise unknown_name("direction", target.direction, get_args(Direction), where=where)
