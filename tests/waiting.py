"""Waiting for other processes: until something is so, however busy the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 900.0
"""Seconds after which a test gives up. It ends what hangs and says nothing of speed: that is for benchmarks."""


def wait_until(done: Callable[[], object], what: str, pause: float = 0.02) -> None:
    """Return once ``done`` is true; fail with what was waited for after a quarter of an hour."""
    end = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end, f"waited {PATIENCE:g} s for {what}"
        time.sleep(pause)
