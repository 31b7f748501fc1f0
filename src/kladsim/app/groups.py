"""Who is worse off and who is better off: groups of people by age and sex, district and region, told alike.

The groups are the study layer's own. They need the runs by region and age: a view that comes with the package carries
those of its plan against its base.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from kladsim.app import answers as a
from kladsim.app.service import Service
from kladsim.app.view import View
from kladsim.report.people import KINDS, cell_of
from kladsim.runs.result import Result
from kladsim.study.comparison import Comparison
from kladsim.study.groups import FEWEST, GroupEffect


def groups_answer(service: Service, asked: a.Asked) -> a.GroupsAnswer:
    """Groups of every plan of a request that has levers."""
    base, plans, missing = service.comparison(asked)
    missing_plans = [a.PlanGroups(name=name, missing="plan") for name in missing]
    if base is None:
        return a.GroupsAnswer(plans=missing_plans, fewest=FEWEST)
    groups = [plan_groups(service, base, name, view) for name, view in plans.items()]
    return a.GroupsAnswer(plans=[*groups, *missing_plans], fewest=FEWEST)


def plan_groups(service: Service, base: View, name: str, plan: View) -> a.PlanGroups:
    """The groups of one plan, from the runs themselves or as they came with its view."""
    if plan.replicates < FEWEST:
        return a.PlanGroups(name=name, missing="few")
    effects = service.group_effects(base, plan)
    if effects is None:
        return a.PlanGroups(name=name, missing="baseline" if service.library.result(plan.id) else "plan")
    groups = (_group(effect, plan, base) for effect in effects)
    return a.PlanGroups(name=name, groups=sorted((one for one in groups if one is not None), key=_order))


def plain_groups(base: Result, plan: Result) -> list[dict[str, Any]]:
    """The groups of a plan against its base as plain values, for a view that travels without its run."""
    return [asdict(effect) for effect in Comparison(base, {plan.name: plan}).differences.groups]


def _group(effect: GroupEffect, plan: View, base: View) -> a.GroupOut | None:
    side = effect.verdict
    if side != "worse" and side != "better":
        return None
    cell = cell_of(effect.who, base.regions)
    declared = plan.declared.get(effect.outcome) or {}
    return a.GroupOut(
        outcome=effect.outcome, unit=str(declared.get("unit", "")), median=effect.median, low=effect.low,
        high=effect.high, p_better=effect.p_better, verdict=side, noisy=effect.noisy, **asdict(cell),
    )  # fmt: skip


def _order(one: a.GroupOut) -> tuple[Any, ...]:
    """By kind of group and name, never by size: places are not ranked."""
    return KINDS.index(one.kind), one.outcome, one.place, one.age, one.sex
