"""Run in a process of its own, compiled or with NUMBA_DISABLE_JIT=1: a small world for some days, and its digest.

Without the compiler the same functions run as plain Python over NumPy scalars: slow, obvious, and an independent
check of what the compiler made of them. Helpers that are written as machine code get plain twins here.
"""

from __future__ import annotations

import os
import sys
import warnings

import numpy as np

from kladsim.evidence.register import Register

PLAIN = os.environ.get("NUMBA_DISABLE_JIT") == "1"
SCALE = 3000
PARAMETERS = {"recruitment.rate": 0.02}


def list_exact(flag, size, bits, base, out, m):
    """List base + position of the flags that have one of the bits."""
    for g in range(int(size)):
        if flag[g] & bits:
            out[int(m)] = base + g
            m = m + type(m)(1)
    return m


def prefetch(array, place):
    """Ask for nothing: the interpreter reads memory when it needs it."""


def use_plain_python() -> None:
    """Make what only the compiler can read readable for the interpreter."""
    warnings.filterwarnings("ignore", category=RuntimeWarning)  # 64-bit numbers wrap, as they should
    from kladsim.core import bitlists

    bitlists.list_exact = bitlists.list_wide = list_exact
    bitlists.prefetch = prefetch
    record = Register.record
    Register.record = lambda self: record(self).view(np.recarray)  # fields by attribute, as kernels read them


def main(days: int, state: str = "") -> None:
    """Print whether the interpreter did it, the digest, and how much happened."""
    if PLAIN:
        use_plain_python()
    import numba
    from tests.model.running import configuration, russia

    from kladsim.model.counters import INDEX
    from kladsim.model.simulation import Simulation

    config = configuration("2023-01-01", SCALE, parameters=PARAMETERS)
    s = Simulation.load(state, config, russia()) if state else Simulation(config, russia())
    start = s.day
    s.run(start + days)
    counts = s.recording.count[start : s.day].sum(axis=0)
    seen = {
        name: int(counts[INDEX[name]]) for name in ("orders", "placed", "deaths_background", "recruits", "switches")
    }
    print(numba.config.DISABLE_JIT, s.digest(), seen)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
