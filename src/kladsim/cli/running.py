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
    from kladsim.runs.result import Result
    from kladsim.study.decomposing import Part

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
        from kladsim.cli.plans import demo

        pairs = replicates if replicates > 1 else o.PAIRS
        demo(pairs, scale, threads, workers, out, json_=json_, quiet=quiet, picture=picture)
        return
    from kladsim.runs.run import run as run_scenario

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
            parameters=drawn_from(parameters, decompose, what.country),
            repeats=2 if decompose else 1,
        )
    parts = decomposed_totals(result) if decompose else []
    drawn = draw(result) if picture or (picture is None and not json_) else None
    if json_:
        shares = {"decomposed": [vars(part) for part in parts]} if decompose else {}
        print_json(facts(result) | {"threads": many, "picture": drawn, "notes": list(notes)} | shares)
        return
    for note in notes:
        hint(f"note: {note}")
    _print(result, drawn)
    if decompose:
        print_parts(parts)


def drawn_from(parameters: str | None, decompose: bool, country: str) -> str | None:
    """Return which parameters are meant: to take an interval apart there must be draws, whatever the environment says.

    Raises
    ------
    InputError : the parts of an interval are asked for at the register's values
    """
    from kladsim.core.errors import InputError
    from kladsim.model.version import MODEL_VERSION
    from kladsim.runs.parameters import why_no_posterior

    if decompose and parameters == "point":
        raise InputError("has nothing to take apart", where="--decompose", value=parameters, allowed="posterior, prior")
    if decompose and parameters is None:
        return "posterior" if why_no_posterior(country, MODEL_VERSION) is None else "prior"
    return parameters


def decomposed_totals(result: Result) -> list[Part]:
    """The parts of the headline outcomes' variance."""
    from kladsim.study.decomposing import decompose_result

    return decompose_result(result)


def print_parts(parts: list[Part]) -> None:
    """Print what share of an interval's variance is luck, parameters and structure."""
    rows = [(p.outcome, brief(p.sd), *(f"{100 * share:.0f} %" for share in p.shares)) for p in parts]
    head = ("outcome", "standard deviation", "parameters", "structure", "luck")
    print_table("Where the interval comes from: shares of the variance", head, rows, numbers=1)


def facts(result: Result) -> dict[str, Any]:
    """What ``run --json`` says: costs, digest, folder and the headline outcomes."""
    headline = [
        {
            "outcome": r.outcome, "unit": r.unit, "median": r.median, "low": r.low5, "high": r.high95, "n": r.n,
            "noisy": r.noisy, "settled_by": r.settled_by,
        }
        for r in result.headline()
    ]  # fmt: skip
    return {**result.facts(), "outcomes": headline, "interval": result.interval}


def _print(result: Result, drawn: str | None) -> None:
    from kladsim.runs.gate import BADGE, USE
    from kladsim.runs.placeholders import placeholder_words

    if above := placeholder_words(result.placeholders):
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
        say(f"{size} a replicate, {clock(status['wall_s'])} of computing in all.")
    say(f"Digest  {result.digest}\nRun     {result.path}")
    if drawn:
        say(f"Picture {drawn}")


def _what_holds(result: Result) -> str:
    """What the interval holds; of a single replicate, which parameters it has."""
    from kladsim.runs.intervals import describe_parameters, interval_sentence

    if result.replicates > 1:
        return interval_sentence(result.interval)
    told = describe_parameters(result.provenance)
    return f"{ONE} {told[0].upper()}{told[1:]}."


def print_headline(title: str, result: Result) -> None:
    """Print the headline outcomes, with what would settle those that are too noisy to be read."""
    from kladsim.runs.judging import interval_name

    found = result.headline()
    rows = [(r.outcome, r.unit, brief(r.median), interval(r.low5, r.high95), r.settled_by) for r in found]
    columns = ("outcome", "unit", "median", interval_name(result.replicates), "too noisy: settled by")
    kept = 5 if any(r.noisy for r in found) else 4
    print_table(title, columns[:kept], [row[:kept] for row in rows], numbers=2)


def draw(result: Result) -> str | None:
    """Draw the run's picture into its directory, once; None (with a hint) where that cannot be."""
    from kladsim.core.files import is_whole_png

    target = result.path / "picture.png"
    if result.from_store and is_whole_png(target):
        return str(target)
    try:
        return str(result.plot(target))
    except ImportError as error:
        hint(f"no picture: {error}")
        return None
