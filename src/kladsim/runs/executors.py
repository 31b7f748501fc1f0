"""Where tasks run: in this process, in local processes, or on a Dask cluster that the user started."""

from __future__ import annotations

import json
import multiprocessing.spawn
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections import Counter, deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from kladsim.core.errors import InputError, KladsimError, StorageError, unknown_name
from kladsim.core.extras import extra
from kladsim.core.files import write_bytes
from kladsim.runs.tasks import A, Batch, Executor, Failure, Row, attempt, decode, encode, to_json

MANY = 16
FORMS = "here, processes, processes:4 or dask://HOST:PORT"
KINDS = ("here", "processes", "dask")
MAX_DEATHS = 3
"""A task whose worker ended so often is a failure."""
PROBE = ".shared"
SECONDS_TO_ANSWER = 10
RETRIES = 3


def executor_named(text: str | None, workers: int = 1) -> Executor:
    """Return the executor that a text names; without one, ``workers`` local processes.

    Raises
    ------
    InputError : no such executor
    """
    kind, _, rest = (text or "").partition(":")
    if kind == "here" or (not kind and workers <= 1):
        return InProcess()
    if not kind or kind == "processes":
        return LocalProcesses(_number(rest, text) if rest else max(1, workers))
    if kind in ("dask", "tcp") and rest.startswith("//"):
        return DaskCluster(rest.removeprefix("//"))
    unknown = unknown_name("executor", kind, KINDS, where="executor")
    raise InputError("no such executor", where="executor", value=text, allowed=FORMS, suggestion=unknown.suggestion)


def _number(text: str, whole: str | None) -> int:
    if not text.isdigit() or int(text) < 1:
        raise InputError("is no number of processes", where="executor", value=whole, allowed=FORMS)
    return int(text)


@dataclass(frozen=True)
class InProcess:
    """Run tasks one after the other in this process."""

    workers: int = 1

    def run(self, batch: Batch[A]) -> None:
        """Run all groups."""
        for group in batch.groups:
            for task in group:
                batch.ended(task, attempt(batch.function, task, partial(batch.tick, task)), b"")


# -- local processes -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LocalProcesses:
    """Spread groups over processes of this machine; one that dies costs its task's time since the last checkpoint."""

    workers: int

    def run(self, batch: Batch[A]) -> None:
        """Run all groups; a task whose worker died is run again, three times at most."""
        waiting = deque(deque(group) for group in batch.groups)
        events: queue.SimpleQueue[tuple[_Worker, dict[str, Any]]] = queue.SimpleQueue()
        workers: list[_Worker] = []
        deaths: Counter[str] = Counter()
        groups_of: dict[_Worker, deque[A]] = {}
        try:
            while waiting or groups_of:
                while waiting and len(groups_of) < self.workers:
                    idle = [worker for worker in workers if worker not in groups_of]
                    worker = idle[0] if idle else _Worker(events)
                    workers += [] if idle else [worker]
                    groups_of[worker] = waiting.popleft()
                    worker.send(encode(batch.function, groups_of[worker]))
                worker, event = _next(events)
                group = groups_of.get(worker)
                (kind, content), = event.items()  # fmt: skip
                if group is None:  # an idle worker ended: nothing is lost
                    workers.remove(worker)
                elif kind == "tick":
                    batch.tick(group[0], *content)
                elif kind == "storage":
                    raise StorageError(content)
                elif kind == "death":
                    workers.remove(worker)
                    deaths[group[0].key] += 1
                    if deaths[group[0].key] >= MAX_DEATHS:
                        error = f"its worker process ended {MAX_DEATHS} times ({content})"
                        batch.ended(group[0], Failure(group.popleft().key, error, ""), b"")
                    waiting.extendleft([group] if group else [])
                    del groups_of[worker]
                else:
                    batch.ended(group.popleft(), Failure(**content) if kind == "failure" else content, b"")
                    if not group:
                        del groups_of[worker]
        except BaseException:
            for worker in workers:
                worker.process.kill()
            raise
        finally:
            for worker in workers:
                worker.close()


class _Worker:
    """A worker process; its answers and its end come to a queue of events."""

    def __init__(self, events: queue.SimpleQueue[tuple[_Worker, dict[str, Any]]]) -> None:
        paths = os.pathsep.join(path or os.getcwd() for path in sys.path)
        self.process = subprocess.Popen(
            # -P: no module of the working folder stands before those of Python
            [os.fsdecode(multiprocessing.spawn.get_executable() or sys.executable), "-P", "-m", "kladsim.runs.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": paths},
            start_new_session=True,  # Ctrl-C comes to this process alone, which ends the others
        )
        threading.Thread(target=self._listen, args=(events,), daemon=True).start()

    def _listen(self, events: queue.SimpleQueue[tuple[_Worker, dict[str, Any]]]) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.endswith(b"\n"):  # else the worker died within the line
                events.put((self, json.loads(line)))
        events.put((self, {"death": f"exit code {self.process.wait()}"}))

    def send(self, order: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        with suppress(OSError):  # it died: its listener tells
            self.process.stdin.write(to_json(order).encode() + b"\n")
            self.process.stdin.flush()

    def close(self) -> None:
        assert self.process.stdin is not None
        with suppress(OSError):
            self.process.stdin.close()
        self.process.wait()


def _next(events: queue.SimpleQueue[tuple[_Worker, dict[str, Any]]]) -> tuple[_Worker, dict[str, Any]]:
    while True:
        with suppress(queue.Empty):  # with a timeout, Ctrl-C interrupts the wait on every system
            return events.get(timeout=0.5)


# -- Dask ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DaskCluster:
    """Spread groups over the workers of the scheduler at ``address`` (``host:port``).

    What travels is JSON and the bytes of outputs. Workers that see the folder of an output write there, others send
    the file back.
    """

    address: str
    workers: int = field(default=MANY, init=False)

    def run(self, batch: Batch[A]) -> None:
        """Run all groups; those of a lost worker go to another one. Steps within a task stay on its worker.

        Raises
        ------
        InputError : Dask is not installed, no scheduler answers, or it has no worker
        """
        client = self._client()
        from distributed import as_completed

        groups, probes = batch.groups, _write_probes(batch.groups)
        try:
            orders = [
                to_json(encode(batch.function, group) | {"codes": [task.code_key() for task in group]})
                for group in groups
            ]
            futures = client.map(run_on_dask, orders, pure=False, retries=RETRIES)
            numbers = {future.key: number for number, future in enumerate(futures)}
            try:
                for future in as_completed(futures, loop=client.loop):
                    group = groups[numbers[future.key]]
                    for task, (answer, content) in zip(group, _answers_of(group, future), strict=True):
                        batch.ended(task, answer, content)
                    future.release()
            except BaseException:
                client.cancel(futures)
                raise
        finally:
            for path in probes:
                path.unlink(missing_ok=True)
            client.close()

    def _client(self) -> Any:
        with extra("cluster", where="executor"):
            from distributed import Client
        try:
            client = Client(f"tcp://{self.address}", timeout=SECONDS_TO_ANSWER, set_as_default=False)
        except (OSError, ValueError) as error:
            raise InputError(
                "no Dask scheduler answers", where="executor", value=self.address, allowed="start `dask scheduler`"
            ) from error
        if not client.scheduler_info(n_workers=-1)["workers"]:
            client.close()
            raise InputError(
                "the scheduler has no worker", where="executor", value=self.address,
                allowed=f"start `dask worker tcp://{self.address}`",
            )  # fmt: skip
        return client


def _write_probes(groups: Sequence[Sequence[A]]) -> list[Path]:
    """Write a small file with its own path into each root of outputs: a host that reads it back sees the folder."""
    folders = {task.root.resolve() for group in groups for task in group if task.root is not None}
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        write_bytes(folder / PROBE, str(folder).encode())
    return [folder / PROBE for folder in folders]


def sees_folder(root: Path) -> bool:
    """Say whether this host sees a folder of the host that sends tasks."""
    try:
        return (root / PROBE).read_text(encoding="utf-8") == str(root)
    except OSError:
        return False


def run_on_dask(order: str) -> list[tuple[str, bytes]]:
    """Run a group on a Dask worker and return each answer as JSON, with the bytes of an output written elsewhere."""
    content, answers = json.loads(order), []
    function, tasks = decode(content)
    with tempfile.TemporaryDirectory() as folder:
        for number, (task, code) in enumerate(zip(tasks, content["codes"], strict=True)):
            if task.code_key() != code:
                raise KladsimError("this worker has another version of kladsim or of the country's data")
            elsewhere = task.root is not None and not sees_folder(task.root)
            here = task.moved_to(Path(folder) / str(number)) if elsewhere else task
            answer = attempt(function, here, _ignore_tick)
            if isinstance(answer, Failure):
                answers.append((to_json({"failure": vars(answer) | {"key": task.key}}), b""))
            else:
                file = here.output.read_bytes() if elsewhere and here.output is not None else b""
                answers.append((to_json({"row": answer}), file))
    return answers


def _ignore_tick(done: int, total: int) -> None:
    """Steps within a task stay on the worker."""


def _answers_of(group: Sequence[A], future: Any) -> list[tuple[Row | Failure, bytes]]:
    try:
        answers = [(json.loads(text), content) for text, content in future.result()]
    except Exception as error:  # noqa: BLE001 - whatever the cluster raises is these tasks' failure
        return [(Failure(task.key, f"{type(error).__name__}: {error}", ""), b"") for task in group]
    return [
        (Failure(**answer["failure"]) if "failure" in answer else answer["row"], content) for answer, content in answers
    ]
