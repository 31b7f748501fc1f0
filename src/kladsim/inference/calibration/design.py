"""The designs of calibration: points that fill the prior, then points that the first wave's emulator cannot rule out.

History matching (Craig et al. 1997; Vernon, Goldstein & Bower 2010, 10.1214/10-BA524): the implausibility of a point
is the distance between data and emulator in standard deviations of everything that is not known: the observation's
error, the emulator's own, and the luck of one replicate. A point stays if no more than a few data lie beyond three.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kladsim.inference.calibration.emulator import SummaryEmulator
from kladsim.inference.calibration.observation import Datum
from kladsim.inference.calibration.running import CalibrationTask
from kladsim.runs.priors import ParameterPrior, values_at

Array = NDArray[np.float64]
CUT = 3.0
SPARED = 2  # data that may lie beyond the cut: the model need not be right about everything
CANDIDATES = 2**17


@dataclass(frozen=True)
class Matched:
    """What history matching left: the share of the prior, and the points chosen for the next wave."""

    share: float
    points: Array
    cut: float


def filling(points: int, parameters: int, seed: int = 1) -> Array:
    """Return scrambled Sobol points in the unit cube."""
    from scipy.stats import qmc

    with warnings.catch_warnings():  # points need not be a power of two; that only loses a little balance
        warnings.simplefilter("ignore", UserWarning)
        return np.asarray(qmc.Sobol(parameters, scramble=True, rng=seed).random(points))


def implausibility(emulator: SummaryEmulator, u: Array, data: Sequence[Datum]) -> Array:
    """Return how implausible points are: the largest distance but for the few data that are spared."""
    observed = np.array([datum.observed for datum in data])
    noise = np.array([datum.sd for datum in data]) ** 2
    mean, variance = emulator.predict(u)
    distance = np.abs(mean - observed) / np.sqrt(variance + noise)
    return np.asarray(np.sort(distance, axis=1)[:, -1 - SPARED])


def match(emulator: SummaryEmulator, data: Sequence[Datum], points: int, seed: int = 2) -> Matched:
    """Return points of the prior that are not ruled out, far from one another.

    Where fewer are left than asked for, the least implausible are taken.
    """
    u = filling(CANDIDATES, emulator.parameters, seed)
    size = implausibility(emulator, u, data)
    share = float((size < CUT).mean())
    cut = max(CUT, float(np.sort(size)[3 * points]))
    left = u[size <= cut]
    return Matched(share, _apart(left, points), cut)


def _apart(u: Array, points: int) -> Array:
    """Choose points one by one, each the farthest from those chosen (of a few thousand)."""
    u = u[:4096]
    if len(u) <= points:
        return u
    chosen = [0]
    distance = ((u - u[0]) ** 2).sum(axis=1)
    while len(chosen) < points:
        chosen.append(int(np.argmax(distance)))
        distance = np.minimum(distance, ((u - u[chosen[-1]]) ** 2).sum(axis=1))
    return np.asarray(u[np.sort(chosen)])


def list_tasks(
    priors: Sequence[ParameterPrior], u: Array, *, scale: int, first: int = 0, country: str = "russia", digits: int = 8
) -> list[CalibrationTask]:
    """Return one run a point; its replicate (its luck) is the point's number, so that seeds vary over the design."""
    names = [prior.name for prior in priors]
    points = [[float(f"{value:.{digits}g}") for value in row] for row in values_at(priors, u)]
    return [
        CalibrationTask(tuple(zip(names, point, strict=True)), first + i, scale, country)
        for i, point in enumerate(points)
    ]
