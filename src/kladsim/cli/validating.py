"""``kladsim validate``: every claim, pattern, target and published result beside what the model shows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kladsim.cli import options as o
from kladsim.cli.guard import command
from kladsim.cli.show import brief, clock, explain_in_words, hint, interval, print_json, print_table, say

if TYPE_CHECKING:
    from kladsim.study.validation.report import Report
    from kladsim.study.validation.running import Progress
    from kladsim.study.validation.verdicts import Result

WORDS = (
    "Intervals hold 90 % of replicates (Monte Carlo luck only; parameters and structure are fixed). CAL rows are "
    "reproduced input, no evidence for the model; VAL and SIGN rows were kept out of the fit."
)


@command
def validate(
    only: Annotated[
        str, typer.Option("--only", help="Ids and kinds, separated by commas: patterns, targets, published, claims.")
    ] = "",
    json_: o.Json = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write pictures and a page for the manual into this folder.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Compute with this code; what was computed is kept and resumed.")
    ] = False,
    replicates: Annotated[
        int | None, typer.Option("--replicates", "-n", help="At most so many replicates an experiment (with --fresh).")
    ] = None,
    store: Annotated[
        Path | None, typer.Option("--store", help="Folder of the computed rows (default: below runs/).")
    ] = None,
    ship: Annotated[
        bool, typer.Option("--ship", help="Renew the results in the package from what was computed.", hidden=True)
    ] = False,
    workers: o.Workers = None,
    parameters: Annotated[
        str, typer.Option("--parameters", help="point, or posterior: targets over runs of its draws.", metavar="WHICH")
    ] = "point",
    quiet: o.Quiet = False,
) -> None:
    """Check every claim, pattern, target and published result; answers from stored results.

    Stored results belong to one version of the code; results of another version are marked stale. With --fresh
    the ensembles and ablations are computed again; an interruption resumes.

    Example: kladsim validate --only patterns   ·   kladsim validate --only P08,PL4 --fresh -n 8
    """
    from kladsim.core.errors import InputError
    from kladsim.report.validation_spread import spread_results
    from kladsim.study.validation.report import answer, compute_and_answer

    if parameters != "point":
        _under_posterior(parameters, only, json_)
        return
    if replicates is not None and replicates < 2:
        raise InputError("is too small", where="--replicates", value=replicates, allowed="2 or more")
    if fresh or ship:
        report = compute_and_answer(
            only,
            most=replicates,
            root=store,
            workers=workers or o.cores(),
            progress=None if quiet else _tell,
            missing=fresh,
        )
    else:
        report = answer(only, root=store)
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


def _under_posterior(parameters: str, only: str, json_: bool) -> None:
    """Targets over runs of the shipped posterior's draws, from the stored report of the calibration."""
    from kladsim.cli.calibrating import targets_table
    from kladsim.core.errors import InputError, unknown_name
    from kladsim.study.calibration.reporting import shipped_report

    if parameters != "posterior":
        raise unknown_name("mode", parameters, ("point", "posterior"), where="--parameters")
    if only not in ("", "targets"):
        raise InputError("only targets are known there", where="--only", value=only, allowed="targets")
    content = shipped_report()
    if not content:
        raise InputError("no calibration ships", where="--parameters", allowed="point")
    names = ("targets_inside", "targets_of", "targets_outside", "targets", "model_version", "stale")
    if json_:
        print_json({name: content[name] for name in names})
        return
    targets_table(content)


def _show(report: Report) -> None:
    if report.stale:
        hint(f"STALE: {report.stale}")
    for kind in dict.fromkeys(result.kind for result in report.results):
        rows = [_row(result) for result in report.results if result.kind == kind]
        print_table(kind, ("id", "statement", "target", "model", "90 % interval", "runs", "status"), rows)
    say(_counts(report.results))
    for result in report.results:
        if result.status in ("fail", "not testable", "not run"):
            say(f"{result.id} {result.status}: {result.reason}")
    explain_in_words(WORDS)
    say(f"Model {report.model_version}; {report.source}; {report.core_hours:.2f} core-hours.")


def _row(result: Result) -> tuple[str, ...]:
    share = "" if result.share is None else f"{100 * result.share:.0f} %"
    low = interval(result.low, result.high) if result.low is not None else ""
    value = "" if result.value is None else f"{brief(result.value)} {result.unit}"
    status = f"{result.status} ({result.use})" if result.use else result.status
    return (result.id, _short(result.statement, 60), _short(result.target, 50), value, low, share, status)


def _counts(results: list[Result]) -> str:
    lines = []
    for kind in dict.fromkeys(result.kind for result in results):
        counts = Counter(result.status for result in results if result.kind == kind)
        lines.append(f"{kind}: " + ", ".join(f"{number} {status}" for status, number in counts.items()))
    return "; ".join(lines) + "."


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _tell(progress: Progress) -> None:
    pace = progress.seconds / max(1, progress.computed)
    left = clock(pace * (progress.total - progress.done))
    hint(f"{progress.done} of {progress.total} replicates ({progress.experiment}), {left} left")
