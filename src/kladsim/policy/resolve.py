"""From scenario to run: the one door where names meet the country pack, the register and the quantities."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, get_args

from kladsim.core.errors import InputError, suggest, unknown_name
from kladsim.evidence.near import nearest
from kladsim.evidence.register import load_register
from kladsim.model.config import END_OF_TIME, MECHANISMS, Modifier, Operation, RunConfig
from kladsim.model.quantities import QUANTITIES
from kladsim.policy.added import added_mechanisms
from kladsim.policy.conflicts import parts_of
from kladsim.policy.scenario import PackLike, RegisterLike, Scenario


def resolve(scenario: Scenario, pack: PackLike, register: RegisterLike | None = None) -> RunConfig:
    """Return the complete configuration of a run.

    Modifiers that lie wholly outside the run are left out, so that they change neither numbers nor key.

    Raises
    ------
    InputError
        For another country's pack, an unknown region, parameter or quantity, or a value out of its range.
    """
    if pack.name != scenario.country:
        raise InputError("is not the pack's", where="country", value=scenario.country, allowed=pack.name)
    return RunConfig(
        country=scenario.country,
        start=scenario.start,
        until=scenario.until,
        scale=scenario.scale.denominator,
        seed=scenario.seed,
        parameters=_parameters(scenario, pack, register),
        added=_added(scenario),
        switches={name: scenario.mechanisms.get(name, True) for name in MECHANISMS},
        modifiers=_modifiers(scenario, pack),
        generator=scenario.generator,
    )


def in_run(modifier: Modifier, scenario: Scenario) -> bool:
    """Return whether a modifier acts on any day of the run."""
    return modifier.start < scenario.until and (modifier.end is None or modifier.end > scenario.start)


def _parameters(scenario: Scenario, pack: PackLike, register: RegisterLike | None) -> dict[str, float]:
    if register is None:
        register = load_register().localised(getattr(pack, "parameters", {}), pack.name)
    known = register.values()
    on = [added_mechanisms()[name].register for name in scenario.mechanisms if name not in MECHANISMS]
    own = {name: value for name, value in scenario.parameters.items() if not any(name in other for other in on)}
    for name in own:
        if name not in known:
            for mechanism, declared in added_mechanisms().items():
                if name in declared.register:
                    message, allowed = f"belongs to {mechanism}, which is off", f"mechanisms: {{{mechanism}: on}}"
                    raise InputError(message, where="parameters", value=name, allowed=allowed)
            allowed = f"{len(known)} names, see `kladsim list parameters`"
            near = nearest(name, known)
            raise InputError("unknown parameter", where="parameters", value=name, allowed=allowed, suggestion=near)
    return dict(sorted(register.override(own).values().items()))


def _added(scenario: Scenario) -> dict[str, dict[str, float]]:
    """Return the mechanisms of other packages that are on, with the values of their parameters."""
    added: dict[str, dict[str, float]] = {}
    for name in scenario.mechanisms:
        if name in MECHANISMS:
            continue
        register = added_mechanisms()[name].register
        own = {key: value for key, value in scenario.parameters.items() if key in register}
        added[name] = dict(sorted(register.override(own).values().items()))
    return added


def _modifiers(scenario: Scenario, pack: PackLike) -> tuple[Modifier, ...]:
    kept: list[Modifier] = []
    for where, lever in parts_of(scenario.levers):
        for modifier in lever.compile():
            if modifier.region is not None and modifier.region not in pack.region_code:
                raise _unknown_region(modifier.region, pack, f"{where}.where")
            check_quantity(modifier, QUANTITIES, where)
            if in_run(modifier, scenario):
                kept.append(modifier)
    return tuple(sorted(kept, key=_order))


def _unknown_region(code: str, pack: PackLike, where: str) -> InputError:
    """Return the complaint about a code that is none, with the code of the region whose name was given or is near."""
    names = dict(zip(getattr(pack, "region_name", ()), pack.region_code, strict=False))
    near = names.get(code) or suggest(code, pack.region_code) or names.get(suggest(code, names) or "")
    known = f"the country's codes, such as {', '.join(pack.region_code[:3])}"
    return InputError("unknown region", where=where, value=code, allowed=known, suggestion=near)


def _order(modifier: Modifier) -> tuple[Any, ...]:
    end = modifier.end or END_OF_TIME
    return (modifier.quantity, modifier.start, end, modifier.region or "", modifier.op, modifier.value)


def check_quantity(modifier: Modifier, quantities: Mapping[str, Any], where: str) -> None:
    """Raise `InputError` if no such quantity exists, no public body controls it, or the value cannot be."""
    quantity = quantities.get(modifier.quantity)
    if quantity is None:
        raise unknown_name("quantity", modifier.quantity, quantities, where=where)
    if quantity.control != "public":
        message = f"{modifier.quantity} is not in public hands"
        raise InputError(message, where=where, value=quantity.control, allowed="public")
    if quantity.reach == "nation" and modifier.region is not None:
        message = f"{modifier.quantity} is one for the whole country"
        raise InputError(message, where=f"{where}.where", value=modifier.region, allowed="no regions")
    if modifier.op not in get_args(Operation):
        raise unknown_name("operation", modifier.op, get_args(Operation), where=where)
    value, allowed = modifier.value, None
    if quantity.kind == "event" and not (value >= 1 and value == int(value)):
        allowed = "a whole number from 1"
    elif quantity.only_reduced and not (-1 <= value <= 0 if modifier.op == "add" else 0 <= value <= 1):
        allowed = "-1 to 0 (it can only be reduced)" if modifier.op == "add" else "0 to 1 (it can only be reduced)"
    elif quantity.kind == "share" and modifier.op == "set" and not 0 <= value <= 1:
        allowed = "0 to 1"
    elif quantity.kind == "factor" and modifier.op != "add" and not 0 <= value < math.inf:
        allowed = "0 or more"
    elif quantity.kind == "amount" and not 0 <= value < math.inf:
        allowed = "0 or more"
    if allowed:
        raise InputError(f"{modifier.quantity} cannot be this", where=where, value=value, allowed=allowed)
