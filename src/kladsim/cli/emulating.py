"""``kladsim emulate``: what public levers change, answered in milliseconds with an error band; train it, check it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kladsim.cli import options as o
from kladsim.cli.guard import command
from kladsim.cli.show import (
    explain_in_words,
    format_range,
    format_short,
    hint,
    print_json,
    print_table,
    say,
    warn_stale,
)
from kladsim.model.version import model_version

if TYPE_CHECKING:
    from kladsim.inference.emulator.checking import Checked
    from kladsim.inference.emulator.predicting import Emulator, Prediction

verbs = typer.Typer(
    name="emulate",
    help="Estimate what public levers change, in milliseconds, with an error band.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
dev_verbs = typer.Typer(
    name="emulate", help="Train and check the emulator.", no_args_is_help=True, rich_markup_mode=None
)
File = Annotated[Path | None, typer.Option("--file", help="An emulator's file (default: the one in the package).")]
NOTE = "The emulator estimates paired runs of the model, plan minus base, until a simulation replaces the estimate. "


@dev_verbs.command()
@command
def fit(
    scale: Annotated[str, typer.Option("--scale", help="Share 1/k of persons in the runs.", metavar="1/K")] = "1/100",
    histories: Annotated[int, typer.Option("--histories", help="Histories with plans of their own.")] = 42,
    plans: Annotated[int, typer.Option("--plans", help="Plans a history.")] = 8,
    store: Annotated[
        Path | None, typer.Option("--store", help="Folder of the computed runs (default: below runs/).")
    ] = None,
    out: Annotated[Path | None, o.out("the emulator is written: a file", "beside its rows, below runs/")] = None,
    computed: Annotated[bool, typer.Option("--computed", help="Train on what is computed; compute nothing.")] = False,
    ship: Annotated[bool, typer.Option("--ship", help="Renew the file in the package.")] = False,
    executor: o.Executor = None,
    workers: o.Workers = None,
    shard: o.Shard = None,
    wait: o.Wait = 0.0,
    quiet: o.Quiet = False,
    json_: o.Json = False,
) -> None:
    """Compute the design, train, and write the emulator; an interruption resumes with the same command.

    Example: kladsim dev emulate fit --scale 1/300 --histories 8 --plans 4 --out emulator.npz
    """
    from kladsim.core.files import prepare_output_file
    from kladsim.inference.emulator.design import COUNTRY, Size, country_draws
    from kladsim.inference.emulator.design import histories as designed
    from kladsim.inference.emulator.families import library
    from kladsim.inference.emulator.fitting import fit as train
    from kladsim.inference.emulator.fitting import write
    from kladsim.inference.emulator.predicting import SHIPPED
    from kladsim.inference.emulator.running import PRESET, HistoryRows, compute
    from kladsim.policy.scenario import Scenario
    from kladsim.runs.provenance import origin_of

    library()  # before hours of computing
    k = round(1 / Scenario.preset(PRESET).with_(scale=scale).scale)
    few = histories < Size().histories
    held = (2, 2) if few else (Size().held_out, Size().held_out_repeated)
    size = Size(histories, 1 if few else Size().repeated, *held, plans, k)
    draws = country_draws()
    design, rows = designed(size, draws=draws), HistoryRows(k, store)
    # before hours of computing
    path = SHIPPED if ship else prepare_output_file(out or rows.path.with_name("emulator.npz"))
    if not computed:
        with o.runner(executor, workers, shard, wait, quiet) as runner:
            compute(design, rows, runner, k=k)
    if not quiet:
        hint("training")
    emulator = train(rows.of(design), k=k, origin=origin_of(model_version(), COUNTRY, draws))
    large = write(emulator, path)
    summary = {"file": str(path), "bytes": large, "runs": emulator.meta["runs"],
             "worker_seconds": emulator.meta["worker_seconds"], "measures": emulator.measures}  # fmt: skip
    if json_:
        print_json(summary)
        return
    chosen = [(m["name"], m["family"], *(f"{error:.2f}" for error in m["errors"].values())) for m in emulator.measures]
    columns = ("outcome", "chosen", *emulator.measures[0]["errors"])
    title = "Held-out error of each family, as a share of the error of saying nothing"
    print_table(title, columns, chosen, len(columns) - 2)
    runs = emulator.meta["runs"]
    say(f"{runs['train']} paired runs trained it, {runs['held_out']} are held out; {path}, {large / 1000:.0f} kB.")


@dev_verbs.command()
@command
def check(file: File = None, json_: o.Json = False) -> None:
    """Judge the emulator by runs that it was not fitted to; exit code 1 if it fails.

    Example: kladsim dev emulate check --json
    """
    from kladsim.inference.emulator.checking import RULES
    from kladsim.inference.emulator.checking import check as judge

    emulator = _opened(file)
    judged = judge(emulator)
    if json_:
        print_json(_summarise_check(emulator, judged))
    else:
        _show_check(emulator, judged)
        explain_in_words(RULES)
    if not judged.passed:
        raise typer.Exit(1)


def _summarise_check(emulator: Emulator, judged: Checked) -> dict[str, Any]:
    from kladsim.runs.disclosure import BADGE

    return {
        "passed": judged.passed, "stale": judged.stale, "problems": list(judged.problems),
        "coverage_90": judged.coverage, "answer_ms": judged.answer_ms,
        "outcomes": [vars(one) for one in judged.outcomes], "model": emulator.meta["model_version"],
        "runs": emulator.meta["runs"], "scale": f"1/{emulator.meta['k']}", "badge": BADGE,
    }  # fmt: skip


def _show_check(emulator: Emulator, judged: Checked) -> None:
    warn_stale(judged.stale)
    rows = [
        (
            one.outcome, one.family, one.runs, f"{one.r2:.2f}", f"{one.tellable:.2f}", f"{one.error:.1f} %",
            f"{one.coverage:.0%}", f"{one.coverage_years:.0%}",
            "–" if one.coverage_means is None else f"{one.coverage_means:.0%}", "yes" if one.passed else "NO",
        )
        for one in judged.outcomes
    ]  # fmt: skip
    columns = ("outcome", "family", "runs", "R²", "no luck", "error", "in band", "years", "means", "passed")
    print_table("The emulator on runs that it was not fitted to (effects over all years)", columns, rows, 8)
    runs = emulator.meta["runs"]
    say(
        f"Coverage of the 90 % band over all outcomes: {judged.coverage:.0%}. An answer takes "
        f"{judged.answer_ms:.1f} ms (median).\nTrained on {runs['train']} paired runs at 1/{emulator.meta['k']} in "
        f"{emulator.meta['worker_seconds'] / 60:.0f} minutes of its workers, model {emulator.meta['model_version']}."
    )
    for problem in judged.problems:
        say(f"FAILED: {problem}")
    if judged.passed:
        say("passed")


@verbs.command()
@command
def predict(
    plan: Annotated[str | None, typer.Argument(metavar="[PLAN]", help="A scenario: a preset or a file.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="LEVER.OPTION=VALUE, or PARAMETER=VALUE; repeatable.", metavar="A.B=C"),
    ] = None,
    start: Annotated[str, typer.Option("--start", help="When levers of --set begin.", metavar="DATE")] = "2025-01-01",
    until: Annotated[
        str | None,
        typer.Option("--until", help="First day after it (default: the plan's own, else 2031-01-01).", metavar="DATE"),
    ] = None,
    runs: Annotated[
        int, typer.Option("--replicates", "-n", help="The band is for the middle of so many runs.")
    ] = o.PAIRS,
    file: File = None,
    json_: o.Json = False,
) -> None:
    """Estimate what levers change against the base without them.

    Example: kladsim emulate predict --set treatment.places=40000 --set diversion.share=0.5 --json
    """
    from kladsim.inference.emulator.asking import ask

    emulator = _opened(file)
    answer = ask(emulator, plan, settings or (), start=start, until=until, runs=runs)
    stale = emulator.stale()
    text = NOTE + _what_holds(emulator, answer.runs)
    if json_:
        from kladsim.runs.disclosure import BADGE, USE

        print_json({"kind": "estimated", "stale": stale, **vars(answer), "effects": [vars(e) for e in answer.effects],
                    "words": text, "badge": BADGE, "use": USE})  # fmt: skip
        return
    warn_stale(stale)
    _show_prediction(answer)
    explain_in_words(text)


def _what_holds(emulator: Emulator, runs: int) -> str:
    """What the band of an estimate holds, in the sentence of every door."""
    from kladsim.runs.interval_words import estimate_sentence

    return estimate_sentence(emulator.origin, runs)


def _show_prediction(answer: Prediction) -> None:
    rows = [
        (
            e.outcome,
            e.unit,
            format_short(e.base),
            format_short(e.median),
            format_range(e.low, e.high),
            f"{e.percent:.2g} %",
        )
        for e in answer.effects
    ]
    title = f"Estimated: plan minus base, {answer.since} to {answer.until} (flows added up, levels averaged)"
    print_table(title, ("outcome", "unit", "base", "difference", f"90 % band, {answer.runs} runs", "share"), rows, 4)


def _opened(file: Path | None) -> Emulator:
    from kladsim.inference.emulator.predicting import SHIPPED, Emulator

    return Emulator.open(file or SHIPPED)

