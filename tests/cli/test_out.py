"""`--out` is the path of what a verb makes, in every verb: nothing lies beside it, and later verbs take it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
import typer
from tests.cli.conftest import Cli

QUICK = ("--until", "2016", "--workers", "1", "--no-picture", "--quiet")
PLAN = "name: plan\nbased_on: russia\nlevers: [{lever: diversion, tier: courier, share: 0.5, start: 2015}]\n"


def _verbs(command: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    if hasattr(command, "commands"):
        return [found for name, part in command.commands.items() for found in _verbs(part, (*path, name))]
    return [(path, command)]


def test_every_verb_says_the_same_of_out() -> None:
    from kladsim.cli.main import verbs

    told = {
        path: option
        for path, command in _verbs(typer.main.get_command(verbs))
        for option in command.params
        if "--out" in getattr(option, "opts", ())
    }
    assert len(told) >= 13 and {("run",), ("compare",), ("report",), ("study", "plan")} <= set(told)
    for path, option in told.items():
        assert sorted(option.opts) == ["--out", "-o"], path
        assert str(option.help).startswith("Where ") and option.metavar == "PATH", path


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    (tmp_path / "plan.yaml").write_text(PLAN)
    return tmp_path / "plan.yaml"


def _made(folder: Path, before: set[Path]) -> set[str]:
    return {path.relative_to(folder).parts[0] for path in set(folder.rglob("*")) - before}


@pytest.mark.parametrize(
    ("verb", "inside"),
    [
        (("run", "russia", *QUICK, "-n", "2"), "result.nc"),
        (("compare", "russia", "plan.yaml", *QUICK, "-n", "2"), "compare-*.json"),
        (("demo", *QUICK[2:], "-n", "2", "--scale", "1/1000"), "compare-*.json"),
        (("study", "plan", "russia", "plan.yaml", "--until", "2015", "-n", "2"), "study.json"),
    ],
)
def test_what_is_made_lies_in_out_and_nothing_beside_it(
    cli: Cli, tmp_path: Path, plan: Path, verb: tuple[str, ...], inside: str
) -> None:
    before = set(tmp_path.rglob("*"))
    said = cli(*verb, "--out", "deep/er/x")
    assert said.code == 0, said.err
    assert _made(tmp_path, before) == {"deep"} and [p.name for p in (tmp_path / "deep" / "er").iterdir()] == ["x"]
    assert len(list((tmp_path / "deep" / "er" / "x").glob(inside))) == 1
    assert cli(*verb, "-o", "deep/er/x").code == 0  # again, in the same place


def test_out_of_one_verb_is_what_the_next_verb_takes(cli: Cli, tmp_path: Path, plan: Path) -> None:
    assert cli("run", "russia", *QUICK, "-n", "3", "--out", "one").code == 0
    assert cli("export", "one", "--outcome", "arrests", "--out", "deep/table.csv").code == 0
    assert cli("report", "one", "--out", "deep/report.html").code == 0
    assert cli("branch", "one", "plan.yaml", "--at", "2015-01-01", "--quiet", "--workers", "1", "--out", "branches").code == 0
    assert cli("compare", "russia", "plan.yaml", *QUICK, "-n", "3", "--out", "two").code == 0
    assert cli("report", "two", "--out", "deep/brief.html").code == 0
    assert cli("study", "plan", "russia", "--until", "2015", "-n", "1", "--out", "three").code == 0
    assert cli("study", "run", "three", "--quiet", "--workers", "1").code == 0
    runs = {name: json.loads(cli("runs", "ls", "--root", name, "--json").out)["runs"] for name in ("one", "two", "branches")}
    assert [run["state"] for run in runs["one"]] == ["finished"]
    assert sorted(run["name"] for run in runs["two"]) == ["plan", "russia"] and len(runs["branches"]) == 1
    made = {path.name for path in tmp_path.iterdir()}
    assert made == {"one", "two", "three", "branches", "deep", "plan.yaml"}
    assert {path.name for path in (tmp_path / "deep").iterdir()} == {"table.csv", "report.html", "brief.html"}


def test_several_comparisons_in_a_folder_are_named(cli: Cli, plan: Path) -> None:
    for seed in ("1", "2"):
        assert cli("compare", "russia", "plan.yaml", *QUICK, "-n", "3", "--seed", seed, "--out", "two").code == 0
    said = cli("report", "two", "--out", "brief.html")
    assert said.code == 2 and "several comparisons" in said.err and "compare-russia-plan-" in said.err


@pytest.mark.parametrize("verb", [("compare", "russia", "plan.yaml"), ("demo",)])
def test_a_folder_that_holds_another_thing_is_refused(
    cli: Cli, tmp_path: Path, plan: Path, verb: tuple[str, ...]
) -> None:
    assert cli("run", "russia", *QUICK, "--out", "one").code == 0
    assert cli("study", "plan", "russia", "--until", "2015", "-n", "1", "--out", "three").code == 0
    size = QUICK if verb[0] == "compare" else QUICK[2:]
    for name, words in (("one", "folder of a run"), ("three", "folder of a study"), ("plan.yaml", "is a file")):
        said = cli(*verb, *size, "-n", "2", "--out", name)
        assert said.code == 1 and words in said.err and "--out" in said.err, said.err
    said = cli("run", "russia", *QUICK, "--out", "three")
    assert said.code == 1 and "--out" in said.err
    said = cli("study", "plan", "russia", "--until", "2015", "--out", "one")
    assert said.code == 1 and "--out" in said.err


@pytest.mark.parametrize("verb", [("export", "one", "--outcome", "arrests"), ("report", "one")])
def test_a_file_cannot_be_a_folder(cli: Cli, tmp_path: Path, verb: tuple[str, ...]) -> None:
    assert cli("run", "russia", *QUICK, "-n", "2", "--out", "one").code == 0
    (tmp_path / "x.html").mkdir()
    said = cli(*verb, "--out", "x.html")
    assert said.code == 1 and "is a folder" in said.err
    said = cli(*verb, "--out", "one/status.json/x.html")
    assert said.code == 1 and "choose another --out" in said.err
