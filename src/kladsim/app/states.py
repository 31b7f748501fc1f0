"""State addresses read in Python, as the page reads them: the plans behind a story's step."""

from __future__ import annotations

import re
from urllib.parse import unquote

from kladsim.app.plans import LeverIn, Option, PlanIn

_NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")


def plans_of(address: str) -> list[PlanIn]:
    """The plans of an address such as ``#/explore?plan=Name;lever,option=value``."""
    _, _, query = address.partition("?")
    parts = (part.partition("=") for part in query.split("&"))
    return [_plan(value) for key, _, value in parts if key == "plan"]


def _plan(text: str) -> PlanIn:
    name, *levers = text.split(";")
    return PlanIn(name=unquote(name), levers=[_lever(entry) for entry in levers])


def _lever(text: str) -> LeverIn:
    name, *options = text.split(",")
    pairs = (option.partition("=") for option in options)
    given: dict[str, Option] = {unquote(key): _value(value) for key, _, value in pairs}
    return LeverIn(lever=unquote(name), **given)


def _value(text: str) -> Option:
    if text.startswith("["):
        return [unquote(entry) for entry in text[1:].split("+") if entry]
    if text.startswith('"'):
        return unquote(text[1:])
    if text in ("true", "false"):
        return text == "true"
    return float(text) if _NUMBER.fullmatch(text) and "." in text else int(text) if text.isdigit() else unquote(text)
