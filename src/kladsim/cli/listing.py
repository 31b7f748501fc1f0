"""``kladsim list`` and ``explain``: what there is, and what each thing means, with its source."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

import typer

from kladsim.cli import options as o
from kladsim.cli.guard import command
from kladsim.cli.show import print_json, print_table, say
from kladsim.core.errors import InputError, unknown_name
from kladsim.evidence import claims, explainable, load_register, mechanisms
from kladsim.evidence import explain as explain_evidence
from kladsim.evidence.costs import load_costs
from kladsim.evidence.near import nearest
from kladsim.policy.added import added_mechanisms

KINDS = (
    "scenarios", "levers", "packages", "quantities", "parameters", "costs", "mechanisms", "outcomes", "claims",
    "countries", "roles", "expected",
)  # fmt: skip
WIDEST = 90

Item = dict[str, Any]


@command
def list_(
    kind: Annotated[str, typer.Argument(help=" | ".join(KINDS), metavar="KIND")],
    search: Annotated[str, typer.Option("--search", help="Only entries that contain this text.")] = "",
    json_: o.Json = False,
) -> None:
    """List scenarios, levers, parameters, outcomes …

    Kinds: scenarios, levers, packages, quantities, parameters, costs, mechanisms, outcomes, claims, countries, roles
    (what may be looked at while the model is built, what is kept), expected (verdicts before the first run).

    Example: kladsim list parameters --search courier
    """
    if kind not in KINDS:
        raise unknown_name("kind", kind, KINDS, where="list")
    items = [item for item in _LISTS[kind]() if search.lower() in str(item).lower()]
    if json_:
        print_json({kind: items})
    elif not items:
        say(f"No {kind}{' with ' + repr(search) if search else ''}.")
    else:
        columns = list(items[0])
        print_table(kind, columns, [[_short(item[column]) for column in columns] for item in items])


@command
def explain(
    name: Annotated[
        str,
        typer.Argument(help="A name or id that a list shows, a figure, target or pattern id, or 'model'."),
    ],
    json_: o.Json = False,
) -> None:
    """Explain a name or an id, or the whole model.

    A parameter, lever, scenario, mechanism, outcome, claim, figure, target or pattern.

    Example: kladsim explain courier.pay_per_drop   ·   kladsim explain E062   ·   kladsim explain model
    """
    if name == "model":
        from kladsim.report.description import odd

        text = odd()
        print_json({"model": text}) if json_ else say(text)
        return
    item = _explained(name)
    if json_:
        print_json(item)
        return
    rows = [(key, _format_value(value)) for key, value in item.items() if value not in (None, "", (), [], {})]
    print_table(name, ("what", "value"), rows)


def _explained(name: str) -> Item:
    for find in (_evidence, _lever, _scenario, _outcome, _added_mechanism, _quantity):
        item = find(name)
        if item is not None:
            return item
    # What a person can do comes first, then what is counted, then what is known.
    kinds = [[*_classes()], [*_presets(), "model"], [*_declared()], [*_quantities_by_name()], [*explainable()]]
    dotted = [*_quantities_by_name(), *explainable()]  # only quantities and parameters have a dot
    near = nearest(name, dotted) if "." in name else None
    names = f"{sum(map(len, kinds))} names, see `kladsim list KIND` with a kind of {', '.join(KINDS)}"
    near = near or nearest(name, *kinds)
    raise InputError("unknown name", where="explain", value=name, allowed=names, suggestion=near)


def _evidence(name: str) -> Item | None:
    """What is known of an id, its check and the latest stored result."""
    try:
        evidence = explain_evidence(name).to_dict()
    except InputError:
        return None
    from kladsim.validation.explaining import check_of

    return evidence | check_of(name)


def _declared() -> dict[str, Any]:
    from kladsim.model.outcomes import OUTCOMES

    return dict(OUTCOMES)


def _classes() -> dict[str, Any]:
    from kladsim.policy.registry import lever_classes

    return dict(lever_classes())


def _presets() -> tuple[str, ...]:
    from kladsim.policy.files import preset_names

    return preset_names()


def _outcome(name: str) -> Item | None:
    outcome = _declared().get(name)
    if outcome is None:
        return None
    from kladsim.runs.judging import direction

    better = direction(name, getattr(outcome, "better", None)) or None
    item = {"name": name, "kind": "outcome", "text": outcome.doc, "unit": outcome.unit, "side": outcome.side}
    return {**item, "finest cells": _cells(outcome), "headline": bool(outcome.headline), "better": better}


def _added_mechanism(name: str) -> Item | None:
    """A mechanism of another package, with its parameters."""
    added = added_mechanisms().get(name)
    if added is None:
        return None
    own = (parameter for _, parameter in added.register.items())
    parameters = [f"{p.name} = {p.value:g} {p.unit} ({p.low:g} to {p.high:g}): {p.doc}" for p in own]
    item = {"name": name, "kind": "mechanism", "text": added.title, "off means": added.off_means}
    return {**item, "sources": list(added.sources), "moves": list(added.direction), "parameters": parameters}


def _quantity(name: str) -> Item | None:
    """What a lever may move, or the market or nature does, by its name in a modifier."""
    quantity = _quantities_by_name().get(name)
    if quantity is None:
        return None
    low, high = f"{quantity.low:g}", f"{quantity.high:g}"
    return {
        "name": name, "kind": quantity.kind, "text": quantity.doc, "moved by": quantity.control,
        "default": quantity.default, "range": f"{low} to {high}", "by": quantity.reach,
    }  # fmt: skip


def _quantities_by_name() -> dict[str, Any]:
    from kladsim.model.quantities import QUANTITIES

    return dict(QUANTITIES)


def _quantities() -> list[Item]:
    return [item for name in _quantities_by_name() if (item := _quantity(name)) is not None]


def _cells(outcome: Any) -> list[str]:
    from kladsim.runs.disclosure import declared_cells

    return [" × ".join(cell) for cell in declared_cells(outcome)]


def _lever(name: str) -> Item | None:
    lever = _classes().get(name)
    if lever is None:
        return None
    options = {field: f"{_type_name(info.annotation)}, {_default(info)}" for field, info in lever.model_fields.items()}
    ranges = {field: f"{low:g} to {high:g}" for field, (low, high) in lever.documented.items()}
    evidence = [f"{item.source} (grade {item.grade}): {item.says}" for item in lever.evidence]
    text = _doc_of(lever)
    item = {"name": name, "kind": "lever", "text": text, "options": options}
    target = f"{lever.target.measure}, {lever.target.direction}" if lever.target else None
    limit = f"{lever.limit.most:g} {lever.limit.unit} ({lever.limit.source})" if lever.limit else None
    known = {"documented range": ranges, "direct target": target, "capacity": limit}
    return {**item, **known, "evidence": evidence}


def _default(field: Any) -> str:
    if field.is_required():
        return "required"
    value = field.default
    return f"default {value.isoformat() if isinstance(value, date) else repr(value)}"


def _type_name(annotation: Any) -> str:
    return str(getattr(annotation, "__name__", annotation)).replace("typing.", "")


def _scenario(name: str) -> Item | None:
    if name not in _presets():
        return None
    from kladsim.policy.scenario import Scenario

    scenario = Scenario.preset(name)
    return {"kind": "scenario", "text": repr(scenario), **scenario.to_plain()}


def _scenarios() -> list[Item]:
    from kladsim.policy.scenario import Scenario

    presets = [Scenario.preset(name) for name in _presets()]
    return [
        {
            **{key: str(getattr(s, key)) for key in ("name", "country", "start", "until", "scale")},
            "levers": [repr(lever) for lever in s.levers],
        }
        for s in presets
    ]


def _doc_of(lever: type) -> str:
    return inspect.cleandoc(lever.__doc__ or "").replace("``", "")


def _levers() -> list[Item]:
    return [
        {"name": name, "what": _doc_of(made).partition("\n")[0], "options": [*made.model_fields]}
        for name, made in _classes().items()
    ]


def _packages() -> list[Item]:
    from kladsim.policy.levers.package import package_notes

    return [{"name": name, "what": what, "levers": parts} for name, what, parts in package_notes()]


_PARAMETER = ("name", "value", "unit", "low", "high", "control", "source", "grade", "doc")


def _parameters() -> list[Item]:
    return [{key: getattr(p, key) for key in _PARAMETER} for _, p in load_register().items()]


def _costs() -> list[Item]:
    return [{key: getattr(p, key) for key in _PARAMETER} for _, p in load_costs().items()]


def _mechanisms() -> list[Item]:
    every = (*((m.id, m) for m in mechanisms()), *added_mechanisms().items())
    return [{"id": id, "title": m.title, "off means": m.off_means, "sources": list(m.sources)} for id, m in every]


def _outcomes() -> list[Item]:
    return [
        {"name": name, "unit": out.unit, "side": out.side, "finest cells": _cells(out), "what": out.doc}
        for name, out in _declared().items()
    ]


def _claims() -> list[Item]:
    from kladsim.validation.explaining import check_of

    return [
        {"id": c.id, "claim": c.text, "mechanisms": list(c.mechanisms), **check_of(c.id, brief=True)} for c in claims()
    ]


def _countries() -> list[Item]:
    from kladsim.world import list_packs, load_pack

    packs = [load_pack(name) for name in list_packs()]
    return [
        {"name": p.name, "title": p.title, "regions": len(p.region_code), "from": str(p.start),
         "people aged 14-64": p.persons_at_start}
        for p in packs
    ]  # fmt: skip


def _roles() -> list[Item]:
    from kladsim.validation.roles import roles

    return [row.model_dump() for row in roles()]


def _expected() -> list[Item]:
    from kladsim.validation.roles import expected_verdicts

    return [row.model_dump() for row in expected_verdicts()]


_LISTS: dict[str, Callable[[], list[Item]]] = {
    "scenarios": _scenarios,
    "levers": _levers,
    "packages": _packages,
    "quantities": _quantities,
    "parameters": _parameters,
    "costs": _costs,
    "mechanisms": _mechanisms,
    "outcomes": _outcomes,
    "claims": _claims,
    "countries": _countries,
    "roles": _roles,
    "expected": _expected,
}


def _short(value: Any) -> str:
    text = _format_value(value).replace("\n", "; ")
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


def _format_value(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return "\n".join(f"{key}: {entry}" for key, entry in value.items())
    if isinstance(value, list | tuple):
        return ("\n" if any(len(str(entry)) > 20 for entry in value) else ", ").join(str(entry) for entry in value)
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)
