"""Requests for scarce things: written by persons in parallel, answered in a second pass by seeded priority.

Each region has its own stretch of a buffer, made long enough before anybody writes (``room``). A request names a
person (entity number and chunk), a value and nothing else; who is served never depends on the place in the buffer.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kladsim.core import rng
from kladsim.core.bundle import Bundle
from kladsim.core.jit import part

MAIL = ("pid", "chunk", "value", "start", "n")
QUEUE = ("pid", "chunk", "value", "ends")


def make_mail(capacity: np.ndarray) -> Any:
    """Return an empty buffer with these capacities per region."""
    start = np.concatenate(([0], np.cumsum(capacity))).astype(np.int64)
    total = int(start[-1])
    columns = (np.zeros(total, np.int64), np.zeros(total, np.int32), np.zeros(total, np.int32), start)
    return Bundle("Mail", dict(zip(MAIL, (*columns, np.zeros(len(capacity), np.int64)), strict=True)))


def make_queue(capacity: int) -> Any:
    """Return an empty first-in-first-out queue; ``ends`` holds the head and the tail."""
    columns = (np.zeros(capacity, np.int64), np.zeros(capacity, np.int32), np.zeros(capacity, np.int32))
    return Bundle("Queue", dict(zip(QUEUE, (*columns, np.zeros(2, np.int64)), strict=True)))


def grown_mail(mail: Any, capacity: np.ndarray) -> Any:
    """Return a buffer with these capacities per region that holds what the old one holds."""
    new = make_mail(capacity)
    for r, size in enumerate(mail.n.tolist()):
        for to, old in ((new.pid, mail.pid), (new.chunk, mail.chunk), (new.value, mail.value)):
            to[new.start[r] : new.start[r] + size] = old[mail.start[r] : mail.start[r] + size]
    new.n[:] = mail.n
    return new


def grown_queue(queue: Any, capacity: int) -> Any:
    """Return a queue of this capacity that holds what the old one holds, in the same order."""
    new = make_queue(capacity)
    line = np.arange(queue.ends[0], queue.ends[1])
    for to, old in ((new.pid, queue.pid), (new.chunk, queue.chunk), (new.value, queue.value)):
        to[line % capacity] = old[line % old.size]
    new.ends[:] = queue.ends
    return new


@part
def post(mail: Any, r: Any, pid: Any, chunk: Any, value: Any) -> None:
    """Write a request."""
    z = mail.start[r] + mail.n[r]
    mail.pid[z], mail.chunk[z], mail.value[z] = pid, chunk, value
    mail.n[r] += 1


@part
def by_priority(mail: Any, r: Any, key: Any) -> Any:
    """Return the places of a region's requests in the order of their seeded priority."""
    size = mail.n[r]
    ranks = np.empty(size, np.uint64)
    for z in range(size):
        ranks[z] = rng.bits(key, np.uint64(mail.pid[mail.start[r] + z]), np.uint64(0))
    return np.argsort(ranks) + mail.start[r]


@part
def enqueue(mail: Any, queue: Any, regions: Any, key: Any) -> None:
    """Append all regions' requests to a queue in the order of their seeded priority, and empty the mail."""
    total = 0
    for r in range(regions):
        total += mail.n[r]
    if total == 0:
        return
    place = np.empty(total, np.int64)
    rank = np.empty(total, np.uint64)
    z = 0
    for r in range(regions):
        for s in range(mail.start[r], mail.start[r] + mail.n[r]):
            place[z] = s
            rank[z] = rng.bits(key, np.uint64(mail.pid[s]), np.uint64(0))
            z += 1
        mail.n[r] = 0
    for o in np.argsort(rank):
        s = place[o]
        q = queue.ends[1] % queue.pid.size
        queue.pid[q], queue.chunk[q], queue.value[q] = mail.pid[s], mail.chunk[s], mail.value[s]
        queue.ends[1] += 1
