"""A small world with every kind of process, and a plain twin of a day that loops over all entities."""

from __future__ import annotations

import math

import numpy as np

from kladsim.core import fixedmath
from kladsim.core.columns import Column
from kladsim.core.jit import inlined, plain
from kladsim.core.population import LEFT, active_table, make_chunks, rows_reserved
from kladsim.core.processes import DormantProcess, Lanes, Process
from kladsim.core.records import record_type

TOY = active_table(
    "toy", (Column("x", "f8", "1", "a number"), Column("mood", "u1", "1", "a category")), "A toy."
)
World = record_type("ToyWorld", "level counts awake chunks".split())
Today = record_type("ToyDay", ["key", "worker"])


@inlined
def shift(a, i, c, w, t):
    a.x[i] += 1.0
    w.counts[t.worker, 0] += 1


@inlined
def rise_chance(a, i, c, w, t):
    return 0.05 * a.klass[i] * w.level[w.chunks.group[c]]


@inlined
def rise(a, i, c, w, t):
    a.klass[i] = a.klass[i] + 1 if a.klass[i] < 5 else 1
    w.counts[t.worker, 1] += 1


@inlined
def fall_chance(a, i, c, w, t):
    return 0.12 * w.level[w.chunks.group[c]] / (1.0 + a.x[i])


@inlined
def fall(a, i, c, w, t):
    w.counts[t.worker, 2] += a.klass[i]
    if a.klass[i] == 1:
        w.awake[a.pid[i]] = 0
        a.klass[i] = LEFT
    else:
        a.klass[i] -= 1


@inlined
def change_chance(a, i, c, w, t):
    return 0.2 * w.level[w.chunks.group[c]] * (1 + a.mood[i] % 2) / 2.0


@inlined
def change_top(k, c, w, t):
    return 0.2 * w.level[w.chunks.group[c]]


@inlined
def change(a, i, c, w, t):
    a.mood[i] += 1
    w.counts[t.worker, 3] += 1


@inlined
def wake_chance(e, c, w, t):
    return 0.0 if w.awake[e] else 0.1 * w.level[w.chunks.group[c]]


@inlined
def wake_top(k, c, w, t):
    return 0.1 * w.level[w.chunks.group[c]]


@inlined
def wake(a, e, c, w, t):
    i = w.chunks.start[c] + w.chunks.count[c]
    w.chunks.count[c] += 1
    a.pid[i], a.klass[i], a.x[i], a.mood[i] = e, 1 + e % 3, 0.25 * (e % 5), e % 7
    w.awake[e] = 1


LANES = Lanes(
    (
        Process("shift", 0, {1: 0.3, 2: 0.05, 4: 0.6}, shift),
        Process("rise", 0, {1: 0.07, 2: 0.12, 3: 0.2, 5: 0.3}, rise, rise_chance),
        Process("fall", 1, {1: 0.15, 2: 0.14, 3: 0.13, 4: 0.12}, fall, fall_chance),
        Process("change", 1, {2: 0.2, 3: 0.25, 5: 0.2}, change, change_chance, ceiling=change_top),
    ),
    (
        DormantProcess("wake", 0.1, wake_chance, wake, ceiling=wake_top),
        DormantProcess("wake late", 0.12, wake_chance, wake),
    ),
)


def toy_world(seed, sizes, level, threads=1):
    """Return active entities and a world: blocks of the given sizes, about half of their entities active."""
    chunks = make_chunks(np.arange(len(sizes)), np.array(sizes), np.full(len(sizes), 1.0), 64)
    a, total = TOY.allocate(rows_reserved(chunks)), sum(sizes)
    w = World(np.array(level, float), np.zeros((threads, 4), np.int64), np.zeros(total, np.uint8), chunks)
    luck = np.random.Generator(np.random.PCG64(seed)).random(total)
    for c in range(len(chunks.first)):
        for e in range(chunks.first[c], chunks.first[c] + chunks.size[c]):
            if luck[e] < 0.5:
                plain(wake)(a, e, c, w, None)
                a.klass[chunks.start[c] + chunks.count[c] - 1] = 1 + int(luck[e] * 10) % 5
    return a, w


def rows(a, chunks):
    """Return {pid: (class, x, mood)} of all rows."""
    found = {}
    for s, n in zip(chunks.start.tolist(), chunks.count.tolist(), strict=True):
        for i in range(s, s + n):
            found[int(a.pid[i])] = (int(a.klass[i]), float(a.x[i]), int(a.mood[i]))
    return found


MASK = (1 << 64) - 1


def twin_mix(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def twin_bits(key, entity, draw):
    key = twin_mix((int(key) + draw * 0xD1342543DE82EF95) & MASK) if draw else int(key)
    return twin_mix((int(entity) * 0x9E3779B97F4A7C15 & MASK) ^ key)


def twin_unit(key, entity, draw):
    return (twin_bits(key, entity, draw) >> 11) / 2**53


def twin_day(lanes, a, w, key, accept, dormant):
    """Carry out a day as the rules say it; return the largest multiple of its bound that each hazard had, in millionths."""
    over, chunks, t = [0] * (len(lanes.processes) + len(lanes.awakenings)), w.chunks, Today(key, 0)
    for c in range(len(chunks.first)):
        start, present = int(chunks.start[c]), int(chunks.count[c])
        for lane in (0, 1):
            for i in range(start, start + present):
                bits = twin_bits(key, a.pid[i], 0)
                twin_lane(
                    lanes, lane, a, i, c, w, t, accept, bits >> 32 if lane == 0 else bits & 0xFFFFFFFF, over
                )
        for number, awakening in enumerate(lanes.awakenings):
            j, draw = -1, number << 32
            while True:
                gap = plain(fixedmath.log)(1.0 - twin_unit(dormant, c, draw)) * (
                    1.0 / plain(fixedmath.log)(1.0 - awakening.bound)
                )
                j, draw = j + 1 + int(gap), draw + 1
                if j >= chunks.size[c]:
                    break
                e, index = int(chunks.first[c]) + j, len(lanes.processes) + number
                p = plain(awakening.hazard)(e, c, w, t)
                over[index] = max(over[index], excess(p, awakening.bound))
                if twin_unit(accept, e, index + 1) * awakening.bound < p:
                    plain(awakening.effect)(a, e, c, w, t)
    return over


def excess(p, bound):
    return int(p / bound * 1e6) if p > bound else 0


def twin_lane(lanes, lane, a, i, c, w, t, accept, x, over):
    klass, lower = int(a.klass[i]), 0
    for index, process in enumerate(lanes.processes):
        if process.lane != lane or klass not in process.bounds:
            continue
        width = math.ceil(process.bounds[klass] * 2**32)
        if lower <= x < lower + width:
            if process.hazard is not None:
                p = float(plain(process.hazard)(a, i, c, w, t))
                over[index] = max(over[index], excess(p, process.bounds[klass]))
                rest = p * 2**32 - (x - lower)
                if not (rest >= 1 or (rest > 0 and twin_unit(accept, a.pid[i], index + 1) < rest)):
                    return
            plain(process.effect)(a, i, c, w, t)
            return
        lower += width
