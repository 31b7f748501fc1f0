"""One replicate of an experiment: the history, its arms, and the facts of each."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kladsim.model.config import RunConfig
from kladsim.study.measures.changing import COMPUTED, branch, changed, drawn, prepare
from kladsim.study.measures.cohorts import Cohorts, base_plan
from kladsim.study.measures.experiments import Arm, Experiment
from kladsim.study.measures.facts import Facts, measure, past
from kladsim.study.measures.watching import Watch

Tick = Callable[[int, int], None]  # days done, of all


def run_replicate(
    experiment: Experiment, number: int, *, seed: int = 1, threads: int = 1, tick: Tick | None = None
) -> dict[str, Any]:
    """Run one replicate of an experiment and return ``{"replicate", "seconds", "arms": {name: facts}}``.

    The history is the arm "base", measured from the last date at which arms branch (and "base-YEAR" from earlier ones);
    "past" are the sums of the year before the first branch.
    """
    from kladsim.model import Simulation
    from kladsim.world import load_pack

    began = time.process_time()
    pack = load_pack(experiment.country)
    config = drawn(configuration(experiment, pack, seed), experiment.doubted, number)
    watch = Watch(Cohorts(base_plan() if experiment.cohorts else {}))
    history = Simulation(config, pack, number, threads, (watch,))
    prepare(history, experiment.change)
    arms: dict[str, Facts] = {}
    starts = sorted({arm.start for arm in experiment.arms}) or [pack.start]
    for start in starts:
        history.run(pack.day_of(start))
        for arm in experiment.arms:
            if arm.start == start:
                arms[arm.name] = _run_arm(history, watch, config, arm)
    history.run()
    arms["base"] = measure(history, watch, starts[-1])
    arms |= {f"base-{start.year}": measure(history, watch, start) for start in starts[:-1]}
    if experiment.arms and starts[-1] > pack.start:
        arms["past"] = past(history, starts[0])
    return {"replicate": number, "seconds": round(time.process_time() - began, 2), "arms": arms}


def configuration(experiment: Experiment, pack: Any, seed: int) -> RunConfig:
    """Return the configuration of an experiment's history."""
    from kladsim.policy.scenario import Scenario

    scenario = Scenario.preset(experiment.country).with_(
        until=experiment.until, scale=f"1/{experiment.scale}", seed=seed
    )
    return changed(scenario.resolve(pack), experiment.change)


def _run_arm(history: Any, watch: Watch, config: RunConfig, arm: Arm) -> Facts:
    config = replace(changed(config, arm.change), until=arm.until)
    for name in arm.change.computed:
        config = COMPUTED[name](history, config)
    s, mine = branch(history, watch, config)
    mine.cohorts.follow(arm.looks)
    prepare(s, arm.change)
    s.run()
    return measure(s, mine, arm.start)
