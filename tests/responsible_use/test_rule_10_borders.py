"""Rule 10: disputed areas are drawn dashed and named as disputed, the same in every map."""

from __future__ import annotations

from pathlib import Path

from kladsim.world import load_pack


def test_disputed_areas_are_no_region_of_a_pack_and_are_drawn() -> None:
    from kladsim.app.geometry import map_of

    pack = load_pack("russia")
    disputed = {shape["properties"]["iso_3166_2"] for shape in pack.map_geojson("disputed")["features"]}
    assert {"UA-40", "UA-43"} <= disputed and not disputed & set(pack.region_code)
    drawn = map_of("russia")
    assert {area.code for area in drawn.disputed} == disputed and all(area.status for area in drawn.disputed)


def test_every_map_hatches_or_dashes_them() -> None:
    root = Path(__file__).parents[2]
    for name in ("src/kladsim/report/effects.py", "src/kladsim/report/world_map.py", "src/kladsim/report/monitor_map.py"):
        assert "disputed" in (root / name).read_text(encoding="utf-8"), name
    page = (root / "web" / "src" / "components" / "RegionMap.svelte").read_text(encoding="utf-8")
    assert 'class="disputed"' in page and "-disputed)" in page
