"""Draw from a posterior over standard-normal coordinates: elliptical slice sampling, many chains at once.

Murray, Adams & MacKay (2010), arXiv:1001.0356: no step to tune, any dimension, exact for a Gaussian prior, which every
prior of the spread model is. Chains move side by side, so that one call of the likelihood serves all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kladsim.spread.model.random_numbers import normal, uniform

Floats = NDArray[np.float64]
LogLikelihood = Callable[[Floats], Floats]
MAX_SHRINKS = 200


@dataclass(frozen=True, eq=False)
class Chains:
    """Kept coordinates (steps × chains × dimension), their log likelihood and the number of likelihood calls."""

    z: Floats
    log_likelihood: Floats
    calls: int


def elliptical_slice(
    log_likelihood: LogLikelihood,
    dimension: int,
    *,
    chains: int = 32,
    warmup: int = 500,
    kept: int = 500,
    thin: int = 1,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Chains:
    """Sample coordinates whose prior is standard normal.

    Parameters
    ----------
    log_likelihood : of B × dimension, returns B values; each row apart from the others
    kept, thin : steps that are kept, every ``thin``-th one, after ``warmup`` steps
    seed : all luck is a pure function of it
    """
    z = normal(seed, "sampler", 0, (chains, dimension))
    now, calls = log_likelihood(z), 1
    kept_z = np.empty((kept, chains, dimension))
    kept_l = np.empty((kept, chains))
    total = warmup + kept * thin
    for step in range(1, total + 1):
        z, now, used = _move(log_likelihood, z, now, seed, step)
        calls += used
        if step > warmup and (step - warmup) % thin == 0:
            place = (step - warmup) // thin - 1
            kept_z[place], kept_l[place] = z, now
        if progress is not None:
            progress(step, total)
    return Chains(kept_z, kept_l, calls)


def _move(log_likelihood: LogLikelihood, z: Floats, now: Floats, seed: int, step: int) -> tuple[Floats, Floats, int]:
    chains = len(z)
    base = step * (MAX_SHRINKS + 2)
    other = normal(seed, "sampler", base, z.shape)
    luck = uniform(seed, "sampler", base + 1, (2, chains))
    level = now + np.log(luck[0])
    angle = 2.0 * np.pi * luck[1]
    low, high = angle - 2.0 * np.pi, angle.copy()
    out, out_l, todo = z.copy(), now.copy(), np.arange(chains)
    for shrink in range(MAX_SHRINKS):
        turned = np.cos(angle)[:, None] * z[todo] + np.sin(angle)[:, None] * other[todo]
        value = log_likelihood(turned)
        taken = value > level[todo]
        out[todo[taken]], out_l[todo[taken]] = turned[taken], value[taken]
        todo, angle, low, high = todo[~taken], angle[~taken], low[~taken], high[~taken]
        if not len(todo):
            return out, out_l, shrink + 1
        low, high = np.where(angle < 0, angle, low), np.where(angle >= 0, angle, high)
        angle = low + (high - low) * uniform(seed, "sampler", base + 2 + shrink, (len(todo),))
    return out, out_l, MAX_SHRINKS  # a chain that found nothing stays where it is, which keeps the sampler exact


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
