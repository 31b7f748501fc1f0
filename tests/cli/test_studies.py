"""kladsim study: plan, run, status, collect, sql and submit, by hand and for machines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Cli

from kladsim.runs import executors

PLAN = ("study", "plan", "russia", "plan.yaml", "--until", "2015", "--scale", "1/1000", "-n", "2", "-o", "s")


@pytest.fixture
def planned(cli: Cli) -> Cli:
    Path("plan.yaml").write_text(
        "name: plan\nbased_on: russia\nlevers: [{lever: diversion, tier: courier, share: 0.5, start: 2014-06}]\n"
    )
    said = cli(*PLAN, "--vary", "diversion.share=0:1", "--design", "grid", "--points", "3")
    assert said.code == 0 and "0 of 8 finished" not in said.err and "kladsim study run s" in said.out, said.err
    return cli


def test_a_study_from_plan_to_sql(planned: Cli) -> None:
    said = planned("study", "run", "s", "--executor", "here")
    assert said.code == 0 and "8 of 8 finished" in said.out and "100 %" in said.err
    assert json.loads(planned("study", "status", "s", "--json").out)["missing"] == 0
    again = json.loads(planned("study", "run", "s", "-n", "3", "--executor", "here", "--json", "--quiet").out)
    assert again["finished"] == again["total"] == 12
    assert len(json.loads(planned("study", "collect", "s", "--json").out)["digest"]) == 64
    rows = json.loads(planned("study", "sql", "s", "SELECT count(*) AS n FROM runs", "--json").out)["rows"]
    assert rows == [{"n": 12}]
    assert "n" in planned("study", "sql", "s", "SELECT count(*) AS n FROM runs").out
    assert planned("study", "sql", "s", "SELECT").code == 2


def test_failures_are_told_and_exit_1(planned: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_FAILS", "1")
    said = planned("study", "run", "s", "--executor", "here")
    assert said.code == 1 and "4 failed" in said.out and "on purpose" in said.err


def test_submit_writes_an_array_of_shards(planned: Cli) -> None:
    said = planned("study", "submit", "s", "--shards", "5", "--sbatch", "--partition=short", "--dry-run", "--json")
    script = Path(json.loads(said.out)["script"]).read_text()
    assert "#SBATCH --array=1-5" in script and "#SBATCH --partition=short" in script
    assert '--shard "${SLURM_ARRAY_TASK_ID}/5"' in script
    assert planned("study", "submit", "s", "--shards", "0").code == 2
    assert planned("study", "submit", "s", "--sbatch", "rm -rf /").code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("study", "status", "nowhere"),
        ("study", "run", "s", "--shard", "5/4"),
        ("study", "run", "s", "--executor", "moon"),
        ("study", "run", "s", "--executor", "dask://127.0.0.1:1"),
    ],
)
def test_bad_input_is_exit_2(planned: Cli, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "SECONDS_TO_ANSWER", 0.5)  # nobody answers there, however long one waits
    assert planned(*arguments).code == 2
