"""Random arrays for the spread model: the counter-based generator of the core over whole arrays.

Equal to ``kladsim.core.rng`` entity by entity (tested); apart, because kernels take one entity at a time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Floats = NDArray[np.float64]

STREAMS = {"sampler": 101, "forward": 102, "bootstrap": 103, "synthetic": 104}
"""Numbers of the streams of the spread model; fixed for ever."""


def uniform(seed: int, stream: str, step: int, shape: tuple[int, ...]) -> Floats:
    """Return uniform numbers in (0, 1), a pure function of seed, stream, step and place in the array."""
    from kladsim.core.rng import GOLDEN, S11, TO_UNIT, day_key

    key = day_key(seed, STREAMS[stream], step)
    entity = np.arange(int(np.prod(shape)), dtype=np.uint64)
    with np.errstate(over="ignore"):
        word = _mix((entity * GOLDEN) ^ key) >> S11
    return ((word.astype(np.float64) + 0.5) * TO_UNIT).reshape(shape)


def normal(seed: int, stream: str, step: int, shape: tuple[int, ...]) -> Floats:
    """Return standard normal numbers by the inverse of the distribution function."""
    from scipy.special import ndtri

    return np.asarray(ndtri(uniform(seed, stream, step, shape)), dtype=np.float64)


def _mix(z: Words) -> Words:
    from kladsim.core.rng import MIX_A, MIX_B, S27, S30, S31

    z = (z ^ (z >> S30)) * MIX_A
    z = (z ^ (z >> S27)) * MIX_B
    return np.asarray(z ^ (z >> S31), dtype=np.uint64)
