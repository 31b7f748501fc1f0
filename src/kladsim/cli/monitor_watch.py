"""``kladsim monitor watch|bulletin``: the status of every series, and the week's page."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kladsim.cli import options as o
from kladsim.cli.guard import command
from kladsim.cli.show import explain_in_words, format_range, format_short, print_json, print_table, say
from kladsim.core.errors import InputError, unknown_name

if TYPE_CHECKING:
    from kladsim.core.formatting import Language
    from kladsim.monitor.desk import Signal
    from kladsim.monitor.watching import Status

Country = Annotated[str, typer.Option("--country", help="One country: its ISO code or its name.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="What was known on that day.", metavar="DATE")]
Beginning = Annotated[str, typer.Argument(help="Only series whose names begin so.")]
SHOWN = 30


@command
def watch(
    beginning: Beginning = "",
    country: Country = "",
    as_of: AsOf = None,
    every: Annotated[bool, typer.Option("--all", help="Calm and stale series too.")] = False,
    picture: Annotated[Path | None, typer.Option("--picture", help="Write a map (PNG).")] = None,
    json_: o.Json = False,
    quiet: o.Quiet = False,
) -> None:
    """Show the early-warning desk: alarms with reasons, data and their age, signals that are not closed.

    Example: kladsim monitor watch --country LV --all
    """
    from kladsim.monitor.desk import open_desk

    day = _day(as_of)
    with _show_progress(quiet) as progress:
        desk = open_desk(beginning, country=country, as_of=day, progress=progress)
    if picture is not None:
        from kladsim.report.monitor_map import draw

        draw(desk.rows, picture, day)
    if json_:
        print_json(desk.to_json())
        return
    shown = [row for row in desk.rows if every or row.status in ("alarm", "watch")]
    cells = [
        (row.status, row.series, f"{row.last_period}\n({row.age_years:.1f} y)", _why(row)) for row in shown[:SHOWN]
    ]
    if cells:
        print_table("", ("status", "series", "last (age)", "why, data, and the level now"), cells)
    else:
        say("No alarm, and nothing to watch." if not every else "No series.")
    if len(shown) > SHOWN:
        say(f"… and {len(shown) - SHOWN} more; use --json.")
    waiting = [one for one in desk.signals if one.step != "closed"]
    if waiting:
        lines = [(one.step, one.subject, one.date, f"{one.country} {one.place}".strip(), _last_decision(one))
                 for one in waiting[-SHOWN:]]  # fmt: skip
        print_table("Signals that are not closed", ("step", "signal", "date", "where", "what"), lines)
    counts = desk.counts
    by = ", ".join(f"{count} {name}" for name, count in counts["by_status"].items())
    explain_in_words(
        f"{counts['series']} series: {by}. Of {counts['judged']} last values {counts['surprises']} lie beyond the 99 % "
        f"bound of what was expected; chance alone would give {counts['alarms_by_chance']:g}."
    )
    for note in desk.notes:
        explain_in_words(f"Note: {note}.")
    _sources(desk.rows)


@contextmanager
def _show_progress(quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on stderr while series are judged, on a terminal only."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("judging the series", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def _day(text: str | None) -> date:
    if text is None:
        return date.today()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError("no such day", where="--as-of", value=text, allowed="YYYY-MM-DD") from None


def _why(row: Status) -> str:
    now = f"; now {format_short(row.nowcast)} ({format_range(row.nowcast_low80, row.nowcast_high80)})"
    return "; ".join(row.reasons) + f" [{', '.join(row.data)}]" + (now if row.nowcast is not None else "")


def _last_decision(one: Signal) -> str:
    return f"{one.what}; {one.triage[-1].decision}" if one.triage else one.what


def _sources(rows: Sequence[Status]) -> None:
    from kladsim.monitor.library import every, origins

    known = every()
    datasets = sorted({known[row.series].dataset for row in rows})
    sources = [f"{name}: {origins()[name].source}" for name in datasets if name in origins()]
    if sources:
        explain_in_words("Sources: " + "; ".join(sources))


@command
def bulletin(
    out: Annotated[Path, o.out("the bulletin is written: a folder with page and picture")] = Path("bulletin"),
    beginning: Beginning = "",
    country: Country = "",
    as_of: AsOf = None,
    pdf: Annotated[bool, typer.Option("--pdf/--no-pdf", help="Write a PDF too.")] = True,
    language: Annotated[str, typer.Option("--language", help="en or ru.")] = "en",
    json_: o.Json = False,
    quiet: o.Quiet = False,
) -> None:
    """Write the weekly bulletin: a page, a PDF and a map.

    Example: kladsim monitor bulletin --out week
    """
    from kladsim.core.files import write_bytes
    from kladsim.core.formatting import LANGUAGES
    from kladsim.monitor.desk import open_desk
    from kladsim.report.bulletin import headline, make_bulletin

    language_known: Language | None = next((name for name in LANGUAGES if name == language), None)
    if language_known is None:
        raise unknown_name("language", language, LANGUAGES, where="--language")
    day = _day(as_of)
    with _show_progress(quiet) as progress:
        desk = open_desk(beginning, country=country, as_of=day, language=language_known, progress=progress)
    if out.is_file():
        raise InputError("is a file", where="--out", value=str(out), allowed="a folder, which need not be there")
    out.mkdir(parents=True, exist_ok=True)
    files = make_bulletin(desk, language_known, forms=("html", "png", "pdf") if pdf else ("html", "png"))
    names = {"html": "bulletin.html", "png": "map.png", "pdf": "bulletin.pdf"}
    for form, content in files.items():
        write_bytes(out / names[form], content)
    written = [str(out / names[form]) for form in files]
    if json_:
        print_json({**desk.counts, "files": written})
        return
    say(headline(desk.counts, language_known))
    for note in desk.notes:
        explain_in_words(f"Note: {note}.")
    say("Written: " + ", ".join(written))
