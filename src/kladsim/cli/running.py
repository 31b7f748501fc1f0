"""``kladsim run``: one scenario, its table and its picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kladsim.cli import options as o
from kladsim.cli.guard import command
from kladsim.cli.plans import demo
from kladsim.cli.results import decomposed_totals, draw, drawn_from, print_headline, print_parts, summarise_run
from kladsim.cli.show import explain_in_words, format_duration, hint, print_json, progress_shown, say

if TYPE_CHECKING:
    from kladsim.runs.result import Result

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
    parameters: o.Parameters = None,
    decompose: o.Decompose = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run again, even if the same run is there.")] = False,
) -> None:
    """Run a scenario; resume it if it was interrupted.

    Example: kladsim run russia --scale 1/100 --replicates 4 --set justice.years_trafficking=5 --until 2020
    """
    if scenario is None:
        pairs = replicates if replicates > 1 else o.PAIRS
        demo(pairs, scale, threads, workers, out, json_=json_, quiet=quiet, picture=picture)
        return
    from kladsim.runs.running import run as run_scenario

    what = o.load_scenario(scenario, set_, scale=scale, seed=seed, until=until)
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
            parameters=drawn_from(parameters, decompose, what.country),
            repeats=2 if decompose else 1,
        )
    parts = decomposed_totals(result) if decompose else []
    drawn = draw(result) if picture or (picture is None and not json_) else None
    if json_:
        shares = {"decomposed": [vars(part) for part in parts]} if decompose else {}
        print_json(summarise_run(result) | {"threads": many, "picture": drawn, "notes": list(notes)} | shares)
        return
    for note in notes:
        hint(f"note: {note}")
    _print(result, drawn)
    if decompose:
        print_parts(parts)


def _print(result: Result, drawn: str | None) -> None:
    from kladsim.runs.disclosure import BADGE, USE

    if above := result.describe_warnings():
        explain_in_words(above)
    status, n = result.status, result.replicates
    title = f"{result.name}: the model projects, over the whole run: sums, for levels means ({n} replicates)"
    print_headline(title, result)
    explain_in_words(_what_holds(result))
    say(f"Note: {BADGE}.\n{USE}")
    if result.from_store:
        say("Answered from the store: this content was run before (--fresh runs it again).")
    else:
        size = f"{status['persons']:,} persons × {status['days']:,} days"
        say(f"{size} a replicate, {format_duration(status['wall_s'])} of computing in all.")
    say(f"Digest  {result.digest}\nRun     {result.path}")
    if drawn:
        say(f"Picture {drawn}")


def _what_holds(result: Result) -> str:
    """What the interval holds; of a single replicate, which parameters it has."""
    from kladsim.runs.interval_words import describe_parameters, interval_sentence

    if result.replicates > 1:
        return interval_sentence(result.interval)
    parameters_text = describe_parameters(result.provenance)
    return f"{ONE} {parameters_text[0].upper()}{parameters_text[1:]}."
