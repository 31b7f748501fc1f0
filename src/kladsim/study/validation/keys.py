"""What stored numbers belong to: digests of what makes rows of facts, and of what judges them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache

from kladsim.study.meaning import files_digest, runs_digest

MAKING = (
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
    """Return the digest of everything that decides a row of facts of a country."""
    return runs_digest(country, MAKING)


@cache
def judging_key() -> str:
    """Return the digest of everything that decides a verdict on given rows."""
    return files_digest(JUDGING)


def digest_of(facts: Mapping[str, float]) -> str:
    """Return the hash of the whole-number facts of an arm, which are the same bits on every machine."""
    whole = (f"{name}={int(value)}" for name, value in sorted(facts.items()) if float(value).is_integer())
    return hashlib.sha256("\n".join(whole).encode()).hexdigest()
