"""Do intervals of the spread model hold the truth? Worlds drawn from the prior, fitted like the record.

A world is a draw of the prior with its simulated signs and stages, of which search effort collects a part, and its fit
knows what was collected. As in the fit, countries whose sign was collected are sources; in the harder worlds
(``missed``) those whose sign was missed are sources too, of which the fit knows nothing. Truth and posterior are
compared country by country in the log yearly hazard of the last year, search effort and strictness, and in the
parameters.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError
from kladsim.core.files import add_row, read_lines
from kladsim.runs.meaning import files_digest
from kladsim.runs.tasks import Shard
from kladsim.spread.model.fitting import fit, prior_digest
from kladsim.spread.model.forward import simulate
from kladsim.spread.model.hazard import collected_chance, log_hazard
from kladsim.spread.model.priors import NAMES, Draws, dimension, to_draws
from kladsim.spread.model.random_numbers import normal, uniform
from kladsim.spread.model.tables import DATA, LAST_YEAR, NOT_YET, CountryTables, read_world

Floats = NDArray[np.float64]
SAVED = DATA / "coverage.jsonl"
WORLDS = 200
RHAT = 1.01
TOLERANCE = {0.5: 0.05, 0.8: 0.05, 0.9: 0.03, 0.95: 0.03}
"""Shares of intervals, and how far their coverage may be off."""
SEED = 2026
DRAWS = 1200
POOLS = ("hazard", "effort", "strictness")
CODE = tuple(
    f"spread/model/{name}.py"
    for name in ("density", "fitting", "forward", "hazard", "priors", "random_numbers", "sampling", "tables")
)
"""What decides a row beside this file: model, sampler and how worlds are drawn."""


def draw_world(world: CountryTables, number: int, missed: bool = False) -> tuple[CountryTables, CountryTables, Draws]:
    """Return what was collected in a synthetic world, all that acts as a source in it, and its true parameters."""
    truth = to_draws(world, normal(SEED, "synthetic", 2 * number, (1, dimension(world))))
    searched = uniform(SEED, "synthetic", 2 * number + 1, (len(world),)) < collected_chance(world, truth)[0]
    sources = None if missed else searched
    ran = simulate(world, truth, known=False, last=LAST_YEAR, paths=1, seed=SEED + number, sources=sources)
    published = ran.sign[0, 0] <= LAST_YEAR
    collected = searched & (ran.sign[0, 0] <= world.until)

    def record(signed: NDArray[np.bool_]) -> CountryTables:
        def pair(year: NDArray[np.int64]) -> NDArray[np.int64]:
            happened = signed & (year <= LAST_YEAR)
            later = np.where(signed, LAST_YEAR + 1, 0)
            return np.stack([np.where(happened, year, later), np.where(happened, year, NOT_YET)], axis=1)

        sign, growth, sustained = (pair(x[0, 0].astype(np.int64)) for x in (ran.sign, ran.growth, ran.sustained))
        sign[~signed] = NOT_YET
        stage = np.concatenate([growth, sustained], axis=1)
        return world.with_signs(sign, stage)

    return record(collected), record(published if missed else collected), truth


def judge_world(world: CountryTables, number: int, missed: bool = False) -> dict[str, Any]:
    """Fit a synthetic world and return where the truth lies in its posterior: ranks between 0 and 1."""
    made, acting, truth = draw_world(world, number, missed)
    posterior = fit(made, seed=SEED + number, draws=DRAWS, until_rhat=RHAT)
    draws = posterior.draws
    true_hazard = log_hazard(acting, truth)[0, :, -1]
    ranks = {
        "hazard": np.concatenate([block < true_hazard for block in _blocks(made, draws)]).mean(axis=0),
        "effort": (draws.effort < truth.effort).mean(axis=0),
        "strictness": (draws.strictness < truth.strictness).mean(axis=0),
    }
    parameters = (draws.values < truth.values).mean(axis=0)
    return {
        "world": number,
        "key": coverage_key(world, missed),
        "signs": int(made.signed.sum()),
        "rhat": round(float(posterior.facts["rhat_max"]), 5),
        "kept": posterior.facts["kept_a_chain"],
        "held": {pool: [round(count_held(ranks[pool], share), 5) for share in TOLERANCE] for pool in POOLS},
        "below": {pool: round(float(ranks[pool].mean()), 4) for pool in POOLS},
        "parameters": {name: round(float(rank), 4) for name, rank in zip(NAMES, parameters, strict=True)},
    }


def _blocks(world: CountryTables, draws: Draws) -> Iterable[Floats]:
    for start in range(0, len(draws), 100):
        yield log_hazard(world, draws.take(np.arange(start, min(start + 100, len(draws)))))[:, :, -1]


def count_held(ranks: Floats, share: float) -> float:
    """Share of ranks that lie in the central interval."""
    return float((np.abs(ranks - 0.5) <= share / 2.0).mean())


def coverage_key(world: CountryTables, missed: bool = False) -> str:
    """Digest of what decides a row: covariates, links, priors, model, sampler, way of judging (not the signs)."""
    arrays = (
        world.km, world.border, world.language, world.ties, world.size, world.population, world.strictness,
        world.strictness_sd, world.digital, world.governance, world.voice, world.records, world.read, world.until,
    )  # fmt: skip
    text = json.dumps([files_digest(CODE), missed, prior_digest(), SEED, DRAWS, RHAT]).encode()
    return hashlib.sha256(text + b"".join(np.ascontiguousarray(x).tobytes() for x in arrays)).hexdigest()[:16]


def read_rows(file: Path = SAVED, missed: bool = False) -> dict[int, dict[str, Any]]:
    """Return the rows of a file that belong to today's tables and priors, by world."""
    key = coverage_key(read_world(), missed)
    rows: Iterable[dict[str, Any]] = read_lines(file)
    return {row["world"]: row for row in rows if row["key"] == key}


def judge_worlds(
    worlds: int = WORLDS,
    *,
    shard: Shard | None = None,
    file: Path = SAVED,
    missed: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Judge the worlds of a shard that have no row yet; each row is kept as soon as it is there.

    Raises
    ------
    InputError : number of worlds out of range
    """
    if not 1 <= worlds <= 10_000:
        raise InputError("number of worlds is out of range", where="--worlds", value=worlds, allowed="1 to 10000")
    mine, held, world = (shard or Shard()).part(range(worlds)), read_rows(file, missed), read_world()
    todo = [number for number in mine if number not in held]
    for done, number in enumerate(todo, start=len(mine) - len(todo) + 1):
        add_row(file, judge_world(world, number, missed))
        if progress is not None:
            progress(done, len(mine))


def summarize_rows(rows: Sequence[dict[str, Any]], worlds: int = WORLDS) -> dict[str, Any]:
    """Coverage pooled over countries and worlds, with its standard error over worlds, and how well the chains mixed."""
    if not rows:
        raise InputError("no world was judged yet; run `kladsim dev spread coverage`", where="coverage")
    held = {pool: np.array([row["held"][pool] for row in rows]) for pool in POOLS}
    ranks = np.array([list(row["parameters"].values()) for row in rows])
    held["parameters"] = np.array([[count_held(row, share) for share in TOLERANCE] for row in ranks])
    table = []
    for pool, values in held.items():
        error = values.std(axis=0, ddof=min(1, len(values) - 1)) / np.sqrt(len(values))
        for at, (share, allowed) in enumerate(TOLERANCE.items()):
            mean = float(values[:, at].mean())
            row = {"of": pool, "nominal": share, "coverage": round(mean, 4), "error": round(float(error[at]), 4)}
            table.append({**row, "allowed": allowed, "met": bool(abs(mean - share) <= allowed)})
    rhat = np.array([row["rhat"] for row in rows])
    worst = rows[int(rhat.argmax())]
    per_parameter = {
        name: {"held_90": round(count_held(ranks[:, at], 0.9), 3), "mean_rank": round(float(ranks[:, at].mean()), 3)}
        for at, name in enumerate(NAMES)
    }
    return {
        "worlds": len(rows),
        "wanted": worlds,
        "complete": len(rows) >= worlds,
        "countries": len(read_world()),
        "signs": [int(x) for x in np.quantile([row["signs"] for row in rows], [0.0, 0.5, 1.0])],
        "coverage": table,
        "met": all(row["met"] for row in table if row["of"] == "hazard"),
        "rhat": {
            "limit": RHAT,
            "worst": float(rhat.max()),
            "world": worst["world"],
            "above": int((rhat >= RHAT).sum()),
        },
        "below": {pool: round(float(np.mean([row["below"][pool] for row in rows])), 4) for pool in POOLS},
        "parameters": per_parameter,
    }
