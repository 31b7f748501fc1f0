"""A runs folder of its own for every test; the fake model is importable by name, as workers need it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)


@pytest.fixture(autouse=True)
def runs_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KLADSIM_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("KLADSIM_STATES", str(tmp_path / "states"))
    return tmp_path / "runs"
