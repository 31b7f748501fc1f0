"""Local worker processes that share nothing; one that dies costs its task's time since the last checkpoint."""

from __future__ import annotations

import multiprocessing
import queue
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

from kladsim.runs.engine import engine_named
from kladsim.runs.executing import Failure, Task, Watch, execute_family, world_of
from kladsim.runs.families import families
from kladsim.runs.workers import behave, end_if_unguarded, raise_if_unguarded

TICK_SECONDS = 0.1
MOST_DEATHS = 3  # a task whose worker died so often is a failure

_ticks: Any = None
_sent = 0.0


@dataclass(frozen=True)
class LocalProcesses:
    """Spread tasks over ``workers`` spawned processes, those of one family to the same."""

    workers: int

    def run(self, tasks: Sequence[Task], watch: Watch) -> list[Failure]:
        """Run all tasks; a dead worker's tasks are run again, three times at most.

        Raises
        ------
        StorageError : a directory cannot be written
        KeyboardInterrupt : interrupted; workers are ended, finished replicates and checkpoints stay
        UnguardedScriptError : the script that asked has no main guard
        """
        end_if_unguarded()
        for name in {task.engine for task in tasks}:
            engine_named(name).ready()
        waiting, failures, deaths = families(tasks), list[Failure](), Counter[tuple[str, int]]()
        while waiting:
            waiting = self._round(waiting, watch, failures, deaths)
        return failures

    def _round(
        self, waiting: list[list[Task]], watch: Watch, failures: list[Failure], deaths: Counter[tuple[str, int]]
    ) -> list[list[Task]]:
        """Run families in one pool; return those that are left because a worker died."""
        context = multiprocessing.get_context("spawn")
        ticks: Any = context.Queue()
        workers = min(self.workers, len(waiting))
        pool = ProcessPoolExecutor(workers, context, initializer=_initialise, initargs=(ticks,))
        processes: list[Any] = []
        futures: dict[Future[list[Failure | None]], list[Task]] = {}
        try:
            futures = {pool.submit(_work, family): family for family in waiting}
            processes = list((pool._processes or {}).values())
            pending = set(futures)
            while pending:
                done, pending = wait(pending, timeout=0.2, return_when=FIRST_COMPLETED)
                _drain(ticks, watch)
                for future in done:
                    ended = future.result()
                    for task, failure in zip(futures.pop(future), ended, strict=True):
                        watch.done(task, failure)
                        failures += [failure] if failure is not None else []
            return []
        except BrokenProcessPool:
            raise_if_unguarded(processes)
            return _left(futures, workers, watch, failures, deaths)
        except BaseException:
            for process in processes:
                process.terminate()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            ticks.close()
            ticks.cancel_join_thread()


def _left(
    futures: dict[Future[list[Failure | None]], list[Task]],
    workers: int,
    watch: Watch,
    failures: list[Failure],
    deaths: Counter[tuple[str, int]],
) -> list[list[Task]]:
    """Sort what a broken pool left: finished after all, given up, or to run again."""
    left = []
    # Which worker died is not told. Families are handed out in order, one more than there are workers: their first
    # unfinished tasks are counted.
    handed_out = workers + 1
    for family in futures.values():
        waiting = [task for task in family if not task.store.replicate(task.number).exists()]
        for task in family:
            if task not in waiting:
                watch.done(task, None)
        if not waiting:
            continue
        first = waiting[0]
        handed_out -= 1
        deaths[first.store.key, first.number] += handed_out >= 0
        if deaths[first.store.key, first.number] >= MOST_DEATHS:
            failures.append(_given_up(first, watch))
            waiting = waiting[1:]
        left += [waiting] if waiting else []
    return left


def _given_up(task: Task, watch: Watch) -> Failure:
    failure = Failure(task.number, f"its worker process ended {MOST_DEATHS} times", "", task.store.key)
    task.store.prepare()
    task.store.note_failure(task.number, failure.error, failure.trace)
    watch.done(task, failure)
    return failure


def _initialise(ticks: Any) -> None:
    global _ticks
    _ticks = ticks
    behave()


def _work(family: list[Task]) -> list[Failure | None]:
    world = world_of(family[0].engine, family[0].config.country)
    return [failure for _, failure in execute_family(family, _send, *world)]


def _send(key: str, replicate: int, day: int, days: int) -> None:
    global _sent
    now = time.monotonic()
    if _ticks is not None and (day in (0, days) or now - _sent >= TICK_SECONDS):
        _sent = now
        _ticks.put((key, replicate, day, days))


def _drain(ticks: Any, watch: Watch) -> None:
    while True:
        try:
            watch.tick(*ticks.get_nowait())
        except queue.Empty:
            return
