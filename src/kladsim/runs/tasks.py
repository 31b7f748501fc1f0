"""The task runner: independent tasks run once each, on any executor, and a store keeps every result.

A function of a module turns a task into a row. The store says which tasks have a result already and keeps each result
as soon as it is there, so that a computation that ended in any way goes on where it was. Rows do not depend on the
executor, the number of processes, or the order in which they run.
"""

from __future__ import annotations

import json
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, Generic, Protocol, Self, TypeVar

from kladsim.core.errors import InputError, StorageError
from kladsim.core.files import plain

T = TypeVar("T")
Row = dict[str, Any]
Tick = Callable[[int, int], None]
"""Hears how far a task is: steps done, of all."""


class Task(ABC):
    """One unit of work as a value: its key names its result, and it can travel as JSON to another process or host."""

    @property
    @abstractmethod
    def key(self) -> str:
        """The name of its result."""

    @property
    def group(self) -> Hashable:
        """Tasks of one group run in one process, one after the other; None: alone."""
        return None

    @property
    def output(self) -> Path | None:
        """The file that the function writes beside its row, if it writes one."""
        return None

    @property
    def root(self) -> Path | None:
        """The folder below which the output lies: a host that sees it writes there."""
        return None

    def to_plain(self) -> dict[str, Any]:
        """Return what ``from_plain`` needs, as JSON holds it."""
        return asdict(self)  # type: ignore[call-overload,no-any-return]

    @classmethod
    def from_plain(cls, content: dict[str, Any]) -> Self:
        """Return the task that ``to_plain`` described."""
        return cls(**content)

    def code_key(self) -> str:
        """Return the digest of the code and data that decide the result: other hosts must have the same."""
        return ""

    def moved_to(self, folder: Path) -> Self:
        """Return the same work with its output in another folder, for a host that does not see ``root``."""
        return self


@dataclass(frozen=True)
class Failure:
    """A task that raised: a row with its traceback, while the others go on."""

    key: str
    error: str
    trace: str


A = TypeVar("A", bound=Task)
A_contra = TypeVar("A_contra", bound=Task, contravariant=True)
Function = Callable[[A, Tick], Row]


@dataclass(frozen=True)
class Batch(Generic[A]):
    """What an executor runs: groups of tasks, and who hears of steps within a task and of its end.

    ``ended`` gets the bytes of an output that another host wrote, none of one that lies in its place.
    """

    function: Function[A]
    groups: Sequence[Sequence[A]]
    tick: Callable[[A, int, int], None]
    ended: Callable[[A, Row | Failure, bytes], None]


class Executor(Protocol):
    """Runs groups of tasks in any order; raises only when nothing can go on."""

    @property
    def workers(self) -> int:
        """How many groups run at once (many, where that is not known)."""

    def run(self, batch: Batch[A]) -> None:
        """Run all groups.

        Raises
        ------
        StorageError : a folder cannot be written
        KeyboardInterrupt : interrupted; results that are kept stay
        """


class Store(Protocol[A_contra]):
    """Keeps results of tasks, and finds them again by their keys."""

    def find_finished(self, tasks: Sequence[A_contra]) -> set[str]:
        """Return the keys of tasks whose result is there."""

    def keep(self, task: A_contra, row: Row, content: bytes) -> None:
        """Keep a result; ``content`` are the bytes of an output that another host wrote."""

    def keep_failure(self, task: A_contra, failure: Failure) -> None:
        """Keep the error of a task; the next call tries the task again."""


class Watch(Protocol[A_contra]):
    """Hears how far tasks are."""

    def tick(self, task: A_contra, done: int, total: int) -> None:
        """Hear that a task has done some of its steps."""

    def done(self, task: A_contra, failure: Failure | None) -> None:
        """Hear that a task has ended."""


def map_tasks(
    function: Function[A], tasks: Iterable[A], executor: Executor, store: Store[A], watch: Watch[A]
) -> list[Failure]:
    """Run every task that has no result in the store, and return what failed.

    Raises
    ------
    StorageError : a folder cannot be written
    KeyboardInterrupt : interrupted; results that are kept stay, the same call resumes
    """
    unique = list({task.key: task for task in tasks}.values())
    finished = store.find_finished(unique)
    failures: list[Failure] = []

    def ended(task: A, answer: Row | Failure, content: bytes) -> None:
        if isinstance(answer, Failure):
            answer = replace(answer, key=task.key)  # another process may know the output by another path
            failures.append(answer)
            store.keep_failure(task, answer)
        else:
            store.keep(task, answer, content)
        watch.done(task, answer if isinstance(answer, Failure) else None)

    groups = list_groups(task for task in unique if task.key not in finished)
    if groups:
        executor.run(Batch(function, groups, watch.tick, ended))
    return failures


def list_groups(tasks: Iterable[A]) -> list[list[A]]:
    """Return tasks by group, those without one alone, in the order of their first members."""
    groups: dict[Hashable, list[A]] = {}
    for task in tasks:
        groups.setdefault(object() if task.group is None else task.group, []).append(task)
    return list(groups.values())


# -- what an executor does with a task -------------------------------------------------------------------------


def attempt(function: Function[A], task: A, tick: Tick) -> Row | Failure:
    """Return the row of a task, or its failure if it raised.

    Raises
    ------
    StorageError : a folder cannot be written: no other task could keep its result either
    """
    try:
        return function(task, tick)
    except StorageError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a task raises is its own failure, the others go on
        message = "; ".join((f"{type(error).__name__}: {error}", *getattr(error, "__notes__", ())))
        return Failure(task.key, message, traceback.format_exc())


def to_json(value: Any) -> str:
    """Return one line of JSON; NaN stays what it is, so that a row has the same bits from every executor."""
    return json.dumps(value, default=plain)


def encode(function: Function[A], tasks: Sequence[A]) -> dict[str, Any]:
    """Return a group of tasks and the names of their function and class, as JSON holds it."""
    return {
        "function": _name(function),
        "class": _name(type(tasks[0])),
        "tasks": [task.to_plain() for task in tasks],
    }


def decode(order: dict[str, Any]) -> tuple[Function[Task], list[Task]]:
    """Return the function and the tasks of what ``encode`` returned."""
    kind = resolve_name(order["class"])
    return resolve_name(order["function"]), [kind.from_plain(content) for content in order["tasks"]]


def _name(thing: Any) -> str:
    if thing.__module__ == "__main__" or "<" in thing.__qualname__:
        raise InputError("other processes cannot import it", where="function", value=thing.__qualname__,
                         allowed="a function or class of a module")  # fmt: skip
    return f"{thing.__module__}:{thing.__qualname__}"


# -- shards ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shard:
    """Part ``number`` (from 1) of ``of``: every ``of``-th item, so that shards are alike in cost."""

    number: int = 1
    of: int = 1

    def part(self, items: Sequence[T]) -> list[T]:
        """Return the items of this shard; all shards together have each item once."""
        return list(items[self.number - 1 :: self.of])

    @property
    def name(self) -> str:
        """How files name it."""
        return f"{self.number}-of-{self.of}"


def parse_shard(text: str | None) -> Shard:
    """Return the shard that ``i/n`` names.

    Raises
    ------
    InputError : it names none, or i is not from 1 to n
    """
    if text is None:
        return Shard()
    number, _, of = text.partition("/")
    if not (number.strip().isdigit() and of.strip().isdigit() and 1 <= int(number) <= int(of)):
        raise InputError("is no shard", where="shard", value=text, allowed="i/n with i from 1 to n, such as 2/4")
    return Shard(int(number), int(of))


# -- progress --------------------------------------------------------------------------------------------------


@dataclass
class Progress:
    """How far tasks are: steps done of all steps, over all tasks.

    Parameters
    ----------
    name : what is computed
    replicates, days : number of tasks, and steps of each
    finished : tasks that were finished before
    first : steps that earlier sessions did
    at : steps done by task
    shared : steps that another of the tasks does
    unit : what a step is
    """

    name: str
    replicates: int
    finished: int
    days: int
    first: int = 0
    at: dict[Any, int] = field(default_factory=dict)
    shared: int = 0
    unit: str = "days"

    @property
    def done(self) -> int:
        """Steps that are done, earlier sessions included."""
        return self.finished * self.days + sum(self.at.values())

    @property
    def total(self) -> int:
        """Steps to do in all."""
        return self.replicates * self.days - self.shared


Report = Callable[[Progress], None]


class TaskCounter:
    """Turns ended tasks into reports of progress, one step a task."""

    def __init__(self, name: str, total: int, finished: int, report: Report | None, unit: str) -> None:
        self.state = Progress(name, total, finished, 1, unit=unit)
        self.report = report

    def tick(self, task: Task, done: int, total: int) -> None:
        """Steps within a task are not counted."""

    def done(self, task: Task, failure: Failure | None) -> None:
        """Count a task."""
        self.state.at[task.key] = 1
        if self.report is not None:
            self.report(self.state)
