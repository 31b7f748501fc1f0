"""The map of a country pack, checked before anything is drawn: what every picture of regions needs of it."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kladsim.core.errors import InputError
from kladsim.world.pack import Pack

Feature = dict[str, Any]
LEAST_POINTS = 4  # a closed ring of GeoJSON (RFC 7946, 3.1.6)
TEXTS = {"regions": ("iso_3166_2", "name_en"), "disputed": ("iso_3166_2", "name_en", "status")}


class NoMapError(InputError):
    """The pack has no boundaries of regions: there is nothing to draw."""


@dataclass(frozen=True)
class PackMap:
    """Boundaries of the regions, and of disputed areas, which are drawn hatched."""

    regions: list[Feature]
    disputed: list[Feature]


def read_map(pack: Pack) -> PackMap:
    """Return the map of a pack.

    Raises
    ------
    NoMapError : the pack has none
    InputError : a shape has no code, name or drawable boundary; the message names file, shape and field
    """
    regions = pack.map_geojson("regions")["features"]
    if not regions:
        known = "regions.csv lists the regions; a map is maps/regions.geojson of the pack (optional)"
        raise NoMapError("no map for this pack", where="map", value=pack.name, allowed=known)
    pack_map = PackMap(regions, pack.map_geojson("disputed")["features"])
    first = next(_problems(pack_map, pack), None)
    if first is not None:
        raise InputError(first[1], where=f"{pack.name}/maps/{first[0]}.geojson")
    return pack_map


def map_problems(pack: Pack) -> list[str]:
    """Return what keeps the page from drawing the map of a pack, in words; nothing for a pack without a map."""
    try:
        pack_map = PackMap(pack.map_geojson("regions")["features"], pack.map_geojson("disputed")["features"])
    except InputError as error:
        return [str(error)]
    if not pack_map.regions:
        return []
    return [f"maps/{layer}.geojson: {problem}" for layer, problem in _problems(pack_map, pack)]


def _problems(pack_map: PackMap, pack: Pack) -> Iterator[tuple[str, str]]:
    for layer, features in (("regions", pack_map.regions), ("disputed", pack_map.disputed)):
        for number, feature in enumerate(features, 1):
            problem = _of_feature(feature, TEXTS[layer])
            if problem:
                yield layer, f"shape {number} {problem}"
                return
    drawn = [feature["properties"]["iso_3166_2"] for feature in pack_map.regions]
    yield from (("regions", problem) for problem in _of_codes(drawn, pack.region_code))


def _of_codes(drawn: list[str], known: Collection[str]) -> Iterator[str]:
    twice = sorted({code for code in drawn if drawn.count(code) > 1})
    strange, lacking = sorted(set(drawn) - set(known)), sorted(set(known) - set(drawn))
    for problem, codes in (("drawn twice", twice), ("not in regions.csv", strange), ("not drawn", lacking)):
        if codes:
            yield f"regions {problem}: {', '.join(codes[:8])}{' …' * (len(codes) > 8)}"


def _of_feature(feature: Any, texts: tuple[str, ...]) -> str:
    properties = feature.get("properties") if isinstance(feature, Mapping) else None
    if not isinstance(properties, Mapping):
        return "has no properties"
    for name in texts:
        if not (isinstance(properties.get(name), str) and properties[name].strip()):
            return f"has no text in the property {name!r}"
    where = f"({properties['iso_3166_2']})"
    geometry = feature.get("geometry")
    kind = geometry.get("type") if isinstance(geometry, Mapping) else None
    if not isinstance(geometry, Mapping) or kind not in ("Polygon", "MultiPolygon"):
        return f"{where} is drawn as {kind}; allowed: Polygon, MultiPolygon"
    try:
        polygons = [geometry["coordinates"]] if kind == "Polygon" else geometry["coordinates"]
        rings = [ring for polygon in polygons for ring in polygon]
        right = bool(rings) and all(len(ring) >= LEAST_POINTS and all(_is_place(p) for p in ring) for ring in rings)
    except (KeyError, TypeError, ValueError, IndexError):
        right = False
    return "" if right else f"{where} has no ring of {LEAST_POINTS} or more places (longitude, latitude) in degrees"


def _is_place(point: Any) -> bool:
    lon, lat = float(point[0]), float(point[1])
    # A country that crosses the 180th meridian may go on beyond it, so that it stays in one piece.
    return math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 360.0 and abs(lat) <= 90.0
