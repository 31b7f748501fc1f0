"""From facts to verdicts: what a check reads, how parts are judged, and what a result says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.study.measures import MUST

Facts = Mapping[str, float]
Row = Mapping[str, Any]
Values = NDArray[np.float64]
STATUSES = ("pass", "fail", "not testable", "not run")


class NotRunError(Exception):
    """An experiment that a check needs has no rows."""


class CheckInput:
    """Rows of experiments, as checks read them.

    Parameters
    ----------
    rows : rows of finished replicates by experiment
    instead : experiments read in place of others (a mechanism off in place of the default scenario)
    """

    def __init__(self, rows: Mapping[str, Sequence[Row]], instead: Mapping[str, str] | None = None) -> None:
        self.rows, self.instead = rows, dict(instead or {})

    def runs(self, experiment: str = "base", arm: str = "base") -> list[Facts]:
        """Return the facts of an arm, replicate by replicate."""
        found = [row["arms"][arm] for row in self._of(experiment) if arm in row["arms"]]
        if not found:
            raise NotRunError(f"{experiment}, arm {arm},")
        return found

    def pairs(self, arm: str, base: str = "base", experiment: str = "arms") -> list[tuple[Facts, Facts]]:
        """Return pairs of facts (base, arm) of the same replicate."""
        rows = [row["arms"] for row in self._of(experiment)]
        found = [(arms[base], arms[arm]) for arms in rows if base in arms and arm in arms]
        if not found:
            raise NotRunError(f"{experiment}, arm {arm},")
        return found

    def across(self, *experiments: str, arm: str = "base") -> list[tuple[Facts, ...]]:
        """Return the facts of an arm of several experiments (their histories), joined by the replicate's number."""
        tables = [{row["replicate"]: row["arms"][arm] for row in self._of(name)} for name in experiments]
        common = sorted(set.intersection(*(set(table) for table in tables)))
        return [tuple(table[number] for table in tables) for number in common]

    def _of(self, experiment: str) -> Sequence[Row]:
        found = self.rows.get(self.instead.get(experiment, experiment), ())
        if not found:
            raise NotRunError(experiment)
        return found


@dataclass(frozen=True)
class CheckPart:
    """One measured part of a check: values by replicate against a band.

    Parameters
    ----------
    name, unit : what was measured
    values : one value a replicate
    low, high : the band; ``strict`` excludes its ends (signs)
    shown : how values leave: "value", or "sign" (sign and standardised effect only)
    """

    name: str
    values: Values
    low: float | None = None
    high: float | None = None
    unit: str = ""
    strict: bool = False
    shown: str = "value"
    effect: float = float("nan")

    @property
    def holds(self) -> NDArray[np.bool_]:
        """Whether each replicate lies in the band (never for a value that is not there)."""
        v = self.values
        ok = np.isfinite(v)
        if self.low is not None:
            ok &= (v > self.low) if self.strict else (v >= self.low)
        if self.high is not None:
            ok &= (v < self.high) if self.strict else (v <= self.high)
        return ok

    @property
    def band(self) -> str:
        """The band in words."""
        low = "" if self.low is None else f"{self.low:g}"
        high = "" if self.high is None else f"{self.high:g}"
        if low and high:
            return f"{low} to {high}"
        sign = "" if self.strict else "="
        return f">{sign} {low}" if low else (f"<{sign} {high}" if high else "")


@dataclass(frozen=True)
class CheckVerdict:
    """What a check says: parts, whether it holds, and a reason in words."""

    parts: tuple[CheckPart, ...]
    ok: bool
    share: float
    rule: str
    reason: str = ""
    note: str = ""


@dataclass(frozen=True)
class Check:
    """One check: which experiments it reads and how it judges them.

    Parameters
    ----------
    id, kind : of the evidence it belongs to: pattern, target, published or claim
    needs : experiments
    judge : from evidence to a verdict
    why_not : if it cannot be tested, the reason; then nothing is judged
    use : for published results, "CAL", "VAL" or "SIGN"
    statement, mechanisms : of a check of another package: what it says, and which mechanisms carry it
    """

    id: str
    kind: str
    needs: tuple[str, ...] = ()
    judge: Callable[[CheckInput], CheckVerdict] | None = None
    why_not: str = ""
    use: str = ""
    statement: str = ""
    mechanisms: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckResult:
    """The row that a check leaves: status, target, value with its 90 % interval, mechanism, reason."""

    id: str
    kind: str
    status: str
    statement: str
    target: str
    value: float | None
    low: float | None
    high: float | None
    unit: str
    share: float | None
    replicates: int
    mechanism: tuple[str, ...]
    use: str
    reason: str
    rule: str = ""
    parts: tuple[Mapping[str, Any], ...] = ()


def in_runs(*parts: CheckPart, must: float = MUST, note: str = "") -> CheckVerdict:
    """Judge by runs: all parts must hold together in at least ``must`` of the runs."""
    together = np.logical_and.reduce([part.holds for part in parts])
    share = float(together.mean()) if len(together) else 0.0
    rule = f"in at least {100 * must:g} % of runs"
    return CheckVerdict(parts, share >= must, share, rule, _why(parts, share), note)


def by_median(*parts: CheckPart, note: str = "") -> CheckVerdict:
    """Judge by the median of every part."""
    ok = all(_inside(part, quantiles(part.values)[1]) for part in parts)
    together = np.logical_and.reduce([part.holds for part in parts])
    return CheckVerdict(
        parts, ok, float(together.mean()), "median in the band", _why(parts, float(together.mean())), note
    )


def predicted(
    part: CheckPart, point: float, interval: tuple[float, float] | None = None, note: str = ""
) -> CheckVerdict:
    """Judge a validation row: the point in the 90 % predictive interval and the median in the published interval.

    Without a published interval the median must lie within 25 % of the point. The width is told.
    """
    low5, median, high95 = quantiles(part.values)
    low, high = interval or tuple(sorted((point * 0.75, point * 1.25)))
    ok = low5 <= point <= high95 and low <= median <= high
    width = high95 - low5
    reason = f"90 % interval {_n(low5)} to {_n(high95)} (width {_n(width)}), median {_n(median)}, published {_n(point)}"
    judged = CheckPart(part.name, part.values, low, high, part.unit, False, part.shown)
    rule = "point in the 90 % interval, median in the published interval or within 25 %"
    return CheckVerdict((judged,), ok, float(judged.holds.mean()), rule, reason, note)


def right_direction(*parts: CheckPart, note: str = "") -> CheckVerdict:
    """Judge a row of direction or ordering: right in at least 95 % of paired replicates."""
    return in_runs(*parts, must=0.95, note=note)


def quantiles(values: Values) -> tuple[float, float, float]:
    """Return the 5 %, 50 % and 95 % quantiles of the values that are there."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return (float("nan"),) * 3
    low, median, high = np.quantile(finite, [0.05, 0.5, 0.95])
    return float(low), float(median), float(high)


def middle(values: Values) -> float:
    """Return the median of the values that are there, NaN if none is."""
    return quantiles(values)[1]


def column(runs: Sequence[Facts], take: Callable[[Facts], float]) -> Values:
    """Return one value a run; NaN where a fact is not there."""
    return np.array([_take(take, facts) for facts in runs], dtype=np.float64)


def paired(pairs: Sequence[tuple[Facts, ...]], take: Callable[..., float]) -> Values:
    """Return one value a pair; NaN where a fact is not there."""
    return np.array([_take(take, *pair) for pair in pairs], dtype=np.float64)


def standardised(pairs: Sequence[tuple[Facts, Facts]], take: Callable[[Facts], float]) -> float:
    """Return the mean paired difference in standard deviations of the base over replicates."""
    base, other = column([a for a, _ in pairs], take), column([b for _, b in pairs], take)
    spread = float(np.nanstd(base, ddof=1)) if len(base) > 1 else float("nan")
    return float(np.nanmean(other - base) / spread) if spread > 0 else float("nan")


def _take(take: Callable[..., float], *facts: Facts) -> float:
    try:
        with np.errstate(all="ignore"):
            return float(take(*facts))
    except (KeyError, ZeroDivisionError):
        return float("nan")


def _inside(part: CheckPart, value: float) -> bool:
    return bool(CheckPart(part.name, np.array([value]), part.low, part.high, strict=part.strict).holds[0])


def _why(parts: Sequence[CheckPart], share: float) -> str:
    if share == 1.0:
        return ""
    weak = [f"{part.name}: {100 * part.holds.mean():.0f} % of runs" for part in parts if not part.holds.all()]
    absent = [part.name for part in parts if not np.isfinite(part.values).any()]
    text = "; ".join(weak)
    return text + (f"; not measured: {', '.join(absent)}" if absent else "")


def _n(value: float) -> str:
    return f"{value:.3g}"


@dataclass
class CheckRegistry:
    """Checks by id, in the order in which they are added."""

    checks: dict[str, Check] = field(default_factory=dict)

    def add(self, *checks: Check) -> None:
        """Add checks; an id that is there already is an error of the program."""
        for check in checks:
            if check.id in self.checks:
                raise ValueError(f"two checks of the name {check.id}")
            self.checks[check.id] = check
