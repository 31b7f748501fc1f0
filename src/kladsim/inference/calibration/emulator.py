"""An emulator of what the model says of data: an additive quadratic in the parameters, with its own error and noise.

Inputs are shares of the priors stretched to -1..1. Each output is a ridge regression on all inputs and their squares
(scikit-learn's ``RidgeCV``, strength by leave-one-out). Products of inputs do harm with as few runs as a design has:
on 112 runs of the first wave the median leave-one-out R2 was 0.60 with all products, 0.73 without, and 0.71 without
squares. The variance is a log-linear function of the inputs fitted to the squared leave-one-out residuals: lack of
fit and the luck of one replicate together, so that a likelihood which uses it has both in. One more term, the
leverage, widens it where few runs lie.
"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import StorageError
from kladsim.core.extras import extra
from kladsim.core.files import write_atomically

Array = NDArray[np.float64]
ALPHAS = np.logspace(-2, 4, 25)
LOG_CHI2 = -1.2703628  # mean of the logarithm of a chi-square number with one degree of freedom
BLOCK = 16_384
FEWEST, UNKNOWN = 8, 14.0
WIDEST = 3.0  # the fitted log variance stays within so many units of its mean


@dataclass(frozen=True)
class SummaryEmulator:
    """A fitted emulator.

    Parameters
    ----------
    weights : float64[features, outputs]
    log_variance : float64[1 + parameters, outputs]
    inverse : float64[features, features], for the leverage of a point
    leverage : mean leverage of the runs it was fitted to
    r2 : share of the variance of unseen runs (leave one out) that the mean explains, by output
    """

    weights: Array
    log_variance: Array
    inverse: Array
    leverage: float
    r2: Array

    @property
    def parameters(self) -> int:
        """Number of inputs."""
        return len(self.log_variance) - 1

    def select_outputs(self, outputs: Array) -> SummaryEmulator:
        """Return the emulator of some outputs."""
        return replace(
            self,
            weights=self.weights[:, outputs],
            log_variance=self.log_variance[:, outputs],
            r2=self.r2[outputs],
        )

    def predict(self, u: Array, extra: bool = True) -> tuple[Array, Array]:
        """Return mean and variance (emulator's error and replicate noise) at shares ``u`` of the priors.

        ``u`` is float64[points, parameters]; both results are float64[points, outputs]. ``extra`` adds the leverage.
        """
        means = np.empty((len(u), self.weights.shape[1]))
        variances = np.empty_like(means)
        middle = self.log_variance[0]
        for begin in range(0, len(u), BLOCK):
            x = 2.0 * u[begin : begin + BLOCK] - 1.0
            f = features(x)
            means[begin : begin + BLOCK] = f @ self.weights
            spread = np.clip(x @ self.log_variance[1:], -WIDEST, WIDEST)
            v = np.exp(middle + spread)
            if extra:
                v *= (1.0 + np.maximum(0.0, ((f @ self.inverse) * f).sum(axis=1) - self.leverage))[:, None]
            variances[begin : begin + BLOCK] = v
        return means, variances


def features(x: Array) -> Array:
    """Return 1, all inputs, and their centred squares: float64[points, features] (single precision stays single)."""
    d = x.shape[1]
    out = np.empty((len(x), 1 + 2 * d), dtype=x.dtype)
    out[:, 0] = 1.0
    out[:, 1 : 1 + d] = x
    np.multiply(x, x, out=out[:, 1 + d :])
    out[:, 1 + d :] -= 1.0 / 3.0
    return out


def fit(u: Array, y: Array, weight: Array | None = None) -> SummaryEmulator:
    """Fit an emulator to runs at shares ``u`` (float64[runs, parameters]) with outputs ``y`` (float64[runs, outputs]).

    Runs whose output is not a number are left out for that output; ``weight`` counts some runs for more.
    """
    x = 2.0 * u - 1.0
    f = features(x)
    w = np.ones(len(u)) if weight is None else weight
    weights, log_variance = np.zeros((f.shape[1], y.shape[1])), np.zeros((x.shape[1] + 1, y.shape[1]))
    r2, alphas = np.zeros(y.shape[1]), np.zeros(y.shape[1])
    known = np.isfinite(y)
    patterns = {known[:, j].tobytes(): known[:, j] for j in range(y.shape[1])}
    for keep in patterns.values():  # outputs that are known for the same runs share their decompositions
        which = np.flatnonzero((known == keep[:, None]).all(axis=0))
        if keep.sum() < FEWEST:  # hardly any run says anything of it: nothing is known
            log_variance[0, which] = UNKNOWN
            continue
        part = _some(f[keep], x[keep], y[keep][:, which], w[keep])
        weights[:, which], log_variance[:, which], r2[which], alphas[which] = part
    inverse = np.linalg.inv((f * w[:, None]).T @ f + max(float(np.median(alphas)), 1e-6) * np.eye(f.shape[1]))
    leverage = float(((f @ inverse) * f).sum(axis=1).mean())
    return SummaryEmulator(weights, log_variance, np.asarray(inverse, dtype=np.float64), leverage, r2)


def _some(f: Array, x: Array, y: Array, w: Array) -> tuple[Array, Array, Array, Array]:
    with extra("calibrate"):
        from sklearn.linear_model import RidgeCV

    centre, size = np.average(y, axis=0, weights=w), y.std(axis=0)
    size[size == 0.0] = 1.0
    target = (y - centre) / size
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = RidgeCV(alphas=ALPHAS, alpha_per_target=True).fit(f[:, 1:], target, sample_weight=w)
    weights = np.vstack([np.atleast_1d(model.intercept_), np.atleast_2d(model.coef_).T])
    alphas = np.atleast_1d(model.alpha_)
    left_out = (target - f @ weights) / (1.0 - _hats(f, w, alphas))
    variance = _log_variance(x, left_out, w)
    variance[0] += 2.0 * np.log(size)
    r2 = 1.0 - np.average(left_out**2, axis=0, weights=w) / np.average(target**2, axis=0, weights=w)
    weights = weights * size
    weights[0] += centre
    return weights, variance, np.asarray(r2), np.asarray(alphas)


def _hats(f: Array, w: Array, alphas: Array) -> Array:
    """How much of each run's own value is in its prediction: float64[runs, outputs]."""
    found = np.empty((len(f), len(alphas)))
    scaled = f * np.sqrt(w)[:, None]
    for alpha in np.unique(alphas):
        penalty = alpha * np.eye(f.shape[1])
        penalty[0, 0] = 0.0
        inner = np.linalg.solve(scaled.T @ scaled + penalty, scaled.T)
        found[:, alphas == alpha] = np.einsum("ij,ji->i", scaled, inner)[:, None]
    return np.asarray(np.minimum(0.9995, found))


def _log_variance(x: Array, residual: Array, w: Array) -> Array:
    """Fit log variance to log squared residuals by ridge, then set its level by the residuals themselves."""
    with extra("calibrate"):
        from sklearn.linear_model import RidgeCV

    target = np.log(residual**2 + 1e-4 * np.mean(residual**2, axis=0) + 1e-12) - LOG_CHI2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = RidgeCV(alphas=np.logspace(0, 4, 13), alpha_per_target=True).fit(x, target, sample_weight=w)
    slopes = np.atleast_2d(model.coef_).T
    spread = np.exp(np.clip(x @ slopes, -WIDEST, WIDEST))
    level = np.average(residual**2 / spread, axis=0, weights=w)
    return np.vstack([np.log(np.maximum(level, 1e-12)), slopes])


def quality(emulator: SummaryEmulator, u: Array, y: Array) -> dict[str, Array]:
    """Return how an emulator does on unseen runs, by output: r2, and coverage of 50, 90 and 95 % intervals."""
    mean, variance = emulator.predict(u)
    error = y - mean
    good = np.isfinite(error)
    z = np.where(good, np.abs(error) / np.sqrt(variance), np.nan)
    with np.errstate(invalid="ignore"):
        r2 = 1.0 - np.nanmean(error**2, axis=0) / np.nanvar(y, axis=0)
    found = {"r2": np.asarray(r2)}
    for level, width in ((50, 0.6745), (90, 1.6449), (95, 1.96)):
        found[f"coverage_{level}"] = np.nanmean(np.where(good, z < width, np.nan), axis=0)
    return found


def save(emulator: SummaryEmulator, path: Path, outputs: Sequence[str]) -> None:
    """Write an emulator of named outputs as an open npz file (single precision is more than its error needs)."""

    def write(temporary: Path) -> None:
        with temporary.open("wb") as handle:
            np.savez_compressed(
                handle,
                allow_pickle=False,
                weights=emulator.weights.astype(np.float32),
                log_variance=emulator.log_variance.astype(np.float32),
                r2=emulator.r2.astype(np.float32),
                outputs=np.array(list(outputs)),
            )

    write_atomically(path, write)


def load(path: Path) -> tuple[SummaryEmulator, list[str]]:
    """Return the emulator at a path and the names of its outputs; it knows no leverage.

    Raises
    ------
    StorageError : the file is missing or damaged
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            weights, log_variance, r2 = (
                np.asarray(file[name], dtype=np.float64) for name in ("weights", "log_variance", "r2")
            )
            names = [str(name) for name in file["outputs"]]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise StorageError(f"{path} is missing or damaged ({error})") from error
    inverse = np.zeros((len(weights), len(weights)))
    return SummaryEmulator(weights, log_variance, inverse, 0.0, r2), names
