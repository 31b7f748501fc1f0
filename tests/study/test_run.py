"""A run is a directory: named by content, resumable, the same bytes whoever computes it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.study.fake_model import SPEC
from tests.waiting import wait_until

from kladsim.core.errors import InputError, KladsimError, StorageError
from kladsim.policy import Scenario
from kladsim.runs import Result, run, verify
from kladsim.runs.engine import engine_named
from kladsim.runs.running import RunRequest, run_job
from kladsim.runs.store import RunStore

ROOT = Path(__file__).parents[2]


def scenario(**changes: Any) -> Scenario:
    return Scenario(**{"name": "Test run", "until": "2016-07-01", "scale": 1, **changes})


def test_directory_has_everything(runs_folder: Path) -> None:
    result = run(scenario(), replicates=3, engine=SPEC)
    assert result.path.parent == runs_folder
    assert result.path.name.startswith("test-run-")
    names = {path.name for path in result.path.iterdir()}
    assert {
        "status.json", "progress.jsonl", "scenario.yaml", "replicates", "result.nc", "summary.parquet",
        "ro-crate-metadata.json",
    } <= names  # fmt: skip
    assert result.status["state"] == "finished"
    assert len(result.replicate_digests) == 3
    assert not list(result.path.rglob(".tmp-*"))


def test_same_content_comes_from_the_store() -> None:
    first = run(scenario(), engine=SPEC)
    second = run(scenario(name="test run"), engine=SPEC, threads=2, workers=2)
    assert not first.from_store and second.from_store
    assert first.path == second.path


def test_other_content_is_refused(tmp_path: Path) -> None:
    run(scenario(), out=tmp_path / "a", engine=SPEC)
    with pytest.raises(StorageError, match="holds another run"):
        run(scenario(seed=2), out=tmp_path / "a", engine=SPEC)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "letter.txt").write_text("mine")
    with pytest.raises(StorageError, match="holds no run"):
        run(scenario(), out=tmp_path / "b", engine=SPEC)
    (tmp_path / "c").write_text("a file")
    with pytest.raises(StorageError, match="is a file"):
        run(scenario(), out=tmp_path / "c", engine=SPEC)


def test_processes_and_replicate_number_give_the_same(tmp_path: Path) -> None:
    here = run(scenario(), replicates=4, out=tmp_path / "here", engine=SPEC)
    there = run(scenario(), replicates=4, out=tmp_path / "there", engine=SPEC, workers=2)
    assert here.digest == there.digest
    assert (here.path / "result.nc").read_bytes() == (there.path / "result.nc").read_bytes()
    assert (here.path / "summary.parquet").read_bytes() == (there.path / "summary.parquet").read_bytes()
    fewer = run(scenario(), replicates=2, engine=SPEC)
    assert fewer.replicate_digests == here.replicate_digests[:2]


def test_a_failing_replicate_is_a_row_and_the_rest_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_FAILS", "1")
    with pytest.raises(KladsimError, match="1 of 3 replicates failed"):
        run(scenario(), replicates=3, out=tmp_path / "a", engine=SPEC)
    assert json.loads((tmp_path / "a" / "status.json").read_text())["state"] == "failed"
    assert "on purpose" in (tmp_path / "a" / "progress.jsonl").read_text()
    assert sorted(p.name for p in (tmp_path / "a" / "replicates").iterdir()) == ["0000.npz", "0002.npz"]
    monkeypatch.delenv("FAKE_FAILS")
    result = run(scenario(), replicates=3, out=tmp_path / "a", engine=SPEC)
    assert result.digest == run(scenario(), replicates=3, out=tmp_path / "b", engine=SPEC).digest


def test_what_failed_in_another_process_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder that is named relative to the working one; the other process knows its whole path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAKE_FAILS", "1")
    with pytest.raises(KladsimError, match=r"1 of 3 replicates failed.*on purpose"):
        run(scenario(), replicates=3, out=Path("here"), engine=SPEC, workers=2)


@settings(max_examples=8)
@given(stop=st.integers(min_value=0, max_value=2 * 911), seed=st.integers(min_value=0, max_value=5))
def test_interrupt_on_any_day_then_the_same_call_resumes(
    tmp_path_factory: pytest.TempPathFactory, stop: int, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("run")
    engine = engine_named(SPEC)
    pack = engine.load_pack("russia")
    config = scenario(seed=seed).resolve(pack)

    def interrupt(progress: Any) -> None:
        if progress.done >= stop:
            raise KeyboardInterrupt

    def job(out: str) -> RunRequest:
        return RunRequest("a", config, 2, folder / out, engine=SPEC, checkpoint_seconds=0.0)

    with pytest.raises(KeyboardInterrupt):
        run_job(job("x"), interrupt, engine, pack)
    assert json.loads((folder / "x" / "status.json").read_text())["state"] == "interrupted"
    resumed = run_job(job("x"), None, engine, pack)
    straight = run_job(job("y"), None, engine, pack)
    assert resumed.digest == straight.digest
    assert (resumed.path / "result.nc").read_bytes() == (straight.path / "result.nc").read_bytes()
    assert not RunStore.existing(resumed.path).checkpoint(0).exists()


KILLED = """
import sys
sys.path.insert(0, {root!r})
from kladsim.policy import Scenario
from kladsim.runs import run
run(Scenario(name="Test run", until="2016-07-01", scale=1), replicates=3, out={out!r}, workers={workers},
    engine={spec!r})
"""


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.slow
def test_kill_9_then_the_same_call_resumes(tmp_path: Path, workers: int) -> None:
    out = tmp_path / "killed"
    code = KILLED.format(root=str(ROOT), out=str(out), workers=workers, spec=SPEC)
    script = tmp_path / "script.py"
    script.write_text(f"if __name__ == '__main__':\n    exec({code!r})\n")
    child = subprocess.Popen([sys.executable, script], env={**os.environ, "FAKE_DAY_SECONDS": "0.001", "FAKE_SLOW_FROM": "1"})
    wait_until(lambda: (out / "replicates" / "0000.npz").exists() or child.poll() is not None, "the first replicate")
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert json.loads((out / "status.json").read_text())["state"] == "running"
    assert (out / "replicates" / "0000.npz").exists()
    resumed = run(scenario(), replicates=3, out=out, engine=SPEC)
    assert resumed.digest == run(scenario(), replicates=3, out=tmp_path / "straight", engine=SPEC).digest


def test_two_runs_into_one_folder_cannot_clash(tmp_path: Path) -> None:
    out = tmp_path / "a"
    out.mkdir()
    with FileLock(out / ".lock"), pytest.raises(StorageError, match="another kladsim process"):
        run(scenario(), out=out, engine=SPEC)


def test_damaged_replicate_is_run_again(tmp_path: Path) -> None:
    before = run(scenario(), replicates=2, out=tmp_path / "a", engine=SPEC)
    (before.path / "replicates" / "0001.npz").write_bytes(b"broken")
    (before.path / "result.nc").unlink()
    after = run(scenario(), replicates=2, out=tmp_path / "a", engine=SPEC)
    assert after.digest == before.digest and not after.from_store


def test_full_disk_is_a_storage_error_and_resumes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez_compressed", full)
        with pytest.raises(StorageError, match="No space left"):
            run(scenario(), out=tmp_path / "a", engine=SPEC)
    assert run(scenario(), out=tmp_path / "a", engine=SPEC).status["state"] == "finished"


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="needs a folder that nobody can write")
def test_unwritable_folder_is_a_storage_error() -> None:
    with pytest.raises(StorageError):
        run(scenario(), out="/proc/kladsim-run", engine=SPEC)


@pytest.mark.parametrize("field", ["replicates", "threads", "workers"])
def test_counts_must_be_positive(field: str) -> None:
    with pytest.raises(InputError, match=field):
        run(scenario(), **{field: 0}, engine=SPEC)


def test_key_knows_content_and_nothing_else(tmp_path: Path) -> None:
    keys = {
        run(item, replicates=n, engine=SPEC).provenance["key"]
        for item, n in (
            (scenario(), 1), (scenario(), 2), (scenario(seed=3), 1), (scenario(scale="1/10"), 1),
            (scenario(until="2016-06-01"), 1), (scenario(mechanisms={"M9": False}), 1),
        )
    }  # fmt: skip
    assert len(keys) == 6


def test_verify_runs_again_and_compares(tmp_path: Path) -> None:
    result = run(scenario(), replicates=2, engine=SPEC)
    assert verify(result.path, engine=SPEC).same
    status = json.loads((result.path / "status.json").read_text())
    status["replicate_digests"][1] = "0" * 64
    (result.path / "status.json").write_text(json.dumps(status))
    verdict = verify(result.path, engine=SPEC)
    assert not verdict.same and "replicate 1" in verdict.differences[0]


def test_result_reads_back(tmp_path: Path) -> None:
    result = run(scenario(), replicates=5, engine=SPEC)
    again = Result.open(result.path)
    data = again.to_xarray()
    assert data["deaths_by_region"].dims == ("replicate", "year", "region")
    assert data["price_index_by_day"].sizes == {"replicate": 5, "day": 911 + 1}
    assert str(data["day"].values[0])[:10] == "2014-01-01"
    assert list(data["region"].values) == ["RU-AL", "RU-MOW", "RU-SPE"]
    assert data["deaths"].attrs["side"] == "health"
    assert "cathinones" in data.attrs["badge"]
    totals = again.summary()
    assert {"outcome", "period", "place", "stratum", "median", "low5", "high95", "n"} <= set(totals.columns)
    assert len(again.summary("arrests", by="year")) == 3
    assert set(again.summary("deaths", by="region")["place"]) == {"RU-AL", "RU-MOW", "RU-SPE"}
    with pytest.raises(InputError, match="deaths"):
        again.summary("deathz")
    assert "cathinones" in again._repr_html_()


def test_one_replicate_has_no_interval() -> None:
    table = run(scenario(), engine=SPEC).summary()
    assert table["low5"].isna().all() and table["median"].notna().all()


def test_unfinished_or_missing_run_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no run directory"):
        Result.open(tmp_path)
