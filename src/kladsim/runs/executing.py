"""One replicate from its last checkpoint to its finished file: the task that every executor runs."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Self

from kladsim.core.errors import StorageError
from kladsim.core.files import remove, write_bytes
from kladsim.model.config import RunConfig, from_plain, to_plain
from kladsim.runs import kept
from kladsim.runs.cells import CellStore
from kladsim.runs.disclosure import Window
from kladsim.runs.engine import DEFAULT_ENGINE, Engine, SimulationLike, engine_named
from kladsim.runs.harms import is_harm_of_persons
from kladsim.runs.outcomes import disclose_all, labels
from kladsim.runs.provenance import identity, replicate_key
from kladsim.runs.replicates import Replicate, looks_whole, read_replicate, write_replicate
from kladsim.runs.store import RunStore, save_state
from kladsim.runs.tasks import Executor, Failure, Row, Task, Tick, Watch, map_tasks

CHECKPOINT_SECONDS = 5.0
STORES = {"RunStore": RunStore, "CellStore": CellStore}


@dataclass(frozen=True)
class ReplicateTask(Task):
    """One replicate to run.

    Parameters
    ----------
    begin : the state of a history to begin from
    family : tasks of one family share a past and run in one process, one after the other
    shared : days of the past that an earlier task of the family goes through
    leave : days whose morning is kept for later tasks of the family
    forget : days whose morning no later task of the family needs
    keep : days whose morning is kept for later runs
    anew : begin on the first day, whatever is kept
    world : engine and pack where they are loaded already (they do not travel)
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
    forget: tuple[int, ...] = ()
    keep: tuple[int, ...] = ()
    anew: bool = False
    persons_only: bool = False
    world: tuple[Engine, Any] | None = field(default=None, compare=False, repr=False)

    @cached_property
    def key(self) -> str:
        """The path of its file: runs of equal content may lie in several folders. Asked for at every step."""
        return str(self.output)

    @property
    def group(self) -> int | None:
        """The family."""
        return self.family

    @property
    def output(self) -> Path:
        """The file of the finished replicate."""
        return self.store.replicate(self.number)

    @property
    def root(self) -> Path:
        """The folder of all runs or cells."""
        return self.store.path.parent

    def to_plain(self) -> dict[str, Any]:
        """Return all but the loaded world."""
        store = {"kind": type(self.store).__name__, "path": str(self.store.path.resolve()), "key": self.store.key,
                 "name": self.store.name}  # fmt: skip
        begin = None if self.begin is None else str(self.begin.resolve())
        content = {k: v for k, v in vars(self).items() if k not in ("key", "world")}
        return content | {"store": store, "config": to_plain(self.config), "begin": begin}

    @classmethod
    def from_plain(cls, content: dict[str, Any]) -> Self:
        """Return the task; without its state (another host) a history runs again, to the same bits."""
        of, begin = content["store"], content["begin"]
        days = {name: tuple(content[name]) for name in ("leave", "forget", "keep")}
        return cls(**content | days | {
            "store": STORES[of["kind"]](Path(of["path"]), of["key"], of["name"]),
            "config": from_plain(content["config"]),
            "begin": Path(begin) if begin is not None and Path(begin).exists() else None,
        })  # fmt: skip

    def code_key(self) -> str:
        """Return the replicate's content as this process sees it: engine version, pack and configuration."""
        engine, pack = self.world or world_of(self.engine, self.config.country)
        return replicate_key(identity(engine, self.config, pack, 0))

    def moved_to(self, folder: Path) -> Self:
        """Return the same replicate in a run folder of its own."""
        (folder / "replicates").mkdir(parents=True)
        return replace(self, store=RunStore(folder, self.store.key, self.store.name))


class ReplicateFiles:
    """The store of replicates: each is a file of its run's folder, which the function writes."""

    def find_finished(self, tasks: Sequence[ReplicateTask]) -> set[str]:
        """Return the keys of replicates whose file is there and ends as it must."""
        return {task.key for task in tasks if looks_whole(task.output)}

    def keep(self, task: ReplicateTask, row: Row, content: bytes) -> None:
        """Write the file that another host sent, if one did, and forget an earlier failure, as the function does."""
        if content:
            task.store.prepare()
            write_bytes(task.output, content)
            read_replicate(task.output)
            task.store.forget_failure(task.number)

    def keep_failure(self, task: ReplicateTask, failure: Failure) -> None:
        """Keep the error in the run's folder."""
        task.store.prepare()
        task.store.note_failure(task.number, failure.error, failure.trace)


def run_replicates(tasks: Sequence[ReplicateTask], executor: Executor, watch: Watch[ReplicateTask]) -> list[Failure]:
    """Run replicates; what has to be compiled is compiled once, before there are workers.

    Raises
    ------
    StorageError : a run's folder cannot be written
    """
    for name in {task.engine for task in tasks if task.world is None}:
        engine_named(name).ready()
    for engine in {id(task.world[0]): task.world[0] for task in tasks if task.world is not None}.values():
        engine.ready()
    return map_tasks(run_replicate, tasks, executor, ReplicateFiles(), watch)


@lru_cache(maxsize=8)
def world_of(engine: str, country: str) -> tuple[Engine, Any]:
    """Return the engine and the pack of a country, loaded once a process."""
    model = engine_named(engine)
    return model, model.load_pack(country)


def run_replicate(task: ReplicateTask, tick: Tick) -> Row:
    """Run one replicate and write its file.

    Raises
    ------
    StorageError : the run's folder cannot be written
    """
    engine, pack = task.world or world_of(task.engine, task.config.country)
    engine.ready()
    try:
        _finish(task, engine, pack, tick)
    finally:
        kept.forget(engine, pack, task.config, task.number, task.forget)
        if task.keep:
            kept.trim()
    return {}


def _finish(task: ReplicateTask, engine: Engine, pack: Any, tick: Tick) -> None:
    task.store.prepare()
    started = time.perf_counter()
    simulation, earlier = _begin(task, engine, pack)
    _advance(task, simulation, tick, started - earlier, engine, pack)
    results = simulation.results()
    config = task.config
    released = disclose_all(
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
        capped={name: [str(day), factor] for name, (day, factor) in simulation.capped().items()},
    )
    write_replicate(task.output, replicate)
    task.store.forget_failure(task.number)
    task.store.note("finished", replicate=task.number, digest=replicate.digest, wall_s=replicate.wall_s)
    with suppress(OSError):
        remove(task.store.checkpoint(task.number))
        remove(_clock(task))
        task.store.checkpoint(task.number).parent.rmdir()  # where nothing is left in it


def _begin(task: ReplicateTask, engine: Engine, pack: Any) -> tuple[SimulationLike, float]:
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


def _loaded(task: ReplicateTask, engine: Engine, pack: Any, path: Path) -> SimulationLike | None:
    try:
        return engine.load(path, task.config, pack, task.threads)
    except Exception as error:  # noqa: BLE001 - a damaged archive raises almost anything; the run begins anew
        task.store.note("state ignored", replicate=task.number, reason=str(error))
        return None


def _advance(
    task: ReplicateTask, simulation: SimulationLike, tick: Tick, started: float, engine: Engine, pack: Any
) -> None:
    """Go on from stop to stop: years' ends, with a checkpoint unless the last is only seconds old, and days to keep."""

    def keep(day: int) -> None:
        spent = time.perf_counter() - started
        kept.keep(engine, pack, task.config, task.number, day, spent, simulation.save)

    tick(simulation.day, simulation.n_days)
    saved = time.perf_counter()
    ends, mornings = year_ends(task.config.start, simulation.n_days), {*task.leave, *task.keep}
    for until in sorted({*ends, *mornings}):
        if until > simulation.day:
            simulation.run(until_day=until, progress=tick)
            tick(simulation.day, simulation.n_days)
        if until == simulation.day and until in mornings:
            keep(until)
        now = time.perf_counter()
        if until in ends and until < simulation.n_days and now - saved >= task.checkpoint_seconds:
            saved = _save(task, simulation, until, now - started)


def _save(task: ReplicateTask, simulation: SimulationLike, day: int, seconds: float) -> float:
    """Save a checkpoint and return when; a cache that cannot be written costs only the time it would have saved."""
    try:
        task.store.save_checkpoint(task.number, simulation.save)
        _write_seconds(task, seconds)
        task.store.note("checkpoint", replicate=task.number, day=day)
    except (StorageError, OSError) as error:
        task.store.note("no checkpoint", replicate=task.number, day=day, reason=str(error))
    return time.perf_counter()


def _clock(task: ReplicateTask) -> Path:
    return task.store.checkpoint(task.number).with_suffix(".seconds")


def _write_seconds(task: ReplicateTask, seconds: float) -> None:
    save_state(_clock(task), lambda path: path.write_text(repr(seconds), encoding="ascii"))


def _seconds_before(task: ReplicateTask) -> float:
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
