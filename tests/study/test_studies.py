"""A study gives the same table however it is run, keeps what is finished, and answers SQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock
from tests.opening import opened
from tests.study.fake_model import SPEC

from kladsim.core.errors import InputError, StorageError
from kladsim.policy import Scenario
from kladsim.policy.levers.diversion import Diversion
from kladsim.study.design import Design
from kladsim.study.ensemble import Study

BASE = Scenario(name="base", until="2015-03-01", scale=1)
PLAN = BASE.with_(Diversion(share=0.5, tier="courier", start="2014-06"), name="plan")


def planned(out: Path, **options: Any) -> Study:
    """A tiny study: two scenarios at three points, two replicates."""
    chosen = {"vary": ["diversion.share=0.1:0.9"], "design": Design("grid", 3), "replicates": 2} | options
    return Study.plan(BASE, PLAN, out=out, engine=SPEC, **chosen)


def test_equal_configurations_run_once(tmp_path: Path) -> None:
    study = planned(tmp_path / "s")
    # The base has no lever: its three points are one configuration.
    assert (len(study.cells), len(study.keys)) == (6, 4)
    status = study.run()
    assert (status.finished, status.total, status.failed, status.missing) == (8, 8, 0, 0)
    assert [p["levers.diversion.share"] for p in study.points] == pytest.approx([0.1, 0.5, 0.9])


def test_adding_replicates_runs_only_the_new_ones(tmp_path: Path) -> None:
    study = planned(tmp_path / "s")
    study.run()
    before = {path: path.stat().st_mtime_ns for path in study.runs.glob("*/*.npz")}
    done = []
    status = study.run(replicates=5, progress=lambda p: done.append(p.done))
    assert status.finished == 20 and len(done) == 12
    assert all(path.stat().st_mtime_ns == when for path, when in before.items())
    assert Study.open(study.path).replicates == 5
    whole = planned(tmp_path / "t", replicates=5)
    whole.run()
    assert whole.collect().digest() == study.collect().digest()


def test_processes_and_shards_in_any_order_give_the_same_table(tmp_path: Path) -> None:
    here = planned(tmp_path / "here")
    here.run()
    there = planned(tmp_path / "there")
    there.run(workers=2)
    parts = planned(tmp_path / "parts")
    for number in (3, 1, 4, 2, 2):
        parts.run(shard=f"{number}/4")
    digests = {study.collect().digest() for study in (here, there, parts)}
    assert len(digests) == 1
    for name in ("cells", "outcomes"):
        files = {(study.path / "catalogue" / f"{name}.parquet").read_bytes() for study in (here, there, parts)}
        assert len(files) == 1


def test_failures_are_rows_and_the_rest_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = planned(tmp_path / "s", replicates=3)
    monkeypatch.setenv("FAKE_FAILS", "1")
    status = study.run()
    assert (status.finished, status.failed) == (8, 4)
    (row, *_) = study.failures()
    assert "on purpose" in row.error and "Traceback" in row.trace
    told = study.sql("SELECT state, count(*) AS n, max(traceback) AS trace FROM runs GROUP BY state ORDER BY state")
    assert [(r["state"], r["n"]) for r in told] == [("failed", 4), ("finished", 8)] and "on purpose" in told[0]["trace"]
    monkeypatch.delenv("FAKE_FAILS")
    assert study.run().failed == 0
    straight = planned(tmp_path / "t", replicates=3)
    straight.run()
    assert study.collect().digest() == straight.collect().digest()
    assert study.sql("SELECT count(*) AS n FROM runs WHERE state = 'failed'") == [{"n": 0}]


def test_sql_sees_paired_effects(tmp_path: Path) -> None:
    study = planned(tmp_path / "s")
    study.run()
    (row,) = study.sql("SELECT min(difference) AS low, max(difference) AS high FROM effects "
                       "WHERE outcome = 'deaths' AND year = 2014")  # fmt: skip
    days = (np.datetime64("2015-01-01") - np.datetime64("2014-06-01")).astype(int)
    assert row["low"] == row["high"] == -20 * 15 * days
    assert study.sql("SELECT count(*) AS n FROM results") == [{"n": 2 * 3 * 2 * 2 * 4}]
    with pytest.raises(InputError, match="sql"):
        study.sql("SELECT nothing FROM nowhere")


def test_a_damaged_file_is_run_again(tmp_path: Path) -> None:
    study = planned(tmp_path / "s")
    study.run()
    digest = study.collect().digest()
    broken = sorted(study.runs.glob("*/*.npz"))[0]
    broken.write_bytes(b"PK nothing")
    (study.path / "catalogue" / "runs.parquet").unlink()
    study.collect()
    assert study.status().missing == 1
    study.run()
    assert study.collect().digest() == digest


def test_two_runs_of_one_folder_are_refused(tmp_path: Path) -> None:
    study = planned(tmp_path / "s")
    with FileLock(study.path / ".lock-1-of-1"), pytest.raises(StorageError, match="another kladsim process"):
        study.run()
    assert study.run().missing == 0
    with pytest.raises(StorageError, match="another study"):
        planned(study.path, design=Design("grid", 4))
    assert planned(study.path).status().missing == 0


@pytest.mark.parametrize(("design", "points"), [("lhs", 5), ("sobol", 8), ("grid", 4)])
def test_designs_are_fixed_by_their_seed(tmp_path: Path, design: Any, points: int) -> None:
    made = [
        planned(tmp_path / name, design=Design(design, points), vary=["diversion.share=0:1", "use.initiation"])
        for name in ("a", "b")
    ]
    assert made[0].points == made[1].points
    assert len(made[0].points) == (points * points if design == "grid" else points)
    lows, highs = made[0].columns[1].low, made[0].columns[1].high
    assert all(lows <= p["use.initiation"] <= highs for p in made[0].points)


def test_points_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("diversion.share,mechanisms.M9\n0.2,on\n0.4,off\n")
    study = planned(tmp_path / "s", vary=(), design=Design("file", file=str(tmp_path / "d.csv")))
    assert study.points == [
        {"levers.diversion.share": 0.2, "mechanisms.M9": "on"},
        {"levers.diversion.share": 0.4, "mechanisms.M9": "off"},
    ]
    assert len(study.keys) == 4


@pytest.mark.parametrize(
    ("vary", "words"),
    [
        ("diversion.shar=0:1", "diversion.share"),
        ("diversion.share", "needs a range"),
        ("diversion.share=1:0", "LOW < HIGH"),
        ("use.initiation=0:9", "register's range"),
        ("mechanisms.M99", "mechanism"),
        ("market=1:2", "group"),
    ],
)
def test_bad_factors_are_named(tmp_path: Path, vary: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        planned(tmp_path / "s", vary=[vary], design=Design("lhs", 4))


def test_a_thousand_runs_are_listed_without_opening_one(tmp_path: Path) -> None:
    study = planned(tmp_path / "s", design=Design("lhs", 499), replicates=2)
    for key in study.keys:
        (study.runs / key).mkdir()
        for number in range(2):
            (study.runs / key / f"{number:04d}.npz").touch()
    with opened(study.path) as files:
        status = Study.open(study.path).status()
    assert status.finished == status.total == 1000
    assert len(files) <= 5 and not [file for file in files if file.endswith(".npz")], files
