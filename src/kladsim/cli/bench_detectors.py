"""``kladsim dev bench``: speed beside the peers, and detectors on published benchmarks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from kladsim.cli import options as o
from kladsim.cli import system
from kladsim.cli.guard import command
from kladsim.cli.show import explain_in_words, hint, print_json, print_table

SPEED = "speed"


class SpeedByDefault(TyperGroup):
    """A group whose verb ``speed`` is meant where no other is named."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Put ``speed`` before arguments that name no verb."""
        if not args or (args[0] not in self.commands and args[0] not in ("--help", "-h")):
            args = [SPEED, *args]
        return super().parse_args(ctx, args)


verbs = typer.Typer(
    name="bench",
    cls=SpeedByDefault,
    help="Measure speed beside the peers (speed, the default), or detectors on published benchmarks.",
    rich_markup_mode=None,
)
verbs.command(SPEED)(system.bench)


@verbs.command("detectors")
@command
def detectors(
    benchmark: Annotated[list[str] | None, typer.Argument(help="weekly, daily (default: both).")] = None,
    detector: Annotated[list[str] | None, typer.Option("--detector", help="One detector; repeatable.")] = None,
    series: Annotated[int, typer.Option("--series", help="Series of each scenario or signal.")] = 100,
    seed: Annotated[int | None, typer.Option("--seed", help="First seed, 3000000 or more.")] = None,
    out: Annotated[Path | None, o.out("scores are kept, so that an interrupted run goes on: a folder")] = None,
    json_: o.Json = False,
    quiet: o.Quiet = False,
) -> None:
    """Score the monitor's detectors on the weekly (28 scenarios) and daily (16 signals) benchmark of outbreaks.

    Example: kladsim dev bench detectors weekly --series 20
    """
    from kladsim.monitor import benchmark_detectors as bench

    def report_progress(name: str, done: int, of: int) -> None:
        if not quiet:
            hint(f"{name}: {done} of {of}")

    results = [
        bench.run(
            each,
            detector or (),
            series=series,
            seed=bench.FIRST_SEED if seed is None else seed,
            folder=out,
            progress=report_progress,
        )
        for each in benchmark or bench.BENCHMARKS
    ]
    if json_:
        print_json({"benchmarks": results})
        return
    for result in results:
        (_show_weekly if result["benchmark"] == "weekly" else _show_daily)(result)


def _percent(value: object, digits: int = 2) -> str:
    return "–" if value in (None, "") else f"{100 * float(str(value)):.{digits}f}"


def _show_weekly(result: dict[str, Any]) -> None:
    rows = [
        (
            name,
            _percent(scores["fpr"]),
            _percent(scores["fpr_worst"]),
            _percent(scores["pod"], 1),
            *(_percent(at["pod"], 1) for at in scores.get("pod_at_fpr", {}).values()),
        )
        for name, scores in result["detectors"].items()
    ]
    labels = [
        f"POD at {_percent(at['fpr'])}"
        for at in next((f["pod_at_fpr"] for f in result["detectors"].values() if "pod_at_fpr" in f), {}).values()
    ]
    title = f"Weekly: 28 scenarios, {result['series']} series each; %"
    print_table(title, ("detector", "FPR", "worst scenario", "POD", *labels), rows, 3 + len(labels))
    published = [
        (row["method"], row["series"], _percent(row["fpr"]), _percent(row["fpr_worst"]), _percent(row["pod"], 1))
        for row in result["published"]
    ]
    print_table("Published", ("method", "series", "FPR", "worst scenario", "POD"), published, 4)
    explain_in_words(
        "FPR: alarms among test weeks before outbreaks are added; POD: series with an alarm in a week of the outbreak; "
        "POD at a pooled FPR is by one threshold of the score."
    )


def _show_daily(result: dict[str, Any]) -> None:
    names = ("specificity", "sensitivity", "pod", "timeliness")
    rows = [(name, *(f"{scores[key]:.3f}" for key in names)) for name, scores in result["detectors"].items()]
    title = f"Daily: 16 signals, {result['series']} series each; means over signals"
    print_table(title, ("detector", *names), rows, 4)
    published = [(row["method"], row["series"], *(row[key] or "–" for key in names)) for row in result["published"]]
    print_table("Published", ("method", "series", *names), published, 5)
