"""Mechanisms of other packages: they act at the end of each day, on random numbers and state of their own.

An installed package declares an `AddedMechanism` under the entry-point group ``kladsim.mechanisms``. It is off unless a
scenario says ``mechanisms: {NAME: on}``, and a run with it off is the run without it, bit by bit: processes of an
added mechanism share no uniform with others, as every mechanism draws from a stream made from its name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from types import FunctionType

import numpy as np

from kladsim.core.arrays import Array
from kladsim.core.bundle import Bundle
from kladsim.core.errors import InputError
from kladsim.core.parallel import Workers
from kladsim.core.phases import Fused, Phase, fuse
from kladsim.core.processes import Lanes, Process, build_mark, build_step, scan_space
from kladsim.core.random_arrays import Floats, Ints
from kladsim.core.registry import Registry
from kladsim.core.rng import day_key
from kladsim.evidence.register import Register, read_register
from kladsim.model.config import MECHANISM_GROUP
from kladsim.model.entities import Persons
from kladsim.model.state import World
from kladsim.model.today import DayContext

AT_END_OF = "coverage"
"""The first phase of the night's counts, before which added mechanisms act."""


@dataclass(frozen=True)
class AddedMechanism:
    """A mechanism that another package adds.

    Parameters
    ----------
    name : its name in scenarios, a word of lower case
    title, off_means : what it is, and what off means (the model without it)
    version : goes up whenever its results change; part of the identity of runs that have it on
    sources : where its equations and numbers come from
    direction : outcomes that move when it is switched on, with the sign (0: changes, no sign claimed)
    parameters : a file in the format of ``evidence/data/parameters.toml``; names begin with the mechanism's
    state : regional float64 columns of its own by name, with their meaning; zero on the first day, saved with a run
    processes : what may happen to people who are involved; hazards and effects take ``(a, i, c, x, t)``
    phases : kernels ``(a, x, t, worker, low, high)``, regional or national, run in their order before the processes

    Notes
    -----
    ``x`` is a bundle: ``x.w`` is the world of the built-in mechanisms, ``x.p[0]`` the parameters (``_`` for ``.``),
    ``x.key`` the day's key for draws inside an event, and every column of ``state`` is there by name; their national
    sums are recorded every evening, for outcomes (``run.observed[NAME]``: float64[days, columns]). An effect changes
    its row and whole-number sums of its region; it asks for nothing that is rationed (buffers of requests have room for
    built-in processes only).
    """

    name: str
    title: str
    off_means: str
    version: str
    sources: tuple[str, ...]
    direction: Mapping[str, int]
    parameters: Path | None = None
    state: Mapping[str, str] = field(default_factory=dict)
    processes: tuple[Process, ...] = ()
    phases: tuple[Phase, ...] = ()

    @cached_property
    def register(self) -> Register:
        """Its parameters; raise ``InputError`` for a name that does not begin with the mechanism's."""
        register = read_register(self.parameters) if self.parameters is not None else Register({})
        for name in register:
            if not name.startswith(f"{self.name}."):
                raise InputError("is not a parameter of this mechanism", where=self.name, value=name,
                                 allowed=f"{self.name}.NAME")  # fmt: skip
        return register

    @cached_property
    def lanes(self) -> Lanes:
        """Its processes with their bounds."""
        return Lanes(self.processes)

    @cached_property
    def step(self) -> FunctionType:
        """The kernel that carries out its processes on marked people."""
        return build_step(self.lanes, dormant=False)

    @cached_property
    def mark(self) -> FunctionType:
        """The kernel that marks the people whom its processes may happen to."""
        return build_mark(self.lanes)

    @cached_property
    def kernels(self) -> Sequence[Fused]:
        """Its phases as compiled calls."""
        return fuse(self.phases)

    @property
    def stream(self) -> int:
        """The number of its random stream: a hash of its name, far above those of built-in streams."""
        digest = hashlib.sha256(f"{MECHANISM_GROUP}/{self.name}".encode()).digest()
        return int.from_bytes(digest[:8], "little") | 1 << 63


ADDED: Registry[AddedMechanism] = Registry("mechanism", MECHANISM_GROUP, {}, AddedMechanism)


class ActiveMechanism:
    """An added mechanism in one run, with its state.

    Parameters
    ----------
    name : of a mechanism in ``ADDED``
    values : all its parameters by name
    regions, n_days : sizes of the run
    """

    def __init__(self, name: str, values: Mapping[str, float], regions: int, n_days: int) -> None:
        self.mechanism = ADDED.find(name, where="mechanisms")
        self.parameters = self.mechanism.register.override(values).record()
        self.state = {column: np.zeros(regions) for column in self.mechanism.state}
        self.sums = np.full((n_days, len(self.state)), np.nan)

    def run_day(
        self,
        persons: Persons,
        world: World,
        today: DayContext,
        seed: int,
        workers: Workers,
        pieces: Sequence[tuple[int, int]],
    ) -> Ints:
        """Carry out phases, then processes, over pieces of regions; return ``over`` (see ``scan_space``)."""
        mechanism, regions = self.mechanism, pieces[-1][1]
        *keys, event_key = (day_key(seed, mechanism.stream + use, int(today.day)) for use in range(4))
        x = Bundle(mechanism.name, {"w": world, "p": self.parameters, "key": event_key, **self.state})
        for fused in mechanism.kernels:
            if fused.scope == "national":
                fused.kernel(persons, x, today, 0, 0, regions)
            else:
                run = partial(fused.kernel, persons, x, today)
                workers.each(run, pieces)
        over = np.zeros((1, 0), np.int64)
        if mechanism.processes:
            chunks, space = world.chunks, scan_space(mechanism.lanes, world.chunks, workers.threads)
            over = np.asarray(space["over"], np.int64)
            marked, flags = [space[name] for name in ("thresholds", "marks", "n_marks")], space["flag"]

            def act(worker: int, low: int, high: int) -> None:
                where = (worker, world.regions.first_chunk[low], world.regions.first_chunk[high])
                mechanism.mark(persons, chunks, x, today, *where, keys[0], *marked, flags[worker])
                mechanism.step(persons, chunks, x, today, *where, *keys, *marked, over, flags[worker])

            workers.each(act, pieces)
        self.sums[int(today.day)] = [column.sum() for column in self.state.values()]
        return over

    def arrays(self) -> dict[str, Floats]:
        """Return its state under names for a saved state."""
        own = f"added.{self.mechanism.name}"
        return {f"{own}.sums": self.sums, **{f"{own}.state.{name}": column for name, column in self.state.items()}}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Take over the state of the past; one in which the mechanism was off leaves it as on a first day."""
        for name, column in self.arrays().items():
            if name in arrays:
                rows = min(len(column), len(arrays[name]))
                column[:rows] = arrays[name][:rows]
