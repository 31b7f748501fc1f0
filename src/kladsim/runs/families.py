"""Which runs of one replicate share a past, and the order in which each past runs once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from kladsim.runs.executing import ReplicateTask
from kladsim.runs.pasts import frame, shared_days


def arrange_families(
    tasks: Iterable[ReplicateTask],
    workers: int = 1,
    keep: Callable[[ReplicateTask], tuple[int, ...]] = lambda task: (),
) -> list[ReplicateTask]:
    """Return tasks in an order in which those that share a past follow each other, each with what others need of it.

    Tasks of one family run in one process, one after the other; a family is split only where workers would have
    nothing to do. ``keep`` returns the mornings of a task that later runs are likely to need.
    """
    whole: dict[Any, list[ReplicateTask]] = {}
    for task in tasks:
        alone = object() if task.begin is not None else None
        whole.setdefault((task.engine, task.number, alone, frame(task.config)), []).append(task)
    total = sum(len(members) for members in whole.values())
    most = total if len(whole) >= workers else max(2, -(-total // workers))
    parts = [members[at : at + most] for members in whole.values() for at in range(0, len(members), most)]
    return [task for number, members in enumerate(parts) for task in _arrange(members, number, keep)]


def _arrange(
    members: Sequence[ReplicateTask], number: int, keep: Callable[[ReplicateTask], tuple[int, ...]]
) -> list[ReplicateTask]:
    """Let each member leave the earlier one with which it shares most days (the first of them, if several do)."""
    begins, parents = [0] * len(members), [0] * len(members)
    leave: list[set[int]] = [set() for _ in members]
    for at, task in enumerate(members):
        for earlier in range(at):
            # The last day is run anew even where nothing differs: a run's end is no morning.
            days = min(shared_days(members[earlier].config, task.config), task.config.n_days - 1)
            if days > begins[at]:
                begins[at], parents[at] = days, earlier
        if begins[at]:
            leave[parents[at]].add(begins[at])
    family = [
        replace(task, family=number, shared=begins[at], leave=tuple(sorted(leave[at])))
        for at, task in enumerate(members)
    ]
    family = [replace(task, keep=keep(task)) for task in family]
    last = {(parents[at], begins[at]): at for at in range(len(members)) if begins[at]}
    for (parent, day), at in last.items():  # who needs a morning last removes it, unless later runs may need it
        if day not in family[parent].keep:
            family[at] = replace(family[at], forget=(day,))
    return family
