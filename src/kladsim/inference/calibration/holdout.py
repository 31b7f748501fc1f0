"""Points kept out of the fit: are they where the model says, and is it sharper than persistence and trend?

The model's forecast of a point comes from a posterior that saw nothing after 2019 (dates of events given, sizes not),
by runs of the model or by the emulator with its error and the luck of one replicate, and the error of observation.
The rival is an even mixture of persistence (the last value before 2020, in a random walk) and the trend of the last
two; where one value is known, persistence alone; where none is, no rival. Both are scored by the continuous ranked
probability score on the point's scale (scoringrules).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.extras import extra
from kladsim.inference.calibration.observation import Held, derive
from kladsim.inference.calibration.random_numbers import normal, uniform

Array = NDArray[np.float64]
SEED = 21
SAMPLES = 2000
STEP = {"log": 0.15, "logit": 0.3, "fall": 0.15, "linear": 5.0}
"""Yearly standard deviation of a random walk where the past shows none larger (assumption)."""


@dataclass(frozen=True)
class HoldoutScore:
    """One point: what was published, the model's forecast, whether the point lies inside, and both scores."""

    id: str
    kind: str
    quantity: str
    year: int
    event: str
    published: float
    median: float
    low: float
    high: float
    inside: bool
    crps: float
    crps_rival: float | None
    rival_low: float | None
    rival_high: float | None


def said(held: Sequence[Held], rows: Sequence[Mapping[str, float]]) -> Array:
    """Return what runs (tables of `summaries.summarise`) say of the points: float64[runs, points]."""
    derived = [derive(row) for row in rows]
    return np.array([[row.get(point.datum.quantity, np.nan) for point in held] for row in derived])


def score(held: Sequence[Held], truths: Array) -> list[HoldoutScore]:
    """Return every point scored against simulated numbers: float64[runs, points]."""
    return [_score(point, number, truths[:, number]) for number, point in enumerate(held)]


def _score(point: Held, number: int, truth: Array) -> HoldoutScore:
    with extra("calibrate"):
        from scoringrules import crps_ensemble

    datum = point.datum
    truth = truth[np.isfinite(truth)]
    each = -(-SAMPLES // max(1, len(truth)))
    many = np.repeat(truth, each)
    luck = normal(SEED, "predictive", 3 * number, (len(many),))
    seen = datum.seen(many, luck, uniform(SEED, "predictive", 3 * number + 1, (len(many),)))
    rival = _rival(point, number)
    low, median, high = np.quantile(seen, [0.025, 0.5, 0.975])
    observed = datum.observed
    back = datum.back(np.array([median, low, high]))
    ends = None if rival is None else datum.back(np.quantile(rival, [0.025, 0.975]))
    return HoldoutScore(
        datum.id, point.kind, datum.quantity, point.year, point.event, datum.value, float(back[0]), float(back[1]),
        float(back[2]), bool(low <= observed <= high), float(crps_ensemble(observed, seen)),
        None if rival is None else float(crps_ensemble(observed, rival)),
        None if ends is None else float(ends[0]), None if ends is None else float(ends[1]),
    )  # fmt: skip


def _rival(point: Held, number: int) -> Array | None:
    if point.last is None:
        return None
    datum = point.datum
    last = float(datum.transform(np.array(point.last)))
    ahead = max(0, point.year - point.last_year)
    slope = 0.0
    if point.before is not None:
        slope = (last - float(datum.transform(np.array(point.before)))) / max(1, point.last_year - point.before_year)
    step = max(STEP[datum.scale], abs(slope))
    spread = np.hypot(step * np.sqrt(max(1, ahead)), datum.sd)
    luck = normal(SEED, "predictive", 3 * number + 2, (SAMPLES,))
    centre = np.full(SAMPLES, last)
    if point.before is not None:
        centre[::2] += slope * ahead
    return np.asarray(centre + spread * luck)


def figures(scored: Sequence[HoldoutScore]) -> dict[str, Any]:
    """Return the figures of all points, of those by time and by place, and of those after events."""
    parts = {
        "all": list(scored),
        "time": [s for s in scored if s.kind == "time"],
        "place": [s for s in scored if s.kind == "place"],
        "events": [s for s in scored if s.event],
        "no_event": [s for s in scored if s.kind == "time" and not s.event],
    }
    return {name: _figures(part) for name, part in parts.items() if part}


def _figures(scored: Sequence[HoldoutScore]) -> dict[str, Any]:
    both = [(s.crps, s.crps_rival) for s in scored if s.crps_rival is not None]
    return {
        "n": len(scored),
        "coverage_95": round(float(np.mean([s.inside for s in scored])), 4),
        "outside": [s.id for s in scored if not s.inside],
        "compared": len(both),
        "crps": round(float(np.mean([own for own, _ in both])), 4) if both else None,
        "crps_persistence_and_trend": round(float(np.mean([other for _, other in both])), 4) if both else None,
        "sharper_on": sum(own < other for own, other in both),
    }
