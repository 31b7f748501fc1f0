"""Published results on use, harm, policies and places that the model can produce (sections H, E and X)."""

from __future__ import annotations

import numpy as np

from kladsim.validation.checks.published import (
    PUBLISHED,
    Pair,
    change,
    falls,
    published,
    rises,
)
from kladsim.validation.verdicts import (
    CheckInput,
    CheckPart,
    CheckVerdict,
    Facts,
    Values,
    paired,
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


def _e7(e: CheckInput) -> CheckVerdict:
    def averted(a: Facts, b: Facts, years: range) -> float:
        gained = _sum(a, "dependent_mean", years) - _sum(b, "dependent_mean", years)
        return gained / _sum(b, "treatment_mean", years)

    values = health(e, "treatment", lambda a, b: averted(a, b, YEARS) - averted(a, b, range(2018, 2019)))
    return right_direction(
        rises("years of dependence averted for a year in treatment: five years less one", values, "years")
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


def _x7(e: CheckInput) -> CheckVerdict:
    relapse = health(e, "less-relapse", change("dependent_mean", 2022))
    start = health(e, "less-initiation", change("dependent_mean", 2022))
    return right_direction(
        falls("dependent people with relapse x0.8", relapse),
        rises("initiation x0.8 does less: its effect less that of relapse", start - relapse, "points"),
    )


HARM_AND_POLICY = (
    published("E7", "SIGN", _e7, "health"),
    published("E14", "SIGN", _e14),
    published("X2", "SIGN", _x2, "health"),
    published("X3", "SIGN", _x3, "health"),
    published("X7", "SIGN", _x7, "health"),
)
