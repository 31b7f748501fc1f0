"""Implementations of the methods that ``Scenario`` declares: reading, writing, resolving and printing it."""

from __future__ import annotations

from kladsim.core.accessors import register_accessor
from kladsim.policy import card, files
from kladsim.policy.resolve import resolve
from kladsim.policy.scenario import Scenario


def register() -> None:
    """Register every implementation."""
    register_accessor(Scenario.preset, files.read_preset)
    register_accessor(Scenario.from_yaml, files.read_scenario)
    register_accessor(Scenario.load, files.load_scenario)
    register_accessor(Scenario.to_yaml, files.write_scenario)
    register_accessor(Scenario.resolve, resolve)
    register_accessor(Scenario.notes, card.notes)
    register_accessor(Scenario.__repr__, card.format_scenario)
    register_accessor(Scenario._repr_html_, card.format_card)
