"""The page of the manual about validation: results by kind, the matrix of mechanisms and checks, pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kladsim.core.files import write_bytes
from kladsim.report.description import table
from kladsim.report.validation_pictures import draw
from kladsim.validation.counting import headline, tallies
from kladsim.validation.verdicts import CheckResult

if TYPE_CHECKING:
    from kladsim.validation.report import Report

TITLES = {
    "pattern": "Patterns",
    "target": "Calibration targets",
    "published": "Published results",
    "claim": "Claims of the source documents",
}
HEAD = (
    "# Validation\n\n"
    "Made by `kladsim validate --out`. Every check names what was published or claimed, what the model shows with the "
    "range of 90 % of replicates, and whether the rule holds. Intervals hold Monte Carlo luck; rows of published "
    "results whose replicates draw disputed parameters anew hold that doubt too. Nothing is fitted here. "
    "**No published figure on use, death or treatment is for cathinones.**"
)


def write_page(report: Report, folder: Path) -> list[Path]:
    """Write ``validation.md`` and its pictures into a folder and return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = draw(report, folder)
    path = folder / "validation.md"
    write_bytes(path, page(report, [picture.name for picture in pictures]).encode())
    return [path, *pictures]


def page(report: Report, pictures: list[str]) -> str:
    """Return the page as Markdown."""
    said = f"Model version {report.model_version}; {report.core_hours:.2f} core-hours; {report.source}."
    parts = [HEAD, said + (f" **Stale: {report.stale}.**" if report.stale else ""), _summary(report.results)]
    parts += [f"![{name.split('.')[0].replace('-', ' ')}]({name})" for name in pictures]
    for kind in dict.fromkeys(result.kind for result in report.results):
        results = [result for result in report.results if result.kind == kind]
        parts += _published(results) if kind == "published" else [f"## {TITLES[kind]}", _table(results)]
    parts += _over_draws(report.results)
    parts += _beside(report.curves)
    if report.matrix:
        parts += ["## Mechanisms and checks", MATRIX, _matrix(report.matrix)]
    return "\n\n".join(parts) + "\n"


MATRIX = (
    "Each row is the default scenario with one mechanism switched off, judged by every check that reads the default "
    "scenario alone and passes with it. Named are the checks that turn red."
)


DRAWS = (
    "## Patterns over draws\n\nThe share of runs that show each pattern at the point, and where every run draws "
    "from the posterior (in the structure of the draw) or from the prior; bold where the rule of the pattern "
    "fails. P04, P05, P06 and P10 weigh the draws of the posterior, so that its column is no test of these four. Made "
    "by `kladsim validate --only patterns --parameters posterior --fresh` and the same with `prior`. "
    "Patterns of the model of spread are not there: its parameters are not drawn."
)


def _over_draws(results: list[CheckResult]) -> list[str]:
    """Table of the patterns over draws of posterior and prior, from the stored results, with why they are stale."""
    from kladsim.validation.store import as_results, shipped, stale

    modes = [mode for mode in ("posterior", "prior") if shipped(mode)]
    old = [f"**Stale ({mode}): {why}.**" for mode in modes if (why := stale(shipped(mode), mode))]
    tables = {mode: {result.id: result for result in as_results(shipped(mode))} for mode in modes}
    columns = [{result.id: result for result in results}, *tables.values()]
    names = [r.id for r in results if r.kind == "pattern" and any(_tested(of.get(r.id)) for of in tables.values())]
    if not names:
        return []
    rows = [(name, *(_share(of.get(name)) for of in columns)) for name in names]
    passed = ("passed", *(sum(of[name].status == "pass" for name in names if name in of) for of in columns))
    runs = [max(result.replicates for result in of.values()) for of in tables.values()]
    head = ("pattern", "point", *(f"{mode} (to {many} runs)" for mode, many in zip(modes, runs, strict=True)))
    return [DRAWS, *old, table(head, [*rows, passed])]


def _tested(result: CheckResult | None) -> bool:
    return result is not None and result.status in ("pass", "fail")


def _share(result: CheckResult | None) -> str:
    if result is None or result.share is None:
        return ""
    share = f"{100 * result.share:.0f} %"
    return share if result.status == "pass" else f"**{share}**"


def _beside(curves: dict[str, Any]) -> list[str]:
    """Tables of what stands beside P08 and of the structures that the literature disputes."""
    parts: list[str] = []
    rows: list[tuple[object, ...]]
    if "P08" in curves:
        stops = curves["P08"]["stops_at"]
        said = "it never stops within these" if stops is None else f"below about {stops:.2g} it stops"
        rows = [
            (p["name"], f"{p['replaced']:.2f}", _range(p), f"{p['couriers']:,.0f}") for p in curves["P08"]["points"]
        ]
        parts += [
            f"## How elastic recruitment must be for P08\n\nP08 holds while volume falls by less than 10 %: {said} "
            "recruits added for each arrest added.",
            table(("labour pool", "recruits added per arrest added", "volume at effort x1.5, %", "couriers"), rows),
        ]
    if "P08 stocks" in curves:
        rows = [(f"{p['couriers']:,.0f}", _range(p), _range(p["inflow_fixed"])) for p in curves["P08 stocks"]["points"]]
        parts += [
            "## P08 at several stocks of couriers",
            table(("couriers", "volume at effort x1.5, %", "with inflow fixed, %"), rows),
        ]
    if "structures" in curves:
        points = curves["structures"]["points"]
        names = [name for name in points[0] if name != "name"]
        rows = [(p["name"], *(_triple(p[name]) for name in names)) for p in points]
        parts += [STRUCTURES, table(("structure", *(name.replace("_mean", "") for name in names)), rows)]
    return parts


STRUCTURES = (
    "## Disputed structures side by side\n\nChange in the second year, per cent, median and 90 % of replicates. "
    "Displacement against diffusion of benefit is shown by E14 and E17 above: the two make opposite claims."
)


def _range(point: dict[str, Any]) -> str:
    return _triple([point["low"], point["median"], point["high"]])


def _triple(values: list[float]) -> str:
    return f"{values[1]:.1f} ({values[0]:.1f} to {values[2]:.1f})"


def _summary(results: list[CheckResult]) -> str:
    rows = [
        (
            tally.title, "yes" if tally.evidence else "**no**", tally.passed, tally.failed, tally.not_testable,
            tally.not_run, " ".join(tally.cited) if tally.evidence else "",
        )
        for tally in tallies(results)
        if tally.group != "none"
    ]  # fmt: skip
    head = ("Kind", "counts as evidence", "pass", "fail", "not testable", "not run", "set with it in view")
    untested = sum(tally.not_testable for tally in tallies(results) if tally.group == "none")
    return f"{headline(results)} {untested} published results cannot be tested.\n\n{table(head, rows)}\n\n{IN_VIEW}"


IN_VIEW = (
    "*Set with it in view*: checks that pass and that a parameter of the register names as its source; they are weaker "
    "evidence than the rest. That such rows come out may say no more than that the parameter was read back. "
    "[Decisions about checks](decisions.md) says what was changed when, and what came out under either rule."
)


def _published(results: list[CheckResult]) -> list[str]:
    tested = [result for result in results if result.status in ("pass", "fail", "not run")]
    parts = [f"## {TITLES['published']}"]
    for use, words in (
        ("VAL", "Kept out of the fit (VAL): point in the 90 % interval, median in the published interval."),
        ("SIGN", "Direction or ordering (SIGN): right in at least 95 % of paired replicates."),
        ("CAL", "Reproduced input (CAL): no evidence for the model."),
    ):
        parts += [f"### {words}", _table([result for result in tested if result.use == use])]
    return [*parts, "### Not testable", _table([result for result in results if result not in tested])]


def _table(results: list[CheckResult]) -> str:
    columns = ("id", "statement", "target", "model (90 %)", "runs", "mechanisms", "status", "why")
    return table(columns, [_row(result) for result in results])


def _row(result: CheckResult) -> tuple[object, ...]:
    value = ""
    if result.value is not None:
        value = f"{result.value:.3g} {result.unit}"
        if result.low is not None and result.high is not None:
            value += f" ({result.low:.3g} to {result.high:.3g})"
    share = "" if result.share is None else f"{100 * result.share:.0f} % of {result.replicates}"
    words = (" ".join(result.mechanism), result.status, result.reason)
    return (result.id, result.statement, result.target, value, share, *words)


def _matrix(matrix: dict[str, dict[str, Any]]) -> str:
    rows = []
    for name, colours in matrix.items():
        red = [check for check, colour in colours.items() if colour == "red"]
        rows.append((name, len(red), len(colours), " ".join(red) or "none"))
    return table(("switched off", "red", "of", "checks that turn red"), rows)
