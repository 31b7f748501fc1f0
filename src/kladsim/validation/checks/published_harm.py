"""Published results on use, harm, policies and places that the model can produce (sections H, E and X)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kladsim.validation.checks.published import (
    PUBLISHED,
    Pair,
    arm,
    change,
    falls,
    near,
    published,
    rises,
)
from kladsim.validation.verdicts import (
    CheckInput,
    CheckPart,
    CheckVerdict,
    Facts,
    Values,
    by_median,
    column,
    paired,
    predicted,
    right_direction,
)

YEARS = range(2018, 2023)


def total(name: str, years: range = YEARS) -> Pair:
    """Return the change of a sum over years between two arms, per cent."""
    return lambda a, b: 100.0 * (_sum(b, name, years) / _sum(a, name, years) - 1.0)


def health(e: CheckInput, name: str, take: Pair) -> Values:
    """Return a measure of an arm of the health experiment."""
    return paired(e.pairs(name, experiment="health"), take)


def _sum(f: Facts, name: str, years: range) -> float:
    names = ("deaths_poisoning", "deaths_excess") if name == "deaths" else (name,)
    return sum(f[f"{part}@{year}"] for part in names for year in years)


def _h1(e: CheckInput) -> CheckVerdict:
    values = column(e.runs(), lambda f: 100.0 * f["dependent_after_stimulant@2024"])
    return by_median(near("dependent within ten years of first use, stimulants", values, 14.8, "%"))


def _h2(e: CheckInput) -> CheckVerdict:
    values = column(e.runs(), lambda f: 100.0 * f["dependent_after_cannabis@2024"])
    return by_median(near("dependent within ten years of first use, cannabis", values, 5.9, "%"))


def _h3(e: CheckInput) -> CheckVerdict:
    values = column(e.runs(), lambda f: 100.0 * f["dependent_after_stimulant@2014"])
    return predicted(
        CheckPart("dependent about six months after first use, stimulants", values, unit="%"), 14.5, (12.0, 17.0)
    )


def _h4(e: CheckInput) -> CheckVerdict:
    values = column(e.runs(), lambda f: -float(np.log(1.0 - f["dependent_remitted"])))
    return by_median(CheckPart("remission of dependent people a year", values, 0.148, 0.499, "1/year"))


def _h7(e: CheckInput) -> CheckVerdict:
    values = column(e.runs(), lambda f: 100.0 * f["relapsed_first_year"])
    return by_median(near("relapsed in the first year", values, 61.0, "%"))


def _h9(e: CheckInput) -> CheckVerdict:
    values = column(e.runs(), lambda f: f["dependent_died_per_100"])
    return by_median(
        CheckPart("deaths of dependent people from all causes", values, 0.92, 1.42, "per 100 person-years")
    )


def _h12(e: CheckInput) -> CheckVerdict:
    part = CheckPart("standardised mortality ratio of dependent people", column(e.runs(), lambda f: f["dependent_smr"]))
    note = "the life table is Russia's, whose background mortality is higher than in the studies pooled"
    return predicted(part, 6.83, (5.27, 8.84), note)


def _e7(e: CheckInput) -> CheckVerdict:
    def averted(a: Facts, b: Facts, years: range) -> float:
        gained = _sum(a, "dependent_mean", years) - _sum(b, "dependent_mean", years)
        return gained / _sum(b, "treatment_mean", years)

    values = health(e, "treatment", lambda a, b: averted(a, b, YEARS) - averted(a, b, range(2018, 2019)))
    return right_direction(
        rises("years of dependence averted for a year in treatment: five years less one", values, "years")
    )


def _e11(e: CheckInput) -> CheckVerdict:
    more = arm(e, "unemployment", change("applications", 2018))
    beside = arm(e, "unemployment-support", change("applications", 2018))
    return by_median(
        rises("applications for courier work, youth unemployment x1.5", more),
        CheckPart("the same with benefits that offset hardship", beside, None, 2.0, "%"),
        note="the published size is for persons and for all crime: only the sign and the offset are checked",
    )


def _e14(e: CheckInput) -> CheckVerdict:
    pairs = e.pairs("local-crackdown", experiment=PUBLISHED)
    fall = paired(pairs, lambda a, b: a["couriers_target@2019"] - b["couriers_target@2019"])
    moved = paired(pairs, lambda a, b: b["couriers_neighbours@2019"] - a["couriers_neighbours@2019"])
    ratio = np.where(fall > 0, moved / np.where(fall > 0, fall, 1.0), np.nan)
    return right_direction(
        rises("couriers fewer where effort is x3", fall, "persons simulated"),
        CheckPart("displaced to the rest of the district, of those", ratio, None, 0.5, "share"),
    )


def _e17(e: CheckInput) -> CheckVerdict:
    pairs = e.pairs("local-crackdown", experiment=PUBLISHED)
    values = paired(pairs, lambda a, b: 100.0 * (b["orders_neighbours@2019"] / a["orders_neighbours@2019"] - 1.0))
    return right_direction(rises("orders in the rest of the district", values))


def _e19(e: CheckInput) -> CheckVerdict:
    def per_arrest(a: Facts, b: Facts) -> float:
        one = b["seized_drops@2019"] / b["arrests_courier@2019"]
        return 100.0 * (one / (a["seized_drops@2019"] / a["arrests_courier@2019"]) - 1.0)

    return right_direction(
        rises("seized drops at effort x2", arm(e, "arrests-2", change("seized_drops"))),
        falls("drops seized by an arrest", arm(e, "arrests-2", per_arrest)),
        CheckPart("shops (as many or more)", arm(e, "arrests-2", change("shops")), -2.0, None, "%"),
        CheckPart(
            "people within reach (as wide or wider)", arm(e, "arrests-2", change("covered_persons")), -0.5, None, "%"
        ),
    )


def _e21(e: CheckInput) -> CheckVerdict:
    runs = e.runs()
    return by_median(
        near(
            "share of prisoners held for drug offences, 2019",
            column(runs, lambda f: 100 * f["drug_share_of_prisoners@2019"]),
            23.0,
            "%",
        ),
        near(
            "prisoners for drug offences, 2019",
            column(runs, lambda f: f["prisoners_possession_mean@2019"] + f["prisoners_trafficking_mean@2019"]),
            129419.0,
            "persons",
        ),
    )


def _x1(e: CheckInput) -> CheckVerdict:
    return right_direction(
        falls("fatal poisonings with response", health(e, "response", total("deaths_poisoning"))),
        rises("dependent people, last year", health(e, "response", change("dependent_mean", 2022))),
    )


def _x2(e: CheckInput) -> CheckVerdict:
    single = sum(health(e, name, total("deaths_poisoning")) for name in ("treatment", "response", "checking"))
    package = health(e, "package", total("deaths_poisoning"))
    return right_direction(
        falls("fatal poisonings under the package", package),
        rises("package less the sum of its parts", package - single, "points"),
    )


def _x3(e: CheckInput) -> CheckVerdict:
    def gain(a: Facts, b: Facts, year: int) -> float:
        return a[f"dependent_mean@{year}"] - b[f"dependent_mean@{year}"]

    values = health(e, "treatment", lambda a, b: 3.0 * gain(a, b, 2019) - (gain(a, b, 2022) - gain(a, b, 2019)))
    return right_direction(
        rises(
            "dependent people fewer in the second year",
            health(e, "treatment", lambda a, b: gain(a, b, 2019)),
            "persons",
        ),
        rises("three times the gain to the second year less the gain in the three years after", values, "persons"),
    )


def _loop(name: str, rise: bool) -> Callable[[CheckInput], CheckVerdict]:
    def judge(e: CheckInput) -> CheckVerdict:
        years = range(2014, 2025)
        pairs = e.across("base", f"loop-{name}")
        values = paired(pairs, lambda a, b: 100.0 * (_sum(b, "deaths", years) / _sum(a, "deaths", years) - 1.0))
        text = f"drug deaths 2014-2024 without the feedback of {name}"
        return right_direction(rises(text, values) if rise else falls(text, values))

    return judge


def _x7(e: CheckInput) -> CheckVerdict:
    relapse = health(e, "less-relapse", change("dependent_mean", 2022))
    start = health(e, "less-initiation", change("dependent_mean", 2022))
    return right_direction(
        falls("dependent people with relapse x0.8", relapse),
        rises("initiation x0.8 does less: its effect less that of relapse", start - relapse, "points"),
    )


HARM_AND_POLICY = (
    published("H1", "CAL", _h1, "base"),
    published("H2", "CAL", _h2, "base"),
    published("H3", "VAL", _h3, "base"),
    published("H4", "CAL", _h4, "base"),
    published("H7", "CAL", _h7, "base"),
    published("H9", "CAL", _h9, "base"),
    published("H12", "VAL", _h12, "base"),
    published("E7", "SIGN", _e7, "health"),
    published("E11", "CAL", _e11),
    published("E14", "SIGN", _e14),
    published("E17", "SIGN", _e17),
    published("E19", "SIGN", _e19),
    published("E21", "CAL", _e21, "base"),
    published("X1", "SIGN", _x1, "health"),
    published("X2", "SIGN", _x2, "health"),
    published("X3", "SIGN", _x3, "health"),
    published("X4", "SIGN", _loop("risk", True), "base", "loop-risk"),
    published("X5", "SIGN", _loop("peers", False), "base", "loop-peers"),
    published("X6", "SIGN", _loop("availability", False), "base", "loop-availability"),
    published("X7", "SIGN", _x7, "health"),
)
