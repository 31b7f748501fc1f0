"""Compute rows: replicates of experiments side by side, resumable, each row kept as soon as it is there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from kladsim.runs.kernels import prepare_kernels
from kladsim.runs.store import make_folder
from kladsim.runs.workers import side_by_side
from kladsim.study.measures.experiments import EXPERIMENTS
from kladsim.study.measures.replicate import run_replicate
from kladsim.validation.drawn import COUNTRY, LEAST, under
from kladsim.validation.store import Rows


@dataclass(frozen=True)
class Progress:
    """How far a computation is: rows done of all, rows computed now, and the seconds that took."""

    experiment: str
    done: int
    total: int
    computed: int
    seconds: float


Report = Callable[[Progress], None]


def planned(names: Iterable[str], most: int | None = None, mode: str = "point") -> dict[str, int]:
    """Return how many replicates each experiment is to have, over draws at least ``LEAST``; ``most`` caps them."""
    plan = {name: EXPERIMENTS[name].replicates for name in names}
    if mode != "point":
        plan = {n: max(many, LEAST) if EXPERIMENTS[n].country == COUNTRY else many for n, many in plan.items()}
    return plan if most is None else {name: min(most, number) for name, number in plan.items()}


def compute(plan: Mapping[str, int], rows: Rows, *, workers: int = 1, report: Report | None = None) -> None:
    """Run every replicate of the plan that has no row yet, with the parameters that the rows are for.

    Raises
    ------
    KeyboardInterrupt : interrupted; rows that are finished stay, the same call resumes
    """
    make_folder(rows.path)
    prepare_kernels()
    tasks = [(name, number) for name, many in plan.items() for number in rows.missing(name, many)]
    # two replicates of every experiment first, then all in step: what is interrupted can be judged a little
    tasks.sort(key=lambda task: (task[1] >= 2, task[1] / plan[task[0]], list(plan).index(task[0])))
    began, total = time.monotonic(), sum(plan.values())
    computed = 0

    def keep(name: str, row: dict[str, Any]) -> None:
        nonlocal computed
        rows.add(name, row)
        computed += 1
        if report is not None:
            done = total - len(tasks) + computed
            report(Progress(name, done, total, computed, time.monotonic() - began))

    if workers <= 1 or len(tasks) <= 1:
        for name, number in tasks:
            keep(name, _work((name, number), rows.mode))
    else:
        work = partial(_work, mode=rows.mode)
        side_by_side(work, tasks, min(workers, len(tasks)), lambda task, row: keep(task[0], row))


def _work(task: tuple[str, int], mode: str) -> dict[str, Any]:
    name, number = task
    return run_replicate(under(EXPERIMENTS[name], mode, number), number)
