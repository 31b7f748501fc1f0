"""A damaged folder, job or view never hides the others from the page, and a start makes it anew."""

from __future__ import annotations

import json
import shutil
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


def test_damaged_statuses_jobs_and_views_hide_nothing(tmp_path: Path) -> None:
    for number, content in enumerate(BROKEN.values()):
        name = f"{number}123456789abcdef"
        strange = tmp_path / f"strange-{number}1234567"
        for path in (strange / "status.json", tmp_path / f".app/jobs/{name}.json", tmp_path / f".app/views/{name}.json.gz"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    with TestClient(create_app(settings_in(tmp_path)), base_url=HERE) as client:
        assert client.get("/api/runs").status_code == 200
        assert client.post("/api/runs", json={}).status_code == 202
        assert [run["state"] for run in finished(client, 1)] == ["finished"]
        for number in range(len(BROKEN)):
            assert client.get(f"/api/runs/{number}123456789abcdef").status_code == 404


@pytest.fixture(scope="module")
def finished_runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """The folder of a server that ran base and plan, and the digests of both."""
    folder = tmp_path_factory.mktemp("finished")
    with TestClient(create_app(settings_in(folder)), base_url=HERE) as client:
        client.post("/api/runs", json={"plans": [PLAN]})
        return folder, {run["id"]: run["digest"] for run in finished(client, 2)}


@pytest.mark.parametrize("damage", ["half", "empty", "missing", "flipped byte"])
def test_a_start_makes_a_cut_run_anew(tmp_path: Path, damage: str, finished_runs: tuple[Path, dict[str, str]]) -> None:
    folder, before = finished_runs
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    cut = list(tmp_path.glob("*/replicates/0001.npz"))
    assert len(cut) == 2
    for path in cut:
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
