"""The same study gives the same table in process, in processes, on a Dask cluster, and after workers are killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.study.fake_model import SPEC
from tests.study.test_studies import BASE, PLAN, planned
from tests.waiting import PATIENCE, wait_until

from kladsim.core.errors import InputError
from kladsim.runs import executors, run
from kladsim.runs.cells import CellStore
from kladsim.runs.executing import ReplicateTask, run_replicate
from kladsim.runs.executors import executor_named, run_on_dask
from kladsim.runs.replicates import read_replicate
from kladsim.runs.tasks import Shard, encode, parse_shard, to_json
from kladsim.study import compare
from kladsim.study.ensemble import Study
from kladsim.study.slurm import Request, submit_array

ROOT = Path(__file__).parents[2]


def expected(folder: Path) -> str:
    study = planned(folder)
    study.run(executor="here")
    return study.collect().digest()


# -- Dask --------------------------------------------------------------------------------------------------


def _dask(*arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    env = {**os.environ, **environment, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    command = [str(Path(sys.executable).with_name("dask")), *arguments]
    return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _worker(address: str, folder: Path) -> subprocess.Popen[bytes]:
    options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(folder))
    return _dask("worker", f"tcp://{address}", *options, FAKE_DAY_SECONDS="0.0002")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and two workers, started with dask's own commands."""
    pytest.importorskip("distributed")
    folder = tmp_path_factory.mktemp("dask")
    file = folder / "scheduler.json"
    scheduler = _dask("scheduler", "--port", "0", "--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(file))
    wait_until(lambda: file.exists() and file.read_text().strip(), "the scheduler's address")
    address = json.loads(file.read_text())["address"].removeprefix("tcp://")
    workers = [_worker(address, folder) for _ in range(2)]
    _wait_for(address, 2)
    yield address, workers
    for process in (*workers, scheduler):
        process.kill()
        process.wait()


def _wait_for(address: str, workers: int) -> None:
    from distributed import Client

    with Client(f"tcp://{address}", set_as_default=False, timeout=PATIENCE) as client:
        client.wait_for_workers(workers, timeout=PATIENCE)


@pytest.mark.slow
def test_dask_with_a_shared_folder_writes_there(
    tmp_path: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    study = planned(tmp_path / "dask")
    assert study.run(executor=f"dask://{cluster[0]}").missing == 0
    assert study.collect().digest() == expected(tmp_path / "here")


@pytest.mark.slow
def test_dask_without_one_sends_the_file_back(
    tmp_path: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executors, "_write_probes", lambda groups: [])
    study = planned(tmp_path / "dask")
    assert study.run(executor=f"dask://{cluster[0]}").missing == 0
    assert study.collect().digest() == expected(tmp_path / "here")


@pytest.mark.slow
def test_runs_and_comparisons_take_the_same_executors(
    tmp_path: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = run(BASE, replicates=3, out=tmp_path / "a", engine=SPEC, executor=f"dask://{cluster[0]}")
    here = run(BASE, replicates=3, out=tmp_path / "b", engine=SPEC)
    assert there.digest == here.digest
    far = compare(BASE, PLAN, replicates=3, engine=SPEC, executor=f"dask://{cluster[0]}")
    monkeypatch.setenv("KLADSIM_RUNS", str(tmp_path / "others"))
    assert far.totals() == compare(BASE, PLAN, replicates=3, engine=SPEC).totals()


@pytest.mark.slow
def test_a_dask_worker_that_is_killed_costs_nothing(
    tmp_path: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    address, workers = cluster
    study = planned(tmp_path / "dask", replicates=6)
    killed = False

    def kill_one(_: object) -> None:
        nonlocal killed
        if not killed:
            killed = True
            workers[0].send_signal(signal.SIGKILL)

    assert study.run(executor=f"dask://{address}", progress=kill_one).missing == 0
    workers.append(_worker(address, tmp_path))
    _wait_for(address, 2)
    straight = planned(tmp_path / "here", replicates=6)
    straight.run()
    assert killed and study.collect().digest() == straight.collect().digest()


def test_a_dask_worker_answers_with_bytes_where_it_sees_no_folder(tmp_path: Path) -> None:
    task = _first_task(planned(tmp_path / "s"))
    ((answer, content),) = run_on_dask(_order(task))
    assert json.loads(answer) == {"row": {}} and not task.output.exists()
    (tmp_path / "got.npz").write_bytes(content)
    assert len(read_replicate(tmp_path / "got.npz").digest) == 64


def test_a_dask_worker_of_another_version_refuses(tmp_path: Path) -> None:
    task = _first_task(planned(tmp_path / "s"))
    with pytest.raises(Exception, match="another version"):
        run_on_dask(_order(task, code="0" * 64))


def test_a_failure_on_a_dask_worker_is_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_FAILS", "0")
    ((answer, content),) = run_on_dask(_order(_first_task(planned(tmp_path / "s"))))
    assert "on purpose" in json.loads(answer)["failure"]["trace"] and content == b""


def _order(task: ReplicateTask, code: str | None = None) -> str:
    return to_json(encode(run_replicate, [task]) | {"codes": [code or task.code_key()]})


def _first_task(study: Study) -> ReplicateTask:
    from kladsim.runs.engine import engine_named

    model = engine_named(SPEC)
    (task, *_) = study._tasks(Shard(), model, model.load_pack("russia"), 1)
    assert isinstance(task.store, CellStore)
    return task


# -- SLURM -------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="the script is for bash")
def test_the_array_runs_as_the_batch_system_runs_it(tmp_path: Path) -> None:
    """Each task gets its number in SLURM_ARRAY_TASK_ID, in any order; one is sent twice."""
    study = planned(tmp_path / "a study's folder")
    path, said = submit_array(study, Request(shards=3, workers=1, options=("--partition=short",)), dry=True)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert said is None and lines[0] == "#!/bin/bash"
    first_command = next(number for number, line in enumerate(lines) if line and not line.startswith("#"))
    directives = [number for number, line in enumerate(lines) if line.startswith("#SBATCH ")]
    assert len(directives) == 8 and max(directives) < first_command
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    for task in ("2", "3", "1", "2"):
        subprocess.run(["bash", str(path)], env={**env, "SLURM_ARRAY_TASK_ID": task}, check=True, cwd=tmp_path)
    assert study.status().missing == 0
    assert study.collect().digest() == expected(tmp_path / "here")


# -- kill -9 -----------------------------------------------------------------------------------------------

COMMAND = """
import sys
sys.path.insert(0, {root!r})
from kladsim.study.ensemble import Study
Study.open({folder!r}).run(workers={workers})
"""


def _children(pid: int) -> list[int]:
    """Worker processes of a process (not its resource tracker)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            command = (entry / "cmdline").read_bytes()
        except (OSError, ValueError):
            continue
        if parent == pid and b"kladsim.runs.worker" in command:
            found.append(int(entry.name))
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds worker processes in /proc")
@settings(max_examples=4)
@given(moments=st.lists(st.tuples(st.booleans(), st.floats(0.0, 1.5)), min_size=1, max_size=2), workers=st.just(2))
def test_kill_9_at_any_moment_loses_nothing(
    tmp_path_factory: pytest.TempPathFactory, moments: list[tuple[bool, float]], workers: int
) -> None:
    """Kill workers (True) or the whole command (False) at random moments; the same command ends with the same table."""
    folder = tmp_path_factory.mktemp("killed")
    study = planned(folder / "s")
    script = folder / "script.py"
    script.write_text(COMMAND.format(root=str(ROOT), folder=str(study.path), workers=workers))
    environment = {**os.environ, "FAKE_DAY_SECONDS": "0.0005"}
    for kill_worker, moment in moments:
        child = subprocess.Popen([sys.executable, str(script)], env=environment, stderr=subprocess.DEVNULL)
        _wait_until_begun(study, child)
        time.sleep(moment / 3)
        if kill_worker:
            for worker in _children(child.pid)[:1]:
                os.kill(worker, signal.SIGKILL)
        else:
            child.send_signal(signal.SIGKILL)
        child.wait(timeout=PATIENCE)
        if kill_worker:
            assert study.status().missing == 0 or child.returncode != 0
    study.run()
    assert study.status().missing == 0
    assert study.collect().digest() == expected(folder / "here")


def _wait_until_begun(study: Study, child: subprocess.Popen[bytes]) -> None:
    wait_until(lambda: child.poll() is not None or any(study.runs.glob("*/*.npz")), "the first run")


# -- names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["moon", "processes:0", "processes:x", "dask:host"])
def test_unknown_executors_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="executor"):
        executor_named(text, 1)


def test_a_near_name_of_an_executor_is_told() -> None:
    with pytest.raises(InputError) as told:
        executor_named("proceses:4", 1)
    assert told.value.suggestion == "processes"


@given(st.integers(1, 7), st.integers(0, 40))
def test_shards_are_a_partition(of: int, size: int) -> None:
    parts = [Shard(number, of).part(range(size)) for number in range(1, of + 1)]
    assert sorted(item for part in parts for item in part) == list(range(size))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize("text", ["0/4", "5/4", "1", "a/b", "-1/4"])
def test_bad_shards_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="shard"):
        parse_shard(text)
