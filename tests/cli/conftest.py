"""The command line on the fake model, in a folder of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


Cli = Callable[..., Said]


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Call the command line as a shell would; returns exit code, stdout and stderr."""
    from tests.study.fake_model import fake_engine

    from kladsim.cli.main import app
    from kladsim.runs import engine

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KLADSIM_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(engine, "default_engine", fake_engine)

    def call(*arguments: str | Path) -> Said:
        monkeypatch.setattr(sys, "argv", ["kladsim", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            app()
        captured = capsys.readouterr()
        code = ended.value.code
        return Said(code if isinstance(code, int) else 0 if code is None else 1, captured.out, captured.err)

    return call
