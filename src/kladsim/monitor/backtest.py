"""Rolling-origin backtest of the wastewater forecasts: what was known at the end of a year forecasts the next three.

Every origin fits again on what was known then, and its intervals use errors known then only. The score is the weighted
interval score in mg per 1,000 people per day and on the log scale, against the best of persistence, trend, AutoETS and
AutoTheta, with the coverage of 50, 80 and 95 % intervals. Origins to 2018 were used to choose the model's structure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.monitor import baselines, calibration, scoring, wastewater
from kladsim.monitor.latent import Fit

Array = NDArray[np.float64]
Labels = NDArray[np.str_]
FIRST, FIRST_REPORTED, LAST = 2013, 2014, 2021
TUNED_TO = 2018
LOCKDOWN = (2020, 2021)
HORIZON = 3
FEWEST_TRAIN = 12
FEWEST_TEST = 3
LOG_OFFSET = 2.0
FLAT = 0.2  # change of the log within which a course counts as flat
SHARES = (0.5, 0.8, 0.95)
FAR = 10.0  # no rival's quantile lies higher than this many times the highest load on record
OURS = "kladsim"


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


@dataclass(frozen=True, eq=False)
class Backtest:
    """Forecasts by origin: what was forecast (rows of the panel), from which origin, and each rule's quantiles.

    Attributes
    ----------
    origin, target, last : int64[n]; ``target`` and ``last`` (the last value known at the origin) are rows of the panel
    quantiles : float64[n, 23] by rule, at ``scoring.LEVELS``
    errors, fits : standardised errors for calibration, and the last fits
    """

    panel: wastewater.Panel
    origin: NDArray[np.int64]
    target: NDArray[np.int64]
    last: NDArray[np.int64]
    quantiles: dict[str, Array]
    errors: Errors
    fits: dict[str, Fit]


def ahead_group(ahead: float) -> str:
    """Return the group of a distance in years; beyond the longest one tested, that one."""
    return f"ahead {min(max(int(ahead), 1), HORIZON)}"


def run(
    panel: wastewater.Panel | None = None,
    *,
    first: int = FIRST,
    last: int = LAST,
    rules: Iterable[str] = baselines.RULES,
    progress: Callable[[int, int], None] | None = None,
) -> Backtest:
    """Return forecasts of kladsim and of each rival rule from every origin."""
    data = panel or wastewater.shipped_panel()
    errors = Errors([], [], [], [])
    fits: dict[str, Fit] = {}
    rows: list[tuple[NDArray[np.int64], ...]] = []
    ours: list[Array] = []
    origins, rules = range(first, last + 1), tuple(rules)
    for rule in rules:
        baselines.find_rule(rule)
    scoring.compute_wis(np.zeros((1, len(scoring.LEVELS))), np.zeros(1))  # what is not installed is told first
    total = len(origins) + len(rules)
    for done, origin in enumerate(origins):
        shape = errors.shape(origin)
        for drug in sorted(set(data.drug.tolist())):
            known, target, latest = _split(data, drug, origin)
            if len(known) < FEWEST_TRAIN or len(target) < FEWEST_TEST:
                continue
            train, test, earlier = data.rows(known), data.rows(target), fits.get(drug)
            fits[drug] = wastewater.fit_drug(train, drug, (*earlier.sd, earlier.noise) if earlier else None)
            mean, _, sd = wastewater.predict_drug(train, drug, fits[drug], test.city, test.year)
            wide = np.stack([shape.quantile(scoring.LEVELS, drug, ahead_group(year - origin)) for year in test.year])
            ours.append(wastewater.from_scale(mean[:, None] + sd[:, None] * wide, drug))
            rows.append((np.full(len(target), origin), target, latest))
            errors.z += ((wastewater.to_scale(test.load, drug) - mean) / sd).tolist()
            errors.drug += [drug] * len(target)
            errors.ahead += [int(year) - origin for year in test.year]
            errors.known += [int(year) for year in test.year]
        if progress:
            progress(done + 1, total)
    origin_, target, latest = (np.concatenate(column) for column in zip(*rows, strict=True))
    made = Backtest(data, origin_, target, latest, {OURS: np.concatenate(ours)}, errors, fits)
    for done, rule in enumerate(rules):
        for scale in baselines.SCALES:
            made.quantiles.update(_rival(made, rule, scale))
        if progress:
            progress(len(origins) + done + 1, total)
    return made


def _split(data: wastewater.Panel, drug: str, origin: int) -> tuple[NDArray[np.int64], ...]:
    """Rows known at the origin, rows of the next years in cities that had a value by then, and those cities' last."""
    mine = np.flatnonzero(data.drug == drug)
    known = mine[data.year[mine] <= origin]
    latest = {int(data.city[row]): row for row in known[np.argsort(data.year[known], kind="stable")]}
    later = mine[(data.year[mine] > origin) & (data.year[mine] <= origin + HORIZON)]
    target = np.array([row for row in later if int(data.city[row]) in latest], dtype=np.int64)
    return known, target, np.array([latest[int(data.city[row])] for row in target], dtype=np.int64)


def _rival(made: Backtest, rule: str, scale: str) -> dict[str, Array]:
    """Quantiles of a rival rule on one scale, from its own past errors and, if it has some, from its own intervals."""
    from scipy.stats import norm

    data = made.panel
    constant = np.array([wastewater.offset_of(drug) for drug in data.drug])
    value = np.log(data.load + constant) if scale == "log" else data.load
    _, series = np.unique([f"{d}/{c}" for d, c in zip(data.drug, data.city, strict=True)], return_inverse=True)
    past = baselines.rehearse(rule, data.year, series, value)
    gap, errors = data.year[past.second] - data.year[past.first], value[past.second] - past.point
    number = {pair: i for i, pair in enumerate(zip(past.first.tolist(), past.second.tolist(), strict=True))}
    row = np.array([number[pair] for pair in zip(made.last.tolist(), made.target.tolist(), strict=True)])
    kinds, kind = np.unique(
        np.stack([made.origin, gap[row], np.unique(data.drug, return_inverse=True)[1][made.target]]),
        axis=1, return_inverse=True,
    )  # fmt: skip
    scatter = np.empty((len(row), len(scoring.LEVELS)))
    for i, (origin, wanted, _) in enumerate(kinds.T):
        mine = kind == i
        drug = data.drug[made.target[mine][0]]
        known = (data.year[past.second] <= origin) & (data.drug[past.second] == drug)
        scatter[mine] = baselines.past_error_quantiles(gap[known], errors[known], wanted, scoring.LEVELS)
    name, point = f"{rule} ({scale})", past.point[row][:, None]
    found = {name: point + scatter}
    if rule in baselines.OWN_MODELS:
        spread = np.nan_to_num(past.spread[row], nan=0.0, posinf=0.0)[:, None]
        found[f"{name}, own intervals"] = np.where(spread > 0, point + spread * norm.ppf(scoring.LEVELS), found[name])
    back = constant[made.target][:, None]
    highest = FAR * data.load.max()
    forward = np.log(highest) if scale == "log" else highest
    clipped = {name: np.clip(q, 0.0 if scale == "plain" else None, forward) for name, q in found.items()}
    return {name: np.maximum(np.exp(q) - back, 0.0) if scale == "log" else q for name, q in clipped.items()}


def describe(made: Backtest) -> dict[str, Labels]:
    """Return the groups that each forecast belongs to, by title; courses are those of the load's logarithm.

    ``phase`` is what was known at the origin (the change between the last two values), ``outcome`` what came after it:
    a forecaster who bets on one outcome looks good where that came (Lerch et al. 2017, doi:10.1214/16-STS588), so the
    second describes and does not judge.
    """
    data, year = made.panel, made.panel.year[made.target].astype(int)
    value = np.log(data.load + np.array([wastewater.offset_of(drug) for drug in data.drug]))
    points, before = np.zeros(len(year), dtype=int), np.full(len(year), np.nan)
    for i, (row, origin) in enumerate(zip(made.last, made.origin, strict=True)):
        past = (data.drug == data.drug[row]) & (data.city == data.city[row]) & (data.year <= origin)
        points[i], past[row] = past.sum(), False
        if past.any():
            before[i] = value[past][np.argmax(data.year[past])]
    lengths = ["1 value", "2-3 values", "4-6 values"]
    return {
        "length": np.select([points == 1, points <= 3, points <= 6], lengths, "7-12 values"),
        "phase": name_course(value[made.last] - before),
        "outcome": name_course(value[made.target] - value[made.last]),
        "origins": np.where(made.origin <= TUNED_TO, f"to {TUNED_TO} (chosen on)", f"after {TUNED_TO}"),
        "era": np.select(
            [year < 2019, year == 2019, np.isin(year, LOCKDOWN)],
            ["targets to 2018", "targets in 2019", "targets in 2020-2021 (lockdowns)"],
            "targets in 2022",
        ),
        "years_ahead": (year - made.origin).astype(str),
        "drug": data.drug[made.target],
        "origin": made.origin.astype(str),
    }


def name_course(change: Array) -> Labels:
    """Return rising, falling, flat or, where nothing came before, "one value only"."""
    return np.select([np.isnan(change), change > FLAT, change < -FLAT], ["one value only", "rising", "falling"], "flat")


def report(made: Backtest) -> dict[str, Any]:
    """Return scores relative to the best rival, pooled and by group, with intervals over places, and the coverage.

    Returns
    -------
    relative_wis : ``{pooled, interval, best_rival, forecasts, places, by_rival, by_length, by_phase, ...}`` in mg per
        1,000 people per day; each group has the keys ``relative_wis``, ``interval``, ``best_rival``, ``forecasts``,
        ``places``, ``by_rival``. ``relative_wis_log`` has the same for log(load + 2)
    coverage : share of values in central intervals, ``{"50", "80", "95"}``, pooled and by the same groups
    """
    data, counted = made.panel, made.origin >= FIRST_REPORTED
    value = data.load[made.target]
    place = np.array([f"{country}/{city}" for country, city in data.cities])[data.city[made.target]]
    groups = describe(made)
    inside = {f"{100 * s:.0f}": scoring.compute_coverage(made.quantiles[OURS], value, s) for s in SHARES}
    out: dict[str, Any] = {}
    for title, forward in (("relative_wis", np.asarray), ("relative_wis_log", lambda x: np.log(x + LOG_OFFSET))):
        scores = {name: scoring.compute_wis(forward(q), forward(value)) for name, q in made.quantiles.items()}
        ours = scores.pop(OURS)

        def compare(rows: NDArray[np.bool_], ours: Array = ours, rivals: dict[str, Array] = scores) -> dict[str, Any]:
            return scoring.compare_with_rivals(ours[rows], {n: s[rows] for n, s in rivals.items()}, place[rows])

        pooled = compare(counted)
        out[title] = {"pooled": pooled.pop("relative_wis"), **pooled, **_by_group(groups, counted, compare)}

    def cover(rows: NDArray[np.bool_]) -> dict[str, float]:
        return {share: round(float(held[rows].mean()), 4) for share, held in inside.items()}

    return {**out, "coverage": {**cover(counted), **_by_group(groups, counted, cover)}, "note": NOTE}


def _by_group(
    groups: dict[str, Labels], counted: NDArray[np.bool_], judge: Callable[[NDArray[np.bool_]], Any]
) -> dict[str, dict[str, Any]]:
    return {
        f"by_{title}": {str(name): judge(counted & (labels == name)) for name in np.unique(labels[counted])}
        for title, labels in groups.items()
    }


NOTE = (
    "Same origins (2014 to 2021), same panel: cities with a value by the origin, targets one to three years "
    "later, every fit and every error distribution made from what was known at the origin. Weighted interval "
    "score of 23 quantiles, in mg per 1,000 people per day and of log(load + 2), divided by that of the best "
    "rival of the group (chosen anew in each of 2,000 resamples of whole cities, whose middle 90 % is the "
    "interval). Rivals: last value, line through the last four, AutoETS and AutoTheta of statsforecast, on the "
    "log and on the plain scale, with the empirical distribution of their own past errors by drug and distance, "
    "and the latter two with their own intervals too. Structure and constants were chosen on origins to 2018. "
    "Errors of one year are correlated over cities, which resampling cities does not show: the number of "
    "independent years is eight."
)
