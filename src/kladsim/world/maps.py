"""Boundaries of a pack: the regions, and disputed areas in a file of their own that maps draw hatched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kladsim.core.errors import InputError, unknown_name

LAYERS = {"regions": "maps/regions.geojson", "disputed": "maps/disputed.geojson"}


def read_geojson(folder: Path, label: str, layer: str) -> dict[str, Any]:
    """Return one layer ("regions" or "disputed") as GeoJSON; a pack without that layer gives no features.

    Raises
    ------
    InputError : unknown layer, or a file that is no GeoJSON
    """
    if layer not in LAYERS:
        raise unknown_name("map layer", layer, LAYERS, where=f"pack {label}")
    path = folder / LAYERS[layer]
    if not path.exists():
        return {"type": "FeatureCollection", "name": layer, "features": []}
    try:
        shape = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as problem:
        raise InputError(f"the file is damaged: {problem}", where=f"{label}/{LAYERS[layer]}") from None
    if not isinstance(shape, dict) or not isinstance(shape.get("features"), list):
        raise InputError("the file is no GeoJSON feature collection", where=f"{label}/{LAYERS[layer]}")
    return shape
