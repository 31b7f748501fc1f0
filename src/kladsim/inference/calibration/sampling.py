"""Sequential Monte Carlo from prior to posterior, for many data sets side by side.

Del Moral, Doucet & Jasra (2006, 10.1111/j.1467-9868.2006.00553.x): particles of the prior are moved through powers of
the likelihood, each step so small that the effective number of particles stays above a share, resampled, and moved by
random walks whose covariance is that of the particles. Coordinates are standard normal under the prior, so no bound
is ever hit. All data sets move in one array: a thousand synthetic truths cost minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.inference.calibration.emulator import BLOCK, WIDEST, SummaryEmulator, features
from kladsim.inference.calibration.random_numbers import normal, uniform

Array = NDArray[np.float64]
Tell = Callable[[int, float], None]
KEEP = 0.5  # effective share of particles after each step
MOVES, LAST_MOVES = 8, 60  # after each step, and after the last: synthetic truths are sampled like what ships
MOST_STEPS = 60
INFLATED = 1.2  # covariance of proposals over that of the particles: tails must be reached


@dataclass(frozen=True)
class Likelihood:
    """The Gaussian likelihood of data: emulator with its error, the luck of one replicate, errors of observation.

    Parameters
    ----------
    observed : float64[truths, outputs]
    sd : float64[outputs], errors of observation
    """

    emulator: SummaryEmulator
    observed: Array
    sd: Array

    def __call__(self, z: Array) -> Array:
        """Return log likelihoods, float64[truths, particles], of coordinates float64[truths, particles, parameters].

        Single precision: what it loses is far below a unit of log likelihood, and it halves the time.
        """
        from scipy.special import ndtr

        truths, particles, d = z.shape
        x = (2.0 * ndtr(z.reshape(-1, d)) - 1.0).astype(np.float32)
        observed = np.repeat(np.arange(truths), particles)
        found = np.empty(len(x))
        noise = (self.sd**2).astype(np.float32)
        data = self.observed.astype(np.float32)
        weights, slopes = self._single
        for begin in range(0, len(x), BLOCK):
            part = slice(begin, begin + BLOCK)
            error = features(x[part]) @ weights
            error -= data[observed[part]]
            variance = x[part] @ slopes[1:]
            np.clip(variance, -WIDEST, WIDEST, out=variance)
            variance += slopes[0]
            np.exp(variance, out=variance)
            variance += noise
            error *= error
            error /= variance
            error += np.log(variance)
            found[part] = -0.5 * error.sum(axis=1, dtype=np.float64)
        return found.reshape(truths, particles)

    @cached_property
    def _single(self) -> tuple[Any, Any]:
        return self.emulator.weights.astype(np.float32), self.emulator.log_variance.astype(np.float32)


@dataclass(frozen=True)
class Sampled:
    """Particles (float64[truths, particles, parameters], standard normal under the prior) and how it went."""

    z: Array
    log_likelihood: Array
    evidence: Array
    steps: int
    acceptance: Array

    @property
    def u(self) -> Array:
        """Particles as shares of the priors."""
        from scipy.special import ndtr

        return np.asarray(ndtr(self.z))


def sample(
    likelihood: Callable[[Array], Array],
    truths: int,
    parameters: int,
    *,
    particles: int = 200,
    moves: int = MOVES,
    last_moves: int = LAST_MOVES,
    seed: int = 1,
    tell: Tell | None = None,
) -> Sampled:
    """Return particles of the posterior of each truth, all of equal weight."""
    z = normal(seed, "sampler", 0, (truths, particles, parameters))
    ll = likelihood(z)
    power, evidence = np.zeros(truths), np.zeros(truths)
    stay = np.full(truths, 0.5)
    step, count = 0, 4
    accepted = np.ones(truths)
    while (power < 1.0).any() and step < MOST_STEPS:
        rise = _rise(ll, power)
        weights, gain = _weights(ll, rise)
        evidence += gain
        power = np.minimum(1.0, power + rise)
        moved = rise > 0.0
        z, ll = _resampled(z, ll, weights, moved, uniform(seed, "sampler", count, (truths,)))
        count += 4
        for _ in range(moves):
            walking = count // 4 % 3 == 0
            z, ll, accepted, count = _walk(likelihood, z, ll, power, stay, seed, count)
            if not walking:
                stay = np.clip(stay - 0.5 * (accepted - 0.3), 0.0, 0.97)
        step += 1
        if tell is not None:
            tell(step, float(power.min()))
    for _ in range(last_moves):
        z, ll, accepted, count = _walk(likelihood, z, ll, power, stay, seed, count)
    return Sampled(z, ll, evidence, step, accepted)


def _rise(ll: Array, power: Array) -> Array:
    """The largest rise of the power, by truth, that keeps the effective share of particles (bisection)."""
    low, high = np.zeros(len(ll)), 1.0 - power
    ok = _effective(ll, high) >= KEEP
    low = np.where(ok, high, low)
    for _ in range(30):
        middle = 0.5 * (low + high)
        fine = _effective(ll, middle) >= KEEP
        low, high = np.where(fine, middle, low), np.where(fine, high, middle)
    return np.asarray(np.where(ok, 1.0 - power, np.maximum(low, 1e-6)))


def _weights(ll: Array, rise: Array) -> tuple[Array, Array]:
    exponent = rise[:, None] * ll
    top = exponent.max(axis=1, keepdims=True)
    weights = np.exp(exponent - top)
    total = weights.sum(axis=1)
    return weights / total[:, None], np.asarray(top[:, 0] + np.log(total / ll.shape[1]))


def _effective(ll: Array, rise: Array) -> Array:
    weights, _ = _weights(ll, rise)
    return np.asarray(1.0 / (weights**2).sum(axis=1) / ll.shape[1])


def _resampled(z: Array, ll: Array, weights: Array, which: Any, luck: Array) -> tuple[Array, Array]:
    """Systematic resampling of the truths that moved."""
    particles = ll.shape[1]
    places = (np.arange(particles)[None, :] + luck[:, None]) / particles
    steps = np.cumsum(weights, axis=1)
    steps /= steps[:, -1:]
    index = np.stack(
        [
            np.searchsorted(steps[t], places[t]) if which[t] else np.arange(particles)
            for t in range(len(ll))
        ]
    )
    index = np.minimum(index, particles - 1)
    return np.take_along_axis(z, index[:, :, None], axis=1), np.take_along_axis(ll, index, axis=1)


def _walk(
    likelihood: Callable[[Array], Array], z: Array, ll: Array, power: Array, stay: Array, seed: int, count: int
) -> tuple[Array, Array, Array, int]:
    """Move the halves of the particles in turn, each by proposals made from the other (so that moves are exact)."""
    half = z.shape[1] // 2
    taken = np.zeros(ll.shape, dtype=np.bool_)
    z, ll = z.copy(), ll.copy()
    for own, other in ((slice(0, half), slice(half, None)), (slice(half, None), slice(0, half))):
        walk = count // 4 % 3 == 0
        proposal, ratio = _proposed(z[:, own], z[:, other], stay, walk, seed, count)
        value = likelihood(proposal)
        prior = 0.5 * ((z[:, own] ** 2).sum(axis=2) - (proposal**2).sum(axis=2))
        level = np.log(uniform(seed, "sampler", count + 1, value.shape))
        taken[:, own] = level < ratio + prior + power[:, None] * (value - ll[:, own])
        z[:, own] = np.where(taken[:, own, None], proposal, z[:, own])
        ll[:, own] = np.where(taken[:, own], value, ll[:, own])
        count += 2
    return z, ll, np.asarray(taken.mean(axis=1)), count


def _proposed(z: Array, others: Array, stay: Array, walk: bool, seed: int, count: int) -> tuple[Array, Array]:
    """Return proposals and their log density ratio: a random walk, or towards the others' normal distribution.

    The second kind keeps a share ``stay`` of the way from the mean and is reversible for that distribution: near a
    normal posterior particles become independent in a few moves.
    """
    d = z.shape[2]
    middle = others.mean(axis=1, keepdims=True)
    away = others - middle
    covariance = np.matmul(np.swapaxes(away, 1, 2), away) / (others.shape[1] - 1) + 1e-6 * np.eye(d)
    root = np.linalg.cholesky(INFLATED * covariance)
    step = np.matmul(normal(seed, "sampler", count, z.shape), np.swapaxes(root, 1, 2))
    if walk:
        return z + 2.0 / np.sqrt(d * INFLATED) * step, np.zeros(z.shape[:2])
    rho, centred = stay[:, None, None], z - middle
    proposal = middle + rho * centred + np.sqrt(1.0 - rho**2) * step
    inverse = np.swapaxes(np.linalg.inv(root), 1, 2)
    old = (np.matmul(centred, inverse) ** 2).sum(axis=2)
    new = (np.matmul(proposal - middle, inverse) ** 2).sum(axis=2)
    return proposal, np.asarray(0.5 * (new - old))


def rhat(z: Array) -> Array:
    """Return the potential scale reduction between independent repeats, by parameter (10.1214/ss/1177011136).

    ``z`` is float64[repeats, particles, parameters].
    """
    n = z.shape[1]
    within = z.var(axis=1, ddof=1).mean(axis=0)
    between = z.mean(axis=1).var(axis=0, ddof=1)
    return np.asarray(np.sqrt(((n - 1) / n * within + between) / within))


def laplace(likelihood: Callable[[Array], Array], start: Array, rounds: int = 400, seed: int = 7) -> Array:
    """Return the coordinates of the highest posterior density near the best of some particles (a point fit)."""
    from scipy.optimize import minimize

    def loss(flat: Array) -> float:
        value = float(likelihood(flat[None, None, :])[0, 0])
        return 0.5 * float((flat**2).sum()) - value

    best = min(start, key=loss)
    found = minimize(loss, best, method="Powell", options={"maxiter": rounds, "xtol": 1e-3, "ftol": 1e-5})
    return np.asarray(found.x if found.fun < loss(best) else best)
