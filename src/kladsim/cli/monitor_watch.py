"""``kladsim monitor watch|bulletin``: the status of every series, and the week's page."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kladsim.cli import options as o
from kladsim.cli.guard import command
from kladsim.cli.show import explain_in_words, hint, print_json, print_table, say
from kladsim.core.errors import InputError

if TYPE_CHECKING:
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
) -> None:
    """Tell the status of every series: reasons, data, age of the data.

    Example: kladsim monitor watch --country LV --all
    """
    from kladsim.monitor import watching

    day = _day(as_of)
    rows = watching.watch(beginning, country=country, as_of=day)
    facts = watching.summary(rows)
    if picture is not None:
        _map(rows, picture, day)
    if json_:
        print_json({**facts, "notes": watching.list_notes(day), "rows": [watching.facts(row) for row in rows]})
        return
    shown = [row for row in rows if every or row.status in ("alarm", "watch")]
    cells = [(row.status, row.series, f"{row.age_years:.1f}", _why(row)) for row in shown[:SHOWN]]
    print_table("", ("status", "series", "age, years", "why, and data"), cells)
    if len(shown) > SHOWN:
        say(f"… and {len(shown) - SHOWN} more; use --json.")
    by = ", ".join(f"{count} {name}" for name, count in facts["by_status"].items())
    explain_in_words(
        f"{facts['series']} series: {by}. Of {facts['judged']} last values {facts['surprises']} lie beyond the 99 % "
        f"bound of what was expected; chance alone would give {facts['alarms_by_chance']:g}."
    )
    for note in watching.list_notes(day):
        say(f"Note: {note}.")
    _sources(rows)


def _day(text: str | None) -> date:
    if text is None:
        return date.today()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError("no such day", where="--as-of", value=text, allowed="YYYY-MM-DD") from None


def _why(row: Status) -> str:
    return "; ".join(row.reasons) + f" [{', '.join(row.data)}]"


def _sources(rows: list[Status]) -> None:
    from kladsim.monitor.library import every, origins

    known = every()
    datasets = sorted({known[row.series].dataset for row in rows})
    explain_in_words("Sources: " + "; ".join(f"{n}: {origins()[n].source}" for n in datasets if n in origins()))


def _map(rows: list[Status], path: Path, day: date) -> None:
    from kladsim.report.monitor_map import draw
    from kladsim.world import maps

    folder = Path(maps.__file__).parent / "packs" / "russia"
    title = f"Watch of observation series, {day.isoformat()}"
    draw(rows, path, title, maps.read_geojson(folder, "russia", "disputed"))


@command
def bulletin(
    out: Annotated[Path, o.out("the bulletin is written: a folder with page and picture")] = Path("bulletin"),
    beginning: Beginning = "",
    country: Country = "",
    as_of: AsOf = None,
    pdf: Annotated[bool, typer.Option("--pdf/--no-pdf", help="Write a PDF too.")] = True,
    json_: o.Json = False,
    quiet: o.Quiet = False,
) -> None:
    """Write the weekly bulletin: a page, a PDF and a map.

    Example: kladsim monitor bulletin --out week
    """
    from kladsim.core.files import write_bytes
    from kladsim.monitor import library, watching
    from kladsim.report import bulletin as report

    if not quiet:
        hint("judging every series …")
    day = _day(as_of)
    rows = watching.watch(beginning, country=country, as_of=day)
    facts = watching.summary(rows)
    out.mkdir(parents=True, exist_ok=True)
    picture = out / "map.png"
    _map(rows, picture, day)
    datasets = {library.every()[row.series].dataset for row in rows}
    origins = [one for name, one in sorted(library.origins().items()) if name in datasets]
    written: list[Path] = [out / "bulletin.html", picture]
    write_bytes(written[0], report.page(rows, facts, origins, day, picture).encode())
    if pdf:
        written.append(report.pdf(rows, facts, origins, day, picture, out / "bulletin.pdf"))
    told: dict[str, Any] = {**facts, "files": [str(path) for path in written]}
    if json_:
        print_json(told)
        return
    say(report.headline(facts))
    for note in watching.list_notes(day):
        say(f"Note: {note}.")
    say("Written: " + ", ".join(str(path) for path in written))
