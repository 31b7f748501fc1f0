"""A question as people write it: a scenario and ``LEVER.OPTION=VALUE`` or ``PARAMETER=VALUE``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from kladsim.core.errors import InputError, unknown_name
from kladsim.evidence import load_register
from kladsim.inference.emulator.predicting import LAST, Emulator, Prediction, UncoveredError

if TYPE_CHECKING:
    from kladsim.policy.lever import Lever


FORM = "LEVER.OPTION=VALUE or PARAMETER=VALUE"


def ask(
    emulator: Emulator, plan: str | None, settings: Sequence[str], *, start: str, until: str | None = None,
    runs: int = 8,
) -> Prediction:  # fmt: skip
    """Return the prediction for a scenario's levers and those that settings name.

    Without ``until`` the prediction ends where the scenario says that it ends, else with the model's time.

    Raises
    ------
    InputError : an unknown lever, option or parameter, or one that the emulator does not know
    """
    from kladsim.policy.fields import parse_day
    from kladsim.policy.overrides import read_number_or_text
    from kladsim.policy.registry import lever_classes

    options: dict[str, dict[str, Any]] = {}
    parameters: dict[str, float] = {}
    for text in settings:
        name, sign, value = (part.strip() for part in text.partition("="))
        head, _, tail = name.partition(".")
        if not (sign and tail and value):
            raise InputError("is no setting", where="--set", value=text, allowed=FORM)
        if head in lever_classes():
            options.setdefault(head, {})[tail] = read_number_or_text(value)
        else:
            parameters[name] = _parameter(name, value, emulator)
    levers, changed, end = _of_plan(plan, emulator)
    levers += [_lever(name, given, start) for name, given in options.items()]
    last = end if until is None else parse_day(until)
    return emulator.predict(levers, until=last, parameters=changed | parameters, runs=_runs(runs))


def _runs(runs: int) -> int:
    if not 1 <= runs <= 100_000:
        raise InputError("is out of range", where="--replicates", value=runs, allowed="1 to 100000")
    return runs


def _of_plan(plan: str | None, emulator: Emulator) -> tuple[list[Lever], dict[str, float], date]:
    from kladsim.inference.emulator.running import PRESET
    from kladsim.policy.card import preset_of
    from kladsim.policy.scenario import Scenario

    if plan is None:
        return [], {}, LAST
    scenario = Scenario.load(plan)
    usual = Scenario.preset(PRESET)
    for name in ("country", "start", "mechanisms"):
        if getattr(scenario, name) != getattr(usual, name):
            raise UncoveredError("is not what the emulator was trained on", where=f"{plan}.{name}",
                            value=str(getattr(scenario, name)), allowed=str(getattr(usual, name)))  # fmt: skip
    changed = {
        name: _parameter(name, str(value), emulator, f"{plan}.parameters")
        for name, value in scenario.parameters.items()
        if usual.parameters.get(name) != value
    }
    ends_itself = scenario.until != preset_of(scenario).until  # the end of a preset was asked for by nobody
    return list(scenario.levers), changed, scenario.until if ends_itself else LAST


def _parameter(name: str, value: str, emulator: Emulator, where: str = "--set") -> float:
    register = load_register()
    if name not in emulator.parameters:
        raise unknown_name("lever option or parameter of the emulator", name, emulator.parameters, where=where)
    if register[name].control == "market":
        message = "is a market parameter: one of all that vary as uncertainty, never alone"
        raise InputError(message, where=where, value=name)
    try:
        return float(value)
    except ValueError:
        raise InputError("is no number", where=name, value=value) from None


def _lever(name: str, given: dict[str, Any], start: str) -> Lever:
    from kladsim.policy.registry import lever_class, parse_lever

    return parse_lever({"lever": name, lever_class(name).dated_by: date.fromisoformat(start)} | given)
