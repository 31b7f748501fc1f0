"""Rolling-origin backtest of the wastewater forecasts: what was known at the end of a year forecasts the next three.

Every origin fits again on what was known then, and its intervals use errors known then only. Scores: CRPS in mg per
1,000 people per day and on the log scale (scoringrules, from 99 quantiles), and the coverage of 50, 80 and 95 %
intervals. Origins to 2018 were used to choose the model's structure, later ones were not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.extras import extra
from kladsim.monitor import baselines, calibration, wastewater
from kladsim.monitor.latent import Fit

Array = NDArray[np.float64]
FIRST, FIRST_REPORTED, LAST = 2013, 2014, 2021
TUNED_TO = 2018
HORIZON = 3
FEWEST_TRAIN = 12
FEWEST_TEST = 3
LOG_OFFSET = 2.0
OURS = "kladsim"


@dataclass(frozen=True)
class Scored:
    """One forecast's score: which rule, origin, distance, drug; CRPS plain and log; what the intervals held."""

    rule: str
    origin: int
    ahead: int
    drug: str
    crps: float
    crps_log: float
    in50: bool
    in80: bool
    in95: bool


@dataclass(eq=False)
class Errors:
    """Standardised errors of past forecasts, with drug, origin and the year in which each became known."""

    z: list[float]
    drug: list[str]
    ahead: list[int]
    known: list[int]

    def shape(self, at: int) -> calibration.Shape:
        """Return the shape learnt from errors known at the end of year ``at``."""
        use = [i for i, year in enumerate(self.known) if year <= at]
        groupings = [[self.drug[i] for i in use], [ahead_group(self.ahead[i]) for i in use]]
        years = len({self.known[i] for i in use})
        return calibration.learn(np.array([self.z[i] for i in use]), groupings, years)


def ahead_group(ahead: float) -> str:
    """Return the group of a distance in years; beyond the longest one tested, that one."""
    return f"ahead {min(max(int(ahead), 1), HORIZON)}"


def crps(quantiles: Array, levels: Iterable[float], value: Array) -> Array:
    """Return the CRPS of quantile forecasts, float64[n] (scoringrules; Gneiting & Raftery 2007)."""
    with extra("monitor"):
        import scoringrules

    return np.asarray(scoringrules.crps_quantile(value, quantiles, np.asarray(list(levels))), dtype=float)


def run(
    panel: wastewater.Panel | None = None,
    *,
    first: int = FIRST,
    last: int = LAST,
    baselines_too: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[list[Scored], Errors, dict[str, Fit]]:
    """Return every score, the errors for calibration, and the last fits."""
    data = panel or wastewater.shipped_panel()
    drugs = sorted(set(data.drug.tolist()))
    errors = Errors([], [], [], [])
    scores: list[Scored] = []
    fits: dict[str, Fit] = {}
    origins = range(first, last + 1)
    for done, origin in enumerate(origins):
        shape = errors.shape(origin)
        for drug in drugs:
            train, test = data.of(drug, origin), _test(data, drug, origin)
            if len(train.year) < FEWEST_TRAIN or len(test.year) < FEWEST_TEST:
                continue
            earlier = fits.get(drug)
            fits[drug] = wastewater.fit_drug(train, drug, (*earlier.sd, earlier.noise) if earlier else None)
            mean, _, sd = wastewater.predict_drug(train, drug, fits[drug], test.city, test.year)
            scores += _score(train, test, drug, origin, mean, sd, shape, baselines_too)
            z = (np.log(test.load + wastewater.offset_of(drug)) - mean) / sd
            errors.z += z.tolist()
            errors.drug += [drug] * len(z)
            errors.ahead += [int(year) - origin for year in test.year]
            errors.known += [int(year) for year in test.year]
        if progress:
            progress(done + 1, len(origins))
    return scores, errors, fits


def _test(data: wastewater.Panel, drug: str, origin: int) -> wastewater.Panel:
    """Rows of the next years in cities that had a value by the origin (the baselines can do no other)."""
    rows = data.of(drug)
    seen = np.isin(rows.city, rows.city[rows.year <= origin])
    return rows.rows(seen & (rows.year > origin) & (rows.year <= origin + HORIZON))


def _score(
    train: wastewater.Panel,
    test: wastewater.Panel,
    drug: str,
    origin: int,
    mean: Array,
    sd: Array,
    shape: calibration.Shape,
    baselines_too: bool,
) -> list[Scored]:
    constant = wastewater.offset_of(drug)
    levels = sorted({*calibration.GRID, *calibration.LEVELS})
    wide = np.stack([shape.quantile(levels, drug, ahead_group(year - origin)) for year in test.year])
    forecasts = {OURS: np.exp(mean[:, None] + sd[:, None] * wide) - constant}
    targets = list(zip(test.city.tolist(), test.year.tolist(), strict=True))
    for scale in baselines.SCALES if baselines_too else ():
        forward: Any = (lambda x: np.log(x + constant)) if scale == "log" else (lambda x: x)
        history = _history(train, forward)
        for rule in baselines.RULES:
            q = baselines.quantiles(rule, history, targets, levels)
            forecasts[f"{rule} ({scale})"] = np.exp(q) - constant if scale == "log" else q
    out = []
    for rule, q in forecasts.items():
        out += _rows(rule, np.maximum(q, 0.0), levels, test, drug, origin)
    return out


def _rows(rule: str, q: Array, levels: list[float], test: wastewater.Panel, drug: str, origin: int) -> list[Scored]:
    grid = [levels.index(level) for level in calibration.GRID]
    plain = crps(q[:, grid], calibration.GRID, test.load)
    logs = crps(np.log(q[:, grid] + LOG_OFFSET), calibration.GRID, np.log(test.load + LOG_OFFSET))

    def held(low: float, high: float) -> NDArray[np.bool_]:
        return (q[:, levels.index(low)] <= test.load) & (test.load <= q[:, levels.index(high)])

    inside = held(0.25, 0.75), held(0.1, 0.9), held(0.025, 0.975)
    return [
        Scored(
            rule,
            origin,
            int(test.year[i]) - origin,
            drug,
            float(plain[i]),
            float(logs[i]),
            bool(inside[0][i]),
            bool(inside[1][i]),
            bool(inside[2][i]),
        )
        for i in range(len(test.year))
    ]


def _history(train: wastewater.Panel, forward: Callable[[Array], Array]) -> baselines.History:
    out: baselines.History = {}
    for city in np.unique(train.city):
        mine = train.city == city
        order = np.argsort(train.year[mine])
        out[int(city)] = (train.year[mine][order], forward(train.load[mine][order]))
    return out


def table(scores: list[Scored], by: Callable[[Scored], object]) -> dict[object, dict[str, dict[str, float]]]:
    """Return mean scores by group and rule: n, CRPS plain and log, coverages."""
    groups: dict[object, dict[str, list[Scored]]] = {}
    for one in scores:
        groups.setdefault(by(one), {}).setdefault(one.rule, []).append(one)
    return {
        key: {rule: _means(rows) for rule, rows in rules.items()}
        for key, rules in sorted(groups.items(), key=lambda item: str(item[0]))
    }


def _means(rows: list[Scored]) -> dict[str, float]:
    names = ("crps", "crps_log", "in50", "in80", "in95")
    return {"n": len(rows), **{name: float(np.mean([getattr(row, name) for row in rows])) for name in names}}


def report(scores: list[Scored]) -> dict[str, Any]:
    """Return tables by period, distance, drug and origin, and the verdict against the baselines."""
    counted = [one for one in scores if one.origin >= FIRST_REPORTED]
    groupings: dict[str, Callable[[Scored], object]] = {
        "panel": lambda one: "all",
        "origins": lambda one: f"to {TUNED_TO} (tuned on)" if one.origin <= TUNED_TO else f"after {TUNED_TO}",
        "years ahead": lambda one: one.ahead,
        "drug": lambda one: one.drug,
        "origin": lambda one: one.origin,
    }
    tables = {
        title: [
            {"group": str(group), "rule": rule, **means}
            for group, rules in table(counted, by).items()
            for rule, means in rules.items()
        ]
        for title, by in groupings.items()
    }
    return {"tables": tables, **_verdict(tables), "note": NOTE}


NOTE = (
    "Same origins, same panel: cities with a value by the origin, targets one to three years later, every fit and "
    "every error distribution made from what was known at the origin. CRPS in mg per 1,000 people per day and of "
    "log(load + 2). Baselines: last value, and line through the last four, with the empirical distribution of their "
    "own past errors by drug and distance, on the log and on the plain scale. Errors of one year are correlated over "
    "cities: the number of independent years is eight."
)


def _verdict(tables: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    lines, passes = [], True
    for title in ("panel", "origins"):
        for group in dict.fromkeys(row["group"] for row in tables[title]):
            rules = {row["rule"]: row for row in tables[title] if row["group"] == group}
            ours, others = rules.pop(OURS), rules
            gains = {
                score: 1 - ours[score] / min(row[score] for row in others.values()) for score in ("crps", "crps_log")
            }
            good = min(gains.values()) > 0 and 0.75 <= ours["in80"] <= 0.85
            passes = passes and good
            lines.append(
                f"{group}: CRPS {100 * gains['crps']:.1f} % below the best baseline "
                f"(log {100 * gains['crps_log']:.1f} %), 80 % intervals hold {100 * ours['in80']:.1f} %: "
                f"{'pass' if good else 'fail'}"
            )
    return {"verdict": "\n".join(lines), "pass": passes}
