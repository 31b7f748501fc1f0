"""Compute the design: each history with its plans is a task, kept as a row as soon as it is finished."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Self

from kladsim.core.errors import InputError
from kladsim.core.files import read_lines
from kladsim.inference.emulator.axes import levers_at, parameter_axes
from kladsim.inference.emulator.design import History, country_draws, source_of
from kladsim.inference.emulator.keys import emulator_key
from kladsim.inference.emulator.measures import national_series, yearly
from kladsim.policy.scenario import Scenario
from kladsim.runs.engine import DEFAULT_ENGINE
from kladsim.runs.executing import world_of
from kladsim.runs.kernels import prepare_kernels
from kladsim.runs.outcomes import disclose_all
from kladsim.runs.rows import RowFile, Runner, compute_rows
from kladsim.runs.store import runs_root
from kladsim.runs.tasks import Row as Row
from kladsim.runs.tasks import Task, Tick

PRESET = "russia"


class HistoryRows(RowFile):
    """Finished histories of one version of the code: a JSON line each.

    Parameters
    ----------
    k : the scale 1/k
    root : folder for all versions (default: the folder for runs)
    """

    def __init__(self, k: int, root: Path | None = None) -> None:
        super().__init__((root or runs_root()) / f"emulator-{emulator_key()[:12]}" / f"histories-{k}.jsonl")

    def read(self) -> dict[str, Row]:
        """Return the rows by their histories, the last of each; a torn line counts as missing."""
        rows: Iterable[Row] = (row for row in read_lines(self.path) if "history" in row and "plans" in row)
        return {_key(row["history"]): row for row in rows}

    def of(self, design: Sequence[History]) -> list[Row]:
        """Return the finished rows of a design, in its order."""
        there = self.read()
        return [there[key] for key in (_key(history.to_plain()) for history in design) if key in there]


def _key(history: Mapping[str, Any]) -> str:
    return json.dumps(history, sort_keys=True)


@dataclass(frozen=True)
class HistoryTask(Task):
    """A history of the design at a scale 1/k."""

    history: History
    k: int
    engine: str = DEFAULT_ENGINE

    @property
    def key(self) -> str:
        """The history as its row holds it."""
        return _key(self.history.to_plain())

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {"history": self.history.to_plain(), "k": self.k, "engine": self.engine}

    @classmethod
    def from_plain(cls, content: dict[str, Any]) -> Self:
        """Return the task that ``to_plain`` described."""
        return cls(**content | {"history": History.from_plain(content["history"])})

    def code_key(self) -> str:
        """The digest of the code and data that make the row."""
        return emulator_key()


def compute(
    design: Sequence[History], rows: HistoryRows, runner: Runner, *, k: int, engine: str = DEFAULT_ENGINE
) -> None:
    """Run every history of the design that has no row yet.

    Raises
    ------
    KeyboardInterrupt : interrupted; finished histories stay, the same call resumes
    """
    tasks = [HistoryTask(history, k, engine) for history in design]
    compute_rows("training runs", run_history, tasks, rows, runner, "histories")


def run_history(task: HistoryTask, tick: Tick) -> Row:
    """Run one history to the start of its plans, then its base and every plan from the saved state.

    Returns
    -------
    the history, the base's measures and each plan's differences by year, and what it cost in seconds
    """
    prepare_kernels()
    history = task.history
    model, pack = world_of(task.engine, Scenario.preset(PRESET).country)
    began = time.perf_counter()
    preset = Scenario.preset(PRESET).with_(until=history.until, scale=f"1/{task.k}")
    parameters = parameters_of(history, dict(preset.resolve(pack).parameters))
    base = preset.with_(parameters=parameters) if parameters else preset
    config = base.resolve(pack)
    past = model.start(config, pack, history.number, 1)
    past.run(until_day=(history.start - config.start).days)

    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state.npz"
        past.save(state)

        def future(changes: dict[str, float]) -> dict[str, list[float]]:
            levers = levers_at(changes, history.start)
            run = model.load(state, base.with_(*levers).resolve(pack), pack, 1)
            run.run()
            released = disclose_all(run.results(), model.outcomes, config.start, model.axes.get("age", ()))
            return yearly(national_series(released), config, history.start, history.years, levers)

        before = future({})
        after = [future(changes) for changes in history.plans]
    return {
        "history": history.to_plain(),
        "base": _rounded(before),
        "plans": [
            _rounded({name: [a - b for a, b in zip(one[name], before[name], strict=True)] for name in before})
            for one in after
        ],
        "seconds": round(time.perf_counter() - began, 2),
    }


def parameters_of(history: History, usual: Mapping[str, float]) -> dict[str, float]:
    """Return the parameters that a history changes: its draw, and the axes where they are moved over their range.

    Raises
    ------
    InputError : the history was designed for other draws than the country's runs have now
    """
    draws = country_draws() if history.source else None
    if source_of(draws) != history.source:
        raise InputError("was designed for other draws of parameters", where=f"history {history.number}",
                         value=history.source, allowed=source_of(draws))  # fmt: skip
    values = {} if draws is None else draws.at(history.draw)
    if history.wide:
        axes = zip(parameter_axes(usual), history.units, strict=True)
        values = values | {axis.name: axis.at(unit) for axis, unit in axes}
    return values


def _rounded(values: dict[str, list[float]]) -> dict[str, list[float]]:
    return {name: [float(f"{value:.8g}") for value in of] for name, of in values.items()}


def started(row: Row) -> date:
    """Return when a row's plans begin."""
    return date.fromisoformat(str(row["history"]["start"]))
