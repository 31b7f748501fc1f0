"""What common random numbers gain: how many fewer replicates a paired difference needs, and where luck diverges.

Paired, the variance of a mean difference is that of plan minus base within replicates; unpaired, it is the sum of both
variances. Their ratio says how many times fewer replicates give the same interval. Where a small change tips a market
(another platform wins), a few replicates jump and eat the gain: they are counted and described.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError
from kladsim.runs.result import Result
from kladsim.study.effects import first_difference, paired_totals, totals_since

FEWEST = 4
JUMP = 5.0  # a replicate jumps if it lies so many robust standard deviations from the median
ROBUST = 1.4826  # median absolute deviation to standard deviation, for the normal distribution
ROUNDING = 1e-20  # a variance this much smaller is rounding
WISHED = 10.0  # a gain below this gets a diagnosis
NO_JUMP = "no replicate jumps: the plan changes who has the event by chance, so that the effect itself is luck"
TIPPING = ("leader_share", "platforms_effective", "platforms_open")
TIPPED = 0.05  # difference of the leader's share, or of the number of platforms, that counts as another market


@dataclass(frozen=True)
class Gain:
    """The gain of pairing for one plan and outcome.

    Parameters
    ----------
    ratio : replicates an unpaired comparison needs for one paired (infinite if the plan changes nothing here)
    without_jumps : the same without the replicates that jump
    jumps : which replicates jump
    diagnosis : why, in words, where the gain is below ten or a replicate jumps
    """

    plan: str
    outcome: str
    ratio: float
    without_jumps: float
    jumps: tuple[int, ...]
    n: int
    diagnosis: str


def gains(base: Result, plans: Mapping[str, Result], outcomes: Iterable[str] | None = None) -> list[Gain]:
    """Return the gain of pairing by plan and outcome (default: the headline outcomes).

    Raises
    ------
    InputError : fewer than four replicates
    """
    if base.replicates < FEWEST:
        raise InputError("too few replicates", where="replicates", value=base.replicates, allowed=f"at least {FEWEST}")
    names = sorted(outcomes if outcomes is not None else base.headline_names)
    return [gain for plan, result in plans.items() for gain in _gains(base, plan, result, names)]


def _gains(base: Result, plan: str, result: Result, names: list[str]) -> list[Gain]:
    since = first_difference(base, {plan: result})
    before, after = totals_since(base, since), totals_since(result, since)
    paired = paired_totals(base, result, since)
    gains = []
    for name in names:
        difference = paired[name]
        keep = ~_jumping(difference)
        jumps = tuple(int(i) for i in np.flatnonzero(~keep))
        ratio = _ratio(before[name], after[name], difference)
        calm = _ratio(before[name][keep], after[name][keep], difference[keep])
        diagnosis = _diagnosis(base, result, jumps) if jumps else NO_JUMP if ratio < WISHED else ""
        gains.append(Gain(plan, name, ratio, calm, jumps, len(difference), diagnosis))
    return gains


def _ratio(before: NDArray[np.float64], after: NDArray[np.float64], difference: NDArray[np.float64]) -> float:
    if len(difference) < 2 or not np.isfinite(difference).all():
        return math.nan
    paired = float(difference.var(ddof=1))
    unpaired = float(before.var(ddof=1)) + float(after.var(ddof=1))
    return unpaired / paired if paired > ROUNDING * unpaired else math.inf


def _jumping(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    if not np.isfinite(values).all():
        return np.zeros(len(values), dtype=np.bool_)
    away = np.abs(values - np.median(values))
    spread = ROBUST * float(np.median(away))
    return np.asarray(away > JUMP * spread) if spread > 0 else np.zeros(len(values), dtype=np.bool_)


def _diagnosis(base: Result, plan: Result, jumps: tuple[int, ...]) -> str:
    """Say whether the market tipped in the replicates that jump, and from which year on."""
    years = [int(year) for year in base.labels.get("year", [])]
    before, after = base.national(), plan.national()
    sentences = []
    for number in jumps:
        sentence = f"replicate {number}: the market did not tip; the effect itself is large"
        for name in TIPPING:
            if name not in before or name not in after:
                continue
            change = after[name].values[number] - before[name].values[number]
            limit = TIPPED if name == "leader_share" else 10 * TIPPED
            tipped = np.flatnonzero(np.abs(np.nan_to_num(change)) > limit)
            if len(tipped):
                year = years[tipped[0]]
                size = f"{name} {change[tipped[0]]:+.2f}"
                sentence = f"replicate {number}: another structure of platforms from {year} on ({size})"
                break
        sentences.append(sentence)
    return "; ".join(sentences)


def least_by_plan(gains: Iterable[Gain]) -> dict[str, tuple[float, float]]:
    """Return each plan's median and least ratio over the outcomes that it changes."""
    by_plan: dict[str, list[float]] = {}
    for gain in gains:
        by_plan.setdefault(gain.plan, [])
        if math.isfinite(gain.ratio):
            by_plan[gain.plan].append(gain.ratio)
    return {
        plan: (float(np.median(ratios)), min(ratios)) if ratios else (math.inf, math.inf)
        for plan, ratios in by_plan.items()
    }
