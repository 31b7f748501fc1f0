"""What the study layer asks of a model: a small interface, so that tests and workers can name another one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, Protocol

from kladsim.core.errors import InputError
from kladsim.runs.kernels import prepare_kernels, writable_cache

DEFAULT_ENGINE = "kladsim.runs.engine:default_engine"


class SimulationLike(Protocol):
    """One replicate that can be advanced, saved and asked for its outcomes."""

    @property
    def day(self) -> int: ...
    @property
    def n_days(self) -> int: ...
    def run(
        self, until_day: int | None = None, progress: Callable[[int, int], None] | None = None
    ) -> object: ...
    def save(self, path: Path) -> object: ...
    def results(self) -> Mapping[str, Any]: ...
    def digest(self) -> str: ...
    def capped(self) -> Mapping[str, tuple[date, float]]: ...
    def branch(self, config: Any) -> SimulationLike: ...


@dataclass(frozen=True)
class Engine:
    """A model as the study layer sees it.

    Parameters
    ----------
    version : the model version, part of a run's key
    outcomes : declared outcomes by name (unit, side, cells, headline ...)
    load_pack : country name to pack
    start : (config, pack, replicate, threads) to a simulation at day 0
    load : (path, config, pack, threads) to a simulation at the saved day
    axes : names along the axes that no pack knows (age bands, sexes, tiers)
    code : hash of the code behind a simulated day (None: kept pasts serve no later process)
    ready : called before replicates are started: what has to be compiled is compiled once, not by every worker
    """

    version: str
    outcomes: Mapping[str, Any]
    load_pack: Callable[[str], Any]
    start: Callable[[Any, Any, int, int], SimulationLike]
    load: Callable[[Path, Any, Any, int], SimulationLike]
    axes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    code: Callable[[], str] | None = None
    ready: Callable[[], None] = lambda: None


def engine_named(spec: str) -> Engine:
    """Import the engine that ``package.module:function`` returns (how a worker process finds it)."""
    writable_cache()
    engine = EntryPoint(name="engine", value=spec, group="kladsim.engines").load()()
    if not isinstance(engine, Engine):
        raise InputError("is no engine", where="engine", value=spec)
    return engine


class Later(Mapping[str, Any]):
    """A mapping that is made when first read: what comes from the store needs no compiler and no declarations."""

    def __init__(self, make: Callable[[], Mapping[str, Any]]) -> None:
        self._make: Callable[[], Mapping[str, Any]] = cache(make)

    def __getitem__(self, name: str) -> Any:
        return self._make()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._make())

    def __len__(self) -> int:
        return len(self._make())


def default_engine() -> Engine:
    """The drug economy of ``kladsim.model`` on the packs of ``kladsim.world``; kernels load when a run starts."""
    from kladsim.model.version import model_version
    from kladsim.world import load_pack

    def start(config: Any, pack: Any, replicate: int, threads: int) -> SimulationLike:
        prepare_kernels()
        from kladsim.model import Simulation

        simulation: SimulationLike = Simulation(config, pack, replicate, threads)
        return simulation

    def load(path: Path, config: Any, pack: Any, threads: int) -> SimulationLike:
        prepare_kernels()
        from kladsim.model import Simulation

        simulation: SimulationLike = Simulation.load(path, config, pack, threads)
        return simulation

    return Engine(model_version(), Later(_outcomes), load_pack, start, load, Later(_axes), _code, prepare_kernels)


@cache
def _code() -> str:
    """SHA-256 of the sources that make a day: core, model, evidence and world."""
    root = Path(__file__).parents[1]
    sources = sorted(path for part in ("core", "evidence", "model", "world") for path in (root / part).rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()


def _outcomes() -> Mapping[str, Any]:
    from kladsim.model import OUTCOMES

    return OUTCOMES


def _axes() -> Mapping[str, tuple[str, ...]]:
    from kladsim.model.tallies import AGE_BANDS

    bands = tuple(f"{low}-{high - 1}" for low, high in zip(AGE_BANDS, AGE_BANDS[1:], strict=False))
    return {"age": bands, "sex": ("male", "female")}
