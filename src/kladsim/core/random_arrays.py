"""Random numbers over whole arrays in NumPy: bit for bit those of ``kladsim.core.rng``, without a compiler.

Kernels take one entity at a time and are compiled; sampling, forecasts and prices take arrays and need not be. The
generator is always splitmix64 (see ``kladsim.core.rng`` for the source).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_A = np.uint64(0xBF58476D1CE4E5B9)
MIX_B = np.uint64(0x94D049BB133111EB)
DRAW_STEP = np.uint64(0xD1342543DE82EF95)
S27, S30, S31, S11 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(11)
TO_UNIT = 1.0 / 9007199254740992.0  # 2^-53


def mix(z: Words) -> Words:
    """Scramble words of 64 bits (a bijection)."""
    with np.errstate(over="ignore"):
        z = (z ^ (z >> S30)) * MIX_A
        z = (z ^ (z >> S27)) * MIX_B
    return np.asarray(z ^ (z >> S31), dtype=np.uint64)


def stream_key(seed: int, stream: int, day: int) -> Words:
    """Return the key of a stream on a day or at a step, as an array without axes."""
    first, second, third = (np.asarray(number, dtype=np.uint64) for number in (seed, stream, day))
    with np.errstate(over="ignore"):
        return mix(mix(mix(first + GOLDEN) ^ (second * MIX_A)) ^ ((third + np.uint64(1)) * DRAW_STEP))


def unit(key: Words, entities: Words | Sequence[int], draw: int = 0) -> Floats:
    """Return uniform numbers in [0, 1) with 53 bits, one an entity."""
    words = np.asarray(entities, dtype=np.uint64)
    with np.errstate(over="ignore"):
        if draw:
            key = mix(key + np.asarray(draw, dtype=np.uint64) * DRAW_STEP)
        words = mix((words * GOLDEN) ^ key) >> S11
    return np.asarray(words.astype(np.float64) * TO_UNIT)


class ArrayStreams:
    """Named streams of random arrays, pure functions of seed, stream, step and place in the array.

    Parameters
    ----------
    numbers : the number of each stream, fixed for ever
    """

    def __init__(self, numbers: Mapping[str, int]) -> None:
        self.numbers = dict(numbers)

    def uniform(self, seed: int, stream: str, step: int, shape: tuple[int, ...]) -> Floats:
        """Return uniform numbers in (0, 1)."""
        key = stream_key(seed, self.numbers[stream], step)
        drawn = unit(key, np.arange(int(np.prod(shape)), dtype=np.uint64))
        return (drawn + 0.5 * TO_UNIT).reshape(shape)

    def normal(self, seed: int, stream: str, step: int, shape: tuple[int, ...]) -> Floats:
        """Return standard normal numbers by the inverse of the distribution function."""
        from scipy.special import ndtri

        return np.asarray(ndtri(self.uniform(seed, stream, step, shape)), dtype=np.float64)
