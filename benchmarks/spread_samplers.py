"""Samplers for the spread model, measured: Hamiltonian (ours), elliptical slice, Laplace with weights, emcee.

Usage: ``python benchmarks/spread_samplers.py [SECONDS]``: each gets about as many seconds (default 60) on one core;
prints effective draws a second over the 19 parameters; for importance sampling Pareto's k (above 0.7: no trust).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from kladsim.spread.model.density import make_density
from kladsim.spread.model.fitting import fit
from kladsim.spread.model.priors import MEAN, NAMES, PRIORS, SD, dimension
from kladsim.spread.model.random_numbers import normal, uniform
from kladsim.spread.model.sampling import effective_draws, split_rhat
from kladsim.spread.model.tables import CountryTables, read_world

Floats = NDArray[np.float64]
LogLikelihood = Callable[[Floats], Floats]
FIRST = len(PRIORS)
MAX_SHRINKS = 200


def log_likelihood(world: CountryTables, z: Floats) -> Floats:
    return make_density(world)(z)[0]


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
) -> Floats:
    """Sample coordinates whose prior is standard normal.

    Parameters
    ----------
    log_likelihood : of B × dimension, returns B values; each row apart from the others
    kept, thin : steps that are kept, every ``thin``-th one, after ``warmup`` steps
    seed : all random numbers are a pure function of it
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
    return kept_z


def _move(log_likelihood: LogLikelihood, z: Floats, now: Floats, seed: int, step: int) -> tuple[Floats, Floats, int]:
    chains = len(z)
    base = step * (MAX_SHRINKS + 2)
    other = normal(seed, "sampler", base, z.shape)
    draw = uniform(seed, "sampler", base + 1, (2, chains))
    level = now + np.log(draw[0])
    angle = 2.0 * np.pi * draw[1]
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


def log_posterior(world: CountryTables, z: Floats) -> Floats:
    return log_likelihood(world, z) - 0.5 * (z**2).sum(axis=1)


def told(name: str, seconds: float, found: Floats, extra: str = "") -> None:
    """``found``: steps x chains x parameters."""
    effective = [effective_draws(found[:, :, i]) for i in range(FIRST)]
    rhat = max(split_rhat(found[:, :, i]) for i in range(FIRST))
    print(
        f"{name}: {seconds:.0f} s, fewest effective draws {min(effective):.0f}, "
        f"{min(effective) / seconds:.1f} a second, R-hat {rhat:.3f} {extra}",
        flush=True,
    )


def ours(world: CountryTables, kept: int) -> None:
    size = dimension(world)
    began = time.process_time()
    density = make_density(world)
    plain = elliptical_slice(lambda z: density(z)[0], size, chains=48, warmup=300, kept=kept, seed=1)
    told("elliptical slice", time.process_time() - began, plain[:, :, :FIRST])
    began = time.process_time()
    made = fit(world, kept=kept)
    seconds = time.process_time() - began
    facts = made.facts
    print(
        f"Hamiltonian: {seconds:.0f} s, fewest effective draws {facts['effective_min']:.0f}, "
        f"{facts['effective_min'] / seconds:.1f} a second, R-hat {facts['rhat_max']:.3f}",
        flush=True,
    )
    print("  means:", dict(zip(NAMES, made.draws.values.mean(axis=0).round(2), strict=True)), flush=True)


def laplace(world: CountryTables) -> None:
    from scipy.optimize import minimize

    size, step = dimension(world), 1e-4
    began = time.process_time()

    def gradient(z: Floats) -> Floats:
        moved = np.concatenate([z + step * np.eye(size), z - step * np.eye(size)])
        value = log_posterior(world, moved)
        return (value[:size] - value[size:]) / (2 * step)

    found = minimize(
        lambda z: (-log_posterior(world, z[None])[0], -gradient(z)),
        np.zeros(size),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 60},
    )
    top = found.x
    hessian = np.empty((size, size))
    for i in range(size):
        e = np.zeros(size)
        e[i] = 1e-2
        hessian[i] = (gradient(top + e) - gradient(top - e)) / 2e-2
    covariance = np.linalg.inv(-0.5 * (hessian + hessian.T))
    root = np.linalg.cholesky(covariance)
    number, freedom = 4000, 8.0
    e = normal(3, "sampler", 0, (number, size))
    from scipy.special import gammaincinv

    chi = 2.0 * gammaincinv(freedom / 2.0, uniform(3, "sampler", 1, (number,)))
    t = e * np.sqrt(freedom / chi)[:, None]
    z = top + t @ root.T
    density = -0.5 * (freedom + size) * np.log1p((t**2).sum(axis=1) / freedom)
    ratio = np.concatenate([log_posterior(world, z[i : i + 200]) for i in range(0, number, 200)]) - density
    weight = np.exp(ratio - ratio.max())
    weight /= weight.sum()
    seconds = time.process_time() - began
    print(
        f"Laplace with importance weights: {seconds:.0f} s, effective draws {1 / (weight**2).sum():.0f} of {number}, "
        f"Pareto k {pareto_k(weight):.2f}",
        flush=True,
    )
    print(
        "  means:",
        dict(zip(NAMES, (MEAN + SD * (weight[:, None] * z[:, :FIRST]).sum(axis=0)).round(2), strict=True)),
        flush=True,
    )


def pareto_k(weight: Floats) -> float:
    """Shape of the tail of importance weights (Zhang & Stephens 2009, as in Vehtari et al. 2024)."""
    tail = np.sort(weight)[-int(min(0.2 * len(weight), 3 * np.sqrt(len(weight)))) - 1 :]
    x = tail[1:] - tail[0]
    n = len(x)
    m = 30 + int(np.sqrt(n))
    theta = 1 / x[-1] + (1 - np.sqrt(m / (np.arange(1, m + 1) - 0.5))) / (3 * x[int(n / 4 + 0.5) - 1])
    k = np.log1p(-theta[:, None] * x).mean(axis=1)
    score = n * (np.log(-theta / k) - k - 1)
    share = 1 / np.exp(score - score[:, None]).sum(axis=1)
    best = (theta * share).sum()
    return float(np.log1p(-best * x).mean() * n / (n + 10) + 5 / (n + 10))


def ensemble(world: CountryTables, seconds: float) -> None:
    import emcee

    size = dimension(world)
    walkers = 2 * size + 4
    sampler = emcee.EnsembleSampler(walkers, size, lambda z: log_posterior(world, z), vectorize=True)
    sampler.random_state = np.random.RandomState(1).get_state()
    state = normal(5, "sampler", 0, (walkers, size)) * 0.5
    began = time.process_time()
    for _ in sampler.sample(state, iterations=300, thin_by=4):
        if time.process_time() - began > seconds:
            break
    chain = sampler.get_chain()
    half = chain[len(chain) // 2 :, :, :FIRST]
    told("emcee", time.process_time() - began, half, f"({4 * len(chain)} steps of {walkers} walkers)")
    print("  means:", dict(zip(NAMES, (MEAN + SD * half.mean(axis=(0, 1))).round(2), strict=True)), flush=True)


if __name__ == "__main__":
    budget = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    place = read_world()
    laplace(place)
    ensemble(place, budget)
    ours(place, 400)
