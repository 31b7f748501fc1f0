"""Answers made once for many who ask at once; run directories found without reading all of them."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from kladsim.app.memo import Memo, packed_json
from kladsim.app.shelf import Shelf


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
    time.sleep(0.02)
    text = json.dumps({"key": "ab" * 32, "state": "failed"})
    (tmp_path / "one-abababab" / "status.json").write_text(text, encoding="utf-8")
    found = shelf.find("ab" * 8)
    assert found is not None and found["state"] == "failed"


def test_a_thousand_finished_runs_open_in_under_a_second(tmp_path: Path) -> None:
    for number in range(1000):
        run_in(tmp_path, f"run-{number:08x}", f"{number:08x}" * 8, updated=str(number))
    shelf = Shelf(tmp_path)
    began = time.process_time()
    assert len(shelf.every()) == 1000
    assert time.process_time() - began < 1.0
    began = time.process_time()
    for number in range(100):
        assert shelf.find(f"{number:08x}" * 2) is not None
    assert time.process_time() - began < 0.1
