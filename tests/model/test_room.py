"""No size is a guess: whatever room there is to begin with, a run goes on, and to the same bits."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.model.by_hand import interpreted, placed, today, world
from tests.model.running import STRESS, configuration, russia, simulation
from tests.model.test_same_bits import same_records

from kladsim.core.bundle import Bundle
from kladsim.model import production, shops
from kladsim.model.requests import allocate_buffer, allocate_queue, grow_buffer, grow_queue
from kladsim.model.room import (
    BUFFERS,
    Capacities,
    for_requests,
    look_ahead,
    requests,
    skips_of,
    with_branches,
    with_laboratories,
    with_shops,
)
from kladsim.model.simulation import Simulation

FEW = st.integers(1, 8)
SIZES = ("rows", "spare", "requests", "buffer", "queue", "branches", "shops", "laboratories")
TIGHT = st.builds(Capacities, **dict.fromkeys(SIZES, FEW), extra=st.sampled_from((0.0, 0.5)))
AMPLE = Capacities(1500, 1000, 5000, 5000, 100_000, 5000, 3000, 3000, 1.0)


def full(s: Simulation) -> None:
    """Fail where more lies in a buffer than it holds."""
    w = s.world
    assert (w.chunks.count <= w.chunks.capacity).all()
    assert len(s.persons_table.pid) == w.chunks.capacity.sum()
    for name, buffer in BUFFERS.items():
        requests = getattr(getattr(w, name), buffer)
        assert (requests.n <= np.diff(requests.start)).all(), buffer
        if name != "labour":
            queue = getattr(w, name).queue
            assert np.diff(queue.ends)[0] <= len(queue.pid), name


@settings(max_examples=6, phases=(Phase.explicit, Phase.generate))
@given(
    tight=TIGHT,
    again=TIGHT,
    seed=st.integers(0, 2**31),
    scale=st.sampled_from((500, 1000, 2000)),
    day=st.integers(1, 600),
    threads=st.permutations((1, 2)),
)
def test_room_never_shows(tmp_path_factory, tight, again, seed, scale, day, threads):
    """Eight buffers of one to eight places, saved and loaded on the way with other sizes, against ample ones."""
    config = configuration("2015-10-01", scale, seed, modifiers=STRESS)
    ample = Simulation(config, russia(), capacities=AMPLE)
    ample.run()
    small = Simulation(config, russia(), 0, threads[0], (full,), tight)
    assert small.world.chunks.count.max() > 8  # the first morning already needed more
    small.run(day)
    path = tmp_path_factory.mktemp("state") / "state.npz"
    small.save(path)
    loaded = Simulation.load(path, config, russia(), threads[1], (full,), again)
    loaded.run()
    assert loaded.digest() == ample.digest()
    same_records(ample, loaded, ample.n_days)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_place_at_a_time_is_room_enough(threads):
    """Everything begins with one place and grows by exactly what is needed, through the closure of a platform."""
    config = configuration("2016-06-01", 1000, modifiers=STRESS)
    usual = Simulation(config, russia())
    usual.run()
    one = Simulation(config, russia(), 0, threads, (full,), Capacities(1, 1, 1, 1, 1, 1, 1, 1, 0.0))
    one.run()
    assert one.digest() == usual.digest()


@given(st.lists(st.integers(0, 99), max_size=20), st.integers(0, 7), st.integers(0, 30))
def test_a_longer_queue_keeps_the_order(values, begin, more):
    """Wherever the head stands in the ring."""
    queue = allocate_queue(max(1, len(values)))
    queue.ends[:] = begin, begin + len(values)
    for q, value in enumerate(values, start=begin):
        queue.pid[q % len(queue.pid)] = queue.chunk[q % len(queue.pid)] = queue.value[q % len(queue.pid)] = value
    longer = grow_queue(queue, len(queue.pid) + more)
    ring = np.arange(*longer.ends) % len(longer.pid)
    for column in (longer.pid, longer.chunk, longer.value):
        assert column[ring].tolist() == values


def test_a_longer_buffer_keeps_every_request_with_its_region():
    buffer = allocate_buffer(np.array([2, 0, 3]))
    buffer.n[:] = 2, 0, 1
    buffer.pid[:], buffer.chunk[:], buffer.value[:] = range(5), range(10, 15), range(20, 25)
    longer = grow_buffer(buffer, np.array([2, 4, 5]))
    assert longer.n.tolist() == [2, 0, 1]
    assert longer.start.tolist() == [0, 2, 6, 11]
    assert longer.pid[[0, 1, 6]].tolist() == [0, 1, 2]
    assert longer.chunk[[0, 1, 6]].tolist() == [10, 11, 12]
    assert longer.value[[0, 1, 6]].tolist() == [20, 21, 22]


def test_an_awakening_that_is_renamed_is_not_forgotten():
    with pytest.raises(ValueError, match="no awakening"):
        skips_of(())


MARKED, APPLY = np.array([2, 1, 4]), np.array([1, 0, 2])
"""Persons marked, and those never involved who may apply, by chunk: two chunks of the first region, one of the second."""
NEEDED = {"": [3, 4], "labour": [6, 6], "justice": [3, 4], "health": [3, 4]}
"""Two applications wait in the first region, so that 2 + 3 + 1 and 0 + 4 + 2 may lie there."""
LINES = {"justice": 12, "health": 7}
"""Five charges wait; three and four persons more may be charged, or ask for treatment."""


def buffers(short: str = "", region: int = 0) -> Bundle:
    """Return a world whose buffers hold exactly what may be needed, one of them (in a region) a place less."""

    def size(name: str) -> np.ndarray:
        return np.array(NEEDED[name]) - np.array([f"{name} buffer" == short and r == region for r in range(2)])

    parts = {name: {buffer: allocate_buffer(size(name))} for name, buffer in BUFFERS.items()}
    for name, long in LINES.items():
        parts[name]["queue"] = allocate_queue(long - (f"{name} queue" == short))
    parts["labour"]["applications"].n[:] = 2, 0
    charged = parts["justice"]["queue"]
    charged.ends[:] = 100, 105
    charged.pid[np.arange(100, 105) % len(charged.pid)] = range(5)
    parts |= {"regions": {"first_chunk": np.array([0, 2, 3])}, "scan": {"n_marks": np.array([0 * MARKED, 0 * MARKED, MARKED])}, "requests": requests(size(""))}
    return Bundle("World", {name: Bundle(name, columns) for name, columns in parts.items()})


@pytest.mark.parametrize("region", [0, 1])
@pytest.mark.parametrize("short", ["", *(f"{name} buffer" for name in NEEDED), *(f"{name} queue" for name in LINES)])
def test_a_buffer_that_lacks_one_place_grows_and_no_other(short, region):
    w, reached = buffers(short, region), np.column_stack([APPLY * 0, APPLY, APPLY * 0])
    grown = for_requests(w, None, reached, Capacities(extra=0.0))
    assert (grown is w) is (short == "")
    starts = {"": grown.requests.start} | {n: getattr(getattr(grown, n), b).start for n, b in BUFFERS.items()}
    for name, start in starts.items():
        more = [f"{name} buffer" == short and r == region for r in range(2)]
        assert np.diff(start).tolist() == [n + m for n, m in zip(NEEDED[name], more, strict=True)], name
    for name, long in LINES.items():
        assert len(getattr(grown, name).queue.pid) == long + (f"{name} queue" == short), name
    line = grown.justice.queue
    assert line.pid[np.arange(*line.ends) % len(line.pid)].tolist() == [0, 1, 2, 3, 4]
    assert grown.labour.applications.n.tolist() == [2, 0]


def test_the_morning_makes_rows_for_who_waits_and_whom_skips_reach():
    """Applicants of chunks 1, 1 and 0 and of chunk 2 wait; first uses may be 5, 0 and 1."""
    rule = interpreted(look_ahead)
    first_uses = np.array([5, 0, 1])

    def reach(chunks, low, high, dormant, inverse, most):
        most[low:high, 0] = first_uses[low:high]

    rule.__globals__["bound_reached"] = reach
    waiting = allocate_buffer(np.array([4, 2]))
    waiting.n[:] = 3, 1
    waiting.chunk[[0, 1, 2, 4]] = 1, 1, 0, 2
    w = placed({"first_chunk": np.array([0, 2, 3]), "applications": waiting, "chunks": None})
    reached, rows = np.zeros((3, 2), np.int64), np.zeros(3, np.int64)
    rule(w, 0, np.ones(2), reached, rows, 0, 2)
    assert rows.tolist() == [5 + 1, 0 + 2, 1 + 1]


def test_how_many_may_enter():
    """8 and 20 branches could be fed in two of three regions; 9.5 shops where 4 are; laboratories for 12 packages."""
    rates = {
        "shop.orders_a_branch": 2.0, "shop.least_branches": 1.0, "shop.orders_a_day": 2.0, "shop.adjust_weeks": 4.0,
        "shop.exit": 2.6, "shop.least": 2.0, "production.spare": 1.5, "production.output": 0.5, "production.entry": 0.1,
    }  # fmt: skip
    w = world(
        rates, 3, region_open=np.array([1, 0, 1]), orders_region=np.array([16.0, 500.0, 40.0]),
        orders_level=np.array([19.0]), shops=SimpleNamespace(alive=np.array([1, 1, 0, 1, 1, 0])),
        flow=np.array([8.0, 99.0, 0, 0, 0, 0, 0]), local=np.array([1, 0, 0, 0, 0, 0, 0]), online_national=np.ones(1),
    )  # fmt: skip
    branches, day = interpreted(shops.most_new_branches), today()
    assert branches(w, day, 3, 1) == int(8 / 4 + 1) + int(20 / 4 + 1)
    assert branches(w, day, 3, 40) == 8 + 2 + 20 + 2
    assert interpreted(shops.most_new_shops)(w, day) == int(9.5 / 4 + 2.6 * 4 / 104 + 1)
    assert interpreted(production.most_new_laboratories)(w, day) == int(8 * 1.5 / 0.5 * 0.1 + 1)


@pytest.mark.parametrize(("free", "needed", "more"), [(3, 3, False), (3, 4, True), (0, 1, True), (3, 0, False)])
def test_tables_of_the_trade_grow_with_all_that_belongs_to_them(free, needed, more):
    s = simulation("2014-01-05", 2000)
    w = with_shops(with_laboratories(s.world, 0, AMPLE), 0, AMPLE)
    for table in (w.branches.shop, w.shops.alive, w.labs.alive):
        table[:] = 1
    w.branches.shop[:free], w.shops.alive[:free], w.labs.alive[:free] = -1, 0, 0
    sizes = len(w.branches.shop), len(w.shops.alive), len(w.labs.alive)
    exact = Capacities(extra=0.0)
    w = with_branches(with_laboratories(with_shops(w, needed, exact), needed, exact), needed, exact)
    now = len(w.branches.shop), len(w.shops.alive), len(w.labs.alive)
    assert [n > size for n, size in zip(now, sizes, strict=True)] == [more] * 3
    assert np.count_nonzero(w.branches.shop < 0) >= needed
    assert np.count_nonzero(w.shops.alive == 0) >= needed
    assert np.count_nonzero(w.labs.alive == 0) >= needed
    assert {len(getattr(w.trade, name)) for name in ("takings", "placed_by", "branch_index")} == {now[0]}
    assert {len(w.listings.ready), len(w.trade.sold)} == {7 * now[0]}
    assert w.scan.branch.shape[1] == w.scan.weight.shape[1] == now[0]
    assert len(w.trade.shop_sold) == len(w.trade.shop_missed) == now[1]
