"""Run in a process of its own, with and without the example packages: prints what each run gives as JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np

import kladsim as ks
from kladsim.core.errors import InputError
from kladsim.model import OUTCOMES, Simulation
from kladsim.world import list_packs, load_pack

BASE = ks.Scenario.preset("russia").with_(until="2015-03-01", scale="1/2000")
PACK = load_pack("russia")


def run(scenario: ks.Scenario, threads: int = 1, upto: int | None = None) -> Simulation:
    """Return a finished simulation."""
    simulation = Simulation(scenario.resolve(PACK), PACK, threads=threads)
    simulation.run(upto)
    return simulation


def facts(simulation: Simulation) -> dict[str, Any]:
    """Return the digest and the national series of a run."""
    results = simulation.results()
    added = {name: results[name].values.tolist() for name in results if name not in OUTCOMES.builtin}
    return {"digest": simulation.digest(), "added": added, "deaths": results["deaths"].values.tolist()}


def complaint(make: Any) -> str:
    """Return the message of the error that ``make`` raises."""
    try:
        make()
    except InputError as error:
        return str(error)
    return ""


def main() -> dict[str, Any]:
    """Return the facts of all runs; those of added mechanisms only where they are installed."""
    plain = run(BASE)
    told: dict[str, Any] = {"plain": facts(plain), "key": BASE.key(), "packs": list_packs()}
    if "peer_support" not in sys.argv:
        return told
    on = BASE.with_(mechanisms={"peer_support": "on"})
    half = run(on, upto=200)
    half.save("half.npz")
    again = Simulation.load("half.npz", on.resolve(PACK), PACK)
    again.run()
    silent = run(on.with_(parameters={"peer_support.effect": 0.0}))
    one = run(on)
    from kladsim.validation.judging import result_of
    from kladsim.validation.registry import checks
    from kladsim.validation.verdicts import CheckInput

    rows = {f"{name}@{year}": value for year in range(2018, 2022)
            for name, value in (("relapses", 30.0), ("remissions", 40.0), ("quits", 20.0))}  # fmt: skip
    verdict = result_of(checks()["X01"], CheckInput({"base": [{"replicate": i, "arms": {"base": rows}} for i in range(3)]}))
    iceland = load_pack("iceland")
    return told | {
        "on": facts(one),
        "threads": run(on, threads=2).digest(),
        "resumed": facts(again),
        "off again": facts(run(on.with_(mechanisms={"peer_support": "off"}))),
        "off key": on.with_(mechanisms={"peer_support": "off"}).key(),
        "silent deaths": silent.results()["deaths"].values.tolist(),
        "silent persons": bool(np.array_equal(silent.persons_table.use, plain.persons_table.use)),
        "helped": float(one.added[0].state["helped"].sum()),
        "dependent": [float(s.results()["dependent"].values[-1].sum()) for s in (plain, one)],
        "off parameter": complaint(lambda: run(BASE.with_(parameters={"peer_support.effect": 0.1}))),
        "beyond": complaint(lambda: run(on.with_(parameters={"peer_support.effect": 2.0}))),
        "misspelt": complaint(lambda: BASE.with_(mechanisms={"peer_suport": "on"})),
        "check": [verdict.status, verdict.value, verdict.statement, list(verdict.mechanism)],
        "lever": sorted(name for name in ks.lever_classes() if name == "youth_clubs"),
        "iceland": [iceland.n_regions, list(iceland.measures)],
    }


if __name__ == "__main__":
    print(json.dumps(main()))
