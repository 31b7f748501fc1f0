"""The same configuration gives the same bits: threads, interruption, observers, company, processor."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.model.running import STRESS, configuration, finished, in_process, russia, simulation

from kladsim.model.config import MECHANISMS, Modifier
from kladsim.model.simulation import Simulation

OFF = st.lists(st.sampled_from(MECHANISMS), max_size=2, unique=True)
QUICK = {"phases": (Phase.explicit, Phase.generate)}  # a failing run is reported, not made smaller for minutes
STATE = "from tests.model.running import finished, STRESS\n"


def same_records(one: Simulation, other: Simulation, days: int) -> None:
    for name, array in one.recording.arrays().items():
        if len(array) == one.n_days:
            assert np.array_equal(array[:days], other.recording.arrays()[name][:days], equal_nan=True), name


@settings(max_examples=4, **QUICK)
@given(seed=st.integers(0, 2**31), scale=st.sampled_from((500, 1000, 2000)), off=OFF)
def test_threads_never_show(seed, scale, off):
    runs = [finished("2015-09-01", scale, seed=seed, off=off, threads=threads) for threads in (1, 2)]
    assert runs[0].digest() == runs[1].digest()


@settings(max_examples=6, **QUICK)
@given(
    seed=st.integers(0, 2**31),
    scale=st.sampled_from((500, 1000, 2000)),
    off=OFF,
    day=st.integers(1, 850),
    threads=st.sampled_from((1, 2)),
)
def test_a_run_saved_on_any_day_goes_on_to_the_same_bits(tmp_path_factory, seed, scale, off, day, threads):
    options = {"seed": seed, "off": off, "modifiers": STRESS}
    straight = finished("2016-06-01", scale, **options)
    interrupted = simulation("2016-06-01", scale, **options)
    interrupted.run(day)
    path = tmp_path_factory.mktemp("state") / "state.npz"
    interrupted.save(path)
    again = Simulation.load(path, interrupted.config, russia(), threads)
    assert again.day == day
    again.run()
    assert again.digest() == straight.digest()
    same_records(straight, again, straight.n_days)


def test_observers_cannot_change_a_run():
    seen = []

    def look(s):
        seen.append((s.persons, s.digest() if s.day % 60 == 0 else s.results()["orders"].values.sum()))

    assert finished("2014-09-01", observers=(look,)).digest() == finished("2014-09-01").digest()
    assert len(seen) == 243


def test_a_replicate_is_the_same_alone_and_among_ten():
    among = [finished("2014-05-01", 2000, replicate=number).digest() for number in range(10)]
    assert finished("2014-05-01", 2000, replicate=7).digest() == among[7]
    assert len(set(among)) == 10


def test_seeds_differ():
    assert len({finished("2014-03-01", 2000, seed=seed).digest() for seed in (1, 2, 3)}) == 3


@settings(max_examples=3, **QUICK)
@given(
    seed=st.integers(0, 2**31), quantity=st.sampled_from(("platform.takedown", "justice.diversion.courier", "movement"))
)
def test_a_late_event_leaves_everything_before_it_alone(seed, quantity):
    event = date(2015, 11, 2)
    late = Modifier(quantity, event, None, "set", 1.0 if quantity != "movement" else 0.3)
    without, with_event = (
        simulation("2016-06-01", 500, seed=seed),
        simulation("2016-06-01", 500, seed=seed, modifiers=(late,)),
    )
    day = russia().day_of(event)
    for s in (without, with_event):
        s.run(day)
    assert without.digest() == with_event.digest()
    for s in (without, with_event):
        s.run()
    same_records(without, with_event, day)
    assert without.digest() != with_event.digest() or quantity == "justice.diversion.courier"


def test_a_branch_shares_the_past_and_the_luck():
    base = simulation("2016-06-01", 500)
    base.run(700)
    same = base.branch(base.config)
    other = base.branch(
        configuration("2016-06-01", 500, modifiers=(Modifier("movement", date(2015, 12, 2), None, "set", 0.3),))
    )
    for s in (base, same, other):
        s.run()
    assert same.digest() == base.digest() != other.digest()
    same_records(base, other, 700)


def cpu_features() -> list[str]:
    """Return the groups of instructions that this NumPy chooses at run time and that this processor has."""
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    return [name for name in __cpu_dispatch__ if __cpu_features__.get(name)]


def test_the_processor_never_shows():
    features = cpu_features()
    if not features:
        pytest.skip("NumPy chooses nothing by processor here")
    code = STATE + "print(finished('2016-12-01', 500, modifiers=STRESS).digest())"
    tunables = "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-AVX2,-AVX2_Usable,-FMA,-FMA_Usable,-FMA4"
    plain = in_process(code, NPY_DISABLE_CPU_FEATURES=" ".join(features), GLIBC_TUNABLES=tunables)
    assert plain == finished("2016-12-01", 500, modifiers=STRESS).digest()


@pytest.mark.verify  # it compiles everything once more for the other generator
def test_another_generator_gives_other_bits_and_the_same_outcomes():
    code = (
        "import json; from tests.model.running import finished\n"
        "s = finished('2015-01-01', 200)\n"
        "print(json.dumps([s.digest(), {n: float(s.results()[n].values.sum()) for n in "
        "('people_who_use', 'dependent', 'initiations', 'arrests_buyer', 'convictions_possession')}]))"
    )
    import json

    (other_digest, other), (digest, usual) = (
        json.loads(in_process(code, KLADSIM_GENERATOR=name)) for name in ("philox", "splitmix")
    )
    assert other_digest != digest
    for name, value in usual.items():
        assert other[name] == pytest.approx(value, rel=0.1), name


def test_a_process_refuses_another_generator_than_its_own():
    from dataclasses import replace

    from kladsim.core.errors import InputError

    config = configuration()
    wrong = "philox" if config.generator == "splitmix" else "splitmix"
    with pytest.raises(InputError, match="generator"):
        Simulation(replace(config, generator=wrong), russia())
