"""``kladsim monitor detect|nowcast``: alarms in a table of counts, and what late reports will add to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from kladsim.cli import options as o
from kladsim.cli.guard import command
from kladsim.cli.show import format_short, print_table, say
from kladsim.core.errors import InputError

SHOWN = 40


@command
def detect(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with the columns series, period, value.")],
    detector: Annotated[
        str,
        typer.Option(
            "--detector", help="default, farrington-flexible, ears-c1, ears-c2, ears-c3, cusum or joint-rise."
        ),
    ] = "default",
    start: Annotated[str, typer.Option("--from", help="First period to judge (default: all).", metavar="DATE")] = "",
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="A setting of the detector; repeatable.", metavar="NAME=VALUE")
    ] = None,
    json_: o.Json = False,
) -> None:
    """Judge each period of each series of a table of counts by what lies before it.

    Days, weeks, months, quarters and years are recognised. A count may be an interval such as <5.

    Example: kladsim monitor detect counts.csv --detector default --from 2023-01-01
    """
    from kladsim.monitor import detection

    chosen = detection.build_detector(detector, _split(settings))
    result = detection.detect(detection.read_counts(file), chosen, start)
    if json_:
        print(json.dumps(result, ensure_ascii=False))
        return
    _show(result)


@command
def nowcast(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with the columns series, period, reported, value.")],
    json_: o.Json = False,
) -> None:
    """Estimate the totals of the last periods from how late earlier ones were reported.

    A value is a period's total as known on the day `reported`; a period has a row for each report.

    Example: kladsim monitor nowcast reports.csv
    """
    from kladsim.monitor.nowcast import nowcast_file

    result = nowcast_file(file)
    if json_:
        print(json.dumps(result, ensure_ascii=False))
        return
    late = [row for row in result["rows"] if row["high80"] > row["known"]]
    rows = [
        (row["series"], row["period"], row["known"], row["median"], f"{row['low80']} to {row['high80']}")
        for row in late[-SHOWN:]
    ]
    print_table(f"As known in {result['now']}", ("series", "period", "known", "in the end", "80 % interval"), rows, 3)
    if len(late) > SHOWN:
        say(f"{len(late) - SHOWN} earlier periods are left out; use --json.")


def _split(settings: list[str] | None) -> dict[str, str]:
    pairs = {}
    for text in settings or ():
        name, mark, value = text.partition("=")
        if not mark or not name.strip():
            raise InputError("no setting", where="--set", value=text, allowed="NAME=VALUE")
        pairs[name.strip()] = value.strip()
    return pairs


def _show(result: dict[str, Any]) -> None:
    rows = result["rows"]
    alarms = [row for row in rows if row["alarm"]]
    judged = sum(row["alarm"] is not None for row in rows)
    shown = [
        (
            row["series"],
            row["period"],
            row["value"],
            *(format_short(row[name]) for name in ("expected", "upper", "score")),
        )
        for row in alarms[:SHOWN]
    ]
    if shown:
        print_table("", ("series", "period", "value", "expected", "upper bound", "score"), shown, 4)
    if len(alarms) > SHOWN:
        say(f"… and {len(alarms) - SHOWN} more alarms; use --json.")
    series = len({row["series"] for row in rows})
    say(f"{result['detector']}: {len(alarms)} alarms in {judged} judged of {len(rows)} periods of {series} series.")
