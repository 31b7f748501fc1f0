"""How early, at what price in false alarms: detectors on simulated outbreaks with known truth (AMOC curves).

A detector runs over a country's series month by month; a month's data arrive with the class's delay, and the delay
counts against every detector alike. An alarm that lasts counts anew every three months. For each threshold: false
alarms a year (episodes before the onset and in countries without an arrival), probability of detection by month k
after the onset, and the median time. Results are pooled by class of data availability (responsible use),
never by country or series.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.files import write_bytes
from kladsim.monitor import observing
from kladsim.monitor.combined import Combined
from kladsim.monitor.detectors import LIBRARY, Detector, EachSeries, Joint
from kladsim.monitor.joint import JointRise
from kladsim.monitor.judgement import CountTable
from kladsim.monitor.observing import Observed
from kladsim.monitor.simulated_outbreaks import curves
from kladsim.monitor.surge import Surge
from kladsim.monitor.tables import DATA

Array = NDArray[np.float64]
REFRACTORY = 3
MONTHS = (3, 6, 9, 12, 18, 24)
LAYERS = 5
TUNING_REPLICATE = 0
NULLS = 60
PER_YEAR = 1.0
OURS, JOINT = "kladsim", "kladsim joint rise"
SURGE = "kladsim, each series alone"


@dataclass(frozen=True, eq=False)
class Run:
    """A detector's scores over one country: from the first judged period on, with the onset's place in them."""

    detector: str
    number: int
    availability: str
    scores: Array
    onset: int | None
    takeoff: int | None
    delay: int


def detectors() -> dict[str, Callable[[Observed], Array]]:
    """Return what scores the periods of a country from the first judged one on, by name of the detector, ours first.

    Detectors of one series run on each series of a place, and the largest score counts.
    """
    out: dict[str, Callable[[Observed], Array]] = {
        OURS: lambda seen: _follow(Combined(), seen, seen.series),
        JOINT: lambda seen: _follow(JointRise(), seen, seen.series),
        SURGE: _judge_tables,
    }
    for name, make in LIBRARY.items():
        out[name] = partial(_follow_each, make)
    return out


def cases(tuning: bool, limit: int | None = None) -> list[Observed]:
    """Return outbreaks and countries without an arrival, those for tuning or those kept for the test.

    A simulated curve serves one side only (its replicate decides); each is seen through several observation layers.
    """
    names = list(observing.CLASSES)
    out: list[Observed] = []
    number = 0
    for curve in curves():
        for _ in range(LAYERS):
            number += 1
            if (curve.replicate == TUNING_REPLICATE) == tuning:
                seen = observing.observe(curve, number, names[number % len(names)])
                if seen.onset is not None:
                    out.append(seen)
    nulls = [
        observing.observe(None, 100_000 + i, names[i % len(names)]) for i in range(2 * NULLS) if (i < NULLS) == tuning
    ]
    return [*out[:limit], *(nulls if limit is None else nulls[: max(3, limit // 3)])]


def follow(name: str, score: Callable[[Observed], Array], seen: Observed) -> Run:
    """Run a detector over one country's series."""
    onset = None if seen.onset is None else seen.onset - seen.first
    takeoff = None if seen.takeoff is None else seen.takeoff - seen.first
    return Run(name, seen.number, seen.availability, score(seen), onset, takeoff, seen.delay)


def _follow_each(make: Callable[[], Detector], seen: Observed) -> Array:
    return _follow(EachSeries(make), seen, observing.ratios(seen.series))


def _follow(detector: Joint, seen: Observed, series: Mapping[str, Array]) -> Array:
    """Score period by period."""
    scores = np.zeros(len(seen.share) - seen.first)
    for t in range(len(seen.share)):
        now = {key: float(values[t]) for key, values in series.items()}
        if t >= seen.first:
            scores[t - seen.first] = detector.update(t, now).score
        else:
            detector.absorb(t, now)
    return scores


def _judge_tables(seen: Observed) -> Array:
    """Score all periods of all series at once by the default detector of one series."""
    counts = np.array(list(observing.ratios(seen.series).values()))
    found = Surge().judge(CountTable(counts, "month", 24_000), range(seen.first, counts.shape[1]))
    return np.asarray(np.nan_to_num(found.score).max(axis=0))


def episodes(scores: Array, threshold: float) -> NDArray[np.int64]:
    """Return the periods of alarms: one that is on stays looked into for ``REFRACTORY`` periods, then counts anew."""
    starts: list[int] = []
    last = -REFRACTORY
    for t in np.flatnonzero(scores >= threshold).tolist():
        if t - last >= REFRACTORY:
            starts.append(t)
            last = t
    return np.array(starts, dtype=np.int64)


def false_alarms(runs: Sequence[Run], threshold: float) -> float:
    """Return false-alarm episodes a year at a threshold."""
    count, months = 0, 0
    for run in runs:
        calm = run.scores if run.onset is None else run.scores[: run.onset]
        count += len(episodes(calm, threshold))
        months += len(calm)
    return 12.0 * count / max(months, 1)


def threshold_at(runs: Sequence[Run], a_year: float = PER_YEAR) -> float:
    """Return the lowest threshold that gives at most so many false alarms a year."""
    calm = np.concatenate([run.scores if run.onset is None else run.scores[: run.onset] for run in runs])
    tried = np.unique(np.round(calm, 6))
    low, high = 0, len(tried)
    while low < high:
        middle = (low + high) // 2
        if false_alarms(runs, float(tried[middle])) <= a_year:
            high = middle
        else:
            low = middle + 1
    return float(tried[low]) if low < len(tried) else float(tried[-1]) + 1e-6 if len(tried) else np.inf


def times(runs: Sequence[Run], threshold: float) -> Array:
    """Return months from the onset to the first alarm at or after it, with the delay of the data; inf if none."""
    out = []
    for run in runs:
        if run.onset is None:
            continue
        found = np.flatnonzero(run.scores[run.onset :] >= threshold)
        out.append(float(found[0]) + run.delay if len(found) else np.inf)
    return np.array(out)


def leads(runs: Sequence[Run], threshold: float) -> Array:
    """Return months from the alarm (with the data's delay) to the take-off, for outbreaks that take off."""
    out = []
    for run in runs:
        if run.onset is None or run.takeoff is None:
            continue
        found = np.flatnonzero(run.scores[run.onset :] >= threshold)
        at = run.onset + float(found[0]) + run.delay if len(found) else np.inf
        out.append(run.takeoff - at)
    return np.array(out)


def summary(runs: Sequence[Run], a_year: float = PER_YEAR) -> dict[str, Any]:
    """Return what a detector achieves at a rate of false alarms: threshold, detection by month, times, lead."""
    at = threshold_at(runs, a_year)
    took = times(runs, at)
    lead = leads(runs, at)
    low, high = detection_interval(took)
    return {
        "threshold": at,
        "false_alarms_a_year": false_alarms(runs, at),
        "outbreaks": len(took),
        "median_months": float(np.median(took)),
        "mean_months_capped": float(np.minimum(took, observing.AFTER).mean()),
        "detected_by": {k: float((took <= k).mean()) for k in MONTHS},
        "detected_by_12_interval": [low, high],
        "median_lead_to_takeoff": float(np.median(lead)) if len(lead) else None,
        "alarm_before_takeoff": float((lead > 0).mean()) if len(lead) else None,
    }


def detection_interval(took: Array, k: int = 12) -> tuple[float, float]:
    """90 % interval (Jeffreys) of the probability of detection by month k."""
    from scipy.stats import beta

    hits, n = float((took <= k).sum()), float(len(took))
    return float(beta.ppf(0.05, hits + 0.5, n - hits + 0.5)), float(beta.ppf(0.95, hits + 0.5, n - hits + 0.5))


def curve(runs: Sequence[Run], rates: Sequence[float] = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0)) -> list[dict[str, float]]:
    """Return the AMOC curve: mean months to detection (capped) against false alarms a year."""
    out = []
    for rate in rates:
        took = times(runs, threshold_at(runs, rate))
        mean = float(np.minimum(took, observing.AFTER).mean())
        out.append({"false_alarms_a_year": rate, "mean_months": mean, "by_12": float((took <= 12).mean())})
    return out


def evaluate(progress: Callable[[str, int, int], None] | None = None) -> dict[str, list[Run]]:
    """Run every detector over the test outbreaks (minutes of computing)."""
    seen = cases(tuning=False)
    out: dict[str, list[Run]] = {}
    for name, score in detectors().items():
        out[name] = []
        for done, one in enumerate(seen):
            out[name].append(follow(name, score, one))
            if progress:
                progress(name, done + 1, len(seen))
    return out


def report(runs: dict[str, list[Run]]) -> dict[str, Any]:
    """Return what all detectors achieve at one false alarm a year: pooled, by class, and the AMOC curves."""
    pooled = {name: summary(mine) for name, mine in runs.items()}
    classes = {
        kind: {name: summary([run for run in mine if run.availability == kind]) for name, mine in runs.items()}
        for kind in observing.CLASSES
    }
    others = {name: facts for name, facts in pooled.items() if name not in (OURS, JOINT, SURGE)}
    best = min(others, key=lambda name: others[name]["mean_months_capped"])
    quickest = max(others, key=lambda name: others[name]["detected_by"][12])
    gap = difference(runs[OURS], runs[best])
    ahead = pooled[OURS]["mean_months_capped"] <= others[best]["mean_months_capped"]
    ahead = ahead and pooled[OURS]["detected_by"][12] >= others[quickest]["detected_by"][12]
    return {
        "coin": coin(runs[OURS]),
        "outbreaks": pooled[OURS]["outbreaks"],
        "countries_without": sum(run.onset is None for run in runs[OURS]),
        "pooled": pooled,
        "by_class": classes,
        "curves": {name: curve(mine) for name, mine in runs.items()},
        "best_library": best,
        "best_library_by_12": quickest,
        "months_gained": gap,
        "ours_on_or_above": ahead,
        "default": OURS if ahead else best,
    }


def coin(runs: Sequence[Run], a_year: float = PER_YEAR) -> dict[str, Any]:
    """Return what a detector would reach that alarms by chance, once a year: the floor under every comparison."""
    monthly = a_year / 12.0
    delays = np.array([run.delay for run in runs if run.onset is not None])
    ahead = np.arange(0, observing.AFTER + 1)
    alive = (1.0 - monthly) ** np.maximum(0, ahead[None, :] + 1 - delays[:, None])
    by = {k: float(1.0 - alive[:, k].mean()) for k in MONTHS}
    return {"detected_by": by, "mean_months_capped": float(alive[:, :-1].sum(axis=1).mean())}


def difference(ours: Sequence[Run], other: Sequence[Run], a_year: float = PER_YEAR) -> dict[str, float]:
    """Return the mean months gained over another detector, paired, with a 90 % interval over clusters.

    Outbreaks made from curves of one country and replicate share luck: the bootstrap draws such clusters.
    """
    a = np.minimum(times(ours, threshold_at(ours, a_year)), observing.AFTER)
    b = np.minimum(times(other, threshold_at(other, a_year)), observing.AFTER)
    gained = b - a
    labels = [_cluster(run.number) for run in ours if run.onset is not None]
    names = sorted(set(labels))
    groups = [np.flatnonzero(np.array(labels) == name) for name in names]
    draws = observing.ObservationNoise(7, seed=3)
    means = []
    for _ in range(1000):
        chosen = (draws.uniform(len(groups)) * len(groups)).astype(int)
        means.append(float(gained[np.concatenate([groups[i] for i in chosen])].mean()))
    low, high = np.quantile(means, [0.05, 0.95])
    return {"mean": float(gained.mean()), "low": float(low), "high": float(high), "clusters": len(groups)}


def _cluster(number: int) -> str:
    one = curves()[(number - 1) // LAYERS]
    return f"{one.country} {one.replicate}"


NOTE = (
    "Months run from the month in which drops reach 1 % of purchases; the delay of the data counts (2, 4 or 6 months). "
    "Means are capped at 36 months. Thresholds give one false alarm a year on the test countries themselves (an alarm "
    "that lasts counts anew every three months). Curves come from runs of the country packs at small scale with and "
    "without a policy; what a country sees of them is an assumption (zeal, campaigns, seasons, delays, noise). Results "
    "are pooled by availability of data, never by country or series."
)
SHIPPED = DATA / "detectors.json"


def save(facts: dict[str, Any], path: Path = SHIPPED) -> None:
    """Write a report as JSON."""
    write_bytes(path, (json.dumps(facts, indent=1) + "\n").encode())


def shipped() -> dict[str, Any]:
    """Return the report that was made when the detectors were last changed."""
    facts: dict[str, Any] = json.loads(SHIPPED.read_text(encoding="utf-8"))
    return facts
