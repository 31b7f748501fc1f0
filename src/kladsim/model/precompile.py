"""Compile all kernels of the model ahead of time, in parallel processes: ``python -m kladsim.model.precompile``.

The compiled code goes to the user's cache folder, so that the first run starts at once.
"""

from __future__ import annotations

import multiprocessing
import sys
import time
from datetime import date

from numba import typeof

from kladsim.evidence import load_register
from kladsim.model.config import MECHANISMS, RunConfig
from kladsim.model.day import fused
from kladsim.model.simulation import Simulation
from kladsim.world import load_pack

ORDER = (6, 7, 4, 2, 5, 0, 3, 1, 8, 9)
"""Fused calls from slow to fast to compile."""


def smallest() -> Simulation:
    """Return the smallest simulation of the default country: same types, little work."""
    values = load_register().values()
    config = RunConfig("russia", date(2014, 1, 1), date(2014, 2, 1), 2000, 1, values, dict.fromkeys(MECHANISMS, True))
    return Simulation(config, load_pack("russia"))


def compile_share(share: tuple[int, int]) -> float:
    """Compile every ``share[1]``-th fused call from number ``share[0]`` on; return the seconds it took."""
    began = time.perf_counter()
    simulation = smallest()
    today = simulation.calendar.day(0)
    calls = [call for call in fused() if call.scope != "room"]
    arguments = (simulation.persons_table, simulation.world, today, 0, 0, simulation.pack.n_regions)
    signature = tuple(typeof(argument) for argument in arguments)
    for position in ORDER[share[0] :: share[1]]:
        if position < len(calls):
            calls[position].kernel.compile(signature)  # type: ignore[attr-defined]
    return time.perf_counter() - began


def main(processes: int = 2) -> None:
    """Compile with some processes, then run one day to fill what is left."""
    began = time.perf_counter()
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes) as pool:
        pool.map(compile_share, [(i, processes) for i in range(processes)])
    simulation = smallest()
    simulation.run(31)
    simulation.digest()
    sys.stdout.write(f"kernels ready after {time.perf_counter() - began:.0f} s\n")


if __name__ == "__main__":
    main()
