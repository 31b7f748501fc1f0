"""Jobs: what a page asked to be run, as small files that outlive the server. The run directory is the truth."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from kladsim.app.plans import RequestedRun
from kladsim.core.errors import InputError, StorageError
from kladsim.core.files import hold_lock, is_locked, plain_disk_errors, write_json
from kladsim.runs.store import RunStore

State = Literal["queued", "running", "finished", "failed", "cancelled"]
ENDED = ("finished", "failed", "cancelled")
TRIES = 3


@dataclass(frozen=True)
class Job:
    """One run to be worked off.

    Parameters
    ----------
    id : beginning of the run's content key
    path : run directory
    scenario : the scenario as plain values
    levers : the plan's levers as plain values (empty for a base)
    draws : the draws of parameters as plain values, None for the register's values
    client : who asked, for the fair queue
    order : place in the queue
    tries : how often a worker began
    """

    id: str
    key: str
    name: str
    path: str
    scenario: dict[str, Any]
    replicates: int
    engine: str
    client: str = ""
    created: float = 0.0
    order: int = 0
    state: State = "queued"
    tries: int = 0
    error: str | None = None
    levers: list[dict[str, Any]] = field(default_factory=list)
    draws: dict[str, Any] | None = None

    @property
    def store(self) -> RunStore:
        """The run directory of the job."""
        return RunStore(Path(self.path), self.key, self.name)


def new_job(wanted: RequestedRun, engine: str, client: str, order: int) -> Job:
    """A job for a run that somebody wants."""
    plain = wanted.scenario.to_plain()
    return Job(
        wanted.id, wanted.key, wanted.scenario.name, str(wanted.store.path), plain, wanted.replicates, engine,
        client, time.time(), order, levers=plain["levers"],
        draws=None if wanted.draws is None else wanted.draws.to_plain(),
    )  # fmt: skip


def job_file(folder: Path, job_id: str) -> Path:
    """Where a job lies."""
    return folder / f"{job_id}.json"


def write_job(folder: Path, job: Job) -> None:
    """Write a job atomically."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(job_file(folder, job.id), asdict(job))


def read_job(path: Path) -> Job:
    """Read a job.

    Raises
    ------
    StorageError : the file is missing or damaged
    """
    try:
        with plain_disk_errors(path, ""):
            job = TypeAdapter(Job).validate_json(path.read_bytes(), strict=True)
    except ValidationError as error:
        raise StorageError(f"{path} is no job: {error}") from error
    if job.id != path.stem:
        raise StorageError(f"{path} is the job {job.id}")
    return job


def all_jobs(folder: Path) -> list[Job]:
    """Every readable job, in order; a damaged file is passed over."""
    jobs = []
    for path in sorted(folder.glob("*.json")):
        try:
            jobs.append(read_job(path))
        except StorageError:
            continue
    return sorted(jobs, key=lambda job: job.order)


def lock_file(folder: Path, job_id: str) -> Path:
    """The lock that a worker holds while it lives."""
    return folder / f"{job_id}.lock"


def progress_file(folder: Path, job_id: str) -> Path:
    """Where a worker says how far it is."""
    return folder / f"{job_id}.progress"


@contextmanager
def held(folder: Path, job_id: str) -> Iterator[None]:
    """Hold the lock of a job.

    Raises
    ------
    StorageError : another worker holds it
    """
    with hold_lock(lock_file(folder, job_id), f"another worker has job {job_id}"):
        yield


def worked_on(folder: Path, job_id: str) -> bool:
    """Whether a living worker holds the job, ours or one that an earlier server left."""
    return is_locked(lock_file(folder, job_id))


def after_worker(job: Job) -> Job:
    """The job's state once its worker has ended: what the run directory says, else queued again."""
    store = job.store
    if store.finished:
        return replace(job, state="finished", error=None)
    if job.state == "cancelled":
        return job
    try:
        status = store.status()
    except StorageError:
        status = {}
    error = str(status.get("error") or "the worker ended")
    if status.get("state") == "failed" or job.tries >= TRIES:
        return replace(job, state="failed", error=error)
    return replace(job, state="queued", error=None)


def known_id(job_id: str) -> str:
    """The id if it can be one: sixteen hexadecimal digits, so that no id is ever a path.

    Raises
    ------
    InputError : it is none
    """
    if len(job_id) != 16 or any(letter not in "0123456789abcdef" for letter in job_id):
        raise InputError("is no run id", where="run", allowed="16 hexadecimal digits")
    return job_id
