"""The reference workload W on kladsim's public core; benchmarks/README.md has its rules."""

import argparse
import hashlib
import json
import resource
import time

import numpy as np

from kladsim.core import rng
from kladsim.core.columns import Column
from kladsim.core.jit import inlined, kernel
from kladsim.core.population import LEFT, active_table, has_tight_chunks, make_chunks, repack, rows_reserved
from kladsim.core.processes import DormantProcess, Lanes, Process
from kladsim.core.records import record_type
from kladsim.core.scan import Scan

REGIONS, PLATFORMS, SHOPS, SLACK = 83, 5, 200, 1024  # slack: rows that a chunk has beyond its active agents
NEVER, CASUAL, REGULAR, DEPENDENT, TREATMENT = range(5)
START, START_ACTIVE = (0.85, 0.09, 0.04, 0.015, 0.005), (0.0, 0.60, 0.27, 0.10, 0.03)
UP, DOWN = np.array([2e-5, 5e-4, 4e-4, 1e-3, 2e-3]), np.array([0.0, 4e-4, 8e-4, 5e-4, 2e-3])
UP_TO, DOWN_TO = np.array([1, 2, 3, 4, 1], np.uint8), np.array([0, 0, 1, 2, 0], np.uint8)
COLUMNS = (Column("x", "f4", "1", "propensity"), Column("platform", "u1", "index", "where the agent buys"))
AGENT = active_table("agent", COLUMNS, "An agent who is not in the state 'never'.")
World = record_type("World", "factor used sleeping_x price quality users purchases revenue chunks".split())
Today = record_type("Today", ["key", "worker"])
X_MAX, F_MAX, TWO32 = 4.0, 5.5, 4294967296.0  # largest propensity and regional factor give the bounds
U64, LOW, HALF = np.uint64, np.uint64(0xFFFFFFFF), np.uint64(32)
FINE, POOR, LEAST, MOST = (np.float32(value) for value in (1.01, 0.9, 0.25, X_MAX))


@inlined
def buy(a, i, c, w, t):
    luck = rng.bits(t.key, U64(a.pid[i]), U64(1))  # the high half draws the shop, the low half its quality
    shop = U64(a.platform[i]) * U64(SHOPS) + ((luck >> HALF) * U64(SHOPS) >> HALF)
    w.revenue[t.worker, shop] += w.price[shop]
    w.purchases[t.worker, w.chunks.group[c]] += 1
    a.x[i] = min(MOST, max(LEAST, a.x[i] * (FINE if (luck & LOW) < U64(w.quality[shop]) else POOR)))


@inlined
def up(a, i, c, w, t):
    return UP[a.klass[i]] * a.x[i] * w.factor[w.chunks.group[c]]


@inlined
def most(k, c, w, t):
    return UP[k] * X_MAX * w.factor[w.chunks.group[c]]


@inlined
def down(a, i, c, w, t):
    return DOWN[a.klass[i]] * (1.0 - up(a, i, c, w, t))


@inlined
def go(a, i, c, w, t, to):
    w.users[t.worker, w.chunks.group[c]] += (CASUAL <= to <= DEPENDENT) - (a.klass[i] <= DEPENDENT)
    a.klass[i] = to


@inlined
def go_up(a, i, c, w, t):
    go(a, i, c, w, t, UP_TO[a.klass[i]])


@inlined
def go_down(a, i, c, w, t):
    go(a, i, c, w, t, DOWN_TO[a.klass[i]])
    if a.klass[i] == NEVER:  # falls asleep: the propensity is kept, the row is freed
        w.sleeping_x[a.pid[i]], w.used[a.pid[i]], a.klass[i] = a.x[i], 0, LEFT


@inlined
def first_use(e, c, w, t):
    return 0.0 if w.used[e] else UP[NEVER] * w.sleeping_x[e] * w.factor[w.chunks.group[c]]


@inlined
def begin(a, e, c, w, t):
    i = w.chunks.start[c] + w.chunks.count[c]
    w.chunks.count[c] += 1
    a.pid[i], a.klass[i], a.x[i], w.used[e] = e, CASUAL, w.sleeping_x[e], 1
    a.platform[i] = rng.below(U64(5), e, 0, PLATFORMS)
    w.users[t.worker, w.chunks.group[c]] += 1


@kernel
def settle(a, w, t, low, high, edges):
    for s in range(w.price.size):
        w.price[s] = 1000 + rng.below(U64(1), s, 0, 4001)
        w.quality[s] = (0.80 + 0.19 * rng.unit(U64(2), s, 0)) * TWO32
    for c in range(low, high):
        for e in range(w.chunks.first[c], w.chunks.first[c] + w.chunks.size[c]):
            luck = rng.bits(U64(3), U64(e), U64(0))
            u, w.sleeping_x[e] = luck & LOW, 0.5 + float(luck >> HALF) / TWO32
            if u >= edges[0]:
                begin(a, e, c, w, t)
                i = w.chunks.start[c] + w.chunks.count[c] - 1
                go(a, i, c, w, t, 1 + (u >= edges[1]) + (u >= edges[2]) + (u >= edges[3]))


LANES = Lanes(
    [
        Process("buy", 0, {CASUAL: 0.02, REGULAR: 0.12, DEPENDENT: 0.45}, buy),
        Process("down", 1, {k: DOWN[k] for k in (1, 2, 3, 4)}, go_down, down),
        Process("up", 1, {k: UP[k] * X_MAX * F_MAX for k in (1, 2, 3, 4)}, go_up, up, ceiling=most),
    ],
    [DormantProcess("first use", UP[NEVER] * X_MAX * F_MAX, first_use, begin, ceiling=most)],
)


def simulate(agents: int, days: int, threads: int, active: bool, seed: int = 1) -> dict[str, object]:
    began, digest, first = time.perf_counter(), hashlib.sha256(), 0.0
    weights = np.cumsum(1.0 / (np.arange(REGIONS) + 3))
    sizes = np.diff(np.round(weights / weights[-1] * agents), prepend=0).astype(np.int64)
    edges = np.cumsum(START_ACTIVE if active else START)
    chunks = make_chunks(np.arange(REGIONS), sizes, np.full(REGIONS, min(1.0, 1.02 * (1 - edges[0]))), SLACK)
    a, shops = AGENT.allocate(rows_reserved(chunks)), PLATFORMS * SHOPS
    kinds = ((REGIONS, "f8"), (agents, "u1"), (agents, "f4"), (shops, "i4"), (shops, "u4"))
    sums = [np.zeros((threads, n), "i8") for n in (REGIONS, REGIONS, shops)]
    w = World(*[np.zeros(*kind) for kind in kinds], *sums, chunks)
    settle(a, w, Today(U64(0), 0), 0, len(chunks.first), (edges * TWO32).astype(U64))
    scan = Scan(LANES, AGENT, chunks, seed, threads)
    for day in range(days):
        if has_tight_chunks(w.chunks, SLACK // 2):
            a, w = (new := repack(AGENT, a, w.chunks, SLACK))[0], w._replace(chunks=new[1])
        w.factor[:], w.purchases[:] = 0.5 + 5.0 * w.users.sum(0) / np.maximum(1, sizes), 0
        scan.run_day(day, a, w.chunks, w, Today)
        digest.update(w.purchases.sum(0).tobytes() + w.users.sum(0).tobytes())
        first = first or time.perf_counter() - began
    digest.update(w.revenue.sum(0).tobytes())
    wall = time.perf_counter() - began
    rate = agents * (days - 1) / (wall - first) if days > 1 else agents / first
    result = {"agents": agents, "days": days, "threads": threads, "agent_days_per_s": rate, "wall_s": wall}
    result |= {"active": active, "first_day_s": first, "purchases": int(w.purchases.sum())}
    result |= {"peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
    return result | {"bound_exceeded": int(scan.over.sum()), "checksum": digest.hexdigest()[:16]}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("--agents", 1_000_000), ("--days", 100), ("--threads", 1)):
        parser.add_argument(name, type=int, default=default)
    for name in ("--active", "--json"):
        parser.add_argument(name, action="store_true")
    as_json = (options := vars(parser.parse_args())).pop("json")
    print(json.dumps(simulate(**options), indent=None if as_json else 2))
