"""Spawned worker processes: what each does first, tasks side by side, and scripts that lack a main guard."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from kladsim.core.errors import InputError

Task = TypeVar("Task")
Answer = TypeVar("Answer")
UNGUARDED = 78
"""Exit code of a worker that found itself reading a script that starts workers."""


class UnguardedScriptError(InputError, SystemExit):
    """A script starts worker processes whenever it is read, and every worker reads it again.

    Not caught, it ends the script with its sentence alone, as ``sys.exit`` does.
    """

    def __init__(self) -> None:
        super().__init__(
            "this script starts worker processes at module level, and every worker reads the script again: "
            'put the calls that run something below `if __name__ == "__main__":`, or ask for workers=1'
        )
        self.code = str(self)


def behave() -> None:
    """Leave Ctrl-C to the parent, and end with it: a worker left alone would write beside the command that resumes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def end_if_unguarded() -> None:
    """End this process if it is a worker that still reads the script it was started from; the parent says why."""
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        os._exit(UNGUARDED)


def raise_if_unguarded(processes: Sequence[Any]) -> None:
    """Say what is wrong with the script, if that is what a broken pool's workers ended of.

    Raises
    ------
    UnguardedScriptError : a worker met the call that started it
    """
    for process in processes:
        process.join(5)
    if any(process.exitcode == UNGUARDED for process in processes):
        raise UnguardedScriptError from None


def side_by_side(
    work: Callable[[Task], Answer], tasks: Sequence[Task], workers: int, keep: Callable[[Task, Answer], None]
) -> None:
    """Work off tasks in spawned processes, as many at a time as there are workers; keep each answer when it is there.

    Raises
    ------
    KeyboardInterrupt : interrupted; workers are ended, answers that were kept stay
    UnguardedScriptError : the script that asked has no main guard
    """
    end_if_unguarded()
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=behave)
    waiting = list(reversed(tasks))
    running: dict[Future[Answer], Task] = {}
    processes: list[Any] = []
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                task = waiting.pop()
                running[pool.submit(work, task)] = task
            processes = list((pool._processes or {}).values()) or processes
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                keep(running.pop(future), future.result())
    except BrokenProcessPool:
        raise_if_unguarded(processes)
        raise
    except BaseException:
        for process in processes:
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
