"""Compute what comes with the page: the view of the baseline, and with ``--stories`` those of the stories' plans.

``make baseline`` calls it. The views lie in ``shipped/`` by the keys of their runs, so that a view is used only for the
model that made it; after a change of the model the page says so and computes the baseline itself.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from kladsim.app.answers import Asked
from kladsim.app.groups import plain_groups
from kladsim.app.library import SHIPPED
from kladsim.app.plans import PlanIn
from kladsim.app.regional import differences_by_place
from kladsim.app.service import Service
from kladsim.app.settings import ServerSettings
from kladsim.app.states import plans_of
from kladsim.app.stories import stories
from kladsim.app.view import View, view_file, view_of, write_view
from kladsim.core.machine import usable_cores
from kladsim.runs.result import Result
from kladsim.runs.running import RunRequest, run_job

#: How the address of a step begins that shows a map.
MAPS = "#/regions"


def story_plans() -> list[tuple[PlanIn, bool]]:
    """Every plan that a step of a story opens, once each, and whether some step shows it on a map."""
    steps = [step for story in stories("en") for step in story.steps]
    plans = {repr(plan.levers): plan for step in steps for plan in plans_of(step.state)}
    mapped = {repr(plan.levers) for step in steps if step.state.startswith(MAPS) for plan in plans_of(step.state)}
    return [(plan, content in mapped) for content, plan in plans.items()]


def made(service: Service, plan: PlanIn | None) -> tuple[View, Result]:
    """Run the base or a plan, or find it, and take its view."""
    asked = Asked(plans=[] if plan is None else [plan])
    frame = service.frame(asked)
    if plan is None:
        run = service.base(frame)
    else:
        planned = service.planned(frame, [plan])[0]
        if planned.problem is not None:
            raise planned.problem
        assert planned.run is not None
        run = planned.run
    pack = service.engine.load_pack(run.scenario.country)
    job = RunRequest(
        run.scenario.name, run.scenario.resolve(pack), run.replicates, Path(run.store.path), 1, usable_cores(),
        service.settings.engine, draws=run.draws,
    )  # fmt: skip
    result = run_job(job, None, service.engine, pack)
    return replace(view_of(result), levers=run.scenario.to_plain()["levers"]), result


def travelling(base: tuple[View, Result], plan: tuple[View, Result], mapped: bool) -> View:
    """The view of a plan without its run: what comparisons need, who is worse off, maps where a story shows them."""
    (one, base_run), (other, plan_run) = base, plan
    names = other.regional if mapped else ()
    bands = {name: differences_by_place(one, other, base_run, plan_run, name) for name in names}
    maps = {kind: {n: tables[kind] for n, tables in bands.items() if kind in tables} for kind in ("regional", "pooled")}
    against = {one.id: {"groups": plain_groups(base_run, plan_run), **maps}}
    shown = other if mapped else replace(other, regional={}, pooled={})
    return replace(shown, weekly={}, against=against)


def main() -> None:
    """Write the views and remove those of other models."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stories", action="store_true", help="the stories' plans too (many minutes)")
    parser.add_argument("--runs", type=Path, default=None, help="the folder of run directories")
    wanted = parser.parse_args()
    settings = ServerSettings() if wanted.runs is None else ServerSettings(runs=wanted.runs)
    service = Service(replace(settings, shipped=False))
    base = made(service, None)
    views = [base[0]]
    sys.stderr.write(f"baseline: {views[0].id}\n")
    for plan, mapped in story_plans() if wanted.stories else ():
        views.append(travelling(base, made(service, plan), mapped))
        sys.stderr.write(f"{plan.name}: {views[-1].id}\n")
    keep = {view_file(SHIPPED, view.id).name for view in views}
    for path in SHIPPED.glob("*.json.gz"):
        if path.name not in keep:
            path.unlink()
    for view in views:
        write_view(SHIPPED, view)


if __name__ == "__main__":
    main()
