"""Fit the spread model and keep its posterior: draws, diagnostics and where they come from."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError
from kladsim.core.files import write_bytes
from kladsim.spread.model.density import make_density
from kladsim.spread.model.hazard import Parts
from kladsim.spread.model.priors import MEAN, NAMES, PRIORS, SD, Draws, dimension, to_draws
from kladsim.spread.model.random_numbers import normal
from kladsim.spread.model.sampling import Hamiltonian, effective_draws, split_rhat
from kladsim.spread.model.tables import DATA, CountryTables, Record, read_world

Floats = NDArray[np.float64]
POSTERIOR = DATA / "posterior.npz"
FORMAT = 2
MOST_ROUNDS = 16


@dataclass(frozen=True, eq=False)
class SpreadPosterior:
    """Draws of the fitted model; ``facts`` says from which tables, seed and sampler, and how well it mixed."""

    draws: Draws
    facts: dict[str, Any]

    def interval(self, name: str, share: float = 0.9) -> tuple[float, float, float]:
        """Median and central interval of one parameter."""
        tail = (1.0 - share) / 2.0
        low, middle, high = np.quantile(self.draws[name][:, 0], [tail, 0.5, 1.0 - tail])
        return float(middle), float(low), float(high)


def fit(
    world: CountryTables,
    *,
    parts: Parts | None = None,
    seed: int = 1,
    chains: int = 8,
    warmup: int = 180,
    kept: int = 300,
    draws: int = 480,
    left_out: int | None = None,
    record: Record | None = None,
    until_rhat: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> SpreadPosterior:
    """Draw from the posterior by Hamiltonian Monte Carlo.

    Parameters
    ----------
    parts : parts of the mechanism that are on (default: all)
    left_out : a country whose own record is left out of the likelihood
    record : how first signs are read (default: as the tables say)
    until_rhat : go on by a third of ``kept``, ``MOST_ROUNDS`` times at most, until the largest R-hat is below
    """
    on = parts or Parts()
    size, total, done = dimension(world), warmup + kept, 0

    def report_step() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(min(done, total), total)

    sampler = Hamiltonian(make_density(world, on, left_out, record), size, shaped=len(PRIORS), chains=chains, seed=seed)
    sampler.warm_up(warmup, report_step)
    z = sampler.sample(kept, report_step)
    rhat = largest_rhat(z)
    for _ in range(MOST_ROUNDS):
        if until_rhat is None or rhat < until_rhat:
            break
        z = np.concatenate([z, sampler.sample(kept // 3, report_step)])
        rhat = largest_rhat(z)
    steps = len(z) * chains
    chosen = np.linspace(0, steps - 1, min(draws, steps)).round().astype(np.int64)
    facts = {
        "format": FORMAT,
        "tables": world.digest,
        "priors": prior_digest(),
        "seed": seed,
        "sampler": "Hamiltonian Monte Carlo",
        "chains": chains,
        "kept_a_chain": len(z),
        "likelihood_calls": sampler.calls,
        "parts": vars(on),
        "left_out": None if left_out is None else world.iso3[left_out],
        "rhat_max": rhat,
        "effective_min": min(effective_draws(z[:, :, i]) for i in range(size)),
    }
    return SpreadPosterior(to_draws(world, z.reshape(-1, size)[chosen]), facts)


def largest_rhat(z: Floats) -> float:
    """Largest potential scale reduction of all coordinates of steps × chains × dimension."""
    return max(split_rhat(z[:, :, i]) for i in range(z.shape[2]))


def posterior_digest(file: Path = POSTERIOR) -> str:
    """SHA-256 of a posterior's file, empty without one."""
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


def prior_draws(world: CountryTables, number: int = 480, seed: int = 1) -> Draws:
    """Draws from the priors alone, to show what the data add."""
    return to_draws(world, normal(seed, "sampler", 0, (number, dimension(world))))


def prior_digest() -> str:
    """Hash of names, means and standard deviations of all priors."""
    text = json.dumps([NAMES, MEAN.tolist(), SD.tolist()])
    return hashlib.sha256(text.encode()).hexdigest()


def save_posterior(posterior: SpreadPosterior, path: Path) -> None:
    """Write draws (single precision) and facts as one npz without pickle; the same posterior gives the same bytes."""
    draws = posterior.draws
    arrays: dict[str, Any] = {
        "values": draws.values.astype(np.float32),
        "regions": draws.regions.astype(np.float32),
        "strictness": draws.strictness.astype(np.float16),
        "effort": draws.effort.astype(np.float16),
        "facts": np.frombuffer(json.dumps(posterior.facts, sort_keys=True).encode(), dtype=np.uint8),
    }
    held = io.BytesIO()
    np.savez_compressed(held, **arrays)
    write_bytes(path, held.getvalue())


def load_posterior(path: Path | None = None, world: CountryTables | None = None) -> SpreadPosterior:
    """Read a posterior and check that it belongs to the tables and the priors.

    Raises
    ------
    InputError : the file is missing or damaged, or was fitted to other tables or priors
    """
    file = POSTERIOR if path is None else Path(path)
    found = _load(file)
    digest = (world or read_world()).digest
    for key, now in (("tables", digest), ("priors", prior_digest())):
        if found.facts.get(key) != now:
            raise InputError(f"was fitted to other {key}; run `kladsim spread fit`", where=file.name)
    return found


@lru_cache(maxsize=2)
def _load(file: Path) -> SpreadPosterior:
    if not file.is_file():
        raise InputError("no posterior here; run `kladsim spread fit`", where=str(file.name))
    try:
        with np.load(file, allow_pickle=False) as held:
            facts = json.loads(held["facts"].tobytes().decode())
            arrays = [held[key].astype(np.float64) for key in ("values", "regions", "strictness", "effort")]
    except (ValueError, KeyError, OSError, EOFError) as error:
        raise InputError("is no posterior of the spread model", where=file.name, value=str(error)) from None
    return SpreadPosterior(Draws(*arrays), facts)
