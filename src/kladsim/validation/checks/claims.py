"""Claims of the source documents: each has its own measure, rests on other checks, or says why it cannot be tested."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from kladsim.evidence import claims
from kladsim.evidence.tables import rows
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


def _low_tier(f: Facts) -> float:
    years = range(2017, 2022)
    tried = sum(f[f"{name}@{y}"] for name in ("convictions_trafficking", "convictions_possession") for y in years)
    low = sum(f[f"{name}@{y}"] for name in ("convictions_courier", "convictions_possession") for y in years)
    return 100.0 * low / tried


def _harm(f: Facts) -> float:
    def of(year: int) -> float:
        return f[f"poisonings_nonfatal@{year}"] + f[f"psychoses@{year}"] + f[f"deaths_poisoning@{year}"]

    return 100.0 * (of(2021) / of(2014) - 1.0)


def _rank_of_mephedrone(f: Facts) -> float:
    products = ("cannabis", "opioid", "amphetamine", "mdma", "cocaine", "mephedrone", "alpha_pvp")
    sales = {g: f[f"sales.{g}@2024"] for g in products}
    return 1.0 + sum(sales[g] > sales["mephedrone"] for g in products)


def _held(f: Facts, year: int) -> float:
    return f[f"prisoners_possession_end@{year}"] + f[f"prisoners_trafficking_end@{year}"]


def _s028(evidence: CheckInput) -> CheckVerdict:
    pairs = evidence.across("base", "off-M1")
    values: Values = paired(pairs, lambda a, b: rise_of_cathinones(a) - rise_of_cathinones(b))
    return in_runs(
        CheckPart("rise of cathinones with the online channel less without (M1 off)", values, 0.0, None, "share", True)
    )


def _s067(evidence: CheckInput) -> CheckVerdict:
    values = column(evidence.runs("tenth"), lambda f: 100 * f["regions_with_laboratories"])
    return in_runs(CheckPart("regions in which a laboratory worked in 2017-2021", values, 50.0, None, "%"))


def _s132(evidence: CheckInput) -> CheckVerdict:
    values = column(evidence.runs("georgia"), lambda f: (f["receipts_usd@2020"] + f["own_usd@2020"]) / 12e6)
    return in_runs(CheckPart("online receipts in Georgia, 2020", values, 0.25, 0.8, "USD million/month"))


OWN_CHECKS = (
    own("S002", ("years from a tenth to nine tenths of the final online share", rise_time, 7.0, 11.0, "years")),
    own("S011", ("correlation over years of laboratories and orders", _with_size, 0.5, None, "r")),
    own(
        "S016",
        ("rise of cathinones in purchases, 2014 to 2021", lambda f: 100 * rise_of_cathinones(f), 5.0, None, "points"),
        ("change of opioids and cocaine", lambda f: 100 * (imported(f, 2021) - imported(f, 2014)), None, 0.0, "points"),
    ),
    own(
        "S018",
        (
            "variation of cathinones on offer less that of imports, 2019-2021",
            lambda f: f["cv_cathinones"] - f["cv_imports"],
            None,
            0.0,
            "CV",
        ),
    ),
    own("S023", ("couriers and buyers among people convicted", _low_tier, 90.0, None, "%")),
    own("S025", ("change of poisonings and psychoses, 2014 to 2021", _harm, 0.0, None, "%")),
    Check("S028", "claim", ("base", "off-M1"), _s028),
    own(
        "S034",
        ("drops that lie ready, 2021", lambda f: f["ready_there_mean@2021"], 1e4, 1e5, "drops"),
        (
            "ready stock in days of sales",
            lambda f: f["ready_believed_mean@2021"] / (f["orders@2021"] / 365.0),
            2.0,
            10.0,
            "days",
        ),
    ),
    own(
        "S035",
        (
            "drops taken by outsiders, 2021",
            lambda f: 100 * f["stolen_by_thieves@2021"] / f["placed@2021"],
            0.1,
            30.0,
            "%",
        ),
    ),
    own("S039", ("people who use among residents, 2021", lambda f: 100 * f["users_share@2021"], 1.0, 9.0, "%")),
    own(
        "S043",
        ("drops lost to outsiders in winter against summer", lambda f: f["winter_loss_ratio"], 1.0, None, "ratio"),
    ),
    own(
        "S044",
        (
            "shops for each platform, 2021",
            lambda f: f["scale"] * f["shops@2021"] / f["platforms_open@2021"],
            100.0,
            None,
            "shops",
        ),
        (
            "couriers for each shop, 2021",
            lambda f: f["couriers_mean@2021"] / (f["scale"] * f["shops@2021"]),
            5.0,
            None,
            "couriers",
        ),
    ),
    own(
        "S053",
        (
            "drug prisoners, end of 2023 less end of 2021",
            lambda f: _held(f, 2023) - _held(f, 2021),
            None,
            0.0,
            "persons",
        ),
    ),
    own("S056", ("rank of mephedrone in sales of 2024", _rank_of_mephedrone, None, 2.0, "rank")),
    own(
        "S059",
        (
            "people under 30 among people who use, 2021, against their share of residents",
            lambda f: f["users_young_over@2021"],
            1.0,
            None,
            "ratio",
        ),
    ),
    Check("S132", "claim", ("georgia",), _s132),
    Check("S067", "claim", ("tenth",), _s067),
    own("S085", ("years that the leader of April 2022 had led", lambda f: f["leader_years"], 5.5, None, "years")),
    own(
        "S091",
        (
            "platforms that hold 80 %, months 5 to 9 after the closure",
            lambda f: f["platforms_for_80_percent"],
            3.0,
            5.0,
            "platforms",
        ),
    ),
    own("S098", ("people punished, 2021", lambda f: f["punished@2021"], 1.0, None, "persons")),
    own(
        "S126",
        ("arrests a courier and year, 2019", lambda f: f["arrest_risk_courier@2019"], 0.2, None, "1/person-year"),
    ),
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
