"""Checks of private punishment: pass or fail, direction and replicates, never a value (responsible use, rule 5)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from kladsim.validation.verdicts import CheckResult

PATTERNS = ("P18", "P19", "P20", "P27")
MECHANISM = "M9"
ON_THEFT = ("S042",)
"""Claims that the mechanism carries in part, and whose measure is theft."""
DIRECTIONS = ("name", "band", "unit", "holds_in", "sign")
"""What is told of a part of such a check."""
_NUMBER = re.compile(r"(?<![\w.])\d")
_OF_RUNS = re.compile(r"\d+ % of runs")


def is_on_punishment(result: CheckResult) -> bool:
    """Return whether a check is one of private punishment: a pattern of it, or a claim that its mechanism carries."""
    return result.id in PATTERNS or (
        result.kind == "claim" and MECHANISM in result.mechanism and result.id not in ON_THEFT
    )


def without_values(results: Iterable[CheckResult]) -> list[CheckResult]:
    """Return results in which checks of private punishment have no value, interval or size of effect."""
    return [_without_value(result) if is_on_punishment(result) else result for result in results]


def _without_value(result: CheckResult) -> CheckResult:
    parts = tuple({name: part[name] for name in DIRECTIONS if name in part} for part in result.parts)
    told = result.status != "not testable" and _NUMBER.search(_OF_RUNS.sub("", result.reason))
    reason = "" if told else result.reason
    return replace(result, value=None, low=None, high=None, parts=parts, reason=reason)
