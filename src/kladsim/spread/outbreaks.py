"""Make the monitor's library of simulated outbreaks: months of true spread in a country, from the model at small scale.

Each run of a country pack, with or without a policy, gives the share of purchases made by drops, and orders a day per
100,000 people, month by month and for the nation only. The library keeps the scenario and seed of every curve.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from kladsim.model.version import model_version
from kladsim.monitor.simulated_outbreaks import LIBRARY, Array
from kladsim.policy.registry import lever_classes
from kladsim.policy.scenario import Scenario
from kladsim.runs.running import run
from kladsim.world import load_pack

UNTIL = "2021-01-01"
SCALES = {"georgia": "1/20", "south-korea": "1/200", "russia": "1/1000"}
REPLICATES = 4
SEED = 20_260
POLICIES: dict[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "none": (),
    "more police against couriers": (("police", {"tier": "courier", "factor": 2.0, "start": "2014"}),),
    "recruitment prevention": (("recruitment_prevention", {"share": 0.3, "start": "2014"}),),
    "information": (("information_campaign", {"gain": 0.5, "start": "2014"}),),
    "advertising removal": (("advertising_removal", {"share": 0.5, "start": "2014"}),),
}


def curve_scenarios() -> Iterator[tuple[str, str, Scenario]]:
    """Yield country, policy and scenario of every run that the library is made of."""
    classes = lever_classes()
    for country, scale in SCALES.items():
        for policy, levers in POLICIES.items():
            made = [classes[name](**options) for name, options in levers]
            base = Scenario.preset(country).with_(scale=scale, until=UNTIL, seed=SEED)
            yield country, policy, base.with_(*made, name=f"{country}, {policy}") if made else base


def write_curves(folder: Path, out: Path = LIBRARY, progress: Callable[[int, int], None] | None = None) -> None:
    """Run every scenario (resumable in ``folder``) and write the library with its provenance."""
    labels: list[dict[str, Any]] = []
    share: list[Array] = []
    orders: list[Array] = []
    every = list(curve_scenarios())
    for done, (country, policy, scenario) in enumerate(every):
        name = f"{country}-{policy.replace(' ', '-')}"
        # Detectors are tried on curves of one set of parameters: what differs between them is the outbreak alone.
        result = run(scenario, replicates=REPLICATES, out=folder / name, parameters="point")
        found = _monthly(result.to_xarray(), country)
        for replicate in range(REPLICATES):
            labels.append({"country": country, "policy": policy, "replicate": replicate})
            share.append(found[0][replicate])
            orders.append(found[1][replicate])
        if progress:
            progress(done + 1, len(every))
    facts = {"model": model_version(), "scales": SCALES, "until": UNTIL, "seed": SEED, "policies": POLICIES}
    np.savez_compressed(
        out,
        share=np.array(share, dtype=np.float32),
        orders=np.array(orders, dtype=np.float32),
        labels=np.array(json.dumps(labels)),
        provenance=np.array(json.dumps(facts)),
    )


def _monthly(data: Any, country: str) -> tuple[Array, Array]:
    """Monthly means by replicate of the share bought by drops and of orders per 100,000 people and day."""
    people = float(load_pack(country).persons_at_start)
    months = data["day"].values.astype("datetime64[M]").astype(int)
    months = months - months[0]
    orders = np.nan_to_num(data["orders_by_day"].values.astype(float)) * 1e5 / people
    share = 1.0 - np.nan_to_num(data["street_share_by_day"].values.astype(float), nan=1.0)
    count = np.bincount(months)
    return (
        np.array([np.bincount(months, weights=row) / count for row in share]),
        np.array([np.bincount(months, weights=row) / count for row in orders]),
    )
