"""The same study of the drug economy itself gives the same table however it is run, and after kill -9."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.study.test_executors import COMMAND, ROOT, _children, _wait_until_begun, cluster
from tests.waiting import PATIENCE

from kladsim.policy import Scenario
from kladsim.policy.levers.diversion import Diversion
from kladsim.policy.levers.takedown import Takedown
from kladsim.study.design import Design
from kladsim.study.ensemble import Study

__all__ = ["cluster"]  # a scheduler and two workers, started with dask's own commands

pytestmark = [pytest.mark.slow]


def planned(folder: Path, scale: str = "1/5000", until: str = "2014-07-01", replicates: int = 2) -> Study:
    """A base and a plan in two worlds, in which fewer or more begin to use: four configurations."""
    base = Scenario(name="base", until=until, scale=scale)
    plan = base.with_(Diversion(share=0.5, start="2014-02"), Takedown(date="2014-03-15"), name="plan")
    design = Design("grid", 2)
    return Study.plan(base, plan, vary=["use.initiation"], design=design, replicates=replicates, out=folder)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of the table, run in this process."""
    study = planned(tmp_path_factory.mktemp("here") / "s")
    assert study.run(executor="here").finished == 8
    runs = study.sql("SELECT count(DISTINCT digest) AS n FROM runs")
    assert runs == [{"n": 8}], "every configuration and replicate must differ, else equal tables say nothing"
    return study.collect().digest()


def test_two_processes(tmp_path: Path, expected: str) -> None:
    study = planned(tmp_path / "s")
    assert study.run(workers=2).missing == 0
    assert study.collect().digest() == expected


@pytest.mark.parametrize("order", [(3, 1, 4, 2), (4, 2, 3, 1)])
def test_four_shards_in_any_order(tmp_path: Path, expected: str, order: tuple[int, ...]) -> None:
    study = planned(tmp_path / "s")
    for number in order:
        Study.open(study.path).run(shard=f"{number}/4")
    assert study.status().missing == 0
    assert study.collect().digest() == expected


def test_a_dask_cluster(tmp_path: Path, expected: str, cluster: tuple[str, list[subprocess.Popen[bytes]]]) -> None:
    study = planned(tmp_path / "s")
    assert study.run(executor=f"dask://{cluster[0]}").missing == 0
    assert study.collect().digest() == expected


def killed_and_resumed(study: Study, folder: Path, moments: list[tuple[bool, float]]) -> int:
    """Kill a worker (True) or the whole command (False) some seconds after the first file; return how many died."""
    script = folder / "script.py"
    script.write_text(COMMAND.format(root=str(ROOT), folder=str(study.path), workers=2))
    deaths = 0
    for kill_worker, moment in moments:
        child = subprocess.Popen([sys.executable, str(script)], stderr=subprocess.DEVNULL)
        _wait_until_begun(study, child)
        time.sleep(moment)
        victims = _children(child.pid)[:1] if kill_worker else [child.pid]
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
            deaths += 1
        child.wait(timeout=PATIENCE)
    study.run(executor="here")
    return deaths


MOMENTS = st.lists(st.tuples(st.booleans(), st.floats(0.0, 0.5)), min_size=1, max_size=2)
IN_PROC = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds worker processes in /proc")


@IN_PROC
@settings(max_examples=2)
@given(moments=MOMENTS)
def test_kill_9_at_any_moment(
    tmp_path_factory: pytest.TempPathFactory, expected: str, moments: list[tuple[bool, float]]
) -> None:
    folder = tmp_path_factory.mktemp("killed")
    study = planned(folder / "s")
    killed_and_resumed(study, folder, moments)
    assert study.status().missing == 0
    assert study.collect().digest() == expected


@pytest.mark.verify
@IN_PROC
def test_kill_9_at_many_moments_of_longer_runs(tmp_path: Path) -> None:
    """Two years at 1/1000: kills fall within replicates, which then go on from the checkpoint of a year's end."""
    size = {"scale": "1/1000", "until": "2016-01-01", "replicates": 3}
    straight = planned(tmp_path / "straight", **size)  # type: ignore[arg-type]
    straight.run(executor="here")
    luck = np.random.default_rng(20261122)
    for number in range(6):
        folder = tmp_path / str(number)
        folder.mkdir()
        study = planned(folder / "s", **size)  # type: ignore[arg-type]
        moments = [(bool(luck.random() < 0.5), 3.0 * luck.random()) for _ in range(3)]
        killed_and_resumed(study, folder, moments)
        assert study.status().missing == 0
        assert study.collect().digest() == straight.collect().digest(), moments
