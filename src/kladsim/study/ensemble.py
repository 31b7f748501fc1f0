"""A study: a design's points × scenarios × replicates, in one folder that any number of processes may fill.

Layout: ``study.json`` (the plan, complete) · ``runs/KEY/NNNN.npz`` (one finished replicate; equal configurations share
a key) · ``runs/KEY/NNNN.failed.json`` (error and traceback) · ``catalogue/*.parquet`` (what SQL sees, from collect).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from kladsim.core.errors import InputError, StorageError
from kladsim.core.files import (
    TEMPORARY,
    DamagedFileError,
    alone,
    hold_lock,
    notify,
    plain_disk_errors,
    read_json,
    remove,
    write_json,
)  # fmt: skip
from kladsim.evidence.register import Register
from kladsim.model.config import RunConfig
from kladsim.policy.fields import parse_count
from kladsim.policy.scenario import Scenario
from kladsim.runs.cells import Cell, CellFiles, CellStore, failure, look
from kladsim.runs.engine import DEFAULT_ENGINE, Engine, engine_named
from kladsim.runs.executing import ReplicateTask, run_replicates
from kladsim.runs.executors import executor_named
from kladsim.runs.families import arrange_families
from kladsim.runs.harms import changes_in_study
from kladsim.runs.provenance import identity, pack_digest, replicate_key, slug
from kladsim.runs.replicates import looks_whole
from kladsim.runs.tasks import Executor, Report, Shard, TaskCounter, parse_shard
from kladsim.study.catalogue import StudyCatalogue
from kladsim.study.comparison import common
from kladsim.study.design import Design, read_points, unit_points, values_at
from kladsim.study.factors import DesignColumn, Factor, Value, at_point, columns, parse_factor, register_of

PLAN = "study.json"
FORMAT = "kladsim-study-1"
FIELDS = tuple("format name engine model pack design columns scenarios points cells replicates".split())
KEY_LENGTH = 20
CHECKPOINT_SECONDS = 30.0


@dataclass(frozen=True)
class StudyStatus:
    """How far a study is, in replicates of different configurations."""

    path: str
    name: str
    points: int
    scenarios: int
    configurations: int
    replicates: int
    total: int
    finished: int
    failed: int

    @property
    def missing(self) -> int:
        """Replicates that are neither finished nor failed."""
        return self.total - self.finished - self.failed


@dataclass(frozen=True)
class FailedRun:
    """A replicate that failed: a row, while the rest goes on."""

    key: str
    scenario: str
    point: int
    replicate: int
    error: str
    trace: str


class Study:
    """A study's folder.

    Parameters
    ----------
    path : the folder; ``Study.plan`` makes one, ``Study.open`` opens one
    """

    def __init__(self, path: Path, content: Mapping[str, Any]) -> None:
        self.path = path
        self.content = content

    # -- making and opening --------------------------------------------------------------------------------

    @classmethod
    def plan(
        cls,
        base: Scenario | str,
        *plans: Scenario | str,
        vary: Sequence[Factor | str] = (),
        design: Design | None = None,
        replicates: int = 10,
        out: str | Path | None = None,
        seed: int | None = None,
        until: date | str | None = None,
        scale: str | float | None = None,
        name: str | None = None,
        engine: str = DEFAULT_ENGINE,
    ) -> Study:
        """Plan a study of a base and plans at the points of a design; nothing runs yet.

        All scenarios get the base's seed and scale and the latest end, so that differences are paired.

        Raises
        ------
        InputError : an unknown factor, a value that a scenario does not take, or two scenarios of one name
        StorageError : the folder holds something else
        """
        replicates = parse_count(replicates, "replicates")
        model = engine_named(engine)
        scenarios = common(base, plans, seed=seed, until=until, scale=scale)
        pack = model.load_pack(scenarios[0].country)
        chosen = design or Design()
        axes, points = _points(chosen, vary, scenarios, register_of(pack))
        cells = [cell for cell, _ in _cells(scenarios, points, model, pack)]
        content = {
            "format": FORMAT,
            "name": name or "-".join(item.name for item in scenarios),
            "engine": engine,
            "model": model.version,
            "pack": pack_digest(pack),
            "design": asdict(chosen),
            "columns": [asdict(column) for column in axes],
            "scenarios": [item.to_plain() for item in scenarios],
            "points": points,
            "cells": [[cell.point, cell.scenario, cell.key] for cell in cells],
            "replicates": replicates,
        }
        named = Path("studies") / f"{slug(str(content['name']))}-{_digest(cells)[:8]}"
        return cls._made(Path(out) if out is not None else named, content)

    @classmethod
    def _made(cls, folder: Path, content: dict[str, Any]) -> Study:
        if (folder / PLAN).exists():
            with suppress(DamagedFileError):
                there = cls.open(folder)
                if there.content["cells"] != content["cells"]:
                    raise StorageError(f"{folder} holds another study; choose another --out or remove it")
                there.set_replicates(int(content["replicates"]))
                return there
            # Finished replicates lie in folders named by their content: a plan written anew finds its own.
            notify(f"{folder / PLAN} was damaged: it is written anew, finished replicates are kept")
        if folder.exists() and not all(_is_ours(entry.name) for entry in folder.iterdir()):
            raise StorageError(f"{folder} is not empty and holds no study; choose another --out")
        with plain_disk_errors(folder):
            (folder / "runs").mkdir(parents=True, exist_ok=True)
        write_json(folder / PLAN, content)
        return cls(folder, content)

    @classmethod
    def open(cls, path: str | Path) -> Study:
        """Open a study's folder.

        Raises
        ------
        InputError : no study lies there
        DamagedFileError : its plan cannot be read
        """
        folder = Path(path)
        if not (folder / PLAN).exists():
            how = "a folder made by `kladsim study plan`"
            raise InputError("no study", where="study", value=str(path), allowed=how)
        content = read_json(folder / PLAN)
        lacking = [field for field in FIELDS if field not in content]
        if lacking:
            raise DamagedFileError(f"{folder / PLAN} is damaged: it lacks {', '.join(lacking)}; plan the study again")
        if content["format"] != FORMAT:
            raise InputError("not a study of this kind", where=str(folder / PLAN), value=content["format"])
        return cls(folder, content)

    # -- what it holds -------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The study's name."""
        return str(self.content["name"])

    @property
    def runs(self) -> Path:
        """The folder of the cells."""
        return self.path / "runs"

    @property
    def replicates(self) -> int:
        """Replicates of every cell."""
        return int(self.content["replicates"])

    @property
    def design(self) -> Design:
        """How the points were chosen."""
        return Design(**self.content["design"])

    @property
    def columns(self) -> tuple[DesignColumn, ...]:
        """The axes of the design."""
        return tuple(DesignColumn(**{**item, "values": tuple(item["values"])}) for item in self.content["columns"])

    @property
    def points(self) -> list[dict[str, Value]]:
        """The values of each point by column name."""
        return list(self.content["points"])

    @property
    def scenario_names(self) -> list[str]:
        """The scenarios, the base first."""
        return [str(item["name"]) for item in self.content["scenarios"]]

    @property
    def cells(self) -> list[Cell]:
        """All cells, point by point."""
        return [Cell(*item) for item in self.content["cells"]]

    @property
    def keys(self) -> list[str]:
        """The different configurations, in the order of the cells."""
        return list(dict.fromkeys(str(item[2]) for item in self.content["cells"]))

    def scenarios(self) -> list[Scenario]:
        """The scenarios as planned, the base first."""
        return [Scenario(**item) for item in self.content["scenarios"]]

    @property
    def market_changes(self) -> tuple[str, ...]:
        """Market parameters and M8, M9 in which points or scenarios differ: only harm of persons is stored then."""
        return changes_in_study([column.name for column in self.columns], self.scenarios())

    def set_replicates(self, replicates: int) -> None:
        """Ask for more replicates: only the new ones will run (fewer than there are asked for change nothing)."""
        if replicates <= self.replicates:
            return
        with alone(self.path / PLAN, "the plan"):  # another process may have asked for yet more meanwhile
            plan: dict[str, Any] = read_json(self.path / PLAN)
            there = int(plan["replicates"])
            self.content = {**self.content, "replicates": max(replicates, there)}
            if replicates > there:
                write_json(self.path / PLAN, self.content)

    # -- running -------------------------------------------------------------------------------------------

    def run(
        self,
        *,
        executor: Executor | str | None = None,
        workers: int = 1,
        threads: int = 1,
        shard: str | None = None,
        replicates: int | None = None,
        progress: Report | None = None,
    ) -> StudyStatus:
        """Run what is missing; a failed replicate is tried again and, failing again, stays a row.

        Parameters
        ----------
        executor : an executor, or "here", "processes:4", "dask://host:port" (default: ``workers`` local processes)
        threads : threads a replicate (never changes a number)
        shard : "i/n": only this part; all n parts, in any order and at any time, make the whole
        replicates : more replicates than planned: only the new ones run

        Raises
        ------
        StorageError : another process runs this study, or this shard of it
        InputError : the study was planned with another model version or country pack
        """
        part = parse_shard(shard)
        workers, threads = parse_count(workers, "workers"), parse_count(threads, "threads")
        if replicates is not None:
            self.set_replicates(parse_count(replicates, "replicates"))
        with self._held(part):
            model = engine_named(str(self.content["engine"]))
            pack = self._same_world(model)
            tasks = self._tasks(part, model, pack, threads)
            if isinstance(executor, str) or executor is None:
                executor = executor_named(executor, min(workers, max(1, len(tasks))))
            finished = self.status().finished
            watch = TaskCounter(self.name, finished + len(tasks), finished, progress, "replicates")
            run_replicates(arrange_families(tasks, executor.workers), executor, watch)
        return self.status()

    @contextmanager
    def _held(self, part: Shard) -> Iterator[None]:
        """Hold the lock of a shard. Shards may overlap a whole run: files are whole, and equal whoever writes them."""
        what = "this study" if part.of == 1 else f"shard {part.number}/{part.of} of this study"
        problem = f"{self.path}: another kladsim process runs {what}"
        with hold_lock(self.path / f".lock-{part.name}", problem):
            yield

    def _same_world(self, model: Engine) -> Any:
        country = str(self.content["scenarios"][0]["country"])
        pack = model.load_pack(country)
        for what, then, now in (
            ("model version", self.content["model"], model.version),
            ("country pack", self.content["pack"], pack_digest(pack)),
        ):
            if then != now:
                raise InputError(f"planned with another {what}; plan it again", where=str(self.path), value=then)
        return pack

    def _tasks(self, part: Shard, model: Engine, pack: Any, threads: int) -> list[ReplicateTask]:
        self._drop_damaged()
        there = look(self.runs, self.keys)
        missing = [(key, number) for key, number in self._wanted(part) if number not in there[key].finished]
        configs = self._configs({key for key, _ in missing}, model, pack)
        return [
            ReplicateTask(
                store=CellStore(self.runs / key, key, self.name),
                config=configs[key],
                number=number,
                threads=threads,
                engine=str(self.content["engine"]),
                checkpoint_seconds=CHECKPOINT_SECONDS,
                persons_only=bool(self.market_changes),
                world=(model, pack),
            )
            for key, number in missing
        ]

    def _drop_damaged(self) -> None:
        """Remove finished replicates that were cut or emptied since, so that they are run anew."""
        for key, cell_files in look(self.runs, self.keys).items():
            for number in sorted(cell_files.finished):
                path = CellStore(self.runs / key, key, self.name).replicate(number)
                if path.exists() and not looks_whole(path):
                    notify(f"{path} was damaged: the replicate is run anew")
                    remove(path)

    def _wanted(self, part: Shard) -> list[tuple[str, int]]:
        """The replicates of a shard: whole points where there are enough, so that base and plans share their past."""
        points: dict[int, list[str]] = {}
        first = {cell.key: cell.point for cell in reversed(self.cells)}
        for key in self.keys:
            points.setdefault(first[key], []).append(key)
        whole = [[(key, number) for key in keys] for number in range(self.replicates) for keys in points.values()]
        single = [[item] for items in whole for item in items]
        return [item for items in part.part(whole if len(whole) >= part.of else single) for item in items]

    def _configs(self, keys: set[str], model: Engine, pack: Any) -> dict[str, RunConfig]:
        wanted = [cell.point for cell in self.cells if cell.key in keys]
        points = [(number, self.points[number]) for number in sorted(set(wanted))]
        configured = _configurations(self.scenarios(), points, model, pack)
        return {cell.key: config for cell, config in configured if cell.key in keys}

    # -- results -------------------------------------------------------------------------------------------

    def collect(self) -> StudyCatalogue:
        """Bring the catalogue up to date with what is finished; only new files are read."""
        catalogue = StudyCatalogue(self)
        catalogue.update()
        return catalogue

    def sql(self, query: str) -> list[dict[str, Any]]:
        """Answer a query over ``cells``, ``runs``, ``outcomes``, ``results`` and ``effects`` (after collecting)."""
        return self.collect().sql(query)

    # -- looking -------------------------------------------------------------------------------------------

    def look(self) -> dict[str, CellFiles]:
        """What is finished and failed, by cell."""
        return look(self.runs, self.keys)

    @property
    def missing(self) -> int:
        """Replicates that are not finished, failed ones among them."""
        status = self.status()
        return status.total - status.finished

    def status(self) -> StudyStatus:
        """How far the study is, told from the names of its files."""
        there = self.look().values()
        wanted = set(range(self.replicates))
        return StudyStatus(
            path=str(self.path),
            name=self.name,
            points=len(self.points),
            scenarios=len(self.scenario_names),
            configurations=len(self.keys),
            replicates=self.replicates,
            total=len(self.keys) * self.replicates,
            finished=sum(len(cell_files.finished & wanted) for cell_files in there),
            failed=sum(len(cell_files.failed & wanted) for cell_files in there),
        )

    def failures(self) -> list[FailedRun]:
        """The replicates that failed, with their tracebacks."""
        first = {cell.key: cell for cell in reversed(self.cells)}
        rows = []
        for key, cell_files in self.look().items():
            for number in sorted(cell_files.failed):
                error = failure(self.runs, key, number)
                cell = first[key]
                rows.append(FailedRun(key, cell.scenario, cell.point, number, error["error"], error["trace"]))
        return rows

    def __repr__(self) -> str:
        size = f"{len(self.points)} points × {len(self.scenario_names)} scenarios × {self.replicates} replicates"
        return f"Study({self.name!r}, {size}, {self.path})"


def _is_ours(name: str) -> bool:
    """Whether a file or folder is one that a study makes."""
    return name in (PLAN, "runs", "catalogue") or name.startswith((".lock-", TEMPORARY))


def _points(
    design: Design, vary: Sequence[Factor | str], scenarios: Sequence[Scenario], register: Register
) -> tuple[tuple[DesignColumn, ...], list[dict[str, Value]]]:
    factors = [parse_factor(item) if isinstance(item, str) else item for item in vary]
    if design.method == "file":
        points = read_points(Path(design.file))
        named = [Factor(name, values=tuple(dict.fromkeys(point[name] for point in points))) for name in points[0]]
        axes = columns(named, scenarios, register)
        return axes, [dict(zip((c.name for c in axes), point.values(), strict=True)) for point in points]
    axes = columns(factors, scenarios, register)
    return axes, values_at(unit_points(design, axes), axes)


def _cells(
    scenarios: Sequence[Scenario], points: Sequence[Mapping[str, Value]], model: Engine, pack: Any
) -> list[tuple[Cell, RunConfig]]:
    return _configurations(scenarios, list(enumerate(points)), model, pack)


def _configurations(
    scenarios: Sequence[Scenario], points: Sequence[tuple[int, Mapping[str, Value]]], model: Engine, pack: Any
) -> list[tuple[Cell, RunConfig]]:
    """Resolve scenarios at points; equal configurations get equal keys."""
    configured = []
    for number, values in points:
        for scenario in scenarios:
            config = at_point(scenario, values).resolve(pack)
            key = replicate_key(identity(model, config, pack, 0))[:KEY_LENGTH]
            configured.append((Cell(number, scenario.name, key), config))
    return configured


def _digest(cells: Sequence[Cell]) -> str:
    return hashlib.sha256("".join(cell.key for cell in cells).encode()).hexdigest()
