"""A small supervisor: takes jobs in a fair order, one run at a time a core, and leaves every run resumable.

Workers are processes of their own session, so that a run outlives page, browser and a killed server; the next
server adopts those that still live (they hold a lock) and queues the others again.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from kladsim.app import jobs as j
from kladsim.app.jobs import Job
from kladsim.app.plans import RequestedRun
from kladsim.app.settings import ServerSettings
from kladsim.core.errors import InputError, KladsimError, unknown_name
from kladsim.core.files import notify

STEP_SECONDS = 0.15
GRACE_SECONDS = 8.0


class QueueFullError(InputError):
    """More runs wait than the server takes."""


class Supervisor:
    """Works off jobs in processes."""

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self.folder = settings.jobs
        self._lock = threading.RLock()
        self._jobs: dict[str, Job] = {}
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._served: Counter[str] = Counter()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.changes = 0

    # -- life ----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Read the jobs that are there, adopt living workers, and begin to work."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._lock:
            self._jobs = {job.id: job for job in j.all_jobs(self.folder)}
        self._thread = threading.Thread(target=self._loop, name="kladsim-supervisor", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End workers so that their runs can resume; the next start goes on with them."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
        with self._lock:
            children = dict(self._children)
        for child in children.values():
            child.send_signal(signal.SIGTERM)
        for child in children.values():
            _ended(child)

    def _loop(self) -> None:
        last_error = ""
        while not self._stop.wait(STEP_SECONDS):
            try:
                with self._lock:
                    self._reap()
                    self._begin()
                last_error = ""
            except (KladsimError, OSError) as error:  # a full disk must not end the queue: the next step tries again
                if str(error) != last_error:
                    notify(f"the queue of runs waits: {error}")
                last_error = str(error)

    # -- asking --------------------------------------------------------------------------------------------

    def submit(self, wanted: RequestedRun, client: str = "") -> Job:
        """Queue a run, or return the job that has it already.

        Raises
        ------
        QueueFullError : too many runs wait
        """
        with self._lock:
            known = self._jobs.get(wanted.id)
            if known is not None and known.state in ("queued", "running"):
                return known
            order = 1 + max((job.order for job in self._jobs.values()), default=0)
            job = j.new_job(wanted, self.settings.engine, client, order)
            if wanted.store.finished and not wanted.store.damaged(wanted.replicates):
                return self._keep(replace(job, state="finished"))
            waiting = sum(other.state == "queued" for other in self._jobs.values())
            if waiting >= self.settings.limits.queued:
                raise QueueFullError(
                    "too many runs wait", where="runs", allowed=f"{self.settings.limits.queued} at a time"
                )
            return self._keep(job)

    def cancel(self, job_id: str) -> Job:
        """Stop a run; what is finished of it is kept and a later start resumes it."""
        with self._lock:
            job = self.job(job_id)
            if job.state in j.ENDED:
                return job
            child = self._children.get(job.id)
            if child is not None:
                child.send_signal(signal.SIGTERM)
            return self._keep(replace(job, state="cancelled", error=None))

    def resume(self, job_id: str, client: str = "") -> Job:
        """Queue a cancelled or failed run again."""
        with self._lock:
            job = self.job(job_id)
            if job.state not in ("cancelled", "failed"):
                return job
            order = 1 + max((other.order for other in self._jobs.values()), default=0)
            return self._keep(
                replace(job, state="queued", tries=0, error=None, order=order, client=client or job.client)
            )

    def forget(self, job_id: str) -> None:
        """Drop an ended job from the list (its run directory is not touched)."""
        with self._lock:
            job = self.job(job_id)
            if job.state not in j.ENDED:
                raise InputError("is not ended", where="run", value=job_id, allowed="cancel it first")
            del self._jobs[job_id]
            for path in (j.job_file, j.lock_file, j.progress_file):
                path(self.folder, job_id).unlink(missing_ok=True)
            self.changes += 1

    def job(self, job_id: str) -> Job:
        """The job of an id.

        Raises
        ------
        InputError : there is none
        """
        with self._lock:
            if job_id not in self._jobs:
                raise unknown_name("run", job_id, self._jobs, where="run")
            return self._jobs[job_id]

    def find(self, job_id: str) -> Job | None:
        """The job of an id, None where there is none."""
        with self._lock:
            return self._jobs.get(job_id)

    def jobs(self) -> list[Job]:
        """All jobs, newest first."""
        with self._lock:
            return sorted(self._jobs.values(), key=lambda job: -job.order)

    def ahead(self, job: Job) -> int:
        """How many queued runs come before this one (0 for the next)."""
        with self._lock:
            if job.state != "queued":
                return 0
            return sum(other.state == "queued" and other.order < job.order for other in self._jobs.values())

    def progress(self, job_id: str) -> dict[str, Any]:
        """Days done of all days and seconds since the worker began, as the worker wrote them."""
        try:
            return dict(json.loads(j.progress_file(self.folder, job_id).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return {}

    # -- working -------------------------------------------------------------------------------------------

    def _keep(self, job: Job) -> Job:
        self._jobs[job.id] = job
        j.write_job(self.folder, job)
        self.changes += 1
        return job

    def _reap(self) -> None:
        for job_id, child in list(self._children.items()):
            if child.poll() is not None:
                del self._children[job_id]
        for job in list(self._jobs.values()):
            if job.state == "running" and job.id not in self._children and not j.worked_on(self.folder, job.id):
                self._keep(j.after_worker(job))

    def _begin(self) -> None:
        while self._busy() < self.settings.workers:
            job = self._next()
            if job is None:
                return
            self._served[job.client] += 1
            self._keep(replace(job, state="running", tries=job.tries + 1))
            self._children[job.id] = _spawn(self.folder, job.id, self.settings.executor)

    def _busy(self) -> int:
        return sum(job.state == "running" for job in self._jobs.values()) + sum(
            self._jobs[job_id].state == "cancelled" for job_id in self._children if job_id in self._jobs
        )

    def _next(self) -> Job | None:
        """The queued job whose client has the fewest runs at work, then was served least, then came first."""
        working = Counter(job.client for job in self._jobs.values() if job.state == "running")
        waiting = [job for job in self._jobs.values() if job.state == "queued" and job.id not in self._children]
        return min(waiting, key=lambda job: (working[job.client], self._served[job.client], job.order), default=None)


def _spawn(folder: Path, job_id: str, executor: str | None) -> subprocess.Popen[bytes]:
    log = (folder / f"{job_id}.log").open("wb")
    with log:
        return subprocess.Popen(
            [sys.executable, "-m", "kladsim.app.worker", str(j.job_file(folder, job_id)), executor or ""],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip


def _ended(child: subprocess.Popen[bytes]) -> None:
    try:
        child.wait(timeout=GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
