"""W in LASER (laser-core): scalar properties of a LaserFrame, components whose steps are Numba kernels over all agents.

As in LASER's own models, kernels loop in parallel over agents, draw from Numba's generator of the thread that
``laser.core.random.seed`` has seeded, and count by thread and place.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib.metadata import version

import numba as nb
import numpy as np
from laser.core import LaserFrame
from laser.core.random import seed as seed_laser
from workload import (
    BUYS,
    DOWN,
    DOWN_TO,
    NEVER,
    REGIONS,
    SHOPS,
    SHOPS_EACH,
    STATES,
    TREATMENT,
    UP,
    UP_TO,
    X_BAD,
    X_GOOD,
    X_MAX,
    X_MIN,
    Record,
    World,
    measure,
    options,
)

P_BUY, P_UP, P_DOWN = np.array(BUYS, np.float32), np.array(UP, np.float32), np.array(DOWN, np.float32)
random, randint = np.random.random, np.random.randint
TO_UP, TO_DOWN = np.array(UP_TO, np.uint8), np.array(DOWN_TO, np.uint8)
WORST, BEST, BAD, GOOD = (np.float32(value) for value in (X_MIN, X_MAX, X_BAD, X_GOOD))


@nb.njit(nogil=True, parallel=True, cache=True)
def count_states(count, state, region, by_thread):
    for i in nb.prange(count):
        by_thread[nb.get_thread_id(), region[i], state[i]] += 1


@nb.njit(nogil=True, parallel=True, cache=True)
def buy(count, state, region, platform, x, quality, purchases, sales):
    for i in nb.prange(count):
        if P_BUY[state[i]] > 0.0 and random() < P_BUY[state[i]]:
            thread = nb.get_thread_id()
            shop = platform[i] * SHOPS_EACH + randint(0, SHOPS_EACH)
            x[i] = min(BEST, max(WORST, x[i] * (GOOD if random() < quality[shop] else BAD)))
            purchases[thread, region[i]] += 1
            sales[thread, shop] += 1


@nb.njit(nogil=True, parallel=True, cache=True)
def change(count, state, region, x, factor):
    for i in nb.prange(count):
        k = state[i]
        u = random()
        up = P_UP[k] * x[i] * factor[region[i]]
        if u < up:
            state[i] = TO_UP[k]
        elif u < up + (1.0 - up) * P_DOWN[k]:
            state[i] = TO_DOWN[k]


class Model:
    """Agents, patches (regions) and the components that act on them every tick."""

    def __init__(self, world: World, record: Record) -> None:
        self.world, self.record, self.agents = world, record, LaserFrame(world.state.size)
        for name in ("state", "region", "platform", "x"):
            start = getattr(world, name)
            self.agents.add_scalar_property(name, dtype=start.dtype)
            getattr(self.agents, name)[:] = start
        self.patches = LaserFrame(REGIONS)
        self.patches.add_scalar_property("factor", dtype=np.float32)
        self.patches.add_vector_property("states", STATES, dtype=np.int64)
        self.count()
        self.tick = 0

    def count(self) -> None:
        """Count agents by place and state."""
        by_thread = np.zeros((nb.get_num_threads(), REGIONS, STATES), np.int64)
        count_states(self.agents.count, self.agents.state, self.agents.region, by_thread)
        self.patches.states[:] = by_thread.sum(axis=0).T

    def market(self) -> None:
        """Buy, and record purchases by region and revenue by shop."""
        users = self.patches.states.sum(axis=0) - self.patches.states[NEVER] - self.patches.states[TREATMENT]
        self.patches.factor[:] = 0.5 + 5.0 * users / np.maximum(self.world.region_size, 1)
        threads, a = nb.get_num_threads(), self.agents
        purchases, sales = np.zeros((threads, REGIONS), np.int64), np.zeros((threads, SHOPS), np.int64)
        buy(a.count, a.state, a.region, a.platform, a.x, self.world.quality, purchases, sales)
        self.record.purchases[self.tick] = purchases.sum(axis=0)
        self.record.revenue[self.tick] = sales.sum(axis=0) * self.world.price

    def transitions(self) -> None:
        """Move agents up or down."""
        a = self.agents
        change(a.count, a.state, a.region, a.x, self.patches.factor)

    def step(self) -> None:
        """Run one tick."""
        self.market()
        self.transitions()
        self.count()
        self.record.states[self.tick] = self.patches.states.sum(axis=1)
        self.tick += 1


def build(world: World, record: Record, args: argparse.Namespace) -> Callable[[], None]:
    """Return the function that runs one day."""
    nb.set_num_threads(min(args.threads, nb.config.NUMBA_NUM_THREADS))
    seed_laser(args.seed)
    return Model(world, record).step


if __name__ == "__main__":
    args = options("LASER", 1_000_000)
    measure("laser", version("laser-core"), args, lambda world, record: build(world, record, args))
