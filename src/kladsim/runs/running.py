"""Run a scenario: replicates, checkpoints, resume, and the run directory with all that leaves the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from kladsim.core.errors import KladsimError, StorageError
from kladsim.core.files import notify, remove
from kladsim.model.config import RunConfig
from kladsim.policy.fields import parse_count
from kladsim.policy.scenario import Scenario
from kladsim.runs.capped import summarise_capped
from kladsim.runs.crate import write_crate
from kladsim.runs.engine import DEFAULT_ENGINE, Engine, engine_named
from kladsim.runs.executing import ReplicateTask, run_replicates
from kladsim.runs.executors import executor_named
from kladsim.runs.families import arrange_families
from kladsim.runs.netcdf import write_netcdf
from kladsim.runs.noise import Sampling
from kladsim.runs.parameters import ParameterDraws, drawn, draws_for
from kladsim.runs.pasts import turns
from kladsim.runs.provenance import identity, record, replicate_key, run_digest
from kladsim.runs.replicates import Replicate, read_replicate, stack
from kladsim.runs.result import Result
from kladsim.runs.scenario_files import store_scenario
from kladsim.runs.store import RunStore
from kladsim.runs.summary import rows, write_parquet
from kladsim.runs.tasks import Failure, Progress, Report

WORTH_KEEPING = 365
"""Days of a past below which its state is not kept for later runs."""
LARGE = 10
"""From 1/10 on a state takes too much room to be kept for later runs."""


@dataclass(frozen=True)
class RunRequest:
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
    draws: ParameterDraws | None = None

    def __post_init__(self) -> None:
        for name in ("replicates", "threads", "workers"):
            object.__setattr__(self, name, parse_count(getattr(self, name), name))


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
        itself is not drawn); see ``kladsim.runs.parameters`` for the default
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
    job = RunRequest(
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
    loaded = Scenario.load(scenario) if isinstance(scenario, str) else scenario
    given = {name: value for name, value in fields.items() if value is not None}
    return loaded.with_(**given) if given else loaded


def run_job(job: RunRequest, progress: Report | None, engine: Engine, pack: Any) -> Result:
    """Run a resolved scenario in its directory."""
    return run_jobs([job], progress, engine, pack)[0]


def run_jobs(jobs: Sequence[RunRequest], progress: Report | None, engine: Engine, pack: Any) -> list[Result]:
    """Run resolved scenarios, each in its directory; what they have in common runs once a replicate.

    Workers, threads and executor are the first job's.
    """
    with ExitStack() as held:
        opened: dict[Path, _Opened | None] = {}
        paths = []
        for job in jobs:
            store = _store_of(job, engine, pack)
            paths.append(store.path)
            if store.path not in opened:
                opened[store.path] = _open(held, job, store, engine, pack)
        waiting = [run for run in opened.values() if run is not None]
        if waiting:
            with _true_status(waiting):
                _compute(waiting, progress, engine, pack)
    return [Result(path, from_store=opened[path] is None) for path in paths]


@dataclass
class _Opened:
    """A run whose directory is held while it is computed."""

    job: RunRequest
    store: RunStore
    missing: list[int]
    ended: bool = False


def _store_of(job: RunRequest, engine: Engine, pack: Any) -> RunStore:
    return RunStore.for_content(
        job.name, identity(engine, job.config, pack, job.replicates, job.draws), job.out, job.root
    )


def _open(held: ExitStack, job: RunRequest, store: RunStore, engine: Engine, pack: Any) -> _Opened | None:
    """Hold a run's directory and look what is missing; None if the run is there."""
    who = identity(engine, job.config, pack, job.replicates, job.draws)
    with ExitStack() as own:
        own.enter_context(store.opened(who))
        if job.fresh:
            store.forget()
        elif damaged := store.damaged(job.replicates):
            notify(f"{store.path}: missing or damaged, made anew: {', '.join(damaged)}")
        elif store.finished:
            return None
        held.push(own.pop_all())
    content = replicate_key(who)
    facts = {"replicates": job.replicates, "model": engine.version, "content": content, "error": None}
    store.write_status("running", **facts)
    if job.out is None and not job.fresh:
        store.adopt(job.replicates, content)
    missing = store.missing(job.replicates)
    for number in missing:
        remove(store.replicate(number))
    return _Opened(job, store, missing)


@contextmanager
def _true_status(runs: Sequence[_Opened]) -> Iterator[None]:
    """Leave a true status behind, whatever ends the computation."""
    try:
        yield
    except KeyboardInterrupt:
        _last_words(runs, "interrupted", "interrupted by the user")
        raise
    except Exception as error:
        _last_words(runs, "failed", str(error))
        raise


def _last_words(runs: Sequence[_Opened], state: str, error: str) -> None:
    for run in runs:
        if not run.ended:
            with suppress(StorageError):
                run.store.write_status(state, error=error)
                run.store.note(state, error=error)


def _compute(runs: Sequence[_Opened], progress: Report | None, engine: Engine, pack: Any) -> None:
    """Run what is missing, replicate by replicate, and finish every run of which nothing failed."""
    numbers = range(max(run.job.replicates for run in runs))
    tasks = [_task(run, number, engine, pack) for number in numbers for run in runs if number in run.missing]
    job = runs[0].job
    executor = executor_named(job.executor, job.workers if len(tasks) > 1 else 1)
    tasks = arrange_families(tasks, executor.workers, _to_keep)
    wanted = sum(run.job.replicates for run in runs)
    # Days are counted as the first run has them: runs side by side have the same.
    state = Progress(
        _names([run.job.name for run in runs]), wanted, wanted - len(tasks), job.config.n_days,
        shared=sum(task.shared for task in tasks),
    )  # fmt: skip
    failures = run_replicates(tasks, executor, _Ticker(state, progress))
    errors = []
    for run in runs:
        own = {str(run.store.replicate(number)): number for number in range(run.job.replicates)}
        mine = [(own[failure.key], failure) for failure in failures if failure.key in own]
        if mine:
            errors.append(_failed(run.store, mine, run.job.replicates))
            _last_words([run], "failed", errors[-1])
        else:
            finish(run.store, run.job, engine, pack)
        run.ended = True
    if errors:
        raise KladsimError(errors[0])


def _names(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= 2 else f"{names[0]} and {len(names) - 1} more"


def _to_keep(task: ReplicateTask) -> tuple[int, ...]:
    """Return the mornings that later runs are likely to begin with: where plans left, or the first day of a lever."""
    if task.anew or task.config.scale <= LARGE:
        return ()
    first = turns(task.config)[0] if task.config.modifiers and not task.shared else 0
    days = {*task.leave, first if first < task.config.n_days else 0}
    return tuple(sorted(day for day in days if day >= WORTH_KEEPING))


def _task(run: _Opened, number: int, engine: Engine, pack: Any) -> ReplicateTask:
    job = run.job
    config = drawn(job.config, job.draws, number)
    return ReplicateTask(
        store=run.store,
        config=config,
        number=number,
        threads=job.threads,
        engine=job.engine,
        begin=job.begin(number) if job.begin else None,
        checkpoint_seconds=job.checkpoint_seconds,
        anew=job.fresh,
        world=(engine, pack),
    )


@dataclass
class _Ticker:
    """Turns steps of tasks into reports of progress."""

    state: Progress
    report: Report | None
    begun: set[str] = field(default_factory=set)

    def tick(self, task: ReplicateTask, done: int, total: int) -> None:
        own = max(0, done - task.shared)
        if task.key not in self.begun:
            self.begun.add(task.key)
            self.state.first += own
        self.state.at[task.key] = own
        if self.report is not None:
            self.report(self.state)

    def done(self, task: ReplicateTask, failure: Failure | None) -> None:
        if failure is None:
            self.tick(task, self.state.days, self.state.days)


def _failed(store: RunStore, failures: Sequence[tuple[int, Failure]], replicates: int) -> str:
    number, first = failures[0]
    return (
        f"{len(failures)} of {replicates} replicates failed, the others are kept in {store.path}; "
        f"replicate {number}: {first.error} (traceback in progress.jsonl)"
    )


def finish(store: RunStore, job: RunRequest, engine: Engine, pack: Any) -> None:
    """Write result, summary and record of origin from the finished replicates, then the status."""
    finished = [read_replicate(store.replicate(i)) for i in range(job.replicates)]
    provenance = record(engine, job.config, pack, store.key, job.draws, job.replicates)
    stacked, labels = stack(finished), dict(finished[0].labels)
    labels["replicate"] = list(range(job.replicates))
    sampling = Sampling.of_run(float(job.config.scale), job.draws, job.replicates)
    write_netcdf(store.path / "result.nc", stacked, labels, provenance)
    write_parquet(store.path / "summary.parquet", list(rows(stacked, labels, sampling)))
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
        "capped": summarise_capped(item.capped for item in finished),
    }
