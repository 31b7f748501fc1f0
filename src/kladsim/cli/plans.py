"""``kladsim compare``, ``demo`` and ``branch``: plans against a base, with the same luck."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kladsim.cli import options as o
from kladsim.cli.economics import Costs, Discount
from kladsim.cli.economics import picture as economics_picture
from kladsim.cli.economics import show as show_economics
from kladsim.cli.guard import command
from kladsim.cli.results import drawn_from, print_headline, print_parts, summarise_run, warn_of_capped
from kladsim.cli.show import (
    explain_in_words,
    format_range,
    format_short,
    hint,
    print_json,
    print_table,
    progress_shown,
    say,
)
from kladsim.core.errors import unknown_name
from kladsim.runs.engine import DEFAULT_ENGINE, engine_named

if TYPE_CHECKING:
    from kladsim.policy.scenario import Scenario
    from kladsim.study.comparison import Comparison
    from kladsim.study.decomposing import VariancePart
    from kladsim.study.effects import Effect
    from kladsim.study.groups import GroupEffect

Base = Annotated[str, typer.Argument(help="The base: a preset's name or a YAML file.")]
Plans = Annotated[list[str], typer.Argument(metavar="PLAN...", help="One or more plans: presets or YAML files.")]

EXPLANATION = (
    "Flows are summed and levels averaged over these years. Differences are plan minus base, paired "
    "replicate by replicate with the same luck and the same parameters. "
)


MOST_GROUPS = 12


@command
def compare(
    base: Base,
    plans: Plans,
    scale: o.Scale = None,
    seed: o.Seed = None,
    replicates: o.Replicates = o.PAIRS,
    set_: o.Settings = None,
    until: o.Until = None,
    threads: o.Threads = None,
    workers: o.Workers = None,
    out: o.Root = None,
    json_: o.Json = False,
    quiet: o.Quiet = False,
    picture: o.Picture = None,
    precision: Annotated[
        list[str] | None,
        typer.Option(
            "--precision",
            help="Add replicates until the 90 % Monte Carlo interval of the median effect has this half-width: "
            "deaths=100, deaths=5% (of the base's level) or auto; repeatable.",
            metavar="OUTCOME=WIDTH",
        ),
    ] = None,
    max_replicates: Annotated[int, typer.Option("--max-replicates", help="Where --precision stops.")] = 200,
    executor: o.Executor = None,
    parameters: o.Parameters = None,
    decompose: o.Decompose = False,
    costs: Costs = False,
    discount: Discount = 0.03,
) -> None:
    """Compare plans with a base, paired, with intervals.

    Example: kladsim compare russia russia-divert --replicates 40 --until 2027 --costs
    """
    goal = (tuple(precision), max_replicates) if precision else None
    _compare(
        base, plans, scale, seed, replicates, set_, until, threads, workers, out, json_, quiet, picture, goal, executor,
        discount if costs else None, parameters, decompose,
    )  # fmt: skip


@command
def demo(
    replicates: o.Replicates = o.PAIRS,
    scale: o.Scale = "1/100",
    threads: o.Threads = None,
    workers: o.Workers = None,
    out: o.Root = None,
    json_: o.Json = False,
    quiet: o.Quiet = False,
    picture: o.Picture = None,
) -> None:
    """Run Russia with one policy against it, half of the convicted couriers diverted from prison: about two minutes.

    Example: kladsim demo --replicates 6
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
    goal: tuple[tuple[str, ...], int] | None = None,
    executor: str | None = None,
    discount: float | None = None,
    parameters: str | None = None,
    decompose: bool = False,
) -> None:
    from kladsim.study.comparison import compare as compare_scenarios

    first, *others = o.load_scenarios([base, *plans], settings, scale=scale, seed=seed)
    if discount is not None:
        _check_expenses(first, *others)
    many, processes = o.spread(replicates, first.scale.denominator, threads, workers)
    with progress_shown(quiet) as report:
        comparison = compare_scenarios(
            first, *others, replicates=replicates, until=until, out=out, threads=many, workers=processes,
            progress=report, precision=goal[0] if goal else None, max_replicates=goal[1] if goal else replicates,
            executor=executor, parameters=drawn_from(parameters, decompose, first.country),
            repeats=2 if decompose else 1,
        )  # fmt: skip
    saved = comparison.path if comparison.is_saved else comparison.save()
    drawn = _draw(comparison, saved) if picture or (picture is None and not json_) else None
    valued = comparison.economics(discount) if discount is not None else None
    if json_:
        economics = {} if valued is None else {"economics": valued.to_dict()}
        shares = {"decomposed": [vars(part) for part in _parts(comparison)]} if decompose else {}
        print_json({**comparison.to_dict(), **economics, **shares, "path": str(saved), "picture": drawn})
        return
    for note in comparison.notes:
        hint(f"note: {note}")
    _print(comparison, saved, drawn, priced=valued is not None)
    if decompose:
        print_parts(_parts(comparison))
    if valued is not None:
        show_economics(valued, economics_picture(valued, saved, again=not comparison.from_store) if drawn else None)


def _check_expenses(*scenarios: Scenario) -> None:
    """Refuse what has no price before a run of many minutes, not after it."""
    from kladsim.study.economics import check_expenses

    check_expenses(scenarios, engine_named(DEFAULT_ENGINE).outcomes)


def _parts(comparison: Comparison) -> list[VariancePart]:
    from kladsim.study.decomposing import decompose_comparison

    return decompose_comparison(comparison)


def _who(group: GroupEffect) -> str:
    return f"{group.who} (too noisy)" if group.noisy else group.who


def _print_groups(comparison: Comparison, several: bool) -> None:
    from kladsim.runs.judging import interval_name

    losing = comparison.losing_groups()
    rows = [
        (*((g.plan,) if several else ()), g.outcome, g.by, _who(g), format_short(g.median), format_range(g.low, g.high))
        for g in losing[:MOST_GROUPS]
    ]
    if rows:
        head = ("outcome", "by", "who", "difference", interval_name(comparison.base.replicates))
        more = f", the first {MOST_GROUPS} of {len(losing)}" if len(losing) > MOST_GROUPS else ""
        print_table(f"Groups that likely lose{more}", ("plan", *head) if several else head, rows, numbers=2)
    elif not comparison.no_verdict:
        say("Groups (district, region, age and sex) that likely lose, of those that may be shown: none.")


def _judged(effect: Effect) -> str:
    """P(better) and what it says, nothing where no direction is good in itself."""
    from kladsim.runs.judging import NO_VERDICT

    if effect.verdict == "neutral":
        return format_short(effect.p_better)
    return NO_VERDICT.get(effect.verdict) or f"{format_short(effect.p_better)}, {effect.verdict}"


def _draw(comparison: Comparison, saved: Path) -> str | None:
    from kladsim.core.files import is_whole_png

    target = saved.with_suffix(".png")
    if comparison.from_store and is_whole_png(target):
        return str(target)
    try:
        return str(comparison.plot(target))
    except ImportError as error:
        hint(f"no picture: {error}")
        return None


def _print(comparison: Comparison, saved: Path, drawn: str | None, *, priced: bool) -> None:
    from kladsim.runs.disclosure import BADGE, USE
    from kladsim.runs.interval_words import interval_sentence
    from kladsim.runs.judging import FEWEST_PAIRS, interval_name

    several = len(comparison.plans) > 1
    rows = []
    for e in comparison.headline():
        level = format_short(comparison.base_level(e.outcome))
        cells = (e.outcome, e.unit, level, format_short(e.median), format_range(e.low, e.high), _judged(e))
        rows.append((e.plan, *cells) if several else cells)
    columns = ("outcome", "unit", "base", "difference", interval_name(comparison.base.replicates), "P(better)")
    first, last = comparison.since or comparison.years[0], comparison.years[-1]
    title = (
        f"{', '.join(comparison.plans)} against {comparison.base.name}: the model projects, {first} to {last} "
        f"({comparison.base.replicates} replicates)"
    )
    if above := comparison.describe_warnings():
        explain_in_words(above)
    print_table(title, ("plan", *columns) if several else columns, rows, numbers=4)
    explain_in_words(EXPLANATION + interval_sentence(comparison.interval, prices=priced))
    losers = comparison.losers()
    listed = ", ".join(f"{e.outcome} ({e.plan})" if several else e.outcome for e in losers)
    if comparison.no_verdict == "withheld":
        say("Verdicts are withheld: the model is in development.")
    elif comparison.no_verdict:
        say(f"Too few runs for a verdict: {comparison.base.replicates} pairs, and {FEWEST_PAIRS} are the fewest.")
    else:
        say(f"Worse under the plan (in at least 95 % of the pairs): {listed or 'none'}.")
    _print_groups(comparison, several)
    for item in comparison.precision:
        word = "reached" if item.met else "NOT reached"
        width = f"{format_short(item.reached)} (wished {format_short(item.wished)})"
        say(f"Precision {word}: {item.outcome} ({item.plan}), half-width {width} with {item.n} replicates.")
    say(f"Note: {BADGE}.\n{USE}")
    warn_of_capped(comparison.base, *comparison.plans.values())
    if comparison.from_store:
        say("Answered from the store: all runs were there already.")
    say(f"Effects {saved}")
    for result in (comparison.base, *comparison.plans.values()):
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
    from kladsim.cli.runs import find_run
    from kladsim.runs.result import Result
    from kladsim.study.branching import branch as branch_run

    if luck not in ("kept", "redrawn"):
        raise unknown_name("luck", luck, ("kept", "redrawn"), where="--luck")
    base = Result.open(find_run(run))
    scenarios = [o.load_scenario(plan, set_) for plan in plans]
    k = int(base.scenario["config"]["scale"])
    many, processes = o.spread(base.replicates, k, threads, workers)
    with progress_shown(quiet) as report:
        results = branch_run(
            base, *scenarios, at=at, until=until, luck="redrawn" if luck == "redrawn" else "kept", out=out,
            threads=many, workers=processes, progress=report,
        )  # fmt: skip
    if json_:
        print_json({"base": base.to_dict(), "at": at, "branches": [summarise_run(result) for result in results]})
        return
    for result in results:
        title = f"{result.name}, branched from {base.name} at {at} ({result.replicates} replicates)"
        print_headline(title, result)
        say(f"Digest  {result.digest}\nRun     {result.path}")
