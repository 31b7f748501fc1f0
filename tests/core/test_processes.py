"""Generated kernels against a plain twin, and the rules of lanes and bounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kladsim.core import processes, rng
from kladsim.core.jit import inlined, kernel, plain
from kladsim.core.population import BLOCK
from kladsim.core.processes import (
    DormantProcess,
    Lanes,
    Process,
    bound_reached,
    build_mark,
    build_step,
    inverse_log_of,
    mark_source,
    scan_space,
    step_source,
)

from .toy import LANES, Today, rows, toy_world, twin_day, twin_unit

MARK = build_mark(LANES)
STEPS = {
    "one step": (build_step(LANES),),
    "two steps": (
        build_step(LANES, (0,), dormant=False, fetch=("pid", "klass")),
        build_step(LANES, (1,), fetch=("pid", "klass", "x", "mood")),
    ),
}
worlds = st.tuples(
    st.integers(0, 2**32),
    st.lists(st.integers(1, 150), min_size=1, max_size=4),
    st.floats(0.0, 1.0, allow_subnormal=False),
)
splitmix = pytest.mark.skipif(
    rng.GENERATOR != "splitmix", reason="the twin draws as the default generator does"
)


def keys(seed, day):
    return [rng.day_key(seed, stream, day) for stream in (1, 2, 3)]


def carry_out(a, w, luck, steps="one step"):
    """Carry out a day by the compiled kernels; return how often hazards exceeded their bounds."""
    space = scan_space(LANES, w.chunks, 1)
    found, over, flag = [space[name] for name in ("thresholds", "marks", "n_marks")], space["over"], space["flag"][0]
    t, n = Today(luck[0], 0), len(w.chunks.first)
    MARK(a, w.chunks, w, t, 0, 0, n, luck[0], *found, flag)
    for step in STEPS[steps]:
        step(a, w.chunks, w, t, 0, 0, n, *luck, *found, over, flag)
    return over[0].tolist()


def check(seed, sizes, level, days, steps):
    levels = [level * (1 + group) / len(sizes) for group in range(len(sizes))]
    (a, w), (b, v) = toy_world(seed, sizes, levels), toy_world(seed, sizes, levels)
    for day in range(days):
        luck = keys(seed, day)
        assert carry_out(a, w, luck, steps) == twin_day(LANES, b, v, *luck)
        assert rows(a, w.chunks) == rows(b, v.chunks)
        assert (w.counts == v.counts).all() and (w.awake == v.awake).all()
        assert (w.chunks.ordered <= w.chunks.count).all()


@splitmix
@settings(max_examples=25)
@given(worlds)
def test_a_day_in_one_step_is_its_twin(world):
    check(*world, 2, "one step")


@splitmix
@settings(max_examples=25)
@given(worlds)
def test_steps_in_two_phases_are_their_twin(world):
    check(*world, 3, "two steps")


@splitmix
@pytest.mark.parametrize("steps", STEPS)
def test_chunks_of_several_blocks(steps):
    check(5, [2 * BLOCK * 2 + 77, 64], 0.9, 1, steps)


@splitmix
def test_hazards_above_their_bound_are_counted():
    a, w = toy_world(1, [2000], [1.9])
    assert sum(carry_out(a, w, keys(1, 0))) > 0


def test_the_place_of_rows_changes_nothing():
    (a, w), (b, v) = toy_world(3, [300, 200], [0.7, 0.8]), toy_world(3, [300, 200], [0.7, 0.8])
    for s, n in zip(v.chunks.start, v.chunks.count, strict=True):
        for column in b:
            column[s : s + n] = column[s : s + n][::-1].copy()
    for day in range(4):
        for world in ((a, w), (b, v)):
            carry_out(*world, keys(3, day))
    assert rows(a, w.chunks) == rows(b, v.chunks) and (w.counts == v.counts).all()


@given(st.integers(0, 2**32 - 2), st.floats(0.0, 1.0), st.integers(0, 2**63))
def test_a_probability_fills_its_steps(place, p, key):
    found = processes.is_accepted(np.uint64(place), p, np.uint64(key), np.uint64(9), 3)
    rest = p * 2**32 - place
    assert found == (
        rest >= 1 or (rest > 0 and (rest >= 1 or rng.unit(np.uint64(key), np.uint64(9), 3) < rest))
    )


@kernel
def _hits(p, key, n):
    hits = 0
    for e in range(n):
        hits += processes.is_accepted(np.uint64(e % 4), p, key, np.uint64(e), 1)
    return hits


def test_probabilities_below_the_resolution_are_exact():
    n, p = 400_000, 1.3 / 2**32  # of four steps, one is filled wholly and one to three tenths
    hits = _hits(p, rng.day_key(2, 2, 2), n)
    assert abs(hits - n * 1.3 / 4) < 5 * np.sqrt(n / 4 * 0.3 * 0.7)
    assert twin_unit(1, 1, 1) == rng.unit(np.uint64(1), np.uint64(1), 1) or rng.GENERATOR != "splitmix"


def _process(lane=0, bounds=None, name="p"):
    return Process(name, lane, bounds or {1: 0.5}, lambda *_: None)


@pytest.mark.parametrize(
    ("made", "text"),
    [
        ([_process(), _process(name="q")], "add up to 1.0"),
        ([_process(bounds={1: 1.0})], "add up to 1.0"),
        ([_process(lane=2)], "lane 2 given"),
        ([_process(bounds={0: 0.1})], "class 0 given"),
        ([_process(bounds={8: 0.1})], "class 8 given"),
        ([_process(bounds={1: -0.1})], "bound -0.1 given"),
        ([_process(bounds={1: float("nan")})], "bound nan given"),
    ],
)
def test_bad_bounds_are_refused(made, text):
    with pytest.raises(ValueError, match=text):
        Lanes(made)


def test_bad_steps_are_refused():
    with pytest.raises(ValueError, match="bound 1"):
        Lanes([], [DormantProcess("w", 1.0, lambda *_: 0.0, lambda *_: None)])


def test_bounds_of_different_lanes_do_not_add_up():
    lanes = Lanes([_process(), _process(lane=1, bounds={1: 0.9})])
    assert lanes.thresholds[:, 1].tolist() == [2**31, -(-0.9 * 2**32 // 1)]


def test_the_source_names_every_process():
    source = step_source(LANES, (0, 1), dormant=True)
    assert all(f"effect_{index}(" in source for index in range(len(LANES.processes)))
    assert "top_of_3(" in mark_source(LANES)
    assert (plain(MARK).__name__, plain(STEPS["one step"][0]).__name__) == ("mark", "step")


@inlined
def look_first(j, c, w, t):
    w.counts[c, 0] += 1
    return 0.0


@inlined
def look_second(j, c, w, t):
    w.counts[c, 1] += 1
    return 0.0


@inlined
def never(a, j, c, w, t):
    w.counts[c, 2] += 1


LOOKING = Lanes([], [DormantProcess("first", 0.02, look_first, never), DormantProcess("second", 0.3, look_second, never)])
LOOK = build_step(LOOKING, ())


@given(key=st.integers(0, 2**63), sizes=st.lists(st.integers(1, 900), min_size=1, max_size=4))
def test_the_reached_are_bounded_before_they_are_looked_at(key, sizes):
    """No fewer than the step looks at later, for every chunk and awakening; one left out is 0."""
    a, w = toy_world(1, sizes, [0.5] * len(sizes))
    chunks, key = w.chunks, np.uint64(key)
    w = w._replace(counts=np.zeros((len(chunks.first), 3), np.int64))
    space = scan_space(LOOKING, chunks, 1)
    lanes = [space[name] for name in ("thresholds", "marks", "n_marks", "over")]
    LOOK(a, chunks, w, Today(key, 0), 0, 0, len(chunks.first), key, key, key, *lanes, space["flag"][0])
    for left_out in (None, 0, 1):
        inverse = np.array([inverse_log_of(awakening.bound) for awakening in LOOKING.awakenings])
        expected = w.counts[:, :2].copy()
        if left_out is not None:
            inverse[left_out] = expected[:, left_out] = 0
        most = np.full(expected.shape, -1)
        bound_reached(chunks, 0, len(chunks.first), key, inverse, most)
        assert (most >= expected).all()
        assert (most <= 8 + 4 * chunks.size[:, None]).all()
        if left_out is not None:
            assert not most[:, left_out].any()
