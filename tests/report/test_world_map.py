"""The map of the outlook: every country once, disputed areas hatched and named, nothing but bands."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from kladsim.core.errors import StorageError
from kladsim.report.world_map import _project, _shapes, world_map, write_world_map
from kladsim.spread.model.outlook import saved_outlook

SVG = "{http://www.w3.org/2000/svg}"


def test_map_names_bands_and_hatches_disputed_areas() -> None:
    tree = ET.fromstring(world_map(saved_outlook()))
    titles = [t.text or "" for t in tree.iter(f"{SVG}title")]
    disputed = [t for t in titles if t.endswith(": disputed")]
    assert len(disputed) == 5 and any("Crimea" in t for t in disputed) and any("Kosovo" in t for t in disputed)
    assert "Russia: the source" in titles
    assert any(t.startswith("Mongolia: medium") for t in titles)
    assert len(titles) == len(set(titles))


def test_projection_is_equal_area_and_no_shape_jumps() -> None:
    def area(latitude: float) -> float:
        step = 0.01
        (x0, y0), (x1, _), (_, y1) = (_project(0, latitude), _project(step, latitude), _project(0, latitude + step))
        import math

        return (x1 - x0) * (y1 - y0) / math.cos(math.radians(latitude))

    assert area(60.0) == pytest.approx(area(0.0), rel=1e-3)
    for shape in _shapes():
        for ring in shape["rings"]:
            assert max(abs(a[0] - b[0]) for a, b in zip(ring, ring[1:], strict=False)) < 181


def test_a_map_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot write"):
        write_world_map(saved_outlook(), tmp_path / "file" / "map.svg")
