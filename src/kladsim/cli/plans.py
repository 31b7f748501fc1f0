"""``kladsim compare``, ``demo`` and ``branch``: plans against a base, with the same luck."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kladsim.cli import options as o
from kladsim.cli.guard import command
from kladsim.cli.running import facts
from kladsim.cli.show import brief, explain_in_words, hint, interval, print_json, print_table, progress_shown, say

if TYPE_CHECKING:
    from kladsim.study.compare import Comparison

Base = Annotated[str, typer.Argument(help="The base: a preset's name or a YAML file.")]
Plans = Annotated[list[str], typer.Argument(metavar="PLAN...", help="One or more plans: presets or YAML files.")]

WORDS = (
    "Flows are summed and levels averaged over these years. Differences are plan minus base, paired "
    "replicate by replicate with the same luck. The interval holds 90 % of "
    "the replicates: Monte Carlo luck only; parameters and the structure of the model are fixed."
)


@command
def compare(
    base: Base,
    plans: Plans,
    scale: o.Scale = None,
    seed: o.Seed = None,
    replicates: o.Replicates = 10,
    set_: o.Settings = None,
    until: o.Until = None,
    threads: o.Threads = None,
    workers: o.Workers = None,
    out: o.Root = None,
    json_: o.Json = False,
    quiet: o.Quiet = False,
    picture: o.Picture = None,
) -> None:
    """Compare plans with a base, paired, with intervals.

    Example: kladsim compare russia russia-divert --replicates 20 --until 2027
    """
    _compare(base, plans, scale, seed, replicates, set_, until, threads, workers, out, json_, quiet, picture)


@command
def demo(
    replicates: o.Replicates = 4,
    scale: o.Scale = "1/100",
    threads: o.Threads = None,
    workers: o.Workers = None,
    out: o.Root = None,
    json_: o.Json = False,
    quiet: o.Quiet = False,
    picture: o.Picture = None,
) -> None:
    """Run Russia with one policy against it, about two minutes.

    Example: kladsim demo --replicates 4
    """
    plans = ["russia-divert"]
    _compare("russia", plans, scale, None, replicates, None, None, threads, workers, out, json_, quiet, picture)


def _compare(
    base: str,
    plans: list[str],
    scale: str | None,
    seed: int | None,
    replicates: int,
    settings: list[str] | None,
    until: str | None,
    threads: int | None,
    workers: int | None,
    out: Path | None,
    json_: bool,
    quiet: bool,
    picture: bool | None,
) -> None:
    from kladsim.study.compare import compare as compare_scenarios

    first = o.chosen(base, settings, scale=scale, seed=seed)
    others = [o.chosen(plan, settings) for plan in plans]
    many, processes = o.spread(replicates, first.scale.denominator, threads, workers)
    with progress_shown(quiet) as report:
        found = compare_scenarios(
            first, *others, replicates=replicates, until=until, out=out, threads=many, workers=processes,
            progress=report,
        )  # fmt: skip
    saved = found.save(out)
    drawn = _draw(found, saved) if picture or (picture is None and not json_) else None
    if json_:
        print_json({**found.to_dict(), "path": str(saved), "picture": drawn})
    else:
        _print(found, saved, drawn)


def _draw(found: Comparison, saved: Path) -> str | None:
    try:
        return str(found.plot(saved.with_suffix(".png")))
    except ImportError as error:
        hint(f"no picture: {error}")
        return None


def _print(found: Comparison, saved: Path, drawn: str | None) -> None:
    from kladsim.study.gate import BADGE, USE

    several = len(found.plans) > 1
    rows = []
    for e in found.headline():
        level = brief(found.base_level(e.outcome))
        cells = (e.outcome, e.unit, level, brief(e.median), interval(e.low, e.high), brief(e.p_better))
        rows.append((e.plan, *cells) if several else cells)
    columns = ("outcome", "unit", "base", "difference", "90 % interval", "P(better)")
    first, last = found.since or found.years[0], found.years[-1]
    title = (
        f"{', '.join(found.plans)} against {found.base.name}: the model projects, {first} to {last} "
        f"({found.base.replicates} replicates)"
    )
    print_table(title, ("plan", *columns) if several else columns, rows, numbers=4)
    explain_in_words(WORDS)
    losers = found.losers()
    listed = ", ".join(f"{e.outcome} ({e.plan})" if several else e.outcome for e in losers)
    say(f"Likely worse under the plan (P(better) below 0.05): {listed or 'none'}.")
    say(f"Note: {BADGE}.\n{USE}")
    if found.from_store:
        say("Answered from the store: all runs were there already.")
    say(f"Effects {saved}")
    for result in (found.base, *found.plans.values()):
        say(f"Run     {result.path}")
    if drawn:
        say(f"Picture {drawn}")


@command
def branch(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A finished run: its directory, name or key.")],
    plans: Plans,
    at: Annotated[str, typer.Option("--at", help="The day from which the plans apply.", metavar="DATE")],
    until: o.Until = None,
    luck: Annotated[str, typer.Option("--luck", help="kept or redrawn from that day on.")] = "kept",
    set_: o.Settings = None,
    threads: o.Threads = None,
    workers: o.Workers = None,
    out: o.Root = None,
    json_: o.Json = False,
    quiet: o.Quiet = False,
) -> None:
    """Continue a run from a date under other plans.

    Example: kladsim branch runs/russia-1a2b3c4d --at 2024-01-01 russia-divert
    """
    from kladsim.cli.runs import found
    from kladsim.core.errors import unknown_name
    from kladsim.study.branch import branch as branch_run
    from kladsim.study.result import Result

    if luck not in ("kept", "redrawn"):
        raise unknown_name("luck", luck, ("kept", "redrawn"), where="--luck")
    base = Result.open(found(run))
    scenarios = [o.chosen(plan, set_) for plan in plans]
    k = int(base.scenario["config"]["scale"])
    many, processes = o.spread(base.replicates, k, threads, workers)
    with progress_shown(quiet) as report:
        results = branch_run(
            base, *scenarios, at=at, until=until, luck="redrawn" if luck == "redrawn" else "kept", out=out,
            threads=many, workers=processes, progress=report,
        )  # fmt: skip
    if json_:
        print_json({"base": base.facts(), "at": at, "branches": [facts(result) for result in results]})
        return
    for result in results:
        rows = [(r.outcome, r.unit, brief(r.median), interval(r.low5, r.high95)) for r in result.headline()]
        title = f"{result.name}, branched from {base.name} at {at} ({result.replicates} replicates)"
        print_table(title, ("outcome", "unit", "median", "90 % interval"), rows, numbers=2)
        say(f"Digest  {result.digest}\nRun     {result.path}")
