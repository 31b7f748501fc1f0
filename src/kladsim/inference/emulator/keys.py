"""What a trained emulator belongs to: the digest of the code and data that decide its runs."""

from __future__ import annotations

from functools import cache

from kladsim.runs.meaning import runs_digest


@cache
def emulator_key() -> str:
    """Return the digest of everything that decides what an emulator is trained on."""
    return runs_digest("russia", ("levers",))
