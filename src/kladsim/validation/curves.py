"""Curves that go with checks: annual volume against how elastic recruitment is, and at several stocks (P08)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kladsim.study.measures.experiments import POOLS, STOCK_SIZES, STRUCTURES
from kladsim.validation.verdicts import CheckInput, Facts, NotRunError, Row, column, paired, quantiles

BAND = 10.0


def curves(rows: Mapping[str, Sequence[Row]]) -> dict[str, Any]:
    """Return the curves that the rows allow."""
    evidence = CheckInput(rows)
    made: dict[str, Any] = {}
    for name, make in (("P08", _elasticity), ("P08 stocks", _stocks), ("structures", _structures)):
        try:
            made[name] = make(evidence)
        except NotRunError:
            continue
    return made


def replaced(a: Facts, b: Facts, *years: int) -> float:
    """Return recruits added for each arrest added."""
    more = sum(b[f"recruits@{y}"] - a[f"recruits@{y}"] for y in years)
    return more / sum(b[f"arrests_courier@{y}"] - a[f"arrests_courier@{y}"] for y in years)


def volume(a: Facts, b: Facts, year: int) -> float:
    """Return the change of annual orders, per cent."""
    return 100.0 * (b[f"orders@{year}"] / a[f"orders@{year}"] - 1.0)


def _elasticity(evidence: CheckInput) -> dict[str, Any]:
    """Volume at +50 % effort against recruits added for each arrest added, over sizes of the labour pool."""
    points = []
    for pool in POOLS:
        pairs = evidence.pairs(f"pool-{pool}-arrests", f"pool-{pool}", "curve")
        points.append(_point(f"labour pool x{pool}", pairs, 2019, (2018, 2019)))
    fixed = evidence.pairs("inflow-fixed-arrests", "inflow-fixed")
    points.append(_point("inflow fixed", fixed, 2019, (2018, 2019)))
    points.sort(key=lambda point: point["replaced"])
    return {"points": points, "stops_at": _crossing(points), "band": BAND}


def _point(name: str, pairs: Sequence[tuple[Facts, Facts]], year: int, years: tuple[int, ...]) -> dict[str, Any]:
    low, median, high = quantiles(paired(pairs, lambda a, b: volume(a, b, year)))
    x = quantiles(paired(pairs, lambda a, b: replaced(a, b, *years)))[1]
    couriers = quantiles(column([a for a, _ in pairs], lambda f: f[f"couriers_mean@{year}"]))[1]
    numbers = {"replaced": x, "median": median, "low": low, "high": high, "couriers": couriers}
    return {"name": name} | {key: float(f"{value:.4g}") for key, value in numbers.items()}


def _crossing(points: Sequence[Mapping[str, float]]) -> float | None:
    """Return the number of recruits for each arrest below which volume falls by the band or more, None if never."""
    for lower, upper in zip(points, points[1:], strict=False):
        if lower["median"] < -BAND <= upper["median"]:
            part = (-BAND - lower["median"]) / (upper["median"] - lower["median"])
            return float(np.round(lower["replaced"] + part * (upper["replaced"] - lower["replaced"]), 3))
    return None


def _stocks(evidence: CheckInput) -> dict[str, Any]:
    """P08 at several stocks of couriers, with inflow fixed beside it."""
    points = []
    for size in STOCK_SIZES:
        name = f"stock-{size}"
        free = _point(name, evidence.pairs("arrests", experiment=name), 2021, (2020, 2021))
        fixed = _point(name, evidence.pairs("inflow-fixed-arrests", "inflow-fixed", name), 2021, (2020, 2021))
        points.append({**free, "inflow_fixed": {key: fixed[key] for key in ("median", "low", "high")}})
    return {"points": points, "band": BAND}


def _structures(evidence: CheckInput) -> dict[str, Any]:
    """Disputed structures side by side: what effort x1.5 and x3 against couriers does to volume, couriers and price."""
    points = []
    for name in STRUCTURES:
        point: dict[str, Any] = {"name": name}
        for tag, words in ((" +", "effort x1.5"), (" ++", "effort x3")):
            pairs = evidence.pairs(f"{name}{tag}", name, "structures")
            for fact in ("orders", "couriers_mean", "real_price"):
                values = paired(pairs, lambda a, b, fact=fact: 100.0 * (b[f"{fact}@2019"] / a[f"{fact}@2019"] - 1.0))
                point[f"{fact}, {words}"] = [float(f"{value:.3g}") for value in quantiles(values)]
        for fact in ("couriers_target", "couriers_neighbours", "orders_neighbours"):
            pairs = evidence.pairs(f"{name} local", name, "structures")
            values = paired(pairs, lambda a, b, fact=fact: 100.0 * (b[f"{fact}@2019"] / a[f"{fact}@2019"] - 1.0))
            point[f"{fact}, effort x3 in one region"] = [float(f"{value:.3g}") for value in quantiles(values)]
        points.append(point)
    return {"points": points}
