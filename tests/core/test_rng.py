"""Random numbers: published test vectors, uniformity, and independence of neighbours in every direction."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from kladsim.core import rng
from kladsim.core.jit import kernel

U64 = np.uint64
WORDS = 1 << 16
BINS = 64
SIGMAS = 5.0  # two-sided 6e-7, for some hundred tests with fixed seeds

VECTORS = [
    ((0,) * 6, (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 6, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344, 0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("given", "expected"), VECTORS)
def test_philox_gives_the_published_words(given, expected):
    assert tuple(int(word) for word in rng.philox(*[U64(word) for word in given])) == expected


@kernel
def _splitmix(keys, entities, draws, out):
    for j in range(out.size):
        out[j] = rng._splitmix_bits(keys[j], entities[j], draws[j])


@kernel
def _philox(keys, entities, draws, out):
    for j in range(out.size):
        out[j] = rng._philox_bits(keys[j], entities[j], draws[j])


GENERATORS = {"splitmix": _splitmix, "philox": _philox}
DIRECTIONS = ("entity", "day", "stream", "draw", "seed")


def words(generator, direction, base=0):
    """Return words that differ from neighbour to neighbour in one direction only."""
    steps = np.arange(base, base + WORDS, dtype=np.uint64)
    keys = np.full(WORDS, rng.day_key(7, 3, 100))
    entities, draws = np.full(WORDS, 123_456, np.uint64), np.ones(WORDS, np.uint64)
    if direction == "entity":
        entities = steps
    elif direction == "draw":
        draws = steps
    else:
        place = {"seed": 0, "stream": 1, "day": 2}[direction]
        parts = [7, 3, 100]
        keys = np.empty(WORDS, np.uint64)
        for j, step in enumerate(steps.tolist()):
            parts[place] = step
            keys[j] = rng.stream_key(*map(U64, parts))
    out = np.empty(WORDS, np.uint64)
    GENERATORS[generator](keys, entities, draws, out)
    return out


def chi_square_fails(counts):
    """Return whether counts of equally likely cells deviate too much (approximation of Wilson, Hilferty)."""
    expected = counts.sum() / counts.size
    value, freedom = ((counts - expected) ** 2 / expected).sum(), counts.size - 1
    z = ((value / freedom) ** (1 / 3) - (1 - 2 / (9 * freedom))) / np.sqrt(2 / (9 * freedom))
    return abs(z) > SIGMAS


@pytest.mark.parametrize("generator", GENERATORS)
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_words_are_uniform_and_neighbours_independent(generator, direction):
    found = words(generator, direction)
    for shift in (0, 26, 58):  # low, middle and high bits
        cells = ((found >> U64(shift)) & U64(BINS - 1)).astype(np.int64)
        assert not chi_square_fails(np.bincount(cells, minlength=BINS))
        for lag in (1, 2, 7):
            pairs = np.bincount(cells[:-lag] * BINS + cells[lag:], minlength=BINS * BINS)
            assert not chi_square_fails(pairs)
    high, low = (found >> U64(32)).astype(float), (found & U64(0xFFFFFFFF)).astype(float)
    for one, other in ((high[:-1], high[1:]), (high, low), (low[:-1], low[1:])):
        assert abs(np.corrcoef(one, other)[0, 1]) * np.sqrt(WORDS) < SIGMAS
    bits = np.unpackbits(found.view(np.uint8)).astype(int)
    assert abs(bits.sum() - bits.size / 2) < SIGMAS * np.sqrt(bits.size) / 2


@pytest.mark.parametrize("generator", GENERATORS)
@pytest.mark.parametrize("direction", ("day", "stream", "seed"))
def test_a_population_sees_unrelated_luck_on_neighbouring_days(generator, direction):
    place = {"seed": 0, "stream": 1, "day": 2}[direction]
    drawn = []
    for step in (50, 51):
        parts = [7, 3, 100]
        parts[place] = step
        keys = np.full(WORDS, rng.day_key(*parts))
        out = np.empty(WORDS, np.uint64)
        GENERATORS[generator](keys, np.arange(WORDS, dtype=np.uint64), np.zeros(WORDS, np.uint64), out)
        drawn.append(out)
    one, other = ((found >> U64(58)).astype(np.int64) for found in drawn)
    assert not chi_square_fails(np.bincount(one * BINS + other, minlength=BINS * BINS))
    assert not set(drawn[0].tolist()) & set(drawn[1].tolist())  # days are no windows of one sequence


def test_unit_and_below_stay_in_range():
    key = rng.day_key(1, 2, 3)
    units = [rng.unit(key, U64(j), U64(0)) for j in range(2000)]
    assert 0.0 <= min(units) < 0.01 and 0.99 < max(units) < 1.0
    counts = np.bincount([rng.below(key, U64(j), U64(1), 7) for j in range(7000)], minlength=7)
    assert counts.size == 7 and not chi_square_fails(counts)


def test_streams_are_registered_once():
    streams = rng.Streams()
    assert streams.register("scan", 4) == 4
    for name, number in (("scan", 5), ("other", 4)):
        with pytest.raises(ValueError, match="already taken"):
            streams.register(name, number)
    assert streams.names() == {"scan": 4}


def test_an_unknown_generator_is_refused():
    command = "import os; os.environ['KLADSIM_GENERATOR'] = 'dice'; import kladsim.core.rng"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True)
    assert done.returncode != 0 and "KLADSIM_GENERATOR: given 'dice'" in done.stderr
