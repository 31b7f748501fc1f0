"""The map of a pack as paths in map units: an equal-area cone, coordinates kept short, disputed areas apart."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from typing import Any

from kladsim.app.answers import Disputed, MapAnswer, RegionShape
from kladsim.report.pack_maps import read_map
from kladsim.world import load_pack

WIDTH = 960.0
MARGIN = 6.0
DECIMALS = 1
SMALLEST_RING = 0.6  # map units across: smaller islands are not drawn
SOURCE = (
    "Boundaries: Natural Earth (public domain), simplified. Disputed areas are hatched and dashed, as in United "
    "Nations General Assembly resolution 68/262; no boundary here is a statement on status."
)

Point = tuple[float, float]
Ring = list[Point]


@cache
def map_of(country: str) -> MapAnswer:
    """The map of a country pack.

    Raises
    ------
    NoMapError : the pack has no boundaries
    InputError : unknown country, or a map that cannot be drawn
    """
    pack = load_pack(country)
    pack_map = read_map(pack)
    regions, disputed = pack_map.regions, pack_map.disputed
    project = _projection([point for feature in regions for ring in _rings(feature) for point in ring])
    drawn = {
        feature["properties"]["iso_3166_2"]: [[project(p) for p in ring] for ring in _rings(feature)]
        for feature in regions
    }
    apart = {f["properties"]["iso_3166_2"]: [[project(p) for p in ring] for ring in _rings(f)] for f in disputed}
    every = [point for shape in (*drawn.values(), *apart.values()) for ring in shape for point in ring]
    left, top = min(x for x, _ in every), min(y for _, y in every)
    scale = (WIDTH - 2 * MARGIN) / max(1e-9, max(x for x, _ in every) - left)

    def place(point: Point) -> Point:
        return MARGIN + (point[0] - left) * scale, MARGIN + (point[1] - top) * scale

    tall = max(y for _, y in every)
    placed = {code: [[place(p) for p in ring] for ring in rings] for code, rings in drawn.items()}
    tiles = _tiles({code: _middle(rings) for code, rings in placed.items()})
    shapes = [_shape(feature["properties"], placed, tiles) for feature in regions]
    grey = [
        Disputed(
            code=feature["properties"]["iso_3166_2"],
            name=feature["properties"]["name_en"],
            status=feature["properties"]["status"],
            path=_path([[place(p) for p in ring] for ring in apart[feature["properties"]["iso_3166_2"]]]),
        )
        for feature in disputed
    ]
    height = round(2 * MARGIN + (tall - top) * scale, 1)
    return MapAnswer(country=pack.name, width=WIDTH, height=height, regions=shapes, disputed=grey, source=SOURCE)


def _shape(names: dict[str, Any], placed: dict[str, list[Ring]], tiles: dict[str, tuple[int, int]]) -> RegionShape:
    code = names["iso_3166_2"]
    x, y = _middle(placed[code])
    column, row = tiles[code]
    return RegionShape(
        code=code, name=names.get("name_en", code), name_ru=names.get("name_ru", names.get("name_en", code)),
        district=names.get("federal_district", ""), path=_path(placed[code]), x=round(x, 1), y=round(y, 1),
        column=column, row=row,
    )  # fmt: skip


def _rings(feature: dict[str, Any]) -> Iterator[Ring]:
    geometry = feature["geometry"]
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    for polygon in polygons:
        for ring in polygon:
            yield [(float(lon), float(lat)) for lon, lat in ring]


def _projection(points: list[Point]) -> Any:
    """Albers' equal-area cone around the country's own middle (Snyder 1987, USGS Professional Paper 1395)."""
    east = any(lon > 90 for lon, _ in points)
    lons = [_unwrapped(lon, east) for lon, _ in points]
    lats = [lat for _, lat in points]
    middle = (min(lons) + max(lons)) / 2
    south, north = min(lats), max(lats)
    one, two = (math.radians(south + (north - south) * part) for part in (1 / 6, 5 / 6))
    n = (math.sin(one) + math.sin(two)) / 2
    c = math.cos(one) ** 2 + 2 * n * math.sin(one)

    def project(point: Point) -> Point:
        lon, lat = _unwrapped(point[0], east), math.radians(point[1])
        rho = math.sqrt(max(0.0, c - 2 * n * math.sin(lat))) / n
        theta = n * math.radians(lon - middle)
        return rho * math.sin(theta), rho * math.cos(theta)

    return project


def _unwrapped(lon: float, east: bool) -> float:
    """Longitudes beyond 180 degrees go on to the east, so that one country stays in one piece."""
    return lon + 360 if east and lon < 0 else lon


def _path(rings: list[Ring]) -> str:
    parts = []
    for ring in rings:
        xs, ys = [x for x, _ in ring], [y for _, y in ring]
        if max(max(xs) - min(xs), max(ys) - min(ys)) < SMALLEST_RING and len(rings) > 1:
            continue
        short: list[str] = []
        for x, y in ring:
            text = f"{x:.{DECIMALS}f},{y:.{DECIMALS}f}"
            if not short or short[-1] != text:
                short.append(text)
        parts.append("M" + "L".join(short) + "Z")
    return "".join(parts)


def _middle(rings: list[Ring]) -> Point:
    """The middle of the largest ring's box."""
    ring = max(
        rings,
        key=lambda r: (max(x for x, _ in r) - min(x for x, _ in r)) * (max(y for _, y in r) - min(y for _, y in r)),
    )
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2


def _tiles(middles: dict[str, Point]) -> dict[str, tuple[int, int]]:
    """One square of equal size a region: columns from west to east, north to south within each."""
    rows = max(3, round(math.sqrt(len(middles) / 2.2)))
    order = sorted(middles, key=lambda code: middles[code])
    columns = [order[i : i + rows] for i in range(0, len(order), rows)]
    return {
        code: (column, row)
        for column, codes in enumerate(columns)
        for row, code in enumerate(sorted(codes, key=lambda code: middles[code][1]))
    }
