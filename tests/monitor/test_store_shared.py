"""Two processes that add at once: nothing is lost, and nothing is reported that is not so, whoever is killed.

``KLADSIM_ROUNDS`` says how often (50 were run for the release; each round starts two processes).
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from kladsim.monitor import library, own, store
from kladsim.monitor.recipes import IntakeOptions

ROUNDS = int(os.environ.get("KLADSIM_ROUNDS", "3"))
HEAD = "country,place,indicator,unit,period,value"
YEARS = range(2001, 2021)

pytestmark = pytest.mark.usefixtures("own_folder")


def _file(folder: Path, number: int) -> Path:
    path = folder / f"file{number:03d}.csv"
    rows = [f"GE,,thing number {number},calls,{year},{number + year}" for year in YEARS]
    path.write_text("\n".join((HEAD, *rows)) + "\n", encoding="utf-8")
    return path


def _start(path: Path, number: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "kladsim", "monitor", "add", str(path), "--new", f"thing number {number}"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _stored() -> set[tuple[str, int, float]]:
    with (store.folder() / store.FILE).open(encoding="utf-8", newline="") as file:
        return {(row["source"], int(row["period"]), float(row["value"])) for row in csv.DictReader(file)}


@pytest.mark.slow
def test_two_that_add_at_once_lose_nothing_even_when_killed(tmp_path: Path) -> None:
    """Each round: two at once, of which at a random moment none or one is killed; then the store is read.

    The moments are drawn over the time that an addition takes. A file is there whole or not at all; what was there
    stays; a process that said "Stored." has stored; one that ended well has said so.
    """
    rng = np.random.default_rng(7)
    before: set[tuple[str, int, float]] = set()
    took, killed = 2.0, 0
    for number in range(0, 2 * ROUNDS, 2):
        paths = [_file(tmp_path, number), _file(tmp_path, number + 1)]
        began = time.monotonic()
        pair = [_start(path, number + i) for i, path in enumerate(paths)]
        victim = rng.integers(3)
        if victim < 2:
            time.sleep(float(rng.uniform(0.3, 1.1) * took))
            pair[victim].kill()
        said = [one.communicate() for one in pair]
        took = time.monotonic() - began if victim == 2 else took
        killed += any(one.returncode == -9 for one in pair)
        now = _stored() if (store.folder() / store.FILE).exists() else set()
        assert before <= now
        for i, (path, one, (out, err)) in enumerate(zip(paths, pair, said, strict=True)):
            whole = {(path.name, year, float(number + i + year)) for year in YEARS}
            mine = {row for row in now if row[0] == path.name}
            assert mine in (set(), whole)
            assert mine == whole or "Stored." not in out
            assert one.returncode in (0, -9) and not err, err
            assert one.returncode != 0 or ("Stored." in out and mine == whole)
        before = now
    print(f"{ROUNDS} rounds, {killed} killed, {len(before) // len(YEARS)} of {2 * ROUNDS} files stored")
    store.add(_file(tmp_path, 999), IntakeOptions(new=("thing number 999",)))  # the lock is free, leftovers are gone
    left = sorted(path.name for path in store.folder().iterdir())
    assert left == [".lock-observations.csv", store.FILE, store.LOG]
    logged = (store.folder() / store.LOG).read_text(encoding="utf-8")
    files = {source for source, _, _ in _stored()}
    assert files == {line.split(":")[0].split(" ", 1)[1] for line in logged.splitlines()}


def test_a_kill_between_the_values_and_their_log_is_made_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class KilledError(BaseException):
        pass

    def kill() -> None:
        raise KilledError

    settle = store._settle
    calls = iter([settle, kill])  # the second call is the one after the values are in place
    monkeypatch.setattr(store, "_settle", lambda: next(calls)())
    with pytest.raises(KilledError):
        store.add(_file(tmp_path, 1))
    monkeypatch.setattr(store, "_settle", settle)
    assert {row["source"] for row in own.read_versions()} == {"file001.csv"} and not (store.folder() / store.LOG).exists()
    store.add(_file(tmp_path, 2), IntakeOptions(new=("thing number 2",)))
    logged = (store.folder() / store.LOG).read_text(encoding="utf-8")
    assert logged.count("file001.csv: line 2: GEO, 'thing number 1': a series that is new") == 1
    assert logged.count("file002.csv") >= 1


def test_a_kill_before_the_values_leaves_no_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class KilledError(BaseException):
        pass

    write, count = store.write_bytes, iter(range(9))

    def killed(path: Path, content: bytes) -> None:
        if next(count) == 1:
            raise KilledError
        write(path, content)

    monkeypatch.setattr(store, "write_bytes", killed)
    with pytest.raises(KilledError):
        store.add(_file(tmp_path, 1))
    monkeypatch.setattr(store, "write_bytes", write)
    assert not own.read_versions()
    store.add(_file(tmp_path, 2))
    assert "file001" not in (store.folder() / store.LOG).read_text(encoding="utf-8")


def test_leftovers_of_every_file_of_the_store_go(tmp_path: Path) -> None:
    store.folder().mkdir(parents=True)
    for name in (store.FILE, store.LOG, f"{store.WAITING}abc"):
        (store.folder() / f".tmp-host-1-2-3-{name}").write_text("half", encoding="utf-8")
    store.add(_file(tmp_path, 1))
    assert sorted(path.name for path in store.folder().iterdir()) == [".lock-observations.csv", store.FILE, store.LOG]


def test_what_another_process_added_is_seen_without_a_word(tmp_path: Path) -> None:
    assert "own/GEO/thing number 1" not in library.every()
    _start(_file(tmp_path, 1), 1).communicate()
    assert library.every()["own/GEO/thing number 1"].points == len(YEARS)


def test_a_file_without_values_stores_nothing(tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_text(HEAD + "\nGE,,calls,calls,2021,:\n", encoding="utf-8")
    command = [sys.executable, "-m", "kladsim", "monitor", "add", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "Nothing to store." in done.stdout and "Stored." not in done.stdout


def test_a_file_that_is_not_right_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(HEAD + "\nGE,,calls,calls,2021,five\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no number"):
        store.add(path)
    assert not store.folder().exists()


FULL = """
import resource, sys
from datetime import date
from pathlib import Path
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from kladsim.monitor import event_log, events, store, updates
if sys.argv[1] == "events":
    raw = {"date": "2024", "country": "GE", "kind": "press", "substance": "cocaine", "source": "x"}
    event_log.add(events.check_event({**raw, "note": f"n {i}"}, date(2026, 1, 1)) for i in range(50))
else:
    getattr(store if sys.argv[1] == "add" else updates, sys.argv[1])(Path(sys.argv[3]))
"""


@pytest.mark.parametrize("verb", ["add", "update", "events"])
def test_a_full_disk_is_told_and_loses_nothing(tmp_path: Path, verb: str) -> None:
    """Files end at half a kilobyte, as a full disk ends them: what was there stays, and the same addition works later."""
    first = tmp_path / "first.csv"
    first.write_text(HEAD + "\nGE,,thing,calls,2001,1\n", encoding="utf-8")
    store.add(first)
    second = _file(tmp_path, 2)

    def run(size: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", FULL, verb, str(size), str(second)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def read() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in store.folder().iterdir() if not path.name.startswith(".")}

    before = read()
    done = run(512)
    assert done.returncode != 0 and "StorageError" in done.stderr, done.stderr
    assert read() == before
    assert run(10**7).returncode == 0 and read() != before and {row["source"] for row in own.read_versions()} >= {"first.csv"}


def test_formats_of_earlier_stores_are_read_and_kept(tmp_path: Path) -> None:
    """Stores of 0.6.0 have neither bounds nor notes: their rows stay when a new file is added."""
    store.folder().mkdir(parents=True)
    head = "series,country,place,indicator,unit,freq,period,value,reported,source,added"
    (store.folder() / store.FILE).write_text(f"{head}\nown/GEO/calls,GEO,,calls,calls,year,2020,7.0,,old.csv,2025-03-01\n", encoding="utf-8")
    path = tmp_path / "new.csv"
    path.write_text(HEAD + "\nGE,,calls,calls,2021,<5\n", encoding="utf-8")
    store.add(path)
    assert [array.tolist() for array in library.every()["own/GEO/calls"].bounds()] == [[2020, 2021], [7.0, 0.0], [7.0, 5.0]]
