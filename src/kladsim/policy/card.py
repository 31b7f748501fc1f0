"""How a scenario looks: one line that shows what changed, a card for notebooks, and notes before a run."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import NamedTuple

from kladsim.core.errors import InputError
from kladsim.model.config import FIRST_DAY
from kladsim.policy.fields import plain
from kladsim.policy.files import read_preset
from kladsim.policy.lever import Lever, Programme
from kladsim.policy.resolve import in_run
from kladsim.policy.scenario import Scenario


class FieldChange(NamedTuple):
    """One difference from the base: what, its value there ("" if none) and its value here."""

    what: str
    was: str
    now: str


def changes(scenario: Scenario) -> tuple[FieldChange, ...]:
    """Return what differs from the preset the scenario is based on; without one, from the defaults."""
    return tuple(_differences(scenario, preset_of(scenario)))


def format_scenario(scenario: Scenario) -> str:
    """Return the printed form: name, base and what changed against it."""
    parts = [f"{what} {was} → {now}" if was else f"{what} {now}" for what, was, now in changes(scenario)]
    base = f" from {scenario.based_on}" if scenario.based_on and scenario.based_on != scenario.name else ""
    told = ", ".join(parts) if parts else _span(scenario)
    return f"Scenario({scenario.name!r}{base}: {told})"


def format_card(scenario: Scenario) -> str:
    """Return a small table for notebooks: the run in one row, then what changed."""
    rows = "".join(
        f"<tr><th scope='row'>{escape(what)}</th><td>{escape(was)}</td><td>{escape(now)}</td></tr>"
        for what, was, now in changes(scenario)
    )
    base = escape(scenario.based_on or "defaults")
    table = (
        f"<table><thead><tr><th scope='col'>changed</th><th scope='col'>{base}</th>"
        f"<th scope='col'>here</th></tr></thead><tbody>{rows}</tbody></table>"
        if rows
        else f"<p>As {base}.</p>"
    )
    remarks = "".join(f"<li>{escape(note)}</li>" for note in notes(scenario))
    listed = f"<ul>{remarks}</ul>" if remarks else ""
    title = f"<strong>{escape(scenario.name)}</strong> · {escape(_span(scenario))}"
    return f"<section><p>{title}</p>{table}{listed}</section>"


def notes(scenario: Scenario) -> tuple[str, ...]:
    """Return one sentence for each lever that the run cannot feel or that goes beyond what studies cover."""
    told: list[str] = []
    for lever in scenario.levers:
        modifiers = lever.compile()
        if not any(in_run(modifier, scenario) for modifier in modifiers):
            why = "its dates lie outside the run" if modifiers else "its strength is 0"
            told.append(f"{lever!r} has no effect: {why}.")
        told.extend(f"{sentence}." for sentence in lever.undocumented())
        first = f"runs from the model's first day on, {FIRST_DAY}; name a start if it should not"
        told.extend(f"{part!r} {first}." for part in _undated(lever))
    return tuple(told)


def _undated(lever: Lever) -> Iterator[Programme]:
    """Yield the programmes in a lever that begin on the model's first day, as one does whose start is not named."""
    for _, part in lever.parts():
        if isinstance(part, Programme) and part.strength > 0 and part.start == FIRST_DAY:
            yield part


def _span(scenario: Scenario) -> str:
    days = f"{scenario.start} until {scenario.until}"
    return f"{scenario.country}, {days}, scale {scenario.scale}, seed {scenario.seed}"


def preset_of(scenario: Scenario) -> Scenario:
    """Return the preset that a scenario is based on; without one, a scenario of defaults."""
    try:
        return read_preset(scenario.based_on) if scenario.based_on else Scenario(name=scenario.name)
    except InputError:
        return Scenario(name=scenario.name)


def _differences(scenario: Scenario, base: Scenario) -> Iterator[FieldChange]:
    for field in ("country", "start", "until", "scale", "seed", "generator"):
        was, now = getattr(base, field), getattr(scenario, field)
        if was != now:
            yield FieldChange(field, str(plain(was)), str(plain(now)))
    for name in sorted({*base.parameters, *scenario.parameters}):
        was, now = (given.parameters.get(name, "register") for given in (base, scenario))
        if was != now:
            yield FieldChange(name, str(was), str(now))
    for name in sorted({*base.mechanisms} ^ {*scenario.mechanisms}):
        yield FieldChange(name, "", "off" if name in scenario.mechanisms else "on")
    yield from (FieldChange("+", "", repr(lever)) for lever in scenario.levers if lever not in base.levers)
    yield from (FieldChange("−", "", repr(lever)) for lever in base.levers if lever not in scenario.levers)
