"""A damaged folder, job or view never hides the others from the page, and a start makes it anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.app.conftest import HERE, PLAN, finished, settings_in

from kladsim.app.server import create_app

BROKEN = {
    "half": b'{"key": "0123456789abcdef", "na',
    "empty": b"",
    "garbage": bytes(range(256)),
    "key only": b'{"key": "0123456789abcdef0123"}',
    "other kinds": b'{"key": "0123456789abcdef0123", "name": "a", "state": "finished", "replicates": "x", "provenance": []}',
    "list": b"[1]",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_damaged_status_or_job_hides_nothing(tmp_path: Path, content: bytes) -> None:
    strange = tmp_path / "strange-01234567"
    strange.mkdir()
    (strange / "status.json").write_bytes(content)
    (tmp_path / ".app" / "jobs").mkdir(parents=True)
    (tmp_path / ".app" / "jobs" / "0123456789abcdef.json").write_bytes(content)
    (tmp_path / ".app" / "views").mkdir(parents=True)
    (tmp_path / ".app" / "views" / "0123456789abcdef.json.gz").write_bytes(content)
    with TestClient(create_app(settings_in(tmp_path)), base_url=HERE) as client:
        assert client.get("/api/runs").status_code == 200
        assert client.post("/api/runs", json={}).status_code == 202
        assert [run["state"] for run in finished(client, 1)] == ["finished"]
        assert client.get("/api/runs/0123456789abcdef").status_code == 404


@pytest.mark.parametrize("damage", ["half", "empty", "missing", "flipped byte"])
def test_a_start_makes_a_cut_run_anew(tmp_path: Path, damage: str) -> None:
    with TestClient(create_app(settings_in(tmp_path)), base_url=HERE) as client:
        client.post("/api/runs", json={"plans": [PLAN]})
        before = {run["id"]: run["digest"] for run in finished(client, 2)}
    for path in tmp_path.glob("*/replicates/0001.npz"):
        content = bytearray(path.read_bytes())
        if damage == "flipped byte":
            content[len(content) // 3] ^= 0xFF
        path.write_bytes(content if damage == "flipped byte" else content[: len(content) // 2 * (damage == "half")])
        if damage == "missing":
            path.unlink()
    for folder in ("jobs", "views"):
        for path in (tmp_path / ".app" / folder).iterdir():
            path.unlink()
    with TestClient(create_app(settings_in(tmp_path)), base_url=HERE) as client:
        assert client.post("/api/state", json={"plans": [PLAN]}).status_code == 200
        client.post("/api/runs", json={"plans": [PLAN]})
        assert {run["id"]: run["digest"] for run in finished(client, 2)} == before
        assert client.post("/api/groups", json={"plans": [PLAN]}).status_code == 200
    assert all(json.loads(p.read_text())["state"] == "finished" for p in tmp_path.glob("*/status.json"))
