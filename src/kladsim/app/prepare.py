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
from kladsim.app.library import SHIPPED
from kladsim.app.plans import PlanIn
from kladsim.app.service import Service
from kladsim.app.settings import Settings, usable_cores
from kladsim.app.states import plans_of
from kladsim.app.stories import stories
from kladsim.app.view import View, view_file, view_of, write_view
from kladsim.study.run import Job, run_job


def story_plans() -> list[PlanIn]:
    """Every plan that a step of a story opens, once each."""
    plans = [plan for story in stories("en") for step in story.steps for plan in plans_of(step.state)]
    return list({repr(plan.levers): plan for plan in plans}.values())


def made(service: Service, plan: PlanIn | None) -> View:
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
    job = Job(
        run.scenario.name, run.scenario.resolve(pack), run.replicates, Path(run.store.path), 1, usable_cores(),
        service.settings.engine,
    )  # fmt: skip
    return replace(view_of(run_job(job, None, service.engine, pack)), levers=run.scenario.to_plain()["levers"])


def main() -> None:
    """Write the views and remove those of other models."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stories", action="store_true", help="the stories' plans too (many minutes)")
    parser.add_argument("--runs", type=Path, default=None, help="the folder of run directories")
    wanted = parser.parse_args()
    settings = Settings() if wanted.runs is None else Settings(runs=wanted.runs)
    service = Service(replace(settings, shipped=False))
    views = [made(service, None)]
    sys.stderr.write(f"baseline: {views[0].id}\n")
    for plan in story_plans() if wanted.stories else ():
        # Of a plan only what comparisons need is shipped; maps and weeks come with a run.
        views.append(replace(made(service, plan), weekly={}, regional={}))
        sys.stderr.write(f"{plan.name}: {views[-1].id}\n")
    keep = {view_file(SHIPPED, view.id).name for view in views}
    for path in SHIPPED.glob("*.json.gz"):
        if path.name not in keep:
            path.unlink()
    for view in views:
        write_view(SHIPPED, view)


if __name__ == "__main__":
    main()
