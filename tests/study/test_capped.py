"""Hazards above their bounds in the result of a run, its JSON, and on the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.study.fake_model import SPEC
from typer.testing import CliRunner

from kladsim import Scenario
from kladsim.cli.main import verbs
from kladsim.cli.results import print_headline
from kladsim.runs.capped import capped_words, summarise_capped
from kladsim.runs.running import run


def test_the_largest_over_replicates_with_its_day() -> None:
    rows = summarise_capped([{"arrest": ["2014-01-02", 1.5]}, {}, {"arrest": ["2014-03-04", 2.5]}])
    assert rows == [{"process": "arrest", "day": "2014-03-04", "factor": 2.5, "replicates": 2}]
    for language in ("en", "ru"):
        words = capped_words(rows, language)  # type: ignore[arg-type]
        assert "arrest" in words and "2014-03-04" in words and "2.5" in words.replace(",", ".")
    assert summarise_capped([{}, {}]) == [] and capped_words([]) == ""


def test_result_json_and_terminal_say_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAKE_CAPPED", "1")
    scenario = Scenario.preset("russia").with_(until="2014-02-01")
    found = run(scenario, replicates=2, out=tmp_path / "one", engine=SPEC)
    assert found.capped == [{"process": "arrest", "day": "2014-01-01", "factor": 2.5, "replicates": 2}]
    assert found.to_dict()["capped"] == found.capped
    shown = CliRunner().invoke(verbs, ["runs", "show", str(found.path), "--json"])
    assert json.loads(shown.stdout)["capped"] == found.capped
    print_headline("what the model projects", found)
    assert "arrest (most on 2014-01-01, 2.5 times its bound; replicates: 2)" in capsys.readouterr().err
    monkeypatch.delenv("FAKE_CAPPED")
    assert run(scenario, replicates=2, out=tmp_path / "two", engine=SPEC).capped == []
