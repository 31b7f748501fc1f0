"""The generated step in plain Python against the twin of a day, and the rules of marking and skipping by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.core.toy import LANES, TOY, Today, rows, toy_world, twin_bits, twin_day, twin_unit
from tests.model.by_hand import Luck, interpreted

from kladsim.core import fixedmath, population, processes, rng
from kladsim.core.jit import plain
from kladsim.core.population import BLOCK, CHUNK
from kladsim.core.processes import Lanes, Process, build_step, inverse_log_of, scratch

splitmix = pytest.mark.skipif(rng.GENERATOR != "splitmix", reason="the twin draws as the default generator does")
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
KEY, ACCEPT, DORMANT = (np.uint64(x) for x in (11, 22, 33))


def list_plainly(flag, size, bits, base, out, m):
    """List base + position of the flags with one of the bits, as the compiled lists do."""
    for place in range(size):
        if flag[place] & bits:
            out[int(m)] = base + place
            m = m + np.uint64(1)
    return m


class TwinRandom:
    """Random numbers of the twin, in whole numbers of Python."""

    ZERO, S32, LOW32 = rng.ZERO, rng.S32, rng.LOW32
    bits = staticmethod(lambda key, entity, draw: np.uint64(twin_bits(int(key), int(entity), int(draw))))
    unit = staticmethod(lambda key, entity, draw: twin_unit(int(key), int(entity), int(draw)))


@pytest.fixture(autouse=True)
def lists(monkeypatch):
    """Lists without intrinsics."""
    monkeypatch.setitem(processes._STEP, "list_wide", list_plainly)
    monkeypatch.setattr(processes, "list_exact", list_plainly)


def carry_out(a, w, *, fused):
    over, (marks, flag) = np.zeros((1, 6), np.int64), scratch()
    n_marks, t, n = np.zeros(len(w.chunks.first), np.int64), Today(KEY, 0), len(w.chunks.first)
    if fused:
        step = interpreted(build_step(LANES, table=TOY), TwinRandom())
        step(a, w.chunks, w, t, 0, 0, n, KEY, ACCEPT, DORMANT, LANES.thresholds, marks, n_marks, over, flag)
        return over[0].tolist()
    interpreted(processes.mark, TwinRandom())(a, w.chunks, 0, n, KEY, LANES.thresholds, marks, n_marks, flag)
    for lane in (0, 1):
        step = interpreted(build_step(LANES, (lane,), fused=False, dormant=lane == 1), TwinRandom())
        step(a, w.chunks, w, t, 0, 0, n, KEY, ACCEPT, DORMANT, LANES.thresholds, marks, n_marks, over, flag)
    return over[0].tolist()


@splitmix
@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("level", [0.3, 1.0, 1.9])
def test_a_step_in_plain_python_is_the_twin_of_a_day(fused, level):
    (a, w), (b, v) = toy_world(4, [130, 70], [level, level / 2]), toy_world(4, [130, 70], [level, level / 2])
    if not fused:
        w.chunks.start[1] = v.chunks.start[1]
    over = carry_out(a, w, fused=fused)
    assert over == twin_day(LANES, b, v, KEY, ACCEPT, DORMANT, leave=fused)
    assert rows(a, w.chunks) == rows(b, v.chunks)
    assert (w.counts == v.counts).all() and (w.awake == v.awake).all()
    assert (w.chunks.ordered <= w.chunks.count).all()


@splitmix
@pytest.mark.parametrize("size", [1, 64, 65, 200])
def test_mark_chunk_lists_what_lies_below_the_bound(size):
    pid, klass = np.arange(size, dtype=np.uint32), np.tile(np.array([1, 3, 0, 255], np.uint8), 50)[:size]
    thr = np.zeros((2, 8), np.uint32)
    thr[0, 1], thr[1, 3] = 2**31, 2**30
    out = np.zeros(size + 1, np.uint32)
    many = interpreted(processes.mark_chunk, TwinRandom())(pid, klass, KEY, thr, np.zeros(BLOCK, np.uint8), out)
    draws = [twin_bits(KEY, e, 0) for e in range(size)]
    expected = [e for e, x in enumerate(draws) if (klass[e] == 1 and x >> 32 < 2**31) or (klass[e] == 3 and x % 2**32 < 2**30)]
    assert out[: int(many)].tolist() == expected


@pytest.mark.parametrize(("start", "mark", "row"), [(0, 0, 0), (10, 5, 15), (2**31, 2**20, 2**31 + 2**20)])
def test_row_of_is_a_sum(start, mark, row):
    assert plain(processes.row_of)(start, mark) == row


@pytest.mark.parametrize(("place", "steps", "luck", "happens"), [
    (0, 1.5, 0.99, True), (1, 1.5, 0.49, True), (1, 1.5, 0.51, False), (2, 1.5, 0.0, False), (0, 1.0, 0.99, True),
    (1, 1.0, 0.0, False), (0, 0.0, 0.0, False),
])  # fmt: skip
def test_fills_whole_steps_and_a_part_of_the_last(place, steps, luck, happens):
    assert interpreted(processes.fills, Luck(luck))(np.uint64(place), steps / 2**32, KEY, 1, 1) is happens


@pytest.mark.parametrize(("position", "u", "place"), [(-1, 0.0, 0), (-1, 0.49, 0), (-1, 0.51, 1), (-1, 0.76, 2), (7, 0.88, 11)])
def test_skip_is_geometric(position, u, place):
    """With a bound of a half: one is passed with a half, two with a quarter, three with an eighth."""
    assert interpreted(processes.skip, Luck(u))(position, KEY, 0, 0, inverse_log_of(0.5)) == place
    assert inverse_log_of(0.5) == pytest.approx(1 / math.log(0.5))


@splitmix
@pytest.mark.parametrize("bounds", [(0.02, 0.3), (0.5, 0.001)])
def test_bound_reached_is_above_what_skips_reach(bounds):
    _, w = toy_world(2, [700, 40, 1], [0.1] * 3)
    inverse = np.array([inverse_log_of(bound) for bound in bounds])
    most = np.full((3, 2), -1)
    interpreted(processes.bound_reached, TwinRandom())(w.chunks, 0, 3, DORMANT, inverse, most)
    for c in range(3):
        for z in range(2):
            j, draw, reached = -1, z << 32, 0
            while True:
                j += 1 + int(plain(fixedmath.log)(1 - twin_unit(DORMANT, c, draw)) * inverse[z])
                draw += 1
                if j >= w.chunks.size[c]:
                    break
                reached += 1
            assert reached <= most[c, z] <= 8 + 4 * w.chunks.size[c]
            assert most[c, z] <= 12 + 2.6 * bounds[z] * w.chunks.size[c] / (1 - bounds[z]) + 6 * math.sqrt(w.chunks.size[c])
    interpreted(processes.bound_reached, TwinRandom())(w.chunks, 1, 3, DORMANT, np.array([0.0, inverse[1]]), most)
    assert most[1:, 0].tolist() == [0, 0]


def test_lanes_cut_bounds_in_order():
    """Halves of 2^32: a quarter and an eighth in lane 0, a half in lane 1; classes without a process stay at nothing."""
    effect = lambda *_: None  # noqa: E731
    lanes = Lanes([Process("a", 0, {1: 0.25, 2: 0.5}, effect), Process("b", 0, {1: 0.125}, effect), Process("c", 1, {1: 0.5}, effect)])
    quarter, eighth, half = 2**30, 2**29, 2**31
    assert lanes.thresholds[:, :4].tolist() == [[0, quarter + eighth, half, 0], [0, half, 0, 0]]
    assert lanes.cuts[:, 1].tolist() == [quarter, quarter + eighth, half]
    assert lanes.bounds[:, 1].tolist() == [0.25, 0.125, 0.5]
    assert [(index, process.name) for index, process in lanes.of(0)] == [(0, "a"), (1, "b")]
    assert Lanes([Process("a", 0, {7: 1 / 3}, effect)]).thresholds[0, 7] == math.ceil(2**32 / 3)


@pytest.mark.parametrize("bound", [0.0, 1.0, -0.1])
def test_awakenings_need_a_bound_inside(bound):
    with pytest.raises(ValueError, match="allowed"):
        Lanes([], [processes.Awakening("w", bound, lambda *_: 0.0, lambda *_: None)])


def test_scratch_has_room_for_a_chunk_and_a_block():
    marks, flag = scratch()
    assert (len(marks), len(flag)) == (CHUNK + BLOCK + 128, BLOCK)
    assert processes.BEHIND == CHUNK + 64


def test_move_copies_rows_to_their_new_places():
    new, old = np.zeros(9, np.int64), np.arange(10, 16)
    plain(population._move)(new, old, np.array([1, 6]), np.array([0, 3]), np.array([2, 3]))
    assert new.tolist() == [0, 10, 11, 0, 0, 0, 13, 14, 15]


def test_find_looks_through_the_unsorted_rows_as_well():
    """Chunk 1 has rows 2 to 6: three sorted, two behind them."""
    _, w = toy_world(1, [3, 9], [0.1, 0.1])
    pid = np.array([9, 9, 3, 5, 8, 7, 4, 6], np.uint32)
    w.chunks.start[:], w.chunks.count[:], w.chunks.ordered[:] = (0, 2), (2, 5), (1, 3)
    find = plain(population.find)
    assert [find(pid, w.chunks, 1, wanted) for wanted in (3, 5, 8, 7, 4, 6, 9, 2)] == [2, 3, 4, 5, 6, -1, -1, -1]
