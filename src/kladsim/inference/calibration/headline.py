"""What a calibration's report says first: coverage on truths that are runs of the model, and how wide intervals are.

Truths and data that the emulator makes are judged by the same emulator: their coverage says that the sampler works,
not that intervals for the model hold. Coverage on truths that are runs of the model says that, and stands first.
Points kept out that lie inside an interval are evidence only where the interval is narrow enough to be missed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kladsim.inference.calibration.observation import held_out

WIDE = 10.0
"""An interval whose ends differ by more than this factor (shares: by odds) is called uninformative."""
FIRST = (
    "coverage_on_model_runs", "coverage_on_emulator_truths", "holdout_all", "holdout_informative", "model_version",
    "made", "stale",
)  # fmt: skip


def with_headline(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a report with its headline figures first; the coverage of emulator truths is named so."""
    found = dict(content)
    stored = found.pop("coverage", None) or found["synthetic"]["coverage"]
    real = found["real_runs"]
    found["coverage_on_model_runs"] = {"truths": real["truths"], **told(real["coverage"])}
    found["coverage_on_emulator_truths"] = {"truths": found["synthetic"]["truths"], **told(stored)}
    found["holdout_points"] = with_widths(found["holdout_points"])
    found["holdout_all"] = widths(found["holdout_points"])
    found["holdout_informative"] = widths([p for p in found["holdout_points"] if p["width"] <= WIDE])
    order = [name for name in FIRST if name in found]
    return {name: found[name] for name in (*order, *(n for n in found if n not in order))}


def told(coverage: Mapping[str, float]) -> dict[str, Any]:
    """Return coverage by nominal level, and by how many points each level is missed (above nought: too narrow)."""
    short = {name: round(100.0 * (float(name) - value), 1) + 0.0 for name, value in coverage.items()}
    return {"coverage": dict(coverage), "short_by_points": short}


def with_widths(points: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return points with the factor between the ends of their interval and of the rival's (None without a rival)."""
    scales = {held.datum.id: held.datum.scale for held in held_out()}

    def width(point: Mapping[str, Any], low: str, high: str) -> float | None:
        if point[low] is None:
            return None
        whole = 100.0 if point["published"] > 1.0 else 1.0  # shares are published in per cent or as they are
        return factor(point[low], point[high], scales.get(point["id"], "log"), whole)

    return [
        {**p, "width": width(p, "low", "high"), "width_rival": width(p, "rival_low", "rival_high")} for p in points
    ]


def factor(low: float, high: float, scale: str, whole: float = 1.0) -> float:
    """Return the upper end over the lower: of the numbers, of odds for shares, of what a fall in per cent leaves."""
    if scale == "fall":
        low, high = 1.0 + low / 100.0, 1.0 + high / 100.0
    elif scale == "logit":
        low, high = (share / (1.0 - share) for share in (low / whole, high / whole))
    return float(high / low) if low > 0.0 else float("inf")


def widths(points: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return how many points there are, the share inside, how many intervals say little, and their median width."""
    rivals = [point for point in points if point["width_rival"] is not None]
    return {
        "n": len(points),
        "inside": sum(bool(point["inside"]) for point in points),
        "uninformative": sum(point["width"] > WIDE for point in points),
        "width_median": round(float(np.median([point["width"] for point in points])), 2) if points else None,
        "narrower_than_rival": sum(point["width"] < point["width_rival"] for point in rivals),
        "with_rival": len(rivals),
        "wide": WIDE,
    }


def coverage_words(content: Mapping[str, Any]) -> str:
    """Return coverage on runs of the model as a sentence, with what is missing to what the intervals say."""
    real = content["coverage_on_model_runs"]
    each = real["coverage"].items()
    shares = ", ".join(f"{100 * float(name):.0f} % intervals hold {100 * value:.1f} %" for name, value in each)
    short = max(real["short_by_points"].values())
    words = f"they are too narrow, by up to {short:.1f} points" if short > 0 else "none is too narrow"
    return f"On {real['truths']} truths that are runs of the model {shares}: {words}."


def holdout_words(content: Mapping[str, Any]) -> str:
    """Return how many points kept out are inside, how wide the intervals are, and how many say little."""
    every, few = content["holdout_all"], content["holdout_informative"]
    return (
        f"{every['inside']} of {every['n']} points kept out lie inside their 95 % interval; but "
        f"{every['uninformative']} of these intervals are uninformative (their ends differ by more than a factor of "
        f"{every['wide']:g}; the median factor is {every['width_median']:.3g}). Of the {few['n']} others "
        f"{few['inside']} hold their point. Narrower than the rival's: "
        f"{every['narrower_than_rival']} of {every['with_rival']}."
    )
