"""P24 and P25 of the spread between countries, in the form of the other checks (they rest on another model)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kladsim.spread.checks import saved_patterns
from kladsim.validation.registry import mechanisms_of, statement_of
from kladsim.validation.verdicts import CheckResult

IDS = ("P24", "P25")
Rows = Sequence[Mapping[str, Any]]


def spread_results(rows: Rows | None = None) -> tuple[list[CheckResult], dict[str, dict[str, str]]]:
    """Return the results of P24 and P25, and the row of the matrix for M16.

    Parameters
    ----------
    rows : what ``kladsim.spread.checks.patterns`` returns (those that are stored if not given)
    """
    if rows is None:
        rows = saved_patterns()
    results = [_result(name, [row for row in rows if row["id"] == name]) for name in IDS]
    passing = [result.id for result in results if result.status == "pass"]
    off = {name: "red" for name in passing if any(_turns_red(row) for row in rows if row["id"] == name)}
    return results, {"M16": dict.fromkeys(passing, "green") | off} if passing else {}


def _turns_red(row: Mapping[str, Any]) -> bool:
    return bool(row["kind"] == "ablation" and row["reason"].startswith("M16 off") and row["share"] < 0.8)


def _result(name: str, rows: Rows) -> CheckResult:
    judged = [row for row in rows if row["kind"] == "pattern"]
    first = judged[0]
    beside = "; ".join(
        f"{row['part']}, {row['reason']}: {row['share']:.0%}" for row in rows if row["kind"] == "ablation"
    )
    return CheckResult(
        id=name,
        kind="pattern",
        status="pass" if all(row["status"] == "pass" for row in judged) else "fail",
        statement=statement_of(name),
        target="; ".join(f"{row['part']}: {row['target']}" for row in judged),
        value=_number(first["value"]),
        low=_number(first["low"]),
        high=_number(first["high"]),
        unit=first["unit"],
        share=round(min(float(row["share"]) for row in judged), 3),
        replicates=240,
        mechanism=mechanisms_of(name),
        use="",
        reason="; ".join(f"{row['part']}: {row['status']}, {row['reason']}" for row in judged) + f"; beside: {beside}",
        rule="in at least 80 % of draws of the posterior, not vacuous",
        parts=tuple(
            {"name": row["part"], "band": row["target"], "unit": row["unit"], "holds_in": round(float(row["share"]), 3),
             "median": _number(row["value"]), "low": _number(row["low"]), "high": _number(row["high"])}
            for row in judged
        ),
    )  # fmt: skip


def _number(value: float) -> float:
    return float(f"{value:.4g}")
