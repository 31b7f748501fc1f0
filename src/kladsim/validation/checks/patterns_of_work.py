"""Patterns of couriers, policing, prisons and punishment (P08 to P12, P18 to P20).

P18 to P20 leave as sign, standardised effect and pass or fail only. Effect sizes stated before any run: P08 the
annual volume moves by less than 10 %, and with inflow fixed by more than 10 % (else the pattern is vacuous); P13
half of the full rise; P19 and P18 half a standard deviation of the base over replicates.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kladsim.study.measures import MUST
from kladsim.study.measures.experiments import STOCK_SIZES
from kladsim.validation.checks.declared import banded
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
    quantiles,
    standardised,
)

LEAST_EFFECT = 0.5
MIDDLE_STOCK = 40
"""Thousands of couriers at which P08 is judged as vacuous or not; the other sizes stand beside."""


def volume_change(a: Facts, b: Facts, year: int = 2019) -> float:
    """Change of annual orders in the second year after the change, per cent."""
    return 100.0 * (b[f"orders@{year}"] / a[f"orders@{year}"] - 1.0)


def more_arrests(a: Facts, b: Facts) -> float:
    """Change of couriers arrested in 2020 and 2021, per cent."""
    return 100.0 * (
        sum(b[f"arrests_courier@{y}"] for y in (2020, 2021)) / sum(a[f"arrests_courier@{y}"] for y in (2020, 2021)) - 1
    )


def at_half_more(a: Facts, b: Facts) -> float:
    """Change of annual volume per cent, in proportion to arrests that rise by exactly half."""
    return volume_change(a, b, 2021) * 50.0 / more_arrests(a, b)


def at_stock(
    evidence: CheckInput, size: float, arm: str, base: str, effect: Callable[[Facts, Facts], float]
) -> Values:
    """Return an effect of more arrests at a stock of couriers (thousands), one value a replicate.

    What a size was asked for is not what comes out, least over draws: the effect is read between the stocks run. It
    is nearly in proportion to the share of the stock that one courier is, so it is interpolated in 1 / stock; beyond
    the stocks run, the nearest stands.
    """
    sizes = [f"stock-{asked}" for asked in STOCK_SIZES]
    found = []
    for before, after in zip(evidence.across(*sizes, arm=base), evidence.across(*sizes, arm=arm), strict=True):
        share = np.array([1e3 / f["couriers_mean@2021"] for f in before])
        effects = np.array([effect(a, b) for a, b in zip(before, after, strict=True)])
        order = np.argsort(share)
        found.append(np.interp(1.0 / size, share[order], effects[order]))
    return np.array(found)


def _p08(evidence: CheckInput) -> CheckVerdict:
    change = paired(evidence.pairs("arrests"), volume_change)
    name = "arrests_courier@2019"
    arrested = paired(evidence.pairs("arrests"), lambda a, b: 100 * (b[name] / a[name] - 1))
    first = banded("P08", 0, change)
    parts, beside, ok = [first], [], True
    for size in STOCK_SIZES:
        free = at_stock(evidence, size, "arrests", "base", lambda a, b: volume_change(a, b, 2021))
        fixed = at_stock(evidence, size, "inflow-fixed-arrests", "inflow-fixed", at_half_more)
        more = [
            middle(paired(evidence.pairs(*arms, f"stock-{size}"), more_arrests))
            for arms in (("arrests", "base"), ("inflow-fixed-arrests", "inflow-fixed"))
        ]
        parts += [
            CheckPart(f"at {size} thousand couriers", free, -10.0, 10.0, "%"),
            CheckPart(f"at {size} thousand couriers, inflow fixed, at +50 % arrests", fixed, None, -10.0, "%"),
        ]
        run = middle(column(evidence.runs(f"stock-{size}"), lambda f: f["couriers_mean@2021"] / 1e3))
        free_in, fixed_in = abs(quantiles(free)[1]) < 10.0, quantiles(fixed)[1] > -10.0
        beside.append(
            f"{size} k (run with {run:.0f} k): {middle(free):.1f} % (arrests {more[0]:+.0f} %), "
            f"inflow fixed {middle(fixed):.1f} % at +50 % (run at {more[1]:+.0f} %)"
        )
        if size == MIDDLE_STOCK:
            ok = free_in and not fixed_in
    share = float(first.holds.mean())
    reason = f"arrests change by {middle(arrested):.0f} %; " + "; ".join(beside) + ("" if ok else "; vacuous")
    rule = f"in at least 80 % of runs, and at {MIDDLE_STOCK} thousand couriers not with inflow fixed (else vacuous)"
    return CheckVerdict(tuple(parts), share >= MUST and ok, share, rule, reason)


def _p09(evidence: CheckInput) -> CheckVerdict:
    """Where operators are no persons, their hazard is at most that of the police closing their shop, as it is set."""

    def ratio(f: Facts) -> float:
        years = range(2017, 2022)
        courier = sum(f[f"convictions_courier@{y}"] for y in years) / sum(f[f"couriers_mean@{y}"] for y in years)
        if "convictions_operator@2019" not in f:
            return courier / f["hazard_shop_closed"]
        operator = sum(f[f"convictions_operator@{y}"] for y in years) / sum(f[f"operators_mean@{y}"] for y in years)
        return courier / operator if operator > 0 else 1e6

    runs = evidence.runs()
    bound = not any("convictions_operator@2019" in f for f in runs)
    note = "at least: an operator's hazard is taken as that of the police closing the shop" if bound else ""
    return in_runs(banded("P09", 0, column(runs, ratio)), note=note)


def _p11(evidence: CheckInput) -> CheckVerdict:
    """At 1/10: some 250 couriers of a sample of 1/100 begin in a year, and their chance drowns a tenth of wages."""
    pairs = evidence.pairs("wages", experiment="arms-tenth")

    def elasticity(a: Facts, b: Facts) -> float:
        more = sum(b[f"recruits@{y}"] for y in (2018, 2019)) / sum(a[f"recruits@{y}"] for y in (2018, 2019))
        return float(np.log(more) / np.log(0.9))

    values = paired(pairs, elasticity)
    part = CheckPart("wage elasticity of inflow", values, None, 0.0, "elasticity", True)
    return in_runs(part, must=0.9)


def _p12(evidence: CheckInput) -> CheckVerdict:
    """From 2022, when conscription from prisons began: level convictions, no conscription."""
    runs = evidence.runs("prisoners", "level-convictions")
    years = range(2022, 2025)

    def grows(f: Facts) -> float:
        stock = [f["prisoners_before"], *(_prisoners(f, year) for year in years)]
        falls = [number for number in range(len(years)) if stock[number + 1] <= stock[number]]
        return float(falls[0] if falls else len(years))

    def level(f: Facts) -> float:
        tried = np.array([_convictions(f, year) for year in years])
        return float(100 * (tried.max() / tried.min() - 1))

    return in_runs(
        banded("P12", 0, column(runs, grows)),
        CheckPart("convictions are level: largest over smallest year", column(runs, level), None, 10.0, "%"),
    )


def _prisoners(f: Facts, year: int) -> float:
    return f[f"prisoners_possession_end@{year}"] + f[f"prisoners_trafficking_end@{year}"]


def _convictions(f: Facts, year: int) -> float:
    return f[f"convictions_trafficking@{year}"] + f[f"convictions_possession@{year}"]


def half_rise(a: Facts, b: Facts, name: str) -> float:
    """Weeks until the difference between two arms first reaches half of its later mean."""
    gap = np.array([b[f"{name}@{week}"] - a[f"{name}@{week}"] for week in range(52)])
    late = gap[12:].mean()
    smooth = np.convolve(gap, np.ones(3) / 3.0, mode="same")
    for week in range(52):
        if smooth[week] >= 0.5 * late:
            before = smooth[week - 1] if week else 0.0
            return float(week - 1 + (0.5 * late - before) / max(1e-12, smooth[week] - before))
    return float("nan")


def _signs(name: str, number: int, evidence: CheckInput, arm: str, take: object, base: str = "base") -> CheckPart:
    pairs = evidence.pairs(arm, base)
    values: Values = paired(pairs, lambda a, b: take(b) - take(a))  # type: ignore[operator]
    return banded(name, number, values, "sign", standardised(pairs, take))  # type: ignore[arg-type]


def _both(f: Facts, name: str) -> float:
    return f[f"{name}@2018"] + f[f"{name}@2019"]


def _theft(f: Facts) -> float:
    return _both(f, "kept_by_couriers") / _both(f, "placed")


def _success(f: Facts) -> float:
    return _both(f, "picked_up") / _both(f, "orders")


def _punished(f: Facts) -> float:
    return _both(f, "expected_punish") / _both(f, "couriers_mean")


def _falsely(f: Facts) -> float:
    return _both(f, "expected_punish_falsely")


def _with_effect(*parts: CheckPart, note: str = "") -> CheckVerdict:
    """Judge signs in runs, and the standardised effect against what was stated before."""
    verdict = in_runs(*parts, note=note)
    small = [p.name for p in parts if np.isfinite(p.effect) and abs(p.effect) < LEAST_EFFECT]
    said = f"effect below {LEAST_EFFECT} standard deviations: {', '.join(small)}" if small else ""
    reason = "; ".join(text for text in (verdict.reason, said) if text)
    rule = f"{verdict.rule}, effect of at least {LEAST_EFFECT} standard deviations"
    return CheckVerdict(verdict.parts, verdict.ok and not small, verdict.share, rule, reason, note)


def _p18(evidence: CheckInput) -> CheckVerdict:
    def days(a: Facts, b: Facts) -> float:
        return 7.0 * (half_rise(a, b, "punish_week") - half_rise(a, b, "not_found_week"))

    lag = paired(evidence.pairs("thieves"), days)
    return _with_effect(banded("P18", 0, lag, "sign"), _signs("P18", 1, evidence, "thieves", _falsely))


def _p19(evidence: CheckInput) -> CheckVerdict:
    pairs = evidence.pairs("no-deterrence-no-punishment", "no-deterrence")
    same = paired(pairs, lambda a, b: abs(_theft(b) / _theft(a) - 1.0))
    return _with_effect(
        _signs("P19", 0, evidence, "no-punishment", _theft),
        _signs("P19", 1, evidence, "no-punishment", _success),
        _signs("P19", 2, evidence, "no-deposits", _punished),
        note="in the structure without deterrence theft by couriers "
        + ("stays the same" if middle(same) < 0.02 else "moves as well"),
    )


def _p20(evidence: CheckInput) -> CheckVerdict:
    def ratio(f: Facts) -> float:
        years = range(2018, 2022)
        pledged = sum(f[f"expected_punish_pledged@{y}"] for y in years)
        return pledged / sum(f[f"expected_punish_deposit@{y}"] for y in years)

    values = column(evidence.runs(), ratio)
    part = banded("P20", 0, values, "sign")
    return in_runs(CheckPart(part.name, values, 1.0, None, "", True, "sign"))


WORK = (
    Check("P08", "pattern", ("arms", *(f"stock-{size}" for size in STOCK_SIZES)), _p08),
    Check("P09", "pattern", ("base",), _p09),
    Check("P11", "pattern", ("arms-tenth",), _p11),
    Check("P12", "pattern", ("prisoners",), _p12),
    Check("P18", "pattern", ("arms",), _p18),
    Check("P19", "pattern", ("arms",), _p19),
    Check("P20", "pattern", ("base",), _p20),
)
