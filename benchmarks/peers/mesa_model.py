"""W in Mesa: one Python object an agent, activated in random order with `AgentSet.shuffle_do`."""

from __future__ import annotations

from collections.abc import Callable

import mesa
from workload import (
    BUYS,
    CASUAL,
    DEPENDENT,
    DOWN,
    DOWN_TO,
    REGIONS,
    REGULAR,
    SHOPS_EACH,
    STATES,
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

USERS = (CASUAL, REGULAR, DEPENDENT)


class Person(mesa.Agent):
    """A person with a region, a state, a platform and a propensity x."""

    def __init__(self, model: Market, region: int, state: int, platform: int, x: float) -> None:
        super().__init__(model)
        self.region = region
        self.state = state
        self.platform = platform
        self.x = x

    def step(self) -> None:
        model = self.model
        random = model.random.random
        p = BUYS[self.state]
        if p and random() < p:
            self.buy()
        p_up = UP[self.state] * self.x * model.factor[self.region]
        u = random()
        if u < p_up:
            self.become(UP_TO[self.state])
        elif u < p_up + (1 - p_up) * DOWN[self.state]:
            self.become(DOWN_TO[self.state])

    def buy(self) -> None:
        model = self.model
        random = model.random.random
        shop = self.platform * SHOPS_EACH + int(random() * SHOPS_EACH)
        model.revenue[shop] += model.price[shop]
        model.purchases[self.region] += 1
        if random() < model.quality[shop]:
            self.x = min(X_MAX, X_GOOD * self.x)
        else:
            self.x = max(X_MIN, X_BAD * self.x)

    def become(self, state: int) -> None:
        model = self.model
        model.users[self.region] += (state in USERS) - (self.state in USERS)
        model.count[self.state] -= 1
        model.count[state] += 1
        self.state = state


class Market(mesa.Model):
    """All persons and shops."""

    def __init__(self, world: World, record: Record, seed: int) -> None:
        super().__init__(seed=seed)
        self.record = record
        self.price = world.price.tolist()
        self.quality = world.quality.tolist()
        self.region_size = world.region_size.tolist()
        self.users = [0] * REGIONS
        self.count = [0] * STATES
        self.today = 0
        columns = (world.region, world.state, world.platform, world.x)
        for region, state, platform, x in zip(*(c.tolist() for c in columns), strict=True):
            Person(self, region, state, platform, x)
            self.users[region] += state in USERS
            self.count[state] += 1

    def step(self) -> None:
        self.factor = [0.5 + 5 * u / max(n, 1) for u, n in zip(self.users, self.region_size, strict=True)]
        self.purchases = [0] * REGIONS
        self.revenue = [0] * len(self.price)
        self.agents.shuffle_do("step")
        self.record.purchases[self.today] = self.purchases
        self.record.revenue[self.today] = self.revenue
        self.record.states[self.today] = self.count
        self.today += 1


def build(world: World, record: Record, seed: int) -> Callable[[], None]:
    """Return the function that runs one day."""
    return Market(world, record, seed).step


if __name__ == "__main__":
    args = options("Mesa", 10_000)
    measure("mesa", mesa.__version__, args, lambda w, r: build(w, r, args.seed))
