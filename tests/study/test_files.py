"""Files that several processes change: one at a time, whole or absent, whoever is killed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kladsim.core.errors import StorageError
from kladsim.core.files import TEMPORARY, alone, append_line, write_bytes
from kladsim.policy import Scenario

HOLD = """
import sys, time
from pathlib import Path
from kladsim.core.files import alone
with alone(Path(sys.argv[1]), "it"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_threads_that_change_one_file_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "numbers.txt"

    def add(number: int) -> None:
        with alone(path, "numbers"):
            known = path.read_bytes() if path.exists() else b""
            write_bytes(path, known + b"%d\n" % number)

    threads = [threading.Thread(target=add, args=(i,)) for i in range(16)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(int(line) for line in path.read_text().split()) == list(range(16))


def test_a_killed_holder_frees_the_lock_and_its_leftovers_go(tmp_path: Path) -> None:
    path = tmp_path / "numbers [1].txt"
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    with pytest.raises(StorageError, match="another kladsim process has been writing numbers"), alone(path, "numbers", 0.2):
        pass
    leftover, other = tmp_path / f"{TEMPORARY}host-1-2-{path.name}", tmp_path / f"{TEMPORARY}host-1-2-other.txt"
    leftover.write_text("half")
    other.write_text("of another file")
    holder.kill()
    holder.wait()
    with alone(path, "numbers"):
        assert not leftover.exists() and other.exists()


@pytest.fixture
def asked_of_the_disk(monkeypatch: pytest.MonkeyPatch) -> list[int | str]:
    """What is flushed, by its number on the disk, and when a file gets its name."""
    events: list[int | str] = []
    replace = os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: events.append(os.fstat(handle).st_ino))
    monkeypatch.setattr(os, "replace", lambda *paths: (events.append("named"), replace(*paths)))
    return events


def test_a_file_is_on_the_disk_before_it_gets_its_name(tmp_path: Path, asked_of_the_disk: list[int | str]) -> None:
    path = tmp_path / "a.txt"
    write_bytes(path, b"a")
    assert asked_of_the_disk == [path.stat().st_ino, "named", tmp_path.stat().st_ino]
    asked_of_the_disk.clear()
    saved = tmp_path / "a.yaml"
    Scenario(name="a").to_yaml(saved)
    assert asked_of_the_disk == [saved.stat().st_ino, "named"]


@pytest.mark.parametrize("durable", [True, False])
def test_a_durable_line_is_on_the_disk(tmp_path: Path, durable: bool, asked_of_the_disk: list[int | str]) -> None:
    path = tmp_path / "rows.jsonl"
    append_line(path, {"a": 1}, durable=durable)
    assert asked_of_the_disk == [path.stat().st_ino] * durable
