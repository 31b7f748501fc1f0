"""Every process happens as often as its formula says: compiled marking and steps against hazards in plain Python.

A small world is run until everything happens that may (prisoners at the front, closures, punishment). Its state is then
held still: each effect is replaced by one that only counts, and the same day is drawn many times over. The number of
events of a process is then a sum of independent draws with known probabilities, whose tails are no heavier than those of
a binomial of the same mean beyond one event of it (Hoeffding 1956, doi:10.1214/aoms/1177728178). Bounds of that binomial
hold with a family-wise error of 1e-3 over all processes (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom
from tests.model.by_hand import interpreted
from tests.model.running import simulation

from kladsim.core import rng
from kladsim.core.jit import inlined
from kladsim.core.processes import Lanes, build_mark, build_step, scan_space
from kladsim.model.config import Modifier
from kladsim.model.counters import COUNT
from kladsim.model.day import LANES

pytestmark = [pytest.mark.verify, pytest.mark.timeout(1800)]

UNTIL, SCALE, DAYS = "2019-01-01", 400, 10_000
FAMILY_ERROR = 1e-3
RARE = (Modifier("justice.prison_recruitment", date(2018, 5, 1), None, "set", 0.05),)
"""Events that bring people to where the rarest processes act."""
NAMES = [part.name for part in (*LANES.processes, *LANES.awakenings)]


def counting(number: int) -> Callable[..., None]:
    """Return an effect that counts and changes nothing else."""

    def count(a: Any, i: int, c: int, w: Any, t: Any) -> None:
        w.tally.count[w.regions.of_chunk[c], number] += 1

    return inlined(count)


def counters() -> Lanes:
    """Return the lanes of the model with effects that count."""
    parts = [
        replace(part, effect=counting(number)) for number, part in enumerate((*LANES.processes, *LANES.awakenings))
    ]
    many = len(LANES.processes)
    return Lanes(tuple(parts[:many]), tuple(parts[many:]))


@cache
def still_world() -> Any:
    """Return a simulation that has run until much has happened, with a morning's hazards."""
    s = simulation(UNTIL, SCALE, modifiers=RARE)
    s.run()
    return s


@cache
def realised() -> np.ndarray:
    """Return how often each process happened on all the days."""
    s, lanes = still_world(), counters()
    w, a, t = s.world, s.persons_table, s.calendar.day(s.day - 1)
    mark, step = build_mark(lanes), build_step(lanes)
    space = scan_space(lanes, w.chunks, 1)
    marks, over, flag = [space[name] for name in ("thresholds", "marks", "n_marks")], space["over"], space["flag"][0]
    before = w.tally.count.copy()
    w.tally.count[:] = 0
    for day in range(DAYS):
        key, accept, dormant = (rng.day_key(20_231, stream, day) for stream in (1, 2, 3))
        mark(a, w.chunks, w, t, 0, 0, len(w.chunks.first), key, *marks, flag)
        step(a, w.chunks, w, t, 0, 0, len(w.chunks.first), key, accept, dormant, *marks, over, flag)
    happened = w.tally.count.sum(axis=0)[: len(NAMES)].copy()
    w.tally.count[:] = before
    return happened


def plain_world() -> Any:
    """Return the world as the interpreter reads it: parameters by attribute."""
    w = still_world().world
    return w.replaced(p=w.p.view(np.recarray))


@cache
def probabilities(number: int) -> np.ndarray:
    """Return the daily probability of a process for every entity that it may happen to: its formula in plain Python, at
    most the bound of its class.
    """
    s, w = still_world(), plain_world()
    a, t = s.persons_table, s.calendar.day(s.day - 1)
    found = []
    if number >= len(LANES.processes):
        dormant = LANES.awakenings[number - len(LANES.processes)]
        hazard = interpreted(dormant.hazard)
        for c in range(len(w.chunks.first)):
            found += [hazard(e, c, w, t) for e in range(w.chunks.first[c], w.chunks.first[c] + w.chunks.size[c])]
        return np.minimum(found, dormant.bound)
    process = LANES.processes[number]
    hazard = interpreted(process.hazard) if process.hazard is not None else None
    for c in range(len(w.chunks.first)):
        for i in range(w.chunks.start[c], w.chunks.start[c] + w.chunks.count[c]):
            if a.klass[i] in process.bounds:
                bound = process.bounds[a.klass[i]]
                found.append(bound if hazard is None else min(bound, hazard(a, i, c, w, t)))
    return np.array(found)


def test_counters_suffice():
    assert len(NAMES) <= COUNT
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_process_happens_as_often_as_its_formula_says(name):
    number = NAMES.index(name)
    p = probabilities(number)
    assert p.size and p.min() >= 0.0 and p.max() < 1.0
    n, mean = p.size * DAYS, float(p.mean())
    expected, times = n * mean, int(realised()[number])
    low, high = binom.interval(1 - FAMILY_ERROR / len(NAMES), n, mean)
    print(f"{name:32} {times:8} of {expected:12.1f} expected, allowed {low:.0f} to {high:.0f}")
    assert expected >= 10, "too rare in this world to say anything: let more happen (RARE, UNTIL)"
    assert low <= times <= high


@pytest.mark.parametrize("klass", range(1, 8))
def test_every_class_has_people(klass):
    """So that no bound of a class is left out: calm, light, heavy, dependent, treatment, couriers, custody."""
    s = still_world()
    rows = np.concatenate(
        [np.arange(x, x + n) for x, n in zip(s.world.chunks.start, s.world.chunks.count, strict=True)]
    )
    assert (s.persons_table.klass[rows] == klass).any(), klass


@pytest.mark.parametrize("wrong", [0.9, 1.1])
def test_the_bounds_would_notice_a_tenth(wrong):
    """For most processes a hazard that is a tenth off lies outside: the check has power."""
    noticed = []
    for number in range(len(NAMES)):
        p = probabilities(number)
        n, mean = p.size * DAYS, float(p.mean()) * wrong
        low, high = binom.interval(1 - FAMILY_ERROR / len(NAMES), n, mean)
        noticed.append(not low <= realised()[number] <= high)
    assert np.mean(noticed) >= 0.5, [name for name, seen in zip(NAMES, noticed, strict=True) if not seen]
