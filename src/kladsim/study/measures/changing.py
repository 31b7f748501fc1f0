"""From an experiment's changes to a configuration and a running replicate."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from operator import attrgetter
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np

from kladsim.core import rng
from kladsim.evidence.register import load_register
from kladsim.model import Simulation
from kladsim.model.config import RunConfig
from kladsim.model.counters import INDEX
from kladsim.study.measures.experiments import ArmChange
from kladsim.study.measures.watching import ReplicateWatch

STREAM = 901
"""Stream of luck for drawing doubted parameters, apart from the model's own streams."""


def changed(config: RunConfig, change: ArmChange) -> RunConfig:
    """Return the configuration with parameters (kept inside their ranges), switches and modifiers changed."""
    parameters, register = dict(config.parameters), load_register()
    for name, value in change.parameters.items():
        known = register[name]
        moved = parameters[name] * float(value[1:]) if isinstance(value, str) else value
        parameters[name] = min(known.high, max(known.low, moved))
    switches = dict(config.switches) | dict.fromkeys(change.off, False)
    return replace(config, parameters=parameters, switches=switches, modifiers=(*config.modifiers, *change.modifiers))


def prepare(s: Any, change: ArmChange) -> None:
    """Change state and drivers of a replicate from its present day on."""
    for name, how in change.world.items():
        array = attrgetter(name)(s.world)
        if how[0] == "=":
            array[:] = float(how[1:])
        else:
            array *= float(how[1:])
    for name, factor in change.drivers.items():
        s.calendar.columns[name][s.day :] *= factor


def branch(s: Any, watch: ReplicateWatch, config: RunConfig) -> tuple[Any, ReplicateWatch]:
    """Return a copy of a replicate at this moment that goes on under ``config``, with a watch of its own."""
    mine = watch.copy()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.npz"
        s.save(path)
        return Simulation.load(path, config, s.pack, s.workers.threads, (mine,)), mine


def _level_convictions(s: Any, config: RunConfig) -> RunConfig:
    """Courts convict as many people a day as in the year that has passed."""
    year = slice(max(0, s.day - 365), s.day)
    names = ("convictions_trafficking", "convictions_possession")
    tried = sum(int(s.recording.count[year, INDEX[name]].sum()) for name in names)
    people = float(np.asarray(s.world.people.alive).sum())
    rate = float(tried) / people * 1e5
    return replace(config, parameters={**config.parameters, "justice.court_capacity": rate})


def _present_inflow(s: Any, config: RunConfig) -> RunConfig:
    """With M7 off as many people begin as did in the last half year (see ``couriers.application_hazard``)."""
    part = slice(max(0, s.day - 182), s.day)
    recruits, applications = (
        float(s.recording.count[part, INDEX[name]].sum()) for name in ("recruits", "applications")
    )
    pull = float((s.world.labour.recruit_pull * s.world.people.alive).sum() / max(1, s.world.people.alive.sum()))
    share = pull * recruits / max(1.0, applications)
    known = load_register()["recruitment.fixed_share"]
    share = min(known.high, max(known.low, share))
    return replace(config, parameters={**config.parameters, "recruitment.fixed_share": share})


COMPUTED: dict[str, Callable[[Any, RunConfig], RunConfig]] = {
    "level convictions": _level_convictions,
    "present inflow": _present_inflow,
}


def drawn(config: RunConfig, names: Iterable[str], replicate: int) -> RunConfig:
    """Return the configuration with parameters drawn from their ranges, anew for every replicate.

    Lognormal around the register's value, its range two standard deviations wide on each side, cut at the ends.
    """
    register = load_register()
    parameters = dict(config.parameters)
    key = rng.day_key(config.seed, STREAM, replicate)
    for at, name in enumerate(names):
        known = register[name]
        low, high = max(known.low, 0.05 * known.value), known.high
        spread = (np.log(high) - np.log(low)) / 4.0
        normal = NormalDist().inv_cdf(min(0.98, max(0.02, float(rng.unit(key, at, 0)))))
        parameters[name] = float(np.clip(known.value * np.exp(spread * normal), low, high))
    return replace(config, parameters=parameters)
