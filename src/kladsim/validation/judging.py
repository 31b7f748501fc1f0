"""All checks judged on rows: results for people and programs, and the matrix of mechanisms and checks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from kladsim.model.config import MECHANISMS
from kladsim.validation.registry import checks, mechanisms_of, statement_of
from kladsim.validation.verdicts import Check, CheckInput, CheckPart, CheckResult, NotRunError, Row, quantiles

FEWEST = 2
"""Replicates below which nothing is judged."""


def judge(
    names: Iterable[str], rows: Mapping[str, Sequence[Row]], instead: Mapping[str, str] | None = None
) -> list[CheckResult]:
    """Return the result of every check named."""
    evidence = CheckInput(rows, instead)
    return [result_of(checks()[name], evidence) for name in names]


def result_of(check: Check, evidence: CheckInput) -> CheckResult:
    """Return the result of one check on evidence."""
    if check.judge is None:
        return _empty(check, "not testable", check.why_not)
    try:
        verdict = check.judge(evidence)
    except NotRunError as error:
        return _empty(check, "not run", f"experiment {error} has no rows; run `kladsim dev validate --fresh`")
    first = verdict.parts[0]
    low, median, high = quantiles(first.values)
    if first.shown == "sign":
        median, low, high = math.copysign(1.0, median) if np.isfinite(median) else median, math.nan, math.nan
    return CheckResult(
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


def _empty(check: Check, status: str, reason: str) -> CheckResult:
    return CheckResult(
        check.id, check.kind, status, statement_of(check.id), "", None, None, None, "", None, 0,
        mechanisms_of(check.id), check.use, reason,
    )  # fmt: skip


def _target(part: CheckPart) -> str:
    return f"{part.name}: {part.band} {part.unit}".strip()


def _part(part: CheckPart) -> dict[str, Any]:
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
    """Return for each mechanism switched off which of the checks turn red.

    Judged again are the checks whose experiments were run with the mechanism off as well (at least all that read the
    default scenario alone), and only those that pass with it on, on all replicates and on those that are there with it
    off; "red" is a fail.
    """
    known = [check for check in checks().values() if check.judge is not None]
    passing = [
        check for check in known if set(check.needs) <= set(rows) and _colour(check, CheckInput(rows)) == "green"
    ]
    table: dict[str, dict[str, str]] = {}
    for name in MECHANISMS:
        if not rows.get(f"off-{name}"):
            continue
        off = {need: rows[other] for need in rows if (other := variant(name, need)) in rows}
        row: dict[str, str] = {}
        for check in passing:
            if set(check.needs) <= set(off):
                fair = {need: _same(rows[need], off[need]) for need in check.needs}
                if _colour(check, CheckInput(fair)) == "green":
                    row[check.id] = _colour(check, CheckInput(off))
        table[name] = row
    return table


def variant(mechanism: str, experiment: str) -> str:
    """Return the name of an experiment with a mechanism off."""
    return f"off-{mechanism}" if experiment == "base" else f"off-{mechanism}-{experiment}"


def _same(rows: Sequence[Row], others: Sequence[Row]) -> list[Row]:
    numbers = {row["replicate"] for row in others}
    return [row for row in rows if row["replicate"] in numbers]


def _colour(check: Check, evidence: CheckInput) -> str:
    assert check.judge is not None
    return "green" if check.judge(evidence).ok else "red"
