"""What is kept of fits between runs: the same rows as computed anew, only what changed made anew, whole after a kill."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import warnings
from datetime import date
from pathlib import Path

import pytest
from tests.waiting import wait_until

from kladsim.monitor import fit_store, store, watching
from kladsim.monitor.fit_store import FitStore, open_store
from kladsim.monitor.recipes import IntakeOptions

DAY = date(2026, 1, 10)
pytestmark = pytest.mark.usefixtures("own_folder")


@pytest.fixture(autouse=True)
def computed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A table of this test; the numbers of results that were computed each time it was open."""
    monkeypatch.setenv("KLADSIM_FITS", str(tmp_path / "fits"))
    numbers: list[int] = []
    write = FitStore.write

    def count(one: FitStore) -> None:
        numbers.append(one.computed)
        write(one)

    monkeypatch.setattr(FitStore, "write", count)
    return numbers


def _add(folder: Path, series: int, months: int) -> None:
    rows = [
        f"GEO,,calls {chr(97 + one)},calls,{2022 + month // 12}-{month % 12 + 1:02d},{20 + (7 * month + one) % 9}"
        for one in range(series) for month in range(months)
    ]  # fmt: skip
    path = folder / "own.csv"
    path.write_text("\n".join(["country,place,indicator,unit,period,value", *rows]) + "\n", encoding="utf-8")
    store.add(path, IntakeOptions(new=tuple(f"calls {chr(97 + one)}" for one in range(series))))


def test_kept_fits_give_the_same_rows_without_warnings(tmp_path: Path, computed: list[int]) -> None:
    _add(tmp_path, 3, 40)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first = watching.watch("own", as_of=DAY)
        again = watching.watch("own", as_of=DAY)
    assert again == first
    assert computed[0] > 0 and computed[-1] == 0


def test_a_value_of_one_series_makes_its_fits_anew_and_no_others(tmp_path: Path, computed: list[int]) -> None:
    _add(tmp_path, 3, 40)
    watching.watch("own", as_of=DAY)
    everything = computed[-1]
    (tmp_path / "next.csv").write_text("country,place,indicator,unit,period,value\nGEO,,calls a,calls,2025-05,21\n", encoding="utf-8")
    store.add(tmp_path / "next.csv")
    rows = watching.watch("own", as_of=DAY)
    assert rows[0].last_period == "2025-05"
    # One series: fit, surprise, level; and the two tables that the three series are judged in now.
    assert (everything, computed[-1]) == (10, 5)


def test_a_damaged_table_is_begun_anew_and_one_that_is_held_is_done_without(tmp_path: Path) -> None:
    path = tmp_path / "fits" / fit_store.FILE
    path.parent.mkdir()
    path.write_bytes(b"no table at all" * 100)
    with open_store() as one:
        assert one.remember("a", lambda: [1.5]) == [1.5]
    with open_store() as one:
        assert one.remember("a", lambda: [2.5]) == [1.5]
    other = sqlite3.connect(path)
    other.execute("BEGIN EXCLUSIVE")
    with open_store() as one:
        assert one.remember("b", lambda: [3.5]) == [3.5]
    other.rollback()
    with open_store() as one:
        assert one.remember("a", lambda: [2.5]) == [1.5] and one.remember("b", lambda: [4.5]) == [4.5]


def test_the_table_keeps_the_latest_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit_store, "MAX_ROWS", 2)
    for name in "abc":
        with open_store() as one:
            one.remember(name, lambda: 1)
    with open_store() as one:
        assert [one.remember(name, lambda: 2) for name in "abc"] == [2, 1, 1]


WRITER = """
import itertools
from kladsim.monitor.fit_store import open_store
with open_store() as store:
    for number in itertools.count():
        store.remember(f"{NAME} {number}", lambda: [number, number])
"""


@pytest.mark.slow
def test_writers_at_once_that_are_killed_leave_whole_results(tmp_path: Path) -> None:
    path = tmp_path / "fits" / fit_store.FILE
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER.replace("NAME", f"'{name}'")], env=dict(os.environ)) for name in "ab"
    ]
    wait_until(lambda: path.exists() and path.stat().st_size > 100_000, "writers that keep fits")
    for writer in writers:
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    rows = connection.execute("SELECT key, result FROM fits").fetchall()
    assert len(rows) >= fit_store.BATCH
    assert all(result == f"[{key.split()[1]}, {key.split()[1]}]" for key, result in rows)
