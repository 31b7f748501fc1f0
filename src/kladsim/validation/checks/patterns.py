"""Patterns P01 to P27 as the evidence formulates them: adoption, platforms, prices, registers.

Bands come from the evidence table; what the table cannot hold (every window, an ordering) is a part of its own.
Couriers, policing and punishment are in ``patterns_of_work``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from kladsim.evidence import patterns
from kladsim.validation.verdicts import (
    Check,
    CheckInput,
    CheckPart,
    CheckVerdict,
    Facts,
    Values,
    column,
    in_runs,
    middle,
    paired,
)

CATHINONES = ("mephedrone", "alpha_pvp")
SIGNS = ("sign", "ablation")
_BANDS = {pattern.id: pattern for pattern in patterns()}
Take = Callable[[Facts], float]


def banded(name: str, number: int, values: Values, shown: str = "value", effect: float = float("nan")) -> CheckPart:
    """Return a part judged by the band of the evidence table."""
    pattern = _BANDS[name]
    band = pattern.bands[number]
    strict = band.kind in SIGNS or (band.low == 0 or band.high == 0)
    return CheckPart(band.part or pattern.statement, values, band.low, band.high, band.unit, strict, shown, effect)


def pattern(name: str, *takes: Take, extra: Sequence[tuple[str, Take, float | None, float | None]] = ()) -> Check:
    """Return a pattern of the default scenario: one measure a band, and further parts with their own bands."""

    def judge(evidence: CheckInput) -> CheckVerdict:
        runs = evidence.runs()
        parts = [banded(name, number, column(runs, take)) for number, take in enumerate(takes)]
        parts += [CheckPart(text, column(runs, take), low, high) for text, take, low, high in extra]
        return in_runs(*parts)

    return Check(name, "pattern", ("base",), judge)


def street_share(f: Facts, year: int) -> float:
    """Hand-to-hand share of purchases in a calendar year."""
    return f[f"street_purchases@{year}"] / (f[f"street_purchases@{year}"] + f[f"orders@{year}"])


def largest_rise(f: Facts) -> float:
    """Largest change of the hand-to-hand share over the three-year windows before the closure."""
    return max(street_share(f, year + 2) - street_share(f, year) for year in range(2014, 2020))


def cathinone_share(f: Facts, year: int, loyalty: float = 0.75) -> float:
    """Cathinones in what people buy: main substances, and what the undecided choose."""
    loyalty = f.get("loyalty", loyalty)
    return sum(loyalty * f[f"habit.{g}@{year}"] + (1 - loyalty) * f[f"mix.{g}@{year}"] for g in CATHINONES)


def rise_of_cathinones(f: Facts) -> float:
    """Rise of the cathinone share from 2014 to 2021."""
    return cathinone_share(f, 2021) - cathinone_share(f, 2014)


def _p13(evidence: CheckInput) -> CheckVerdict:
    """Tastes frozen as the model declares them; with habits (main substances) frozen too stands beside it."""
    runs = evidence.across("base", "taste-frozen", "habits-frozen", "supply-frozen")
    full, tastes, habits, supply = (
        paired(runs, lambda *facts, at=at: rise_of_cathinones(facts[at])) for at in range(4)
    )
    ratio = np.where(full > 0, habits / np.where(full > 0, full, 1.0), np.nan)
    beside = np.where(full > 0, tastes / np.where(full > 0, full, 1.0), np.nan)
    return in_runs(
        banded("P13", 0, beside),
        CheckPart("rise of the cathinone share with tastes frozen", tastes, 0.0, None, "share", True),
        CheckPart("rise of the share with tastes and habits frozen", habits, 0.0, None, "share", True),
        note=f"median rise: full {middle(full):.3f}, tastes frozen {middle(tastes):.3f}, habits frozen too "
        f"{middle(habits):.3f} ({middle(ratio):.2f} of the full rise), supply frozen {middle(supply):.3f}",
    )


def _p14(evidence: CheckInput) -> CheckVerdict:
    """At 1/10: in a sample of 1/100 single laboratories decide how much is on offer."""
    pairs = evidence.pairs("import-stop", experiment="arms-tenth")

    def change(name: str) -> Values:
        def of(a: Facts, b: Facts) -> float:
            weeks = [f"{name}@{week}" for week in range(9, 31)]
            return 100.0 * (sum(b[w] for w in weeks) / sum(a[w] for w in weeks) - 1.0)

        return paired(pairs, of)

    return in_runs(banded("P14", 0, change("ready_local_week")), banded("P14", 1, change("orders_week")))


def _growth(f: Facts, take: Callable[[Facts, int], float]) -> float:
    years = np.arange(2014, 2022)
    return float(100.0 * np.polyfit(years, np.log([take(f, int(y)) for y in years]), 1)[0])


def _p15(evidence: CheckInput) -> CheckVerdict:
    """Laboratories are counted at 1/10: a sample of 1/100 has a handful, and single ones decide its growth."""
    runs, pairs = evidence.runs("tenth"), evidence.pairs("precursors")
    faster = column(
        runs,
        lambda f: (
            _growth(f, lambda f, y: f[f"laboratories@{y}"])
            - _growth(f, lambda f, y: f[f"produced@{y}"] / f[f"laboratories@{y}"])
        ),
    )

    def months(a: Facts, b: Facts) -> float:
        for month in range(1, 9):
            weeks = [f"made_cathinones_week@{week}" for week in range(4, 4 + 4 * month + month // 3)]
            if sum(b[w] for w in weeks) < 0.95 * sum(a[w] for w in weeks):
                return float(month)
        return 99.0

    first, second = banded("P15", 0, faster), banded("P15", 1, paired(pairs, months))
    share = min(float(first.holds.mean()), float(second.holds.mean()))
    reason = "; ".join(f"{p.name}: {100 * p.holds.mean():.0f} % of runs" for p in (first, second))
    return CheckVerdict((first, second), share >= 0.8, share, "each part in at least 80 % of runs", reason)


def _p17(evidence: CheckInput) -> CheckVerdict:
    def gram(f: Facts, g: str) -> float:
        return f[f"price.{g}@2021"] / f[f"grams.{g}"]

    runs = evidence.runs()
    first = column(runs, lambda f: gram(f, "mdma") / max(gram(f, g) for g in CATHINONES))
    second = column(runs, lambda f: gram(f, "cocaine") / gram(f, "mdma"))
    return in_runs(
        CheckPart("MDMA / dearest cathinone, price of a gram", first, 1.0, None, "ratio", True),
        CheckPart("cocaine / MDMA, price of a gram", second, 1.0, None, "ratio", True),
    )


def _p22(evidence: CheckInput) -> CheckVerdict:
    """At 1/10: a sample of 1/100 holds two or three deaths a region, whose chance drowns any correlation."""
    return in_runs(banded("P22", 0, column(evidence.runs("tenth"), lambda f: f["opiates_and_deaths"])))


def _p23(evidence: CheckInput) -> CheckVerdict:
    runs = evidence.runs()
    register = column(runs, lambda f: 100 * (f["registered_dependent@2021"] / f["registered_dependent@2014"] - 1))

    def died(f: Facts, first: int) -> float:
        return sum(f[f"deaths_poisoning@{year}"] for year in range(first, first + 3))

    deaths = column(runs, lambda f: 100 * (died(f, 2019) / died(f, 2014) - 1))

    def dependent(f: Facts, year: int) -> float:
        return f[f"dependent_mean@{year}"] + f[f"treatment_mean@{year}"]

    truth = column(runs, lambda f: 100 * (dependent(f, 2021) / dependent(f, 2014) - 1))
    return in_runs(
        CheckPart("change of the register, 2014 to 2021", register, None, 0.0, "%", True),
        CheckPart("change of fatal poisonings, 2014-2016 to 2019-2021", deaths, 0.0, None, "%", True),
        CheckPart("change of dependent people in truth (the fall is the register's)", truth, 0.0, None, "%", True),
    )


def _p26(evidence: CheckInput) -> CheckVerdict:
    """A run like South Korea with a campaign of the police while use falls: 2023 against 2021."""
    pairs = evidence.pairs("campaign", "past", "south-korea")

    def rise(names: tuple[str, ...]) -> Values:
        return paired(
            pairs, lambda a, b: 100.0 * (sum(b[f"{name}@2023"] for name in names) / sum(a[name] for name in names) - 1)
        )

    return in_runs(
        banded("P26", 0, rise(("arrests_buyer", "arrests_courier", "arrests_dealer"))),
        CheckPart("change of purchases in truth", rise(("orders", "street_purchases")), None, 0.0, "%"),
    )


PATTERNS = (
    pattern("P01", lambda f: 100 * f["leader_share_highest"], lambda f: 100 * f["largest_shop_highest"]),
    pattern(
        "P02",
        lambda f: 100 * street_share(f, 2024),
        extra=(("largest change over a three-year window before the closure", largest_rise, None, 0.0),),
    ),
    pattern("P03", lambda f: f["adoption_by_size"]),
    pattern("P04", lambda f: f["closure_drop_week"], lambda f: f["closure_regained"]),
    pattern("P05", lambda f: f["leader_changes"]),
    pattern("P06", lambda f: f["effective_before"], lambda f: f["effective_after"]),
    pattern("P07", lambda f: f["advertising_ratio"] - 1.0),
    Check("P13", "pattern", ("base", "taste-frozen", "habits-frozen", "supply-frozen"), _p13),
    Check("P14", "pattern", ("arms-tenth",), _p14),
    Check("P15", "pattern", ("tenth", "arms"), _p15),
    pattern(
        "P16",
        lambda f: f["unit_price_slope_highest"],
        extra=(("slope without the cost of a drop", lambda f: f["unit_price_slope_without_drop_cost"], None, 1e-3),),
    ),
    Check("P17", "pattern", ("base",), _p17),
    pattern("P21", lambda f: f["weekend_peak"]),
    Check("P22", "pattern", ("tenth",), _p22),
    Check("P23", "pattern", ("base",), _p23),
    Check("P24", "pattern", why_not="judged on the spread between countries, see `kladsim spread patterns`"),
    Check("P25", "pattern", why_not="judged on the spread between countries, see `kladsim spread patterns`"),
    Check("P26", "pattern", ("south-korea",), _p26),
    Check(
        "P27",
        "pattern",
        why_not="turf violence between sellers has no mechanism with a source, as the evidence demands",
    ),
)  # fmt: skip
