"""A Dask cluster that the user started: workers that see the study's folder write there, others send their file back.

What travels is JSON and the bytes of a finished replicate (an open npz file); no state and no object is pickled.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kladsim.core.errors import InputError, KladsimError
from kladsim.model.config import from_plain, to_plain
from kladsim.study.executing import Failure, Task, Watch, execute, world_of
from kladsim.study.files import write_bytes
from kladsim.study.provenance import identity, replicate_key
from kladsim.study.replicates import read_replicate
from kladsim.study.store import RunStore

PROBE = ".shared"
SECONDS_TO_ANSWER = 10
RETRIES = 3


@dataclass(frozen=True)
class DaskCluster:
    """Spread tasks over the workers of the scheduler at ``address`` (``host:port``)."""

    address: str

    def run(self, tasks: Sequence[Task], watch: Watch) -> list[Failure]:
        """Run all tasks; a lost worker's tasks go to another one.

        Raises
        ------
        InputError : Dask is not installed, no scheduler answers, or it has no worker
        """
        client = self._client()
        try:
            return _run(client, list(tasks), watch)
        finally:
            client.close()

    def _client(self) -> Any:
        try:
            from distributed import Client
        except ImportError as error:
            how = "pip install kladsim[cluster]"
            raise InputError("needs the extra `cluster`", where="executor", allowed=how) from error
        try:
            client = Client(f"tcp://{self.address}", timeout=SECONDS_TO_ANSWER, set_as_default=False)
        except OSError as error:
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


def _run(client: Any, tasks: list[Task], watch: Watch) -> list[Failure]:
    from distributed import as_completed

    probes = _probes(tasks)
    orders = [_order(task, probes) for task in tasks]
    futures = client.map(work, orders, pure=False, retries=RETRIES)
    numbers = {future.key: index for index, future in enumerate(futures)}
    failures = []
    try:
        for future in as_completed(futures, loop=client.loop):
            task = tasks[numbers[future.key]]
            failure = _ended(task, future)
            watch.done(task, failure)
            failures += [failure] if failure is not None else []
            future.release()
    except BaseException:
        client.cancel(futures)
        raise
    finally:
        for path in probes.values():
            path.unlink(missing_ok=True)
    return failures


def _probes(tasks: Sequence[Task]) -> dict[Path, Path]:
    """A small file in each folder with its own path as content: a worker that reads it back shares the folder."""
    found = {}
    for root in {_root(task) for task in tasks}:
        root.mkdir(parents=True, exist_ok=True)
        found[root] = root / PROBE
        write_bytes(found[root], str(root).encode())
    return found


def _root(task: Task) -> Path:
    return task.store.path.resolve().parent


def _order(task: Task, probes: dict[Path, Path]) -> str:
    begin = task.begin.resolve() if task.begin is not None else None
    return json.dumps(
        {
            "folder": str(task.store.path.resolve()),
            "probe": str(probes[_root(task)]),
            "store": type(task.store).__module__ + ":" + type(task.store).__name__,
            "name": task.store.name,
            "key": task.store.key,
            "config": to_plain(task.config),
            "number": task.number,
            "threads": task.threads,
            "engine": task.engine,
            "begin": None if begin is None else str(begin),
            "checkpoint_seconds": task.checkpoint_seconds,
            "content": content_of(task),
        }
    )


def content_of(task: Task) -> str:
    """The key of the replicate's content as this process sees it: engine version, pack and configuration."""
    engine, pack = world_of(task.engine, task.config.country)
    return replicate_key(identity(engine, task.config, pack, 0))


def _ended(task: Task, future: Any) -> Failure | None:
    """Take in what a worker sent: a reference to a file in the shared folder, the file itself, or a failure."""
    try:
        told, content = future.result()
    except Exception as error:  # noqa: BLE001 - whatever the cluster raises is this task's failure
        failure = Failure(task.number, f"{type(error).__name__}: {error}", "", task.store.key)
        task.store.prepare()
        task.store.note_failure(task.number, failure.error, failure.trace)
        return failure
    answer = json.loads(told)
    if answer["error"] is not None:
        failure = Failure(task.number, answer["error"], answer["trace"], task.store.key)
        task.store.prepare()
        task.store.note_failure(task.number, failure.error, failure.trace)
        return failure
    if content:
        task.store.prepare()
        write_bytes(task.store.replicate(task.number), content)
        read_replicate(task.store.replicate(task.number))
        task.store.forget_failure(task.number)
    return None


def work(order: str) -> tuple[str, bytes]:
    """Run one task on a worker; return what is to tell as JSON, and the file's bytes where no folder is shared."""
    given = json.loads(order)
    probe = Path(given["probe"])
    shared = probe.exists() and probe.read_text(encoding="utf-8") == str(probe.parent)
    task = Task(
        store=_store(given),
        config=from_plain(given["config"]),
        number=given["number"],
        threads=given["threads"],
        engine=given["engine"],
        begin=_there(given["begin"]),
        checkpoint_seconds=given["checkpoint_seconds"],
    )
    if content_of(task) != given["content"]:
        raise KladsimError("this worker has another version of kladsim or of the country pack")
    if shared:
        return _told(execute(task, _quiet, *world_of(task.engine, task.config.country))), b""
    with tempfile.TemporaryDirectory() as folder:
        here = replace(task, store=RunStore(Path(folder), task.store.key, task.store.name))
        for name in ("replicates", "checkpoints"):
            (Path(folder) / name).mkdir()
        failure = execute(here, _quiet, *world_of(task.engine, task.config.country))
        content = b"" if failure is not None else here.store.replicate(task.number).read_bytes()
    return _told(failure), content


def _there(begin: str | None) -> Path | None:
    """The state of a history if this worker sees it; without it the history is run again, to the same bits."""
    return Path(begin) if begin is not None and Path(begin).exists() else None


def _store(given: dict[str, Any]) -> RunStore:
    from kladsim.study.cells import CellStore

    kind = CellStore if given["store"].endswith(":CellStore") else RunStore
    return kind(Path(given["folder"]), given["key"], given["name"])


def _told(failure: Failure | None) -> str:
    error, trace = (None, "") if failure is None else (failure.error, failure.trace)
    return json.dumps({"error": error, "trace": trace})


def _quiet(replicate: int, day: int, days: int) -> None:
    """Progress within a task stays on the worker."""
