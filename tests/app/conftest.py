"""A server of the fake model, in a folder of its own."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

pytest.importorskip("fastapi")
from fastapi.testclient import TestClient  # noqa: E402
from tests.waiting import PATIENCE  # noqa: E402

from kladsim.app import prepare  # noqa: E402
from kladsim.app.server import create_app  # noqa: E402
from kladsim.app.settings import ServerSettings  # noqa: E402
from kladsim.evidence.translating import FILE as CATALOGUE  # noqa: E402

SPEC = "tests.study.fake_model:fake_engine"
HERE = "http://127.0.0.1:8420"
PLAN = {"name": "Divert", "levers": [{"lever": "diversion", "share": 0.5, "start": "2015-07-01"}]}


@pytest.fixture(scope="session", autouse=True)
def workers_find_the_fake_model() -> Iterator[None]:
    """Worker processes import the fake model by name, as this process does."""
    with pytest.MonkeyPatch.context() as patch:
        found = [ROOT, str(Path(ROOT) / "src")]
        patch.setenv("PYTHONPATH", ":".join(found))
        yield


@pytest.fixture(autouse=True)
def here_and_not_in_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is prepared for the page runs in this process: to start others costs more than these runs."""
    monkeypatch.setattr(prepare, "usable_cores", lambda: 1)


def page_is_old() -> bool:
    """Whether the sources of the page changed after it was built: its tests would wait for what it cannot show."""
    built, sources = Path(ROOT) / "src" / "kladsim" / "app" / "static" / "index.html", Path(ROOT) / "web" / "src"
    when = built.stat().st_mtime if built.exists() else float("inf")
    return any(path.stat().st_mtime > when for path in (CATALOGUE, *sources.rglob("*")) if path.name != "schema.d.ts")


def settings_in(folder: Path, **fields: Any) -> ServerSettings:
    given: dict[str, Any] = {
        "runs": folder, "engine": SPEC, "until": "2017-01-01", "replicates": 3, "workers": 2, "shipped": False,
    }  # fmt: skip
    return ServerSettings(**given | fields)


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of a server whose baseline and one plan are finished."""
    app = create_app(settings_in(tmp_path_factory.mktemp("runs")))
    with TestClient(app, base_url=HERE) as found:
        started = found.post("/api/runs", json={"plans": [PLAN]})
        assert started.status_code == 202, started.text
        finished(found, len(started.json()))
        yield found


def finished(client: TestClient, many: int, seconds: float = PATIENCE) -> list[dict[str, Any]]:
    """Wait until so many runs are finished."""
    return until(client, lambda runs: sum(run["state"] == "finished" for run in runs) >= many, seconds)


def until(
    client: TestClient, done: Callable[[list[dict[str, Any]]], bool], seconds: float = PATIENCE
) -> list[dict[str, Any]]:
    """Wait until the list of runs is as wanted."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        runs: list[dict[str, Any]] = client.get("/api/runs").json()["runs"]
        if done(runs):
            return runs
        time.sleep(0.1)
    pytest.fail(f"not in {seconds} s: {runs}")
