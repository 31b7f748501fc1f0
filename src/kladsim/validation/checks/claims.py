"""Claims of the source documents: each has its own measure, rests on other checks, or says why it cannot be tested."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from kladsim.evidence import claims
from kladsim.evidence.tables import rows
from kladsim.validation.checks.declared import declared_of
from kladsim.validation.checks.patterns import rise_of_cathinones
from kladsim.validation.verdicts import (
    Check,
    CheckInput,
    CheckPart,
    CheckVerdict,
    Facts,
    Values,
    column,
    in_runs,
    paired,
)

OWN = "own"
BASE = ("base",)


@dataclass(frozen=True)
class Carried:
    """How a claim is checked: ids of checks ("own" for a measure of its own), or a reason why it is not."""

    checks: tuple[str, ...]
    reason: str


@cache
def carried() -> dict[str, Carried]:
    """Return how every claim is checked, by its id."""
    return {
        row.required("claim"): Carried(row.names("checks"), row.text("reason"))
        for row in rows("claim_checks.csv", ("claim", "checks", "reason"))
    }


def own(name: str, *parts: tuple[str, Callable[[Facts], float], float | None, float | None, str]) -> Check:
    """Return the check of a claim with measures of its own on the default scenario."""

    def judge(evidence: CheckInput) -> CheckVerdict:
        runs = evidence.runs()
        return in_runs(*(CheckPart(text, column(runs, take), low, high, unit) for text, take, low, high, unit in parts))

    return Check(name, "claim", BASE, judge)


def online(f: Facts, year: int) -> float:
    """Return the share of purchases made from drops."""
    return f[f"orders@{year}"] / (f[f"orders@{year}"] + f[f"street_purchases@{year}"])


def rise_time(f: Facts) -> float:
    """Return the years from a tenth to nine tenths of the last year's online share."""
    share = np.array([online(f, year) for year in range(2014, 2025)])
    at = [
        float(np.interp(part * share.max(), np.maximum.accumulate(share), np.arange(2014, 2025))) for part in (0.1, 0.9)
    ]
    return at[1] - at[0]


def _with_size(f: Facts) -> float:
    years = range(2014, 2022)
    return float(np.corrcoef([f[f"laboratories@{y}"] for y in years], [f[f"orders@{y}"] for y in years])[0, 1])


def imported(f: Facts, year: int) -> float:
    """Return the share of opioids and cocaine in what people buy."""
    return sum(
        f["loyalty"] * f[f"habit.{g}@{year}"] + (1 - f["loyalty"]) * f[f"mix.{g}@{year}"] for g in ("opioid", "cocaine")
    )


def _harm(f: Facts) -> float:
    def of(year: int) -> float:
        return f[f"poisonings_nonfatal@{year}"] + f[f"psychoses@{year}"] + f[f"deaths_poisoning@{year}"]

    return 100.0 * (of(2021) / of(2014) - 1.0)


def _rank_of_mephedrone(f: Facts) -> float:
    products = ("cannabis", "opioid", "amphetamine", "mdma", "cocaine", "mephedrone", "alpha_pvp")
    sales = {g: f[f"sales.{g}@2024"] for g in products}
    return 1.0 + sum(sales[g] > sales["mephedrone"] for g in products)


def _s028(evidence: CheckInput) -> CheckVerdict:
    pairs = evidence.across("base", "off-M1")
    values: Values = paired(pairs, lambda a, b: rise_of_cathinones(a) - rise_of_cathinones(b))
    return in_runs(
        CheckPart("rise of cathinones with the online channel less without (M1 off)", values, 0.0, None, "share", True)
    )


OWN_CHECKS = (
    *declared_of("claim"),
    own("S002", ("years from a tenth to nine tenths of the final online share", rise_time, 7.0, 11.0, "years")),
    own("S011", ("correlation over years of laboratories and orders", _with_size, 0.5, None, "r")),
    own(
        "S016",
        ("rise of cathinones in purchases, 2014 to 2021", lambda f: 100 * rise_of_cathinones(f), 5.0, None, "points"),
        ("change of opioids and cocaine", lambda f: 100 * (imported(f, 2021) - imported(f, 2014)), None, 0.0, "points"),
    ),
    own("S025", ("change of poisonings and psychoses, 2014 to 2021", _harm, 0.0, None, "%")),
    Check("S028", "claim", ("base", "off-M1"), _s028),
    own("S056", ("rank of mephedrone in sales of 2024", _rank_of_mephedrone, None, 2.0, "rank")),
)


def claim_checks(others: dict[str, Check]) -> tuple[Check, ...]:
    """Return a check for every claim: its own, one that rests on others, or the reason why there is none."""
    mine = {check.id: check for check in OWN_CHECKS}
    return tuple(_check(claim.id, mine, others) for claim in claims())


def _check(name: str, mine: dict[str, Check], others: dict[str, Check]) -> Check:
    how = carried()[name]
    if how.checks == (OWN,):
        return mine[name]
    if not how.checks:
        return Check(name, "claim", why_not=how.reason)
    known = others | mine
    based = [known[other] for other in how.checks]
    open_ = [check for check in based if check.judge is None]
    if open_:
        return Check(name, "claim", why_not=f"rests on {open_[0].id}: {open_[0].why_not}")
    needs = tuple(dict.fromkeys(need for check in based for need in check.needs))

    def judge(evidence: CheckInput) -> CheckVerdict:
        return _together([(check.id, check.judge(evidence)) for check in based if check.judge is not None])

    return Check(name, "claim", needs, judge)


def _together(found: list[tuple[str, CheckVerdict]]) -> CheckVerdict:
    parts = tuple(part for _, verdict in found for part in verdict.parts)
    said = ", ".join(f"{name} {'passes' if verdict.ok else 'fails'}" for name, verdict in found)
    share = min(verdict.share for _, verdict in found)
    return CheckVerdict(
        parts, all(verdict.ok for _, verdict in found), share, "all checks it rests on", f"shown by {said}"
    )
