"""The page of the manual about validation: results by kind, the matrix of mechanisms and checks, pictures."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kladsim.core.files import write_bytes
from kladsim.report.templating import format_percent, render, table
from kladsim.report.validation_pictures import draw
from kladsim.validation.counting import headline, tallies
from kladsim.validation.store import as_results, shipped, stale
from kladsim.validation.verdicts import CheckResult

if TYPE_CHECKING:
    from kladsim.validation.report import Report

TITLES = {
    "pattern": "Patterns",
    "target": "Calibration targets",
    "published": "Published results",
    "claim": "Claims of the source documents",
}


def write_page(report: Report, folder: Path) -> list[Path]:
    """Write ``validation.md`` and its pictures into a folder and return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = draw(report, folder)
    path = folder / "validation.md"
    write_bytes(path, page(report, [picture.name for picture in pictures]).encode())
    return [path, *pictures]


def page(report: Report, pictures: list[str]) -> str:
    """Return the page as Markdown (``templates/validation.md``)."""
    kinds = dict.fromkeys(result.kind for result in report.results)
    counted = tallies(report.results)
    modes = [mode for mode in ("posterior", "prior") if shipped(mode)]
    return render(
        "validation.md", report=report, pictures=pictures, titles=TITLES, headline=headline(report.results),
        tallies=[tally for tally in counted if tally.group != "none"],
        untested=sum(tally.not_testable for tally in counted if tally.group == "none"),
        by_kind={kind: [result for result in report.results if result.kind == kind] for kind in kinds},
        tested=("pass", "fail", "not run"), results_table=_results_table,
        over_draws=_over_draws(report.results, modes),
        stale_draws=[(mode, why) for mode in modes if (why := stale(shipped(mode), mode))],
        curves=report.curves, interval=_interval, structures=_structures(report.curves), matrix=_matrix(report.matrix),
    )  # fmt: skip


def _over_draws(results: list[CheckResult], modes: list[str]) -> str:
    """Table of the patterns over draws of posterior and prior, from the stored results; empty where none is tested."""
    tables = {mode: {result.id: result for result in as_results(shipped(mode))} for mode in modes}
    columns = [{result.id: result for result in results}, *tables.values()]
    names = [r.id for r in results if r.kind == "pattern" and any(_tested(of.get(r.id)) for of in tables.values())]
    if not names:
        return ""
    rows = [(name, *(_share(of.get(name)) for of in columns)) for name in names]
    passed = ("passed", *(sum(of[name].status == "pass" for name in names if name in of) for of in columns))
    runs = [max(result.replicates for result in of.values()) for of in tables.values()]
    head = ("pattern", "point", *(f"{mode} (to {many} runs)" for mode, many in zip(modes, runs, strict=True)))
    return table(head, [*rows, passed])


def _tested(result: CheckResult | None) -> bool:
    return result is not None and result.status in ("pass", "fail")


def _share(result: CheckResult | None) -> str:
    if result is None or result.share is None:
        return ""
    share = format_percent(result.share)
    return share if result.status == "pass" else f"**{share}**"


def _structures(curves: dict[str, Any]) -> str:
    """Table of the structures that the literature disputes, empty where none was run."""
    if "structures" not in curves:
        return ""
    points = curves["structures"]["points"]
    names = [name for name in points[0] if name != "name"]
    rows = [(p["name"], *(_interval(dict(zip(("low", "median", "high"), p[n], strict=True))) for n in names))
            for p in points]  # fmt: skip
    return table(("structure", *(name.replace("_mean", "") for name in names)), rows)


def _interval(point: dict[str, float]) -> str:
    return f"{point['median']:.1f} ({point['low']:.1f} to {point['high']:.1f})"


def _results_table(results: Iterable[CheckResult]) -> str:
    columns = ("id", "statement", "target", "model (90 %)", "runs", "mechanisms", "status", "why")
    return table(columns, [_row(result) for result in results])


def _row(result: CheckResult) -> tuple[object, ...]:
    value = ""
    if result.value is not None:
        value = f"{result.value:.3g} {result.unit}"
        if result.low is not None and result.high is not None:
            value += f" ({result.low:.3g} to {result.high:.3g})"
    share = "" if result.share is None else f"{format_percent(result.share)} of {result.replicates}"
    cells = (" ".join(result.mechanism), result.status, result.reason)
    return (result.id, result.statement, result.target, value, share, *cells)


def _matrix(matrix: dict[str, dict[str, Any]]) -> str:
    rows = []
    for name, colours in matrix.items():
        red = [check for check, colour in colours.items() if colour == "red"]
        rows.append((name, len(red), len(colours), " ".join(red) or "none"))
    return table(("switched off", "red", "of", "checks that turn red"), rows)
