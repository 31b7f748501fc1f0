"""What a country sees of a simulated arrival: counts and loads with zeal, campaigns, seasons, delay and noise.

Three classes of data availability: rich (all five series, complete after two months), medium (police series, after four
months), poor (all cases and small packets only, after six months). All constants are assumptions, drawn anew for each
outbreak from the ranges below; zeal is never told by country (responsible use). Random numbers come from the
counter-based generator, so outbreak number i is the same everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kladsim.core.random_arrays import stream_key, unit
from kladsim.monitor.simulated_outbreaks import Curve

Array = NDArray[np.float64]
CLASSES: dict[str, tuple[tuple[str, ...], int]] = {
    "rich": (("cases", "online cases", "dealers", "small packets", "wastewater"), 2),
    "medium": (("cases", "dealers", "small packets"), 4),
    "poor": (("cases", "small packets"), 6),
}
ONSET, TAKEOFF = 0.01, 0.10  # shares of purchases made by drops: the outbreak begins, and takes off
BURN_IN = 36  # periods before detectors are judged
AFTER = 36  # periods followed after the onset
NULL_YEARS = 7
STREAM = 9001
"""The random stream of observation noise; no other part uses it."""


@dataclass(frozen=True, eq=False)
class Observed:
    """One country's series: values by name (NaN where missing), the true share, onset and take-off (periods)."""

    number: int
    availability: str
    series: dict[str, Array]
    share: Array
    onset: int | None
    takeoff: int | None
    delay: int

    @property
    def first(self) -> int:
        """First period that counts."""
        return BURN_IN


class ObservationNoise:
    """Uniform, normal and count draws of one outbreak, a pure function of its number."""

    def __init__(self, number: int, seed: int = 1) -> None:
        self.key = stream_key(seed, STREAM, number)
        self.at = 0

    def uniform(self, n: int = 1) -> Array:
        out = unit(self.key, range(self.at, self.at + n))
        self.at += n
        return out

    def between(self, low: float, high: float, log: bool = False) -> float:
        u = float(self.uniform()[0])
        return float(low * (high / low) ** u) if log else low + (high - low) * u

    def normal(self, n: int) -> Array:
        from scipy.special import ndtri

        return np.asarray(ndtri(np.clip(self.uniform(n), 1e-12, 1 - 1e-12)))

    def counts(self, mean: Array, dispersion: float) -> Array:
        """Negative binomial counts with variance mean + dispersion * mean**2."""
        from scipy.stats import nbinom

        size = 1.0 / dispersion
        return np.asarray(nbinom.ppf(self.uniform(len(mean)), size, size / (size + np.maximum(mean, 1e-9))))


def observe(curve: Curve | None, number: int, availability: str) -> Observed:
    """Return what a country of a class of availability sees of a curve that starts after years of calm."""
    draws = ObservationNoise(number)
    calm = BURN_IN + int(draws.between(6, 36))
    share = np.zeros(12 * NULL_YEARS + BURN_IN) if curve is None else np.append(np.zeros(calm), curve.share)
    onset = first_at(share, ONSET)
    end = len(share) if onset is None else min(len(share), onset + AFTER + 1)
    share = share[:end]
    names, delay = CLASSES[availability]
    every = _series(share, draws)
    series = {name: every[name] for name in names}
    for values in series.values():
        values[draws.uniform(len(values)) < 0.03] = np.nan
    return Observed(number, availability, series, share, onset, first_at(share, TAKEOFF), delay)


def first_at(share: Array, level: float) -> int | None:
    """Return the first period in which the share reaches a level."""
    above = np.flatnonzero(share >= level)
    return int(above[0]) if len(above) else None


def _series(share: Array, d: ObservationNoise) -> dict[str, Array]:
    n = len(share)
    zeal = _zeal(n, d)
    season = 1.0 + d.between(0.05, 0.25) * np.cos(2 * np.pi * (np.arange(n) - d.between(0, 12)) / 12)
    level = d.between(80, 2000, log=True)
    dispersion = d.between(0.005, 0.03)
    messaging = d.between(0.01, 0.03) * (1.0 + d.between(0.0, 0.2) * np.arange(n) / 12)
    own = np.exp(0.05 * d.normal(n))
    return {
        "cases": d.counts(level * zeal * season * (1 + d.between(0.2, 0.8) * share), dispersion),
        "online cases": d.counts(
            0.3 * level * zeal * season * (messaging + d.between(0.15, 0.5) * share) * own, 2 * dispersion
        ),
        "dealers": d.counts(0.15 * level * zeal * season * (1 + d.between(0.3, 1.5) * share), 2 * dispersion),
        "small packets": d.counts(
            0.2 * level * zeal * _zeal(n, d, 0.5) * (1 + d.between(1.0, 4.0) * share), 2 * dispersion
        ),
        "wastewater": _wastewater(share, d),
    }


def _zeal(n: int, d: ObservationNoise, part: float = 1.0) -> Array:
    """A slow walk with campaigns of three to six months, about one in three years."""
    slow = np.cumsum(0.03 * part * d.normal(n))
    level = np.exp(slow - slow.mean())
    for start in np.flatnonzero(d.uniform(n) < part / 36.0):
        level[start : start + int(d.between(3, 7))] *= 1.0 + part * d.between(0.2, 0.6)
    return np.asarray(level)


def _wastewater(share: Array, d: ObservationNoise) -> Array:
    """A week of sampling each quarter: a quarter of noise on a slowly moving load."""
    n = len(share)
    load = d.between(20, 200, log=True) * np.exp(np.cumsum(0.02 * d.normal(n))) * (1 + d.between(0.2, 0.8) * share)
    seen = load * np.exp(0.25 * d.normal(n))
    seen[np.arange(n) % 3 != 0] = np.nan
    return np.asarray(seen)


def ratios(series: dict[str, Array]) -> dict[str, Array]:
    """Return the series that single-series detectors are given: counts, and shares per thousand where both exist.

    Cases and small packets stay counts; online cases and dealers become per-thousand of all cases, which cancels zeal.
    """
    out = dict(series)
    for name in ("online cases", "dealers"):
        if name in out and "cases" in out:
            with np.errstate(invalid="ignore", divide="ignore"):
                out[name] = np.where(out["cases"] > 0, 1000.0 * out[name] / out["cases"], np.nan)
    return out
