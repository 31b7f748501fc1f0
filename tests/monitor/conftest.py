"""The fake model is importable by name; a folder of own observations for each test that asks for it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The monitor keeps a person's own observations in a folder of this test, and forgets what it read before."""
    from kladsim.monitor import library

    monkeypatch.setenv("KLADSIM_MONITOR", str(tmp_path / "monitor"))
    library.forget()
    yield
    library.forget()
