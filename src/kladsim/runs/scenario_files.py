"""Scenarios kept beside their runs: a run's directory holds what was simulated, and a plan is told and priced by more.

What a lever costs, and how a person wrote it, changes no simulated number and is no part of a run's key. So one run may
belong to several scenarios; where these cost different money, the run alone does not say which of them is meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from kladsim.core.errors import InputError, StorageError
from kladsim.core.files import alone, read_json, write_json

if TYPE_CHECKING:
    from kladsim.policy.scenario import Scenario
    from kladsim.runs.result import Result

FILE = "scenarios.json"


class ComparedRuns(Protocol):
    """A base run and the runs of plans that are compared with it."""

    @property
    def base(self) -> Result:
        """The run without the plans."""

    @property
    def plans(self) -> Mapping[str, Result]:
        """The run of each plan."""


def store_scenario(folder: Path, scenario: Scenario) -> None:
    """Add a scenario to those that a run's directory was made for, once each, the newest last."""
    path, key, content = folder / FILE, scenario.key(), scenario.to_plain()
    if list(_stored(path).items())[-1:] == [(key, content)]:
        return
    with alone(path, "scenarios of a run"):
        known = {name: entry for name, entry in _stored(path).items() if name != key}
        write_json(path, {**known, key: content})


def scenario_of(run: Result) -> Scenario | None:
    """Return the scenario that a run was made for, None where it is not known or several cost different money."""
    folder = getattr(run, "path", None)
    found = [scenario_from(content) for content in _stored(Path(folder) / FILE).values()] if folder else []
    known = [scenario for scenario in found if scenario is not None]
    spent = {repr(_spending(scenario)) for scenario in known}
    return known[-1] if len(spent) == 1 and len(known) == len(found) else None


def scenario_from(content: Mapping[str, Any]) -> Scenario | None:
    """Return a scenario from plain values, None where a lever of it is not installed here or has changed."""
    from kladsim.policy.scenario import Scenario

    try:
        return Scenario(**content)
    except (InputError, TypeError):
        return None


def scenarios_of(comparison: ComparedRuns) -> dict[str, Scenario]:
    """Return the scenarios of a comparison by name: those that it was made with, else those beside its runs."""
    known = dict(getattr(comparison, "scenarios", None) or {})
    for name, run in {comparison.base.name: comparison.base, **comparison.plans}.items():
        found = None if name in known else scenario_of(run)
        if found is not None:
            known[name] = found
    return known


def _stored(path: Path) -> dict[str, Any]:
    try:
        return read_json(path) if path.exists() else {}
    except StorageError:
        return {}  # damaged: as if the scenario were not known, which is said wherever it matters


def _spending(scenario: Scenario) -> list[Any]:
    """Return what a scenario's levers spend, whatever they are called and however they are grouped."""
    from kladsim.policy.costs import spending_of

    years = range(scenario.start.year, scenario.until.year + 1)
    entries = spending_of(scenario.levers, years, scenario.until)
    return sorted(repr(replace(entry, path="")) for entry in entries if any(entry.units) or any(entry.moved))
