"""Requests and queues: who is served first, worked out by hand (priority goes by number here)."""

from __future__ import annotations

import numpy as np
from tests.model.by_hand import Luck, interpreted

from kladsim.model import requests
from kladsim.model.requests import allocate_buffer, allocate_queue, grow_buffer, grow_queue


def filled(*asked: tuple[int, int], capacity=(3, 3)):
    """Return a buffer of two regions with requests (region, person), each of chunk 10 + region and value 100 + person."""
    buffer = allocate_buffer(np.array(capacity))
    for r, pid in asked:
        interpreted(requests.push)(buffer, r, pid, 10 + r, 100 + pid)
    return buffer


def test_push_writes_into_the_region():
    buffer = filled((0, 7), (1, 8), (1, 9))
    assert buffer.n.tolist() == [1, 2]
    assert buffer.pid.tolist() == [7, 0, 0, 8, 9, 0]
    assert (buffer.chunk[3], buffer.value[4]) == (11, 109)


def test_rank_requests_by_priority():
    buffer = filled((1, 9), (1, 4), (1, 6), (0, 1))
    assert interpreted(requests.rank_requests, Luck())(buffer, 1, np.uint64(0)).tolist() == [4, 5, 3]
    assert interpreted(requests.rank_requests, Luck())(filled(), 0, np.uint64(0)).tolist() == []


def test_enqueue_goes_around_the_end_of_the_queue():
    queue = allocate_queue(4)
    queue.ends[:] = 2, 3
    queue.pid[2] = 99
    buffer = filled((0, 8), (1, 3), (1, 5))
    interpreted(requests.enqueue, Luck())(buffer, queue, 2, np.uint64(0))
    assert (queue.ends.tolist(), buffer.n.tolist()) == ([2, 6], [0, 0])
    assert queue.pid.tolist() == [5, 8, 99, 3]  # places 3, 0 and 1 in the order 3, 5, 8
    assert (queue.chunk[3], queue.value[1]) == (11, 108)
    interpreted(requests.enqueue, Luck())(buffer, queue, 2, np.uint64(0))
    assert queue.ends.tolist() == [2, 6]


def test_larger_buffers_and_queues_hold_the_same():
    buffer = grow_buffer(filled((0, 7), (1, 8)), np.array([5, 4]))
    assert (buffer.pid[0], buffer.pid[5], buffer.n.tolist(), buffer.start.tolist()) == (7, 8, [1, 1], [0, 5, 9])
    queue = allocate_queue(2)
    queue.ends[:], queue.pid[:] = (3, 5), (44, 33)
    assert grow_queue(queue, 5).pid[[3, 4]].tolist() == [33, 44]
