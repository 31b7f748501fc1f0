"""``kladsim monitor events add|ls|assess``: first signs beside the series, and what was done about them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from kladsim.cli import options as o
from kladsim.cli.guard import command
from kladsim.cli.show import explain_in_words, print_json, print_table, say

verbs = typer.Typer(
    help="Events beside series: notifications, forensic and toxicology reports, drug checking, press, police.",
    epilog="Example: kladsim monitor events ls --country GE",
    no_args_is_help=True,
    rich_markup_mode=None,
)
RULE = (
    "An event names a country, a unit of ISO 3166-2 or a city of 100,000 or more; no names, handles, addresses or "
    "links to markets. The log is only ever appended to, and each line holds the digest of the one before."
)
File = Annotated[Path | None, typer.Argument(metavar="[FILE]", help="A table whose headers are the options.")]
SHOWN = 60


@verbs.command("add")
@command
def add(
    file: File = None,
    date: Annotated[str, typer.Option("--date", help="Day, month or year.")] = "",
    country: Annotated[str, typer.Option("--country", help="ISO code or name.")] = "",
    place: Annotated[str, typer.Option("--place", help="ISO 3166-2 unit or city of 100,000.")] = "",
    kind: Annotated[str, typer.Option("--kind", help="notification, forensic, toxicology, press, …")] = "",
    substance: Annotated[str, typer.Option("--substance", help="Class of substances.")] = "",
    source: Annotated[str, typer.Option("--source", help="Who published it.")] = "",
    confidence: Annotated[str, typer.Option("--confidence", help="confirmed, probable or possible.")] = "",
    note: Annotated[str, typer.Option("--note", help="What was seen, in words.")] = "",
    encoding: Annotated[str, typer.Option("--encoding", help="Encoding of the file, if untold.")] = "",
    json_: o.Json = False,
) -> None:  # fmt: skip
    """Add one event by options, or those of a file; all of a file or nothing.

    Example: kladsim monitor events add --date 2026-05 --country GE --kind forensic --substance nitazenes --source EWS
    """
    from datetime import date as day

    from kladsim.core.errors import InputError
    from kladsim.monitor import event_log, events

    fields = {"date": date, "country": country, "place": place, "kind": kind, "substance": substance,
              "source": source, "confidence": confidence, "note": note}  # fmt: skip
    given = {name: text for name, text in fields.items() if text}
    if file is not None and given:
        raise InputError("a file and options of one event", where="FILE", value=str(file), allowed="one of both")
    if file is not None and not file.is_file():
        raise InputError("no such file", where="FILE", value=str(file))
    made = (
        [event for _, event in events.read_file(file, encoding=encoding)]
        if file
        else [events.check_event(given, day.today())]
    )
    added, known = event_log.add(made)
    ids = [event.id for event in made]
    if json_:
        print_json({"added": added, "known": known, "ids": ids})
        return
    say(f"Events: {added} added, {known} known before.")
    say(f"Ids: {', '.join(ids[:SHOWN])}{' …' if len(ids) > SHOWN else ''}")


@verbs.command("ls")
@command
def ls(
    country: Annotated[str, typer.Option("--country", help="One country: its ISO code or its name.")] = "",
    kind: Annotated[str, typer.Option("--kind", help="One kind of event.")] = "",
    since: Annotated[str, typer.Option("--since", help="From this day on (YYYY-MM-DD).")] = "",
    until: Annotated[str, typer.Option("--until", help="To this day (YYYY-MM-DD).")] = "",
    series: Annotated[bool, typer.Option("--series", help="With values of the country's series.")] = False,
    json_: o.Json = False,
) -> None:  # fmt: skip
    """List events by date, with what was decided about each; with --series on one time line with the series' values.

    Example: kladsim monitor events ls --country GE --series --since 2020-01-01 --json
    """
    from kladsim.core.errors import InputError
    from kladsim.monitor import event_log

    log = event_log.read_log()
    if series:
        if not country:
            raise InputError(
                "a time line is of one country", where="--country", value=country, allowed="a code or name"
            )
        rows = event_log.make_timeline(log, country, since=since, until=until)
        if json_:
            print_json({"rows": rows})
            return
        print_table("", ("day", "what", "where", "value"), [_format_row(row) for row in rows[-SHOWN:]], 3)
        say(f"{len(rows)} rows; the last {min(SHOWN, len(rows))} are shown, --json has all.")
        return
    selected = event_log.list_events(log, country=country, kind=kind, since=since, until=until)
    if json_:
        print_json({"rows": [
            {"id": name, **asdict(event), "recorded": log.recorded[name],
             "triage": [asdict(entry) for entry in log.list_entries(name)]}
            for name, event in selected
        ]})  # fmt: skip
        return
    cells = []
    for name, event in selected[-SHOWN:]:
        steps = log.list_entries(name)
        last = f"{steps[-1].step}: {steps[-1].decision}" if steps else "–"
        where = f"{event.country} {event.place}".strip()
        cells.append((name, event.date, where, event.kind, event.substance, event.confidence, last))
    print_table("", ("id", "date", "where", "kind", "substance", "confidence", "triage"), cells)
    if len(selected) > SHOWN:
        say(f"{len(selected) - SHOWN} earlier events are not shown; use --json.")
    explain_in_words(RULE)


def _format_row(row: dict[str, object]) -> tuple[str, str, str, str]:
    where = f"{row['country']} {row['place']}".strip()
    if row["type"] == "event":
        return str(row["day"]), f"{row['kind']}: {row['substance']}", where, str(row["confidence"])
    value = f"{row['low']:g}" if row["low"] == row["high"] else f"{row['low']:g} to {row['high']:g}"
    return str(row["day"]), str(row["series"]), where, value


@verbs.command("assess")
@command
def assess(
    subject: Annotated[str, typer.Argument(metavar="EVENT|SERIES", help="Id of an event, or the name of a series.")],
    step: Annotated[str, typer.Option("--step", help="signal, assessment, action or closed.")] = "assessment",
    decision: Annotated[str, typer.Option("--decision", help="What was decided, in words.")] = "",
    by: Annotated[str, typer.Option("--by", help="The role of who decided, not a name.")] = "",
    note: Annotated[str, typer.Option("--note", help="Why, in words.")] = "",
    json_: o.Json = False,
) -> None:  # fmt: skip
    """Write a step of the triage of a signal: it stays, with its time.

    Example: kladsim monitor events assess 3f9c --step assessment --decision "ask the laboratory" --by "duty officer"
    """
    from kladsim.monitor import event_log

    entry = event_log.assess(subject, step, decision, by=by, note=note)
    if json_:
        print_json(asdict(entry))
        return
    say(f"{entry.recorded}: {entry.subject}: {entry.step}: {entry.decision} ({entry.by}).")
