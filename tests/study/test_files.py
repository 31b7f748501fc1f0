"""Files that several processes change: one at a time, whole or absent, whoever is killed."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kladsim.core.errors import StorageError
from kladsim.core.files import TEMPORARY, alone, write_bytes

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
