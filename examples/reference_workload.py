"""The reference workload W of agent-based engines, written on kladsim's public core.

N agents in 83 regions, each with a state, a platform and a propensity. They buy, learn from the quality they get, and
move between five states at rates that feed back through the region's share of users. Run it with ``--help``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import time

import numpy as np

from kladsim.core import rng
from kladsim.core.columns import Column
from kladsim.core.jit import inlined, kernel
from kladsim.core.parallel import Workers, cut
from kladsim.core.population import LEFT, active_table, make_chunks, relaid, tight_chunks
from kladsim.core.processes import Awakening, Lanes, Process, build_step, scratch
from kladsim.core.records import record_type

REGIONS, PLATFORMS, SHOPS = 83, 5, 200
NEVER, CASUAL, REGULAR, DEPENDENT, TREATMENT = 0, 1, 2, 3, 4
START, START_ACTIVE = (0.85, 0.09, 0.04, 0.015, 0.005), (0.0, 0.60, 0.27, 0.10, 0.03)
BUYS = {CASUAL: 0.02, REGULAR: 0.12, DEPENDENT: 0.45}
UP = np.array([2e-5, 5e-4, 4e-4, 1e-3, 2e-3])
DOWN = np.array([0.0, 4e-4, 8e-4, 5e-4, 2e-3])
UP_TO = np.array([CASUAL, REGULAR, DEPENDENT, TREATMENT, CASUAL], np.uint8)
DOWN_TO = np.array([NEVER, NEVER, CASUAL, REGULAR, NEVER], np.uint8)
X_MAX, LARGEST = 4.0, 4.0 * 5.5  # largest propensity; times the largest regional factor: the fixed bound
AGENT = active_table("agent", (Column("x", "f4", "1", "propensity"), Column("platform", "u1", "index", "platform")), "A")
World = record_type("World", "factor users used sleeping_x price quality purchases revenue chunks".split())
Today = record_type("Today", ["key", "worker"])
U64, LOW, HALF = np.uint64, np.uint64(0xFFFFFFFF), np.uint64(32)
FINE, POOR, LEAST, MOST = np.float32(1.01), np.float32(0.9), np.float32(0.25), np.float32(4.0)


@inlined
def buy(a, i, c, w, t):
    luck = rng.bits(t.key, U64(a.pid[i]), U64(1))  # the high half draws the shop, the low half the quality
    shop = U64(a.platform[i]) * U64(SHOPS) + ((luck >> HALF) * U64(SHOPS) >> HALF)
    w.revenue[t.worker, shop] += w.price[shop]
    w.purchases[t.worker, w.chunks.group[c]] += 1
    x = a.x[i] * (FINE if (luck & LOW) < U64(w.quality[shop]) else POOR)
    a.x[i] = min(MOST, max(LEAST, x))


@inlined
def up(a, i, c, w, t):
    return UP[a.klass[i]] * a.x[i] * w.factor[w.chunks.group[c]]


@inlined
def down(a, i, c, w, t):
    return DOWN[a.klass[i]] * (1.0 - up(a, i, c, w, t))


@inlined
def count(a, i, c, w, t, by):
    if a.klass[i] >= CASUAL and a.klass[i] <= DEPENDENT:
        w.users[t.worker, w.chunks.group[c]] += by


@inlined
def go_up(a, i, c, w, t):
    count(a, i, c, w, t, -1)
    a.klass[i] = UP_TO[a.klass[i]]
    count(a, i, c, w, t, 1)


@inlined
def go_down(a, i, c, w, t):
    count(a, i, c, w, t, -1)
    a.klass[i] = DOWN_TO[a.klass[i]]
    count(a, i, c, w, t, 1)
    if a.klass[i] == NEVER:  # falls asleep: the propensity is kept, the row is freed
        w.sleeping_x[a.pid[i]], w.used[a.pid[i]], a.klass[i] = a.x[i], 0, LEFT


@inlined
def first_use(e, c, w, t):
    return 0.0 if w.used[e] else UP[NEVER] * w.sleeping_x[e] * w.factor[w.chunks.group[c]]


@inlined
def most(k, c, w, t):
    return UP[k] * X_MAX * w.factor[w.chunks.group[c]]


@inlined
def most_first(c, w, t):
    return most(NEVER, c, w, t)


@inlined
def begin(a, e, c, w, t):
    i = w.chunks.start[c] + w.chunks.count[c]
    w.chunks.count[c] += 1
    a.pid[i], a.klass[i], a.x[i] = e, CASUAL, w.sleeping_x[e]
    a.platform[i] = rng.below(U64(5), e, 0, PLATFORMS)
    w.used[e] = 1
    w.users[t.worker, w.chunks.group[c]] += 1


@kernel
def settle(a, w, low, high, cumulative):
    for s in range(w.price.size):
        w.price[s] = 1000 + rng.below(U64(1), s, 0, 4001)
        w.quality[s] = (0.80 + 0.19 * rng.unit(U64(2), s, 0)) * 4294967296.0
    for c in range(low, high):
        for e in range(w.chunks.first[c], w.chunks.first[c] + w.chunks.size[c]):
            w.sleeping_x[e] = 0.5 + rng.unit(U64(3), e, 0)
            u = rng.unit(U64(4), e, 0)
            if u >= cumulative[0]:
                begin(a, e, c, w, Today(U64(0), 0))
                i = w.chunks.start[c] + w.chunks.count[c] - 1
                a.klass[i] = 1 + (u >= cumulative[1]) + (u >= cumulative[2]) + (u >= cumulative[3])
                w.users[0, w.chunks.group[c]] -= a.klass[i] == TREATMENT


LANES = Lanes(
    [
        Process("buy", 0, BUYS, buy),
        Process("down", 1, {k: DOWN[k] for k in (1, 2, 3, 4)}, go_down, down),
        Process("up", 1, {k: UP[k] * LARGEST for k in (1, 2, 3, 4)}, go_up, up, ceiling=most),
    ],
    [Awakening("first use", UP[NEVER] * LARGEST, first_use, begin, ceiling=most_first)],
)


def simulate(agents: int, days: int, threads: int, active: bool, seed: int = 1) -> dict[str, object]:
    began = time.perf_counter()
    weights = 1.0 / (np.arange(REGIONS) + 3)
    sizes = np.diff(np.round(np.concatenate(([0], np.cumsum(weights) / weights.sum())) * agents)).astype(np.int64)
    shares = START_ACTIVE if active else START
    chunks = make_chunks(np.arange(REGIONS), sizes, np.full(REGIONS, min(1.0, 1.02 * (1 - shares[0]) + 0.001)), 4096)
    a = AGENT.allocate(int(chunks.capacity.sum()))
    shops = PLATFORMS * SHOPS
    w = World(np.zeros(REGIONS), np.zeros((threads, REGIONS), np.int64), np.zeros(agents, np.uint8),
              np.zeros(agents, np.float32), np.zeros(shops, np.int32), np.zeros(shops, np.uint32),
              np.zeros((threads, REGIONS), np.int64), np.zeros((threads, shops), np.int64), chunks)  # fmt: skip
    settle(a, w, 0, len(chunks.first), np.cumsum(shares))
    step = build_step(LANES, table=AGENT)
    workers = Workers(threads)
    pieces = cut(chunks.size, 8 * threads)
    space = [scratch() for _ in range(threads)]
    over, digest, none = np.zeros((threads, 4), np.int64), hashlib.sha256(), np.zeros(1, np.int64)
    first = 0.0
    for day in range(days):
        w.factor[:] = 0.5 + 5.0 * w.users.sum(0) / sizes
        w.purchases[:] = 0
        key, accept, dormant = (rng.day_key(seed, s, day) for s in (1, 2, 3))

        def work(worker: int, low: int, high: int) -> None:
            marks, flag = space[worker]
            step(a, w.chunks, w, Today(key, worker), worker, low, high, key, accept, dormant, LANES.thresholds, marks,
                 none, over, flag)  # fmt: skip

        workers.each(work, pieces)
        digest.update(w.purchases.sum(0).tobytes() + w.users.sum(0).tobytes())
        first = first or time.perf_counter() - began
    digest.update(w.revenue.sum(0).tobytes())
    wall = time.perf_counter() - began
    return {"agents": agents, "days": days, "threads": threads, "wall_s": wall, "first_day_s": first,
            "agent_days_per_s": agents * (days - 1) / (wall - first) if days > 1 else agents / first,
            "purchases": int(w.purchases.sum()), "bound_exceeded": int(over.sum()),
            "checksum": digest.hexdigest()[:16],
            "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=100)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--active", action="store_true", help="everybody active at the start (the worst case)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = simulate(options.agents, options.days, options.threads, options.active)
    print(json.dumps(result) if options.json else "\n".join(f"{name:18} {value}" for name, value in result.items()))
