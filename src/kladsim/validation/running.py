"""Compute rows: replicates of experiments are tasks, each row is kept as soon as it is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kladsim.runs.kernels import prepare_kernels
from kladsim.runs.rows import Runner, compute_rows
from kladsim.runs.tasks import Row, Tick
from kladsim.study.measures.experiments import EXPERIMENTS
from kladsim.study.measures.replicate import run_replicate
from kladsim.validation.drawn import COUNTRY, LEAST, under
from kladsim.validation.store import ExperimentTask, FactRows


def planned(names: Iterable[str], most: int | None = None, mode: str = "point") -> dict[str, int]:
    """Return how many replicates each experiment is to have, over draws at least ``LEAST``; ``most`` caps them."""
    plan = {name: EXPERIMENTS[name].replicates for name in names}
    if mode != "point":
        plan = {n: max(many, LEAST) if EXPERIMENTS[n].country == COUNTRY else many for n, many in plan.items()}
    return plan if most is None else {name: min(most, number) for name, number in plan.items()}


def compute(plan: Mapping[str, int], rows: FactRows, runner: Runner) -> None:
    """Run every replicate of the plan that has no row yet, with the parameters that the rows are for.

    Raises
    ------
    KeyboardInterrupt : interrupted; rows that are finished stay, the same call resumes
    """
    tasks = [ExperimentTask(name, number, rows.mode) for name, many in plan.items() for number in range(many)]
    order = list(plan)
    # two replicates of every experiment first, then all in step: what is interrupted can be judged a little
    tasks.sort(key=lambda t: (t.number >= 2, t.number / plan[t.experiment], order.index(t.experiment)))
    compute_rows("replicates of experiments", run_experiment, tasks, rows, runner, "replicates")


def run_experiment(task: ExperimentTask, tick: Tick) -> Row:
    """Run a replicate of an experiment and return its row of facts."""
    prepare_kernels()
    return run_replicate(under(EXPERIMENTS[task.experiment], task.mode, task.number), task.number)
