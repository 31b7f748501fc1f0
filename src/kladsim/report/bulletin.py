"""The weekly bulletin of the watch: one HTML page that needs nothing from outside, and the same as PDF with Typst."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from kladsim.core.extras import extra
from kladsim.core.files import write_bytes
from kladsim.monitor.library import Origin
from kladsim.monitor.tables import DATA as MONITOR_DATA
from kladsim.monitor.tables import read_rows
from kladsim.monitor.watching import Status
from kladsim.report.templating import TEMPLATES, render

MOST = 60
USE = (
    "For public-health and justice bodies. Surprises in measured series, not proof of a market: seizures and police "
    "series measure enforcement as much as supply. Check the source before acting. Not for use against any person. "
    "No published figure on use, death or treatment is for cathinones."
)


def page(rows: Sequence[Status], facts: dict[str, Any], origins: Sequence[Origin], today: date, picture: Path) -> str:
    """Return the bulletin as one HTML page with the map inside."""
    old = [row for row in rows if row.status == "stale" and row.tail is not None and row.tail < 0.01]
    return render(
        "bulletin.html", title=_title(today), today=today.isoformat(), lead=headline(facts), use=USE, most=MOST,
        shown=_alarms(rows), old=by_region(old), origins=origins,
        image=base64.b64encode(picture.read_bytes()).decode("ascii"),
    )  # fmt: skip


def pdf(
    rows: Sequence[Status], facts: dict[str, Any], origins: Sequence[Origin], today: date, picture: Path, out: Path
) -> Path:
    """Write the bulletin as PDF (Typst): text is passed as data, never as markup."""
    with extra("report"):
        import typst

    data = {
        "title": _title(today),
        "lead": headline(facts),
        "use": USE,
        "picture": picture.name,
        "rows": [
            [region, f"{row.country} {row.place}", row.indicator, row.status, "; ".join(row.reasons)]
            for region, row in _alarms(rows)[:MOST]
        ],
        "sources": [f"{one.dataset}: {one.source}. Terms: {one.licence}." for one in origins],
    }
    source = picture.parent / "bulletin.typ"  # beside the picture, the only file that it reads
    source.write_bytes((TEMPLATES / source.name).read_bytes())
    inputs = {"data": json.dumps(data, ensure_ascii=False)}
    write_bytes(out, bytes(typst.compile(str(source), sys_inputs=inputs)))
    source.unlink()
    return out


def _title(today: date) -> str:
    week = today.isocalendar()
    return f"Early-warning bulletin, week {week.week} of {week.year}"


def _alarms(rows: Sequence[Status]) -> list[tuple[str, Status]]:
    return by_region([row for row in rows if row.status in ("alarm", "watch")])


def headline(facts: dict[str, Any]) -> str:
    """Return the counts in one sentence."""
    by = facts["by_status"]
    return (
        f"{facts['series']} series: {by['alarm']} alarms, {by['watch']} on watch, {by['calm']} calm, "
        f"{by['stale']} stale, {by['too few']} with too few values. Of {facts['judged']} last values, "
        f"{facts['surprises']} lie beyond the 99 % bound; chance alone would give {facts['alarms_by_chance']:g}."
    )


def by_region(rows: Sequence[Status]) -> list[tuple[str, Status]]:
    """Return rows with the region of the world, ordered by it (never by rank)."""
    regions: dict[str, str] = {}
    for row in read_rows(MONITOR_DATA / "open" / "countries.csv"):
        regions[row["iso3"]] = regions[row["iso2"]] = row["region"]
    named = [(regions.get(row.country, "no country"), row) for row in rows]
    return sorted(named, key=lambda pair: (pair[0], pair[1].country, pair[1].place, pair[1].series))
