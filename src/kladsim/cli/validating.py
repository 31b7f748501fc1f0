"""``kladsim validate``, and ``dev validate`` that computes: every claim, pattern, target and published result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kladsim.cli import options as o
from kladsim.cli.calibrating import targets_table
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
from kladsim.core.errors import InputError, unknown_name

if TYPE_CHECKING:
    from kladsim.validation.report import Report
    from kladsim.validation.verdicts import CheckResult

EXPLANATION = (
    "Intervals hold 90 % of replicates (Monte Carlo luck only; parameters and structure are fixed). CAL rows are "
    "reproduced input, no evidence for the model; VAL and SIGN rows were kept out of the fit."
)


Only = Annotated[
    str, typer.Option("--only", help="Ids and kinds, separated by commas: patterns, targets, published, claims.")
]
Page = Annotated[Path | None, o.out("the page is written: a folder with it and its pictures", "no page")]
Rows = Annotated[Path | None, typer.Option("--store", help="Folder of the computed rows (default: below runs/).")]
Mode = Annotated[
    str,
    typer.Option(
        "--parameters", help="point; posterior, prior: targets and patterns over runs of draws.", metavar="WHICH"
    ),
]


@command
def validate(
    only: Only = "", json_: o.Json = False, out: Page = None, store: Rows = None, parameters: Mode = "point"
) -> None:
    """Check every claim, pattern, target and published result; answers from stored results.

    Stored results belong to one version of the code; results of another version are marked stale.

    Example: kladsim validate --only patterns
    """
    from kladsim.validation.report import answer

    def results(ids: str, most: int | None) -> Report:
        return answer(ids, root=store, mode=parameters)

    _validate(results, only, json_, out, parameters)


@command
def compute(
    only: Only = "",
    json_: o.Json = False,
    out: Page = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Compute with this code; what was computed is kept and resumed.")
    ] = False,
    replicates: Annotated[
        int | None, typer.Option("--replicates", "-n", help="At most so many replicates an experiment.")
    ] = None,
    store: Rows = None,
    ship: Annotated[
        bool, typer.Option("--ship", help="Renew the results in the package from what was computed.")
    ] = False,
    executor: o.Executor = None,
    workers: o.Workers = None,
    shard: o.Shard = None,
    wait: o.Wait = 0.0,
    parameters: Mode = "point",
    quiet: o.Quiet = False,
) -> None:
    """Compute the ensembles and ablations of the checks again, and judge them; an interruption resumes.

    With --ship alone, what is computed already is judged and written into the package.

    Example: kladsim dev validate --only P08,PL4 --fresh -n 8   ·   kladsim dev validate --fresh --ship
    """
    from kladsim.validation.report import compute_and_answer

    if replicates is not None and replicates < 2:
        raise InputError("is too small", where="--replicates", value=replicates, allowed="2 or more")
    if not (fresh or ship):
        raise InputError("nothing to compute", where="dev validate", allowed="--fresh, --ship or both")

    def results(ids: str, most: int | None) -> Report:
        with o.runner(executor, workers, shard, wait, quiet) as runner:
            return compute_and_answer(ids, most=most, root=store, runner=runner, missing=fresh, mode=parameters)

    _validate(results, only, json_, out, parameters, ship, replicates)


def _validate(
    results: Callable[[str, int | None], Report], only: str, json_: bool, out: Path | None, parameters: str,
    ship: bool = False, replicates: int | None = None,
) -> None:  # fmt: skip
    """Print the results of the checks, write their page, and ship them."""
    from kladsim.report.validation_spread import spread_results

    if parameters != "point":
        _under_draws(parameters, only, results, ship, replicates, json_)
        return
    report = results(only, replicates)
    report.take_in(*spread_results())
    if ship:
        report.ship()
    if out is not None:
        from kladsim.report.validation_page import write_page

        for path in write_page(report, out):
            hint(f"wrote {path}")
    if json_:
        print_json(report.to_dict())
        return
    _show(report)


def _under_draws(
    mode: str, only: str, results: Callable[[str, int | None], Report], ship: bool, most: int | None, json_: bool
) -> None:
    """Targets and patterns over runs of draws: targets from the report of calibration, patterns beside the point."""
    from kladsim.inference.calibration.reporting import shipped_report
    from kladsim.report.validation_spread import spread_results
    from kladsim.validation.registry import checks, select_checks
    from kladsim.validation.report import answer

    if mode not in KNOWN_OVER:
        raise unknown_name("mode", mode, ("point", *KNOWN_OVER), where="--parameters")
    known = KNOWN_OVER[mode]
    names = select_checks(only or known)
    kinds = {f"{checks()[name].kind}s" for name in names}
    if not kinds <= set(known.split(",")):
        raise InputError(f"not known over draws of the {mode}", where="--only", value=only, allowed=known)
    content = shipped_report() if "targets" in kinds else {}
    if "targets" in kinds and not content:
        raise InputError("no calibration ships", where="--parameters", allowed="point")
    drawn: dict[str, object] = {"parameters": mode} | {name: content[name] for name in TARGET_FIGURES if content}
    if content and not json_:
        targets_table(content)
    patterns = ",".join(name for name in names if checks()[name].kind == "pattern")
    if patterns:
        report, point = results(patterns, most), answer(patterns)
        if ship:
            report.ship()
        of_spread = spread_results()
        for either in (report, point):
            either.take_in(*of_spread)
        drawn |= {"patterns": [asdict(result) for result in report.results], "patterns_stale": report.stale}
        drawn |= {"patterns_pass": _passes(report.results), "patterns_pass_at_the_point": _passes(point.results)}
        if not json_:
            _patterns_beside(report, point)
    if json_:
        print_json(drawn)


KNOWN_OVER = {"posterior": "targets,patterns", "prior": "patterns"}
TARGET_FIGURES = ("targets_inside", "targets_of", "targets_outside", "targets", "model_version", "stale")


def _patterns_beside(report: Report, point: Report) -> None:
    """Patterns over runs of draws, beside the share of runs that show them at the point."""
    warn_stale(report.stale)
    at_point = {result.id: result for result in point.results}
    rows = [
        (*_row(result)[:-1], _row(at_point[result.id])[-2], result.status, at_point[result.id].status)
        for result in report.results
    ]
    head = ("id", "statement", "target", "model", "90 % interval", "runs", "at the point", "status", "at the point")
    print_table(f"Patterns over runs of draws of the {report.mode}", head, rows)
    say(f"Passed: {_passes(report.results)} of {len(rows)} patterns; at the point {_passes(point.results)}.")
    explain_in_words(DRAWN_EXPLANATION)
    say(f"Model {report.model_version}; {report.source}; {report.core_hours:.2f} core-hours.")


DRAWN_EXPLANATION = (
    "Runs: the share of runs that show the pattern; each run has a draw of its own, in the structure of the draw, and "
    "luck of its own. The rule is that of the point. P24 and P25 come from the model of spread, which is not drawn."
)


def _passes(results: list[CheckResult]) -> int:
    return sum(result.status == "pass" for result in results)


def _show(report: Report) -> None:
    from kladsim.validation.counting import headline

    warn_stale(report.stale)
    for kind in dict.fromkeys(result.kind for result in report.results):
        rows = [_row(result) for result in report.results if result.kind == kind]
        print_table(kind, ("id", "statement", "target", "model", "90 % interval", "runs", "status"), rows)
    say(headline(report.results))
    for result in report.results:
        if result.status in ("fail", "not testable", "not run"):
            say(f"{result.id} {result.status}: {result.reason}")
    explain_in_words(EXPLANATION)
    say(f"Model {report.model_version}; {report.source}; {report.core_hours:.2f} core-hours.")


def _row(result: CheckResult) -> tuple[str, ...]:
    share = "" if result.share is None else f"{100 * result.share:.0f} %"
    low = format_range(result.low, result.high) if result.low is not None else ""
    value = "" if result.value is None else f"{format_short(result.value)} {result.unit}"
    status = f"{result.status} ({result.use})" if result.use else result.status
    return (result.id, _short(result.statement, 60), _short(result.target, 50), value, low, share, status)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"

