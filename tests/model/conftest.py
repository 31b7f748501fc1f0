"""Kernels are compiled once for all tests and all workers: they lie in the cache folder (``KLADSIM_CACHE_DIR``)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from filelock import FileLock
from numba import config

ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)


@pytest.fixture(scope="session", autouse=True)
def compiled(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Run one day, one worker after another: the first compiles, the others read (nothing where Numba is off)."""
    if config.DISABLE_JIT:
        return
    from tests.model.running import simulation

    with FileLock(tmp_path_factory.getbasetemp().parent / "kernels.lock"):
        simulation("2014-01-02", 2000).run()
