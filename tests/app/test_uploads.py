"""A file dropped on the page: preview, questions, storing; too large or odd ones are refused."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from kladsim.app.server import create_app
from kladsim.app.settings import Limits

from .conftest import HERE, settings_in

CASES = Path(__file__).parents[1] / "monitor" / "cases" / "files"

pytestmark = pytest.mark.usefixtures("own_folder")


def _send(client: TestClient, content: bytes, name: str = "a.csv", **fields: Any) -> Any:
    return client.post("/api/upload", json={"name": name, "content": base64.b64encode(content).decode(), **fields})


def test_a_preview_stores_nothing_and_a_second_step_does(client: TestClient, tmp_path: Path) -> None:
    content = (CASES / "3_seizures.xlsx").read_bytes()
    seen = _send(client, content, "3_seizures.xlsx").json()
    assert (seen["stored"], seen["series"], seen["counts"]["kept"], seen["counts"]["intervals"]) == (False, 3, 36, 7)
    assert {"low": 0.0, "high": 5.0} in [{"low": one["low"], "high": one["high"]} for one in seen["values"]]
    assert any(one["high"] is None for one in seen["values"]) and "country: LV" in seen["recipe"]
    assert not (tmp_path / "monitor").exists()
    before = client.get("/api/series").json()["rows"]
    assert _send(client, content, "3_seizures.xlsx", store=True).json()["stored"] is True
    after = client.get("/api/series").json()["rows"]
    new = {row["name"] for row in after} - {row["name"] for row in before}
    assert new == {f"own/LVA/Seizures of synthetic cathinones, {what}" for what in ("Cases", "Quantity (kg)", "Quantity (packets)")}


def test_questions_are_answered_as_in_the_terminal(client: TestClient) -> None:
    content = b"When;N\n03/04/2021;5\n04/04/2021;7\n"
    seen = _send(client, content, store=True).json()
    assert not seen["stored"] and {one["about"] for one in seen["questions"]} == {"country", "period", "unit"}
    maps = ["country=LV", "indicator=visits", "unit=visits", "When=period"]
    seen = _send(client, content, maps=maps).json()
    assert [(one["about"], one["choices"]) for one in seen["questions"]] == [("order", ["dmy", "mdy"])]
    seen = _send(client, content, maps=maps, order="dmy").json()
    assert not seen["questions"] and [one["period"] for one in seen["values"]] == ["2021-04-03", "2021-04-04"]


def test_errors_have_their_lines(client: TestClient) -> None:
    seen = _send(client, b"country,indicator,unit,period,value\nXX,a b,kg,2021,5\nLV,a b,kg,2021,five\n").json()
    assert [one["where"] for one in seen["problems"]] == ["a.csv, line 2, country", "a.csv, line 3, value"]


def test_what_is_no_upload_is_refused(client: TestClient, tmp_path: Path) -> None:
    assert client.post("/api/upload", json={"name": "a.csv", "content": "%%%"}).status_code == 422
    assert client.post("/api/upload", json={"name": "a.csv", "content": "Ñ"}).status_code == 422
    assert _send(client, b"x", "..").status_code == 422
    assert _send(client, b"a,b\n1,2\n", "../../etc/passwd").json()["problems"][0]["where"].startswith("passwd")
    small = create_app(settings_in(tmp_path / "runs", limits=Limits(upload_bytes=1000)))
    with TestClient(small, base_url=HERE) as other:
        assert _send(other, b"x" * 2000).status_code == 413
