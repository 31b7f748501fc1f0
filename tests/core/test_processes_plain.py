"""The generated step in plain Python against the twin of a day, and the rules of marking and skipping by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.core.toy import LANES, Today, rows, toy_world, twin_bits, twin_day, twin_unit
from tests.model.by_hand import Luck, interpreted

from kladsim.core import fixedmath, population, processes, rng
from kladsim.core.jit import plain
from kladsim.core.population import BLOCK
from kladsim.core.processes import Lanes, Process, build_mark, build_step, inverse_log_of, scan_space

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
    """Lists without intrinsics; nothing is fetched ahead."""
    monkeypatch.setitem(processes._SCOPE, "list_wide", list_plainly)
    monkeypatch.setitem(processes._SCOPE, "prefetch", lambda *_: None)


def carry_out(a, w, steps):
    """Carry out a day in plain Python; return the largest multiples of their bounds that hazards had."""
    space = scan_space(LANES, w.chunks, 1)
    found, over, flag = [space[name] for name in ("thresholds", "marks", "n_marks")], space["over"], space["flag"][0]
    t, n = Today(KEY, 0), len(w.chunks.first)
    interpreted(build_mark(LANES), TwinRandom())(a, w.chunks, w, t, 0, 0, n, KEY, *found, flag)
    for step in steps:
        interpreted(step, TwinRandom())(a, w.chunks, w, t, 0, 0, n, KEY, ACCEPT, DORMANT, *found, over, flag)
    return over[0].tolist()


@splitmix
@pytest.mark.parametrize("separate", [True, False])
@pytest.mark.parametrize("level", [0.3, 1.0, 1.9])
def test_a_step_in_plain_python_is_the_twin_of_a_day(separate, level):
    (a, w), (b, v) = toy_world(4, [130, 70], [level, level / 2]), toy_world(4, [130, 70], [level, level / 2])
    steps = [build_step(LANES)]
    if separate:
        steps = [build_step(LANES, (0,), dormant=False, fetch=("pid", "klass")), build_step(LANES, (1,))]
    assert carry_out(a, w, steps) == twin_day(LANES, b, v, KEY, ACCEPT, DORMANT)
    assert rows(a, w.chunks) == rows(b, v.chunks)
    assert (w.counts == v.counts).all() and (w.awake == v.awake).all()


@splitmix
@pytest.mark.parametrize("size", [1, 64, 65, 200, BLOCK + 3])
def test_marking_lists_what_lies_below_the_bound(size):
    """Half of class 1 in lane 0, a quarter of class 3 in lane 1; rows that left and those of class 0 never."""
    effect = lambda *_: None  # noqa: E731
    lanes = Lanes([Process("a", 0, {1: 0.5}, effect), Process("b", 1, {3: 0.25}, effect)])
    a, w = toy_world(1, [size], [1.0])
    a.pid[:size], a.klass[:size] = range(size), ([1, 3, 0, 255] * size)[:size]
    w.chunks.count[0] = size
    space = scan_space(lanes, w.chunks, 1)
    arguments = space["thresholds"], space["marks"], space["n_marks"], space["flag"][0]
    interpreted(build_mark(lanes), TwinRandom())(a, w.chunks, w, Today(KEY, 0), 0, 0, 1, KEY, *arguments)
    draws = [twin_bits(KEY, e, 0) for e in range(size)]
    upper = [e for e, x in enumerate(draws) if a.klass[e] == 1 and x >> 32 < 2**31]
    lower = [e for e, x in enumerate(draws) if a.klass[e] == 3 and x % 2**32 < 2**30]
    further = [e for e in upper if draws[e] % 2**32 < 2**30]  # whose class may change before lane 1
    many = space["n_marks"][:, 0].tolist()
    assert space["marks"][0, : many[0]].tolist() == upper
    assert space["marks"][1, : many[1]].tolist() == sorted(lower + further)
    assert many == [len(upper), len(lower + further), len(upper + lower)]


@pytest.mark.parametrize(("start", "mark", "row"), [(0, 0, 0), (10, 5, 15), (2**31, 2**20, 2**31 + 2**20)])
def test_row_of_is_a_sum(start, mark, row):
    assert plain(processes.row_of)(start, mark) == row


@pytest.mark.parametrize(("place", "steps", "luck", "happens"), [
    (0, 1.5, 0.99, True), (1, 1.5, 0.49, True), (1, 1.5, 0.51, False), (2, 1.5, 0.0, False), (0, 1.0, 0.99, True),
    (1, 1.0, 0.0, False), (0, 0.0, 0.0, False), (0, 0.5, 0.5, False),
])  # fmt: skip
def test_is_accepted_covers_whole_steps_and_a_part_of_the_last(place, steps, luck, happens):
    assert interpreted(processes.is_accepted, Luck(luck))(np.uint64(place), steps / 2**32, KEY, 1, 1) is happens


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
def test_dormant_processes_need_a_bound_inside(bound):
    with pytest.raises(ValueError, match="allowed"):
        Lanes([], [processes.DormantProcess("w", bound, lambda *_: 0.0, lambda *_: None)])


def test_scan_space_has_room_for_every_row():
    _, w = toy_world(1, [100, 30], [0.1, 0.1])
    space = scan_space(LANES, w.chunks, 3)
    many = len(LANES.processes) + len(LANES.awakenings)
    assert space["marks"].shape == (2, w.chunks.capacity.sum() + processes.AHEAD)
    assert (space["over"].shape, space["n_marks"].shape, space["flag"].shape[0]) == ((3, many), (3, 2), 3)


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


def test_bound_reached_looks_at_the_draws_of_the_skips():
    """The same numbers, one after another, as many as it says."""
    draws = []

    class Recorder(TwinRandom):
        unit = staticmethod(lambda key, entity, draw: draws.append((int(entity), int(draw))) or 0.3)

    _, w = toy_world(2, [90], [0.1])
    most = np.zeros((1, 2), np.int64)
    interpreted(processes.bound_reached, Recorder())(w.chunks, 0, 1, DORMANT, np.array([inverse_log_of(b) for b in (0.2, 0.1)]), most)
    assert draws == [(0, (z << 32) + i) for z in range(2) for i in range(most[0, z])]


def test_an_excess_is_told_in_millionths_of_the_bound():
    """A hazard of a half over a bound of a fifth: 2.5 times as large."""
    assert interpreted(processes.excess)(0.5, 0.2) == 2_500_000


@pytest.mark.parametrize(("size", "u", "most"), [(0, 0.3, 3), (0, 0.21, 3), (7, 0.3, 20), (721, 0.3, 1506)])
def test_bound_reached_by_hand(size, u, most):
    """A bound of a half and draws of u: with one entity more than there are, (1 - u)^n must fall below 0.5^(size + 1).

    None: one handful of three (0.79^3 = 0.493). Seven: 2^-8 takes two handfuls of ten. 721: a piece of 500 / ln 2 = 721.3, e^-500 in two
    handfuls of 752 (1,402 draws would do), and one handful of two for the 0.7 that is left.
    """
    _, w = toy_world(2, [90], [0.1])
    w.chunks.size[0] = size
    reached = np.zeros((1, 1), np.int64)
    half = np.array([inverse_log_of(0.5)])
    interpreted(processes.bound_reached, Luck(u))(w.chunks, 0, 1, DORMANT, half, reached)
    assert reached[0, 0] == most


@pytest.mark.parametrize("lane", [0, 1])
def test_reach_of_a_lane_goes_as_far_as_the_ceiling_of_its_last_process(lane):
    """Alone from 0, at most the bound's 2^30 steps; behind another from its 2^29."""
    effect, chance, top = lambda *_: None, lambda *_: 0.1, lambda *_: 0.1
    first, last = Process("a", lane, {2: 0.125}, effect), Process("b", lane, {2: 0.25}, effect, chance, ceiling=top)
    for processes_of_lane, below, index in (([last], 0, 0), ([first, last], 2**29, 1)):
        source = processes.mark_source(Lanes(processes_of_lane))
        line = f"reach[{lane}, 2] = U32({below} + min({2**30}, max(0, math.ceil(top_of_{index}(2, c, w, t) * {2.0**32!r}))))"
        assert source.count("reach[") - source.count("reach[1].max()") >= 1 and line in source
    assert f"reach[{lane}, 2] = " not in processes.mark_source(Lanes([first]))


@pytest.mark.parametrize("bound", [-0.01, 1.01])
def test_bounds_are_probabilities(bound):
    with pytest.raises(ValueError, match="allowed 0 to 1"):
        Lanes([Process("a", 0, {1: bound}, lambda *_: None)])
