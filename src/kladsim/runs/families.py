"""Which runs of one replicate share a past, and the order in which each past runs once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from kladsim.runs.executing import Task
from kladsim.runs.pasts import frame, shared_days


def arranged(tasks: Iterable[Task], workers: int = 1) -> list[Task]:
    """Return tasks in an order in which those that share a past follow each other, each told where others leave it.

    Tasks of one family run in one process, one after the other; a family is split only where workers would have
    nothing to do.
    """
    whole: dict[Any, list[Task]] = {}
    for task in tasks:
        alone = object() if task.begin is not None else None
        whole.setdefault((task.engine, task.number, alone, frame(task.config)), []).append(task)
    total = sum(len(members) for members in whole.values())
    most = total if len(whole) >= workers else max(2, -(-total // workers))
    parts = [members[at : at + most] for members in whole.values() for at in range(0, len(members), most)]
    return [task for number, members in enumerate(parts) for task in _family(members, number)]


def _family(members: Sequence[Task], number: int) -> list[Task]:
    """Let each member leave the earlier one with which it shares most days (the first of them, if several do)."""
    begins = [0] * len(members)
    leave: list[set[int]] = [set() for _ in members]
    for at, task in enumerate(members):
        for earlier in range(at):
            # The last day is run anew even where nothing differs: a run's end is no morning.
            days = min(shared_days(members[earlier].config, task.config), task.config.n_days - 1)
            if days > begins[at]:
                begins[at], parent = days, earlier
        if begins[at]:
            leave[parent].add(begins[at])
    return [
        replace(task, family=number, shared=begins[at], leave=tuple(sorted(leave[at])))
        for at, task in enumerate(members)
    ]


def families(tasks: Iterable[Task]) -> list[list[Task]]:
    """Return tasks by family, those without one alone."""
    found: dict[Any, list[Task]] = {}
    for task in tasks:
        found.setdefault(task.family if task.family is not None else object(), []).append(task)
    return list(found.values())
