"""What the server answers: the study layer's own numbers, plain errors, files that say where they come from."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from pathlib import Path
from typing import Any

import altair
import pytest
from fastapi.testclient import TestClient

from kladsim.app.view import read_view, view_of, write_view
from kladsim.core.formatting import typeset_number
from kladsim.evidence.translating import page_messages
from kladsim.runs.disclosure import BADGE
from kladsim.runs.result import Result
from kladsim.study.effects import differences

from .conftest import PLAN, ROOT

WEB = Path(ROOT) / "web"


def _folder(client: TestClient) -> Path:
    return client.app.state.service.settings.runs  # type: ignore[attr-defined, no-any-return]


def _results(client: TestClient) -> tuple[Result, Result]:
    found = {path.parent.name.split("-")[1]: Result(path.parent) for path in _folder(client).glob("*/status.json")}
    base = next(result for key, result in found.items() if key != "diversion")
    return base, found["diversion"]


def test_numbers_are_those_of_the_python_api(client: TestClient) -> None:
    answer = client.post("/api/state", json={"plans": [PLAN]}).json()
    base, plan = _results(client)
    expected = {
        effect.outcome: effect for effect in differences(base, {"plan": plan}).effects if effect.period == "total"
    }
    shown = {effect["outcome"]: effect for effect in answer["plans"][0]["effects"]}
    assert shown.keys() == expected.keys()
    for name, effect in expected.items():
        for field in ("median", "low", "high", "p_better"):
            value = getattr(effect, field)
            assert shown[name][field] == (None if math.isnan(value) else value), (name, field)
    assert answer["plans"][0]["kind"] == "simulated"
    assert answer["badge"] == BADGE


def test_a_view_survives_its_file(client: TestClient, tmp_path: Path) -> None:
    base, _ = _results(client)
    view = view_of(base)
    write_view(tmp_path, view)
    assert read_view(next(tmp_path.glob("*.gz"))) == view


def test_wrong_levers_are_named_with_field_and_allowed_values(client: TestClient) -> None:
    wrong = {
        "name": "A",
        "levers": [
            {"lever": "diversion", "share": 7, "start": "2015"},
        ],
    }
    problem = client.post("/api/state", json={"plans": [wrong]}).json()["plans"][0]["problems"][0]
    assert problem["where"] == "levers.0.diversion.share"
    unknown = {"name": "A", "levers": [{"lever": "diversoin"}]}
    problem = client.post("/api/state", json={"plans": [unknown]}).json()["plans"][0]["problems"][0]
    assert problem["suggestion"] == "diversion"
    assert client.post("/api/runs", json={"plans": [unknown]}).status_code == 422


@pytest.mark.parametrize("style", ["bands", "runs", "dots"])
@pytest.mark.parametrize("view", ["level", "difference"])
@pytest.mark.parametrize("look", ["light", "dark"])
def test_charts_are_vega_lite_with_a_sentence(client: TestClient, style: str, view: str, look: str) -> None:
    asked = {"plans": [PLAN], "outcome": "deaths", "style": style, "view": view, "look": look}
    answer = client.post("/api/chart", json=asked).json()
    assert "vega-lite" in answer["spec"]["$schema"]
    if look == "light":
        altair.Chart.from_dict(answer["spec"])  # Altair's own check, which readers do not wait for
    assert "the model projects" in answer["sentence"]
    assert {row["scenario"] for row in answer["rows"]} <= {"baseline", "Divert"}


def test_numbers_in_sentences_have_the_marks_of_the_language() -> None:
    assert [typeset_number(-12345.0, language) for language in ("en", "ru")] == ["−12,000", "−12\u00a0тыс."]
    assert [typeset_number(0.25, language) for language in ("en", "ru")] == ["0.25", "0,25"]


def test_a_plan_that_is_not_simulated_is_named(client: TestClient) -> None:
    other = {"name": "Other", "levers": [{"lever": "diversion", "share": 0.9, "start": "2016"}]}
    answer = client.post("/api/chart", json={"plans": [other], "outcome": "deaths", "view": "difference"}).json()
    assert answer["spec"] is None and answer["missing"] == ["Other"]


def test_an_estimate_is_marked_and_rests_on_a_stored_run(client: TestClient) -> None:
    half = {"name": "Less", "levers": [{"lever": "diversion", "share": 0.4, "start": "2015-07-01"}]}
    plan = client.post("/api/state", json={"plans": [half]}).json()["plans"][0]
    assert plan["kind"] == "estimated" and plan["run"]["state"] == "new"
    full = client.post("/api/state", json={"plans": [PLAN]}).json()["plans"][0]
    exact = {effect["outcome"]: effect["median"] for effect in full["effects"]}
    for effect in plan["effects"]:
        assert effect["median"] == pytest.approx(0.8 * exact[effect["outcome"]])
        assert effect["p_better"] is None


@pytest.mark.parametrize("kind", ["png", "svg", "pdf", "csv", "vega"])
def test_files_carry_their_origin(client: TestClient, kind: str) -> None:
    asked = {"plans": [PLAN], "outcome": "deaths", "format": kind}
    answer = client.post("/api/export", json=asked)
    assert answer.status_code == 200, answer.text
    digest = _results(client)[0].digest
    if kind == "pdf":
        assert answer.content.startswith(b"%PDF")
        return
    assert BADGE.encode() in answer.content and digest.encode() in answer.content
    if kind == "csv":
        lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
        assert {row["scenario"] for row in csv.DictReader(io.StringIO("\n".join(lines)))} == {"baseline", "Divert"}


def test_maps_show_regions_and_disputed_areas(client: TestClient) -> None:
    answer = client.get("/api/map/russia").json()
    assert len(answer["regions"]) == 83 and len(answer["disputed"]) == 2
    assert all(region["path"].startswith("M") for region in answer["regions"])
    assert len({(region["column"], region["row"]) for region in answer["regions"]}) == 83
    west = {region["code"]: region["x"] for region in answer["regions"]}
    assert west["RU-KGD"] < west["RU-MOW"] < west["RU-PRI"]


def test_regional_values_are_paired_differences(client: TestClient) -> None:
    level = client.post("/api/regions", json={"outcome": "deaths"}).json()
    assert len(level["codes"]) == 3 and len(level["median"]) == len(level["years"])
    asked = {"plans": [PLAN], "plan": 0, "outcome": "deaths", "view": "difference"}
    difference = client.post("/api/regions", json=asked).json()
    assert len(difference["median"]) == len(difference["years"])
    assert client.post("/api/regions", json={"outcome": "arrests"}).status_code == 422


def test_the_catalogue_explains_what_it_offers(client: TestClient) -> None:
    answer = client.get("/api/catalogue").json()
    assert all(lever["evidence"] and lever["doc"] and lever["form"]["properties"] for lever in answer["levers"])
    assert all(outcome["doc"] and outcome["title"]["ru"] for outcome in answer["outcomes"])
    for path in ("parameters", "mechanisms", "claims", "targets"):
        assert client.get(f"/api/{path}").json()["rows"]
    assert client.get("/api/explain/E062").json()["grade"]
    assert client.get("/api/explain/nothing").status_code == 422


def test_the_shown_code_gives_the_same_numbers(client: TestClient, tmp_path: Path) -> None:
    code = client.post("/api/code", json={"plans": [PLAN]}).json()
    assert "parameters" not in code["python"], "what every door takes by itself is not written"
    python = code["python"].replace("replicates=3)", "replicates=3, engine=ENGINE, out=OUT)")
    names: dict[str, Any] = {"ENGINE": client.app.state.service.settings.engine, "OUT": tmp_path}  # type: ignore[attr-defined]
    exec(compile(python, "page", "exec"), names)  # what a person would paste
    expected = {e.outcome: e.median for e in names["found"].totals()}
    shown = client.post("/api/state", json={"plans": [PLAN]}).json()["plans"][0]["effects"]
    assert {e["outcome"]: e["median"] for e in shown} == expected
    assert "lever: diversion" in code["yaml"] and code["command"].splitlines()[-1].startswith("kladsim compare russia")


def test_schema_of_the_client_is_up_to_date(client: TestClient) -> None:
    written = json.loads((WEB / "openapi.json").read_text(encoding="utf-8"))
    assert client.get("/api/openapi.json").json() == written, "run `make web`"


def test_the_catalogue_has_all_messages_that_the_page_uses() -> None:
    sources = [
        path.read_text(encoding="utf-8") for path in (WEB / "src").rglob("*") if path.suffix in (".svelte", ".ts")
    ]
    used = {key for text in sources for key in re.findall(r"\bt\('([\w.]+)'", text)}
    assert len(used) > 100 and used - page_messages("en").keys() == set()


def test_no_lock_of_the_page_names_a_registry() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))
    assert [name for name, entry in lock["packages"].items() if "resolved" in entry] == []
    assert all("integrity" in entry for name, entry in lock["packages"].items() if name)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_brief_is_the_same_bytes_twice(client: TestClient, language: str) -> None:
    asked = {"plans": [PLAN], "language": language}
    one, two = (client.post("/api/report", json=asked) for _ in range(2))
    assert one.status_code == 200, one.text
    assert one.content == two.content
    assert one.content.startswith(b"%PDF") and b"pdfuaid" in one.content
    page = client.post("/api/report", json={**asked, "format": "html"}).text
    assert "http" not in page.replace("https://", "").split("<body>")[1] and "Divert" in page
    again = client.post("/api/report", json={**asked, "format": "html"}).text
    assert again == page and page.count("<h1>") == 1
    whole = client.post("/api/report", json={**asked, "format": "html", "annex": True}).text
    assert whole.count("<h1>") == 2 and whole.startswith(page.split("</main>")[0].rstrip())
    longer = client.post("/api/report", json={**asked, "annex": True}).content
    assert longer.startswith(b"%PDF") and b"pdfuaid" in longer and len(longer) > len(one.content)
    other = {"name": "Other", "levers": [{"lever": "diversion", "share": 0.9, "start": "2016"}]}
    assert client.post("/api/report", json={"plans": [other]}).status_code == 422
    assert client.post("/api/report", json={}).status_code == 422
