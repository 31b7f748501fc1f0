"""A Dask cluster that the user started: workers that see the study's folder write there, others send their file back.

What travels is JSON and the bytes of a finished replicate (an open npz file); no state and no object is pickled.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kladsim.core.errors import InputError, KladsimError
from kladsim.core.extras import extra
from kladsim.core.files import write_bytes
from kladsim.model.config import from_plain, to_plain
from kladsim.runs.executing import Failure, Task, Watch, execute_family, world_of
from kladsim.runs.families import families
from kladsim.runs.provenance import identity, replicate_key
from kladsim.runs.replicates import read_replicate
from kladsim.runs.store import RunStore

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
        with extra("cluster", where="executor"):
            from distributed import Client
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
    with extra("cluster"):
        from distributed import as_completed

    probes = _probes(tasks)
    groups = families(tasks)
    orders = [json.dumps([_order(task, probes) for task in family]) for family in groups]
    futures = client.map(work, orders, pure=False, retries=RETRIES)
    numbers = {future.key: index for index, future in enumerate(futures)}
    failures = []
    try:
        for future in as_completed(futures, loop=client.loop):
            family = groups[numbers[future.key]]
            for task, failure in zip(family, _all_ended(family, future), strict=True):
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


def _order(task: Task, probes: dict[Path, Path]) -> dict[str, Any]:
    begin = task.begin.resolve() if task.begin is not None else None
    return {
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
        "leave": task.leave,
        "keep": task.keep,
        "anew": task.anew, "persons_only": task.persons_only,
        "content": content_of(task),
    }


def content_of(task: Task) -> str:
    """The key of the replicate's content as this process sees it: engine version, pack and configuration."""
    engine, pack = world_of(task.engine, task.config.country)
    return replicate_key(identity(engine, task.config, pack, 0))


def _all_ended(family: list[Task], future: Any) -> list[Failure | None]:
    """Take in what a worker sent of a family."""
    try:
        answers = future.result()
    except Exception as error:  # noqa: BLE001 - whatever the cluster raises is these tasks' failure
        told = json.dumps({"error": f"{type(error).__name__}: {error}", "trace": ""})
        answers = [(told, b"")] * len(family)
    return [_ended(task, *answer) for task, answer in zip(family, answers, strict=True)]


def _ended(task: Task, told: str, content: bytes) -> Failure | None:
    """Take in one answer: a reference to a file in the shared folder, the file itself, or a failure."""
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


def work(orders: str) -> list[tuple[str, bytes]]:
    """Run a family on a worker; tell of each task as JSON, with the file's bytes where no folder is shared."""
    given = json.loads(orders)
    with tempfile.TemporaryDirectory() as folder:
        family = [_task(order, Path(folder) / str(number)) for number, order in enumerate(given)]
        for task, order in zip(family, given, strict=True):
            if content_of(task) != order["content"]:
                raise KladsimError("this worker has another version of kladsim or of the country pack")
        world = world_of(family[0].engine, family[0].config.country)
        answers = []
        for task, failure in execute_family(family, _quiet, *world):
            sent = failure is None and Path(folder) in task.store.path.parents
            answers.append((_told(failure), task.store.replicate(task.number).read_bytes() if sent else b""))
    return answers


def _task(given: dict[str, Any], own: Path) -> Task:
    """The task of an order, in the study's folder if this worker shares it, else in a folder of its own."""
    probe = Path(given["probe"])
    store = _store(given)
    if not (probe.exists() and probe.read_text(encoding="utf-8") == str(probe.parent)):
        store = RunStore(own, store.key, store.name)
        (own / "replicates").mkdir(parents=True)
    return Task(
        store=store,
        config=from_plain(given["config"]),
        number=given["number"],
        threads=given["threads"],
        engine=given["engine"],
        begin=_there(given["begin"]),
        checkpoint_seconds=given["checkpoint_seconds"],
        leave=tuple(given["leave"]),
        keep=tuple(given["keep"]),
        anew=given["anew"],
        persons_only=given["persons_only"],
    )


def _there(begin: str | None) -> Path | None:
    """The state of a history if this worker sees it; without it the history is run again, to the same bits."""
    return Path(begin) if begin is not None and Path(begin).exists() else None


def _store(given: dict[str, Any]) -> RunStore:
    from kladsim.runs.cells import CellStore

    kind = CellStore if given["store"].endswith(":CellStore") else RunStore
    return kind(Path(given["folder"]), given["key"], given["name"])


def _told(failure: Failure | None) -> str:
    error, trace = (None, "") if failure is None else (failure.error, failure.trace)
    return json.dumps({"error": error, "trace": trace})


def _quiet(key: str, replicate: int, day: int, days: int) -> None:
    """Progress within a task stays on the worker."""
