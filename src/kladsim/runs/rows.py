"""Rows of finished tasks in files of JSON lines, and the computation of those that are not there yet.

Calibration, emulator and validation compute so: a store of rows, a function that makes one, and a ``Runner`` that says
where it is called.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from kladsim.core.errors import KladsimError
from kladsim.core.files import add_row, read_rows
from kladsim.runs.executors import InProcess
from kladsim.runs.kernels import prepare_kernels
from kladsim.runs.store import make_folder
from kladsim.runs.tasks import (
    A,
    A_contra,
    Executor,
    Failure,
    Function,
    Report,
    Row,
    Shard,
    Store,
    Task,
    TaskCounter,
    map_tasks,
)  # fmt: skip

FAILURES = "failed.jsonl"
POLL_SECONDS = 2.0


class UnfinishedShardsError(KladsimError):
    """This shard's tasks are done, and what follows needs rows of others; ``str`` says what to do."""


@dataclass(frozen=True)
class Runner:
    """Where tasks run, which share of them, and who hears how far they are.

    Parameters
    ----------
    executor : where tasks run; changes no row
    shard : the share of every step's tasks that this process computes
    patience : seconds to wait for a row of another shard before giving up
    report : hears of progress
    """

    executor: Executor = field(default_factory=InProcess)
    shard: Shard = field(default_factory=Shard)
    patience: float = 0.0
    report: Report | None = None


HERE = Runner()
"""In this process, all tasks."""


class RowFolder:
    """A folder of rows, with a file of what failed.

    Parameters
    ----------
    folder : where rows lie
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep_failure(self, task: Task, failure: Failure) -> None:
        """Append the error of a task to the file of failures."""
        add_row(self.folder / FAILURES, {**vars(failure), "seconds": time.time()})


class RowStore(Store[A_contra], Protocol[A_contra]):
    """A store in a folder."""

    folder: Path


class RowFile(RowFolder):
    """Rows in a file that several processes may write: a JSON line each, the last of a key counts.

    Parameters
    ----------
    path : the file
    required : fields without which a row counts as missing
    """

    def __init__(self, path: Path, required: Sequence[str] = ()) -> None:
        super().__init__(path.parent)
        self.path = path
        self.required = tuple(required)

    def read(self) -> Mapping[str, Row]:
        """Return the rows by key; a torn line counts as missing."""
        return {key: row for key, row in read_rows(self.path, "key").items() if set(self.required) <= set(row)}

    def add(self, row: Row) -> None:
        """Append a finished row."""
        add_row(self.path, row)

    def find_finished(self, tasks: Sequence[A]) -> set[str]:
        """Return the keys of tasks that have a row."""
        return set(self.read()) & {task.key for task in tasks}

    def keep(self, task: A, row: Row, content: bytes) -> None:
        """Append the row of a task."""
        self.add(row)


def compute_rows(
    name: str, function: Function[A], tasks: Sequence[A], store: RowStore[A], runner: Runner, unit: str = "runs"
) -> None:
    """Compute the rows of all tasks, or of the runner's shard of them, that the store does not have.

    Raises
    ------
    KladsimError : tasks failed; the rows of the others are kept
    UnfinishedShardsError : rows of other shards are missing
    KeyboardInterrupt : interrupted; rows that are finished stay, the same call resumes
    """
    make_folder(store.folder)
    prepare_kernels()
    unique = list({task.key: task for task in tasks}.values())
    there = store.find_finished(unique)
    own = runner.shard.part(unique)
    watch = TaskCounter(name, len(unique), len(there), runner.report, unit)
    failures = map_tasks(function, own, runner.executor, store, watch)
    if failures:
        raise KladsimError(
            f"{name}: {len(failures)} of {len(own)} {unit} failed, the others are kept; the first: "
            f"{failures[0].error} (tracebacks in {store.folder / FAILURES})"
        )
    if runner.shard.of > 1:
        _wait_for_others(name, unique, store, runner, unit)


def _wait_for_others(name: str, tasks: Sequence[A], store: RowStore[A], runner: Runner, unit: str) -> None:
    """Return when every task has a row, whoever computed it.

    Raises
    ------
    UnfinishedShardsError : no row has come for the runner's patience
    """
    missing, since = len(tasks) - len(store.find_finished(tasks)), time.monotonic()
    while missing:
        if time.monotonic() - since >= runner.patience:
            raise UnfinishedShardsError(
                f"{name}: shard {runner.shard.number}/{runner.shard.of} has done its part; {missing} of {len(tasks)} "
                f"{unit} are other shards'. Run those, then this command again: with --shard for the share of what "
                "comes next, without it to do all that is missing."
            )
        time.sleep(POLL_SECONDS)
        left = len(tasks) - len(store.find_finished(tasks))
        if left < missing:
            missing, since = left, time.monotonic()
