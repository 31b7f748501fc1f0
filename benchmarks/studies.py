"""What studies cost beyond the runs themselves: time lost against the ideal, memory over many runs, branching.

    python benchmarks/studies.py                # about three minutes on two quiet cores
    python benchmarks/studies.py --runs 1000 --only one,processes,decade
    python benchmarks/studies.py --days 3652 --scale 1/100 --runs 30 --only processes       # decades themselves
    python benchmarks/studies.py --policies 50 --branch-scale 1/300 --branch-until 2030-01-01 --only branching

The runs are short (30 days at 1/10,000), so that what is lost between runs shows; a decade at 1/100 takes seconds.
Two shares are told: against the sum of the runs' own times, and, more strictly, against as many median runs, so that
loading the kernels in each process counts as lost. Neighbours on the machine make both uncertain: nothing is cut off at
zero.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import kladsim as ks
from kladsim.runs import run
from kladsim.study import branch, compare
from kladsim.study.ensemble import Study

DECADE = 3652


def resident() -> float:
    """The resident memory of this process in MB."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def short(days: int, scale: str) -> ks.Scenario:
    """A run of some days."""
    until = np.datetime64("2014-01-01") + days
    return ks.Scenario(name="short", until=str(until), scale=scale)


def lost(study: Study, wall: float, workers: int, first: int = 0) -> dict[str, float]:
    """Wall time against the ideal: the sum of the runs' own times over the workers."""
    what = "sum(wall_s) AS busy, median(wall_s) AS typical, count(*) AS n"
    (row,) = study.sql(f"SELECT {what} FROM runs WHERE replicate >= {first}")
    ideal, strict = row["busy"] / workers, row["typical"] * row["n"] / workers
    return {
        "runs": row["n"],
        "wall_s": round(wall, 2),
        "a_run_s": round(row["typical"], 4),
        "ideal_s": round(ideal, 2),
        "lost_share": round(1 - ideal / wall, 4),
        "lost_share_by_median_run": round(1 - strict / wall, 4),
        "lost_ms_a_run": round(1000 * (wall - ideal) * workers / row["n"], 2),
    }


def in_one_process(folder: Path, runs: int, scenario: ks.Scenario) -> dict[str, Any]:
    """Run many short runs in this process; memory must not grow with their number, nor the time between runs."""
    study = Study.plan(scenario, replicates=1, out=folder / "one")
    memory: list[float] = []
    moments: list[float] = []

    def watch(_: object) -> None:
        memory.append(resident())
        moments.append(time.perf_counter())

    study.run()  # kernels load
    begin = time.perf_counter()
    study.run(replicates=runs + 1, progress=watch)
    wall = time.perf_counter() - begin
    later = np.array(memory[len(memory) // 5 :])
    steps = np.diff(moments)
    half = len(steps) // 2
    return lost(study, wall, 1, first=1) | {
        "rss_mb_first": round(memory[0], 1),
        "rss_mb_last": round(memory[-1], 1),
        "rss_kb_a_run": round(1024 * float(np.polyfit(np.arange(len(later)), later, 1)[0]), 2),
        "second_half_over_first": round(float(np.median(steps[half:]) / np.median(steps[:half])), 3),
    }


def in_processes(folder: Path, runs: int, scenario: ks.Scenario, workers: int) -> dict[str, Any]:
    """Run short runs in worker processes; what is lost beside starting them is told apart."""
    study = Study.plan(scenario, replicates=runs, out=folder / "many")
    moments: list[float] = []
    begin = time.perf_counter()
    study.run(workers=workers, progress=lambda _: moments.append(time.perf_counter() - begin))
    wall = time.perf_counter() - begin
    return lost(study, wall, workers) | {"first_run_after_s": round(moments[0], 2)}


def at_decade(measured: dict[str, Any], seconds: float, workers: int, runs: int = 1000) -> dict[str, float]:
    """What the same losses come to for ``runs`` runs of ``seconds`` each: starting once, and a part between runs."""
    ideal = runs * seconds / workers
    start, a_run = _losses(measured, workers)
    lost_s = start + runs * a_run / workers
    return {
        "ideal_s": round(ideal, 1),
        "start_s": round(start, 2),
        "between_ms_a_run": round(1000 * a_run, 2),
        "lost_share": round(lost_s / (ideal + lost_s), 4),
    }


def _losses(measured: dict[str, Any], workers: int) -> tuple[float, float]:
    """Seconds lost once, until a worker has its first run behind it, and seconds of one core lost a run after that."""
    start = measured["first_run_after_s"] - measured["a_run_s"]
    left = measured["runs"] - workers
    steady = measured["wall_s"] - measured["first_run_after_s"]
    return start, steady * workers / left - measured["a_run_s"]


def branching(folder: Path, policies: int, scale: str, until: str) -> dict[str, Any]:
    """Branch policies at 2024, then run each from 2014; the digests must be the same.

    The history's state is made once: its time is told apart, so that the share for 50 policies follows. All runs are in
    this process, so that its CPU seconds count, whatever the neighbours do.
    """
    base = ks.Scenario(name="base", until=until, scale=scale)
    shares = np.linspace(0.1, 0.9, policies)
    plans = [base.with_(ks.Diversion(share=float(s), start="2024-01"), name=f"divert {s:.3f}") for s in shares]
    history = run(base, out=folder / "base")
    seconds = []
    futures = []
    for plan in plans:
        begin = time.process_time()
        futures += branch(history, plan, at="2024-01-01", out=folder / "branches")
        seconds.append(time.process_time() - begin)
    begin = time.process_time()
    straight = [run(plan, out=folder / f"straight{number}") for number, plan in enumerate(plans)]
    whole = (time.process_time() - begin) / policies
    each = float(np.mean(seconds[1:]))
    state = seconds[0] - each
    return {
        "policies": policies,
        "until": until,
        "state_at_2024_s": round(state, 2),
        "a_branch_s": round(each, 2),
        "from_2014_s": round(whole, 2),
        "share_of_time": round(sum(seconds) / (policies * whole), 3),
        "share_of_time_for_50": round((state + 50 * each) / (50 * whole), 3),
        "same_digests": [f.digest for f in futures] == [s.digest for s in straight],
    }


def again(folder: Path, scale: str) -> dict[str, Any]:
    """Compare twice; the second time comes from the store."""
    base = ks.Scenario(name="base", until="2016-01-01", scale=scale)
    plan = base.with_(ks.Diversion(share=0.5, start="2015-01"), name="divert")
    compare(base, plan, replicates=4, out=folder / "again").save()
    begin = time.perf_counter()
    second = compare(base, plan, replicates=4, out=folder / "again")
    _ = second.totals()
    return {"from_store": second.from_store, "seconds": round(time.perf_counter() - begin, 3)}


def measured(folder: Path, given: argparse.Namespace, parts: set[str]) -> dict[str, Any]:
    """Return what was asked for, by name."""
    scenario = short(given.days, given.scale)
    found: dict[str, Any] = {}
    if "one" in parts:
        found["in one process"] = in_one_process(folder, given.runs, scenario)
    if parts & {"processes", "decade"}:
        many = in_processes(folder, given.runs, scenario, given.workers)
        found[f"in {given.workers} processes"] = many
    if "decade" in parts:
        decade = given.decade_seconds or run(ks.Scenario(name="d", scale="1/100"), out=folder / "d").status["wall_s"]
        found[f"1,000 decades at 1/100, {decade:.1f} s each"] = at_decade(many, decade, given.workers)
    if "branching" in parts:
        found["branching at 2024"] = branching(folder, given.policies, given.branch_scale, given.branch_until)
    if "again" in parts:
        found["the same comparison again"] = again(folder, "1/1000")
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--scale", default="1/10000")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--policies", type=int, default=3)
    parser.add_argument("--branch-scale", default="1/100")
    parser.add_argument("--branch-until", default="2027-01-01")
    parser.add_argument("--only", default="one,processes,decade,branching,again", help="parts, with commas")
    parser.add_argument("--decade-seconds", type=float, default=0.0, help="seconds of a decade at 1/100 (0: measure)")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    parts = set(given.only.split(","))
    with tempfile.TemporaryDirectory() as name:
        found = measured(Path(name), given, parts)
    if given.json:
        print(json.dumps(found, indent=2))
        return
    for what, numbers in found.items():
        print(f"{what}: " + ", ".join(f"{key} {value}" for key, value in numbers.items()))


if __name__ == "__main__":
    main()
