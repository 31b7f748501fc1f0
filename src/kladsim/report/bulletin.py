"""The weekly bulletin of the desk: one HTML page that needs nothing from outside, and the same as PDF with Typst."""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Collection, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

from kladsim.core.extras import extra
from kladsim.core.formatting import Language, typeset_interval, typeset_number
from kladsim.evidence.translating import form, lookup
from kladsim.monitor import library
from kladsim.monitor.desk import Desk, Signal
from kladsim.monitor.tables import DATA as MONITOR_DATA
from kladsim.monitor.tables import read_rows
from kladsim.monitor.watching import Status
from kladsim.report import monitor_map
from kladsim.report.templating import TEMPLATES, render
from kladsim.report.words import unit

MOST = 60
Form = Literal["html", "pdf", "png"]
SHOWN = ("region", "place", "series", "status", "why", "last", "now")
SIGNAL_COLUMNS = ("date", "place", "signal", "step", "decision")


def make_bulletin(desk: Desk, language: Language, forms: Collection[Form]) -> dict[Form, bytes]:
    """Return the bulletin in the forms wanted: the page, the PDF, and the map alone."""
    with tempfile.TemporaryDirectory() as folder:
        picture = monitor_map.draw(desk.rows, Path(folder) / "map.png", desk.day, language)
        made: dict[Form, bytes] = {}
        for name in forms:
            if name == "png":
                made[name] = picture.read_bytes()
            elif name == "html":
                made[name] = build_page(desk, picture, language).encode()
            else:
                made[name] = compile_pdf(desk, picture, language)
        return made


def headline(counts: dict[str, Any], language: Language = "en") -> str:
    """Return the counts in one sentence."""
    by = {name.removeprefix("too "): count for name, count in counts["by_status"].items()}
    chance = typeset_number(counts["alarms_by_chance"], language)
    return form("bulletin", "headline", language, **{**counts, **by, "chance": chance})


def build_page(desk: Desk, picture: Path, language: Language = "en") -> str:
    """Return the bulletin as one HTML page with the map inside."""
    image = base64.b64encode(picture.read_bytes()).decode("ascii")
    return render("bulletin.html", **_list_content(desk, language), image=image)


def compile_pdf(desk: Desk, picture: Path, language: Language = "en") -> bytes:
    """Return the bulletin as PDF (Typst): text is passed as data, never as markup."""
    with extra("report"):
        import typst

    source = picture.parent / "bulletin.typ"  # beside the picture, the only file that it reads
    source.write_bytes((TEMPLATES / source.name).read_bytes())
    content = {**_list_content(desk, language), "picture": picture.name}
    return bytes(typst.compile(str(source), sys_inputs={"data": json.dumps(content, ensure_ascii=False)}))


def _list_content(desk: Desk, language: Language) -> dict[str, Any]:
    """What page and PDF say."""
    text, week = partial(form, "bulletin", language=language), desk.day.isocalendar()
    shown, old = _select_rows(desk)
    more = text("more", n=len(shown) - MOST, command="kladsim monitor watch --json") if len(shown) > MOST else ""
    tables = [
        ("alarms", SHOWN, _list_cells(shown[:MOST], language), more),
        ("old", SHOWN, _list_cells(old[:MOST], language), ""),
        ("signals", SIGNAL_COLUMNS, _list_signals(desk.signals[-MOST:], language), ""),
    ]
    return {
        "language": language,
        "title": text("title", week=week.week, year=week.year),
        "lead": f"{desk.day.isoformat()} · {headline(desk.counts, language)}",
        "use": text("use"),
        "alt": text("map"),
        "none": text("none"),
        "tables": [
            {"title": text(title), "columns": [text(name) for name in columns], "rows": rows, "more": note}
            for title, columns, rows, note in tables
        ],
        "sources_title": text("sources"),
        "sources": _list_sources(desk, language),
        "method": text("method"),
    }


def sort_by_region(rows: Iterable[Status]) -> list[tuple[str, Status]]:
    """Return rows with the region of the world, ordered by it (never by rank)."""
    regions: dict[str, str] = {}
    for row in read_rows(MONITOR_DATA / "open" / "countries.csv"):
        regions[row["iso3"]] = regions[row["iso2"]] = row["region"]
    named = [(regions.get(row.country, "no country"), row) for row in rows]
    return sorted(named, key=lambda pair: (pair[0], pair[1].country, pair[1].place, pair[1].series))


def _select_rows(desk: Desk) -> tuple[list[tuple[str, Status]], list[tuple[str, Status]]]:
    """Alarms and watches, and surprises in data that are too old."""
    shown = sort_by_region(row for row in desk.rows if row.status in ("alarm", "watch"))
    old = (row for row in desk.rows if row.status == "stale" and row.tail is not None and row.tail < 0.01)
    return shown, sort_by_region(old)


def _list_cells(rows: Sequence[tuple[str, Status]], language: Language) -> list[tuple[str, ...]]:
    """The cells of ``SHOWN``."""
    return [
        (
            lookup("world", region, language),
            f"{row.country} {row.place}".strip(),
            f"{row.indicator} ({unit(row.unit, language)})",
            form("status", row.status, language),
            "; ".join(row.reasons),
            form("bulletin", "age", language, period=row.last_period, value=typeset_number(row.last_value, language),
                 age=typeset_number(row.age_years, language)),
            "–" if row.nowcast is None else f"{typeset_number(row.nowcast, language)} "
            f"({typeset_interval(row.nowcast_low80, row.nowcast_high80, language)})",
        )
        for region, row in rows
    ]  # fmt: skip


def _list_signals(signals: Sequence[Signal], language: Language) -> list[tuple[str, ...]]:
    return [
        (
            one.date,
            f"{one.country} {one.place}".strip(),
            one.what,
            form("status", one.step, language),
            "; ".join(f"{entry.decision} ({entry.by}, {entry.recorded[:10]})" for entry in one.triage) or "–",
        )
        for one in signals
    ]


def _list_sources(desk: Desk, language: Language) -> list[str]:
    known = library.every()
    datasets = {known[row.series].dataset for row in desk.rows if row.series in known}
    return [
        form("bulletin", "source", language, name=name, source=f"{one.title}. {one.source}", licence=one.licence)
        + f" {one.caveat}"
        for name, one in sorted(library.origins().items())
        if name in datasets
    ]
