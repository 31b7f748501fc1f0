"""Random numbers as a pure function of seed, stream, entity, day and draw.

No generator state is stored anywhere: the same question always has the same answer, for any number of threads,
hosts or replicates, and two scenarios share all luck that they do not change (common random numbers).

The default is a splitmix64-class mix (Steele, Lea & Flood 2014, doi:10.1145/2660193.2660195): the entity is
spread by the golden-ratio constant and the day's key is mixed in by exclusive or *after* that multiplication,
so that days are not windows of one sequence. ``KLADSIM_GENERATOR=philox`` switches to Philox4x32-10 (Salmon et
al. 2011, doi:10.1145/2063384.2063405), to show that no result hangs on the generator.
"""

from __future__ import annotations

import os

import numpy as np

from kladsim.core.jit import inlined, kernel
from kladsim.core.random_arrays import DRAW_STEP, GOLDEN, MIX_A, MIX_B, S11, S27, S30, S31, TO_UNIT, Words

GENERATORS = ("splitmix", "philox")
GENERATOR = os.environ.get("KLADSIM_GENERATOR", "splitmix")
if GENERATOR not in GENERATORS:
    raise ValueError(f"KLADSIM_GENERATOR: given {GENERATOR!r}; allowed: {', '.join(GENERATORS)}")

S32 = np.uint64(32)
LOW32 = np.uint64(0xFFFFFFFF)
ZERO = np.uint64(0)

PHILOX_M0, PHILOX_M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
PHILOX_W0, PHILOX_W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)


@inlined
def mix(z: np.uint64) -> np.uint64:
    """Scramble 64 bits: a bijection whose every output bit depends on every input bit."""
    z = (z ^ (z >> S30)) * MIX_A
    z = (z ^ (z >> S27)) * MIX_B
    return z ^ (z >> S31)


@inlined
def philox(
    c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Return the four 32-bit words (as uint64) of Philox4x32-10 for a counter and a key of 32-bit words."""
    for _ in range(10):
        p0 = PHILOX_M0 * c0
        p1 = PHILOX_M1 * c2
        c0, c1, c2, c3 = (p1 >> S32) ^ c1 ^ k0, p1 & LOW32, (p0 >> S32) ^ c3 ^ k1, p0 & LOW32
        k0 = (k0 + PHILOX_W0) & LOW32
        k1 = (k1 + PHILOX_W1) & LOW32
    return c0, c1, c2, c3


@inlined
def _splitmix_bits(key: np.uint64, entity: np.uint64 | int, draw: np.uint64) -> np.uint64:
    if draw != ZERO:
        key = mix(key + draw * DRAW_STEP)
    return mix((entity * GOLDEN) ^ key)


@inlined
def _philox_bits(key: np.uint64, entity: np.uint64 | int, draw: np.uint64) -> np.uint64:
    w0, w1, _, _ = philox(entity & LOW32, entity >> S32, draw & LOW32, draw >> S32, key & LOW32, key >> S32)
    return (w0 << S32) | w1


bits = _splitmix_bits if GENERATOR == "splitmix" else _philox_bits
"""``bits(key, entity, draw)``: 64 random bits."""


@kernel
def stream_key(seed: np.uint64, stream: np.uint64, day: np.uint64) -> np.uint64:
    """Return the key of one stream on one day (all uint64)."""
    return mix(mix(mix(seed + GOLDEN) ^ (stream * MIX_A)) ^ ((day + np.uint64(1)) * DRAW_STEP))


@inlined
def unit(key: np.uint64, entity: int, draw: int) -> float:
    """Return a uniform number in [0, 1) with 53 bits."""
    return float(bits(key, np.uint64(entity), np.uint64(draw)) >> S11) * TO_UNIT


@inlined
def below(key: np.uint64, entity: int, draw: int, n: int) -> int:
    """Return a uniform whole number in [0, n); bias below n / 2^32."""
    return int(((bits(key, np.uint64(entity), np.uint64(draw)) >> S32) * np.uint64(n)) >> S32)


@kernel
def stream_word(number: int) -> np.uint64:
    """Return a small whole number as a 64-bit word."""
    return np.uint64(number)


@kernel
def stream_keys(seed: np.uint64, streams: Words, day: np.uint64) -> Words:
    """Return the keys of several streams on one day (all uint64)."""
    keys = np.empty_like(streams)
    for i in range(streams.size):
        keys[i] = stream_key(seed, streams[i], day)
    return keys


def day_keys(seed: int, streams: Words, day: int) -> list[np.uint64]:
    """Return the keys of several streams (uint64) on one day, for handing to a kernel."""
    return list(stream_keys(np.uint64(seed), streams, np.uint64(day)))


def day_key(seed: int, stream: int, day: int) -> np.uint64:
    """Return the key of one stream on one day, for handing to a kernel."""
    return np.uint64(stream_key(np.uint64(seed), np.uint64(stream), np.uint64(day)))


class Streams:
    """Names of random streams, each registered once; a name's number never depends on the order of others.

    Raises
    ------
    ValueError
        When a name is registered twice or two names share a number.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def register(self, name: str, number: int) -> np.uint64:
        """Register a stream under a fixed number and return it."""
        if name in self._numbers or number in self._numbers.values():
            raise ValueError(f"random stream {name!r} ({number}) is already taken")
        self._numbers[name] = number
        return np.uint64(number)

    def names(self) -> dict[str, int]:
        """Return all names with their numbers."""
        return dict(self._numbers)
