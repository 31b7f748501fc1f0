"""The reference workload W by the kernels that carry out a day of the model; benchmarks/README.md has its rules."""

import argparse
import hashlib
import json
import resource
import time

import numpy as np

from kladsim.core import processes, rng
from kladsim.core.columns import Column
from kladsim.core.jit import inlined, kernel
from kladsim.core.parallel import Workers, partition
from kladsim.core.population import LEFT, active_table, has_tight_chunks, make_chunks, order, repack, rows_reserved
from kladsim.core.processes import DormantProcess, Lanes, Process, build_mark, build_step
from kladsim.core.records import record_type

REGIONS, PLATFORMS, SHOPS = 83, 5, 200
BLOCK_ROWS, SLACK = 32_768, 1024  # active agents of a block of a region at most; rows that a chunk has beyond them
NEVER, CASUAL, REGULAR, DEPENDENT, TREATMENT = range(5)
START, START_ACTIVE = (0.85, 0.09, 0.04, 0.015, 0.005), (0.0, 0.60, 0.27, 0.10, 0.03)
UP, DOWN = np.array([2e-5, 5e-4, 4e-4, 1e-3, 2e-3]), np.array([0.0, 4e-4, 8e-4, 5e-4, 2e-3])
UP_TO, DOWN_TO = np.array([1, 2, 3, 4, 1], np.uint8), np.array([0, 0, 1, 2, 0], np.uint8)
COLUMNS = (Column("x", "f4", "1", "propensity"), Column("platform", "u1", "index", "where the agent buys"))
AGENT = active_table("agent", COLUMNS, "An agent who is not in the state 'never'.")
World = record_type("World", "factor used sleeping_x price quality users purchases revenue chunks scan".split())
Space = record_type("Space", "thresholds flag over marks n_marks".split())
Today = record_type("Today", ["scan_key", "accept_key", "skip_key", "worker"])
BIND = processes.IN_WORLD | {"worker": "t.worker"}
X_MAX, F_MAX, TWO32 = 4.0, 5.5, 4294967296.0  # largest propensity and regional factor give the bounds
U64, LOW, HALF = np.uint64, np.uint64(0xFFFFFFFF), np.uint64(32)
FINE, POOR, LEAST, MOST = (np.float32(value) for value in (1.01, 0.9, 0.25, X_MAX))


@inlined
def buy(a, i, c, w, t):
    luck = rng.bits(t.scan_key, U64(a.pid[i]), U64(1))  # the high half draws the shop, the low half its quality
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
mark = build_mark(LANES, bind=BIND)
purchases = build_step(LANES, (0,), dormant=False, fetch=("pid", "klass", "platform", "x"), bind=BIND)
changes = build_step(LANES, (1,), fetch=("pid", "klass", "x"), bind=BIND)


@kernel
def live(a, w, t, low, high):
    for c in range(low, high):  # one chunk at a time stays in the processor's cache
        mark(a, w, t, c, c + 1)
        purchases(a, w, t, c, c + 1)
        changes(a, w, t, c, c + 1)


def simulate(agents: int, days: int, threads: int, active: bool, seed: int = 1) -> dict[str, object]:
    began, digest, first, first_cpu = time.perf_counter(), hashlib.sha256(), 0.0, 0.0
    weights = np.cumsum(1.0 / (np.arange(REGIONS) + 3))
    sizes = np.diff(np.round(weights / weights[-1] * agents), prepend=0).astype(np.int64)
    edges = np.cumsum(START_ACTIVE if active else START)
    share = min(1.0, 1.02 * (1.0 - edges[0]))
    parts = 1 + (sizes * share / BLOCK_ROWS).astype(int)
    blocks = np.concatenate([np.diff(np.arange(n + 1) * size // n) for size, n in zip(sizes, parts, strict=True)])
    chunks = make_chunks(np.repeat(np.arange(REGIONS), parts), blocks, np.full(len(blocks), share), SLACK)
    a, shops = AGENT.allocate(rows_reserved(chunks)), PLATFORMS * SHOPS
    kinds = ((REGIONS, "f8"), (agents, "u1"), (agents, "f4"), (shops, "i4"), (shops, "u4"))
    sums = [np.zeros((threads, n), "i8") for n in (REGIONS, REGIONS, shops)]
    scan = Space(**processes.scan_space(LANES, chunks, threads))
    w = World(*[np.zeros(*kind) for kind in kinds], *sums, chunks, scan)
    settle(a, w, Today(U64(0), U64(0), U64(0), 0), 0, len(chunks.first), (edges * TWO32).astype(U64))
    workers, pieces = Workers(threads), partition(chunks.size, 1 if threads == 1 else 6 * threads)
    for day in range(days):
        if has_tight_chunks(w.chunks, SLACK // 2):
            order(a.pid, a.klass, a, w.chunks, every=True)  # the rows of those who left are free again
            a, chunks = repack(AGENT, a, w.chunks, SLACK // 4)
            w = w._replace(chunks=chunks, scan=scan._replace(marks=processes.mark_space(chunks)))
        w.factor[:], w.purchases[:] = 0.5 + 5.0 * w.users.sum(0) / np.maximum(1, sizes), 0
        keys = [rng.day_key(seed, stream, day) for stream in (1, 2, 3)]
        workers.each(lambda worker, *piece, a=a, w=w, keys=keys: live(a, w, Today(*keys, worker), *piece), pieces)
        digest.update(w.purchases.sum(0).tobytes() + w.users.sum(0).tobytes())
        first, first_cpu = first or time.perf_counter() - began, first_cpu or time.process_time()
    digest.update(w.revenue.sum(0).tobytes())
    wall, cpu = time.perf_counter() - began, time.process_time() - first_cpu
    rate = agents * (days - 1) / (wall - first) if days > 1 else agents / first
    result = {"agents": agents, "days": days, "threads": threads, "agent_days_per_s": rate, "wall_s": wall}
    result |= {"cpu_s": cpu, "active": active, "first_day_s": first, "purchases": int(w.purchases.sum())}
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
