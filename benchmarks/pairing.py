"""How many fewer replicates paired differences need than unpaired ones, for every lever, with a diagnosis.

    python benchmarks/pairing.py --scale 1/300 --replicates 8 --page docs/pairing.md

One history to 2019; every lever branches from it at a strength that studies document or nearly so, to 2024.
With --page the findings are written as a page of the manual.
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
from kladsim.report.tables import title_of
from kladsim.runs import Result, run
from kladsim.runs.interval_words import interval_sentence
from kladsim.study import branch
from kladsim.study.effects import totals_since
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


PAGE = """# What common random numbers gain

Base and plan get the same luck, person by person and day by day, so that they differ only by what the plan changes. The
table says how many times more replicates an unpaired comparison would need for the same interval: the variances of plan
and base together, over the variance of their difference. The project wants ten for every lever.

Made by `python {command}`
with model {model}: a sample of {scale} of persons, {replicates} replicates, one history to {start}, then every lever to
{until} at the strength in `benchmarks/pairing.py`. A ratio of two variances from {replicates} replicates is itself
uncertain, by a factor of up to about {factor:.1f} either way (90 % interval of the F distribution, for independent
variances). "No change": the plan leaves the outcome as it was in every replicate.

{table}

{below}

## Where luck diverges

{reasons}

Between replicates of the base the outcomes vary by (standard deviation over mean): {spread}.
Where luck moves an outcome little, pairing has little to take away. Courts try as many charges as they have room for,
so that prison-years vary little, while a plan changes by chance on whom the few long sentences for trafficking fall.

What helps: more persons (a larger scale) where the effect itself is luck, and more replicates where markets tip: a
tipped replicate is no error but a possible course, and its effect belongs to the interval.

**No published figure on use, death or treatment is for cathinones.** {holds}
"""


def spread_of(history: Result) -> str:
    """Return how much each outcome varies between replicates of the base, in words."""
    totals = totals_since(history, int(FROM[:4]))
    shares = {outcome: totals[outcome].std(ddof=1) / totals[outcome].mean() for outcome in OUTCOMES}
    return ", ".join(f"{title_of(outcome).lower()} {100 * share:.1f} %" for outcome, share in shares.items())


def page(found: list[Gain], command: str, scale: str, replicates: int, spread: str, holds: str) -> str:
    """Return the page: table, what lies below ten, and why."""
    from scipy.stats import f

    from kladsim.model.version import MODEL_VERSION

    least = least_by_plan(found)
    head = ["lever", *(title_of(outcome) for outcome in OUTCOMES), "median"]
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    for plan in LEVERS:
        row = {gain.outcome: gain for gain in found if gain.plan == plan}
        cells = [_marked(row[outcome].ratio) for outcome in OUTCOMES]
        lines.append("| " + " | ".join([plan.replace("_", " "), *cells, short(least[plan][0])]) + " |")
    low = [gain for gain in found if gain.ratio < WISHED]
    medians = [plan for plan in LEVERS if least[plan][0] < WISHED]
    below = (
        f"Of {sum(math.isfinite(gain.ratio) for gain in found)} pairs of lever and outcome that change, {len(low)} lie "
        f"below ten (bold); of {len(LEVERS)} levers, {len(medians)} have a median below ten"
        + (f": {', '.join(plan.replace('_', ' ') for plan in medians)}." if medians else ".")
    )
    reasons = [_reason(gain) for gain in found if gain.ratio < WISHED] or ["Nowhere below ten."]
    return PAGE.format(
        holds=holds, command=command, model=MODEL_VERSION, scale=scale, replicates=replicates, start=FROM, until=UNTIL,
        factor=float(f.ppf(0.95, replicates - 1, replicates - 1)), table="\n".join(lines), below=below,
        reasons="\n".join(reasons), spread=spread,
    )  # fmt: skip


def _marked(ratio: float) -> str:
    return f"**{short(ratio)}**" if ratio < WISHED else short(ratio)


def _reason(gain: Gain) -> str:
    without = f" (without the replicates that jump {short(gain.without_jumps)})" if gain.jumps else ""
    what = f"{gain.plan.replace('_', ' ')}, {title_of(gain.outcome).lower()}"
    return f"- **{what}**: {short(gain.ratio)}{without}. {gain.diagnosis[0].upper()}{gain.diagnosis[1:]}."


def main() -> None:
    """Run, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", default="1/1000")
    parser.add_argument("--replicates", type=int, default=8)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", help="folder to keep the runs in; the same command then resumes")
    parser.add_argument("--page", type=Path, help="write the findings as a page in Markdown")
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
        spread, holds = spread_of(history), interval_sentence(history.interval)
    least = least_by_plan(found)
    if given.json:
        print(json.dumps({"gains": [vars(gain) for gain in found], "least": least}, indent=1))
        return
    if given.page:
        command = f"benchmarks/pairing.py --scale {given.scale} --replicates {given.replicates} --page docs/pairing.md"
        given.page.write_text(page(found, command, given.scale, given.replicates, spread, holds), encoding="utf-8")
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
