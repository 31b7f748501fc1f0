"""One replicate from its last checkpoint to its finished file; what a worker process runs."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from kladsim.core.errors import StorageError
from kladsim.core.files import remove
from kladsim.model.config import RunConfig
from kladsim.runs import kept
from kladsim.runs.engine import DEFAULT_ENGINE, Engine, SimulationLike, engine_named
from kladsim.runs.gate import Window
from kladsim.runs.harms import is_harm_of_persons
from kladsim.runs.outcomes import labels, release_all
from kladsim.runs.replicates import Replicate, write_replicate
from kladsim.runs.store import RunStore, save_state

CHECKPOINT_SECONDS = 5.0
Tick = Callable[[str, int, int, int], None]  # key of the run, replicate, day, days


@dataclass(frozen=True)
class Task:
    """One replicate to run (all that a worker process needs, as plain values).

    Parameters
    ----------
    begin : the state of a history to begin from
    family : tasks of one family share a past and run in one process, one after the other
    shared : days of the past that an earlier task of the family goes through
    leave : days whose morning is kept for later tasks of the family
    keep : days whose morning is kept for later runs
    anew : begin on the first day, whatever is kept
    """

    store: RunStore
    config: RunConfig
    number: int
    threads: int = 1
    engine: str = DEFAULT_ENGINE
    begin: Path | None = None
    checkpoint_seconds: float = CHECKPOINT_SECONDS
    family: int | None = None
    shared: int = 0
    leave: tuple[int, ...] = ()
    keep: tuple[int, ...] = ()
    anew: bool = False
    persons_only: bool = False


@dataclass(frozen=True)
class Failure:
    """A replicate that raised: a row with its traceback, while the others go on."""

    number: int
    error: str
    trace: str
    key: str = ""


class Watch(Protocol):
    """Who is told how far tasks are."""

    def tick(self, key: str, replicate: int, day: int, days: int, /) -> None:
        """Hear that a replicate of the run ``key`` has come to ``day`` of ``days``."""

    def done(self, task: Task, failure: Failure | None, /) -> None:
        """Hear that a task has ended."""


@lru_cache(maxsize=8)
def world_of(engine: str, country: str) -> tuple[Engine, Any]:
    """The engine and the pack of a country, loaded once a process."""
    model = engine_named(engine)
    return model, model.load_pack(country)


def execute(task: Task, tick: Tick, engine: Engine | None = None, pack: Any = None) -> Failure | None:
    """Run one replicate and write its file; an error inside the model comes back as a Failure.

    Raises
    ------
    StorageError : the run directory cannot be written
    """
    try:
        engine = engine or engine_named(task.engine)
        pack = engine.load_pack(task.config.country) if pack is None else pack
        engine.ready()
        _finish(task, engine, pack, tick)
    except StorageError:
        raise
    except Exception as error:  # noqa: BLE001 - one replicate's failure is a row, the rest goes on
        failure = Failure(
            task.number, f"{type(error).__name__}: {error}", traceback.format_exc(), task.store.key
        )
        task.store.note_failure(task.number, failure.error, failure.trace)
        return failure
    return None


def execute_family(
    tasks: Sequence[Task], tick: Tick, engine: Engine | None = None, pack: Any = None
) -> Iterator[tuple[Task, Failure | None]]:
    """Run tasks that share a past one after the other, then forget what was kept for them alone.

    Raises
    ------
    StorageError : the run directory cannot be written
    """
    if not any(task.leave or task.keep for task in tasks):
        for task in tasks:
            yield task, execute(task, tick, engine, pack)
        return
    engine = engine or engine_named(tasks[0].engine)
    pack = engine.load_pack(tasks[0].config.country) if pack is None else pack
    for task in tasks:
        yield task, execute(task, tick, engine, pack)
    for task in tasks:
        kept.forget(engine, pack, task.config, task.number, sorted({*task.leave} - {*task.keep}))
    kept.trim()


def _finish(task: Task, engine: Engine, pack: Any, tick: Tick) -> None:
    task.store.prepare()
    started = time.perf_counter()
    simulation, earlier = _begin(task, engine, pack)
    _advance(task, simulation, tick, started - earlier, engine, pack)
    results = simulation.results()
    config = task.config
    released = release_all(
        results,
        engine.outcomes,
        config.start,
        engine.axes.get("age", ()),
        Window.of(pack, config.start),
        getattr(pack, "district", None),
    )
    if task.persons_only:
        released = {key: item for key, item in released.items() if is_harm_of_persons(item)}
    replicate = Replicate(
        number=task.number,
        digest=simulation.digest(),
        outcomes=released,
        persons=int(getattr(simulation, "persons", 0)),
        days=simulation.n_days,
        wall_s=time.perf_counter() - started + earlier,
        peak_bytes=peak_bytes(),
        labels=labels(released, pack, config.start, engine.axes),
    )
    write_replicate(task.store.replicate(task.number), replicate)
    task.store.forget_failure(task.number)
    task.store.note("finished", replicate=task.number, digest=replicate.digest, wall_s=replicate.wall_s)
    with suppress(OSError):
        remove(task.store.checkpoint(task.number))
        remove(_clock(task))
        task.store.checkpoint(task.number).parent.rmdir()  # where nothing is left in it


def _begin(task: Task, engine: Engine, pack: Any) -> tuple[SimulationLike, float]:
    """The simulation at its checkpoint, else where its history or a kept past ends, else at day 0; seconds spent."""
    own = task.store.checkpoint(task.number)
    if own.exists():
        simulation = _loaded(task, engine, pack, own)
        if simulation is not None:
            task.store.note("continued", replicate=task.number, day=simulation.day)
            return simulation, _seconds_before(task)
    if task.begin is not None:
        return engine.load(task.begin, task.config, pack, task.threads), 0.0
    past = None if task.anew else kept.latest(engine, pack, task.config, task.number)
    if past is not None:
        simulation = _loaded(task, engine, pack, past.path)
        if simulation is not None:
            kept.use(past)
            task.store.note("begun where a kept past ends", replicate=task.number, day=simulation.day)
            return simulation, past.seconds
    return engine.start(task.config, pack, task.number, task.threads), 0.0


def _loaded(task: Task, engine: Engine, pack: Any, path: Path) -> SimulationLike | None:
    try:
        return engine.load(path, task.config, pack, task.threads)
    except Exception as error:  # noqa: BLE001 - a damaged archive raises almost anything; the run begins anew
        task.store.note("state ignored", replicate=task.number, reason=str(error))
        return None


def _advance(task: Task, simulation: SimulationLike, tick: Tick, started: float, engine: Engine, pack: Any) -> None:
    """Go on from stop to stop: years' ends, with a checkpoint unless the last is only seconds old, and days to keep."""
    key = task.store.key

    def progress(day: int, days: int) -> None:
        tick(key, task.number, day, days)

    def keep(day: int) -> None:
        spent = time.perf_counter() - started
        kept.keep(engine, pack, task.config, task.number, day, spent, simulation.save)

    tick(key, task.number, simulation.day, simulation.n_days)
    saved = time.perf_counter()
    ends, mornings = year_ends(task.config.start, simulation.n_days), {*task.leave, *task.keep}
    for until in sorted({*ends, *mornings}):
        if until > simulation.day:
            simulation.run(until_day=until, progress=progress)
            tick(key, task.number, simulation.day, simulation.n_days)
        if until == simulation.day and until in mornings:
            keep(until)
        now = time.perf_counter()
        if until in ends and until < simulation.n_days and now - saved >= task.checkpoint_seconds:
            saved = _save(task, simulation, until, now - started)


def _save(task: Task, simulation: SimulationLike, day: int, seconds: float) -> float:
    """Save a checkpoint and return when; a cache that cannot be written costs only the time it would have saved."""
    try:
        task.store.save_checkpoint(task.number, simulation.save)
        _write_seconds(task, seconds)
        task.store.note("checkpoint", replicate=task.number, day=day)
    except (StorageError, OSError) as error:
        task.store.note("no checkpoint", replicate=task.number, day=day, reason=str(error))
    return time.perf_counter()


def _clock(task: Task) -> Path:
    return task.store.checkpoint(task.number).with_suffix(".seconds")


def _write_seconds(task: Task, seconds: float) -> None:
    save_state(_clock(task), lambda path: path.write_text(repr(seconds), encoding="ascii"))


def _seconds_before(task: Task) -> float:
    try:
        return float(_clock(task).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0.0


def year_ends(start: date, n_days: int) -> list[int]:
    """Days (from 0) on which a new calendar year begins, then the last day of the run."""
    years = range(start.year + 1, start.year + 2 + n_days // 365)
    firsts = ((date(year, 1, 1) - start).days for year in years)
    return [day for day in firsts if 0 < day < n_days] + [n_days]


def peak_bytes() -> int:
    """The largest resident memory of this process so far, in bytes."""
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            line = next(line for line in file if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    except (OSError, StopIteration):
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
