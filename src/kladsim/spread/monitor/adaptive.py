"""The default detector of a place: the joint rise where a series names the channel, EARS C2 on each series elsewhere.

On the tuning outbreaks the joint detector is months quicker where some series counts cases sold online, because
shared zeal cancels; where only counts that depend on zeal exist, it is not, and a short-memory detector is quicker.
Both scores are put on one scale: 0 is one false alarm a year, 1 is one in four years, measured on the tuning
countries without an arrival.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kladsim.spread.monitor.detectors import EachSeries, Ears, Joint, Verdict
from kladsim.spread.monitor.joint import JointRise

NAMING = ("online cases",)
YEARLY, IN_FOUR = {"joint": -1.070, "EARS C2": 2.658}, {"joint": 0.213, "EARS C2": 5.206}
PER_THOUSAND = ("online cases", "dealers")


class Adaptive:
    """The default (see the module)."""

    def __init__(self, threshold: float = 1.0) -> None:
        self.name, self.threshold = "kladsim", threshold
        self.kind = ""
        self.inner: Joint | None = None

    def absorb(self, t: int, y: Mapping[str, float]) -> None:
        """Take one period's values without judging them."""
        self._chosen(y).absorb(t, self._seen(y))

    def update(self, t: int, y: Mapping[str, float]) -> Verdict:
        """Take one period's values and return evidence, alarm and reasons."""
        raw = self._chosen(y).update(t, self._seen(y))
        score = (raw.score - YEARLY[self.kind]) / (IN_FOUR[self.kind] - YEARLY[self.kind])
        return Verdict(score, score >= self.threshold, raw.explanation)

    def _chosen(self, y: Mapping[str, float]) -> Joint:
        if self.inner is None:
            self.kind = "joint" if any(name in y for name in NAMING) else "EARS C2"
            self.inner = JointRise() if self.kind == "joint" else EachSeries(lambda: Ears("C2"))
        return self.inner

    def _seen(self, y: Mapping[str, float]) -> Mapping[str, float]:
        return y if self.kind == "joint" else per_thousand(y)


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
