"""Which numbers are too noisy to be read, and what would settle them (responsible use, rule 2).

A cell is too noisy if fewer than 20 simulated events stand behind it in all replicates together, if the Monte Carlo
error of the number shown is over a third of it, or if sampling alone makes its 90 % interval wider than a factor of
three. Doubt of parameters makes intervals wider and marks nothing: the spread of sampling is that of replicates which
share their parameters, and where none do that of counting. Nothing is blanked.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kladsim.model.samples import seller_scale
from kladsim.runs.disclosure import DisclosedArray, sample_of
from kladsim.runs.judging import levels_of
from kladsim.runs.parameters import ParameterDraws

Floats = NDArray[np.float64]

MIN_EVENTS = 20
MAX_ERROR = 1.0 / 3.0
MAX_FACTOR = 3.0
MAX_REPLICATES = 200
NORMAL_90 = 1.6448536269514722
"""Half-width of a 90 % interval in standard deviations."""
MEDIAN_ERROR = math.sqrt(math.pi / 2)
"""A median's standard error is this much the mean's, for nearly normal values."""
POOLING = "pooling"
MIDDLE_90 = (0.05, 0.95)
_HALF_OF_FACTOR_3 = (MAX_FACTOR - 1.0) / (MAX_FACTOR + 1.0)
"""An interval of so much to both sides of its middle is a factor of 3 wide."""
_JUST_OVER = math.nextafter(1.0, 2.0)


@dataclass(frozen=True)
class Sampling:
    """What of a run tells sampling from doubt of parameters.

    Parameters
    ----------
    scale : persons for whom one simulated person stands (k of scale 1/k)
    draws : the draw of parameters of each replicate; equal numbers share their parameters
    """

    scale: int
    draws: tuple[int, ...]

    @classmethod
    def of_run(cls, scale: float, draws: ParameterDraws | None, replicates: int) -> Sampling:
        """Return the sampling of a run's replicates; without draws they share their parameters."""
        numbers = (0 if draws is None else draws.index(number) for number in range(replicates))
        return cls(max(1, round(scale)), tuple(numbers))


@dataclass(frozen=True)
class Noise:
    """Of each cell: whether it is too noisy, and what would settle it ("" where nothing has to be)."""

    noisy: NDArray[np.bool_]
    settled_by: NDArray[np.object_]


def quantiles(values: Floats, ends: tuple[float, float] | None = None) -> Floats:
    """Median and interval over the first axis (replicates): 5 and 95 %, or smallest and largest of fewer than 19.

    One replicate has no interval. A value that is not defined in a replicate (NaN) is left out; a cell is NaN where it
    is defined in none. ``ends`` are other shares at which the interval shall end.
    """
    if values.shape[0] < 2:
        empty = np.full_like(values[0], np.nan)
        return np.stack([values[0], empty, empty])
    levels = [0.5, *(ends or levels_of(len(values)))]
    table = np.asarray(np.quantile(values, levels, axis=0))
    partly = np.isnan(values).any(axis=0) & ~np.isnan(values).all(axis=0)
    if partly.any():
        table[:, partly] = np.nanquantile(values[:, partly], levels, axis=0)
    return table


def assess(item: DisclosedArray, values: Floats, sampling: Sampling) -> Noise:
    """Judge ``values`` (replicates first) of an outcome, or of a coarser form of it."""
    return judge(values, weight_of(item, sampling.scale), sampling)


def weight_of(item: DisclosedArray, scale: int) -> float:
    """Return what one thing that was simulated counts in an outcome at scale 1/``scale``; 0 where it is no count."""
    weights = {"persons": float(scale), "sellers": scale / seller_scale(scale), "whole": 1.0, "none": 0.0}
    return weights[sample_of(item)]


def judge(values: Floats, weight: float, sampling: Sampling) -> Noise:
    """Judge cells by the events behind them, the error of their median and the width of their interval.

    Parameters
    ----------
    values : float64[replicates, ...]; NaN where not defined
    weight : what one simulated event counts in the values; 0 where they are no counts
    sampling : the run's scale, and which replicates share their parameters
    """
    flat = values.reshape(len(values), -1)
    n = np.isfinite(flat).sum(axis=0)
    size = np.where(np.isfinite(flat), np.abs(flat), 0.0).sum(axis=0)
    spread = np.sqrt(_sampling_variance(flat, weight, sampling.draws))
    few, error, width = _excess(flat, n, size, spread, weight)
    unknown = (n == 1) & np.isnan(spread)  # one value that is no count: nothing tells its spread
    noisy = (n > 0) & (unknown | (np.maximum(np.maximum(few, error), width) > 1.0))
    texts = np.full(len(n), "", dtype=object)
    for cell in np.flatnonzero(noisy):
        more = 2.0 if unknown[cell] else max(few[cell], error[cell])
        texts[cell] = _settle(int(n[cell]), sampling.scale, float(more), float(width[cell]))
    shape = values.shape[1:]
    return Noise(noisy.reshape(shape), texts.reshape(shape))


def _excess(
    flat: Floats, n: NDArray[np.int64], size: Floats, spread: Floats, weight: float
) -> tuple[Floats, Floats, Floats]:
    """Return how many times as much is needed, by events, by error and by width: a cell is settled at 1 or less.

    Squares, as replicates and persons make errors smaller by their root. Where no event was simulated, fewer than
    three are likely.
    """
    table = quantiles(flat, MIDDLE_90)  # what a 90 % interval would be, not the range of few
    known = np.maximum(n, 1)
    typical = np.where(table[0] != 0.0, np.abs(table[0]), size / known)
    with np.errstate(divide="ignore", invalid="ignore"):
        few = np.where(size > 0, MIN_EVENTS * weight / size, MIN_EVENTS / 3.0) if weight else np.zeros(len(n))
        error = np.square(MEDIAN_ERROR * spread / np.sqrt(known) / (MAX_ERROR * typical))
        width = np.square(NORMAL_90 * spread / (_HALF_OF_FACTOR_3 * typical))
    error, width = np.nan_to_num(error, nan=0.0), np.nan_to_num(width, nan=0.0)
    error = np.where((table[0] == 0.0) & (spread > 0.0), np.maximum(error, _JUST_OVER), error)
    return few, error, np.where(_is_wide(flat, table, spread), np.maximum(width, _JUST_OVER), width)


def _sampling_variance(flat: Floats, weight: float, draws: tuple[int, ...]) -> Floats:
    """Variance of one replicate by sampling alone, NaN where it cannot be told."""
    squares, free = np.zeros(flat.shape[1]), np.zeros(flat.shape[1])
    for number in set(draws):
        group = flat[np.asarray(draws) == number]
        known = np.isfinite(group)
        count = known.sum(axis=0)
        if len(group) > 1:
            mean = np.where(known, group, 0.0).sum(axis=0) / np.maximum(count, 1)
            squares += np.square(np.where(known, group - mean, 0.0)).sum(axis=0)
            free += np.maximum(count - 1, 0)
    known = np.isfinite(flat)
    mean = np.where(known, np.abs(flat), 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    counting = weight * mean if weight else np.full(flat.shape[1], np.nan)
    return np.where(free > 0, squares / np.maximum(free, 1.0), counting)


def _is_wide(flat: Floats, table: Floats, spread: Floats) -> NDArray[np.bool_]:
    """Whether the part of the interval over replicates that is due to sampling is too wide."""
    if len(flat) < 2:
        return np.zeros(flat.shape[1], dtype=bool)
    known = np.isfinite(flat)
    n = known.sum(axis=0)
    mean = np.where(known, flat, 0.0).sum(axis=0) / np.maximum(n, 1)
    whole = np.sqrt(np.square(np.where(known, flat - mean, 0.0)).sum(axis=0) / np.maximum(n - 1, 1))
    part = np.minimum(1.0, np.divide(spread, whole, out=np.zeros_like(whole), where=whole > 0))
    median, low, high = table
    low, high = median - part * (median - low), median + part * (high - median)
    crosses = (low <= 0.0) & (high >= 0.0) & (low != high)
    small, large = np.minimum(np.abs(low), np.abs(high)), np.maximum(np.abs(low), np.abs(high))
    return np.asarray(crosses | (large > MAX_FACTOR * small))


def _settle(n: int, scale: int, more: float, width: float) -> str:
    """Return the replicates that settle a cell, else the larger scale, else the cell above it.

    More replicates add events and make the error smaller; only more persons make the interval narrower.
    """
    replicates = math.ceil(n * more) if math.isfinite(more) else MAX_REPLICATES + 1
    if width <= 1.0 and replicates <= MAX_REPLICATES:
        return f"{max(replicates, n + 1)} replicates"
    needed = max(more, width)
    larger = min(math.floor(scale / needed), scale - 1) if math.isfinite(needed) else 0
    return f"scale 1/{larger}" if larger >= 1 else POOLING
