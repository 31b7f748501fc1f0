"""The task runner: rows are the same wherever they are made, kept at once, and what goes wrong is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.study import row_tasks
from tests.study.row_tasks import NumberTask, compute
from tests.waiting import PATIENCE, wait_until

from kladsim.core.errors import InputError, KladsimError, StorageError
from kladsim.runs.executors import InProcess, LocalProcesses, run_on_dask
from kladsim.runs.rows import FAILURES, RowFile, Runner, UnfinishedShardsError, compute_rows
from kladsim.runs.tasks import Progress, Shard, TaskCounter, encode, list_groups, map_tasks, to_json

ROOT = Path(__file__).parents[2]


def values(folder: Path) -> dict[str, int]:
    return {key: row["value"] for key, row in RowFile(folder / "rows.jsonl").read().items()}


@pytest.mark.parametrize("workers", [1, 3])
def test_rows_are_the_same_in_process_and_in_processes(tmp_path: Path, workers: int) -> None:
    assert compute(row_tasks.double, 5, workers, tmp_path) == [0, 2, 4, 6, 8]
    there = RowFile(tmp_path / "rows.jsonl").read()
    assert all(row["nan"] is None for row in there.values()), "the file holds no NaN"
    assert all((row["pid"] == os.getpid()) == (workers == 1) for row in there.values())


@pytest.mark.parametrize("workers", [1, 2])
def test_a_failure_is_a_row_and_the_others_are_kept(tmp_path: Path, workers: int) -> None:
    with pytest.raises(KladsimError, match=r"1 of 4 runs failed.*ValueError: on purpose"):
        compute(row_tasks.fail_at_one, 4, workers, tmp_path)
    assert values(tmp_path) == {"0": 0, "2": 4, "3": 6}
    (failed,) = [json.loads(line) for line in (tmp_path / FAILURES).read_text().splitlines()]
    assert failed["key"] == "1" and "fail_at_one" in failed["trace"]
    assert compute(row_tasks.double, 4, workers, tmp_path) == [0, 2, 4, 6], "the next call tries it again"


@pytest.mark.parametrize(("deaths", "failed"), [(1, 0), (2, 0), (3, 1)])
def test_a_worker_that_dies_costs_its_own_task_only(tmp_path: Path, deaths: int, failed: int) -> None:
    (tmp_path / "deaths").write_text(str(deaths))
    tasks = [NumberTask(number, str(tmp_path)) for number in range(6)]
    store = RowFile(tmp_path / "rows.jsonl")
    watch: TaskCounter = TaskCounter("x", 6, 0, None, "runs")
    failures = map_tasks(row_tasks.die_at_one, tasks, LocalProcesses(2), store, watch)
    assert len(failures) == failed and all("ended 3 times" in failure.error for failure in failures)
    lines = [json.loads(line)["key"] for line in store.path.read_text().splitlines()]
    assert sorted(lines) == [str(n) for n in range(6) if n != 1 or not failed], "no row was made twice"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_full_disk_ends_all(tmp_path: Path, workers: int) -> None:
    with pytest.raises(StorageError, match="no space left"):
        compute(row_tasks.fill_the_disk, 4, workers, tmp_path)


def test_what_a_task_prints_does_not_disturb_its_answer(tmp_path: Path) -> None:
    assert compute(row_tasks.print_a_line, 3, 2, tmp_path) == [0, 2, 4]


def test_shards_stop_where_others_are_missing_and_make_the_whole(tmp_path: Path) -> None:
    with pytest.raises(UnfinishedShardsError, match=r"shard 1/2 has done its part; 2 of 5 runs"):
        compute(row_tasks.double, 5, 1, tmp_path, shard=Shard(1, 2))
    assert values(tmp_path) == {"0": 0, "2": 4, "4": 8}
    assert compute(row_tasks.double, 5, 1, tmp_path, shard=Shard(2, 2)) == [0, 2, 4, 6, 8]
    lines = (tmp_path / "rows.jsonl").read_text().splitlines()
    assert len(lines) == 5, "no row was made twice"


def test_a_run_without_shard_gathers(tmp_path: Path) -> None:
    with pytest.raises(UnfinishedShardsError):
        compute(row_tasks.double, 5, 1, tmp_path, shard=Shard(2, 3))
    assert compute(row_tasks.double, 5, 1, tmp_path) == [0, 2, 4, 6, 8]


def test_progress_counts_what_was_there(tmp_path: Path) -> None:
    compute(row_tasks.double, 2, 1, tmp_path)
    seen: list[tuple[int, int]] = []

    def report(progress: Progress) -> None:
        seen.append((progress.done, progress.total))

    compute(row_tasks.double, 4, 1, tmp_path, report=report)
    assert seen == [(3, 4), (4, 4)]


def test_equal_tasks_run_once(tmp_path: Path) -> None:
    store = RowFile(tmp_path / "rows.jsonl")
    compute_rows("x", row_tasks.double, [NumberTask(1), NumberTask(1)], store, Runner())
    assert len(store.path.read_text().splitlines()) == 1


def test_tasks_without_a_group_are_alone() -> None:
    assert [len(group) for group in list_groups([NumberTask(1), NumberTask(2)])] == [1, 1]


def test_a_function_that_no_other_process_finds_is_refused(tmp_path: Path) -> None:
    def inner(task: Any, tick: Any) -> dict[str, Any]:
        return {"key": task.key}

    with pytest.raises(InputError, match="cannot import it"):
        map_tasks(inner, [NumberTask(1)], LocalProcesses(2), RowFile(tmp_path / "r"), TaskCounter("x", 1, 0, None, "runs"))
    map_tasks(inner, [NumberTask(1)], InProcess(), RowFile(tmp_path / "r"), TaskCounter("x", 1, 0, None, "runs"))


def test_a_row_from_a_dask_worker_has_the_same_bits(tmp_path: Path) -> None:
    order = to_json(encode(row_tasks.double, [NumberTask(3), NumberTask(4)]) | {"codes": ["", ""]})
    answers = [json.loads(answer)["row"] for answer, _ in run_on_dask(order)]
    assert [row["value"] for row in answers] == [6, 8] and all(row["nan"] != row["nan"] for row in answers)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds worker processes in /proc")
def test_workers_end_with_a_killed_parent(tmp_path: Path) -> None:
    code = f"from pathlib import Path\nfrom tests.study import row_tasks as r\nr.compute(r.sleep, 2, 2, Path({str(tmp_path)!r}))"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "src")))}
    parent = subprocess.Popen([sys.executable, "-c", code], env=env)
    wait_until(lambda: len(list(tmp_path.glob("*.pid"))) == 2, "two workers")
    workers = [int(path.stem) for path in tmp_path.glob("*.pid")]
    parent.kill()
    parent.wait(timeout=PATIENCE)
    wait_until(lambda: not any(_lives(pid) for pid in workers), "the end of the workers")


def _lives(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
