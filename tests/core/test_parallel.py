"""Pieces of work and threads."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.waiting import PATIENCE

from kladsim.core.parallel import Workers, partition

weights = st.lists(st.integers(0, 1000), min_size=1, max_size=60)


@given(weights, st.integers(1, 20))
def test_cut_covers_everything_once(values, pieces):
    ranges = partition(np.array(values), pieces)
    assert [item for low, high in ranges for item in range(low, high)] == list(range(len(values)))
    assert len(ranges) <= pieces and all(low < high for low, high in ranges)


@given(weights, st.integers(2, 20))
def test_no_piece_is_far_above_its_share(values, pieces):
    ranges = partition(np.array(values), pieces)
    if sum(values):
        fair = sum(values) / pieces
        assert max(sum(values[low:high]) for low, high in ranges) <= fair + max(values)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_each_piece_is_done_once_by_a_known_worker(threads):
    workers, done = Workers(threads), []
    workers.each(lambda worker, low, high: done.append((worker, low, high)), [(i, i + 1) for i in range(50)])
    workers.close()
    assert sorted(low for _, low, _ in done) == list(range(50))
    assert {worker for worker, _, _ in done} <= set(range(threads))


def test_an_error_in_a_thread_reaches_the_caller():
    workers = Workers(2)

    def fail(worker, low, high):
        raise RuntimeError("piece")

    with pytest.raises(RuntimeError, match="piece"):
        workers.each(fail, [(0, 1), (1, 2)])
    workers.close()


def test_all_workers_take_part_with_the_caller():
    """Both pieces wait for each other: one thread alone would wait for ever."""
    meeting, seen = threading.Barrier(2), []
    workers = Workers(2)

    def meet(worker, low, high):
        meeting.wait(timeout=PATIENCE)
        seen.append(worker)

    workers.each(meet, [(0, 1), (1, 2)])
    workers.close()
    assert sorted(seen) == [0, 1]


def test_an_error_of_another_thread_alone_reaches_the_caller():
    meeting = threading.Barrier(2)
    workers = Workers(2)

    def fail_elsewhere(worker, low, high):
        meeting.wait(timeout=PATIENCE)
        if worker == 1:
            raise RuntimeError("elsewhere")

    with pytest.raises(RuntimeError, match="elsewhere"):
        workers.each(fail_elsewhere, [(0, 1), (1, 2)])
    workers.close()


def test_closed_workers_take_no_more_work():
    workers = Workers(2)
    workers.close()
    with pytest.raises(RuntimeError, match="shutdown"):
        workers.each(lambda *_: None, [(0, 1)])
