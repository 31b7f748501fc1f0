"""The order of a day as a list that prints itself, and that runs as few compiled calls.

A phase is a kernel whose arguments are among ``a, w, t, worker, low, high, regions``. A *regional* phase touches only
the regions in ``[low, high)`` and may run on many threads; a *national* one sees all of them and runs once.
Neighbouring phases of these scopes are fused into one compiled call, which changes nothing but the time. A phase of
*room* is no kernel: between two calls it makes larger what the next would fill.

A phase declares which tables (``"shops"``) and columns (``"labour.couriers"``) it reads and writes. Declarations change
no result; a test runs the plain twin of every phase in a world that has nothing else.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import FunctionType
from typing import Literal, Never

from kladsim.core.jit import kernel, plain

Scope = Literal["regional", "national", "room"]
ARGUMENTS = {name: name for name in ("a", "w", "t", "worker", "low", "high")} | {"regions": "high", "x": "w"}
"""What a phase may ask for by the name of its argument, and what the fused call has for it (``x``: an added world)."""


@dataclass(frozen=True)
class Phase:
    """One step of the day.

    Parameters
    ----------
    name, doc : for people
    scope : regional, national, or room
    kernel : what is run
    mechanism : the mechanism that the phase belongs to
    reads, writes : names of tables and columns (``part.column``) that the kernel only reads, and that it changes
    every, first : the phase runs on day ``first`` and every so many days from then on
    also : kernel ``also(w, t)`` that is true on further days on which the phase runs
    """

    name: str
    scope: Scope
    kernel: object
    doc: str = ""
    mechanism: str = ""
    reads: str = ""
    writes: str = ""
    every: int = 1
    first: int = 0
    also: Callable[[Never, Never], bool] | None = None

    def is_due(self, day: int) -> bool:
        """Return whether the calendar has the phase run on a day."""
        return day >= self.first and (day - self.first) % self.every == 0

    @property
    def rhythm(self) -> str:
        """When the phase runs, in words."""
        if self.every == 1:
            return "daily"
        further = f" or when a {plain(self.also).__name__.replace('_', ' ')}" if self.also else ""
        return {7: "weekly", 30: "monthly"}.get(self.every, f"every {self.every} days") + further


@dataclass(frozen=True)
class Fused:
    """A run of neighbouring phases of one scope as one kernel."""

    scope: Scope
    phases: tuple[Phase, ...]
    kernel: FunctionType


def call_of(phase: Phase, name: str) -> str:
    """Return the call of a phase's kernel with what it asks for.

    Raises
    ------
    ValueError
        When the kernel asks for what no phase has, or a regional one for all regions.
    """
    given = []
    for argument in inspect.signature(plain(phase.kernel)).parameters.values():
        if argument.name in ARGUMENTS and not (phase.scope == "regional" and argument.name == "regions"):
            given.append(ARGUMENTS[argument.name])
        elif argument.default is inspect.Parameter.empty:
            raise ValueError(f"phase {phase.name!r}: argument {argument.name!r}; allowed: {', '.join(ARGUMENTS)}")
    return f"{name}({', '.join(given)})"


def fuse(phases: Sequence[Phase]) -> tuple[Fused, ...]:
    """Join neighbouring phases of one scope."""
    out = []
    for scope, group in groupby(phases, key=lambda phase: phase.scope):
        members = tuple(group)
        if scope == "room":
            out += [Fused(scope, (phase,), plain(phase.kernel)) for phase in members]
            continue
        lines = ["def fused(a, w, t, worker, low, high):"]
        names: dict[str, object] = {"__name__": __name__}
        for i, phase in enumerate(members):
            names[f"phase_{i}"], names[f"also_{i}"] = phase.kernel, phase.also
            call = call_of(phase, f"phase_{i}")
            due = f"t.day >= {phase.first} and (t.day - {phase.first}) % {phase.every} == 0"
            due += f" or also_{i}(w, t)" if phase.also else ""
            lines += [f"    {call}"] if phase.every == 1 and not phase.first else [f"    if {due}:", f"        {call}"]
        source = "\n".join(lines) + "\n"
        exec(compile(source, f"<{scope} phases>", "exec"), names)
        function = names["fused"]
        assert isinstance(function, FunctionType)
        function.__dict__["__kernel_source__"] = source
        out.append(Fused(scope, members, kernel(function)))
    return tuple(out)


def listing(phases: Sequence[Phase]) -> str:
    """Return the order of the day as numbered lines."""
    return "\n".join(f"{i:2}. {p.name} ({p.scope}, {p.rhythm}): {p.doc}" for i, p in enumerate(phases, start=1))
