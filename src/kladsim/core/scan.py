"""The declared processes of one population, carried out day by day on any number of threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kladsim.core import rng
from kladsim.core.columns import Table
from kladsim.core.parallel import Workers, partition
from kladsim.core.population import Active, Chunks
from kladsim.core.processes import Lanes, build_step, scratch

PIECES = 6
"""Pieces of work a thread, so that a slow one is balanced by the others."""


class Scan:
    """The step kernel with all that it needs besides the world.

    Parameters
    ----------
    lanes : the processes
    table : the schema of the active entities; rows whose class became ``LEFT`` leave at once
    chunks : the chunks of the population
    seed : seed of all luck
    threads : number of threads; results do not depend on it
    streams : numbers of the random streams for the scan, for acceptance and for dormant entities
    """

    def __init__(
        self,
        lanes: Lanes,
        table: Table,
        chunks: Chunks,
        seed: int,
        threads: int = 1,
        streams: tuple[int, int, int] = (1, 2, 3),
    ) -> None:
        self.lanes, self.seed, self.streams, self.threads = lanes, seed, streams, threads
        self.over = np.zeros((threads, len(lanes.processes) + len(lanes.awakenings)), np.int64)
        """int64 array [worker, process], how often a hazard exceeded its bound."""
        self._step = build_step(lanes, table=table)
        self._workers = Workers(threads)
        self._scratch = [scratch() for _ in range(threads)]
        self._pieces = partition(chunks.size, 1 if threads == 1 else PIECES * threads)
        self._no_marks = np.zeros(1, np.int64)

    def run_day(self, day: int, a: Active, chunks: Chunks, w: object, today: Callable[[np.uint64, int], Any]) -> None:
        """Carry out one day; ``today(key, worker)`` gives what the processes see as ``t``."""
        key, accept, dormant = (rng.day_key(self.seed, stream, day) for stream in self.streams)
        thresholds = self.lanes.thresholds

        def work(worker: int, low: int, high: int) -> None:
            marks, flag = self._scratch[worker]
            self._step(
                *(a, chunks, w, today(key, worker), worker, low, high, key, accept, dormant),
                *(thresholds, marks, self._no_marks, self.over, flag),
            )

        self._workers.each(work, self._pieces)

    def close(self) -> None:
        """End the threads."""
        self._workers.close()
