"""Requests for scarce things: written by persons in parallel, answered in a second pass by seeded priority.

Each region has its own stretch of a buffer, made long enough before anybody writes (``room``). A request names a
person (entity number and chunk), a value and nothing else; who is served never depends on the place in the buffer.
"""

from __future__ import annotations

import numpy as np

from kladsim.core import rng
from kladsim.core.arrays import Int32, Int64
from kladsim.core.columns import Part, column
from kladsim.core.jit import part
from kladsim.core.random_arrays import Ints


class RequestBuffer(Part):
    """Requests of a day by region: those of region r lie from ``start[r]`` on, ``n[r]`` of them."""

    pid = column(Int64, "entity", "person who asks", "request")
    chunk = column(Int32, "index", "chunk of the person", "request")
    value = column(Int32, "code", "what is asked for", "request")
    start = column(Int64, "index", "first place of a region", "R+1")
    n = column(Int64, "requests", "requests of a region", "R")


class Queue(Part):
    """Requests of all regions, first in, first out; ``ends`` counts what was ever taken out and put in."""

    pid = column(Int64, "entity", "person who waits", "place")
    chunk = column(Int32, "index", "chunk of the person", "place")
    value = column(Int32, "code", "what is asked for", "place")
    ends = column(Int64, "requests", "head and tail", "2")


def allocate_buffer(capacity: Ints) -> RequestBuffer:
    """Return an empty buffer with these capacities by region."""
    start = np.concatenate(([0], np.cumsum(capacity))).astype(np.int64)
    sizes = {"request": int(start[-1]), "R": len(capacity), "R+1": len(start)}
    return RequestBuffer("RequestBuffer", {**RequestBuffer.zeros(sizes), "start": start})


def allocate_queue(capacity: int) -> Queue:
    """Return an empty queue."""
    return Queue("Queue", Queue.zeros({"place": capacity}))


def grow_buffer(buffer: RequestBuffer, capacity: Ints) -> RequestBuffer:
    """Return a buffer with these capacities by region that holds what the old one holds."""
    new = allocate_buffer(capacity)
    for r, size in enumerate(buffer.n.tolist()):
        for to, old in ((new.pid, buffer.pid), (new.chunk, buffer.chunk), (new.value, buffer.value)):
            to[new.start[r] : new.start[r] + size] = old[buffer.start[r] : buffer.start[r] + size]
    new.n[:] = buffer.n
    return new


def grow_queue(queue: Queue, capacity: int) -> Queue:
    """Return a queue of this capacity that holds what the old one holds, in the same order."""
    new = allocate_queue(capacity)
    line = np.arange(queue.ends[0], queue.ends[1])
    for to, old in ((new.pid, queue.pid), (new.chunk, queue.chunk), (new.value, queue.value)):
        to[line % capacity] = old[line % old.size]
    new.ends[:] = queue.ends
    return new


@part
def push(buffer: RequestBuffer, r: int, pid: int, chunk: int, value: int) -> None:
    """Write a request."""
    z = buffer.start[r] + buffer.n[r]
    buffer.pid[z], buffer.chunk[z], buffer.value[z] = pid, chunk, value
    buffer.n[r] += 1


@part
def rank_requests(buffer: RequestBuffer, r: int, key: np.uint64) -> Ints:
    """Return the places of a region's requests in the order of their seeded priority."""
    size = buffer.n[r]
    ranks = np.empty(size, np.uint64)
    for z in range(size):
        ranks[z] = rng.bits(key, np.uint64(buffer.pid[buffer.start[r] + z]), np.uint64(0))
    return np.argsort(ranks) + buffer.start[r]


@part
def enqueue(buffer: RequestBuffer, queue: Queue, regions: int, key: np.uint64) -> None:
    """Append all regions' requests to a queue in the order of their seeded priority, and empty the buffer."""
    total = 0
    for r in range(regions):
        total += buffer.n[r]
    if total == 0:
        return
    place = np.empty(total, np.int64)
    rank = np.empty(total, np.uint64)
    z = 0
    for r in range(regions):
        for s in range(buffer.start[r], buffer.start[r] + buffer.n[r]):
            place[z] = s
            rank[z] = rng.bits(key, np.uint64(buffer.pid[s]), np.uint64(0))
            z += 1
        buffer.n[r] = 0
    for o in np.argsort(rank):
        s = place[o]
        q = queue.ends[1] % queue.pid.size
        queue.pid[q], queue.chunk[q], queue.value[q] = buffer.pid[s], buffer.chunk[s], buffer.value[s]
        queue.ends[1] += 1
