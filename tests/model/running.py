"""How the tests of the model make a run: small, quick, and with everything that may matter switched by name."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from tests.waiting import PATIENCE

from kladsim.core import rng
from kladsim.evidence import load_register
from kladsim.model.config import MECHANISMS, Modifier, RunConfig
from kladsim.model.simulation import Simulation
from kladsim.world import load_pack

ROOT = Path(__file__).parents[2]

STRESS = (
    Modifier("platform.takedown", date(2016, 3, 1), None, "set", 1.0),
    Modifier("justice.prison_recruitment", date(2016, 5, 1), None, "set", 0.05),
    Modifier("justice.diversion.courier", date(2016, 2, 1), None, "set", 0.4),
    Modifier("treatment.places", date(2015, 6, 1), None, "set", 3.0),
    Modifier("policing.effort.courier", date(2015, 9, 1), date(2016, 9, 1), "set", 4.0),
    Modifier("movement", date(2015, 3, 1), date(2015, 5, 1), "set", 0.5),
)
"""Events and policies that bring into two and a half years what history spreads over ten."""


@cache
def russia() -> Any:
    """Return the country pack, loaded once a process."""
    return load_pack("russia")


def configuration(
    until: str = "2014-07-01",
    scale: int = 1000,
    seed: int = 1,
    off: Iterable[str] = (),
    modifiers: tuple[Modifier, ...] = (),
    parameters: Mapping[str, float] | None = None,
) -> RunConfig:
    """Return a run configuration; ``off`` names the mechanisms that are switched off."""
    values = load_register().override(dict(parameters or {})).values()
    switches = {name: name not in set(off) for name in MECHANISMS}
    return RunConfig(
        "russia", date(2014, 1, 1), date.fromisoformat(until), scale, seed, values, switches, modifiers, rng.GENERATOR
    )


def simulation(
    until: str = "2014-07-01",
    scale: int = 1000,
    *,
    seed: int = 1,
    off: Iterable[str] = (),
    modifiers: tuple[Modifier, ...] = (),
    parameters: Mapping[str, float] | None = None,
    threads: int = 1,
    replicate: int = 0,
    observers: tuple[Callable[[Simulation], None], ...] = (),
) -> Simulation:
    """Return a simulation on its first morning."""
    config = configuration(until, scale, seed, off, modifiers, parameters)
    return Simulation(config, russia(), replicate, threads, observers)


def finished(*args: Any, **options: Any) -> Simulation:
    """Return a simulation that has run to its end."""
    made = simulation(*args, **options)
    made.run()
    return made


def in_process(code: str, timeout: float = PATIENCE, **environment: str) -> str:
    """Run Python code in a process of its own, with further environment variables, and return what it prints."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip()
