"""Runs outlive the server: killed during three runs and started again, all three finish; cancel, resume, fairness."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.waiting import PATIENCE, wait_until

from kladsim.app.jobs import new_job, write_job
from kladsim.app.server import create_app
from kladsim.app.supervisor import Supervisor
from kladsim.core.errors import InputError

from .conftest import HERE, SPEC, finished, settings_in, until
from .servers import Server


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_three_runs_outlive_a_killed_server(tmp_path: Path) -> None:
    first = Server(tmp_path, "0.004")
    for seed in (11, 12, 13):
        first.ask("/api/runs", {"frame": {"seed": seed}})
    begun = lambda: sum(run["fraction"] > 0.05 for run in first.ask("/api/runs")["runs"]) >= 2  # noqa: E731
    wait_until(begun, "two runs that have begun", pause=0.1)
    first.kill()
    # One worker dies with the server (a machine that goes down takes workers too), the others may live on.
    for path in tmp_path.glob(".app/jobs/*.json"):
        job = json.loads(path.read_text(encoding="utf-8"))
        if job["state"] == "running":
            _kill_worker(path)
            break
    second = Server(tmp_path, "0")
    try:
        finished = lambda: sum(run["state"] == "finished" for run in second.ask("/api/runs")["runs"]) >= 3  # noqa: E731
        wait_until(finished, "three finished runs", pause=0.2)
        assert all(run["error"] is None for run in second.ask("/api/runs")["runs"])
    finally:
        second.process.send_signal(signal.SIGINT)
        second.process.wait(timeout=PATIENCE)


def _kill_worker(job: Path) -> None:
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if str(job).encode() in words:
            os.kill(int(entry.parent.name), signal.SIGKILL)


def test_a_second_server_on_one_folder_is_refused(tmp_path: Path) -> None:
    first = Server(tmp_path)
    try:
        command = [sys.executable, "-c", "from kladsim.cli.main import app; app()", "serve", "--port", "0"]
        second = subprocess.run(
            [*command, "--runs", str(tmp_path), "--engine", SPEC], capture_output=True, text=True, check=False
        )
        assert second.returncode == 1 and second.stdout == ""
        assert "another `kladsim serve` works on this folder" in second.stderr
        assert first.ask("/api/runs")["runs"] is not None
    finally:
        first.kill()
    Server(tmp_path).kill()  # the lock of a killed server is free


def test_the_page_runs_on_the_executor_that_it_was_given(tmp_path: Path) -> None:
    with TestClient(create_app(settings_in(tmp_path, executor="processes:2")), base_url=HERE) as client:
        client.post("/api/runs", json={"frame": {"seed": 5}})
        until(client, lambda runs: any(run["state"] == "finished" for run in runs))
    with pytest.raises(InputError, match="executor"):
        settings_in(tmp_path, executor="moon")


def test_a_run_is_cancelled_and_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_DAY_SECONDS", "0.004")
    with TestClient(create_app(settings_in(tmp_path)), base_url=HERE) as client:
        run = client.post("/api/runs", json={"frame": {"seed": 5}}).json()[0]["id"]
        until(client, lambda runs: any(r["id"] == run and r["fraction"] > 0.02 for r in runs))
        assert client.post(f"/api/runs/{run}/cancel", json={}).json()["state"] == "cancelled"
        monkeypatch.setenv("FAKE_DAY_SECONDS", "0")
        time.sleep(1)
        assert client.get(f"/api/runs/{run}").json()["state"] == "cancelled"
        client.post(f"/api/runs/{run}/resume", json={})
        until(client, lambda runs: any(r["id"] == run and r["state"] == "finished" for r in runs))
        again = client.post("/api/runs", json={"frame": {"seed": 5}}).json()[0]
        assert again["state"] == "finished"


def test_a_failing_run_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_FAILS", "1")
    with TestClient(create_app(settings_in(tmp_path)), base_url=HERE) as client:
        runs = until(client, lambda runs: any(run["state"] == "failed" for run in runs))
    assert "fails on purpose" in str(runs[0]["error"])


def test_the_queue_is_fair(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, workers=1)
    with TestClient(create_app(settings), base_url=HERE) as client:
        service = client.app.state.service  # type: ignore[attr-defined]
        service.supervisor.stop()  # only the order is looked at
        wanted = []
        for number, who in enumerate(("many", "many", "many", "few")):
            frame = service.frame(_asked(number))
            wanted.append((service.base(frame), who))
        quiet = Supervisor(settings_in(tmp_path / "other", workers=1))
        for order, (run, who) in enumerate(wanted):
            job = new_job(run, SPEC, who, order)
            write_job(quiet.folder, job)
            quiet._jobs[job.id] = job
        served = []
        for _ in wanted:
            job = quiet._next()
            assert job is not None
            served.append(job.client)
            quiet._served[job.client] += 1
            del quiet._jobs[job.id]
    assert served == ["many", "few", "many", "many"]


def _asked(seed: int) -> Any:
    from kladsim.app.answers import Asked
    from kladsim.app.plans import FrameIn

    return Asked(frame=FrameIn(seed=100 + seed))


def test_runs_of_the_command_line_are_listed_too(client: TestClient, tmp_path: Path) -> None:
    from kladsim import Scenario
    from kladsim.runs.running import run

    with TestClient(create_app(settings_in(tmp_path)), base_url=HERE) as own:
        run(Scenario.preset("russia").with_(until="2015", seed=77), replicates=2, engine=SPEC, out=tmp_path / "mine")
        finished(own, 1)
        sources = {item["source"] for item in own.get("/api/runs").json()["runs"]}
    assert "command line" in sources
