"""What renews all that ships: its steps are known, each command is one of the project, and a failure stops it."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def renew() -> Any:
    spec = importlib.util.spec_from_file_location("renew", ROOT / "tools" / "renew.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["renew"] = module
    spec.loader.exec_module(module)
    return module


def test_every_command_knows_its_options(renew: Any, tmp_path: Path) -> None:
    from typer.main import get_command

    from kladsim.cli.main import verbs

    group = get_command(verbs)
    names = set()
    for step in renew.steps(2, tmp_path):
        assert step.name not in names
        names.add(step.name)
        command = step.command
        if command[1:3] != ("-m", "kladsim"):
            script = ROOT / command[1]
            assert command[1] == "-m" or script.exists()
            continue
        verb = group
        words = list(command[3:])
        while hasattr(verb, "commands") and words[0] in verb.commands:
            verb = verb.commands[words.pop(0)]
        known = {name for option in verb.params for name in (*option.opts, *option.secondary_opts)}
        assert {word for word in words if word.startswith("-")} <= known, command
        assert "--ship" in words or "--store" not in words, f"{step.name} computes, and ships nothing"


def test_a_failure_stops_and_only_what_is_due_is_made(
    renew: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    digests = {"one": "a", "two": "a", "three": "a"}

    def step(name: str, *command: str) -> Any:
        return renew.Step(name, "something", (sys.executable, "-c", *command), (), lambda: digests[name])

    plan = (step("one", "print('one')"), step("two", "raise SystemExit(3)"), step("three", "print('three')"))
    monkeypatch.setattr(renew, "steps", lambda workers, store: plan)
    monkeypatch.setattr(renew, "cache", lambda: tmp_path / "cache")
    monkeypatch.setattr(renew, "RECORD", tmp_path / "renewed.json")
    assert renew.main([]) == 1
    assert sorted(renew.read_record()) == ["one"]
    assert "two: ended with 3" in capsys.readouterr().err
    assert renew.main([]) == 1  # one is not made again
    assert "one:" not in capsys.readouterr().err
    assert renew.main(["--only", "three"]) == 0
    assert renew.is_current(plan[2])
    digests["three"] = "b"
    assert not renew.is_current(plan[2])


def test_each_step_says_what_it_depends_on(renew: Any, tmp_path: Path) -> None:
    for step in renew.steps(2, tmp_path):
        assert len(step.depends()) == 64, step.name
        assert all((ROOT / path).exists() for path in step.paths), step.name


def test_it_lists_its_steps() -> None:
    told = subprocess.run(
        [sys.executable, ROOT / "tools" / "renew.py", "--list"], capture_output=True, text=True, check=True
    )
    assert "validation" in told.stdout and "gallery" in told.stdout
    wrong = subprocess.run(
        [sys.executable, ROOT / "tools" / "renew.py", "--only", "galery"], capture_output=True, text=True, check=False
    )
    assert wrong.returncode == 2 and "known: golden" in wrong.stderr
