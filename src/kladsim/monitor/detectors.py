"""Detectors of one series behind one protocol: ``update(t, y)`` gives a score, an alarm and its reasons.

All are online: an update sees the past only. ``t`` is the number of the period, ``y`` a count, load or ratio. Scores
grow with evidence; ``threshold`` turns them into alarms, so that curves over thresholds can be drawn. A detector
that does not know enough yet gives score 0 and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from kladsim.core.extras import extra

Array = NDArray[np.float64]


class Verdict(NamedTuple):
    """What a detector says of one period: evidence, whether it alarms, and why, with the data it rests on."""

    score: float
    alarm: bool
    explanation: str


class Detector(Protocol):
    """A detector of one series."""

    name: str

    def update(self, t: int, y: float) -> Verdict: ...


class Joint(Protocol):
    """A detector of several series of one place at once; ``absorb`` takes values without judging them."""

    name: str

    def absorb(self, t: int, y: Mapping[str, float]) -> None: ...

    def update(self, t: int, y: Mapping[str, float]) -> Verdict: ...


FLOOR = 0.5  # smallest standard deviation of a baseline of counts, as in EARS practice


class Ears:
    """EARS C1, C2 or C3: a value against the mean and deviation of the seven before (Hutwagner et al. 2003).

    C1 uses the seven periods before; C2 leaves two between; C3 adds up the excess of C2 over one deviation in the last
    three periods (doi:10.1007/PL00022319).
    """

    def __init__(self, kind: str = "C2", threshold: float | None = None) -> None:
        self.name = f"EARS {kind}"
        self.kind, self.lag = kind, 0 if kind == "C1" else 2
        self.threshold = threshold if threshold is not None else (2.0 if kind == "C3" else 3.0)
        self.past: list[float] = []
        self.excess: list[float] = []

    def update(self, t: int, y: float, grain: float = 0.0) -> Verdict:
        """Judge one period; ``grain`` is a count's variance over its mean, a floor of the deviation (0: no count)."""
        end = len(self.past) - self.lag
        base = np.array(self.past[max(0, end - 7) : max(0, end)])
        self.past.append(y)
        if len(base) < 7:
            return Verdict(0.0, False, f"{self.name}: {len(base)} of 7 periods of baseline")
        mean = float(base.mean())
        sd = max(float(base.std(ddof=1)), FLOOR, float(np.sqrt(grain * mean)))
        score = (y - mean) / sd
        if self.kind == "C3":
            self.excess = [*self.excess, max(0.0, score - 1.0)][-3:]
            score = sum(self.excess)
        why = f"{self.name}: {y:.4g} against a mean of {mean:.4g} (deviation {sd:.3g}) over 7 periods"
        return Verdict(score, score >= self.threshold, why)


class Cusum:
    """A one-sided cumulative sum of standardised departures from a slowly learnt mean (Page 1954)."""

    FEWEST = 12

    def __init__(self, drift: float = 0.5, threshold: float = 5.0) -> None:
        self.name, self.drift, self.threshold = "CUSUM", drift, threshold
        self.past: list[float] = []
        self.sum = 0.0

    def update(self, t: int, y: float) -> Verdict:
        base = np.log(np.array(self.past[:-3][-36:]) + 0.5)
        self.past.append(y)
        if len(base) < self.FEWEST:
            return Verdict(0.0, False, f"{self.name}: {len(base)} of {self.FEWEST} periods of baseline")
        mean, sd = float(base.mean()), max(float(base.std(ddof=1)), 0.05)
        self.sum = max(0.0, self.sum + (np.log(y + 0.5) - mean) / sd - self.drift)
        usual = np.exp(mean) - 0.5
        why = f"{self.name}: sum {self.sum:.2f} of departures from a usual value of {usual:.4g}; now {y:.4g}"
        return Verdict(self.sum, self.sum >= self.threshold, why)


class ChangePoint:
    """The gain of one change of level or slope in the last four years over none (ruptures; Truong et al. 2020)."""

    FEWEST, MOST = 18, 48

    def __init__(self, threshold: float = 12.0) -> None:
        self.name, self.threshold = "change point (ruptures)", threshold
        self.past: list[float] = []

    def update(self, t: int, y: float) -> Verdict:
        with extra("monitor"):
            import ruptures

        self.past.append(y)
        if len(self.past) < self.FEWEST:
            return Verdict(0.0, False, f"{self.name}: {len(self.past)} of {self.FEWEST} periods")
        signal = np.log(np.array(self.past[-self.MOST :]) + 0.5)
        at = ruptures.KernelCPD(kernel="linear", min_size=3).fit(signal[:, None]).predict(n_bkps=1)[0]
        before, after = signal[:at], signal[at:]
        noise = max(float(np.median(np.abs(np.diff(signal)))) / 0.954, 0.02)
        gain = len(before) * len(after) / len(signal) * (after.mean() - before.mean()) ** 2 / noise**2
        score = float(gain) if after.mean() > before.mean() else 0.0
        why = (
            f"{self.name}: mean {np.exp(before.mean()) - 0.5:.4g} before and {np.exp(after.mean()) - 0.5:.4g} in the "
            f"last {len(after)} periods"
        )
        return Verdict(score, score >= self.threshold, why)


class PageHinkley:
    """Drift: the largest cumulative rise of the log above its running mean (Page 1954; Hinkley 1971)."""

    FEWEST = 12

    def __init__(self, tolerance: float = 0.05, threshold: float = 2.0, forget: float = 0.99) -> None:
        self.name = "drift (Page-Hinkley)"
        self.tolerance, self.threshold, self.forget = tolerance, threshold, forget
        self.mean, self.count, self.sum, self.lowest = 0.0, 0, 0.0, 0.0

    def update(self, t: int, y: float) -> Verdict:
        value = float(np.log(y + 0.5))
        self.count += 1
        self.mean += (value - self.mean) / self.count
        self.sum = self.forget * self.sum + value - self.mean - self.tolerance
        self.lowest = min(self.forget * self.lowest, self.sum)
        score = self.sum - self.lowest if self.count > self.FEWEST else 0.0
        why = f"{self.name}: rise of {score:.2f} above the running mean {np.exp(self.mean) - 0.5:.4g}; now {y:.4g}"
        return Verdict(score, score >= self.threshold, why)


LIBRARY: dict[str, Callable[[], Detector]] = {
    "EARS C1": lambda: Ears("C1"),
    "EARS C2": lambda: Ears("C2"),
    "EARS C3": lambda: Ears("C3"),
    "CUSUM": Cusum,
    "change point (ruptures)": ChangePoint,
    "drift (Page-Hinkley)": PageHinkley,
}


class EachSeries:
    """A detector of one series, run on every series of a place: the score is the largest."""

    def __init__(self, make: Callable[[], Detector]) -> None:
        self.make = make
        self.name = make().name
        self.parts: dict[str, Detector] = {}

    def absorb(self, t: int, y: Mapping[str, float]) -> None:
        """Take a period's values."""
        for name, value in y.items():
            part = self.parts.setdefault(name, self.make())
            if np.isfinite(value):
                part.update(t, value)

    def update(self, t: int, y: Mapping[str, float]) -> Verdict:
        verdicts = []
        for name, value in y.items():
            if name not in self.parts:
                self.parts[name] = self.make()
            if np.isfinite(value):
                one = self.parts[name].update(t, value)
                verdicts.append(Verdict(one.score, one.alarm, f"{name}: {one.explanation}"))
        if not verdicts:
            return Verdict(0.0, False, f"{self.name}: no data")
        best = max(verdicts, key=lambda verdict: verdict.score)
        return Verdict(best.score, any(one.alarm for one in verdicts), best.explanation)
