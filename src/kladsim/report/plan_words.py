"""Plans in plain words: each lever with what it asks for, when and where, and parameters or mechanisms that differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from kladsim.core.formatting import Language, typeset_exact
from kladsim.evidence.register import load_register
from kladsim.evidence.translating import lookup
from kladsim.model.quantities import QUANTITIES
from kladsim.policy.conflicts import parts_of
from kladsim.policy.lever import Lever
from kladsim.policy.scenario import Scenario
from kladsim.report.people import region_names
from kladsim.report.words import translate
from kladsim.runs.result import Result

SHARES = ("share", "strength")
APART = ("start", "date", "end", "where", "of", "levers")
OPERATIONS = {"set": "{what}: {value}", "multiply": "{what}: times {value}", "add": "{what}: {value} more"}


def describe_plan(plan: Result, base: Result, scenario: Scenario | None, language: Language = "en") -> list[str]:
    """Return what a plan changes against its base, a phrase each; nothing is left out because it is no lever.

    Parameters
    ----------
    scenario : the plan as written; without it the changes that the run records are described
    """
    country = str(plan.scenario["config"]["country"])
    if scenario is not None:
        lines = [describe_lever(lever, country, language) for lever in _parts(scenario)]
    else:
        lines = list(_describe_changes(plan, base, country, language))
        lines = [translate("levers are not on record; what they change:", language), *lines] if lines else []
    return [*lines, *_describe_settings(plan, base, language)]


def describe_lever(lever: Lever, country: str, language: Language = "en") -> str:
    """Return a lever as a phrase: title, options, time and place."""
    options = lever.options()
    parts = [_describe_option(lever, name, value, language) for name, value in options.items() if name not in APART]
    begin = getattr(lever, type(lever).dated_by)
    end, where = getattr(lever, "end", None), getattr(lever, "where", ())
    parts.append(_describe_time(begin, end, language, once=type(lever).dated_by == "date"))
    if where:
        parts.append(_describe_places(where, country, language))
    return f"{title_of_lever(lever.name, language)}: {', '.join(part for part in parts if part)}"


def title_of_lever(name: str, language: Language = "en") -> str:
    """Return the title of a lever; one that has none is called by its name."""
    return lookup("lever", name, language, name.replace("_", " ").capitalize())


def _parts(scenario: Scenario) -> Iterator[Lever]:
    return (lever for _, lever in parts_of(scenario.levers))


def _describe_option(lever: Lever, name: str, value: Any, language: Language) -> str:
    label = lookup("option", name, language, name.replace("_", " "))
    if name in SHARES and isinstance(value, int | float):
        return f"{label} {typeset_exact(100 * value, language)} %"
    if isinstance(value, str):
        return f"{label}: {lookup('choice', value, language)}"
    return f"{label} {_format_setting(value, language)}"


def _format_setting(value: Any, language: Language) -> str:
    return typeset_exact(value, language) if isinstance(value, int | float) else str(value)


def _describe_time(start: date | str, end: date | str | None, language: Language, *, once: bool = False) -> str:
    begun = translate("on {date}" if once else "from {date}", language).format(date=start)
    return begun if end is None else f"{begun} {translate('until {date}', language).format(date=end)}"


def _describe_places(codes: Any, country: str, language: Language) -> str:
    names, at = region_names(country), 1 if language == "ru" else 0
    return ", ".join(names[code][at] if code in names else str(code) for code in codes)


def _describe_changes(plan: Result, base: Result, country: str, language: Language) -> Iterator[str]:
    """Yield what a run records of its levers: quantities that differ from the base's, by what they are."""
    before = base.scenario["config"].get("modifiers", [])
    for change in plan.scenario["config"].get("modifiers", []):
        if change in before:
            continue
        quantity = QUANTITIES.get(change["quantity"])
        what = quantity.doc if quantity is not None else change["quantity"]
        line = translate(OPERATIONS[change["op"]], language).format(
            what=what, value=_format_setting(change["value"], language)
        )
        where = _describe_places([change["region"]], country, language) if change.get("region") else ""
        yield ", ".join(
            part for part in (line, _describe_time(change["start"], change.get("end"), language), where) if part
        )


def _describe_settings(plan: Result, base: Result, language: Language) -> Iterator[str]:
    """Yield parameters and mechanisms that differ from the base's."""
    after, before = (run.scenario["config"] for run in (plan, base))
    register = load_register()
    values: tuple[Mapping[str, Any], Mapping[str, Any]] = (after.get("parameters", {}), before.get("parameters", {}))
    drawn = (base.scenario.get("draws") or {}).get("names", ())
    for name in sorted({*values[0], *values[1]}):
        now, was = (of.get(name) for of in values)
        if now != was:
            doc = register[name].doc.rstrip(".") if name in register else ""
            had = translate("drawn", language) if name in drawn else _format_setting(was, language)
            text = translate("parameter {name} ({doc}): {now} instead of {was}", language)
            yield text.format(name=name, doc=doc, now=_format_setting(now, language), was=had)
    switches = (after.get("switches", {}), before.get("switches", {}))
    for name in sorted({*switches[0], *switches[1]}):
        now, was = (of.get(name, True) for of in switches)
        if now != was:
            text = "mechanism {name} switched on" if now else "mechanism {name} switched off"
            yield translate(text, language).format(name=name)
