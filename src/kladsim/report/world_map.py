"""The outlook as a map of the world: bands by country, disputed areas hatched and dashed, the same in every map.

Boundaries: Natural Earth (public domain) as TopoJSON by world-atlas (ISC). Projection: Equal Earth (Šavrič, Patterson &
Jenny 2018, doi:10.1080/13658816.2018.1504949), so that no country looks larger than it is.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from kladsim.core.errors import StorageError
from kladsim.core.files import write_bytes
from kladsim.runs.disclosure import USE
from kladsim.spread.model.outlook import BY, CountryOutlook
from kladsim.world import load_pack

WIDTH, MARGIN, FOOT = 1000.0, 10.0, 92.0
COLOURS = {
    "low": "#dce9f5",
    "medium": "#7fb2d9",
    "high": "#1f6aa5",
    "reached": "#08304f",
    "source": "#8c6d46",
    "no data": "#eeeeee",
}
HATCHED = {"732"}  # Western Sahara; areas without a code (Kosovo, Northern Cyprus, Somaliland) and Crimea are too
SOURCE = "643"  # Russia
LEFT_OUT = {"010"}  # Antarctica
A1, A2, A3, A4 = 1.340264, -0.081106, 0.000893, 0.003796
NOTE = (
    "Boundaries imply no statement on status; disputed areas are hatched and dashed: Crimea and Sevastopol, Kosovo, "
    "Northern Cyprus, Somaliland, Western Sahara; Taiwan has no data here."
)

Ring = list[tuple[float, float]]


def write_world_map(countries: Sequence[CountryOutlook], path: Path) -> Path:
    """Draw the bands as one SVG file.

    Raises
    ------
    StorageError : the file cannot be written
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, world_map(countries).encode())
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror}") from error
    return path


def world_map(countries: Sequence[CountryOutlook]) -> str:
    """Return the map as SVG text, each country with its band as a title that screen readers tell."""
    by_code = {_numeric()[country.iso3]: country for country in countries}
    shapes = [shape for shape in _shapes() if shape["id"] not in LEFT_OUT]
    flat = [_project(x, y) for shape in shapes for ring in shape["rings"] for x, y in ring]
    top, bottom = max(y for _, y in flat), min(y for _, y in flat)
    reach = _project(180.0, 0.0)[0]
    scale = (WIDTH - 2 * MARGIN) / (2 * reach)
    height = (top - bottom) * scale + 2 * MARGIN

    def path_of(rings: Iterable[Ring]) -> str:
        parts = []
        for ring in rings:
            for shift in _copies(ring):
                points = [_project(x + shift, y) for x, y in ring]
                text = " ".join(
                    f"{(x + reach) * scale + MARGIN:.1f},{(top - y) * scale + MARGIN:.1f}" for x, y in points
                )
                parts.append(f"M{text}Z")
        return "".join(parts)

    drawn = [_drawn(shape, by_code.get(shape["id"]), path_of(shape["rings"])) for shape in shapes]
    crimea = [f'<path class="disputed" d="{path_of(_crimea())}"><title>Crimea and Sevastopol: disputed</title></path>']
    return _page("\n".join([*drawn, *crimea]), path_of([_frame()]), height)


def _drawn(shape: Mapping[str, Any], country: CountryOutlook | None, path: str) -> str:
    if shape["id"] == "" or shape["id"] in HATCHED:
        return f'<path class="disputed" d="{path}"><title>{escape(shape["name"])}: disputed</title></path>'
    if country is None:
        text, band = f"{shape['name']}: no data", "no data"
        if shape["id"] == SOURCE:
            text, band = "Russia: the source", "source"
    else:
        text, band = f"{country.name}: {country.bands}", country.band
    return f'<path fill="{COLOURS[band]}" d="{path}"><title>{escape(text)}</title></path>'


def _page(body: str, frame: str, height: float) -> str:
    keys = [
        f'<rect x="{20 + 120 * i}" y="{height + 8:.0f}" width="16" height="12" fill="{colour}" stroke="#888"/>'
        f'<text x="{42 + 120 * i}" y="{height + 18:.0f}">{name}</text>'
        for i, (name, colour) in enumerate(COLOURS.items())
    ]
    lines = (
        f"The model projects the chance that dead-drop trade has arrived by the end of {BY}: low under 15 %, medium "
        "under 50 %, else high.",
        "Bands, never ranks; intervals are wide: kladsim spread explain COUNTRY. A first sign is what was seen, not "
        "what occurred.",
        USE,
        NOTE,
    )
    words = [f'<text x="20" y="{height + 36 + 14 * i:.0f}">{escape(line)}</text>' for i, line in enumerate(lines)]
    style = (
        ".land path{stroke:#fff;stroke-width:.5}.land .disputed{fill:url(#hatch);stroke:#555;stroke-dasharray:2 1.5}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {height + FOOT:.0f}" role="img" '
        'font-family="sans-serif" font-size="11"><title>Outlook of the spread by country</title><defs>'
        '<pattern id="hatch" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect width="4" height="4" fill="#ffffff"/><path d="M0 0V4" stroke="#777" stroke-width="1.4"/></pattern>'
        f'<clipPath id="frame"><path d="{frame}"/></clipPath><style>{style}</style></defs>'
        f'<rect width="100%" height="100%" fill="#fff"/><g class="land" clip-path="url(#frame)">{body}</g>'
        f"{''.join(keys)}{''.join(words)}</svg>\n"
    )


def _project(longitude: float, latitude: float) -> tuple[float, float]:
    """Equal Earth."""
    t = math.asin(math.sqrt(3.0) / 2.0 * math.sin(math.radians(latitude)))
    t2 = t * t
    t6 = t2 * t2 * t2
    x = 2.0 * math.sqrt(3.0) * math.radians(longitude) * math.cos(t)
    return x / (3.0 * (9.0 * A4 * t6 * t2 + 7.0 * A3 * t6 + 3.0 * A2 * t2 + A1)), t * (
        A4 * t6 * t2 + A3 * t6 + A2 * t2 + A1
    )


def _frame() -> Ring:
    """The outline of the earth, by which shapes that cross the antimeridian are cut."""
    down = [float(latitude) for latitude in range(90, -91, -2)]
    return [(180.0, latitude) for latitude in down] + [(-180.0, latitude) for latitude in reversed(down)]


def _copies(ring: Ring) -> tuple[float, ...]:
    """Shifts at which an unrolled ring is drawn: twice where it crosses the antimeridian."""
    longitudes = [x for x, _ in ring]
    return (0.0, -360.0) if max(longitudes) > 180.5 else (0.0, 360.0) if min(longitudes) < -180.5 else (0.0,)


def _unrolled(ring: Ring) -> Ring:
    """The ring without jumps over the antimeridian: longitudes may pass 180."""
    out, shift, before = [], 0.0, ring[0][0]
    for x, y in ring:
        if abs(x - before) > 180.0:
            shift += 360.0 if before > x else -360.0
        before = x
        out.append((x + shift, y))
    return out


def _data(name: str) -> str:
    return (files("kladsim.spread") / "data" / name).read_text(encoding="utf-8")


def _numeric() -> dict[str, str]:
    return {row["iso3"]: row["numeric"] for row in csv.DictReader(_data("codes.csv").splitlines())}


def _crimea() -> list[Ring]:
    rings = []
    for feature in load_pack("russia").map_geojson("disputed")["features"]:
        geometry = feature["geometry"]
        parts = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
        rings += [[(x, y) for x, y, *_ in ring] for polygon in parts for ring in polygon]
    return rings


def _shapes() -> list[dict[str, Any]]:
    """Countries of the TopoJSON as rings of longitude and latitude."""
    world = json.loads(_data("world.json"))
    (sx, sy), (tx, ty) = world["transform"]["scale"], world["transform"]["translate"]
    arcs = []
    for arc in world["arcs"]:
        x = y = 0
        line = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            line.append((x * sx + tx, y * sy + ty))
        arcs.append(line)

    def ring_of(indices: Sequence[int]) -> Ring:
        points: Ring = []
        for index in indices:
            line = arcs[index] if index >= 0 else arcs[~index][::-1]
            points += line[1:] if points else line
        return _unrolled(points)

    out = []
    for item in world["objects"]["countries"]["geometries"]:
        parts = [item["arcs"]] if item["type"] == "Polygon" else item["arcs"]
        rings = [ring_of(ring) for part in parts for ring in part]
        out.append({"id": item.get("id", ""), "name": item["properties"]["name"], "rings": rings})
    return out
