"""No size is a guess: whatever room there is to begin with, a run goes on, and to the same bits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.model.running import STRESS, configuration, russia
from tests.model.test_same_bits import same_records

from kladsim.model.mail import grown_mail, grown_queue, make_mail, make_queue
from kladsim.model.room import MAIL_OF, Capacities, skips_of
from kladsim.model.simulation import Simulation

FEW = st.integers(1, 8)
SIZES = ("rows", "spare", "requests", "mail", "queue", "branches", "shops", "laboratories")
TIGHT = st.builds(Capacities, **dict.fromkeys(SIZES, FEW), extra=st.sampled_from((0.0, 0.5)))
AMPLE = Capacities(1500, 1000, 5000, 5000, 100_000, 5000, 3000, 3000, 1.0)


def full(s: Simulation) -> None:
    """Fail where more lies in a buffer than it holds."""
    w = s.world
    assert (w.chunks.count <= w.chunks.capacity).all()
    assert len(s.persons_table.pid) == w.chunks.capacity.sum()
    for mail, queue in MAIL_OF.items():
        assert (getattr(w, mail).n <= np.diff(getattr(w, mail).start)).all(), mail
        if queue is not None:
            assert np.diff(getattr(w, queue).ends)[0] <= len(getattr(w, queue).pid), queue


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
    queue = make_queue(max(1, len(values)))
    queue.ends[:] = begin, begin + len(values)
    for q, value in enumerate(values, start=begin):
        queue.pid[q % len(queue.pid)] = queue.chunk[q % len(queue.pid)] = queue.value[q % len(queue.pid)] = value
    longer = grown_queue(queue, len(queue.pid) + more)
    ring = np.arange(*longer.ends) % len(longer.pid)
    for column in (longer.pid, longer.chunk, longer.value):
        assert column[ring].tolist() == values


def test_longer_mail_keeps_every_letter_with_its_region():
    mail = make_mail(np.array([2, 0, 3]))
    mail.n[:] = 2, 0, 1
    mail.pid[:], mail.chunk[:], mail.value[:] = range(5), range(10, 15), range(20, 25)
    longer = grown_mail(mail, np.array([2, 4, 5]))
    assert longer.n.tolist() == [2, 0, 1]
    assert longer.start.tolist() == [0, 2, 6, 11]
    assert longer.pid[[0, 1, 6]].tolist() == [0, 1, 2]
    assert longer.chunk[[0, 1, 6]].tolist() == [10, 11, 12]
    assert longer.value[[0, 1, 6]].tolist() == [20, 21, 22]


def test_an_awakening_that_is_renamed_is_not_forgotten():
    with pytest.raises(ValueError, match="no awakening"):
        skips_of(())
