"""Where compiled code lies: the folder named, else a temporary one with one warning; compiled once, one at a time."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.environment import environment_of_a_user
from tests.study.fake_model import SPEC

from kladsim.core.errors import StorageError
from kladsim.core.jit import cache_folder
from kladsim.policy import Scenario
from kladsim.runs import kernels, run
from kladsim.runs.kernels import prepare_kernels, usual_cache, why_not_writable, why_not_writable_yet, writable_cache

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Temporary files of the test's own, no memory of earlier answers, and the environment as it was."""
    before = dict(os.environ)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    kernels._writable.cache_clear()
    prepare_kernels.cache_clear()
    yield
    kernels._writable.cache_clear()
    prepare_kernels.cache_clear()
    os.environ.clear()
    os.environ.update(before)


def _file_in_the_way(tmp_path: Path) -> str:
    (tmp_path / "file").write_text("")
    return str(tmp_path / "file" / "cache")


@pytest.mark.parametrize("chosen", [None, "/somewhere/else", "relative"])
def test_the_folder_is_the_one_that_the_compiler_uses(chosen: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KLADSIM_CACHE_DIR", raising=False)
    if chosen:
        monkeypatch.setenv("KLADSIM_CACHE_DIR", chosen)
    assert usual_cache() / "kernels" == cache_folder()


@pytest.mark.parametrize("where", ["a file", "/proc/kladsim", "no home", "missing home"])
def test_a_folder_that_cannot_be_written_gives_way_to_a_temporary_one_with_one_warning(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("KLADSIM_CACHE_DIR", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    if where == "no home":
        monkeypatch.setattr("platformdirs.user_cache_path", lambda name: Path("~/.cache") / name)
    elif where == "missing home":
        monkeypatch.setenv("HOME", "/proc/1/nobody")
    else:
        monkeypatch.setenv("KLADSIM_CACHE_DIR", _file_in_the_way(tmp_path) if where == "a file" else where)
    with caplog.at_level(logging.WARNING, "kladsim"):
        folders = {writable_cache() for _ in range(3)}
    (folder,) = folders
    assert folder.parent == tmp_path / "tmp" and folder.stat().st_mode & 0o077 == 0
    assert len(caplog.records) == 1 and "set KLADSIM_CACHE_DIR" in caplog.text
    assert os.environ["KLADSIM_CACHE_DIR"] == str(folder)  # worker processes use it too
    assert cache_folder() == folder / "kernels"


def test_what_a_read_only_folder_holds_is_still_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = tmp_path / "shared"
    (shared / "kernels" / "kernel-1" / "types").mkdir(parents=True)
    (shared / "kernels" / "kernel-1" / "types" / "a.nbi").write_bytes(b"index")
    monkeypatch.setenv("KLADSIM_CACHE_DIR", str(shared))
    monkeypatch.setattr(kernels, "why_not_writable", lambda folder: "Permission denied" if folder == shared else "")
    folder = writable_cache()
    assert (folder / "kernels" / "kernel-1" / "types" / "a.nbi").read_bytes() == b"index"
    kernels._writable.cache_clear()
    monkeypatch.setenv("KLADSIM_CACHE_DIR", str(shared))
    assert writable_cache() == folder  # again, beside the links of the first time


def test_a_folder_that_others_can_write_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KLADSIM_CACHE_DIR", "/proc/kladsim")
    planted = tmp_path / "tmp" / f"kladsim-cache-{os.getuid()}"
    planted.mkdir()
    planted.chmod(0o777)
    assert writable_cache() != planted


def test_no_folder_at_all_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KLADSIM_CACHE_DIR", "/proc/kladsim")
    monkeypatch.setattr("tempfile.tempdir", "/proc/none")
    with pytest.raises(StorageError, match=r"neither /proc/kladsim .* set KLADSIM_CACHE_DIR"):
        writable_cache()


@pytest.mark.parametrize("variables", [
    {"HOME": "/proc/1/x"}, {"KLADSIM_CACHE_DIR": "/proc/x"}, {"KLADSIM_RUNS": "/proc/x"}, {"KLADSIM_MONITOR": "/proc/x"},
    {"HOME": "", "XDG_CACHE_HOME": ""},
])  # fmt: skip
def test_doctor_says_what_is_wrong_and_ends_by_itself(variables: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "kladsim", "doctor", "--json"]
    env = environment_of_a_user(PYTHONPATH=str(ROOT / "src"), TMPDIR=str(tmp_path)) | variables
    done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=tmp_path, check=False)
    told = json.loads(done.stdout)
    assert "Traceback" not in done.stderr
    wrong = [check["found"] for check in told["checks"] if not check["ok"] or check["warning"]]
    for name, value in variables.items():
        if value:
            variable = "KLADSIM_CACHE_DIR" if name == "HOME" else name
            assert any(f"set {variable}" in found for found in wrong), told
    assert told["ok"] == ("KLADSIM_RUNS" not in variables and "KLADSIM_MONITOR" not in variables)


def test_a_run_folder_that_cannot_be_made_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KLADSIM_RUNS", "/proc/x")
    with pytest.raises(StorageError, match=r"/proc/x.*--out or KLADSIM_RUNS"):
        run(Scenario(name="a", until="2014-03-01"), engine=SPEC)


@pytest.mark.parametrize(("path", "right"), [("a/b/c", True), ("file", False), ("file/b", False)])
def test_whether_a_folder_could_be_made_is_told_without_making_it(path: str, right: bool, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert bool(why_not_writable_yet(tmp_path / path)) != right
    assert not (tmp_path / "a").exists()
    assert why_not_writable(tmp_path / "made") == "" and (tmp_path / "made").is_dir()


def _prepare(folder: str, ends: Any) -> None:
    os.environ["KLADSIM_CACHE_DIR"] = folder

    def compiled(command: list[str], **options: Any) -> Any:
        with (Path(folder) / "calls").open("a") as file:
            file.write(" ".join(command[1:]) + "\n")
        time.sleep(0.5)
        return subprocess.CompletedProcess(command, 0)

    kernels.subprocess.run = compiled  # type: ignore[assignment]
    prepare_kernels()
    ends.put(os.getpid())


def test_processes_that_start_together_compile_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    ends = context.Queue()
    processes = [context.Process(target=_prepare, args=(str(tmp_path), ends)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 4
    assert (tmp_path / "calls").read_text() == "-m kladsim.model.precompile\n"


@pytest.mark.parametrize("code", [1, -9])
def test_a_compilation_that_fails_leaves_it_to_the_first_call(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[Any] = []

    def compiled(command: list[str], **options: Any) -> Any:
        calls.append(command)
        return subprocess.CompletedProcess(command, code)

    monkeypatch.setenv("KLADSIM_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(kernels.subprocess, "run", compiled)
    prepare_kernels()
    assert len(calls) == 1 and not list(tmp_path.glob("compiled-*"))
    prepare_kernels.cache_clear()
    prepare_kernels()
    assert len(calls) == 2


def test_a_replicate_is_made_ready_before_its_clock_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from tests.study.fake_model import fake_engine

    from kladsim.runs import executing
    from kladsim.runs.running import RunRequest, run_job

    events: list[str] = []

    class Clock:
        @staticmethod
        def perf_counter() -> float:
            events.append("clock")
            return 0.0

    monkeypatch.setattr(executing, "time", Clock)
    engine = replace(fake_engine(), ready=lambda: events.append("ready"))
    pack = engine.load_pack("russia")
    config = Scenario(name="a", until="2014-03-01").resolve(pack)
    run_job(RunRequest("a", config, 1, tmp_path / "a"), None, engine, pack)
    assert events[0] == "ready" and "clock" in events


def test_kernels_are_made_ready_before_worker_processes_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from tests.study.fake_model import fake_engine

    from kladsim.runs import executors
    from kladsim.runs.running import RunRequest, run_job

    events: list[str] = []
    engine = replace(fake_engine(), ready=lambda: events.append("ready"))
    pack = engine.load_pack("russia")
    started = executors._Worker
    monkeypatch.setattr(executors, "_Worker", lambda *a: (events.append("worker"), started(*a))[1])
    config = Scenario(name="a", until="2014-03-01").resolve(pack)
    run_job(RunRequest("a", config, 2, tmp_path / "a", workers=2, engine=SPEC), None, engine, pack)
    assert events == ["ready", "worker", "worker"]


def test_a_monitor_folder_that_cannot_be_made_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from kladsim.monitor import store
    from kladsim.monitor.recipes import IntakeOptions

    monkeypatch.setenv("KLADSIM_MONITOR", "/proc/x")
    path = tmp_path / "a.csv"
    path.write_text("country,place,indicator,unit,period,value\nRUS,Omsk,deaths,deaths,2024,3\n")
    with pytest.raises(StorageError, match="set KLADSIM_MONITOR"):
        store.add(path, IntakeOptions(new=("Omsk", "deaths")))
