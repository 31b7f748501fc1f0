"""Stores that several processes write: nothing is lost to a second writer, to kill -9 or to a full disk."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from tests.study.fake_model import SPEC
from tests.waiting import PATIENCE

from kladsim import Scenario
from kladsim.core.errors import StorageError
from kladsim.core.files import TEMPORARY, write_atomically, write_json
from kladsim.inference.calibration.store import CalibrationRows
from kladsim.inference.emulator.running import HistoryRows
from kladsim.study.ensemble import Study
from kladsim.validation.store import FactRows

PROCESSES, EACH = 4, 15


def _add_calibration(root: Path, number: int) -> None:
    CalibrationRows(root).add({"key": f"k{number}", "replicate": number, "values": {"x": float(number)}})


def _add_emulator(root: Path, number: int) -> None:
    HistoryRows(100, root).add({"history": {"number": number}, "base": {}, "plans": [], "seconds": 0.0})


def _add_validation(root: Path, number: int) -> None:
    FactRows(root).add("made up", {"replicate": number, "arms": {}, "seconds": 0.0})


ADD: dict[str, Callable[[Path, int], None]] = {
    "calibration": _add_calibration, "emulator": _add_emulator, "validation": _add_validation,
}  # fmt: skip
READ: dict[str, Callable[[Path], set[int]]] = {
    "calibration": lambda root: {int(row["replicate"]) for row in CalibrationRows(root).read().values()},
    "emulator": lambda root: {int(row["history"]["number"]) for row in HistoryRows(100, root).read().values()},
    "validation": lambda root: {int(row["replicate"]) for row in FactRows(root).read("made up")},
}


def _write_some(kind: str, root: Path, first: int) -> None:
    for number in range(first, first + EACH):
        ADD[kind](root, number)


@pytest.mark.parametrize("kind", ADD)
def test_rows_of_several_writers_are_all_there(kind: str, tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write_some, args=(kind, tmp_path, n * EACH)) for n in range(PROCESSES)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * PROCESSES
    assert READ[kind](tmp_path) == set(range(PROCESSES * EACH))


@pytest.mark.parametrize("kind", ADD)
@pytest.mark.parametrize("torn", [b'{"key": "to', b"\xff\xff", b"{}", b"[]\n7\nnull", b'{"replicate": "x", "arms": {}, "key": 1}'])
def test_a_torn_or_strange_line_costs_itself(kind: str, torn: bytes, tmp_path: Path) -> None:
    ADD[kind](tmp_path, 1)
    (path,) = (p for p in tmp_path.rglob("*.jsonl") if not p.name.startswith("."))
    with path.open("ab") as file:
        file.write(torn)
    ADD[kind](tmp_path, 2)
    assert READ[kind](tmp_path) == {1, 2}


def _write_until_killed(kind: str, root: Path, first: int, written: Connection) -> None:
    for number in itertools.count(first):
        ADD[kind](root, number)
        written.send(number)


@pytest.mark.parametrize("kind", ADD)
def test_rows_that_were_acknowledged_outlive_kill_9(kind: str, tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    acknowledged: set[int] = set()
    for killed_after in (1, 7, 20):
        told, written = context.Pipe(duplex=False)
        writer = context.Process(target=_write_until_killed, args=(kind, tmp_path, len(acknowledged), written))
        writer.start()
        written.close()
        acknowledged |= {told.recv() for _ in range(killed_after)}
        writer.kill()
        with suppress(EOFError):
            while True:
                acknowledged.add(told.recv())
        writer.join()
        assert writer.exitcode == -signal.SIGKILL
    assert acknowledged <= READ[kind](tmp_path)
    ADD[kind](tmp_path, 10_000)  # the killed writers' locks are free
    assert 10_000 in READ[kind](tmp_path)


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """Let each file of this process end at so many bytes, as on a full disk, and wait for the error that tells so."""
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        with pytest.raises(StorageError):
            yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def _fill_run(root: Path) -> None:
    from kladsim.runs import run

    run(Scenario(name="a", until="2016-01-01"), replicates=2, out=root / "run", engine=SPEC)


def _fill_study(root: Path) -> None:
    Study.plan(Scenario(name="a", until="2016-01-01"), replicates=2, out=root / "study", engine=SPEC).run()


def _fill_scenario(root: Path) -> None:
    Scenario(name="b" * 100, parameters={"courier.slack": 0.3}).to_yaml(root / "plan.yaml")


@pytest.mark.parametrize("kind", ADD)
@pytest.mark.parametrize("size", [700, 2001])
def test_rows_kept_before_a_disk_is_full_stay_and_the_next_ones_go_on(kind: str, size: int, tmp_path: Path) -> None:
    kept: set[int] = set()
    with no_file_larger_than(size):
        for number in range(10_000):
            ADD[kind](tmp_path, number)
            kept.add(number)
    assert kept and kept == READ[kind](tmp_path)
    ADD[kind](tmp_path, 99_999)
    assert kept | {99_999} == READ[kind](tmp_path)


@pytest.mark.parametrize("size", [100, 1500])
def test_a_run_that_met_a_full_disk_resumes(size: int, tmp_path: Path) -> None:
    from kladsim.runs import run

    with no_file_larger_than(size):
        _fill_run(tmp_path)
    resumed = run(Scenario(name="a", until="2016-01-01"), replicates=2, out=tmp_path / "run", engine=SPEC)
    straight = run(Scenario(name="a", until="2016-01-01"), replicates=2, out=tmp_path / "other", engine=SPEC)
    assert resumed.digest == straight.digest and not list(tmp_path.rglob(f"{TEMPORARY}*"))


@pytest.mark.parametrize("size", [100, 1500])
def test_a_study_that_met_a_full_disk_resumes(size: int, tmp_path: Path) -> None:
    with no_file_larger_than(size):
        _fill_study(tmp_path)
    _fill_study(tmp_path)
    assert Study.open(tmp_path / "study").status().missing == 0


def test_a_scenario_that_does_not_fit_leaves_the_one_that_was_there(tmp_path: Path) -> None:
    before = Scenario(name="a").to_yaml(tmp_path / "plan.yaml")
    with no_file_larger_than(64):
        _fill_scenario(tmp_path)
    assert (tmp_path / "plan.yaml").read_text() == before
    assert [path.name for path in tmp_path.iterdir()] == ["plan.yaml"]


def test_a_second_writer_of_one_file_at_once_has_a_temporary_file_of_its_own(tmp_path: Path) -> None:
    path, seen = tmp_path / "a.json", []

    def first(temporary: Path) -> None:
        seen.append(temporary)
        temporary.write_text("[1]")
        write_json(path, {"second": 2})
        assert temporary.read_text() == "[1]"

    write_atomically(path, first)
    assert path.read_text() == "[1]" and len(list(tmp_path.iterdir())) == 1


def test_who_asks_for_most_replicates_wins(tmp_path: Path) -> None:
    one = Study.plan(Scenario(name="a", until="2014-02-01"), replicates=2, out=tmp_path / "study", engine=SPEC)
    other = Study.open(one.path)
    one.set_replicates(30)
    other.set_replicates(20)
    assert Study.open(one.path).replicates == other.replicates == 30


def _collect(path: str, ends: Any) -> None:
    ends.put(Study.open(path).collect().digest())


def test_collecting_at_once_gives_one_catalogue(tmp_path: Path) -> None:
    study = Study.plan(Scenario(name="a", until="2014-02-01"), replicates=6, out=tmp_path / "study", engine=SPEC)
    study.run()
    context = multiprocessing.get_context("spawn")
    ends = context.Queue()
    readers = [context.Process(target=_collect, args=(str(study.path), ends)) for _ in range(3)]
    for reader in readers:
        reader.start()
    digests = {ends.get(timeout=PATIENCE) for _ in readers}
    for reader in readers:
        reader.join()
    assert digests == {study.collect().digest()}
    assert json.loads((study.path / "study.json").read_text())["replicates"] == 6


@pytest.mark.parametrize("kind", ADD)
def test_a_folder_that_cannot_be_made_is_told_before_anything_is_computed(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kladsim.inference.calibration.running import compute as calibrate
    from kladsim.inference.emulator.running import compute as train
    from kladsim.runs.rows import HERE
    from kladsim.validation.running import compute as validate

    monkeypatch.setenv("KLADSIM_RUNS", "/proc/x")
    compute: dict[str, Callable[[], object]] = {
        "calibration": lambda: calibrate("a", [], CalibrationRows(), HERE), "emulator": lambda: train([], HistoryRows(100), HERE, k=100),
        "validation": lambda: validate({}, FactRows(), HERE),
    }  # fmt: skip
    with pytest.raises(StorageError, match="set KLADSIM_RUNS"):
        compute[kind]()
