"""Entities in chunks: packed active ones that are scanned daily, dormant ones that cost a bit.

Entities are numbered in blocks (a block never crosses a group, such as a region), and blocks are cut into
chunks of at most 65,536. A chunk holds the rows of its *active* entities side by side; all others are *dormant*
and have no row. Results never depend on where a row lies: luck is drawn by entity number, sums are whole
numbers, and scarce things are rationed by a seeded priority.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from kladsim.core.arrays import Array, Int32, Int64, UInt8, UInt32
from kladsim.core.columns import Column, P, Part, Table, column
from kladsim.core.jit import kernel
from kladsim.core.random_arrays import Floats, Ints

CHUNK = 65_536
CLASSES = 8
BLOCK = 4096
GONE_CLASS = 0
"""Class 0 is never marked by the scan: rows that nothing can happen to."""
LEFT = 255
"""The class of a row whose entity left: the row is dropped at the next tidying."""


class Chunks(Part):
    """A stretch of at most 65,536 entities of one group: the unit of work, of order and of skip-sampled luck."""

    group = column(Int32, "index", "group (region, cell) that the chunk belongs to")
    first = column(Int64, "index", "index of the chunk's first entity")
    size = column(Int64, "entities", "entities in the chunk, active or dormant")
    start = column(Int64, "row", "first row of the chunk's packed active entities")
    count = column(Int64, "rows", "rows in use")
    ordered = column(Int64, "rows", "leading rows that are sorted by entity number")
    capacity = column(Int64, "rows", "rows reserved")


class Active(Part):
    """The columns that every table of active entities begins with."""

    pid = column(UInt32, "entity", "entity number at full scale: the name under which luck is drawn")
    klass = column(UInt8, "class 0-7", "activity class: decides the bounds of the daily scan")


CHUNKS = Table.of(Chunks)


def active_table(name: str, columns: tuple[Column, ...], doc: str) -> Table[Active]:
    """Return the schema of packed active entities: identity, class, and the model's own columns."""
    return Table(name, (*Active.COLUMNS, *columns), doc)


def make_chunks(group: Ints, sizes: Ints, expected_active: Floats, slack: int = 64, align: int = 1) -> Chunks:
    """Cut blocks of entities into chunks and reserve rows.

    Parameters
    ----------
    group : int array [blocks], the group of each block
    sizes : int array [blocks], entities of each block
    expected_active : float array [blocks], share of entities for which rows are reserved
    slack : rows reserved beyond that
    align : numbers of blocks and chunks start at multiples of this
    """
    rows = []
    first = 0
    for block_group, size, share in zip(group.tolist(), sizes.tolist(), expected_active.tolist(), strict=True):
        parts = max(1, -(-size // (CHUNK - 8)))
        edges = [size * part // parts // align * align for part in range(parts)] + [size]
        for low, high in pairwise(edges):
            rows.append((block_group, first + low, high - low, share))
        first += -(-size // align) * align
    chunks = CHUNKS.allocate(len(rows))
    start = 0
    for i, (block_group, low, size, share) in enumerate(rows):
        capacity = int(size * share) + slack
        chunks.group[i], chunks.first[i], chunks.size[i] = block_group, low, size
        chunks.start[i], chunks.capacity[i] = start, capacity
        start += capacity
    return chunks


def rows_reserved(chunks: Chunks) -> int:
    """Return the number of rows that all chunks reserve together."""
    return int(chunks.capacity.sum())


def repack(table: Table[P], data: Sequence[Array], chunks: Chunks, headroom: int | Ints) -> tuple[P, Chunks]:
    """Return data and chunks laid out anew, with at least ``headroom`` free rows in every chunk (or in each its own).

    Chunks that are not getting tight keep their room. A list of columns is emptied on the way, so that old and
    new columns need not be held side by side.
    """
    columns = data if isinstance(data, list) else list(data)
    fresh = CHUNKS.record(*[column.copy() for column in chunks])
    grown = chunks.count + chunks.count // 4 + 3 * headroom
    tight = chunks.capacity - chunks.count < 2 * headroom
    wanted = np.where(tight, np.maximum(grown, chunks.capacity), chunks.capacity)
    fresh.capacity[:] = wanted
    fresh.start[:] = np.concatenate(([0], np.cumsum(wanted)[:-1]))
    out = []
    for declared in table.columns:
        new = table.column(declared, int(wanted.sum()))
        _move(new, columns.pop(0), fresh.start, chunks.start, chunks.count)
        out.append(new)
    return table.record(*out), fresh


@kernel
def _move(new: Array, old: Array, to: Int64, start: Int64, count: Int64) -> None:
    for c in range(len(start)):
        for r in range(count[c]):
            new[to[c] + r] = old[start[c] + r]


def has_tight_chunks(chunks: Chunks, headroom: int | Ints) -> bool:
    """Return whether a chunk has fewer than ``headroom`` free rows (or than its own)."""
    return bool(np.any(chunks.capacity - chunks.count < headroom))


@kernel
def find(pid: UInt32, chunks: Chunks, c: int, wanted: int) -> int:
    """Return the row of an entity among the active rows of a chunk, or -1."""
    low = chunks.start[c]
    high = low + chunks.ordered[c]
    end = low + chunks.count[c]
    tail = high
    while low < high:
        middle = (low + high) >> 1
        if pid[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    if low < tail and pid[low] == wanted:
        return int(low)
    for row in range(tail, end):
        if pid[row] == wanted:
            return int(row)
    return -1


def order(pid: UInt32, klass: UInt8, columns: Iterable[Array], chunks: Chunks, *, every: bool = False) -> None:
    """Drop the rows that left and sort each chunk by entity number, where that pays (or everywhere)."""
    least = 0 if every else 48
    due = np.flatnonzero((chunks.count - chunks.ordered > least) | every)
    for c in due.tolist():
        low = int(chunks.start[c])
        high = low + int(chunks.count[c])
        kept = np.flatnonzero(klass[low:high] != 255)
        ranks = kept[np.argsort(pid[low:high][kept], kind="stable")]
        for values in columns:
            values[low : low + len(ranks)] = values[low:high][ranks]
        chunks.count[c] = chunks.ordered[c] = len(ranks)


def ordered_rows(pid: UInt32, chunks: Chunks) -> NDArray[np.uint32 | np.int64]:
    """Return the indices of all active rows in the order of entity numbers (for digests and lists of persons).

    A chunk's entity numbers lie side by side, so that chunks are put in order, then each is sorted by itself: a sort of
    all rows at once would need several times the memory of their indices.
    """
    starts, counts = chunks.start.tolist(), chunks.count.tolist()
    used = [c for c, count in enumerate(counts) if count]
    used.sort(key=lambda c: int(pid[starts[c] : starts[c] + counts[c]].min()))
    rows = np.empty(sum(counts), np.uint32 if len(pid) < 1 << 32 else np.int64)
    at = 0
    for c in used:
        here = pid[starts[c] : starts[c] + counts[c]]
        rows[at : at + len(here)] = np.argsort(here, kind="stable") + starts[c]
        at += len(here)
    return rows
