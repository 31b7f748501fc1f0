"""Run days phase by phase in plain Python, each phase in a world that holds only what it declares, read-only or not.

Run in a process of its own with NUMBA_DISABLE_JIT=1.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
from tests.model.twin_driver import PARAMETERS, SCALE, use_plain_python

use_plain_python()  # before the modules that take the helpers in machine code

from tests.model.running import configuration, russia  # noqa: E402

from kladsim.core.bundle import Bundle  # noqa: E402
from kladsim.core.jit import plain  # noqa: E402
from kladsim.core.phases import Fused, Phase, call_of  # noqa: E402
from kladsim.model import day as day_module  # noqa: E402
from kladsim.model.state import PARTS  # noqa: E402


def limited(value, may_write):
    """Return an array, or the columns of a table, that can be written only where that is allowed."""
    if isinstance(value, Bundle):
        return SimpleNamespace(**{name: limited(column, may_write) for name, column in value.items()})
    if isinstance(value, np.ndarray):
        view = value.view()
        view.flags.writeable = may_write
        return view
    return value


def declared(persons, world, phase: Phase):
    """Return persons and world with nothing but what a phase declares."""
    writes = set(phase.writes.split())
    held: dict[str, dict] = {part: {} for part in PARTS}
    for name in {*phase.reads.split(), *writes, *day_module.ALWAYS} - {"persons"}:
        part, _, column = name.partition(".")
        for one in [column] if column else [c for c, _ in getattr(world, part).items()] if part in PARTS else [""]:
            value = getattr(getattr(world, part), one) if one else getattr(world, part)
            held.setdefault(part, {})[one] = limited(value, name in writes)
    parts = {part: columns[""] if "" in columns else SimpleNamespace(**columns) for part, columns in held.items()}
    known = {*phase.reads.split(), *writes}
    people = limited(persons, "persons" in writes) if "persons" in known else SimpleNamespace()
    return people, SimpleNamespace(**parts)


def alone(phase: Phase) -> Fused:
    """Return a phase as a call of its own, in plain Python and in the world that it declares."""

    def run(a, w, t, worker, low, high):
        if not phase.is_due(t.day) and not (phase.also and plain(phase.also)(w, t)):
            return
        a, w = declared(a, w, phase)
        scope = {"kernel": plain(phase.kernel), "a": a, "w": w, "t": t, "worker": worker, "low": low, "high": high}
        try:
            eval(call_of(phase, "kernel"), scope)
        except (AttributeError, ValueError) as error:
            raise AssertionError(f"phase {phase.name!r}: {error}") from error

    return Fused(phase.scope, (phase,), phase.kernel if phase.scope == "room" else run)


def without(phase: Phase, name: str) -> Phase:
    """Return a phase that forgot to declare what it reads or writes; what it writes it still reads."""
    reads, writes = phase.reads.split(), phase.writes.split()
    if name in writes:
        return replace(phase, reads=" ".join([*reads, name]), writes=" ".join(w for w in writes if w != name))
    return replace(phase, reads=" ".join(r for r in reads if r != name))


def main(state: str, days: int, *plants: str) -> None:
    """Run days from a saved state; then run phases that lack a declaration, and print what is found."""
    from kladsim.model.simulation import Simulation

    calls = tuple(alone(phase) for phase in day_module.PHASES)
    day_module.fused = lambda: calls
    s = Simulation.load(state, configuration("2023-01-01", SCALE, parameters=PARAMETERS), russia())
    s.run(s.day + days)
    print(s.digest())
    for plant in plants:
        name, lacking = plant.split(":")
        (phase,) = (phase for phase in day_module.PHASES if phase.name == name)
        call = alone(replace(without(phase, lacking), every=1, first=0))
        try:
            call.kernel(s.persons_table, s.world, s.calendar.day(s.day), 0, 0, russia().n_regions)
            print("nothing")
        except AssertionError as error:
            print(error)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
