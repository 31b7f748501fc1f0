"""``kladsim run``: one scenario, its table and its picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from kladsim.cli import options as o
from kladsim.cli.guard import command
from kladsim.cli.show import (
    brief,
    clock,
    explain_in_words,
    hint,
    interval,
    print_json,
    print_table,
    progress_shown,
    say,
)

if TYPE_CHECKING:
    from kladsim.study.result import Result

WORDS = (
    "The interval holds 90 % of the replicates: Monte Carlo luck only; parameters and the structure of the "
    "model are fixed at their register values."
)
ONE = "One replicate has no interval and is no result to quote: use --replicates."


@command
def run(
    scenario: Annotated[
        str | None,
        typer.Argument(help="A preset's name (kladsim list scenarios) or a YAML file; without one: the demo."),
    ] = None,
    scale: o.Scale = None,
    seed: o.Seed = None,
    replicates: o.Replicates = 1,
    set_: o.Settings = None,
    until: o.Until = None,
    threads: o.Threads = None,
    workers: o.Workers = None,
    out: o.Out = None,
    json_: o.Json = False,
    quiet: o.Quiet = False,
    picture: o.Picture = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run again, even if the same run is there.")] = False,
) -> None:
    """Run a scenario; resume it if it was interrupted.

    Example: kladsim run russia --scale 1/100 --replicates 4 --set courier.pay_per_drop=450 --until 2020
    """
    if scenario is None:
        from kladsim.cli.plans import demo

        demo(max(replicates, 4), scale, threads, workers, out, json_=json_, quiet=quiet, picture=picture)
        return
    from kladsim.study.run import run as run_scenario

    what = o.chosen(scenario, set_, scale=scale, seed=seed, until=until)
    notes = what.notes()
    many, processes = o.spread(replicates, what.scale.denominator, threads, workers)
    with progress_shown(quiet) as report:
        result = run_scenario(
            what,
            replicates=replicates,
            out=out,
            threads=many,
            workers=processes,
            progress=report,
            fresh=fresh,
        )
    drawn = draw(result) if picture or (picture is None and not json_) else None
    if json_:
        print_json(facts(result) | {"threads": many, "picture": drawn, "notes": list(notes)})
        return
    for note in notes:
        hint(f"note: {note}")
    _print(result, drawn)


def facts(result: Result) -> dict[str, Any]:
    """What ``run --json`` says: costs, digest, folder and the headline outcomes."""
    from kladsim.study.provenance import INTERVAL

    headline = [
        {"outcome": r.outcome, "unit": r.unit, "median": r.median, "low": r.low5, "high": r.high95, "n": r.n}
        for r in result.headline()
    ]
    return {**result.facts(), "outcomes": headline, "interval": INTERVAL}


def _print(result: Result, drawn: str | None) -> None:
    from kladsim.study.gate import BADGE, USE

    rows = [(r.outcome, r.unit, brief(r.median), interval(r.low5, r.high95)) for r in result.headline()]
    status, n = result.status, result.replicates
    title = f"{result.name}: the model projects, over the whole run: sums, for levels means ({n} replicates)"
    print_table(title, ("outcome", "unit", "median", "90 % interval"), rows, numbers=2)
    explain_in_words(WORDS if result.replicates > 1 else ONE)
    say(f"Note: {BADGE}.\n{USE}")
    if result.from_store:
        say("Answered from the store: this content was run before (--fresh runs it again).")
    else:
        size = f"{status['persons']:,} persons × {status['days']:,} days"
        say(f"{size} a replicate, {clock(status['wall_s'])} of computing in all.")
    say(f"Digest  {result.digest}\nRun     {result.path}")
    if drawn:
        say(f"Picture {drawn}")


def draw(result: Result) -> str | None:
    """Draw the run's picture into its directory, once; None (with a hint) where that cannot be."""
    target = result.path / "picture.png"
    if target.exists() and result.from_store:
        return str(target)
    try:
        return str(result.plot(target))
    except ImportError as error:
        hint(f"no picture: {error}")
        return None
