"""The tiny model with every outcome that cost and health need: numbers a year that levers move."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from tests.study import fake_model
from tests.study.fake_model import FakeArray, FakeOutcome, FakeSimulation

from kladsim.model.config import RunConfig
from kladsim.runs.engine import Engine

SPEC = "tests.study.valued_model:valued_engine"
FLOWS = {
    "deaths": 3.0, "deaths_at_front": 2.0, "poisonings_nonfatal": 5.0, "psychoses": 4.0, "treatment_starts": 6.0,
    "convictions_trafficking": 9.0, "convictions_possession": 8.0, "convictions_minor": 1.0, "diverted": 0.0,
    "arrests_courier": 7.0, "arrests_minor": 1.0, "victims_of_punishment": 2.0, "victims_punished_falsely": 1.0,
    "prison_years": 20.0,
}  # fmt: skip
LEVELS = {"people_who_use": 300.0, "dependent": 90.0, "in_treatment": 10.0}
UNITS = {"prison_years": "person-years", "poisonings_nonfatal": "events", "psychoses": "events"}
OUTCOMES = {
    name: FakeOutcome(name, UNITS.get(name, "persons"), name, "health", (("year",),), name == "deaths", "lower")
    for name in (*FLOWS, *LEVELS)
}
for _item in OUTCOMES.values():
    _item.__dict__["kind"] = "level" if _item.name in LEVELS else "flow"


class ValuedSimulation(FakeSimulation):
    """Its yearly numbers follow the trace: fewer of everything where levers are on, other luck by replicate."""

    @classmethod
    def load(cls, path: Path, config: RunConfig) -> ValuedSimulation:
        told = super().load(path, config)
        return _as(told, config)

    def branch(self, config: RunConfig) -> ValuedSimulation:
        return _as(super().branch(config), config)

    def results(self) -> dict[str, FakeArray]:
        days = np.datetime64(self.config.start, "D") + np.arange(len(self.trace))
        years = days.astype("datetime64[Y]").astype(int)
        yearly = np.bincount(years - years[0], weights=np.array(self.trace, dtype=np.float64))
        on = any(m.quantity.startswith("justice.diversion") for m in self.config.modifiers)
        values = {name: yearly * size / 10 for name, size in {**FLOWS, **LEVELS}.items()}
        values["diverted"] = yearly * 0.3 * on
        return {
            name: FakeArray(name, ("year",), array, OUTCOMES[name].unit, "health") for name, array in values.items()
        }


def _as(told: FakeSimulation, config: RunConfig) -> ValuedSimulation:
    made = ValuedSimulation(config, told.replicate)
    made.day, made.trace = told.day, told.trace
    return made


def valued_engine() -> Engine:
    def start(config: RunConfig, pack: Any, replicate: int, threads: int) -> ValuedSimulation:
        return ValuedSimulation(config, replicate)

    def load(path: Path, config: RunConfig, pack: Any, threads: int) -> ValuedSimulation:
        return ValuedSimulation.load(path, config)

    pack: Callable[[str], Any] = fake_model._pack
    return Engine("valued-1", OUTCOMES, pack, start, load)
