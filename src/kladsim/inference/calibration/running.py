"""Runs of the model at many points: each is a task, its row is kept as soon as it is there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from kladsim.inference.calibration.store import CalibrationRows, Row, making_key, row_key
from kladsim.runs.kernels import prepare_kernels
from kladsim.runs.rows import Runner, compute_rows
from kladsim.runs.tasks import Task, Tick

UNTIL = date(2025, 1, 1)
"""The last targets need 2024."""
COURIERS = {date(2020, 12, 31): ("couriers_begin",), date(2021, 12, 31): ("couriers_end",)}
"""The evenings on which couriers are looked at: how many of the first are replaced at the second (P10)."""


@dataclass(frozen=True)
class CalibrationTask(Task):
    """One run: parameter values beside the register's, the replicate that gives its luck, and the scale 1/k."""

    values: tuple[tuple[str, float], ...]
    replicate: int
    scale: int = 100
    country: str = "russia"
    off: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The key of its row."""
        return row_key(dict(self.values), self.replicate, self.scale, self.off)

    def code_key(self) -> str:
        """The digest of the code and data that make the row."""
        return making_key(self.country)


def run_one(wanted: CalibrationTask, tick: Tick) -> Row:
    """Run one replicate and return its row."""
    from kladsim.inference.calibration.summaries import summarise
    from kladsim.model import Simulation
    from kladsim.policy.scenario import Scenario
    from kladsim.study.measures.cohorts import Cohorts
    from kladsim.world import load_pack

    prepare_kernels()
    began = time.process_time()
    pack = load_pack(wanted.country)
    scenario = Scenario.preset(wanted.country).with_(
        until=UNTIL,
        scale=f"1/{wanted.scale}",
        seed=1,
        parameters=dict(wanted.values),
        mechanisms={name: False for name in wanted.off},
    )
    row: Row = {"key": wanted.key, "replicate": wanted.replicate}
    try:
        simulation = Simulation(scenario.resolve(pack), pack, wanted.replicate, 1)
        cohorts = Cohorts(COURIERS)
        for evening in COURIERS:
            simulation.run(pack.day_of(evening) + 1)
            cohorts.look(simulation)
        simulation.run()
        row["values"] = summarise(simulation) | cohorts.facts
    except RuntimeError as error:  # a point at which the model cannot run is a row without numbers, the rest goes on
        row |= {"values": {}, "error": str(error)}
    return row | {"seconds": round(time.process_time() - began, 2)}


def compute(what: str, wanted: Sequence[CalibrationTask], rows: CalibrationRows, runner: Runner) -> list[Row]:
    """Run what has no row yet and return the rows in the order wanted.

    Raises
    ------
    KeyboardInterrupt : interrupted; rows that are finished stay, the same call resumes
    """
    compute_rows(what, run_one, wanted, rows, runner)
    there = rows.read()
    return [there[item.key] for item in wanted]
