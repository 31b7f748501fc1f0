"""Run in a process of its own, compiled or with NUMBA_DISABLE_JIT=1: a small world for some days, and its digest.

Without the compiler the same functions run as plain Python over NumPy scalars: slow, obvious, and an independent
check of what the compiler made of them. Two helpers that are written as machine code get a plain twin here.
"""

from __future__ import annotations

import os
import sys
import warnings


def plain_list_exact(flag, size, bits, base, out, m):
    """List base + position of the flags that have one of the bits."""
    for g in range(int(size)):
        if flag[g] & bits:
            out[int(m)] = base + g
            m = m + type(m)(1)
    return m


def main(until: str, scale: int) -> str:
    """Return the digest of a run."""
    if os.environ.get("NUMBA_DISABLE_JIT") == "1":
        warnings.filterwarnings("ignore", category=RuntimeWarning)  # 64-bit numbers wrap, as they should
        from kladsim.core import bitlists

        bitlists.list_exact = bitlists.list_wide = plain_list_exact
    from tests.model.running import STRESS, simulation

    events = tuple(m for m in STRESS if m.quantity in ("movement", "treatment.places", "policing.effort.courier"))
    values = {"recruitment.rate": 0.02, "spread.rate": 3.0} if scale > 1 else {}
    s = simulation(until, scale, modifiers=events, parameters=values)
    s.run()
    return s.digest()


if __name__ == "__main__":
    print(main(sys.argv[1], int(sys.argv[2])))
