"""The map of the watch: land without national borders, one mark a city or country, disputed areas hatched by a dashed
line.

No border is drawn between countries, so that no map of the watch states whose an area is; areas under dispute that
maps of the project name are outlined with dashes and named. Statuses differ by colour and by shape.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kladsim.monitor.tables import DATA, read_rows
from kladsim.monitor.watching import Status
from kladsim.report.charts import GREY, INK, save

WIDTH, HEIGHT = 980, 520
MARKS = {
    "alarm": ("#D55E00", "triangle-up", 70),
    "watch": ("#E69F00", "diamond", 45),
    "calm": ("#0072B2", "circle", 14),
    "stale": ("#8a8a8a", "cross", 14),
    "too few": ("#c0c0c0", "square", 9),
}
ORDER = tuple(MARKS)
WORDS = (
    "One mark a place: the gravest status of its series; a country's mark stands in its middle. Marks of stale data "
    "say nothing of now. No borders are drawn; the dashed outline is Crimea and Sevastopol, whose status is disputed. "
    "Seizures and police series measure enforcement as much as supply. No published figure on use, death or treatment "
    "is for cathinones."
)


def draw(rows: Sequence[Status], path: Path, title: str, disputed: dict[str, Any]) -> Path:
    """Write the map as PNG.

    Parameters
    ----------
    disputed : GeoJSON of areas to outline as disputed
    """
    import altair as alt

    marks = points(rows)
    nowhere = len({(row.country, row.place) for row in rows}) - len(marks)
    land = json.loads((DATA / "open" / "land.geojson").read_text(encoding="utf-8"))
    make: Any = alt.Data
    shape: Any = alt.InlineData
    form: Any = alt.DataFormat
    features = form(property="features", type="json")
    base = alt.Chart(shape(values=land, format=features)).mark_geoshape(fill="#e6e6e6", stroke=None)
    edge = alt.Chart(shape(values=disputed, format=features)).mark_geoshape(
        fill="#f4f4f4", stroke=GREY, strokeDash=[2, 2], strokeWidth=0.8
    )
    names = [name for name in ORDER if any(mark["status"] == name for mark in marks)]
    dots = (
        alt.Chart(make(values=marks))
        .mark_point(filled=True, opacity=0.9, stroke=INK, strokeWidth=0.2)
        .encode(
            longitude="lon:Q",
            latitude="lat:Q",
            color=alt.Color("status:N", scale=alt.Scale(domain=names, range=[MARKS[n][0] for n in names])),
            shape=alt.Shape("status:N", scale=alt.Scale(domain=names, range=[MARKS[n][1] for n in names])),
            size=alt.Size("status:N", scale=alt.Scale(domain=names, range=[MARKS[n][2] for n in names]), legend=None),
        )
    )
    world = alt.layer(base, edge, dots).project("equalEarth").properties(width=WIDTH, height=HEIGHT)
    subtitle = f"{len(marks)} places" + (f", {nowhere} more whose position is not known" if nowhere else "")
    save([world], title, [subtitle], [WORDS], path)
    return path


def points(rows: Sequence[Status]) -> list[dict[str, Any]]:
    """Return one mark a place: position and the gravest status of its series, the gravest drawn last."""
    cities = {(r["country_iso2"], r["city"]): r for r in read_rows(DATA / "open" / "wastewater_sites.csv")}
    countries = {r["iso3"]: r for r in read_rows(DATA / "open" / "countries.csv")}
    found: dict[tuple[str, str], dict[str, Any]] = {}
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
        if key not in found or ORDER.index(row.status) < ORDER.index(found[key]["status"]):
            found[key] = mark
    return sorted(found.values(), key=lambda mark: -ORDER.index(mark["status"]))
