"""``kladsim export``: outcomes of a run as tidy columns with intervals."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kladsim.cli import options as o
from kladsim.cli.guard import command
from kladsim.cli.runs import find_run
from kladsim.cli.show import hint, print_json, say


@command
def export(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run directory, or a name or key below the runs folder.")],
    outcome: Annotated[str, typer.Option("--outcome", help="Outcomes, with commas between.", metavar="NAME,...")],
    by: Annotated[
        str,
        typer.Option("--by", help="The cells: day, month, quarter or year, and perhaps region, age, sex."),
    ] = "year",
    format_: Annotated[str, typer.Option("--format", help="csv, parquet or json.")] = "csv",
    out: Annotated[Path | None, o.out("the table is written: a file", "stdout")] = None,
    json_: o.Json = False,
) -> None:
    """Write outcomes of a run as tidy columns with intervals.

    A cell finer than responsible use allows is refused.

    Example: kladsim export georgia-1a2b3c4d --outcome scrape_packages,scrape_shops --by day --format csv
    """
    from kladsim.runs.result import Result

    result = Result.open(find_run(run))
    if json_ and out is None:
        say(str(result.export(outcome, by, "json")).rstrip())
        return
    made = result.export(outcome, by, format_, out)
    if out is None:
        typer.echo(made, nl=False)
    elif json_:
        print_json({"file": str(made), "run": result.name, "digest": result.digest})
    else:
        hint(f"written: {made}")
