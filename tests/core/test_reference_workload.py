"""The reference workload: the same bits on any number of threads, and close to what its rules expect."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "examples" / "reference_workload.py"


@cache
def run(*options: str) -> dict:
    command = [sys.executable, str(SCRIPT), "--json", *options]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.parametrize("active", [(), ("--active",)])
def test_threads_change_no_bit(active):
    size = ("--agents", "60000", "--days", "12", *active)
    one, two = run(*size, "--threads", "1"), run(*size, "--threads", "2")
    assert one["checksum"] == two["checksum"] and one["purchases"] == two["purchases"]
    assert one["bound_exceeded"] == two["bound_exceeded"] == 0


def test_purchases_are_as_often_as_the_rules_say():
    found = run("--agents", "60000", "--days", "12", "--threads", "1", "--active")
    expected = 60_000 * (0.60 * 0.02 + 0.27 * 0.12 + 0.10 * 0.45)
    assert abs(found["purchases"] / expected - 1) < 0.05
    assert found["peak_bytes"] > 0 and found["agent_days_per_s"] > 0


def test_it_is_short_and_uses_the_public_core_alone():
    text = SCRIPT.read_text()
    assert text.count("\n") < 175
    assert "numba" not in text
