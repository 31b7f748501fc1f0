"""How many fewer replicates paired differences need than unpaired ones, for every lever, with a diagnosis.

    python benchmarks/pairing.py --scale 1/100 --replicates 8

One history to 2019; every lever branches from it at a strength that studies document or nearly so, to 2024.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from pathlib import Path
from typing import Any

import kladsim as ks
from kladsim.policy.registry import lever_class
from kladsim.study import branch, run
from kladsim.study.pairing import WISHED, Gain, gains, least_by_plan

FROM, UNTIL = "2019-01-01", "2024-01-01"
LEVERS: dict[str, dict[str, Any]] = {
    "advertising_removal": {"share": 0.5},
    "contingency_management": {"share": 0.5},
    "data_sharing": {"share": 0.5},
    "decriminalisation": {"share": 0.5},
    "diversion": {"share": 0.5},
    "drug_checking": {"share": 0.1},
    "early_warning": {"share": 0.3},
    "electronic_monitoring": {"share": 0.3},
    "financial_sanctions": {"factor": 2.0},
    "information_campaign": {"gain": 0.2},
    "poisoning_response": {"share": 0.2},
    "police": {"tier": "courier", "factor": 1.5},
    "precursor_control": {"share": 0.3},
    "recruitment_prevention": {"share": 0.2},
    "sentencing": {"factor": 0.8},
    "takedown": {},
    "treatment": {"places": 20_000},
    "youth_income": {"share": 0.3},
}
OUTCOMES = ("deaths", "dependent", "people_who_use", "prison_years", "poisonings_nonfatal", "couriers")


def plans(base: ks.Scenario) -> list[ks.Scenario]:
    """One plan a lever, named like it."""
    made = []
    for name, options in LEVERS.items():
        kind = lever_class(name)
        made.append(base.with_(kind(**options, **{kind.dated_by: FROM}), name=name))
    return made


def short(ratio: float) -> str:
    """A ratio for a table."""
    if math.isnan(ratio):
        return "–"
    return "no change" if math.isinf(ratio) else f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.1f}"


def main() -> None:
    """Run, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", default="1/1000")
    parser.add_argument("--replicates", type=int, default=8)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", help="folder to keep the runs in; the same command then resumes")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    begin = time.perf_counter()
    base = ks.Scenario(name="base", until=UNTIL, scale=given.scale)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(given.out or name)
        history = run(base, replicates=given.replicates, out=folder / "base", workers=given.workers)
        found: list[Gain] = []
        for plan in plans(base):
            (future,) = branch(history, plan, at=FROM, out=folder, workers=given.workers)
            found += gains(history, {plan.name: future}, OUTCOMES)
    least = least_by_plan(found)
    if given.json:
        print(json.dumps({"gains": [vars(gain) for gain in found], "least": least}, indent=1))
        return
    print(f"Replicates unpaired for one paired, {given.scale}, {given.replicates} replicates, {FROM} to {UNTIL}")
    print(f"{'lever':24}" + "".join(f"{outcome[:15]:>16}" for outcome in OUTCOMES) + f"{'median':>10}")
    for plan in LEVERS:
        row = {gain.outcome: gain for gain in found if gain.plan == plan}
        print(f"{plan:24}" + "".join(f"{short(row[o].ratio):>16}" for o in OUTCOMES) + f"{short(least[plan][0]):>10}")
    for gain in found:
        if gain.ratio < WISHED:
            ratios = f"{short(gain.ratio)}, without jumps {short(gain.without_jumps)}"
            print(f"{gain.plan}, {gain.outcome}: {ratios}; {gain.diagnosis}")
    print(f"{time.perf_counter() - begin:.0f} s")


if __name__ == "__main__":
    main()
