"""W in Starsim: a module with states and distributions, common random numbers on (the library's default)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import starsim as ss
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
TO_UP, TO_DOWN = np.array(UP_TO), np.array(DOWN_TO)


class Market(ss.Module):
    """Persons' states and traits, and the day's rules on them."""

    def __init__(self, world: World, record: Record, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.world, self.record, self.today = world, record, 0
        self.define_states(
            ss.IntArr("status", default=0),
            ss.IntArr("region", default=0),
            ss.IntArr("platform", default=0),
            ss.FloatArr("x", default=1.0),
        )
        self.buys = ss.bernoulli(p=lambda self, sim, uids: P_BUY[self.status[uids]])
        self.shop = ss.randint(low=0, high=SHOPS_EACH)
        self.satisfied = ss.random()
        self.moves = ss.random()

    def init_post(self) -> None:
        super().init_post()
        everybody = self.sim.people.auids
        self.status[everybody] = self.world.state
        self.region[everybody] = self.world.region
        self.platform[everybody] = self.world.platform
        self.x[everybody] = self.world.x

    def step(self) -> None:
        users = ((self.status != NEVER) & (self.status != TREATMENT)).uids
        counts = np.bincount(self.region[users], minlength=REGIONS)
        f = (0.5 + 5.0 * counts / np.maximum(self.world.region_size, 1)).astype(np.float32)
        buyers, shops = self.purchases(users)
        self.transitions(f)
        self.record.purchases[self.today] = np.bincount(self.region[buyers], minlength=REGIONS)
        self.record.revenue[self.today] = np.bincount(shops, minlength=SHOPS) * self.world.price
        self.record.states[self.today] = np.bincount(self.status.values, minlength=STATES)
        self.today += 1

    def purchases(self, users: ss.uids) -> tuple[ss.uids, np.ndarray]:
        buyers = self.buys.filter(users)
        shops = self.platform[buyers] * SHOPS_EACH + self.shop.rvs(buyers)
        good = self.satisfied.rvs(buyers) < self.world.quality[shops]
        self.x[buyers] = np.clip(self.x[buyers] * np.where(good, X_GOOD, X_BAD), X_MIN, X_MAX)
        return buyers, shops

    def transitions(self, f: np.ndarray) -> None:
        everybody = self.sim.people.auids
        status = self.status[everybody]
        u = self.moves.rvs(everybody)
        p_up = P_UP[status] * self.x[everybody] * f[self.region[everybody]]
        up = u < p_up
        down = ~up & (u < p_up + (1 - p_up) * P_DOWN[status])
        self.status[everybody[up]] = TO_UP[status[up]]
        self.status[everybody[down]] = TO_DOWN[status[down]]


def build(world: World, record: Record, seed: int) -> Callable[[], object]:
    """Return the function that runs one day of the initialised simulation."""
    days = len(record.states)
    sim = ss.Sim(
        n_agents=world.state.size,
        modules=Market(world, record, name="market"),
        start=ss.date("2020-01-01"),
        dur=ss.days(days),
        dt=ss.days(1),
        rand_seed=seed,
        verbose=0,
        copy_inputs=False,
    )
    sim.init()
    return sim.run_one_step


if __name__ == "__main__":
    args = options("Starsim", 1_000_000)
    if not getattr(ss.options, "crn", True):
        raise SystemExit("this benchmark wants Starsim's default, common random numbers")
    measure("starsim", ss.__version__, args, lambda w, r: build(w, r, args.seed))
