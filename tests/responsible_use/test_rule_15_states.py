"""Rule 15: states to go on from lie in a cache, described as raw synthetic states; no run folder holds one."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.study.fake_model import SPEC

from kladsim.core.errors import StorageError
from kladsim.policy import Scenario
from kladsim.runs import run, states
from kladsim.runs.engine import engine_named
from kladsim.runs.running import RunRequest, run_job
from kladsim.runs.store import RunStore
from kladsim.study import branch
from kladsim.study.design import Design
from kladsim.study.ensemble import Study

BASE = Scenario(name="base", until="2016-06-01", scale=1)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(states.VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def interrupted(folder: Path) -> Path:
    engine = engine_named(SPEC)
    pack = engine.load_pack("russia")
    job = RunRequest("a", BASE.resolve(pack), 1, folder, engine=SPEC, checkpoint_seconds=0.0)

    def stop(progress: Any) -> None:
        if progress.done >= 800:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_job(job, stop, engine, pack)
    return folder


def test_an_interrupted_run_holds_no_state_and_goes_on_from_the_cache(tmp_path: Path, cache: Path) -> None:
    folder = interrupted(tmp_path / "run")
    assert not list(folder.rglob("*.state.npz")) and list(cache.rglob("*.state.npz"))
    assert all(path.suffix != ".npz" or path.parent.name == "replicates" for path in folder.rglob("*.npz"))
    again = run(BASE, out=folder, engine=SPEC)
    assert again.digest == run(BASE, out=tmp_path / "straight", engine=SPEC).digest
    assert "continued" in (folder / "progress.jsonl").read_text()
    assert not list(cache.rglob("*.state.npz"))


def test_a_branch_leaves_no_state_in_the_run_folder(tmp_path: Path, cache: Path) -> None:
    base = run(BASE, out=tmp_path / "base", engine=SPEC)
    (future,) = branch(base, BASE.with_(name="plan"), at="2015-06-01", out=tmp_path / "out", engine=SPEC)
    for folder in (base.path, future.path):
        assert not list(folder.rglob("*.state.npz")) and not (folder / "checkpoints").exists()
    kept = list(cache.rglob("0000-2015-06-01.state.npz"))
    assert len(kept) == 1 and kept[0].parent.stat().st_mode & 0o077 == 0  # readable by its owner only


def test_a_study_holds_no_state(tmp_path: Path) -> None:
    design = Design("lhs", 2)
    study = Study.plan(BASE, vary=["use.initiation"], design=design, replicates=1, out=tmp_path / "s", engine=SPEC)
    study.run()
    assert not list(study.path.rglob("*.state.npz"))


def test_states_that_earlier_versions_left_in_a_run_folder_go(tmp_path: Path) -> None:
    folder = run(BASE, out=tmp_path / "run", engine=SPEC).path
    (folder / "checkpoints").mkdir()
    (folder / "checkpoints" / "0000-2015-06-01.state.npz").write_bytes(b"raw state")
    run(BASE, out=folder, engine=SPEC)
    assert not (folder / "checkpoints").exists()


def test_a_folder_made_anew_does_not_go_on_from_the_states_of_the_old_one(tmp_path: Path) -> None:
    folder = interrupted(tmp_path / "run")
    old = RunStore.existing(folder).checkpoint(0)
    shutil.rmtree(folder)
    assert old.exists()
    result = run(BASE, out=folder, engine=SPEC)
    assert "continued" not in (result.path / "progress.jsonl").read_text()


@pytest.mark.parametrize("token", ["", "../../etc", "a/b", "\x00", "none"])
def test_a_token_leads_nowhere_else(tmp_path: Path, cache: Path, token: str) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / states.TOKEN).write_text(token)
    assert states.folder_of(tmp_path / "run") == cache / "runs" / "none"
    made = states.make_folder(tmp_path / "run")
    assert made.parent == cache / "runs" and made.name != "none"


def test_a_cache_that_cannot_be_written_costs_a_run_nothing_and_a_branch_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv(states.VARIABLE, str(tmp_path / "file" / "cache"))
    interrupted(tmp_path / "run")
    base = run(BASE, out=tmp_path / "run", engine=SPEC)
    with pytest.raises(StorageError, match=states.VARIABLE):
        branch(base, BASE.with_(name="plan"), at=date(2015, 6, 1), out=tmp_path / "out", engine=SPEC)


def test_they_are_described_as_raw_synthetic_states() -> None:
    text = " ".join((Path(__file__).parents[2] / "docs" / "responsible_use.md").read_text(encoding="utf-8").split())
    assert "raw synthetic states" in text and "cache apart from run folders" in text
    assert "raw and synthetic" in (states.__doc__ or "")
