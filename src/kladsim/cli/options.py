"""Options that several verbs share, and the scenario that a person means with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kladsim.core.machine import usable_cores

if TYPE_CHECKING:
    from kladsim.policy.scenario import Scenario
    from kladsim.runs.rows import Runner

Scale = Annotated[
    str | None,
    typer.Option("--scale", help="Share 1/k of persons to simulate: 1/100, 0.01 or 1.", metavar="1/K"),
]
Seed = Annotated[int | None, typer.Option("--seed", help="Whole number from which all luck comes.")]
Replicates = Annotated[int, typer.Option("--replicates", "-n", help="Number of replicates.")]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="A change such as justice.years_trafficking=5 or mechanisms.M12=off; repeatable.",
        metavar="A.B=C",
    ),
]
Until = Annotated[str | None, typer.Option("--until", help="First day after the run.", metavar="DATE")]
Threads = Annotated[int | None, typer.Option("--threads", help="Threads a replicate; changes no number.")]
Workers = Annotated[int | None, typer.Option("--workers", help="Processes for replicates; changes no number.")]


def out(what: str, default: str = "") -> Any:
    """The option ``--out`` of a verb: the path of what the verb makes, which is what later verbs are given."""
    return typer.Option("--out", "-o", help=f"Where {what}{f' (default: {default})' * bool(default)}.", metavar="PATH")


Out = Annotated[Path | None, out("the run is written: its folder", "below runs/, by content")]
Root = Annotated[Path | None, out("all that is made lies: a folder with the runs and what is made of them", "runs/")]
Parameters = Annotated[
    str | None,
    typer.Option(
        "--parameters",
        help="posterior (default where one ships) or prior (default elsewhere): a draw each; point: the register.",
        metavar="WHICH",
    ),
]
Decompose = Annotated[
    bool,
    typer.Option("--decompose", help="Tell luck, parameters and structure apart: two replicates share a draw."),
]
Executor = Annotated[
    str | None,
    typer.Option("--executor", help="here, processes:4 or dask://HOST:PORT; changes no number.", metavar="WHERE"),
]
Shard = Annotated[
    str | None,
    typer.Option("--shard", help="Only part i of n; all parts make the whole, whoever runs them.", metavar="I/N"),
]
Wait = Annotated[
    float, typer.Option("--wait", help="With --shard: minutes to wait for rows of other shards.", metavar="MINUTES")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]
Picture = Annotated[
    bool | None, typer.Option("--picture/--no-picture", help="Draw a picture (default: yes, with --json no).")
]

PAIRS = 20
"""Pairs of a comparison where nobody names a number: ``kladsim.runs.judging.PAIRS``, not loaded for help."""
LARGE = 10  # from 1/10 on, a replicate is large: threads before processes


def load_scenario(source: str, settings: list[str] | None, **fields: Any) -> Scenario:
    """The scenario of a preset or file with the command line's changes.

    Raises
    ------
    InputError : unknown scenario, field or value
    """
    from kladsim.policy.overrides import apply_overrides
    from kladsim.policy.scenario import Scenario

    scenario = Scenario.load(source)
    given = {name: value for name, value in fields.items() if value is not None}
    if given:
        scenario = scenario.with_(**given)
    return apply_overrides(scenario, settings or ())


def load_scenarios(sources: list[str], settings: list[str] | None, **fields: Any) -> list[Scenario]:
    """The scenarios with the changes that fit each: one of a lever goes to those that have the lever.

    Raises
    ------
    InputError : unknown scenario, field or value, or a lever that none of them has
    """
    from kladsim.policy.overrides import fits
    from kladsim.policy.scenario import Scenario

    loaded = [Scenario.load(source) for source in sources]
    scenarios = []
    for number, (source, scenario) in enumerate(zip(sources, loaded, strict=True)):
        # What fits none of them is the last one's: its error tells the levers that there are.
        last = number == len(loaded) - 1
        mine = [t for t in settings or () if fits(scenario, t) or (last and not any(fits(s, t) for s in loaded))]
        scenarios.append(load_scenario(source, mine, **(fields if number == 0 else {})))
    return scenarios


def spread(replicates: int, k: int, threads: int | None, workers: int | None) -> tuple[int, int]:
    """Threads and workers where the person named none: small replicates side by side, large on all cores."""
    if workers is None:
        workers = 1 if threads is not None or k <= LARGE else max(1, min(replicates, usable_cores()))
    if threads is None:
        threads = max(1, usable_cores() // max(workers, 1)) if k <= LARGE else 1
    return threads, workers


@contextmanager
def runner(
    executor: str | None, workers: int | None, shard: str | None, wait: float, quiet: bool
) -> Iterator[Runner]:
    """Where tasks run as the options say, with progress shown; a shard that has done its part ends the verb well.

    Raises
    ------
    InputError : no such executor or shard
    """
    from kladsim.cli.show import hint, progress_shown
    from kladsim.runs.executors import executor_named
    from kladsim.runs.rows import Runner, UnfinishedShardsError
    from kladsim.runs.tasks import parse_shard

    where = executor_named(executor, workers or usable_cores())
    part = parse_shard(shard)
    try:
        with progress_shown(quiet) as report:
            yield Runner(where, part, 60.0 * wait, report)
    except UnfinishedShardsError as error:
        hint(str(error))
        raise typer.Exit(0) from None
