"""The weekly bulletin of the watch: one HTML page that needs nothing from outside, and the same as PDF with Typst."""

from __future__ import annotations

import base64
import html
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

MOST = 60
STYLE = """
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{text-align:left;padding:.3rem .5rem;vertical-align:top;
border-bottom:1px solid #bbb}td.n{text-align:right;white-space:nowrap}img{max-width:100%}h2{margin-top:2rem}
.note{font-size:.85rem}.alarm{font-weight:600}caption{text-align:left;font-weight:600;padding:.3rem 0}
"""
BADGE = "No published figure on use, death or treatment is for cathinones."
USE = (
    "For public-health and justice bodies. Surprises in measured series, not proof of a market: seizures and police "
    "series measure enforcement as much as supply. Check the source before acting. Not for use against any person."
)


def page(rows: Sequence[Status], facts: dict[str, Any], origins: Sequence[Origin], today: date, picture: Path) -> str:
    """Return the bulletin as one HTML page with the map inside."""
    shown = [row for row in rows if row.status in ("alarm", "watch")]
    week = today.isocalendar()
    title = f"Early-warning bulletin, week {week.week} of {week.year}"
    image = base64.b64encode(picture.read_bytes()).decode("ascii")
    parts = [
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{title}</title>",
        "<meta name='viewport' content='width=device-width,initial-scale=1'>",
        f"<style>{STYLE}</style></head><body><main><h1>{title}</h1>",
        f"<p>{today.isoformat()} · {html.escape(headline(facts))}</p><p class='note'>{USE} {BADGE}</p>",
        f"<img alt='Map of statuses; the table below holds the same' src='data:image/png;base64,{image}'>",
        _table("Alarms and watches, by region, country and place", by_region(shown)[:MOST]),
    ]
    if len(shown) > MOST:
        parts.append(f"<p class='note'>{len(shown) - MOST} more are in <code>kladsim monitor watch --json</code>.</p>")
    recent = [row for row in rows if row.status == "stale" and row.tail is not None and row.tail < 0.01]
    parts.append(_table("Surprises in data that are too old to speak of now", by_region(recent)[:MOST]))
    parts.append("<h2>Sources</h2><ul>" + "".join(_source(one) for one in origins) + "</ul>")
    parts.append("<p class='note'>Method: docs/monitor.md. Made by kladsim.</p></main></body></html>")
    return "".join(parts)


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


def _table(caption: str, rows: Sequence[tuple[str, Status]]) -> str:
    if not rows:
        return f"<p><b>{caption}</b>: none.</p>"
    head = "<tr><th>region</th><th>place</th><th>series</th><th>status</th><th>why</th><th>data</th><th>age</th></tr>"
    body = "".join(
        f"<tr><td>{html.escape(region)}</td><td>{html.escape(row.country)} {html.escape(row.place)}</td>"
        f"<td>{html.escape(row.indicator)} ({html.escape(row.unit)})</td><td class='{row.status}'>{row.status}</td>"
        f"<td>{html.escape('; '.join(row.reasons))}</td><td>{html.escape(' · '.join(row.data))}</td>"
        f"<td class='n'>{row.age_years:.1f} y</td></tr>"
        for region, row in rows
    )
    return f"<h2>{caption}</h2><table><thead>{head}</thead><tbody>{body}</tbody></table>"


def _source(one: Origin) -> str:
    words = f"{one.title}. {one.source}. Terms: {one.licence}. {one.caveat}"
    return f"<li><b>{html.escape(one.dataset)}</b>: {html.escape(words)}</li>"


def pdf(
    rows: Sequence[Status], facts: dict[str, Any], origins: Sequence[Origin], today: date, picture: Path, out: Path
) -> Path:
    """Write the bulletin as PDF (Typst): text is passed as data, never as markup."""
    import json

    with extra("report"):
        import typst

    shown = by_region([row for row in rows if row.status in ("alarm", "watch")])[:MOST]
    week = today.isocalendar()
    data = {
        "title": f"Early-warning bulletin, week {week.week} of {week.year}",
        "lead": headline(facts),
        "use": f"{USE} {BADGE}",
        "picture": picture.name,
        "rows": [
            [region, f"{row.country} {row.place}", row.indicator, row.status, "; ".join(row.reasons)]
            for region, row in shown
        ],
        "sources": [f"{one.dataset}: {one.source}. Terms: {one.licence}." for one in origins],
    }
    source = picture.parent / "bulletin.typ"
    source.write_text(TEMPLATE, encoding="utf-8")
    inputs = {"data": json.dumps(data, ensure_ascii=False)}
    write_bytes(out, bytes(typst.compile(str(source), sys_inputs=inputs)))
    source.unlink()
    return out


TEMPLATE = """#let d = json(bytes(sys.inputs.data))
#set document(title: d.title)
#set page(margin: 18mm, numbering: "1")
#set text(size: 9pt, lang: "en")
= #d.title
#d.lead

#text(size: 8pt)[#d.use]
#image(d.picture, width: 100%, alt: "Map of statuses; the table below holds the same")
== Alarms and watches, by region, country and place
#table(columns: (16%, 14%, 20%, 8%, 1fr), stroke: 0.3pt + gray,
  table.header([*region*], [*place*], [*series*], [*status*], [*why*]),
  ..d.rows.flatten())
== Sources
#for s in d.sources [- #s
]
"""
