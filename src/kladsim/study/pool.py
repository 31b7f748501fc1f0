"""Where replicates run: in this process, or in spawned local worker processes that share nothing."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from typing import Any

from kladsim.study.engine import Engine
from kladsim.study.executing import Failure, Task, Tick, execute

TICK_SECONDS = 0.1

_ticks: Any = None
_sent = 0.0


def run_here(tasks: Iterable[Task], tick: Tick, engine: Engine, pack: Any) -> list[Failure]:
    """Run tasks one after the other in this process."""
    done = (execute(task, tick, engine, pack) for task in tasks)
    return [failure for failure in done if failure is not None]


def run_in_processes(tasks: Sequence[Task], tick: Tick, workers: int) -> list[Failure]:
    """Run tasks in ``workers`` local processes; progress comes back through a queue.

    Raises
    ------
    StorageError : the run directory cannot be written
    KeyboardInterrupt : interrupted; workers are ended, finished replicates and checkpoints stay
    """
    context = multiprocessing.get_context("spawn")
    ticks: Any = context.Queue()
    pool = ProcessPoolExecutor(min(workers, len(tasks)), context, initializer=_initialise, initargs=(ticks,))
    processes: list[Any] = []
    try:
        futures = [pool.submit(_work, task) for task in tasks]
        processes = list((pool._processes or {}).values())
        pending: set[Future[Failure | None]] = set(futures)
        while pending:
            done, pending = wait(pending, timeout=0.2)
            _drain(ticks, tick)
            for future in done:
                future.result()
        return [failure for failure in (future.result() for future in futures) if failure is not None]
    except BaseException:
        for process in processes:
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        ticks.close()
        ticks.cancel_join_thread()


def _initialise(ticks: Any) -> None:
    global _ticks
    _ticks = ticks
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A worker whose parent was killed must not go on writing beside the command that resumes."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(task: Task) -> Failure | None:
    return execute(task, _send)


def _send(replicate: int, day: int, days: int) -> None:
    global _sent
    now = time.monotonic()
    if _ticks is not None and (day in (0, days) or now - _sent >= TICK_SECONDS):
        _sent = now
        _ticks.put((replicate, day, days))


def _drain(ticks: Any, tick: Tick) -> None:
    while True:
        try:
            tick(*ticks.get_nowait())
        except queue.Empty:
            return
