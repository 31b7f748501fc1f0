"""A calibration gives the same posterior bit by bit on every executor, by shards, and after it was killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.study.test_executors import cluster
from tests.waiting import PATIENCE, wait_until

from kladsim.inference.calibration import quick as module
from kladsim.inference.calibration.store import CalibrationRows
from kladsim.runs.executors import InProcess, executor_named
from kladsim.runs.rows import Runner, UnfinishedShardsError
from kladsim.runs.tasks import Shard

__all__ = ["cluster"]
pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
RUNS, SCALE = 12, 4000
"""A few small runs: the posterior is worth nothing, but every step of the flow decides its bits."""


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SCALE", SCALE)


def fit(folder: Path, runner: Runner) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the calibration says, and its rows without what they cost."""
    rows = CalibrationRows(folder)
    found = module.quick(rows, runner, runs=RUNS).to_plain()
    return found, {key: {k: v for k, v in row.items() if k != "seconds"} for key, row in rows.read().items()}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "SCALE", SCALE)
        return fit(tmp_path_factory.mktemp("here"), Runner(InProcess()))


def interrupt(folder: Path, expected: Any) -> int:
    """Begin the calibration in ``folder`` with all rows but each fifth, some of each shard; return how many are there."""
    rows = CalibrationRows(folder)
    there = [row for number, row in enumerate(expected[1].values()) if number % 5]
    for row in there:
        rows.add(row)
    assert len(there) == 10 and len(expected[1]) == 13
    return len(there)


def test_local_processes(tmp_path: Path, expected: Any) -> None:
    interrupt(tmp_path, expected)
    assert fit(tmp_path, Runner(executor_named("processes:2"))) == expected


def test_dask(tmp_path: Path, expected: Any, cluster: Any) -> None:
    interrupt(tmp_path, expected)
    assert fit(tmp_path, Runner(executor_named(f"dask://{cluster[0]}"))) == expected


def test_shards_and_a_run_that_gathers(tmp_path: Path, expected: Any) -> None:
    interrupt(tmp_path, expected)
    with pytest.raises(UnfinishedShardsError, match="shard 1/2"):
        fit(tmp_path, Runner(shard=Shard(1, 2)))
    assert fit(tmp_path, Runner(shard=Shard(2, 2))) == expected
    assert fit(tmp_path, Runner()) == expected


SHARD = """
from pathlib import Path
from kladsim.inference.calibration import quick as module
from kladsim.inference.calibration.store import CalibrationRows
from kladsim.runs import rows
from kladsim.runs.rows import Runner
from kladsim.runs.tasks import Shard
rows.POLL_SECONDS = 0.1
module.SCALE = {scale}
module.quick(CalibrationRows(Path({folder!r})), Runner(shard=Shard({number}, 2), patience=600.0), runs={runs})
"""


def _start(folder: Path, number: int) -> subprocess.Popen[bytes]:
    code = SHARD.format(scale=SCALE, folder=str(folder), number=number, runs=RUNS)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "src")))}
    return subprocess.Popen([sys.executable, "-c", code], env=env)


def test_shards_side_by_side_one_of_them_killed(tmp_path: Path, expected: Any) -> None:
    there = interrupt(tmp_path, expected)
    first, second = _start(tmp_path, 1), _start(tmp_path, 2)
    wait_until(lambda: len(CalibrationRows(tmp_path).read()) >= there + 2, "two more rows")
    first.kill()
    first.wait(timeout=PATIENCE)
    again = _start(tmp_path, 1)
    assert again.wait() == 0 and second.wait() == 0
    assert fit(tmp_path, Runner()) == expected
