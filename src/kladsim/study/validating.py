"""Check the model against the calibration targets: replicates to the end of 2024, measured part by part."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TYPE_CHECKING

from kladsim.core.errors import InputError
from kladsim.model.config import RunConfig
from kladsim.study.targets import UNTIL, TargetResult, compare_with_published, measure

if TYPE_CHECKING:
    from kladsim.policy.scenario import Scenario

Measured = dict[tuple[str, int], float]
Done = Callable[[int, int], None]  # replicates done, of all


def validate_targets(
    scenario: Scenario,
    *,
    replicates: int = 4,
    threads: int = 1,
    workers: int = 1,
    progress: Done | None = None,
) -> list[TargetResult]:
    """Run a scenario's replicates until 2025-01-01 and return every target part beside its published band.

    Nothing is written; the intervals are Monte Carlo luck only.

    Raises
    ------
    InputError : fewer than one replicate, or a scenario that starts later than 2014-01-01
    """
    from kladsim.world import load_pack

    if replicates < 1:
        raise InputError("is too small", where="replicates", value=replicates, allowed="1 or more")
    pack = load_pack(scenario.country)
    if scenario.start != pack.start:
        raise InputError(
            "targets need the whole past", where="start", value=str(scenario.start), allowed=str(pack.start)
        )
    config = scenario.with_(until=UNTIL).resolve(pack)
    values: dict[int, Measured] = {}
    if workers <= 1:
        for number in range(replicates):
            values[number] = _measured(config, number, threads)
            _tell(progress, len(values), replicates)
    else:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(min(workers, replicates), context) as pool:
            futures = {
                pool.submit(_measured, config, number, threads): number for number in range(replicates)
            }
            for future in as_completed(futures):
                values[futures[future]] = future.result()
                _tell(progress, len(values), replicates)
    return compare_with_published([values[number] for number in sorted(values)])


def _measured(config: RunConfig, number: int, threads: int) -> Measured:
    from kladsim.model import Simulation
    from kladsim.world import load_pack

    simulation = Simulation(config, load_pack(config.country), number, threads)
    simulation.run()
    return measure(simulation)


def _tell(progress: Done | None, done: int, of: int) -> None:
    if progress is not None:
        progress(done, of)
