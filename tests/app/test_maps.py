"""No address of the page fails on a country: a map, or words; `doctor pack` finds what the page could not draw."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.app.conftest import HERE, settings_in

from kladsim.app.geometry import map_of
from kladsim.app.server import create_app
from kladsim.core.errors import InputError
from kladsim.report.pack_maps import NoMapError, map_problems, read_map
from kladsim.runs.engine import DEFAULT_ENGINE
from kladsim.world import list_packs, load_pack
from kladsim.world.scaffold import new_pack

NAMES = (
    *list_packs(), "KR", "GEO", "RUS", "latvia", "nowhere", "..", "russia%2f..%2fgeorgia", "russia/../georgia", "%00",
    "a" * 81, "<b>", "계획", "ไทย", "\u202eaissur", "EUDA", " ", "-1", "null", "Россия",
)  # fmt: skip


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    app = create_app(settings_in(tmp_path_factory.mktemp("runs"), engine=DEFAULT_ENGINE))
    with TestClient(app, base_url=HERE, raise_server_exceptions=False) as client:
        yield client


def _addresses(page: TestClient) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Every GET address with each name in every place of its path, and as each parameter it must have; none twice."""
    for path, operations in page.get("/api/openapi.json").json()["paths"].items():
        if "get" not in operations or path == "/api/events":  # a stream without an end
            continue
        declared = operations["get"].get("parameters", [])
        varied = [parameter for parameter in declared if parameter["in"] == "path" or parameter.get("required")]
        for name in NAMES if varied else NAMES[:1]:
            url, query = path, {}
            for parameter in varied:
                if parameter["in"] == "path":
                    url = url.replace(f"{{{parameter['name']}}}", name)
                else:
                    query[parameter["name"]] = name
            yield path, url, query


def test_no_address_fails_on_any_country(page: TestClient) -> None:
    asked = 0
    for _, url, query in _addresses(page):
        asked += 1
        answer = page.get(url, params=query)
        assert answer.status_code < 500, (url, query, answer.text[:300])
    assert asked > 100


@pytest.mark.parametrize("country", ["georgia", "south-korea", "KR", "GEO"])
def test_a_pack_without_a_map_is_told_in_words(page: TestClient, country: str) -> None:
    answer = page.get(f"/api/map/{country}")
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == "no map for this pack"


@pytest.mark.parametrize("country", ["russia", "RU", "RUS"])
def test_a_map_names_its_pack(page: TestClient, country: str) -> None:
    answer = page.get(f"/api/map/{country}")
    assert answer.status_code == 200
    assert answer.json()["country"] == "russia" and len(answer.json()["regions"]) == 83


@pytest.mark.parametrize("address", ["/api/state", "/api/chart", "/api/regions", "/api/groups", "/api/code"])
@pytest.mark.parametrize("base", ["georgia", "south-korea", "nowhere", "", "계획"])
def test_questions_about_another_country_get_an_answer_or_words(page: TestClient, address: str, base: str) -> None:
    asked = {"frame": {"base": base}, "outcome": "deaths"} if address in ("/api/chart", "/api/regions") else {
        "frame": {"base": base}
    }  # fmt: skip
    answer = page.post(address, json=asked)
    assert answer.status_code in (200, 404, 422), answer.text
    if answer.status_code != 200:
        assert answer.json()["error"]["message"]


# -- packs of one's own --------------------------------------------------------------------------------------

SQUARE = [[[20.0, 56.0], [28.0, 56.0], [28.0, 58.0], [20.0, 56.0]]]


def _pack(folder: Path, features: Any, layer: str = "regions") -> Any:
    new_pack(folder, name="latvia", title="Latvia", iso3="LVA", currency="EUR", people=1_800_000)
    if features is not None:
        (folder / "maps").mkdir()
        shape = {"type": "FeatureCollection", "features": features}
        (folder / "maps" / f"{layer}.geojson").write_text(json.dumps(shape))
    return load_pack(folder)


def _feature(code: str, **changes: Any) -> dict[str, Any]:
    facts = {"iso_3166_2": code, "name_en": "Somewhere"} | changes.pop("properties", {})
    geometry = {"type": "Polygon", "coordinates": SQUARE} | changes
    return {"type": "Feature", "properties": facts, "geometry": geometry}


def test_a_right_map_of_a_pack_of_ones_own_is_drawn(tmp_path: Path) -> None:
    codes = _pack(tmp_path / "a", None).region_code
    pack = _pack(tmp_path / "b", [_feature(code) for code in codes])
    assert map_problems(pack) == [] and len(read_map(pack).regions) == len(codes)
    assert [shape.code for shape in map_of(str(tmp_path / "b")).regions] == list(codes)


def test_a_pack_without_a_map_has_no_problem(tmp_path: Path) -> None:
    pack = _pack(tmp_path / "a", None)
    assert map_problems(pack) == []
    with pytest.raises(NoMapError, match="no map for this pack"):
        read_map(pack)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"properties": {"iso_3166_2": "XX-1"}}, "not in regions.csv: XX-1"),
        ({"properties": {"name_en": None}}, "name_en"),
        ({"properties": {"iso_3166_2": 7}}, "iso_3166_2"),
        ({"type": "Point"}, "drawn as Point"),
        ({"coordinates": []}, "no ring"),
        ({"coordinates": [[[1, 2], [3, 4]]]}, "no ring"),
        ({"coordinates": [[[1e9, 2], [3, 4], [5, 6], [1e9, 2]]]}, "degrees"),
        ({"coordinates": [[["a", 2], [3, 4], [5, 6], ["a", 2]]]}, "no ring"),
        ({"coordinates": 7}, "no ring"),
    ],
)
def test_doctor_names_what_the_page_cannot_draw(
    tmp_path: Path, wrong: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = _pack(tmp_path / "a", None).region_code[0]
    pack = _pack(tmp_path / "b", [_feature(code, **wrong)])
    assert words in " ".join(map_problems(pack))
    with pytest.raises(InputError, match="regions"):
        map_of(str(tmp_path / "b"))
    from kladsim.cli.main import app

    monkeypatch.setattr("sys.argv", ["kladsim", "doctor", "pack", str(tmp_path / "b"), "--json"])
    with pytest.raises(SystemExit):
        app()
    told = json.loads(capsys.readouterr().out)
    assert not told["ok"] and words in " ".join(told["problems"])


@pytest.mark.parametrize("feature", [None, 7, {}, {"properties": None}, {"properties": {"iso_3166_2": "LV-1"}}])
def test_shapes_that_are_none_are_told(tmp_path: Path, feature: Any) -> None:
    assert map_problems(_pack(tmp_path / "a", [feature]))


def test_plans_whose_names_differ_in_signs_only_get_different_files(page: TestClient) -> None:
    lever = {"lever": "diversion", "share": 0.5, "start": "2016-01-01"}
    plans = [{"name": name, "levers": [lever]} for name in ("🚀", "🎉", "계획", "plan-2")]
    command = page.post("/api/code", json={"plans": plans}).json()["command"].splitlines()[-1]
    assert command.split()[3:7] == ["plan.yaml", "plan-2.yaml", "계획.yaml", "plan-2-2.yaml"]
