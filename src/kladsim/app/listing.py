"""Runs as the page lists them: the queue, what runs, and every run directory, whoever made it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kladsim.app.answers import RunInfo, Runs
from kladsim.app.jobs import Job, known_id
from kladsim.app.library import Library
from kladsim.app.plans import RequestedRun
from kladsim.app.settings import ServerSettings
from kladsim.app.supervisor import Supervisor
from kladsim.app.view import View
from kladsim.core.errors import unknown_name
from kladsim.runs.store import RunStore, status_or_nothing


class Lister:
    """Tells the state of runs."""

    def __init__(self, settings: ServerSettings, library: Library, supervisor: Supervisor) -> None:
        self.settings, self.library, self.supervisor = settings, library, supervisor

    def runs(self, offset: int, limit: int) -> Runs:
        """Runs of the queue, then run directories, newest first."""
        jobs = {job.id: job for job in self.supervisor.jobs()}
        folders = self.library.runs()
        others = [(run_id, status) for run_id, status in folders.items() if run_id not in jobs]
        others.sort(key=lambda item: str(item[1].get("updated", "")), reverse=True)
        total = len(jobs) + len(others)
        every: list[Job | tuple[str, dict[str, Any]]] = [*jobs.values(), *others]
        chosen = every[offset : offset + limit]
        infos = [self.of_job(item, folders) if isinstance(item, Job) else _of_status(*item) for item in chosen]
        return Runs(runs=infos, total=total, cores=self.settings.workers)

    def one(self, run_id: str) -> RunInfo:
        """One run by its id.

        Raises
        ------
        InputError : there is none
        """
        job = self.supervisor.find(known_id(run_id))
        if job is not None:
            return self.of_job(job)
        status = self.library.runs().get(run_id)
        if status is not None:
            return _of_status(run_id, status)
        view = self.library.find(run_id)
        if view is None:
            raise unknown_name("run", run_id, (), where="run")
        return _of_view(view)

    def of_run(self, run: RequestedRun) -> RunInfo:
        """The state of a run that somebody wants: ``new`` if nobody has started it."""
        job = self.supervisor.find(run.id)
        if job is not None:
            return self.of_job(job)
        if status := status_or_nothing(run.store.path):
            return _of_status(run.id, {**status, "path": str(run.store.path)})
        view = self.library.find(run.id)
        if view is not None:
            return _of_view(view)
        scenario = run.scenario
        return RunInfo(
            id=run.id, name=scenario.name, state="new", source="page", replicates=run.replicates,
            scale=str(scenario.scale), start=str(scenario.start), until=str(scenario.until),
            levers=scenario.to_plain()["levers"],
        )  # fmt: skip

    def of_job(self, job: Job, folders: dict[str, dict[str, Any]] | None = None) -> RunInfo:
        """The state of a job."""
        progress = self.supervisor.progress(job.id) if job.state != "queued" else {}
        done, total = float(progress.get("done", 0)), float(progress.get("total", 0))
        finished = job.state == "finished"
        fraction = 1.0 if finished else (min(done / total, 1.0) if total else 0.0)
        status = (folders or {}).get(job.id) or self.library.status_of(Path(job.path))
        return RunInfo(
            id=job.id, name=job.name, state=job.state, source="page", replicates=job.replicates,
            done=job.replicates if finished else int(fraction * job.replicates),
            fraction=fraction, seconds_left=_seconds_left(progress) if job.state == "running" else None,
            ahead=self.supervisor.ahead(job), error=job.error,
            created=datetime.fromtimestamp(job.created, UTC).isoformat(timespec="seconds"),
            updated=_text(status.get("updated")), scale=str(job.scenario.get("scale")),
            start=str(job.scenario.get("start")), until=str(job.scenario.get("until")), levers=job.levers,
            digest=_text(status.get("digest")), model=_text(status.get("model")), folder=Path(job.path).name,
        )  # fmt: skip


def _of_status(run_id: str, status: dict[str, Any]) -> RunInfo:
    state = str(status.get("state"))
    if state == "finished" and not RunStore(Path(str(status["path"])), run_id, "").finished:
        state = "interrupted"  # files were cut or removed since: a start makes them anew
    provenance = status.get("provenance") or {}
    replicates = int(status.get("replicates") or 0)
    return RunInfo(
        id=run_id, name=str(status.get("name")),
        state="interrupted" if state == "running" else state,
        source="command line", replicates=replicates, done=replicates if state == "finished" else 0,
        fraction=1.0 if state == "finished" else 0.0, error=_text(status.get("error")),
        created=_text(status.get("started")), updated=_text(status.get("updated")),
        scale=_text(provenance.get("scale")), digest=_text(status.get("digest")), model=_text(status.get("model")),
        folder=Path(str(status["path"])).name,
    )  # fmt: skip


def _of_view(view: View) -> RunInfo:
    return RunInfo(
        id=view.id, name=view.name, state="finished", source="shipped", replicates=view.replicates,
        done=view.replicates, fraction=1.0, scale=f"1/{view.config['scale']}", start=view.config["start"],
        until=view.config["until"], levers=view.levers, digest=view.digest,
        model=_text(view.provenance.get("model_version")),
    )  # fmt: skip


def _seconds_left(progress: dict[str, Any]) -> float | None:
    done = float(progress.get("done", 0)) - float(progress.get("first", 0))
    left = float(progress.get("total", 0)) - float(progress.get("done", 0))
    return round(float(progress.get("seconds", 0)) * left / done, 1) if done > 0 else None


def _text(value: Any) -> str | None:
    return None if value in (None, "") else str(value)
