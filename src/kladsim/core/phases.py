"""The order of a day as a list that prints itself, and that runs as few compiled calls.

A phase is a kernel ``f(a, w, t, worker, low, high)``. A *regional* phase touches only the regions in ``[low,
high)`` and may run on many threads; a *national* one sees all of them and runs once. Neighbouring phases of these
kinds are fused into one compiled call, which changes nothing but the time. A phase of *room* is no kernel: between
two calls it makes larger what the next would fill.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from kladsim.core.jit import kernel

Kind = Literal["regional", "national", "room"]


@dataclass(frozen=True)
class Phase:
    """One step of the day: a name for people, the kernel, and where it is described."""

    name: str
    kind: Kind
    kernel: Callable[..., Any]
    doc: str = ""
    switch: str = ""


@dataclass(frozen=True)
class Fused:
    """A run of neighbouring phases of one kind as one kernel."""

    kind: Kind
    phases: tuple[Phase, ...]
    kernel: Callable[..., Any]


def fuse(phases: Sequence[Phase]) -> tuple[Fused, ...]:
    """Join neighbouring phases of one kind."""
    out = []
    for kind, group in groupby(phases, key=lambda phase: phase.kind):
        members = tuple(group)
        if kind == "room":
            out += [Fused(kind, (phase,), phase.kernel) for phase in members]
            continue
        lines = ["def fused(a, w, t, worker, low, high):"]
        lines += [f"    phase_{i}(a, w, t, worker, low, high)" for i in range(len(members))]
        source = "\n".join(lines) + "\n"
        scope: dict[str, Any] = {"__name__": __name__}
        scope.update({f"phase_{i}": phase.kernel for i, phase in enumerate(members)})
        exec(compile(source, f"<{kind} phases>", "exec"), scope)
        function = scope["fused"]
        function.__kernel_source__ = source
        out.append(Fused(kind, members, kernel(function)))
    return tuple(out)


def listing(phases: Sequence[Phase]) -> str:
    """Return the order of the day as numbered lines."""
    return "\n".join(f"{i:2}. {phase.name}: {phase.doc}" for i, phase in enumerate(phases, start=1))
