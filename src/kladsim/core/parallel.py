"""Threads over independent pieces of work: which thread does what never shows in a result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


class Workers:
    """A small pool of threads for kernels that release the GIL.

    Parameters
    ----------
    threads : number of threads, at least 1; with 1 everything runs in the caller
    """

    def __init__(self, threads: int = 1) -> None:
        self.threads = max(1, int(threads))
        self._pool = ThreadPoolExecutor(self.threads - 1) if self.threads > 1 else None

    def each(self, task: Callable[[int, int, int], object], pieces: Sequence[tuple[int, int]]) -> None:
        """Call ``task(worker, low, high)`` for every piece; each worker takes the next free piece."""
        if self._pool is None:
            for low, high in pieces:
                task(0, low, high)
            return
        queue = iter(pieces)

        def drain(worker: int) -> None:
            for low, high in queue:
                task(worker, low, high)

        waiting = [self._pool.submit(drain, worker) for worker in range(1, self.threads)]
        drain(0)
        for future in waiting:
            future.result()

    def close(self) -> None:
        """End the threads."""
        if self._pool is not None:
            self._pool.shutdown()


def partition(weights: NDArray[np.float64], pieces: int) -> list[tuple[int, int]]:
    """Cut consecutive items into at most ``pieces`` ranges of about equal weight."""
    total = float(weights.sum())
    if total <= 0 or pieces <= 1:
        return [(0, len(weights))]
    reached = np.cumsum(weights, dtype=np.float64)
    edges = np.searchsorted(reached, total * np.arange(1, pieces) / pieces).tolist()
    marks = sorted({0, *[edge + 1 for edge in edges if edge + 1 < len(weights)], len(weights)})
    return [(low, high) for low, high in pairwise(marks)]
