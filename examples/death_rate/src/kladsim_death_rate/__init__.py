"""Deaths per thousand people who use: an outcome of one's own for kladsim, from what every run records."""

from __future__ import annotations

import numpy as np

from kladsim.model.outcomes import Outcome
from kladsim.model.record import RunRecord
from kladsim.model.reducers import divide


def death_rate(run: RunRecord) -> np.ndarray:
    """Return drug-related deaths a year for a thousand people who use."""
    deaths = run.yearly("deaths_poisoning", "deaths_excess").sum(axis=1)
    return 1000.0 * divide(deaths, run.mean_stock("light", "heavy", "dependent").sum(axis=1))


DEATH_RATE = Outcome(
    name="death_rate",
    title="Deaths per thousand people who use",
    unit="1/1000 person-years",
    side="health",
    disclosure="health",
    cells=("year",),
    kind="level",
    better="lower",
    sample="none",
    harm=True,
    reducer=death_rate,
    doc="Drug-related deaths a year for a thousand people who use drugs.",
)
