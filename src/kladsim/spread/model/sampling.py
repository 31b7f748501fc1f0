"""Draw from a posterior over standard-normal coordinates: Hamiltonian Monte Carlo, many chains at once.

Neal (2011), arXiv:1206.1901, with the step size tuned by dual averaging (Hoffman & Gelman 2014, arXiv:1111.4246) on the
mean acceptance of all chains. Chains move side by side, so that one call of the density serves all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kladsim.spread.model.random_numbers import normal, uniform

Floats = NDArray[np.float64]
Density = Callable[[Floats], tuple[Floats, Floats]]
ACCEPTANCE = 0.8
LENGTH = 1.6
"""Length of a trajectory; a quarter of the period of a standard normal is 1.57."""
MOST_STEPS = 16
JITTER = 1e-6


@dataclass(frozen=True, eq=False)
class Chains:
    """Kept coordinates (steps × chains × dimension) and the number of calls of the density."""

    z: Floats
    calls: int


class Hamiltonian:
    """Chains of a density times a standard normal prior.

    Parameters
    ----------
    density : of B × dimension, returns B values and their gradient; each row apart from the others
    shaped : leading coordinates whose covariance is learnt in the warm-up
    seed : all random numbers are a pure function of it
    """

    def __init__(self, density: Density, dimension: int, *, shaped: int, chains: int, seed: int) -> None:
        self.density, self.shaped, self.seed, self.step = density, shaped, seed, 0
        self.root: Floats = np.eye(shaped)
        self.size, self.calls = 0.1, 0
        self.z: Floats = normal(seed, "sampler", 0, (chains, dimension))
        self.value, self.gradient = self._posterior(self.z)

    def _posterior(self, z: Floats) -> tuple[Floats, Floats]:
        self.calls += 1
        value, gradient = self.density(z)
        with np.errstate(over="ignore"):
            return value - 0.5 * (z**2).sum(axis=1), gradient - z

    def warm_up(self, steps: int, progress: Callable[[], None] | None = None) -> None:
        """Find the step size, and the shape of the leading coordinates twice."""
        for part in range(3):
            visited = self._tune(steps // 3, progress)
            if part < 2:
                cloud = visited[len(visited) // 2 :, :, : self.shaped].reshape(-1, self.shaped)
                covariance = np.cov(cloud.T) + JITTER * np.eye(self.shaped)
                self.root = np.asarray(np.linalg.cholesky(covariance), dtype=np.float64)

    def _tune(self, steps: int, progress: Callable[[], None] | None) -> Floats:
        centre, error, average = math.log(10.0 * self.size), 0.0, 0.0
        visited = np.empty((steps, *self.z.shape))
        for t in range(1, steps + 1):
            accepted = self.move()
            visited[t - 1] = self.z
            error += (ACCEPTANCE - accepted - error) / (t + 10.0)
            log_size = min(centre - math.sqrt(t) / 0.05 * error, 0.0)
            average += t**-0.75 * (log_size - average)
            self.size = math.exp(log_size)
            if progress is not None:
                progress()
        self.size = math.exp(average)
        return visited

    def move(self) -> float:
        """Move every chain once; return the mean chance of acceptance."""
        self.step += 1
        base = 4 * self.step
        size = self.size * float(uniform(self.seed, "sampler", base + 1, (1,))[0] * 0.4 + 0.8)
        steps = max(1, min(MOST_STEPS, round(LENGTH / self.size)))
        k = self.shaped
        momentum = normal(self.seed, "sampler", base, self.z.shape)
        energy = self.value - 0.5 * (momentum**2).sum(axis=1)
        z, gradient = self.z.copy(), self.gradient
        value = self.value
        for _ in range(steps):
            momentum = momentum + 0.5 * size * self._turned(gradient)
            z[:, :k] += size * (momentum[:, :k] @ self.root.T)
            z[:, k:] += size * momentum[:, k:]
            value, gradient = self._posterior(z)
            momentum = momentum + 0.5 * size * self._turned(gradient)
        with np.errstate(over="ignore", invalid="ignore"):
            chance = np.exp(np.minimum(value - 0.5 * (momentum**2).sum(axis=1) - energy, 0.0))
        chance = np.where(np.isfinite(chance), chance, 0.0)
        taken = uniform(self.seed, "sampler", base + 2, (len(z),)) < chance
        self.z = np.where(taken[:, None], z, self.z)
        self.value = np.where(taken, value, self.value)
        self.gradient = np.where(taken[:, None], gradient, self.gradient)
        return float(chance.mean())

    def _turned(self, gradient: Floats) -> Floats:
        k = self.shaped
        return np.concatenate([gradient[:, :k] @ self.root, gradient[:, k:]], axis=1)

    def sample(self, kept: int, progress: Callable[[], None] | None = None) -> Floats:
        """Return ``kept`` steps × chains × dimension."""
        out = np.empty((kept, *self.z.shape))
        for step in range(kept):
            self.move()
            out[step] = self.z
            if progress is not None:
                progress()
        return out


def split_rhat(x: Floats) -> float:
    """Potential scale reduction of split chains (steps × chains); Gelman & Rubin, split as in Gelman et al. 2013."""
    half = len(x) // 2
    parts = np.concatenate([x[:half], x[half : 2 * half]], axis=1)
    within = parts.var(axis=0, ddof=1).mean()
    between = half * parts.mean(axis=0).var(ddof=1)
    return float(np.sqrt(((half - 1) / half * within + between / half) / within)) if within > 0 else 1.0


def effective_draws(x: Floats) -> float:
    """Effective number of independent draws of steps × chains (initial positive pairs; Geyer 1992)."""
    steps, chains = x.shape
    centred = x - x.mean()
    spectrum = np.fft.rfft(centred, n=2 * steps, axis=0)
    covariance = np.fft.irfft(spectrum * np.conj(spectrum), axis=0)[:steps].mean(axis=1) / steps
    if covariance[0] <= 0:
        return float(steps * chains)
    rho = covariance / covariance[0]
    pairs = rho[0 : steps - steps % 2 : 2] + rho[1:steps:2][: steps // 2]
    last = int(np.argmax(pairs < 0)) if (pairs < 0).any() else len(pairs)
    return float(min(steps * chains / max(2.0 * pairs[:last].sum() - 1.0, 1e-3), steps * chains * 1.5))
