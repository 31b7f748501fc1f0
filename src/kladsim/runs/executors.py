"""Where replicates run, behind one interface: in this process, in local processes, on a Dask cluster, or one shard.

An executor gets tasks (plain values) and writes each task's file; whatever runs them, the files have the same content.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from kladsim.core.errors import InputError
from kladsim.runs.engine import Engine
from kladsim.runs.executing import Failure, Task, Watch, execute_family, world_of
from kladsim.runs.families import families

T = TypeVar("T")

MANY = 16
FORMS = 'here, processes, processes:4 or dask://HOST:PORT'


class Executor(Protocol):
    """Runs tasks in any order; returns what failed, raises only when nothing can go on."""

    def run(self, tasks: Sequence[Task], watch: Watch) -> list[Failure]:
        """Run all tasks and tell ``watch`` of days and finished tasks."""


@dataclass(frozen=True)
class InProcess:
    """Run tasks one after the other in this process (with this engine and pack, if given)."""

    engine: Engine | None = None
    pack: Any = None

    def run(self, tasks: Sequence[Task], watch: Watch) -> list[Failure]:
        """Run all tasks; an error inside the model is a failure, the rest goes on."""
        failures = []
        for family in families(tasks):
            engine, pack = self.engine, self.pack
            if engine is None or pack is None:
                engine, pack = world_of(family[0].engine, family[0].config.country)
            for task, failure in execute_family(family, watch.tick, engine, pack):
                watch.done(task, failure)
                failures += [failure] if failure is not None else []
        return failures


def executor_named(text: str | None, workers: int, engine: Engine | None = None, pack: Any = None) -> Executor:
    """Return the executor that a person means.

    Raises
    ------
    InputError : no such executor, or Dask is not installed
    """
    kind, _, rest = (text or "").partition(":")
    if kind == "here" or (not kind and workers <= 1):
        return InProcess(engine, pack)
    if not kind or kind == "processes":
        from kladsim.runs.pool import LocalProcesses

        return LocalProcesses(_workers(rest, text) if rest else max(1, workers))
    if kind in ("dask", "tcp") and rest.startswith("//"):
        from kladsim.runs.dask_cluster import DaskCluster

        return DaskCluster(rest.removeprefix("//"))
    raise InputError("no such executor", where="executor", value=text, allowed=FORMS)


def workers_of(executor: Executor) -> int:
    """Return how many tasks an executor runs at once, many where that is not known."""
    return int(getattr(executor, "workers", 1 if isinstance(executor, InProcess) else MANY))


def _workers(text: str, whole: str | None) -> int:
    if not text.isdigit() or int(text) < 1:
        raise InputError("is no number of processes", where="executor", value=whole, allowed=FORMS)
    return int(text)


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
    """Return the shard that ``i/n`` tells.

    Raises
    ------
    InputError : it does not, or i is not from 1 to n
    """
    if text is None:
        return Shard()
    number, _, of = text.partition("/")
    if not (number.strip().isdigit() and of.strip().isdigit() and 1 <= int(number) <= int(of)):
        raise InputError("is no shard", where="shard", value=text, allowed="i/n with i from 1 to n, such as 2/4")
    return Shard(int(number), int(of))
