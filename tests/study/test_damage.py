"""Damaged files of a run are made anew by the same command, said in one line, and hide nothing else."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.study.fake_model import SPEC

from kladsim.core.errors import InputError, StorageError
from kladsim.core.files import DamagedFileError, append_line, read_json, read_lines
from kladsim.policy import Scenario
from kladsim.runs import Result, run
from kladsim.runs.states import make_folder
from kladsim.runs.store import RunStore
from kladsim.study import branch
from kladsim.study.ensemble import Study

Damage = Callable[[Path], None]


def _half(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _garbage(path: Path) -> None:
    path.write_bytes(bytes((i * 37 + 11) % 256 for i in range(path.stat().st_size)))


DAMAGES: dict[str, Damage] = {
    "half": _half,
    "empty": lambda path: path.write_bytes(b"") and None,
    "garbage": _garbage,
    "missing": Path.unlink,
    "other json": lambda path: path.write_text('{"a": [1]}') and None,
}
FILES = ("replicates/0000.npz", "replicates/0001.npz", "result.nc", "summary.parquet", "status.json", "scenario.yaml")


def scenario(**changes: Any) -> Scenario:
    return Scenario(**{"name": "Test run", "until": "2016-07-01", "scale": 1, **changes})


def _contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in ("result.nc", "summary.parquet", "scenario.yaml")}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole run, in a folder that its content names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KLADSIM_RUNS", str(tmp_path_factory.mktemp("made")))
        return run(scenario(), replicates=2, engine=SPEC).path


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("file", FILES)
def test_the_same_command_makes_a_damaged_file_anew(
    made: Path, runs_folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, file: str, damage: str, named: bool
) -> None:
    out = None if named else tmp_path / "mine"
    shutil.copytree(made, out or runs_folder / made.name)
    before = run(scenario(), replicates=2, out=out, engine=SPEC)
    assert before.from_store
    held = _contents(before.path)
    DAMAGES[damage](before.path / file)
    with caplog.at_level(logging.WARNING, "kladsim"):
        after = run(scenario(), replicates=2, out=out, engine=SPEC)
    assert after.digest == before.digest
    assert _contents(after.path) == held
    assert not Result.open(after.path).summary().empty
    assert not after.to_xarray()["deaths"].isnull().all()
    if damage != "missing":
        assert len(caplog.records) == 1 and Path(file).name in caplog.text
    again = run(scenario(), replicates=2, out=out, engine=SPEC)
    assert again.from_store


def test_a_flipped_byte_within_a_replicate_is_found(tmp_path: Path) -> None:
    before = run(scenario(), replicates=2, out=tmp_path / "a", engine=SPEC)
    path = before.path / "replicates" / "0001.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0xFF
    path.write_bytes(bytes(content))
    after = run(scenario(), replicates=2, out=tmp_path / "a", engine=SPEC)
    assert after.digest == before.digest and not after.from_store


@pytest.mark.parametrize("damage", ["half", "garbage", "missing"])
def test_a_folder_that_tells_neither_way_what_it_holds_is_refused(tmp_path: Path, damage: str) -> None:
    out = tmp_path / "a"
    run(scenario(), out=out, engine=SPEC)
    for file in ("status.json", "scenario.yaml"):
        DAMAGES[damage](out / file)
    with pytest.raises(StorageError, match="cannot be told"):
        run(scenario(seed=2), out=out, engine=SPEC)


@pytest.mark.parametrize("damage", ["half", "missing"])
def test_replicates_of_another_run_are_never_taken(tmp_path: Path, damage: str) -> None:
    out = tmp_path / "a"
    run(scenario(), out=out, engine=SPEC)
    DAMAGES[damage](out / "status.json")
    with pytest.raises(StorageError, match="another run"):
        run(scenario(seed=2), out=out, engine=SPEC)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_ignored(tmp_path: Path, damage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    straight = run(scenario(), out=tmp_path / "straight", engine=SPEC)
    out = tmp_path / "a"
    shutil.copytree(straight.path, out)
    for file in ("replicates/0000.npz", "result.nc", "summary.parquet"):
        (out / file).unlink()
    make_folder(out)
    state = RunStore.existing(out).checkpoint(0)
    state.write_text(json.dumps({"day": 300, "trace": [1] * 300, "replicate": 0}))
    DAMAGES[damage](state)
    status = json.loads((out / "status.json").read_text())
    (out / "status.json").write_text(json.dumps({**status, "state": "interrupted"}))
    assert run(scenario(), out=out, engine=SPEC).digest == straight.digest


@pytest.mark.parametrize("damage", ["half", "empty", "garbage"])
def test_a_damaged_state_of_a_branch_is_made_anew(tmp_path: Path, damage: str) -> None:
    base = run(scenario(), replicates=2, engine=SPEC)
    first = branch(base, scenario(name="plan"), at="2015-06-01", out=tmp_path / "one", engine=SPEC)[0]
    state = RunStore.existing(base.path).checkpoint(1, date(2015, 6, 1))
    DAMAGES[damage](state)
    second = branch(base, scenario(name="plan"), at="2015-06-01", out=tmp_path / "two", engine=SPEC)[0]
    assert first.digest == second.digest


@pytest.mark.parametrize("damage", ["half", "empty", "garbage", "missing"])
def test_a_study_runs_a_damaged_replicate_anew(tmp_path: Path, damage: str) -> None:
    study = Study.plan(scenario(), scenario(name="other", seed=1, until="2016-06-01"), replicates=2,
                       out=tmp_path / "study", engine=SPEC)  # fmt: skip
    study.run()
    digest = study.collect().digest()
    DAMAGES[damage](next(study.runs.glob("*/0001.npz")))
    assert study.run().missing == 0
    assert study.collect().digest() == digest


@pytest.mark.parametrize("damage", ["half", "empty", "garbage", "missing"])
@pytest.mark.parametrize("table", ["runs", "outcomes", "cells"])
def test_a_damaged_table_of_a_study_is_made_anew(tmp_path: Path, table: str, damage: str) -> None:
    study = Study.plan(scenario(), replicates=2, out=tmp_path / "study", engine=SPEC)
    study.run()
    digest = study.collect().digest()
    DAMAGES[damage](study.path / "catalogue" / f"{table}.parquet")
    assert study.collect().digest() == digest


@pytest.mark.parametrize("damage", ["half", "empty", "garbage", "other json"])
def test_a_damaged_record_of_a_failure_is_still_a_failure(
    tmp_path: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_FAILS", "1")
    study = Study.plan(scenario(), replicates=2, out=tmp_path / "study", engine=SPEC)
    study.run()
    DAMAGES[damage](next(study.runs.glob("*/0001.failed.json")))
    assert "damaged" in study.failures()[0].error
    assert study.collect().sql("SELECT count(*) AS n FROM runs WHERE state = 'failed'")[0]["n"] == 1


@pytest.mark.parametrize("damage", ["half", "empty", "garbage", "other json"])
def test_a_damaged_plan_of_a_study_says_so(tmp_path: Path, damage: str) -> None:
    study = Study.plan(scenario(), replicates=2, out=tmp_path / "study", engine=SPEC)
    study.run()
    finished = {path: path.read_bytes() for path in study.runs.rglob("*.npz")}
    DAMAGES[damage](study.path / "study.json")
    with pytest.raises((StorageError, InputError), match=r"study\.json"):
        Study.open(study.path)
    again = Study.plan(scenario(), replicates=2, out=tmp_path / "study", engine=SPEC)
    assert again.status().missing == 0
    assert {path: path.read_bytes() for path in study.runs.rglob("*.npz")} == finished


def test_half_written_lines_cost_themselves_only(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    append_line(path, {"key": "a"})
    with path.open("ab") as file:
        file.write(b'{"key": "b", "val')
    append_line(path, {"key": "c"}, durable=True)
    with path.open("ab") as file:
        file.write(b'\xff\xfe\n[1]\n7\n{"key": "d\xd0')
    append_line(path, {"key": "e"})
    assert [row["key"] for row in read_lines(path)] == ["a", "c", "e"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe{}", b"[]", b"null", b"[" * 100_000])
def test_json_that_is_none_is_a_damaged_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(DamagedFileError, match=r"a\.json is damaged"):
        read_json(tmp_path / "a.json")


def test_a_scenario_that_was_read_can_be_changed_without_harm(made: Path) -> None:
    RunStore.existing(made).scenario()["config"].clear()
    assert RunStore.existing(made).scenario()["config"]["country"] == "russia"
