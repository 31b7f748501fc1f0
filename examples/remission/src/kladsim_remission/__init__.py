"""Lasting remission: an observer of one's own for kladsim, and the outcome that is made of what it records."""

from __future__ import annotations

from typing import Any

import numpy as np

from kladsim.model import codes as k
from kladsim.model.observers import Observer
from kladsim.model.outcomes import Outcome
from kladsim.model.record import RunRecord

LASTING = 730
"""Days without use after which remission is called lasting here (assumption)."""


def count_lasting(persons: Any, world: Any, day: int) -> tuple[float]:
    """Return how many simulated people have been in remission for more than two years."""
    remitted = np.isin(persons.use, (k.REMITTED, k.STABLE)) & (persons.klass > 0) & (persons.klass < k.LEFT)
    return (float(np.count_nonzero(remitted & (day - persons.since.astype(np.int64) > LASTING))),)


def mean_of_year(run: RunRecord) -> np.ndarray:
    """Return the yearly mean of what the observer recorded, at full scale."""
    recorded = run.observed["lasting_remission"][: run.day, 0] * run.scale
    return run.by_year(recorded) / run.year_days


LASTING_REMISSION = Observer(
    "lasting_remission", "people in remission for more than two years", ("people",), count_lasting
)
OUTCOME = Outcome(
    name="lasting_remission",
    title="People in lasting remission",
    unit="persons",
    side="health",
    disclosure="health",
    cells=("year",),
    kind="level",
    better="higher",
    sample="persons",
    harm=True,
    reducer=mean_of_year,
    observer="lasting_remission",
    doc="People who have used nothing for more than two years.",
)
