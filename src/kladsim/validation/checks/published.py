"""Published results that the model can produce: organisations, platforms, demand and supply (sections O, PL, D).

VAL rows: the published point in the 90 % predictive interval and the median in the published interval, or within
25 % without one; SIGN rows: the right direction in at least 95 % of paired replicates; CAL rows: reproduced input.
Where disputed parameters are drawn anew in every replicate, intervals hold that doubt; else luck only.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kladsim.study.measures.experiments import EXPERIMENTS
from kladsim.validation.verdicts import (
    Check,
    CheckInput,
    CheckPart,
    CheckVerdict,
    Facts,
    Values,
    by_median,
    column,
    middle,
    paired,
    predicted,
    right_direction,
)

Pair = Callable[[Facts, Facts], float]
PUBLISHED = "published"


def change(name: str, year: int = 2019) -> Pair:
    """Return the change of a yearly fact between two arms, per cent."""
    return lambda a, b: 100.0 * (b[f"{name}@{year}"] / a[f"{name}@{year}"] - 1.0)


def arm(evidence: CheckInput, name: str, take: Pair, experiment: str = PUBLISHED) -> Values:
    """Return a measure of an arm against its history, one value a replicate."""
    return paired(evidence.pairs(name, experiment=experiment), take)


def falls(text: str, values: Values, unit: str = "%") -> CheckPart:
    """Return a part that must be negative."""
    return CheckPart(text, values, None, 0.0, unit, True)


def rises(text: str, values: Values, unit: str = "%") -> CheckPart:
    """Return a part that must be positive."""
    return CheckPart(text, values, 0.0, None, unit, True)


def near(text: str, values: Values, point: float, unit: str, share: float = 0.25) -> CheckPart:
    """Return a part that must lie within a share of the published point."""
    low, high = sorted((point * (1 - share), point * (1 + share)))
    return CheckPart(text, values, low, high, unit)


def published(name: str, use: str, judge: Callable[[CheckInput], CheckVerdict], *needs: str) -> Check:
    """Return the check of a published row."""
    return Check(name, "published", needs or (PUBLISHED,), judge, use=use)


def _o4(e: CheckInput) -> CheckVerdict:
    one, two, three = (arm(e, f"arrests{tag}", change("couriers_mean")) for tag in ("", "-2", "-3"))
    first, later = -two, -(three - two)
    return right_direction(
        rises("couriers fewer at effort x2 less what x3 adds", first - later, "points"),
        note="couriers at x1.5, x2 and x3: " + ", ".join(f"{middle(v):.1f} %" for v in (one, two, three)),
    )


def _o7(e: CheckInput) -> CheckVerdict:
    leader = column(e.runs("closures", "second"), lambda f: f["second_drop_week"])
    other = column(e.runs("closures", "second-rank-2"), lambda f: f["second_drop_week"])
    recovery = paired(
        e.pairs("no-migration", "base", "closures"), lambda a, b: 100.0 * (a["orders@2023"] / b["orders@2023"] - 1.0)
    )
    moved = change("orders", 2023)
    target = paired(e.pairs("second", "base", "closures"), lambda a, b: abs(moved(a, b)))
    n = min(len(leader), len(other))
    return right_direction(
        rises("first week: fall by closing the largest less by closing the second", leader[:n] - other[:n], "points"),
        rises(
            "in the end: effect of recovery (M5 on or off) less that of which is closed", recovery - target, "points"
        ),
    )


def _pl4(e: CheckInput) -> CheckVerdict:
    runs = e.runs()
    peak = predicted(
        CheckPart("highest weekly share of the first successor", column(runs, lambda f: f["successor_peak"]), unit="%"),
        65.2,
    )
    above = CheckPart(
        "share of days in April and May above one half",
        column(runs, lambda f: f["successor_above_half"]),
        0.5,
        None,
        "share",
        True,
    )
    median = middle(above.values)
    ok = peak.ok and median > 0.5
    day = middle(column(runs, lambda f: f["successor_peak_day"]))
    return CheckVerdict(
        (*peak.parts, above),
        ok,
        peak.share,
        peak.rule,
        f"{peak.reason}; peak on day {day:.0f}, published 18; above one half on {100 * median:.0f} % of days",
    )


def _pl6(e: CheckInput) -> CheckVerdict:
    values = column(e.runs("closures", "second"), lambda f: 100.0 * f["migrants_top_share@20230329"])
    return predicted(
        CheckPart("share of the first destination among migrants after 28 days", values, unit="%"),
        71.0,
        (50.4, 91.6),
        "closure among several platforms",
    )


def _pl7(e: CheckInput) -> CheckVerdict:
    values = column(
        e.runs("closures", "second"),
        lambda f: 100.0 * f["migrants_arrived@20230307"] / f["migrants_arrived@20230329"],
    )
    return predicted(
        CheckPart("migrants arrived by day 6, of those by day 28", values, unit="%"),
        95.0,
        None,
        "saturation by day 6 read as 95 %",
    )


def _dearest(a: Facts, b: Facts, weeks: range) -> float:
    before = [f"order_value_week@{week}" for week in weeks]
    return 100.0 * (sum(b[w] for w in before) / sum(a[w] for w in before) - 1.0)


def _pl9(e: CheckInput) -> CheckVerdict:
    pairs = [(b, a) for a, b in e.pairs("no-closure", "base-2022", "closures")]
    values = paired(pairs, lambda a, b: _dearest(a, b, range(14, 27)))
    return right_direction(CheckPart("order value in three months after, against no closure", values, None, 0.0, "%"))


def _pl10(e: CheckInput) -> CheckVerdict:
    pairs = [(b, a) for a, b in e.pairs("no-closure", "base-2022", "closures")]

    def lowest(a: Facts, b: Facts) -> float:
        return min(_dearest(a, b, range(week, week + 4)) for week in range(14, 40))

    values = paired(pairs, lowest)
    return predicted(
        CheckPart("lowest order value over four weeks, against no closure", values, unit="%"),
        -9.0,
        note="published as up to -9 %",
    )


def _elasticity(a: Facts, b: Facts, *years: int) -> float:
    def bought(f: Facts) -> float:
        return sum(f[f"orders@{y}"] + f[f"street_purchases@{y}"] for y in years)

    def price(f: Facts) -> float:
        return sum(f[f"real_price@{y}"] for y in years)

    return float(np.log(bought(b) / bought(a)) / np.log(price(b) / price(a)))


def _d1(e: CheckInput) -> CheckVerdict:
    return by_median(
        near(
            "price elasticity of purchases",
            arm(e, "dearer", lambda a, b: _elasticity(a, b, 2018, 2019)),
            -0.9,
            "elasticity",
        )
    )


def _d3(e: CheckInput) -> CheckVerdict:
    return by_median(
        CheckPart(
            "price elasticity of purchases",
            arm(e, "dearer", lambda a, b: _elasticity(a, b, 2018, 2019)),
            -2.5,
            -0.6,
            "elasticity",
        )
    )


def _d4(e: CheckInput) -> CheckVerdict:
    values = arm(e, "dearer", lambda a, b: _elasticity(a, b, 2018) - _elasticity(a, b, 2019))
    return right_direction(rises("short-run less long-run elasticity (first and second year)", values, "elasticity"))


def _price(f: Facts, week: int) -> float:
    return f[f"price_cathinones_week@{week}"]


def _d5(e: CheckInput) -> CheckVerdict:
    values = arm(e, "precursors", lambda a, b: max(_price(b, w) / _price(a, w) for w in range(5, 40)))
    return predicted(CheckPart("highest price of cathinones against no shock", values, unit="ratio"), 3.0)


def _d6(e: CheckInput) -> CheckVerdict:
    harm = arm(e, "precursors", change("psychoses", 2018))
    starts = arm(e, "precursors", change("treatment_starts", 2018))
    first = predicted(CheckPart("hospital: psychoses in the year of the shock", harm, unit="%"), -50.0)
    second = predicted(CheckPart("treatment starts", starts, unit="%"), -35.0)
    return CheckVerdict(
        (*first.parts, *second.parts),
        first.ok and second.ok,
        min(first.share, second.share),
        first.rule,
        f"{first.reason}; {second.reason}",
    )


def _d7(e: CheckInput) -> CheckVerdict:
    def months(a: Facts, b: Facts) -> float:
        ratio = np.array([_price(b, w) / _price(a, w) for w in range(4, 52)])
        top = int(ratio.argmax())
        back = np.flatnonzero(ratio[top:] <= 1.0 + 0.2 * (ratio[top] - 1.0))
        return float(back[0] / 4.345) if len(back) else float("nan")

    return predicted(
        CheckPart(
            "months from the highest price back to a fifth of the rise", arm(e, "precursors", months), unit="months"
        ),
        4.0,
    )


def _d9(e: CheckInput) -> CheckVerdict:
    more = float(middle(arm(e, "imprisonment", lambda a, b: 1.5 * b["prison_entries@2019"] / a["prison_entries@2019"])))
    values = arm(e, "imprisonment", change("real_price"))
    return predicted(
        CheckPart("price under effort x10 and sentences x1.5", values, unit="%"),
        10.0,
        (5.0, 15.0),
        f"prison-years sentenced a year x{more:.1f}, published 15-fold",
    )


def _of_price(name: str, use: str, judge: Callable[[CheckInput], CheckVerdict]) -> Check:
    """Return a check that needs a price shock, which needs a quantity that moves prices."""
    if any(arm.name == "dearer" for arm in EXPERIMENTS[PUBLISHED].arms):
        return published(name, use, judge)
    return Check(name, "published", why_not="no quantity moves prices, so that demand's answer cannot be seen", use=use)


PLATFORMS_AND_MARKETS = (
    published("O4", "SIGN", _o4),
    published("O7", "SIGN", _o7, "closures"),
    published("PL4", "VAL", _pl4, "base"),
    published("PL6", "VAL", _pl6, "closures"),
    published("PL7", "VAL", _pl7, "closures"),
    published("PL9", "SIGN", _pl9, "closures"),
    published("PL10", "VAL", _pl10, "closures"),
    *(
        _of_price(name, use, judge)
        for name, use, judge in (("D1", "CAL", _d1), ("D3", "CAL", _d3), ("D4", "SIGN", _d4))
    ),
    published("D5", "VAL", _d5),
    published("D6", "VAL", _d6),
    published("D7", "VAL", _d7),
    published("D9", "VAL", _d9),
)
