"""What a forecast says of one value: a distribution with quantiles and an upper tail, of a measurement or a count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kladsim.monitor import calibration, counting

Array = NDArray[np.float64]
NODES = (np.arange(199) + 0.5) / 199


@dataclass(frozen=True, eq=False)
class Predictive:
    """Predictive distribution of one value.

    Attributes
    ----------
    mean, sd : on the scale of the model; of a count, of the log of its rate
    shape, groups : quantiles of standardised errors, and the groups whose width counts
    back : from the scale of the model to the unit; None for a count
    """

    mean: float
    sd: float
    shape: calibration.Shape
    groups: tuple[str, ...]
    back: Callable[[Array], Array] | None

    def _spread(self, levels: Sequence[float] | Array) -> Array:
        return self.mean + self.sd * self.shape.quantile(list(levels), *self.groups)

    def _rates(self) -> Array:
        return np.exp(np.minimum(self._spread(NODES), counting.LARGEST_LOG))

    def quantiles(self, levels: Sequence[float]) -> Array:
        """Return the values that are not exceeded with these probabilities; whole numbers for a count."""
        if self.back is None:
            return counting.find_count_quantiles(levels, self._rates())
        return self.back(self._spread(levels))

    def compute_tail(self, value: float) -> float:
        """Return the probability of a value at least as high."""
        if self.back is None:
            return float(1.0 - counting.compute_count_chance(np.array([value - 1.0]), self._rates(), 1 / len(NODES))[0])
        levels = np.array(self.shape.at)
        return float(1.0 - np.interp(value, self.back(self._spread(levels)), levels, left=0.0, right=1.0))
