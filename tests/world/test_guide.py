"""The guide "your country in a day": its commands work as printed, and filled tables make the South Korean pack."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from kladsim.world import load_pack
from kladsim.world.events import KINDS
from kladsim.world.series import REQUIRED

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "your-country-in-a-day.md"


def commands(word: str) -> list[list[str]]:
    blocks = re.findall(r"```\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)
    lines = [line.split() for block in blocks for line in block.splitlines()]
    return [line[1:] for line in lines if line[:2] == ["kladsim", word]]


def call(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    from kladsim.cli.main import app

    monkeypatch.setattr(sys, "argv", ["kladsim", *arguments])
    with pytest.raises(SystemExit) as ended:
        app()
    return int(ended.value.code or 0)


def test_its_commands_work_as_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KLADSIM_PACKS", raising=False)
    (begin,), check = commands("new-country"), commands("doctor")[0]
    assert call(begin, monkeypatch) == 0
    assert call(check, monkeypatch) == 1  # it loads, but placeholders are left
    said = capsys.readouterr().out
    assert "placeholder: cohorts.csv, 68 rows" in said and "placeholders are left" in said
    shutil.rmtree(tmp_path / "packs" / "south-korea")
    shutil.copytree(load_pack("south-korea").folder, tmp_path / "packs" / "south-korea")
    assert call(check, monkeypatch) == 0
    assert "holds no placeholder" in capsys.readouterr().out


def test_a_pack_of_ones_own_is_found_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from kladsim.policy.scenario import Scenario

    words = [word.replace("south-korea", "ruritania") for word in commands("new-country")[0]]
    monkeypatch.setenv("KLADSIM_PACKS", str(tmp_path / "packs"))
    monkeypatch.chdir(tmp_path)
    assert call(words, monkeypatch) == 0
    pack = load_pack("ruritania")
    assert Scenario(name="mine", country="ruritania").resolve(pack).parameters["start.users"] == 0.02
    capsys.readouterr()


def test_it_names_what_the_loader_wants() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    for name in (*REQUIRED, *KINDS):
        assert f"`{name}`" in text, name
    for file in ("regions.csv", "class_shares.csv", "regional.csv", "weekdays.csv", "scrape.csv", "parameters.csv"):
        assert f"`{file}`" in text
    example = load_pack("south-korea").parameters
    for name in re.findall(r"`([a-z]+\.[a-z_]+)`", text):
        if name.split(".")[0] in ("start", "use", "adoption", "policing", "health", "courier", "recruitment", "spread"):
            assert name in example, name
