"""What a trained emulator belongs to: the hash of the code and data that decide its runs."""

from __future__ import annotations

from functools import cache

from kladsim.study.validation.keys import hash_of

MAKING = (
    "core/*.py",
    "model/*.py",
    "world/*.py",
    "evidence/register.py",
    "evidence/costs.py",
    "evidence/data/parameters.toml",
    "evidence/data/costs.toml",
    "policy/presets/russia.yaml",
    "policy/levers/*.py",
    "world/packs/russia/**/*.csv",
    "world/packs/russia/**/*.yaml",
    "study/valuing.py",
    "study/emulator/axes.py",
    "study/emulator/measures.py",
)


@cache
def emulator_key() -> str:
    """Return the hash of everything that decides what an emulator is trained on."""
    return hash_of(MAKING)
