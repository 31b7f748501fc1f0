"""The door: other hosts, other sites, other paths, too much, too often, no token."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from kladsim.app.security import POLICY
from kladsim.app.server import create_app
from kladsim.app.settings import Limits, ServerSettings
from kladsim.core.errors import InputError

from .conftest import HERE, settings_in

TOKEN = "a-token-of-some-length"


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "169.254.169.254", "", "localhost.evil.example"]
)
def test_a_foreign_host_is_refused(client: TestClient, host: str) -> None:
    assert client.get("/api/runs", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost:8420", "127.0.0.1:8420", "[::1]:8420"])
def test_this_machine_is_let_in(client: TestClient, host: str) -> None:
    assert client.get("/api/runs", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "file://"])
def test_a_foreign_origin_is_refused(client: TestClient, origin: str) -> None:
    for method, path in (("GET", "/api/runs"), ("POST", "/api/runs"), ("POST", "/api/state")):
        answer = client.request(method, path, headers={"origin": origin}, json={})
        assert answer.status_code == 403, (method, path)


def test_a_page_of_another_site_cannot_ask(client: TestClient) -> None:
    headers = {"sec-fetch-site": "cross-site"}
    assert client.get("/api/catalogue", headers=headers).status_code == 403
    assert client.post("/api/state", json={}, headers={"sec-fetch-site": "same-site"}).status_code == 403
    assert client.post("/api/state", json={}, headers={"sec-fetch-site": "same-origin"}).status_code == 200


def test_a_plain_form_of_another_site_is_refused(client: TestClient) -> None:
    answer = client.post("/api/runs", content='{"plans":[]}', headers={"content-type": "text/plain"})
    assert answer.status_code == 415


def test_too_large_a_request_is_refused(client: TestClient) -> None:
    large = '{"plans": [], "frame": {"base": "' + "x" * 70_000 + '"}}'
    assert client.post("/api/state", content=large, headers={"content-type": "application/json"}).status_code == 413
    parts = (large[i : i + 1000].encode() for i in range(0, len(large), 1000))  # no length is told
    answer = client.post("/api/state", content=parts, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 413)


@pytest.mark.parametrize(
    "path",
    [
        "/../pyproject.toml",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/assets/..%2f..%2fserver.py",
        "/api/runs/..%2f..%2fx",
        "/api/map/..%2f..%2fetc",
    ],
)
def test_no_path_leads_out(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (404, 422)
    assert "root:" not in answer.text


@pytest.mark.parametrize("run", ["0" * 15, "g" * 16, "../../../../x", "0" * 17])
def test_a_run_id_is_never_a_path(client: TestClient, run: str) -> None:
    assert client.get(f"/api/runs/{run}").status_code in (404, 422)
    assert client.post(f"/api/runs/{run}/cancel", json={}).status_code in (404, 405, 422)


def test_every_answer_forbids_the_network(client: TestClient) -> None:
    for path in ("/", "/api/catalogue", "/nothing"):
        headers = client.get(path).headers
        assert headers["content-security-policy"] == POLICY
        assert headers["x-content-type-options"] == "nosniff"
    assert "http" not in POLICY and "*" not in POLICY


def test_beyond_loopback_needs_a_token(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        ServerSettings(host="0.0.0.0", runs=tmp_path)
    app = create_app(settings_in(tmp_path, host="0.0.0.0", token=TOKEN))
    with TestClient(app, base_url=HERE, follow_redirects=False) as client:
        assert client.get("/api/runs").status_code == 401
        assert client.get("/", headers={"authorization": "Bearer wrong-token-of-length"}).status_code == 401
        assert client.get("/api/runs", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
        assert client.get("/?token=wrong").status_code == 401
        opened = client.get(f"/?token={TOKEN}")
        assert opened.status_code == 303 and opened.headers["location"] == "/"
        cookie = opened.headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
        assert client.get("/api/runs").status_code == 200  # the cookie is sent back


def test_too_many_requests_and_runs_are_refused(tmp_path: Path) -> None:
    limits = Limits(a_minute=6, queued=2)
    with TestClient(create_app(settings_in(tmp_path, limits=limits, workers=1)), base_url=HERE) as client:
        answers = [client.post("/api/runs", json={"frame": {"seed": seed}}).status_code for seed in range(8)]
    assert answers[-1] == 429
    assert 202 in answers
