"""What stored numbers belong to: hashes of the code and data that make rows, and of those that judge them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[2]
MAKING = (
    "core/*.py",
    "model/*.py",
    "world/*.py",
    "evidence/register.py",
    "evidence/data/parameters.toml",
    "policy/presets/{country}.yaml",
    "world/packs/{country}/**/*.csv",
    "world/packs/{country}/**/*.yaml",
    "study/targets.py",
    "study/validation/changing.py",
    "study/validation/cohorts.py",
    "study/validation/experiments.py",
    "study/validation/facts*.py",
    "study/validation/replicate.py",
    "study/validation/watching.py",
)
JUDGING = ("study/validation/checks/*.py", "study/validation/verdicts.py", "evidence/data/*.csv")


@cache
def making_key(country: str = "russia") -> str:
    """Return the hash of everything that decides a row of facts of a country."""
    return hash_of(pattern.format(country=country) for pattern in MAKING)


@cache
def judging_key() -> str:
    """Return the hash of everything that decides a verdict on given rows."""
    return hash_of(JUDGING)


def hash_of(patterns: Iterable[str]) -> str:
    """Return the hash of all files that match, line endings aside."""
    total = hashlib.sha256()
    for pattern in patterns:
        for path in sorted(PACKAGE.glob(pattern)):
            content = path.read_bytes().replace(b"\r\n", b"\n")
            total.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + content + b"\0")
    return total.hexdigest()


def digest_of(facts: Mapping[str, float]) -> str:
    """Return the hash of the whole-number facts of an arm, which are the same bits on every machine."""
    whole = (f"{name}={int(value)}" for name, value in sorted(facts.items()) if float(value).is_integer())
    return hashlib.sha256("\n".join(whole).encode()).hexdigest()
