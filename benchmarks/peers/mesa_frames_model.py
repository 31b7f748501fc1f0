"""W in mesa-frames on Polars: an agent set as a data frame, rules as column expressions."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

if "--threads" in sys.argv:  # Polars reads this when it is imported
    os.environ["POLARS_MAX_THREADS"] = sys.argv[sys.argv.index("--threads") + 1]
else:
    os.environ["POLARS_MAX_THREADS"] = "1"

import mesa_frames
import numpy as np
import polars as pl
from mesa_frames import AgentSetPolars, ModelDF
from workload import (
    BUYS,
    CASUAL,
    DEPENDENT,
    DOWN,
    DOWN_TO,
    REGIONS,
    SHOPS,
    SHOPS_EACH,
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

P_BUY, P_UP, P_DOWN = (pl.Series(p, dtype=pl.Float32) for p in (BUYS, UP, DOWN))
TO_UP, TO_DOWN = pl.Series(UP_TO, dtype=pl.UInt8), pl.Series(DOWN_TO, dtype=pl.UInt8)


def by_state(table: pl.Series) -> pl.Expr:
    """The table's entry for each agent's state."""
    return pl.lit(table).gather(pl.col("state"))


def per(frame: pl.DataFrame, key: str, value: pl.Expr, size: int) -> np.ndarray:
    """Sum an expression by an integer key into a dense array."""
    out = np.zeros(size, np.int64)
    sums = frame.group_by(key).agg(value.alias("sum"))
    out[sums[key].to_numpy()] = sums["sum"].to_numpy()
    return out


class Persons(AgentSetPolars):
    """Everybody, one row a person."""

    def __init__(self, model: Market) -> None:
        super().__init__(model)
        world = model.world
        self += pl.DataFrame(
            {
                "unique_id": pl.arange(world.state.size, eager=True),
                "region": world.region,
                "state": world.state,
                "platform": world.platform,
                "x": world.x,
            }
        )

    def step(self) -> None:
        self.do("purchases")
        self.do("transitions")

    def users_by_region(self) -> np.ndarray:
        users = self.agents.filter(pl.col("state").is_between(CASUAL, DEPENDENT))
        return per(users, "region", pl.len(), REGIONS)

    def purchases(self) -> None:
        model, rng = self.model, self.model.rng
        draw = pl.Series(rng.random(len(self.agents), np.float32))
        buyers = self.agents.select(buys=draw < by_state(P_BUY))["buys"].arg_true()
        n = len(buyers)
        bought = self.agents.select("region", "platform", "x")[buyers]
        bought = bought.with_columns(
            shop=pl.col("platform").cast(pl.Int64) * SHOPS_EACH + pl.Series(rng.integers(0, SHOPS_EACH, n))
        ).with_columns(
            price=pl.lit(model.price).gather(pl.col("shop")),
            step=pl.when(pl.Series(rng.random(n, np.float32)) < pl.lit(model.quality).gather(pl.col("shop")))
            .then(pl.lit(X_GOOD, pl.Float32))
            .otherwise(pl.lit(X_BAD, pl.Float32)),
        )
        x = bought.select((pl.col("x") * pl.col("step")).clip(X_MIN, X_MAX))["x"]
        self.agents = self.agents.with_columns(self.agents["x"].scatter(buyers, x))
        model.record.purchases[model.today] = per(bought, "region", pl.len(), REGIONS)
        model.record.revenue[model.today] = per(bought, "shop", pl.col("price").sum(), SHOPS)

    def transitions(self) -> None:
        draw = pl.Series(self.model.rng.random(len(self.agents), np.float32))
        f = pl.Series(self.model.factor, dtype=pl.Float32)
        p_up = by_state(P_UP) * pl.col("x") * pl.lit(f).gather(pl.col("region"))
        self.agents = (
            self.agents.with_columns(u=draw, up=p_up)
            .with_columns(
                state=pl.when(pl.col("u") < pl.col("up"))
                .then(by_state(TO_UP))
                .when(pl.col("u") < pl.col("up") + (1 - pl.col("up")) * by_state(P_DOWN))
                .then(by_state(TO_DOWN))
                .otherwise(pl.col("state"))
            )
            .drop("u", "up")
        )


class Market(ModelDF):
    """All persons and shops."""

    def __init__(self, world: World, record: Record, seed: int) -> None:
        super().__init__()
        self.world, self.record, self.today = world, record, 0
        self.rng = np.random.default_rng(seed + 1)
        self.price = pl.Series(world.price)
        self.quality = pl.Series(world.quality)
        self.persons = Persons(self)
        self.agents += self.persons

    def step(self) -> None:
        persons = self.persons
        self.factor = 0.5 + 5.0 * persons.users_by_region() / np.maximum(self.world.region_size, 1)
        self.agents.do("step")
        self.record.states[self.today] = per(persons.agents, "state", pl.len(), 5)
        self.today += 1


def build(world: World, record: Record, seed: int) -> Callable[[], None]:
    """Return the function that runs one day."""
    return Market(world, record, seed).step


if __name__ == "__main__":
    args = options("mesa-frames", 1_000_000)
    version = f"{mesa_frames.__version__}, Polars {pl.__version__}"
    measure("mesa-frames", version, args, lambda w, r: build(w, r, args.seed))
