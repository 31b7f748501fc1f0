"""Random arrays for calibration: the counter-based generator of the core over whole arrays.

Equal to ``kladsim.core.rng`` entity by entity (tested); apart, because kernels take one entity at a time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
STREAMS = {"design": 911, "sampler": 912, "truths": 913, "predictive": 914, "bands": 915}
"""Numbers of the streams of calibration; fixed for ever."""


def uniform(seed: int, stream: str, step: int, shape: tuple[int, ...]) -> Floats:
    """Return uniform numbers in (0, 1), a pure function of seed, stream, step and place in the array."""
    from kladsim.core.rng import GOLDEN, MIX_A, MIX_B, S11, S27, S30, S31, TO_UNIT, day_key

    key = day_key(seed, STREAMS[stream], step)
    entity = np.arange(int(np.prod(shape)), dtype=np.uint64)
    with np.errstate(over="ignore"):
        z = (entity * GOLDEN) ^ key
        z = (z ^ (z >> S30)) * MIX_A
        z = (z ^ (z >> S27)) * MIX_B
        word = (z ^ (z >> S31)) >> S11
    return ((word.astype(np.float64) + 0.5) * TO_UNIT).reshape(shape)


def normal(seed: int, stream: str, step: int, shape: tuple[int, ...]) -> Floats:
    """Return standard normal numbers by the inverse of the distribution function."""
    from scipy.special import ndtri

    return np.asarray(ndtri(uniform(seed, stream, step, shape)), dtype=np.float64)
