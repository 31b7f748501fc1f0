"""Chunks and the rows in them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kladsim.core.population import (
    CHUNK,
    LEFT,
    find,
    has_tight_chunks,
    make_chunks,
    order,
    ordered_rows,
    repack,
    rows_reserved,
)

from .toy import TOY, rows, toy_world

sizes = st.lists(st.integers(0, 200_000), min_size=1, max_size=6)
small = st.lists(st.integers(1, 120), min_size=1, max_size=4)


@given(sizes, st.sampled_from([1, 8]))
def test_chunks_cover_their_blocks(blocks, align):
    chunks = make_chunks(np.arange(len(blocks)), np.array(blocks), np.full(len(blocks), 0.3), 5, align)
    for group, size in enumerate(blocks):
        mine = chunks.group == group
        assert chunks.size[mine].sum() == size
        ends = chunks.first[mine] + chunks.size[mine]
        assert (ends[:-1] == chunks.first[mine][1:]).all()
    assert (chunks.size <= CHUNK).all() and (chunks.first % align == 0).all()
    assert (chunks.first[1:] >= chunks.first[:-1] + chunks.size[:-1]).all()
    assert (chunks.start[1:] == chunks.start[:-1] + chunks.capacity[:-1]).all()
    assert rows_reserved(chunks) == chunks.start[-1] + chunks.capacity[-1]


def shuffled(seed, blocks):
    """Return a toy world whose rows lie in any order and some of whose entities left."""
    a, w = toy_world(seed, blocks, [0.5] * len(blocks))
    luck = np.random.Generator(np.random.PCG64(seed + 1))
    for s, n in zip(w.chunks.start, w.chunks.count, strict=True):
        places = luck.permutation(n)
        for column in a:
            column[s : s + n] = column[s : s + n][places]
        a.klass[s : s + n][luck.random(n) < 0.2] = LEFT
    return a, w


def stayed(a, chunks):
    return {pid: row for pid, row in rows(a, chunks).items() if row[0] != LEFT}


@given(st.integers(0, 1000), small)
def test_order_sorts_and_drops_those_who_left(seed, blocks):
    a, w = shuffled(seed, blocks)
    before = stayed(a, w.chunks)
    order(a.pid, a.klass, a, w.chunks, every=True)
    assert rows(a, w.chunks) == before
    assert (w.chunks.ordered == w.chunks.count).all()
    for s, n in zip(w.chunks.start, w.chunks.count, strict=True):
        assert (np.diff(a.pid[s : s + n].astype(int)) > 0).all()
    assert (np.diff(a.pid[ordered_rows(a.pid, w.chunks)].astype(int)) > 0).all()


@given(st.integers(0, 1000), small, st.integers(0, 20))
def test_find_is_a_search_through_all_rows(seed, blocks, unordered):
    a, w = toy_world(seed, blocks, [0.5] * len(blocks))
    order(a.pid, a.klass, a, w.chunks, every=True)
    w.chunks.ordered[:] = np.maximum(0, w.chunks.count - unordered)
    for c, (s, n) in enumerate(zip(w.chunks.start.tolist(), w.chunks.count.tolist(), strict=True)):
        first = int(w.chunks.first[c])
        a.pid[s + w.chunks.ordered[c] : s + n] = a.pid[s + w.chunks.ordered[c] : s + n][::-1].copy()
        for wanted in range(first, first + int(w.chunks.size[c])):
            places = [i for i in range(s, s + n) if a.pid[i] == wanted]
            assert find(a.pid, w.chunks, c, wanted) == (places[0] if places else -1)


@given(st.integers(0, 1000), small, st.integers(0, 500))
def test_relaid_keeps_every_row_and_makes_room(seed, blocks, headroom):
    a, w = toy_world(seed, blocks, [0.5] * len(blocks))
    b, chunks = repack(TOY, a, w.chunks, headroom)
    assert rows(b, chunks) == rows(a, w.chunks)
    assert not has_tight_chunks(chunks, headroom) and (chunks.count == w.chunks.count).all()
    assert len(b.pid) == rows_reserved(chunks)


def test_order_waits_until_there_is_enough_to_sort():
    """48 unsorted rows stay, 49 are sorted, and all where every chunk is asked for."""
    for unsorted, every, sorted_now in ((48, False, False), (49, False, True), (1, True, True), (0, True, True)):
        a, w = toy_world(1, [120], [0.1])
        many = 60
        a.pid[:many], a.klass[:many] = range(many, 0, -1), 1
        w.chunks.count[0], w.chunks.ordered[0] = many, many - unsorted
        order(a.pid, a.klass, a, w.chunks, **({"every": True} if every else {}))
        assert (w.chunks.ordered[0] == many) == (sorted_now or unsorted == 0)
        assert (a.pid[0] == 1) == sorted_now
    assert CHUNK == 65_536


@pytest.mark.parametrize(("size", "parts"), [(CHUNK - 8, 1), (CHUNK - 7, 2), (CHUNK, 2), (2 * (CHUNK - 8) + 1, 3)])
def test_a_block_is_cut_so_that_aligned_chunks_fit(size, parts):
    """Eight places are left for beginnings at multiples of eight."""
    chunks = make_chunks(np.array([0]), np.array([size]), np.array([0.1]), 5, 8)
    assert len(chunks.size) == parts and chunks.size.max() <= CHUNK


def test_room_of_twice_the_headroom_is_not_tight():
    """Room for ten more is kept as it is; for nine more the chunk gets 50 + 12 + 15 rows."""
    for capacity, after in ((60, 60), (59, 77)):
        a, w = toy_world(1, [100], [0.1])
        w.chunks.count[0], w.chunks.capacity[0] = 50, capacity
        _, chunks = repack(TOY, a, w.chunks, 5)
        assert chunks.capacity.tolist() == [after]


def test_blocks_need_a_group_a_size_and_a_share_each():
    with pytest.raises(ValueError, match="argument"):
        make_chunks(np.array([0, 1]), np.array([9]), np.array([0.1]))
