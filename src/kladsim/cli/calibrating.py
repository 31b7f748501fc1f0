"""``kladsim dev calibrate`` and ``calibrate report``: from priors of the register to a posterior, and its worth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kladsim.cli import options as o
from kladsim.cli.guard import FAILED, command
from kladsim.cli.show import (
    explain_in_words,
    format_duration,
    format_range,
    format_short,
    hint,
    print_json,
    print_table,
    say,
    warn_stale,
)
from kladsim.core.errors import InputError, unknown_name

if TYPE_CHECKING:
    from kladsim.inference.calibration.quick import Quick
    from kladsim.inference.calibration.store import CalibrationRows
    from kladsim.runs.rows import Runner

EXPLANATION = (
    "Coverage: share of truths inside central posterior intervals, pooled over parameters; truths that the emulator "
    "made are judged by the emulator and say nothing of its error. Points kept out were listed before this fit, which"
    " saw nothing after 2019, but after the model and the medians of its priors had been fitted by hand to targets of"
    " the same years: they test the fit again, not the model on what nobody had seen. The rival is persistence and "
    "trend. Targets: medians over runs of posterior draws. No published figure on use, death or treatment is for "
    "cathinones."
)


@command
def calibrate(
    country: Annotated[str, typer.Argument(help="A country (russia).", metavar="[COUNTRY]")] = "russia",
    quick: Annotated[bool, typer.Option("--quick", help="Synthetic data of a known truth; minutes.")] = False,
    point: Annotated[bool, typer.Option("--point", help="A point fit from a small design; no posterior.")] = False,
    executor: o.Executor = None,
    workers: o.Workers = None,
    shard: o.Shard = None,
    wait: o.Wait = 0.0,
    out: Annotated[Path | None, o.out("the results are written: a folder")] = None,
    store: Annotated[Path | None, typer.Option("--store", help="Folder of finished runs (default: runs/).")] = None,
    ship: Annotated[bool, typer.Option("--ship", help="Renew the posterior and report in the package.")] = False,
    json_: o.Json = False,
    quiet: o.Quiet = False,
) -> None:
    """Fit the parameters of a country; an interruption resumes.

    With --shard, each of n processes or hosts does its part of every wave into one --store; run without --shard for
    what is missing.

    Example: kladsim dev calibrate --quick   ·   kladsim dev calibrate russia --executor dask://scheduler:8786
    """
    from kladsim.inference.calibration.store import CalibrationRows
    from kladsim.world.load import pack_name

    if pack_name(country) != "russia":
        raise unknown_name("country with data to calibrate to", country, ("russia",), where="COUNTRY")
    rows = CalibrationRows(store)
    with o.runner(executor, workers, shard, wait, quiet) as runner:
        if quick:
            _quick(rows, runner, json_)
        else:
            _full(rows, runner, out, point=point, ship=ship, json_=json_, quiet=quiet)


@command
def report(
    what: Annotated[str, typer.Argument(help="report.", metavar="report")] = "report",
    out: Annotated[Path | None, o.out("the report is written: a folder with a page and pictures", "no page")] = None,
    json_: o.Json = False,
) -> None:
    """Print what the shipped posterior is worth.

    Example: kladsim calibrate report --json
    """
    if what != "report":
        raise unknown_name("part", what, ("report",), where="calibrate")
    _report(out, json_)


def _quick(rows: CalibrationRows, runner: Runner, json_: bool) -> None:
    from kladsim.inference.calibration.quick import quick

    trial = quick(rows, runner)
    if json_:
        print_json(trial.to_plain())
    else:
        _show_quick(trial)
    if not trial.passed:
        raise typer.Exit(FAILED)


def _show_quick(trial: Quick) -> None:
    cells = [
        (
            p.name,
            format_short(p.truth),
            format_short(p.median),
            format_range(p.low, p.high),
            "yes" if p.covered else "NO",
        )
        for p in trial.parameters
    ]
    title = f"Synthetic data of a known truth ({trial.runs} small runs)"
    head = ("parameter", "truth", "median", f"{100 * trial.level:.1f} % interval", "covered")
    print_table(title, head, cells, numbers=4)
    text = "covers the truth" if trial.passed else "does NOT cover the truth"
    say(f"The calibration {text}; R-hat {trial.rhat:.3f}, emulator's median R2 {trial.r2:.2f}, seed {trial.seed}.")


def _full(
    rows: CalibrationRows, runner: Runner, out: Path | None, *, point: bool, ship: bool, json_: bool, quiet: bool
) -> None:
    from kladsim.inference.calibration.flow import Plan
    from kladsim.inference.calibration.headline import with_headline
    from kladsim.inference.calibration.shipping import full, point_fit
    from kladsim.runs.store import runs_root

    def report_step(text: str) -> None:
        if not quiet:
            hint(text)

    if point:
        values = point_fit(rows, runner, say=report_step)
        if json_:
            print_json({"point": values})
        else:
            print_table(
                "Point fit", ("parameter", "value"), [(n, format_short(v)) for n, v in values.items()], numbers=1
            )
        return
    folder = None if ship else out or runs_root() / "calibration"
    content = with_headline(full(Plan(), rows, folder, runner, say=report_step))
    if json_:
        print_json(content)
    else:
        _show(content)
        say(f"Written into {'the package' if folder is None else folder}.")


def _report(out: Path | None, json_: bool) -> None:
    from kladsim.inference.calibration.reporting import shipped_report

    content = shipped_report()
    if not content:
        raise InputError("no calibration ships", where="report", allowed="kladsim dev calibrate russia")
    if out is not None:
        from kladsim.report.calibration_page import write_page

        for path in write_page(content, out):
            hint(f"wrote {path}")
    if json_:
        print_json(content)
        return
    _show(content)


def _show(content: dict[str, Any]) -> None:
    from kladsim.inference.calibration.headline import coverage_words, holdout_words

    warn_stale(content["stale"])
    real, made = content["coverage_on_model_runs"], content["coverage_on_emulator_truths"]
    cells = [
        (f"{100 * float(name):.0f} %", f"{100 * value:.1f} %", f"{100 * made['coverage'][name]:.1f} %")
        for name, value in real["coverage"].items()
    ]
    columns = ("nominal", f"{real['truths']} runs of the model", f"{made['truths']} truths of the emulator")
    print_table("Coverage: share of known truths inside the intervals", columns, cells, numbers=3)
    say(coverage_words(content))
    for name, text in (("overconfident", "an overconfident posterior"), ("prior_only", "the prior as posterior")):
        say(f"{text} is {'caught' if content[name]['caught'] else 'NOT caught'}.")
    parts = content["holdout"]
    points = [
        (name.replace("_", " "), p["n"], f"{100 * p['coverage_95']:.0f} %", brief_or_none(p["crps"]),
         brief_or_none(p["crps_persistence_and_trend"]), f"{p['sharper_on']} of {p['compared']}")
        for name, p in parts.items()
    ]  # fmt: skip
    head = ("held out", "points", "inside 95 %", "CRPS", "CRPS of the rival", "sharper on")
    print_table("Points kept out of the fit", head, points, numbers=5)
    say(holdout_words(content))
    outside = ", ".join(content["targets_outside"]) or "none"
    say(f"Targets inside tolerance: {content['targets_inside']} of {content['targets_of']} (outside: {outside}).")
    print_table(
        "Parameters", ("parameter", "contraction", "what the data say"),
        [(p["name"], format_short(p["contraction"]), p["words"]) for p in content["parameters"]],
    )  # fmt: skip
    cost = content["cost"]
    spent = format_duration(cost["core_seconds_of_runs"])
    say(f"Largest R-hat {content['rhat_largest']:.3f}; {cost['runs']} runs, {spent} of a core.")
    explain_in_words(EXPLANATION)
    say(f"Model {content['model_version']}, made {content['made']}.")


def targets_table(content: dict[str, Any]) -> None:
    """Print every target part over runs of posterior draws."""
    warn_stale(content["stale"])
    rows = [
        (t["id"], t["part"], format_range(t["low"], t["high"]), format_short(t["median"]),
         format_range(t["low5"], t["high95"]), "inside" if t["inside"] else "OUTSIDE")
        for t in content["targets"]
    ]  # fmt: skip
    head = ("target", "part", "published", "median", "90 % of runs", "")
    print_table("Targets over runs of draws of the posterior", head, rows)
    say(f"Inside: {content['targets_inside']} of {content['targets_of']} targets.")


def brief_or_none(value: float | None) -> str:
    """A number in brief, or a dash."""
    return "–" if value is None else format_short(value)

