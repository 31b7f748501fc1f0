"""Values that the parts of the monitor share."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from kladsim.monitor.periods import to_period

FEWEST = 5
"""Periods known, values or bounds, below which a series outside the wastewater panel is not forecast alone."""
_NO_STEPS: NDArray[np.int64] = np.empty(0, dtype=np.int64)
_NO_VALUES: NDArray[np.float64] = np.empty(0)


@dataclass(frozen=True, eq=False)
class Series:
    """One series of observations: who, where, what, in which unit.

    Attributes
    ----------
    steps, values : periods as whole numbers, and their values, of those that are known exactly
    censored_steps, censored_low, censored_high : periods of which only bounds are known (``<5``, hidden, below a
        limit); an upper bound that nobody knows is infinite
    """

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
    censored_steps: NDArray[np.int64] = field(default_factory=lambda: _NO_STEPS)
    censored_low: NDArray[np.float64] = field(default_factory=lambda: _NO_VALUES)
    censored_high: NDArray[np.float64] = field(default_factory=lambda: _NO_VALUES)

    def bounds(self) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Return all periods in order with the bounds of their values, equal ones where a value is known exactly."""
        steps = np.concatenate([self.steps, self.censored_steps])
        order = np.argsort(steps, kind="stable")
        low = np.concatenate([self.values, self.censored_low])
        high = np.concatenate([self.values, self.censored_high])
        return steps[order], low[order], high[order]

    @property
    def last(self) -> str:
        """The last period with an exact value."""
        return to_period(int(self.steps[-1]), self.freq)

    @property
    def last_period(self) -> str:
        """The last period of which anything is known, bounds too; "" where nothing is."""
        known = [int(steps[-1]) for steps in (self.steps, self.censored_steps) if len(steps)]
        return to_period(max(known), self.freq) if known else ""

    @property
    def is_long_enough(self) -> bool:
        """Whether enough is known for a forecast: values, or bounds on both sides."""
        return len(self.steps) + int(np.isfinite(self.censored_high).sum()) >= FEWEST

    @property
    def points(self) -> int:
        """How many values there are."""
        return len(self.steps)
