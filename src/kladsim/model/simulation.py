"""One replicate: build the state, run days, save, load, branch; the digest says whether two runs are the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import NotRequired, TypedDict

import numpy as np

from kladsim.core import rng
from kladsim.core.arrays import Array
from kladsim.core.bundle import Bundle
from kladsim.core.columns import Part, Table
from kladsim.core.errors import InputError
from kladsim.core.parallel import Workers, partition
from kladsim.core.population import has_tight_chunks, order, ordered_rows, repack
from kladsim.core.processes import mark_space
from kladsim.core.random_arrays import Ints
from kladsim.evidence import load_register
from kladsim.model import day as day_module
from kladsim.model import hazard_bounds
from kladsim.model.added import AT_END_OF, ActiveMechanism
from kladsim.model.config import PlainConfig, RunConfig, from_plain, to_plain
from kladsim.model.entities import PERSONS, Persons
from kladsim.model.observers import Observations, RecordedNumbers
from kladsim.model.outcomes import OUTCOMES, OutcomeArray, outcomes_of
from kladsim.model.quantities import timeline
from kladsim.model.record import RunRecord, read_only
from kladsim.model.recording import Recording
from kladsim.model.reducers import assemble
from kladsim.model.room import Capacities, looked_ahead, work_space
from kladsim.model.setup import Fixed, first_state, fixed_parts
from kladsim.model.state import TABLES, World, from_arrays, to_arrays
from kladsim.model.tallies import census
from kladsim.model.today import Calendar, DayContext
from kladsim.model.version import model_version
from kladsim.world.pack import Pack

FORMAT = "kladsim-state-2"
REPLICATE_STEP = 1_000_003


class Meta(TypedDict):
    """What a saved state says of itself."""

    format: str
    version: str
    day: int
    replicate: int
    config: PlainConfig
    pack: str
    excess: NotRequired[dict[str, list[float]]]


class Simulation:
    """One replicate of a run, day by day.

    Parameters
    ----------
    config : everything that decides the numbers
    pack : the country
    replicate : which replicate; its luck is a function of seed and replicate
    threads : threads over regions; never shows in a result
    observers : callables ``observer(simulation)`` called after every day; they cannot change a run
    capacities : room to begin with; never shows in a result
    """

    config: RunConfig
    pack: Pack
    recording: Recording
    calendar: Calendar
    day: int
    n_days: int

    def __init__(
        self,
        config: RunConfig,
        pack: Pack,
        replicate: int = 0,
        threads: int = 1,
        observers: tuple[Callable[[Simulation], None], ...] = (),
        capacities: Capacities | None = None,
    ) -> None:
        self._prepare(config, pack, replicate, threads, observers, capacities)
        self.persons_table, self.world = first_state(
            pack, self._fixed(), config.scale, self.calendar, self._p, self.workers, self.capacities
        )
        self._year(0)

    def _prepare(
        self,
        config: RunConfig,
        pack: Pack,
        replicate: int,
        threads: int,
        observers: tuple[Callable[[Simulation], None], ...],
        capacities: Capacities | None,
    ) -> None:
        if config.generator != rng.GENERATOR:
            raise InputError(
                "this process uses another generator",
                where="generator",
                value=config.generator,
                allowed=f"{rng.GENERATOR} (set KLADSIM_GENERATOR before the start)",
            )
        if config.scale < 1:
            raise InputError("a sample of nobody", where="scale", value=config.scale, allowed="1/k, whole k from 1")
        self.config, self.pack, self.replicate = config, pack, replicate
        self.n_days = pack.n_days(config.until)
        self.observers = tuple(observers)
        self.workers = Workers(threads)
        self.capacities = capacities or Capacities()
        self._register = load_register().localised(pack.parameters, pack.name).override(dict(config.parameters))
        self._p = self._register.values()
        self.seed = config.seed * REPLICATE_STEP + replicate
        luck_day = pack.day_of(config.luck_from) if config.luck_from else 0
        self.calendar = Calendar(pack, self._p, self.seed, config.scale, config.luck, luck_day)
        self.quantities = timeline(pack, config.modifiers, self.n_days, shocks=config.switches.get("M15", True))
        self.recording = Recording(self.n_days, pack, config.scale)
        named = outcomes_of(pack.measures, bool(pack.window)).values()
        self.observations = Observations((outcome.observer for outcome in named if outcome.observer), self.n_days)
        self.added = [
            ActiveMechanism(name, values, pack.n_regions, self.n_days) for name, values in sorted(config.added.items())
        ]
        self.excess = hazard_bounds.ExcessHazards()
        self.day = 0
        self._pieces: list[tuple[int, int]] = []

    def _fixed(self) -> Fixed:
        c = self.config
        return fixed_parts(
            self.pack, self._register.record(), dict(c.switches), c.scale, self.workers.threads, self.capacities
        )

    @property
    def persons(self) -> int:
        """Persons simulated: residents aged 14-64 now."""
        return int(self.world.people.alive.sum())

    def run(self, until_day: int | None = None, progress: Callable[[int, int], None] | None = None) -> None:
        """Run to the morning of ``until_day`` (default: the end)."""
        last = self.n_days if until_day is None else min(until_day, self.n_days)
        while self.day < last:
            self.step()
            if progress is not None:
                progress(self.day, self.n_days)

    def step(self) -> None:
        """Run one day."""
        number = self.day
        if number and self.calendar.year_ends[number - 1]:
            self._year(number)
        today = self.calendar.day(number)
        self._tidy(number, today)
        reached = self._make_rows(today)
        w, regions = self.world, self.pack.n_regions
        w.q[:] = self.quantities[number]
        w.economy.youth_unemployment[:] = self._youth[:, 0] * self.calendar_youth[number]
        for fused in day_module.fused():
            if fused.phases[0].name == AT_END_OF:
                self._run_added(today)
            if fused.scope == "room":
                if fused.phases[0].is_due(number):
                    self.world = fused.kernel(self.world, today, reached, self.capacities)
            elif fused.scope == "national" or self.workers.threads == 1:
                fused.kernel(self.persons_table, self.world, today, 0, 0, regions)
            else:
                self._spread_over_threads(fused.kernel, today)
        self.recording.day(number, self.world)
        self.observations.record(number, self.persons_table, self.world)
        self.excess.note(number, day_module.LANES.names, self.world.scan.over)
        self.day = number + 1
        last = bool(self.calendar.year_ends[number]) or self.day == self.n_days
        if number % 30 == 29 or last:
            self._census(number, last)
        for observer in self.observers:
            observer(self)

    def _run_added(self, today: DayContext) -> None:
        pieces = self._cut() if self.workers.threads > 1 else [(0, self.pack.n_regions)]
        for mechanism in self.added:
            seed = self.calendar.seed_on(self.day)
            over = mechanism.run_day(self.persons_table, self.world, today, seed, self.workers, pieces)
            self.excess.note(self.day, mechanism.mechanism.lanes.names, over)

    def _spread_over_threads(
        self, fused: Callable[[Persons, World, DayContext, int, int, int], None], today: DayContext
    ) -> None:
        a, w = self.persons_table, self.world
        self.workers.each(lambda worker, low, high: fused(a, w, today, worker, low, high), self._cut())

    def _cut(self) -> list[tuple[int, int]]:
        if not self._pieces:
            self._pieces = partition(self.world.people.alive.astype(np.float64), 6 * self.workers.threads)
        return self._pieces

    def _tidy(self, number: int, today: DayContext) -> None:
        a, w = self.persons_table, self.world
        if number % 30 == 0:
            order(a.pid, a.klass, a, w.chunks)
            hazard_bounds.refresh(w, today)

    def _make_rows(self, today: DayContext) -> Ints:
        """Lay out anew the chunks that have fewer free rows than today may need; return whom the day's skips reach."""
        w = self.world
        pieces = self._cut() if self.workers.threads > 1 else [(0, self.pack.n_regions)]
        reached, needed = looked_ahead(w, today, day_module.SKIPS, self.workers, pieces)
        if has_tight_chunks(w.chunks, needed):
            columns = list(self.persons_table)
            del self.persons_table
            table, chunks = repack(PERSONS, columns, w.chunks, np.maximum(needed, self.capacities.spare))
            self.persons_table = Persons.of("persons", table)
            self.world = w.replaced(chunks=Bundle.of("chunks", chunks), scan={"marks": mark_space(chunks)})
        return reached

    def _year(self, number: int) -> None:
        """Take the regional values of a day's year: those of its first day, so that a loaded state has them too."""
        number = int(np.searchsorted(self.calendar.years, self.calendar.years[number]))
        year = min(int(self.calendar.years[number]) - self.pack.start.year, self.pack.regional["wage_rel"].shape[1] - 1)
        w = self.world
        regional = self.pack.regional
        w.economy.wage_level[:] = np.sqrt(regional["wage_rel"][:, year])
        w.economy.wealth[:] = regional["grp_rel"][:, year]
        national = self.pack.series_daily("unemployment", self.n_days)[min(number, self.n_days - 1)]
        self._youth = np.ascontiguousarray((regional["unemployment"][:, year] / national)[:, None])
        self.calendar_youth = self.pack.series_daily("youth_unemployment", self.n_days) / 100.0

    def _census(self, number: int, detail: bool) -> None:
        w = self.world
        w.tally.detail[0] = int(detail)
        w.tally.users_by[:] = 0
        w.tally.dependent_by[:] = 0
        census(self.persons_table, w, self.calendar.day(number), 0, self.pack.n_regions)
        self.recording.census(number, w, detail)
        self.recording.exposure(number, self.persons_table, w, self._p)

    def record(self) -> RunRecord:
        """Return what outcomes are made from; a reducer that writes into it fails."""
        observed = RecordedNumbers(self.observations.values | {one.mechanism.name: one.sums for one in self.added})
        return RunRecord(
            read_only(self.recording), self.config, self.pack, read_only(self._p), read_only(self.calendar),
            read_only(self.quantities), self.seed, self.day, self.n_days, read_only(observed),
        )  # fmt: skip

    def capped(self) -> dict[str, tuple[date, float]]:
        """Return by process the day of its largest hazard above its bound, and this as a multiple of the bound.

        What is above a bound cannot happen: the run has too few of these events.
        """
        return {name: (self.pack.start + timedelta(day), factor) for name, (day, factor) in self.excess.largest.items()}

    def results(self) -> dict[str, OutcomeArray]:
        """Return all outcomes at the finest cell in which they may leave the model, at full scale."""
        return assemble(self.record())

    def digest(self) -> str:
        """Return SHA-256 over the outcomes that a digest covers, by name, and the final state in order of persons."""
        total = hashlib.sha256(f"{model_version()}|{self.day}".encode())
        for name, outcome in sorted(self.results().items()):
            if not OUTCOMES[name].in_digest:
                continue
            total.update(name.encode())
            total.update(np.ascontiguousarray(outcome.values, dtype="<f8").data)
        a, w = self.persons_table, self.world
        rows = ordered_rows(a.pid, w.chunks)
        rows = rows[a.klass[rows] != 255]
        for declared in PERSONS.columns:
            if declared.name != "klass":
                total.update(np.ascontiguousarray(getattr(a, declared.name)[rows]).data)
        people, core = w.people, (w.justice.prisoners, w.supply.wholesale, w.trade.unit_price, w.use.risk, w.demand.mix)
        for column in (people.gone, people.involved, people.alive, w.labour.couriers, *core):
            total.update(np.ascontiguousarray(column).data)
        for part in ("listings", "shops", "platforms", "labs", "branches"):
            used = _places_used(TABLES[part], getattr(w, part))
            for column in getattr(w, part):
                total.update(np.ascontiguousarray(column[:used]).data)
        for mechanism in self.added:
            for name, array in mechanism.arrays().items():
                total.update(name.encode() + np.ascontiguousarray(array).tobytes())
        return total.hexdigest()

    def save(self, path: str | Path) -> None:
        """Write the state to an open format (a zip of NumPy arrays)."""
        arrays = to_arrays(self.persons_table, self.world)
        arrays.update({f"recording.{name}": array for name, array in self.recording.arrays().items()})
        arrays.update(self.observations.arrays())
        for mechanism in self.added:
            arrays.update(mechanism.arrays())
        meta = {
            "format": FORMAT,
            "version": model_version(),
            "day": self.day,
            "replicate": self.replicate,
            "config": to_plain(self.config),
            "pack": self.pack.digest,
            "excess": self.excess.largest,
        }
        arrays["meta"] = np.frombuffer(json.dumps(meta).encode(), np.uint8)
        with open(path, "wb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)

    @classmethod
    def load(
        cls,
        path: str | Path,
        config: RunConfig,
        pack: Pack,
        threads: int = 1,
        observers: tuple[Callable[[Simulation], None], ...] = (),
        capacities: Capacities | None = None,
    ) -> Simulation:
        """Read a saved state and go on with ``config``; the past must belong to the same pack and version.

        Raises
        ------
        InputError
            When the file is damaged, or belongs to another pack, version, seed or scale.
        """
        arrays, meta = read_state(path)
        saved = from_plain(meta["config"])
        for field, is_now, was in (
            ("model version", model_version(), meta["version"]),
            ("pack", pack.digest, meta["pack"]),
            ("seed", config.seed, saved.seed),
            ("scale", config.scale, saved.scale),
        ):
            if is_now != was:
                raise InputError("the saved state belongs to another run", where=field, value=was, allowed=str(is_now))
        new = cls.__new__(cls)
        new._prepare(config, pack, int(meta["replicate"]), threads, observers, capacities)
        fixed = new._fixed()
        try:
            new.persons_table, new.world = from_arrays(arrays, fixed.alone, fixed.parts)
        except KeyError as error:
            raise InputError("the saved state lacks an array", where=str(path), value=error.args[0]) from error
        chunks, branches = new.world.chunks, len(new.world.branches.shop)
        space = work_space(new.workers.threads, pack.n_regions, branches, chunks, new.capacities)
        new.world = new.world.replaced(**space)
        new.observations.restore(arrays)
        for mechanism in new.added:
            mechanism.restore(arrays)
        new.recording.restore({k[10:]: v for k, v in arrays.items() if k.startswith("recording.")}, int(meta["day"]))
        new.excess = hazard_bounds.ExcessHazards(meta.get("excess"))
        new.day = int(meta["day"])
        new._year(min(new.day, new.n_days - 1))
        hazard_bounds.refresh(new.world, new.calendar.day(min(new.day // 30 * 30, new.n_days - 1)))
        return new

    def branch(self, config: RunConfig) -> Simulation:
        """Return a copy of this moment that goes on under another configuration (same past, same luck)."""
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "state.npz"
            self.save(path)
            return Simulation.load(path, config, self.pack, self.workers.threads, self.observers, self.capacities)


def _places_used(table: Table[Part], data: Bundle) -> int:
    """Return how many places of a table were ever used: those behind hold nothing but defaults."""
    used = np.zeros(len(next(iter(data))), bool)
    for column, values in zip(table.columns, data, strict=True):
        used |= values != column.default
    return int(np.flatnonzero(used)[-1]) + 1 if used.any() else 0


def read_state(path: str | Path) -> tuple[dict[str, Array], Meta]:
    """Read a saved state with clear errors for damaged files."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        meta = json.loads(bytes(arrays.pop("meta")))
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise InputError(f"cannot read the saved state: {error}", where=str(path)) from error
    except Exception as error:
        if type(error).__name__ != "BadZipFile":
            raise
        raise InputError(f"the saved state is damaged: {error}", where=str(path)) from error
    if meta.get("format") != FORMAT:
        raise InputError("not a saved state of this kind", where=str(path), value=meta.get("format"), allowed=FORMAT)
    return arrays, meta
