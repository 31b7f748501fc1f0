"""One strong example of every lever, and how its direct target is measured in a small run."""

from __future__ import annotations

from typing import Any

import numpy as np
from tests.model.running import russia

from kladsim import Scenario
from kladsim.model.counters import INDEX
from kladsim.model.outcomes import OUTCOMES
from kladsim.model.simulation import Simulation
from kladsim.policy.lever import Lever
from kladsim.policy.registry import lever_class

START = "2014-01-01"
EXAMPLES: dict[str, dict[str, Any]] = {
    "advertising_removal": {"share": 0.9},
    "contingency_management": {"share": 1.0, "odds": 3.0},
    "data_sharing": {"share": 1.0},
    "decriminalisation": {"share": 1.0},
    "diversion": {"share": 1.0, "tier": "buyer"},
    "drug_checking": {"share": 1.0, "capacity": 1},
    "early_warning": {"share": 1.0, "capacity": 1},
    "electronic_monitoring": {"share": 1.0},
    "financial_sanctions": {"factor": 5.0},
    "information_campaign": {"gain": 1.0},
    "poisoning_response": {"share": 0.9, "capacity": 1},
    "police": {"tier": "courier", "factor": 4.0, "capacity": 1},
    "precursor_control": {"share": 0.8},
    "recruitment_prevention": {"share": 0.9, "whom": "young", "capacity": 1},
    "sentencing": {"factor": 3.0},
    "takedown": {"date": "2014-02-01"},
    "treatment": {"places": 15_000},
    "youth_income": {"share": 1.0},
}
"""Strong enough to show at 1/1000 within two years; some ask for more than the documented capacity."""


def example(name: str, strength: float = 1.0) -> Lever:
    """Return the example of a lever at a strength, from the first day (a takedown from its own)."""
    made = lever_class(name)
    options = dict(EXAMPLES[name])
    options.setdefault(made.dated_by, START)
    return made(**options, strength=strength)


def finished(*levers: Lever, until: str, scale: int, replicate: int = 0) -> Simulation:
    """Return a small run of Russia with these levers."""
    scenario = Scenario(name="tiny", until=until, scale=f"1/{scale}", levers=levers)
    run = Simulation(scenario.resolve(russia()), russia(), replicate)
    run.run()
    return run


def measured(run: Simulation, measure: str) -> float:
    """Return an outcome (flows added up, levels averaged) or the sum of a counter."""
    if measure in OUTCOMES:
        values = run.results()[measure].values
        return float(np.nansum(values) if OUTCOMES[measure].kind == "flow" else np.nanmean(values))
    return float(run.recording.count[:, INDEX[measure]].sum())
