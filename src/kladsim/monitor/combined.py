"""The default detector of a place: the evidence of the joint rise and of EARS C2 added up.

The joint rise is quick where zeal that police counts share must be cancelled and a rise is slow; EARS C2 hears a
sudden one, of which the joint rise makes campaigns or noise. Their sum (log evidence plus half of the largest
standardised excess, bounded) was quicker than either on tuning outbreaks: observation layers of their own of the
curves kept for tuning. The score is put on a scale: 0 is one false alarm a year, 1 is one in four years, measured on
tuning countries without an arrival.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kladsim.monitor.detectors import Ears, Verdict
from kladsim.monitor.joint import JointRise

WEIGHT, LOWEST, HIGHEST = 0.5, -2.0, 8.0  # of EARS C2's excess, in deviations
YEARLY, IN_FOUR = 0.472, 2.381
PER_THOUSAND = ("online cases", "dealers")


class Combined:
    """The default (see the module).

    Parameters
    ----------
    counts : names of series that are counts, whose scatter is no smaller than the noise of counting
    """

    def __init__(self, threshold: float = 1.0, counts: frozenset[str] = frozenset()) -> None:
        self.name, self.threshold, self.counts = "kladsim", threshold, counts
        self.rise = JointRise()
        self.jumps: dict[str, Ears] = {}

    def absorb(self, t: int, y: Mapping[str, float]) -> None:
        """Take one period's values without judging them."""
        self.rise.absorb(t, y)
        self._jump(t, y)

    def update(self, t: int, y: Mapping[str, float]) -> Verdict:
        """Take one period's values and return evidence, alarm and reasons."""
        rise, jump = self.rise.update(t, y), self._jump(t, y)
        excess = WEIGHT * float(np.clip(jump.score, LOWEST, HIGHEST))
        score = (rise.score + excess - YEARLY) / (IN_FOUR - YEARLY)
        reasons = (rise.explanation, jump.explanation)
        told = reasons if rise.score >= excess else reasons[::-1]
        return Verdict(score, score >= self.threshold, f"{self.name}: {'; '.join(told)}")

    def _jump(self, t: int, y: Mapping[str, float]) -> Verdict:
        """The largest excess that EARS C2 finds in any of the series."""
        best = Verdict(-np.inf, False, "EARS C2: no data")
        for name, value in per_thousand(y).items():
            part = self.jumps.setdefault(name, Ears("C2"))
            if np.isfinite(value):
                one = part.update(t, value, self._grain(name, y))
                best = max(best, one._replace(explanation=f"{name}: {one.explanation}"), key=lambda each: each.score)
        return best if np.isfinite(best.score) else best._replace(score=0.0)

    def _grain(self, name: str, y: Mapping[str, float]) -> float:
        """Variance of counting over the mean: one for a count, a thousandth's worth of cases for a share of them."""
        if name not in self.counts:
            return 0.0
        return 1000.0 / y["cases"] if name in PER_THOUSAND and y.get("cases", 0.0) > 0 else 1.0


def per_thousand(y: Mapping[str, float]) -> dict[str, float]:
    """Return counts that zeal lifts together as shares per thousand of all cases, where those are known."""
    out = dict(y)
    whole = out.get("cases", float("nan"))
    for name in PER_THOUSAND:
        if name in out and np.isfinite(whole):
            out[name] = 1000.0 * out[name] / whole if whole > 0 else float("nan")
        elif name in out and "cases" in out:
            out[name] = float("nan")
    return out
