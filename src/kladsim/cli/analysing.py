"""``kladsim sensitivity``, ``discover`` and ``robustness``: what drives a plan's effects, and where it fails."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kladsim.cli import options as o
from kladsim.cli.guard import command
from kladsim.cli.show import explain_in_words, format_range, format_short, print_json, print_table, say

Folder = Annotated[Path, typer.Argument(metavar="STUDY", help="A study that has run (kladsim study plan, run).")]
Outcome = Annotated[str, typer.Option("--outcome", help="A public harm or cost, such as deaths.")]
Plan = Annotated[str | None, typer.Option("--plan", help="The plan (default: the study's first).")]

INDEX_TEXTS = {
    "morris": (
        "Importance is Morris' mu*: the mean size of the change of the paired difference as a factor moves over its "
        "range; sigma tells interaction and curvature."
    ),
    "saltelli": (
        "Importance is Sobol's total share: the part of the variance of the paired difference that goes with a "
        "factor, alone and with others; first is its part alone."
    ),
}
NOISE_TEXT = (
    "The interval is over the points of the design; luck is the standard error that chance leaves with these "
    "replicates. Parameters that vary as one group, such as the market's, are ranked as one."
)


@command
def sensitivity(study: Folder, outcome: Outcome = "deaths", plan: Plan = None, json_: o.Json = False) -> None:
    """Rank what drives a plan's paired difference from the base (designs morris and saltelli).

    Example: kladsim sensitivity studies/russia-1a2b3c4d --outcome deaths
    """
    from kladsim.runs.disclosure import BADGE
    from kladsim.study.analysis.sensitivity import sensitivity as analyse
    from kladsim.study.ensemble import Study

    ranks = analyse(Study.open(study), outcome, plan)
    if json_:
        print_json({**vars(ranks), "indices": [vars(index) for index in ranks.indices], "badge": BADGE})
        return
    rows = [
        (
            i.factor.removeprefix("levers."),
            format_short(i.total),
            format_range(i.low, i.high),
            format_short(i.first),
            format_short(i.noise),
        )
        for i in ranks.indices
    ]
    second = "sigma" if ranks.method == "morris" else "first"
    title = f"What drives {ranks.outcome} of {ranks.plan} against {ranks.base} ({ranks.unit}; {ranks.points} points)"
    print_table(title, ("factor", "importance", "90 % interval", second, "luck"), rows, numbers=4)
    explain_in_words(f"{INDEX_TEXTS[ranks.method]} {NOISE_TEXT}")
    say(f"Luck makes {format_short(100 * ranks.noise_share)} % of the variance of single replicates.\nNote: {BADGE}.")


@command
def discover(
    study: Folder,
    outcome: Outcome = "deaths",
    plan: Plan = None,
    asked: Annotated[str, typer.Option("--where", help="works (the public gains) or harms (it loses).")] = "works",
    threshold: Annotated[
        float | None, typer.Option("--threshold", help="Gain or loss at least, in the outcome's unit.")
    ] = None,
    method: Annotated[str, typer.Option("--method", help="prim (one box) or cart (a tree).")] = "prim",
    coverage: Annotated[float, typer.Option("--coverage", help="Share of the cases that a box should hold.")] = 0.6,
    json_: o.Json = False,
) -> None:
    """Find where in the space of levers and uncertainties a plan works, or does harm.

    Example: kladsim discover studies/russia-1a2b3c4d --outcome deaths --where harms
    """
    from kladsim.study.analysis.discovery import discover as find
    from kladsim.study.ensemble import Study

    result = find(
        Study.open(study), outcome, plan, asked=asked, threshold=threshold, method=method, least_coverage=coverage
    )
    if json_:
        boxes = [{**vars(box), "limits": [vars(limit) for limit in box.limits]} for box in result.boxes]
        print_json({**vars(result), "boxes": boxes})
        return
    for sentence in result.sentences:
        explain_in_words(sentence)
    if result.trajectory:
        rows = [tuple(format_short(number) for number in step) for step in result.trajectory]
        print_table("Boxes on the way", ("coverage", "density", "mass"), rows, numbers=3)


@command
def robustness(
    study: Folder,
    outcome: Annotated[
        list[str] | None, typer.Option("--outcome", help="A public harm, or a cost beside one; repeatable.")
    ] = None,
    criterion: Annotated[
        list[str] | None,
        typer.Option("--satisfies", help="A difference to reach, such as deaths<=-500; repeatable: all of them."),
    ] = None,
    json_: o.Json = False,
) -> None:
    """Compare plans over all points: regret, and where they satisfy.

    Example: kladsim robustness studies/russia-1a2b3c4d --outcome deaths --satisfies "deaths<=-500"
    """
    from kladsim.runs.disclosure import BADGE
    from kladsim.study.analysis.robustness import robustness as weigh
    from kladsim.study.ensemble import Study

    plans = weigh(Study.open(study), outcome or ["deaths"], criterion or ())
    if json_:
        criteria = [vars(item) for item in plans.criteria]
        print_json({**vars(plans), "criteria": criteria, "plans": [vars(p) for p in plans.plans], "badge": BADGE})
        return
    for name in plans.outcomes:
        rows = [
            (
                p.plan,
                *(format_short(regret[name]) for regret in (p.mean_regret, p.high_regret, p.largest_regret)),
                f"{100 * p.worse_than_base[name]:.0f} %", "–" if p.satisfies is None else f"{100 * p.satisfies:.0f} %",
            )
            for p in plans.plans
        ]  # fmt: skip
        title = f"{name} ({plans.units[name]}): regret over {plans.points} points, {plans.replicates} replicates each"
        columns = ("plan", "mean regret", "90th percentile", "largest", "worse than base", "satisfies")
        print_table(title, columns, rows, numbers=5)
    explain_in_words(
        "Regret is how much worse a plan does than the best of these plans at the same point. Means over replicates; "
        "parameters vary as the study says, the structure of the model is fixed."
    )
    say(f"Note: {BADGE}.")
