"""What stored numbers belong to: digests of what makes rows of facts, and of what judges them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache

from kladsim.runs.meaning import part_digest, runs_digest


@cache
def making_key(country: str = "russia") -> str:
    """Return the digest of everything that decides a row of facts of a country."""
    return runs_digest(country, ("checks",))


@cache
def judging_key() -> str:
    """Return the digest of everything that decides a verdict on given rows."""
    return part_digest("judging")


def digest_of(facts: Mapping[str, float]) -> str:
    """Return the hash of the whole-number facts of an arm, which are the same bits on every machine."""
    whole = (f"{name}={int(value)}" for name, value in sorted(facts.items()) if float(value).is_integer())
    return hashlib.sha256("\n".join(whole).encode()).hexdigest()
