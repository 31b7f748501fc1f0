"""Verbs of maintainers stand in ``kladsim dev``; their old spellings work, with one line on stderr."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from kladsim.cli.dev import with_new_spelling
from kladsim.cli.main import verbs


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (["calibrate"], ["dev", "calibrate"]),
        (["calibrate", "russia", "--quick"], ["dev", "calibrate", "russia", "--quick"]),
        (["calibrate", "--point"], ["dev", "calibrate", "--point"]),
        (["calibrate", "report", "--json"], ["calibrate", "report", "--json"]),
        (["calibrate", "-o", "x", "report"], ["calibrate", "-o", "x", "report"]),
        (["calibrate", "--help"], ["calibrate", "--help"]),
        (["emulate", "fit", "--plans", "4"], ["dev", "emulate", "fit", "--plans", "4"]),
        (["emulate", "check"], ["dev", "emulate", "check"]),
        (["emulate", "predict", "fit"], ["emulate", "predict", "fit"]),
        (["validate", "--only", "P08", "--fresh"], ["dev", "validate", "--only", "P08", "--fresh"]),
        (["validate", "--ship"], ["dev", "validate", "--ship"]),
        (["validate", "--only", "P08"], ["validate", "--only", "P08"]),
        (["bench", "--", "--quick"], ["dev", "bench", "--", "--quick"]),
        (["monitor", "evaluate", "forecasts"], ["dev", "monitor", "evaluate", "forecasts"]),
        (["monitor", "watch"], ["monitor", "watch"]),
        (["dev", "bench"], ["dev", "bench"]),
        ([], []),
    ],
)
def test_old_spellings(old: list[str], new: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert with_new_spelling(old) == new
    said = capsys.readouterr().err
    assert (said.count("\n"), "until 2.0" in said) == ((1, True) if old != new else (0, False))


@pytest.mark.parametrize(
    "verb", [["calibrate"], ["validate"], ["bench", "detectors"], ["precompile"], ["emulate", "fit"], ["emulate", "check"],
             ["monitor", "evaluate"]],
)  # fmt: skip
def test_every_verb_of_maintainers_is_in_the_group(verb: list[str]) -> None:
    said = CliRunner().invoke(verbs, ["dev", *verb, "--help"])
    assert said.exit_code == 0 and "--json" in said.output and "Example: kladsim dev" in said.output


@pytest.mark.parametrize("verb", [["calibrate"], ["validate", "--fresh"], ["emulate", "fit"]])
def test_a_shard_and_an_executor_that_cannot_be_are_refused(verb: list[str]) -> None:
    for option in (["--shard", "3/2"], ["--executor", "moon"]):
        said = CliRunner().invoke(verbs, ["dev", *verb, *option])
        assert said.exit_code == 2, (option, said.output)
