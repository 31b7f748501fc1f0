"""The map of the watch: land without national borders, one mark a city or country, disputed areas hatched by a dashed
line.

No border is drawn between countries, so that no map of the watch states whose an area is; areas under dispute that
maps of the project name are outlined with dashes and named. Statuses differ by colour and by shape.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from kladsim.core.formatting import Language
from kladsim.evidence.translating import form
from kladsim.monitor.tables import DATA, read_rows
from kladsim.monitor.watching import Status
from kladsim.report.charts import save
from kladsim.report.interactive import LIGHT, Look
from kladsim.world import maps

WIDTH, HEIGHT = 980, 520
MARKS = {
    "alarm": ("#D55E00", "triangle-up", 70),
    "watch": ("#E69F00", "diamond", 45),
    "calm": ("#0072B2", "circle", 14),
    "stale": ("#8a8a8a", "cross", 14),
    "too few": ("#c0c0c0", "square", 9),
}
ORDER = tuple(MARKS)


def draw(rows: Sequence[Status], path: Path, day: date, language: Language = "en") -> Path:
    """Write the map as PNG."""
    nowhere = len({(row.country, row.place) for row in rows}) - len(points(rows))
    places = form("map", "places", language, n=len(points(rows)))
    subtitle = places + (form("map", "nowhere", language, n=nowhere) if nowhere else "")
    world = build_chart(rows, LIGHT, language).properties(width=WIDTH, height=HEIGHT)
    title, note = form("map", "title", language, day=day.isoformat()), form("map", "words", language)
    save([world], title, [subtitle], [note], path)
    return path


def build_chart(rows: Sequence[Status], look: Look, language: Language = "en") -> Any:
    """Return the map as a Vega-Lite chart in the colours of a page or of paper."""
    import altair as alt

    names = {name: form("status", name, language) for name in ORDER}
    marks = [{**mark, "status": names[str(mark["status"])]} for mark in points(rows)]
    folder = Path(maps.__file__).parent / "packs" / "russia"
    land = json.loads((DATA / "open" / "land.geojson").read_text(encoding="utf-8"))
    make: Any = alt.Data
    shape: Any = alt.InlineData
    geojson: Any = alt.DataFormat
    features = geojson(property="features", type="json")
    base = alt.Chart(shape(values=land, format=features)).mark_geoshape(fill=look.pale, stroke=None, aria=False)
    edge = alt.Chart(shape(values=maps.read_geojson(folder, "russia", "disputed"), format=features)).mark_geoshape(
        fill=None, stroke=look.grey, strokeDash=[2, 2], strokeWidth=0.8, aria=False
    )
    domain = [name for name in ORDER if any(mark["status"] == names[name] for mark in marks)]
    scale = [names[name] for name in domain]
    dots = (
        alt.Chart(make(values=marks))
        .mark_point(filled=True, opacity=0.9, stroke=look.ink, strokeWidth=0.2)
        .encode(
            longitude="lon:Q",
            latitude="lat:Q",
            color=alt.Color("status:N", title=None, scale=alt.Scale(domain=scale, range=[MARKS[n][0] for n in domain])),
            shape=alt.Shape("status:N", title=None, scale=alt.Scale(domain=scale, range=[MARKS[n][1] for n in domain])),
            size=alt.Size("status:N", scale=alt.Scale(domain=scale, range=[MARKS[n][2] for n in domain]), legend=None),
            tooltip=[alt.Tooltip("place:N", title=form("bulletin", "place", language)),
                     alt.Tooltip("status:N", title=form("bulletin", "status", language))],
        )
    )  # fmt: skip
    return alt.layer(base, edge, dots).project("equalEarth")


def points(rows: Sequence[Status]) -> list[dict[str, Any]]:
    """Return one mark a place: position and the gravest status of its series, the gravest drawn last."""
    cities = {(r["country_iso2"], r["city"]): r for r in read_rows(DATA / "open" / "wastewater_sites.csv")}
    countries = {r["iso3"]: r for r in read_rows(DATA / "open" / "countries.csv")}
    mark_by_place: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        where = cities.get((row.country, row.place)) or (countries.get(row.country) if not row.place else None)
        if where is None or not where["lat"] or not where["lon"]:
            continue
        key = (row.country, row.place)
        mark = {
            "place": row.place or where["name"],
            "lat": float(where["lat"]),
            "lon": float(where["lon"]),
            "status": row.status,
        }
        if key not in mark_by_place or ORDER.index(row.status) < ORDER.index(mark_by_place[key]["status"]):
            mark_by_place[key] = mark
    return sorted(mark_by_place.values(), key=lambda mark: -ORDER.index(mark["status"]))
