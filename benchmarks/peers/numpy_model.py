"""W in NumPy: whole-array operations, random numbers for everybody, purchases only for the buyers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
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

F32 = np.float32


def build(world: World, record: Record, seed: int) -> Callable[[], None]:
    """Return the function that runs one day."""
    rng = np.random.default_rng(seed + 1)
    buys, up, down = np.array(BUYS, F32), np.array(UP, F32), np.array(DOWN, F32)
    up_to, down_to = np.array(UP_TO, np.uint8), np.array(DOWN_TO, np.uint8)
    n, state, x, region = world.state.size, world.state, world.x, world.region
    day = iter(range(len(record.states)))

    def step() -> None:
        today = next(day)
        user = (state != NEVER) & (state != TREATMENT)
        users = np.bincount(region[user], minlength=REGIONS)
        f = (0.5 + 5.0 * users / np.maximum(world.region_size, 1)).astype(F32)

        buyer = np.flatnonzero(rng.random(n, F32) < buys[state])
        shop = world.platform[buyer].astype(np.int64) * SHOPS_EACH + rng.integers(0, SHOPS_EACH, buyer.size)
        good = rng.random(buyer.size, F32) < world.quality[shop]
        x[buyer] = np.clip(x[buyer] * np.where(good, F32(X_GOOD), F32(X_BAD)), X_MIN, X_MAX)

        u = rng.random(n, F32)
        p_up = up[state] * x * f[region]
        goes_up = u < p_up
        goes_down = ~goes_up & (u < p_up + (1 - p_up) * down[state])
        rising, falling = np.flatnonzero(goes_up), np.flatnonzero(goes_down)
        to_up, to_down = up_to[state[rising]], down_to[state[falling]]
        state[rising], state[falling] = to_up, to_down

        record.purchases[today] = np.bincount(region[buyer], minlength=REGIONS)
        record.revenue[today] = np.bincount(shop, minlength=SHOPS) * world.price
        record.states[today] = np.bincount(state, minlength=STATES)

    return step


if __name__ == "__main__":
    args = options("NumPy", 1_000_000)
    measure("numpy", np.__version__, args, lambda w, r: build(w, r, args.seed))
