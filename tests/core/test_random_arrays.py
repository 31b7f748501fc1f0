"""Random arrays are the generator of the core, entity by entity."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from kladsim.core import rng
from kladsim.core.random_arrays import ArrayStreams, stream_key, unit


@pytest.mark.parametrize(("seed", "stream", "day"), [(0, 0, 0), (1, 90, 7), (2**40 + 3, 9001, 12_345)])
def test_arrays_equal_the_core_bit_for_bit(seed: int, stream: int, day: int) -> None:
    key = rng.day_key(seed, stream, day)
    assert int(stream_key(seed, stream, day)) == int(key)
    for draw in (0, 1, 5):
        entities = [0, 1, 2, 77, 2**33]
        ours = unit(stream_key(seed, stream, day), entities, draw)
        assert list(ours) == [float(rng.unit(key, entity, draw)) for entity in entities]


def test_named_streams_lie_within_zero_and_one_and_keep_their_shape() -> None:
    drawn = ArrayStreams({"prices": 90}).uniform(3, "prices", 2, (2, 3))
    key = rng.day_key(3, 90, 2)
    by_hand = [float(rng.unit(key, place, 0)) + 0.5 / 2**53 for place in range(6)]
    assert drawn.shape == (2, 3)
    assert drawn.ravel().tolist() == by_hand
    normal = ArrayStreams({"prices": 90}).normal(3, "prices", 2, (1,))
    assert normal[0] == pytest.approx(NormalDist().inv_cdf(drawn[0, 0]))
    assert np.all((drawn > 0) & (drawn < 1))
