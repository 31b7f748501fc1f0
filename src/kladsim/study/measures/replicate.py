"""One replicate of an experiment: the history, its arms, and the facts of each."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from kladsim.model import Simulation
from kladsim.model import codes as k
from kladsim.model.config import RunConfig
from kladsim.model.tallies import STOCKS
from kladsim.policy.scenario import Scenario
from kladsim.study.measures import facts_of_people, facts_of_platforms
from kladsim.study.measures.changing import COMPUTED, branch, changed, drawn, prepare
from kladsim.study.measures.cohorts import Cohorts, base_plan
from kladsim.study.measures.experiments import Arm, Experiment
from kladsim.study.measures.facts import Facts, past, whole_years, yearly_facts
from kladsim.study.measures.watching import ReplicateWatch
from kladsim.world import load_pack

Tick = Callable[[int, int], None]  # days done, of all


def run_replicate(
    experiment: Experiment, number: int, *, seed: int = 1, threads: int = 1, tick: Tick | None = None
) -> dict[str, Any]:
    """Run one replicate of an experiment and return ``{"replicate", "seconds", "arms": {name: facts}}``.

    The history is the arm "base", measured from the last date at which arms branch (and "base-YEAR" from earlier ones);
    "past" are the sums of the year before the first branch.
    """
    began = time.process_time()
    pack = load_pack(experiment.country)
    config = drawn(configuration(experiment, pack, seed), experiment.doubted, number)
    watch = ReplicateWatch(Cohorts(base_plan() if experiment.cohorts else {}))
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
    scenario = Scenario.preset(experiment.country).with_(
        until=experiment.until, scale=f"1/{experiment.scale}", seed=seed
    )
    return changed(scenario.resolve(pack), experiment.change)


def _run_arm(history: Any, watch: ReplicateWatch, config: RunConfig, arm: Arm) -> Facts:
    config = replace(changed(config, arm.change), until=arm.until)
    for name in arm.change.computed:
        config = COMPUTED[name](history, config)
    s, mine = branch(history, watch, config)
    mine.cohorts.follow(arm.looks)
    prepare(s, arm.change)
    s.run()
    return measure(s, mine, arm.start)


def measure(s: Any, watch: ReplicateWatch, since: date) -> Facts:
    """Return the facts of a finished replicate from a date on, at full scale."""
    facts: Facts = {"until": float(s.day), "loyalty": float(s._p["mix.loyalty"]), "scale": float(s.config.scale)}
    facts["hazard_shop_closed"] = float(s._p["policing.shop"])
    facts |= {f"grams.{g}": s._p[name] for g in k.PRODUCTS if (name := f"product.{g}_grams") in s._p}
    begin = s.pack.day_of(since)
    if begin:
        before = s.recording.stock[begin - 1]
        held = sum(before[STOCKS.index(name)] for name in ("prisoners_possession", "prisoners_trafficking"))
        facts["prisoners_before"] = float(held) * float(s.config.scale)
    with np.errstate(invalid="ignore", divide="ignore"):
        for year in whole_years(s, since):
            facts |= yearly_facts(s, watch, year)
        facts |= facts_of_people.measure(s, watch, since)
        facts |= facts_of_platforms.measure(s, watch, since)
    facts |= watch.cohorts.facts
    return {name: float(value) for name, value in facts.items() if np.isfinite(value)}
