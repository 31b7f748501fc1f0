"""Small tasks whose rows are known: what workers of any kind can find by name."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from kladsim.core.errors import StorageError
from kladsim.runs.executors import executor_named
from kladsim.runs.rows import RowFile, Runner, compute_rows
from kladsim.runs.tasks import Row, Task, Tick


@dataclass(frozen=True)
class NumberTask(Task):
    """A number, and a folder in which its function can leave marks."""

    number: int
    folder: str = ""

    @property
    def key(self) -> str:
        return str(self.number)


def double(task: NumberTask, tick: Tick) -> Row:
    return {"key": task.key, "value": 2 * task.number, "nan": float("nan"), "pid": os.getpid()}


def fail_at_one(task: NumberTask, tick: Tick) -> Row:
    if task.number == 1:
        raise ValueError("on purpose")
    return double(task, tick)


def die_at_one(task: NumberTask, tick: Tick) -> Row:
    """Kill the process as often as the folder says, then answer."""
    mark = Path(task.folder) / f"{time.monotonic_ns()}.death"
    if task.number == 1 and len(list(mark.parent.glob("*.death"))) < int((mark.parent / "deaths").read_text()):
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return double(task, tick)


def fill_the_disk(task: NumberTask, tick: Tick) -> Row:
    raise StorageError("no space left")


def print_a_line(task: NumberTask, tick: Tick) -> Row:
    print("noise of a library")
    return double(task, tick)


def sleep(task: NumberTask, tick: Tick) -> Row:
    (Path(task.folder) / f"{os.getpid()}.pid").touch()
    time.sleep(600)
    return {}


def compute(function: Any, many: int, workers: int = 1, folder: Path | None = None, **runner: Any) -> list[int]:
    """Return the values of the rows of so many tasks."""
    folder = folder or Path(mkdtemp())
    rows = RowFile(folder / "rows.jsonl")
    tasks = [NumberTask(number, str(folder)) for number in range(many)]
    compute_rows("numbers", function, tasks, rows, Runner(executor_named(None, workers), **runner))
    there = rows.read()
    return [there[task.key]["value"] for task in tasks]
