"""Values that the parts of the monitor share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kladsim.monitor.periods import to_period


@dataclass(frozen=True, eq=False)
class Series:
    """One series of observations: who, where, what, in which unit; ``steps`` are periods as whole numbers."""

    name: str
    dataset: str
    country: str
    place: str
    indicator: str
    unit: str
    freq: str
    availability: str
    steps: NDArray[np.int64]
    values: NDArray[np.float64]

    @property
    def last(self) -> str:
        """The last period with a value."""
        return to_period(int(self.steps[-1]), self.freq)

    @property
    def points(self) -> int:
        """How many values there are."""
        return len(self.steps)
