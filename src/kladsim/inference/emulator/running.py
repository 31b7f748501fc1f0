"""Compute the design: a history once, its futures many; each finished history is kept, so that all resumes."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from kladsim.core.errors import InputError
from kladsim.core.files import add_row, read_lines
from kladsim.inference.emulator.axes import levers_at, parameter_axes
from kladsim.inference.emulator.design import History, country_draws, source_of
from kladsim.inference.emulator.keys import emulator_key
from kladsim.inference.emulator.measures import national_series, yearly
from kladsim.runs.engine import DEFAULT_ENGINE
from kladsim.runs.executing import world_of
from kladsim.runs.kernels import prepare_kernels
from kladsim.runs.outcomes import release_all
from kladsim.runs.store import make_folder, runs_root
from kladsim.runs.workers import side_by_side

PRESET = "russia"
Row = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """How far a computation is: histories done of all, those computed now, and the seconds that took."""

    done: int
    total: int
    computed: int
    seconds: float


Report = Callable[[Told], None]


class Rows:
    """Finished histories of one version of the code: a JSON line each.

    Parameters
    ----------
    k : the scale 1/k
    root : folder for all versions (default: the folder for runs)
    """

    def __init__(self, k: int, root: Path | None = None) -> None:
        self.path = (root or runs_root()) / f"emulator-{emulator_key()[:12]}" / f"histories-{k}.jsonl"

    def read(self) -> list[Row]:
        """Return the rows, the last of each history; a torn line counts as missing."""
        rows = (row for row in read_lines(self.path) if "history" in row and "plans" in row)
        return list({json.dumps(row["history"], sort_keys=True): row for row in rows}.values())

    def of(self, design: Sequence[History]) -> list[Row]:
        """Return the finished rows of a design, in its order."""
        there = {json.dumps(row["history"], sort_keys=True): row for row in self.read()}
        keys = (json.dumps(history.to_plain(), sort_keys=True) for history in design)
        return [there[key] for key in keys if key in there]

    def add(self, row: Row) -> None:
        """Append a finished row."""
        add_row(self.path, row)


def compute(
    design: Sequence[History], rows: Rows, *, k: int, workers: int = 1, report: Report | None = None,
    engine: str = DEFAULT_ENGINE,
) -> None:  # fmt: skip
    """Run every history of the design that has no row yet.

    Raises
    ------
    KeyboardInterrupt : interrupted; finished histories stay, the same call resumes
    """
    make_folder(rows.path.parent)
    prepare_kernels()
    there = {json.dumps(row["history"], sort_keys=True) for row in rows.read()}
    left = [h for h in design if json.dumps(h.to_plain(), sort_keys=True) not in there]
    began, computed = time.monotonic(), 0

    def keep(row: Row) -> None:
        nonlocal computed
        rows.add(row)
        computed += 1
        if report is not None:
            report(Told(len(design) - len(left) + computed, len(design), computed, time.monotonic() - began))

    if workers <= 1 or len(left) <= 1:
        for history in left:
            keep(run_history(history, k, engine))
    else:
        work = partial(run_history, k=k, engine=engine)
        side_by_side(work, left, min(workers, len(left)), lambda _, row: keep(row))


def run_history(history: History, k: int, engine: str = DEFAULT_ENGINE) -> Row:
    """Run one history to the start of its plans, then its base and every plan from the saved state.

    Returns
    -------
    the history, the base's measures and each plan's differences by year, and what it cost in seconds
    """
    from kladsim.policy.scenario import Scenario

    model, pack = world_of(engine, Scenario.preset(PRESET).country)
    began = time.perf_counter()
    preset = Scenario.preset(PRESET).with_(until=history.until, scale=f"1/{k}")
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
            released = release_all(run.results(), model.outcomes, config.start, model.axes.get("age", ()))
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
