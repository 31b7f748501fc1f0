"""Patterns P01 to P27 as the evidence formulates them: adoption, platforms, prices, registers.

Bands come from the evidence table; what the table cannot hold (every window, an ordering) is a part of its own.
Couriers, policing and punishment are in ``patterns_of_work``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from kladsim.validation.checks.declared import banded, declared_of
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
Take = Callable[[Facts], float]


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
    *declared_of("pattern"),
    pattern(
        "P02",
        lambda f: 100 * street_share(f, 2024),
        extra=(("largest change over a three-year window before the closure", largest_rise, None, 0.0),),
    ),
    Check("P13", "pattern", ("base", "taste-frozen", "habits-frozen", "supply-frozen"), _p13),
    Check("P14", "pattern", ("arms-tenth",), _p14),
    Check("P15", "pattern", ("tenth", "arms"), _p15),
    Check("P26", "pattern", ("south-korea",), _p26),
)  # fmt: skip
