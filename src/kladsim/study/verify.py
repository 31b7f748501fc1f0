"""Run a finished run again and compare digests, replicate by replicate."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kladsim.model.config import from_plain
from kladsim.study.engine import DEFAULT_ENGINE, engine_named
from kladsim.study.provenance import pack_digest
from kladsim.study.result import Result


@dataclass(frozen=True)
class Verdict:
    """What a second run of the same content gave."""

    path: str
    same: bool
    checked: int
    replicates: int
    differences: tuple[str, ...]


def verify(
    path: str | Path, *, replicates: int | None = None, threads: int = 1, engine: str = DEFAULT_ENGINE
) -> Verdict:
    """Run the first ``replicates`` replicates (default: all) again and compare them with the directory.

    Raises
    ------
    InputError : no finished run lies there
    """
    result = Result.open(path)
    model = engine_named(engine)
    config = from_plain(result.scenario["config"])
    pack = model.load_pack(config.country)
    differences = []
    if result.scenario["model"] != model.version:
        differences.append(f"model version: {result.scenario['model']} then, {model.version} now")
    if result.scenario["pack"] != pack_digest(pack):
        differences.append("the country pack has changed")
    count = result.replicates if replicates is None else min(replicates, result.replicates)
    for number, kept in zip(range(count), result.replicate_digests, strict=False):
        simulation = model.start(config, pack, number, threads)
        simulation.run()
        if simulation.digest() != kept:
            differences.append(f"replicate {number}: {kept[:12]} then, {simulation.digest()[:12]} now")
    return Verdict(str(result.path), not differences, count, result.replicates, tuple(differences))
