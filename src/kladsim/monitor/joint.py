"""Our detector: did several series of one place begin to rise together, beyond what zeal, season and drift explain?

Logs of all series up to now are jointly Gaussian: each has its own slow walk, seasons, short-lived departures and
noise; police counts share one zeal (a walk and short campaigns), which therefore cancels. Against that stands, for
each month in which a rise may have begun, the same plus a ramp of unknown positive slope in each series. The score
is the log of the Bayes factor, averaged over the starting month: the generalised likelihood ratio of Willsky & Jones
(1976, doi:10.1109/TAC.1976.1101146) in covariance form with a Gaussian prior on the slopes. Constants are
assumptions, chosen on the tuning outbreaks only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from kladsim.monitor.detectors import Verdict
from kladsim.monitor.judgement import CountTable, Judgement
from kladsim.monitor.latent import mean_reverting, random_walk
from kladsim.monitor.periods import SEASON

Array = NDArray[np.float64]
WINDOW = 48  # periods that count
STARTS = (2, 3, 4, 6, 8, 11, 15, 20, 26, 34)  # how many periods ago a rise may have begun
LEVEL = 4.0  # prior variance of each series' level
FEWEST = 18


@dataclass(frozen=True)
class Kind:
    """What is assumed of a kind of series: deviations on the log scale, per period, and how steep a rise may be."""

    walk: float = 0.03
    short: float = 0.08
    season: float = 0.10
    noise: float = 0.10
    slope: float = 0.05
    police: bool = True
    counts: bool = True


KINDS: dict[str, Kind] = {
    "cases": Kind(slope=0.025),
    "online cases": Kind(slope=0.375),
    "dealers": Kind(slope=0.075),
    "small packets": Kind(slope=0.15),
    "wastewater": Kind(slope=0.05, walk=0.04, season=0.03, noise=0.25, police=False, counts=False),
}
OTHER = Kind(police=False)
ZEAL_WALK, ZEAL_SHORT, ZEAL_MEMORY = 0.04, 0.15, 3.0
SHORT_MEMORY = 2.0


class JointRise:
    """The joint detector (see the module)."""

    def __init__(self, kinds: Mapping[str, Kind] | None = None, season: int = 12, threshold: float = 3.0) -> None:
        self.name = "kladsim joint rise"
        self.kinds, self.season, self.threshold = dict(kinds or KINDS), season, threshold
        self.rows: list[tuple[str, int, float]] = []

    def update(self, t: int, y: Mapping[str, float]) -> Verdict:
        """Take one period's values (NaN where missing) and return evidence, alarm and reasons."""
        self.absorb(t, y)
        times = {row[1] for row in self.rows}
        if len(times) < FEWEST:
            return Verdict(0.0, False, f"{self.name}: {len(times)} of {FEWEST} periods")
        return self._judge(t)

    def absorb(self, t: int, y: Mapping[str, float]) -> None:
        """Take one period's values without judging them."""
        self.rows += [(name, t, float(value)) for name, value in y.items() if np.isfinite(value)]
        self.rows = [row for row in self.rows if row[1] > t - WINDOW]

    def _judge(self, t: int) -> Verdict:
        from scipy.linalg import solve_triangular

        names = sorted({row[0] for row in self.rows})
        which = np.array([names.index(row[0]) for row in self.rows])
        at = np.array([row[1] for row in self.rows], dtype=float)
        value = np.array([row[2] for row in self.rows])
        kinds = [self.kinds.get(name, OTHER) for name in names]
        logs = np.log(value + 0.5)
        for i in range(len(names)):
            logs[which == i] -= logs[which == i].mean()
        matrix = self._covariance(which, at, value, kinds)
        lower = np.linalg.cholesky(matrix)
        ramps = self._ramps(which, at, t, kinds)
        white = solve_triangular(lower, np.column_stack([logs, ramps]), lower=True, check_finite=False)
        z, u = white[:, 0], white[:, 1:].reshape(len(logs), len(STARTS), len(names))
        factors, slopes = zip(*(_evidence(z, u[:, k]) for k in range(len(STARTS))), strict=True)
        score = float(np.logaddexp.reduce(factors) - np.log(len(STARTS)))
        best = int(np.argmax(factors))
        return Verdict(score, score >= self.threshold, self._why(names, kinds, slopes[best], STARTS[best], score))

    def _covariance(self, which: NDArray[np.int64], at: Array, value: Array, kinds: list[Kind]) -> Array:
        def each(field: str) -> Array:
            return np.array([float(getattr(kind, field)) for kind in kinds])[which]

        same = (which[:, None] == which[None, :]).astype(float)
        place = (at - at.max()).astype(int) + WINDOW - 1
        walk, short, campaigns = (part[np.ix_(place, place)] for part in _in_time())
        months = ((place[:, None] - place[None, :]) % max(self.season, 1) == 0).astype(float)
        own = LEVEL + np.outer(each("walk"), each("walk")) * walk + np.outer(each("short"), each("short")) * short
        if self.season > 1:
            own = own + np.outer(each("season"), each("season")) * months
        police = each("police")
        zeal = ZEAL_WALK**2 * walk + ZEAL_SHORT**2 * campaigns
        if self.season > 1:
            zeal = zeal + 0.1**2 * months
        counting = each("counts") / (np.maximum(_local_mean(which, value), 0.5) + 0.5)
        noise = each("noise") ** 2 + counting
        return np.asarray(same * own + np.outer(police, police) * zeal + np.diag(noise))

    def _ramps(self, which: NDArray[np.int64], at: Array, t: int, kinds: list[Kind]) -> Array:
        out = np.zeros((len(at), len(STARTS), len(kinds)))
        for k, ago in enumerate(STARTS):
            ramp = np.maximum(0.0, at - (t - ago))
            for i, kind in enumerate(kinds):
                out[:, k, i] = np.where(which == i, ramp * kind.slope, 0.0)
        return out.reshape(len(at), -1)

    def _why(self, names: list[str], kinds: list[Kind], slopes: Array, ago: int, score: float) -> str:
        parts = []
        for i in np.argsort([-kinds[i].slope * slopes[i] for i in range(len(names))]):
            rise = 100 * (np.exp(kinds[i].slope * slopes[i]) - 1)
            last = [row for row in self.rows if row[0] == names[i]][-3:]
            parts.append(f"{names[i]} {rise:+.1f} % a period (last {', '.join(f'{row[2]:.4g}' for row in last)})")
        head = f"{self.name}: log evidence {score:.1f} for a common rise over the last {ago} periods"
        return f"{head}: {'; '.join(parts)}"


@cache
def _in_time() -> tuple[Array, Array, Array]:
    """Covariances over the window's periods: a walk, short departures, campaigns."""
    at = np.arange(float(WINDOW))
    return random_walk(at, at, 0.0), mean_reverting(at, at, SHORT_MEMORY), mean_reverting(at, at, ZEAL_MEMORY)


def _local_mean(which: NDArray[np.int64], value: Array) -> Array:
    out = np.empty_like(value)
    for i in np.unique(which):
        out[which == i] = value[which == i].mean()
    return out


def _evidence(z: Array, u: Array) -> tuple[float, Array]:
    """Log Bayes factor of slopes with unit normal priors, held positive, and their posterior means."""
    from scipy.special import log_ndtr

    inner = np.eye(u.shape[1]) + u.T @ u
    b = u.T @ z
    mean = np.linalg.solve(inner, b)
    sd = np.sqrt(np.diag(np.linalg.inv(inner)))
    _, size = np.linalg.slogdet(inner)
    positive = float(np.sum(log_ndtr(mean / sd)) + u.shape[1] * np.log(2.0))
    return float(0.5 * b @ mean - 0.5 * size + positive), np.asarray(mean, dtype=np.float64)


@dataclass(frozen=True)
class JointRiseTable:
    """The joint detector on the series of a table, each alone or all together as those of one place.

    Parameters
    ----------
    threshold : log evidence from which a period is an alarm
    together : whether the series are of one place; each then has the evidence of all
    """

    name: ClassVar[str] = "joint-rise"

    threshold: float = 3.0
    together: bool = False

    def for_period(self, freq: str) -> JointRiseTable:
        """Return the detector: its settings are the same for all kinds of periods."""
        return self

    def judge(self, table: CountTable, periods: range) -> Judgement:
        """Judge periods by the ``WINDOW`` before each; it has neither an expected count nor a bound."""
        rows = len(table.counts)
        groups = [np.arange(rows)] if self.together else [np.array([row]) for row in range(rows)]
        score = np.full((rows, len(periods)), np.nan)
        for group in groups:
            detector = JointRise(season=SEASON[table.freq])
            for now in range(max(0, periods.start - WINDOW), periods.stop):
                values = {str(row): float(table.counts[row, now]) for row in group.tolist()}
                if now < periods.start or not np.isfinite(list(values.values())).any():
                    detector.absorb(now, values)
                elif len({row[1] for row in detector.rows}) + 1 >= FEWEST:
                    score[group, now - periods.start] = detector.update(now, values).score
                else:
                    detector.absorb(now, values)
        score = np.where(np.isfinite(table.counts[:, list(periods)]), score, np.nan)
        none = np.full_like(score, np.nan)
        return Judgement(none, none.copy(), score, np.nan_to_num(score) >= self.threshold)
