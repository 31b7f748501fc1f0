"""The page of public names, for autodoc, and the signatures of levers from their fields."""

from __future__ import annotations

import re
from datetime import date
from inspect import isfunction, ismodule
from typing import TYPE_CHECKING, Any

from marks import page

if TYPE_CHECKING:
    from sphinx.application import Sphinx

RUNS, RETURNED, LEVERS = "Scenarios and runs", "What runs and comparisons return", "Levers"
OWN, MORE = "Levers of one's own", "More"
RESULTS = (
    ("kladsim.runs.result", "Result"),
    ("kladsim.study.comparison", "Comparison"),
    ("kladsim.study.effects", "Effect"),
    ("kladsim.study.comparison", "TotalEffect"),
)


def api_page() -> str:
    """Return the page of all names in ``kladsim.__all__``, and of what its functions return."""
    import kladsim

    parts: dict[str, list[str]] = {name: [] for name in (RUNS, RETURNED, LEVERS, OWN, MORE)}
    for name in kladsim.__all__:
        group, block = _block(name, getattr(kladsim, name))
        parts[group].append(block)
    parts[RETURNED] = [_class(module, name) for module, name in RESULTS]
    words = (
        "`import kladsim as ks` gives all that follows and loads nothing heavy before it is used. Names that are not "
        "on this page are no promise and may change. What each lever does, its evidence and its range are on "
        "[the page of levers](levers.md)."
    )
    return page("Python", words, *(f"## {title}\n\n{_rst(blocks)}" for title, blocks in parts.items()))


def _block(name: str, value: Any) -> tuple[str, str]:
    """Return the group of a public name and its directive."""
    from kladsim.policy.lever import Lever

    if name in ("Lever", "Programme", "Evidence"):
        return OWN, _class("kladsim", name)
    if name == "lever_classes":
        return OWN, _function(name)
    if isinstance(value, type) and issubclass(value, Lever):
        return LEVERS, f".. autoclass:: kladsim.{name}"
    if isinstance(value, type):
        return RUNS if name == "Scenario" else MORE, _class("kladsim", name)
    if isfunction(value):
        return RUNS, _function(name)
    if ismodule(value):
        return MORE, _module(name, value)
    data = f".. py:currentmodule:: kladsim\n\n.. py:data:: {name}\n\n   The version of the package, {value!r}."
    return MORE, data


def _rst(blocks: list[str]) -> str:
    return "```{eval-rst}\n" + "\n\n".join(blocks) + "\n```"


def _function(name: str) -> str:
    return f".. autofunction:: kladsim.{name}"


def _class(module: str, name: str) -> str:
    hidden = "model_config, model_fields, model_computed_fields, model_post_init"
    return f".. autoclass:: {module}.{name}\n   :members:\n   :exclude-members: {hidden}"


def _module(name: str, value: Any) -> str:
    home = value.__name__
    public = [f"   .. autofunction:: {home}.{each}" for each in value.__all__ if isfunction(getattr(value, each))]
    classes = [
        f"   .. autoclass:: {home}.{each}\n      :members:"
        for each in value.__all__
        if isinstance(getattr(value, each), type)
    ]
    head = f".. py:module:: kladsim.{name}\n\n``kladsim.{name}``: {(value.__doc__ or '').strip().splitlines()[0]}"
    return "\n\n".join([head, *(block.replace("\n   ", "\n").lstrip() for block in (*public, *classes))])


def signature(
    app: Sphinx, what: str, name: str, value: Any, options: Any, given: str | None, returns: str | None
) -> tuple[str, str] | None:
    """Give a lever or scenario the signature of its fields, without the machinery of their types."""
    fields = getattr(value, "model_fields", None)
    if what != "class" or not fields:
        return None
    parts = [f"{key}: {_kind(field)}" + ("" if field.is_required() else f" = {_plain(field.default)}")
             for key, field in sorted(fields.items(), key=lambda item: not item[1].is_required())]  # fmt: skip
    return f"(*, {', '.join(parts)})", ""


def _plain(value: Any) -> str:
    return repr(value.isoformat() if isinstance(value, date) else value)


def _kind(field: Any) -> str:
    kind = field.annotation
    text = kind.__name__ if isinstance(kind, type) else str(kind)
    text = re.sub(r"Annotated\[([^,\]]+)[^\]]*\]", r"\1", text)
    return re.sub(r"(typing|datetime|kladsim(\.\w+)+)\.", "", text) if len(text) < 90 else "object"
