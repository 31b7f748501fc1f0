"""Apportionment in whole persons."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kladsim.world.people import apportion

whole = st.lists(st.integers(0, 3_000_000), min_size=1, max_size=12)
weight = st.lists(st.integers(1, 12_000_000), min_size=1, max_size=40)


@given(whole, weight)
def test_shares_are_exact_and_within_one_of_the_quota(totals: list[int], weights: list[int]) -> None:
    people = apportion(np.array(totals, dtype=np.int64), np.array(weights, dtype=np.int64))
    assert people.shape == (len(weights), len(totals)) and people.sum(axis=0).tolist() == totals
    for i, w in enumerate(weights):
        for j, total in enumerate(totals):
            assert abs(int(people[i, j]) * sum(weights) - w * total) < sum(weights)


@given(st.integers(0, 1000))
def test_equal_weights_favour_the_earlier(total: int) -> None:
    people = apportion(np.array([total]), np.array([5, 5, 5]))[:, 0].tolist()
    assert people == sorted(people, reverse=True) and people[0] - people[2] <= 1
