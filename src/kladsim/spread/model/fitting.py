"""Fit the spread model and keep its posterior: draws, diagnostics and where they come from."""

from __future__ import annotations

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
from kladsim.spread.model.hazard import Parts, country_terms, stage_terms
from kladsim.spread.model.priors import MEAN, NAMES, PRIORS, SD, Draws, dimension, to_draws
from kladsim.spread.model.random_numbers import normal
from kladsim.spread.model.sampling import effective_draws, elliptical_slice, split_rhat
from kladsim.spread.model.tables import DATA, CountryTables, read_world

Floats = NDArray[np.float64]
POSTERIOR = DATA / "posterior.npz"
FORMAT = 1
JITTER = 1e-6
WIDER = 1.1  # the stand-in for the prior is a little wider than the pilot, so that no tail is left out


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
    chains: int = 48,
    pilot: int = 300,
    kept: int = 500,
    draws: int = 480,
    left_out: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> SpreadPosterior:
    """Draw from the posterior in two rounds of elliptical slice sampling.

    The second round writes the posterior as a Gaussian shaped like the first round's parameters times a correction
    (generalised elliptical slice sampling, Nishihara, Murray & Adams 2014), which mixes faster and stays exact.

    Parameters
    ----------
    parts : parts of the mechanism that are on (default: all)
    left_out : a country whose own record is left out of the likelihood
    """
    on = parts or Parts()

    def likelihood(z: Floats) -> Floats:
        given = on.without(to_draws(world, z))
        terms = country_terms(world, given) + stage_terms(world, given)
        if left_out is not None:
            terms[:, left_out] = 0.0
        return np.asarray(terms.sum(axis=1))

    size, first = dimension(world), len(PRIORS)
    total = 2 * pilot + kept + pilot // 2

    def report_after(before: int) -> Callable[[int, int], None] | None:
        return None if progress is None else lambda done, of: progress(before + done, total)

    one = elliptical_slice(
        likelihood, size, chains=chains, warmup=pilot, kept=pilot, seed=seed, progress=report_after(0)
    )
    cloud = one.z[:, :, :first].reshape(-1, first)
    middle, root = cloud.mean(axis=0), WIDER * np.linalg.cholesky(np.cov(cloud.T) + JITTER * np.eye(first))

    def placed(e: Floats) -> Floats:
        return np.concatenate([middle + e[:, :first] @ root.T, e[:, first:]], axis=1)

    def corrected(e: Floats) -> Floats:
        z = placed(e)
        shift = (e[:, :first] ** 2).sum(axis=1) - (z[:, :first] ** 2).sum(axis=1)
        return np.asarray(likelihood(z) + 0.5 * shift)

    two = elliptical_slice(
        corrected, size, chains=chains, warmup=pilot // 2, kept=kept, seed=seed + 1_000_003,
        progress=report_after(2 * pilot),
    )
    z = placed(two.z.reshape(-1, size)).reshape(two.z.shape)
    chosen = np.linspace(0, kept * chains - 1, min(draws, kept * chains)).round().astype(np.int64)
    facts = {
        "format": FORMAT,
        "tables": world.digest,
        "priors": prior_digest(),
        "seed": seed,
        "sampler": "generalised elliptical slice sampling",
        "chains": chains,
        "kept_a_chain": kept,
        "likelihood_calls": one.calls + two.calls,
        "parts": vars(on),
        "left_out": None if left_out is None else world.iso3[left_out],
        "rhat_max": max(split_rhat(z[:, :, i]) for i in range(size)),
        "effective_min": min(effective_draws(z[:, :, i]) for i in range(size)),
    }
    return SpreadPosterior(to_draws(world, z.reshape(-1, size)[chosen]), facts)


def posterior_digest(file: Path = POSTERIOR) -> str:
    """SHA-256 of a posterior's file, empty without one."""
    import hashlib

    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


def prior_draws(world: CountryTables, number: int = 480, seed: int = 1) -> Draws:
    """Draws from the priors alone, to show what the data add."""
    return to_draws(world, normal(seed, "sampler", 0, (number, dimension(world))))


def prior_digest() -> str:
    """Hash of names, means and standard deviations of all priors."""
    import hashlib

    text = json.dumps([NAMES, MEAN.tolist(), SD.tolist()])
    return hashlib.sha256(text.encode()).hexdigest()


def save_posterior(posterior: SpreadPosterior, path: Path) -> None:
    """Write draws (single precision) and facts as one npz without pickle; the same posterior gives the same bytes."""
    draws = posterior.draws
    arrays: dict[str, Any] = {
        "values": draws.values.astype(np.float32),
        "regions": draws.regions.astype(np.float32),
        "strictness": draws.strictness.astype(np.float16),
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
            arrays = [held[key].astype(np.float64) for key in ("values", "regions", "strictness")]
    except (ValueError, KeyError, OSError, EOFError) as error:
        raise InputError("is no posterior of the spread model", where=file.name, value=str(error)) from None
    return SpreadPosterior(Draws(*arrays), facts)
