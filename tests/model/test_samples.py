"""A sample has fewer sellers of full size; a small one keeps more, each so much smaller (``model/samples.py``)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.model.running import finished

from kladsim.evidence import load_register
from kladsim.model.drops import pool_labour
from kladsim.model.recording import NATIONAL
from kladsim.model.samples import FINEST, seller_scale


@pytest.mark.parametrize(("scale", "grain"), [(1, 1), (10, 1), (19, 1), (20, 2), (50, 5), (100, 10), (1000, 10)])
def test_sellers_stay_whole_down_to_a_tenth_and_are_never_finer_than_ten(scale, grain):
    assert seller_scale(scale) == grain <= FINEST


def test_samples_count_as_many_shops_whatever_their_grain():
    column = NATIONAL.index("shops")
    means = []
    for scale in (100, 20):
        s = finished("2015-01-01", scale)
        means.append(float(s.recording.national[180:365, column].mean()) * scale)
    assert means[0] == pytest.approx(means[1], rel=0.1)


@pytest.mark.parametrize("scale", [100, 20])
def test_all_laboratories_stay_and_are_smaller_each(scale):
    """Laboratories that opened in the run have the register's output on average, by the scale; 3 seeds for luck."""
    output = []
    for seed in (1, 2, 3):
        labs = finished("2014-07-01", scale, seed=seed).world.labs
        output.extend(labs.output[(labs.alive == 1) & (labs.born >= 0)] * scale)
    assert len(output) >= 60
    assert np.mean(output) == pytest.approx(load_register().values()["production.output"], rel=0.1)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.floats(0.0, 400.0), st.integers(0, 500)), min_size=1, max_size=9))
def test_districts_share_couriers_and_lose_none(rows):
    """The couriers of all districts together stay; the more a district needs, the nearer it is to its own."""
    need, have = (np.array(column, dtype=np.float64) for column in zip(*rows, strict=True))
    hands, large = np.zeros(len(rows)), np.zeros(len(rows))
    p = load_register().record().view(np.recarray)[0]
    pool_labour(need, have, hands, p)
    assert (hands >= 0.0).all()
    if need.sum() > 1e-9:
        assert hands.sum() == pytest.approx(have.sum())
    pool_labour(1e6 * need + 1e9, have, large, p)
    assert large == pytest.approx(have, abs=1e-3)
