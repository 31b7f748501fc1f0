"""Run a scenario: replicates, checkpoints, resume, and the run directory with all that leaves the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kladsim.core.errors import InputError, KladsimError, StorageError
from kladsim.model.config import RunConfig
from kladsim.study.crate import write_crate
from kladsim.study.engine import DEFAULT_ENGINE, Engine, engine_named
from kladsim.study.executing import Failure, Task
from kladsim.study.executors import executor_named
from kladsim.study.files import notify
from kladsim.study.netcdf import write_netcdf
from kladsim.study.parameters import Draws, drawn, draws_for
from kladsim.study.provenance import identity, record, replicate_key, run_digest
from kladsim.study.replicates import Replicate, read_replicate, stack
from kladsim.study.result import Result
from kladsim.study.scenario_files import store_scenario
from kladsim.study.store import RunStore
from kladsim.study.summary import rows, write_parquet

if TYPE_CHECKING:
    from kladsim.policy.scenario import Scenario


@dataclass
class Progress:
    """How far a run is: days done of all days, over all its replicates."""

    name: str
    replicates: int
    finished: int
    days: int
    first: int = 0
    at: dict[int, int] = field(default_factory=dict)

    @property
    def done(self) -> int:
        """Simulated days that are done, earlier sessions included."""
        return self.finished * self.days + sum(self.at.values())

    @property
    def total(self) -> int:
        """Simulated days of the whole run."""
        return self.replicates * self.days


Report = Callable[[Progress], None]


@dataclass(frozen=True)
class Job:
    """A resolved run: what decides its numbers, and how to compute them."""

    name: str
    config: RunConfig
    replicates: int = 1
    out: Path | None = None
    threads: int = 1
    workers: int = 1
    engine: str = DEFAULT_ENGINE
    executor: str | None = None
    begin: Callable[[int], Path] | None = None
    fresh: bool = False
    checkpoint_seconds: float = 5.0
    root: Path | None = None
    draws: Draws | None = None


def run(
    scenario: Scenario | str,
    *,
    replicates: int = 1,
    out: str | Path | None = None,
    threads: int = 1,
    workers: int = 1,
    progress: Report | None = None,
    until: date | str | None = None,
    seed: int | None = None,
    fresh: bool = False,
    executor: str | None = None,
    engine: str = DEFAULT_ENGINE,
    parameters: str | None = None,
    repeats: int = 1,
) -> Result:
    """Run a scenario, or resume it, or return it at once if the same content has been run before.

    Parameters
    ----------
    scenario : a Scenario, a preset's name or a YAML file
    replicates : number of replicates; replicate i has the same luck in every scenario of the same seed
    out : the run directory (default: ``$KLADSIM_RUNS`` or ``runs``, named by scenario and content)
    threads : threads a replicate (never changes a number)
    workers : local processes over which replicates are spread
    progress : called with a Progress as days pass
    until, seed : replace the scenario's own
    fresh : run again although the same content is there
    executor : "here", "processes:4" or "dask://host:port" (default: ``workers`` local processes)
    parameters : "point" (the register's values), "posterior" or "prior" (replicate r has draw r; what the scenario sets
        itself is not drawn); see ``kladsim.study.parameters`` for the default
    repeats : replicates that share a draw, one after the other; two or more let `decomposed` tell luck from parameters

    Raises
    ------
    InputError : the scenario is not valid
    StorageError : the run directory cannot be used
    KeyboardInterrupt : interrupted; the same call resumes
    """
    model = engine_named(engine)
    chosen = changed(scenario, until=until, seed=seed)
    pack = model.load_pack(chosen.country)
    job = Job(
        name=chosen.name,
        config=chosen.resolve(pack),
        replicates=replicates,
        out=None if out is None else Path(out),
        threads=threads,
        workers=workers,
        engine=engine,
        executor=executor,
        fresh=fresh,
        draws=draws_for(parameters, chosen.country, chosen.parameters, engine=engine, repeats=repeats),
    )
    result = run_job(job, progress, model, pack)
    store_scenario(result.path, chosen)
    return result


def changed(scenario: Scenario | str, **fields: Any) -> Scenario:
    """The scenario (loaded by name if it is text) with the given fields replaced; None keeps a field."""
    from kladsim.policy.scenario import Scenario

    loaded = Scenario.load(scenario) if isinstance(scenario, str) else scenario
    given = {name: value for name, value in fields.items() if value is not None}
    return loaded.with_(**given) if given else loaded


def run_job(job: Job, progress: Report | None, engine: Engine, pack: Any) -> Result:
    """Run a resolved scenario in its directory."""
    for name in ("replicates", "threads", "workers"):
        if getattr(job, name) < 1:
            raise InputError(
                "is not a positive whole number", where=name, value=getattr(job, name), allowed=">= 1"
            )
    who = identity(engine, job.config, pack, job.replicates, job.draws)
    store = RunStore.for_content(job.name, who, job.out, job.root)
    with store.opened(who):
        if job.fresh:
            store.forget()
        elif damaged := store.damaged(job.replicates):
            notify(f"{store.path}: missing or damaged, made anew: {', '.join(damaged)}")
        elif store.finished:
            return Result(store.path, from_store=True)
        content = replicate_key(who)
        facts = {"replicates": job.replicates, "model": engine.version, "content": content, "error": None}
        store.write_status("running", **facts)
        if job.out is None and not job.fresh:
            store.adopt(job.replicates, content)
        missing = store.missing(job.replicates)
        with _true_status(store):
            _compute(job, store, missing, progress, engine, pack)
            finish(store, job, engine, pack)
    return Result(store.path)


@contextmanager
def _true_status(store: RunStore) -> Iterator[None]:
    """Leave a true status behind, whatever ends the computation."""
    try:
        yield
    except KeyboardInterrupt:
        _last_words(store, "interrupted", "interrupted by the user")
        raise
    except Exception as error:
        _last_words(store, "failed", str(error))
        raise


def _last_words(store: RunStore, state: str, error: str) -> None:
    with suppress(StorageError):
        store.write_status(state, error=error)
        store.note(state, error=error)


def _compute(
    job: Job, store: RunStore, missing: Sequence[int], progress: Report | None, engine: Engine, pack: Any
) -> None:
    tasks = [
        Task(
            store=store,
            config=drawn(job.config, job.draws, number),
            number=number,
            threads=job.threads,
            engine=job.engine,
            begin=job.begin(number) if job.begin else None,
            checkpoint_seconds=job.checkpoint_seconds,
        )
        for number in missing
    ]
    state = Progress(job.name, job.replicates, job.replicates - len(missing), job.config.n_days)
    workers = job.workers if len(tasks) > 1 else 1
    failures = executor_named(job.executor, workers, engine, pack).run(tasks, _Ticker(state, progress))
    if failures:
        raise KladsimError(_failed(store, failures, job.replicates))


@dataclass
class _Ticker:
    """Turns what tasks tell into reports of progress."""

    state: Progress
    report: Report | None
    begun: set[int] = field(default_factory=set)

    def tick(self, replicate: int, day: int, days: int) -> None:
        if replicate not in self.begun:
            self.begun.add(replicate)
            self.state.first += day
        self.state.at[replicate] = day
        if self.report is not None:
            self.report(self.state)

    def done(self, task: Task, failure: Failure | None) -> None:
        if failure is None:
            self.tick(task.number, self.state.days, self.state.days)


def _failed(store: RunStore, failures: Sequence[Failure], replicates: int) -> str:
    first = failures[0]
    return (
        f"{len(failures)} of {replicates} replicates failed, the others are kept in {store.path}; "
        f"replicate {first.number}: {first.error} (traceback in progress.jsonl)"
    )


def finish(store: RunStore, job: Job, engine: Engine, pack: Any) -> None:
    """Write result, summary and record of origin from the finished replicates, then the status."""
    finished = [read_replicate(store.replicate(i)) for i in range(job.replicates)]
    provenance = record(engine, job.config, pack, store.key, job.draws)
    stacked, labels = stack(finished), dict(finished[0].labels)
    labels["replicate"] = list(range(job.replicates))
    write_netcdf(store.path / "result.nc", stacked, labels, provenance)
    write_parquet(store.path / "summary.parquet", list(rows(stacked, labels)))
    now = datetime.now(UTC).isoformat(timespec="seconds")
    write_crate(store.path, job.name, now, provenance)
    store.write_status("finished", error=None, provenance=provenance, **_costs(finished, job.workers))


def _costs(finished: Sequence[Replicate], workers: int) -> dict[str, Any]:
    digests = [item.digest for item in finished]
    seconds = sum(item.wall_s for item in finished)
    person_days = sum(item.persons * item.days for item in finished)
    return {
        "digest": run_digest(digests),
        "replicate_digests": digests,
        "persons": finished[0].persons,
        "days": finished[0].days,
        "wall_s": round(seconds, 4),
        "person_days_per_s": round(person_days / seconds, 1) if seconds > 0 else None,
        "peak_bytes": max(item.peak_bytes for item in finished),
        "workers": workers,
    }
