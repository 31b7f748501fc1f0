"""Answers made once for many who ask at once; run directories found without reading all of them."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.opening import opened

import kladsim as ks
from kladsim.app import answers as a
from kladsim.app.memo import Memo, packed_json
from kladsim.app.plans import _pack, wanted
from kladsim.app.running import _listen
from kladsim.app.server import create_app
from kladsim.app.service import Service
from kladsim.app.shelf import Shelf
from kladsim.core.files import write_bytes
from kladsim.model.config import from_plain
from kladsim.runs.engine import DEFAULT_ENGINE
from kladsim.runs.provenance import content_key, identity

from .conftest import HERE, settings_in


def test_fifty_who_ask_at_once_wait_for_one_answer() -> None:
    made: list[int] = []

    def make() -> int:
        made.append(1)
        time.sleep(0.05)
        return 7

    memo: Memo[int] = Memo(3)
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(memo("one", make))) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [7] * 50 and made == [1]


def test_an_error_is_not_kept_and_the_oldest_answer_goes_first() -> None:
    memo: Memo[int] = Memo(2)

    def fail() -> int:
        raise ValueError

    with pytest.raises(ValueError):
        memo("a", fail)
    assert [memo("a", lambda: 1), memo("b", lambda: 2), memo("a", lambda: 9), memo("c", lambda: 3)] == [1, 2, 1, 3]
    assert memo("b", lambda: 4) == 4, "b was not asked for longest"


def test_equal_answers_have_equal_marks() -> None:
    one, two = packed_json({"a": [1.5, None]}), packed_json({"a": [1.5, None]})
    assert one == two and json.loads(one.body) == {"a": [1.5, None]}
    assert packed_json({"a": [1.6, None]}).mark != one.mark


def test_what_does_not_change_is_not_sent_twice(client: TestClient) -> None:
    for path in ("/api/catalogue", "/api/map/russia", "/api/stories/en"):
        first = client.get(path)
        assert first.headers["content-encoding"] == "gzip"
        again = client.get(path, headers={"if-none-match": first.headers["etag"]})
        assert again.status_code == 304 and again.content == b""
        plain = client.get(path, headers={"accept-encoding": "identity"})
        assert plain.json() == first.json() and "content-encoding" not in plain.headers


def test_a_runs_key_is_the_study_layers(tmp_path: Path) -> None:
    """The page names a run by the study layer's own key, whichever of its parameters are part of it."""
    service = Service(settings_in(tmp_path, engine=DEFAULT_ENGINE))
    frame = service.frame(a.Asked())
    pack = _pack(service.engine, frame.base.country)
    levers = ks.Diversion(share=0.5, start="2026-01-01"), ks.Treatment(places=9_000), ks.Takedown(date="2025-03-01")
    for scenario in (frame.base, *(frame.base.with_(lever) for lever in levers), frame.base.with_(*levers)):
        config = scenario.resolve(pack)
        whole = identity(service.engine, config, pack, frame.replicates, frame.draws)
        run = wanted(frame, scenario, service.engine, service.library.shelf)
        assert run.key == content_key(whole)
        again = identity(service.engine, from_plain(whole["config"]), pack, frame.replicates, frame.draws)
        assert again == whole


def test_no_small_answer_waits_for_the_readers_receipt(tmp_path: Path) -> None:
    with _listen(settings_in(tmp_path, port=0)) as listening:
        assert listening.proto == socket.IPPROTO_TCP


def test_no_environment_makes_the_server_report_what_it_measures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FastAPI alone would send to this address, and says at its start that it knows no such way to send."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.example:4318")
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "console")
    with TestClient(create_app(settings_in(tmp_path)), base_url=HERE) as client:
        assert client.get("/api/runs").status_code == 200


def run_in(folder: Path, name: str, key: str, **more: str) -> None:
    (folder / name).mkdir(parents=True)
    status = {"key": key, "name": name, "state": "finished", **more}
    (folder / name / "status.json").write_text(json.dumps(status), encoding="utf-8")


def test_runs_are_found_by_key_also_where_they_were_renamed_or_appear_later(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "later")
    assert shelf.every() == {} and shelf.find("ab" * 8) is None
    run_in(shelf.folder, "one-abababab", "ab" * 32)
    found = shelf.find("ab" * 8)
    assert found is not None and found["path"].endswith("one-abababab")
    run_in(shelf.folder, "my own name", "cd" * 32)
    assert "cd" * 8 in shelf.every() and shelf.find("cd" * 8) is not None
    run_in(shelf.folder, "two-abababab", "ab" * 4 + "ee" * 28)  # the same beginning, another run
    other = shelf.find("ab" * 4 + "ee" * 4)
    assert other is not None and other["path"].endswith("two-abababab")
    (shelf.folder / "broken-00000000").mkdir()
    (shelf.folder / "broken-00000000" / "status.json").write_text("{", encoding="utf-8")
    assert len(shelf.every()) == 3


def test_a_changed_status_is_read_again(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    run_in(tmp_path, "one-abababab", "ab" * 32)
    assert shelf.every()["ab" * 8]["state"] == "finished"
    path = tmp_path / "one-abababab" / "status.json"
    when = path.stat().st_mtime_ns
    for error in ("one", "two"):  # as long as each other: only the file itself tells the two apart
        write_bytes(path, json.dumps({"key": "ab" * 32, "name": "one", "state": "failed", "error": error}).encode())
        os.utime(path, ns=(when, when))  # within one tick of the clock of the file system
        found = shelf.find("ab" * 8)
        assert found is not None and found["error"] == error


def test_a_thousand_finished_runs_are_read_once_each(tmp_path: Path) -> None:
    for number in range(1000):
        run_in(tmp_path, f"run-{number:08x}", f"{number:08x}" * 8, updated=str(number))
    shelf = Shelf(tmp_path)
    with opened(tmp_path) as files:
        assert len(shelf.every()) == 1000
    assert len(files) == len(set(files)) == 1000, "one small file a run, each once"
    with opened(tmp_path) as files:
        assert len(shelf.every()) == 1000
        assert all(shelf.find(f"{number:08x}" * 2) is not None for number in range(100))
    assert files == [], "what has not changed is not read again"
