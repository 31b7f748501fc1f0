"""Run a finished run again and compare digests, replicate by replicate."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kladsim.core.errors import InputError
from kladsim.model.config import from_plain
from kladsim.runs.engine import DEFAULT_ENGINE, engine_named
from kladsim.runs.parameters import drawn
from kladsim.runs.parameters import from_plain as draws_of
from kladsim.runs.provenance import pack_digest
from kladsim.runs.result import Result


@dataclass(frozen=True)
class Verification:
    """What a second run of the same content gave."""

    path: str
    same: bool
    checked: int
    replicates: int
    differences: tuple[str, ...]


def verify(
    path: str | Path,
    *,
    replicates: int | None = None,
    only: int | None = None,
    threads: int = 1,
    engine: str = DEFAULT_ENGINE,
) -> Verification:
    """Run the first ``replicates`` replicates (default: all), or ``only`` one, again and compare digests.

    Raises
    ------
    InputError : no finished run lies there, or it has no such replicate
    """
    result = Result.open(path)
    model = engine_named(engine)
    config = from_plain(result.scenario["config"])
    draws = draws_of(result.scenario.get("draws"))
    pack = model.load_pack(config.country)
    differences = []
    if result.scenario["model"] != model.version:
        differences.append(f"model version: {result.scenario['model']} then, {model.version} now")
    if result.scenario["pack"] != pack_digest(pack):
        differences.append("the country pack has changed")
    chosen = _select_replicates(result.replicates, replicates, only)
    for number in chosen:
        kept = result.replicate_digests[number]
        simulation = model.start(drawn(config, draws, number), pack, number, threads)
        simulation.run()
        if simulation.digest() != kept:
            differences.append(f"replicate {number}: {kept[:12]} then, {simulation.digest()[:12]} now")
    return Verification(str(result.path), not differences, len(chosen), result.replicates, tuple(differences))


def _select_replicates(there: int, first: int | None, only: int | None) -> range:
    if only is not None:
        if not 0 <= only < there:
            raise InputError(
                "the run has no such replicate", where="only", value=only, allowed=f"0 to {there - 1}"
            )
        return range(only, only + 1)
    return range(there if first is None else min(first, there))
