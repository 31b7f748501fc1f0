"""Fixtures: the Russian pack, and a copy of its folder that a test may damage."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kladsim.world import Pack, load_pack


@pytest.fixture(scope="session")
def russia() -> Pack:
    return load_pack("russia")


@pytest.fixture
def copy(tmp_path: Path, russia: Pack) -> Path:
    target = tmp_path / "mine"
    shutil.copytree(russia.folder, target, ignore=shutil.ignore_patterns("maps"))
    return target
