"""All checks judged on rows: results for people and programs, and the matrix of mechanisms and checks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from kladsim.evidence import explain
from kladsim.model.config import MECHANISMS
from kladsim.study.validation.registry import checks, mechanisms_of
from kladsim.study.validation.verdicts import Check, Evidence, NotRunError, Part, Result, Row, Verdict, quantiles

FEWEST = 2
"""Replicates below which nothing is judged."""


def judge(
    names: Iterable[str], rows: Mapping[str, Sequence[Row]], instead: Mapping[str, str] | None = None
) -> list[Result]:
    """Return the result of every check named."""
    evidence = Evidence(rows, instead)
    return [result_of(checks()[name], evidence) for name in names]


def result_of(check: Check, evidence: Evidence) -> Result:
    """Return the result of one check on evidence."""
    if check.judge is None:
        return _empty(check, "not testable", check.why_not)
    try:
        verdict = check.judge(evidence)
    except NotRunError as error:
        return _empty(check, "not run", f"experiment {error} has no rows; run `kladsim validate --fresh`")
    first = verdict.parts[0]
    low, median, high = quantiles(first.values)
    if first.shown == "sign":
        median, low, high = math.copysign(1.0, median) if np.isfinite(median) else median, math.nan, math.nan
    return Result(
        id=check.id,
        kind=check.kind,
        status="pass" if verdict.ok else "fail",
        statement=statement_of(check.id),
        target="; ".join(_target(part) for part in verdict.parts if part.band),
        value=_number(median),
        low=_number(low),
        high=_number(high),
        unit="sign" if first.shown == "sign" else first.unit,
        share=round(verdict.share, 3),
        replicates=len(first.values),
        mechanism=mechanisms_of(check.id),
        use=check.use,
        reason="; ".join(text for text in (verdict.reason, verdict.note) if text),
        rule=verdict.rule,
        parts=tuple(_part(part) for part in verdict.parts),
    )


def _empty(check: Check, status: str, reason: str) -> Result:
    return Result(
        check.id, check.kind, status, statement_of(check.id), "", None, None, None, "", None, 0,
        mechanisms_of(check.id), check.use, reason,
    )  # fmt: skip


def statement_of(name: str) -> str:
    """Return the words of the evidence for a check."""
    return explain(name).text


def _target(part: Part) -> str:
    return f"{part.name}: {part.band} {part.unit}".strip()


def _part(part: Part) -> dict[str, Any]:
    """A part for people: values as quantiles, or for what may show its sign only, sign and standardised effect."""
    holds = round(float(part.holds.mean()), 3) if len(part.values) else 0.0
    told: dict[str, Any] = {"name": part.name, "band": part.band, "unit": part.unit, "holds_in": holds}
    low, median, high = quantiles(part.values)
    if part.shown == "sign":
        told |= {"unit": "sign", "sign": _number(math.copysign(1.0, median) if np.isfinite(median) else median)}
        return told | {"standardised_effect": _number(part.effect)}
    return told | {"median": _number(median), "low": _number(low), "high": _number(high)}


def _number(value: float) -> float | None:
    """Four significant digits, None for what is not there."""
    return float(f"{value:.4g}") if math.isfinite(value) else None


def matrix(rows: Mapping[str, Sequence[Row]]) -> dict[str, dict[str, str]]:
    """Return for each mechanism switched off which of the checks of the default scenario turn red.

    Only checks that read nothing but the default scenario and pass with it are judged again; "red" is a fail.
    """
    base = Evidence(rows)
    plain = [check for check in checks().values() if check.judge is not None and check.needs == ("base",)]
    passing = [check for check in plain if result_of(check, base).status == "pass"]
    table: dict[str, dict[str, str]] = {}
    for name in MECHANISMS:
        other = f"off-{name}"
        if not rows.get(other):
            continue
        evidence = Evidence(rows, {"base": other})
        table[name] = {check.id: _colour(check, evidence) for check in passing}
    return table


def _colour(check: Check, evidence: Evidence) -> str:
    assert check.judge is not None
    verdict: Verdict = check.judge(evidence)
    return "green" if verdict.ok else "red"
