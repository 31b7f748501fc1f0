"""Speed and memory of kladsim, side by side with the same workload in C and in other libraries.

``python benchmarks/run.py`` runs the reference workload W (see benchmarks/README.md) in interleaved rounds
and prints medians, ranges and the ratios against the project's goals; ``run.py economy`` does the whole
model. Peers that are not installed are said to be so. Nothing here is a test: a slow or busy machine gives
other figures, never a failure.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import economy
import sidebyside as sbs
from sidebyside import Case, Runs, Spread

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PEERS = {
    "numpy": ("numpy_model.py", "numpy"),
    "laser": ("laser_model.py", "laser.core"),
    "starsim": ("starsim_model.py", "starsim"),
    "mesa-frames": ("mesa_frames_model.py", "mesa_frames"),
    "mesa": ("mesa_model.py", "mesa"),
}
GCC = ("-O3", "-march=native", "-ffp-contract=off", "-std=gnu11")
BY_CPU, BY_WALL = "agent_days_per_cpu_s", "agent_days_per_s"
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
Table = dict[tuple[str, str], Runs]


@dataclass(frozen=True)
class Sizes:
    """Agents and days of each part of the plan."""

    large: int = 17_000_000
    large_days: int = 60
    large_days_active: int = 16
    middle: int = 1_000_000
    middle_days: int = 200
    middle_days_active: int = 40
    peer_days: int = 7
    mesa: int = 10_000
    mesa_days: int = 40
    long_days: int = 3650


QUICK = Sizes(1_000_000, 40, 10, 200_000, 100, 20, 4, 10_000, 8, 200)


@dataclass(frozen=True)
class Goal:
    """A ratio that must reach its goal, or one figure of one case that must not exceed it."""

    text: str
    above: tuple[str, str]
    below: tuple[str, str] | None
    goal: float
    stretch: float | None = None
    key: str = BY_CPU
    scale: float = 1.0
    only_full: bool = False


GOALS = (
    Goal("W, C hybrid = 1, 1 thread", ("large", "kladsim 1t"), ("large", "c-hybrid 1t"), 0.8, 0.95),
    Goal("W, C hybrid = 1, 2 threads", ("large", "kladsim 2t"), ("large", "c-hybrid 2t"), 0.6, 0.95, BY_WALL),
    Goal("all active, C hybrid = 1, 1 thread", ("large, active", "kladsim 1t"), ("large, active", "c-hybrid 1t"), 0.8),
    Goal(
        "all active, C hybrid = 1, 2 threads",
        ("large, active", "kladsim 2t"), ("large, active", "c-hybrid 2t"), 0.6, None, BY_WALL,
    ),
    Goal("times LASER, 1 thread", ("middle", "kladsim 1t"), ("middle", "laser"), 20, 40),
    Goal("times Starsim, 1 thread", ("middle", "kladsim 1t"), ("middle", "starsim"), 60, 100),
    Goal("times mesa-frames, 1 thread", ("middle", "kladsim 1t"), ("middle", "mesa-frames"), 60, 100),
    Goal("times Mesa, 2 threads", ("large", "kladsim 2t"), ("mesa", "mesa"), 1500, 2500, BY_WALL),
    Goal("all active: times LASER", ("middle, active", "kladsim 1t"), ("middle, active", "laser"), 8),
    Goal("all active: times Starsim", ("middle, active", "kladsim 1t"), ("middle, active", "starsim"), 15),
    Goal(
        "all active: times mesa-frames",
        ("middle, active", "kladsim 1t"),
        ("middle, active", "mesa-frames"),
        15,
    ),
    Goal("all active: times Mesa", ("middle, active", "kladsim 1t"), ("mesa, active", "mesa"), 180),
    Goal("ten years, whole process, s", ("long", "kladsim 2t"), None, 30, 15, "process_s", 1.0, True),
    Goal("ten years, peak, MiB", ("long", "kladsim 2t"), None, 300, 220, "peak_bytes", 2.0**20, True),
    Goal("first day, warm cache, s", ("first day", "kladsim warm"), None, 0.7, 0.4, "process_s"),
    Goal("first day, cold cache, s", ("first day", "kladsim cold"), None, 8, 4, "process_s"),
)


def compile_c(folder: Path) -> tuple[str | None, str]:
    """Compile the C yardstick; returns its path, or None and the reason."""
    compiler = shutil.which(os.environ.get("CC", "gcc"))
    if compiler is None:
        return None, "not installed (no gcc)"
    target = folder / "hybrid"
    command = [compiler, *GCC, str(HERE / "peers" / "hybrid.c"), "-o", str(target), "-lpthread", "-lm"]
    done = subprocess.run(command, capture_output=True, text=True)
    return (str(target), "") if done.returncode == 0 else (None, done.stderr.strip()[-200:])


def options_of(agents: int, days: int, threads: int, active: bool) -> tuple[str, ...]:
    """The command line that all implementations share."""
    base = ("--agents", str(agents), "--days", str(days), "--threads", str(threads), "--json")
    return (*base, "--active") if active else base


class Plan:
    """Which cases to run, and what cannot run here."""

    def __init__(self, sizes: Sizes, peers_python: str | None, folder: Path, kladsim_python: str) -> None:
        self.sizes, self.folder = sizes, folder
        self.missing: dict[str, str] = {}
        self.commands: dict[str, tuple[str, ...]] = {
            "kladsim": (kladsim_python, str(ROOT / "examples" / "reference_workload.py"))
        }
        path, reason = compile_c(folder)
        if path is None:
            self.missing["c-hybrid"] = reason
        else:
            self.commands["c-hybrid"] = (path,)
        for name, (script, module) in PEERS.items():
            python = peers_python if peers_python and sbs.has_module(peers_python, module) else None
            if python is None and sbs.has_module(kladsim_python, module):
                python = kladsim_python
            if python is None:
                self.missing[name] = "not installed (make env-bench)"
            else:
                self.commands[name] = (python, str(HERE / "peers" / script))

    def case(
        self, group: str, name: str, agents: int, days: int, threads: int, active: bool, label: str = ""
    ) -> Iterator[Case]:
        if name in self.commands:
            command = self.commands[name] + options_of(agents, days, threads, active)
            env = (
                () if name in ("kladsim", "c-hybrid") else tuple((v, str(threads)) for v in THREAD_VARIABLES)
            )
            yield Case(group + (", active" if active else ""), label or name, command, env)

    def cases(self) -> Iterator[Case]:
        """Everything that is measured in interleaved rounds."""
        s = self.sizes
        for active in (False, True):
            large = s.large_days_active if active else s.large_days
            middle = s.middle_days_active if active else s.middle_days
            for threads in (1, 2):
                for name in ("kladsim", "c-hybrid"):
                    yield from self.case("large", name, s.large, large, threads, active, f"{name} {threads}t")
            for name in ("kladsim", "c-hybrid"):
                yield from self.case("middle", name, s.middle, middle, 1, active, f"{name} 1t")
            for name in ("numpy", "laser", "starsim", "mesa-frames"):
                yield from self.case("middle", name, s.middle, s.peer_days, 1, active)
            yield from self.case("mesa", "mesa", s.mesa, s.mesa_days, 1, active)

    def start_cases(self) -> list[Case]:
        """The first day, from the command to the end of the process, with an empty and a filled cache."""
        command = self.commands["kladsim"] + options_of(self.sizes.middle, 1, 1, False)
        cold = tempfile.mkdtemp(dir=self.folder)
        return [
            Case("first day", "kladsim cold", command, (("KLADSIM_CACHE_DIR", cold),)),
            Case("first day", "kladsim warm", command),
        ]

    def long_cases(self) -> list[Case]:
        """The whole job: the large population for ten years on two threads."""
        s = self.sizes
        names = ("kladsim", "c-hybrid")
        return [c for n in names for c in self.case("long", n, s.large, s.long_days, 2, False, f"{n} 2t")]


def measure(plan: Plan, rounds: int, long: bool) -> Table:
    """Fill the kernel cache, then run all parts."""
    warm = list(plan.case("warm-up", "kladsim", 100_000, 2, 1, False))
    runs = sbs.run_rounds(warm, 1)
    if any(r.error for r in runs.values()):
        return runs
    runs = sbs.run_rounds(plan.cases(), rounds)
    for number in range(min(rounds, 3)):
        for key, run in sbs.run_rounds(plan.start_cases(), 1).items():
            if number:
                runs[key].results += run.results
            else:
                runs[key] = run
    if long:
        runs |= sbs.run_rounds(plan.long_cases(), 1)
    return runs


def figures(run: Runs | None) -> tuple[str, str, str, str]:
    """Agent-days by wall time and by processor time, both in millions a second; peak memory; purchases."""
    if run is None or run.error:
        return ("failed: " + run.error[:40] if run else "-", "-", "-", "-")
    by_wall = Spread.of([v / 1e6 for v in run.values(BY_WALL)])
    by_cpu = Spread.of([rate / 1e6 for rate in run.values(BY_CPU)])
    bought = run.values("purchases_per_day") or run.values("purchases")
    purchases = f"{bought[0] / run.values('agents')[0]:.5f}" if bought else "-"
    return sbs.show(by_wall), sbs.show(by_cpu), f"{max(run.values('peak_bytes')) / 2**20:,.0f}", purchases


def case_rows(runs: Table) -> Iterator[tuple[str, ...]]:
    """One line a size and implementation: the usual case, and beside it everybody active."""
    for (group, name), run in runs.items():
        if not group.endswith(", active"):
            yield group, name, *figures(run), *figures(runs.get((group + ", active", name)))


def judge(goal: Goal, runs: Table) -> tuple[Spread | None, bool | None]:
    """The figure of a goal and whether it is met; None where it was not measured."""
    if goal.below is not None:
        spread = sbs.ratio(runs.get(goal.above), runs.get(goal.below), goal.key)
        return spread, None if spread is None else spread.median >= goal.goal
    run = runs.get(goal.above)
    spread = Spread.of([v / goal.scale for v in run.values(goal.key)]) if run else None
    return spread, None if spread is None else spread.median <= goal.goal


def goal_rows(runs: Table, quick: bool) -> Iterator[tuple[str, ...]]:
    """One line a goal: figure, goal, stretch, met or not."""
    for goal in GOALS:
        spread, met = judge(goal, runs)
        word = "not measured" if met is None else "yes" if met else "no"
        if quick and goal.only_full:
            word = "not at this size"
        sign = ">=" if goal.below else "<="
        stretch = f"{sign} {goal.stretch:g}" if goal.stretch else "-"
        yield goal.text, sbs.show(spread), f"{sign} {goal.goal:g}", stretch, word


def report(plan: Plan, runs: Table, rounds: int, quick: bool) -> str:
    """The text that the command prints."""
    lines = [f"{platform.platform()}, {os.cpu_count()} cores, {rounds} rounds in turn; median (low to high)."]
    lines += [f"{name}: {reason}" for name, reason in plan.missing.items()]
    if quick:
        lines.append("Small sizes (--quick): the goals are meant for the full ones.")
    columns = ("million agent-days/s", "of CPU", "peak MiB", "purchases/agent/day")
    head = ("size", "implementation", *columns, *("all active: " + columns[0], *columns[1:]))
    lines += ["", sbs.table(head, case_rows(runs))]
    goals = ("goal", "measured", "goal", "stretch", "met")
    lines += ["", "Ratios within a round:", sbs.table(goals, goal_rows(runs, quick))]
    note = "'of CPU': by processor time, which neighbours of a shared machine disturb less; goals of one thread use it."
    lines += ["", note]
    return "\n".join(lines)


def as_json(plan: Plan, runs: Table, quick: bool) -> dict[str, object]:
    """All rounds and all goals, for machines."""
    goals = []
    for goal in GOALS:
        spread, met = judge(goal, runs)
        goals.append(
            {"text": goal.text, "goal": goal.goal, "measured": spread and asdict(spread), "met": met}
        )
    cases = [
        {"group": g, "name": n, "command": list(r.case.command), "error": r.error, "rounds": r.results}
        for (g, n), r in runs.items()
    ]
    return {"quick": quick, "missing": plan.missing, "cases": cases, "goals": goals}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="?", choices=("workload", "economy", "all"), default="workload")
    parser.add_argument("--quick", action="store_true", help="small sizes: about a minute")
    parser.add_argument("--rounds", type=int, default=0, help="default 5, or 3 with --quick")
    parser.add_argument("--no-long", action="store_true", help="leave out the ten years of 17 million")
    parser.add_argument("--full", action="store_true", help="economy: also scale 1")
    parser.add_argument("--peers-python", default=sbs.python_of(ROOT / ".venv-bench"), metavar="PATH")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(argv)
    if args.what != "economy":
        rounds = args.rounds or (3 if args.quick else 5)
        with tempfile.TemporaryDirectory(prefix="kladsim-bench-") as folder:
            plan = Plan(QUICK if args.quick else Sizes(), args.peers_python, Path(folder), sys.executable)
            runs = measure(plan, rounds, long=not args.no_long)
            print(
                json.dumps(as_json(plan, runs, args.quick))
                if args.json
                else report(plan, runs, rounds, args.quick)
            )
    if args.what == "workload":
        return 0
    flags = [
        flag for flag, on in (("--quick", args.quick), ("--full", args.full), ("--json", args.json)) if on
    ]
    return economy.main([*flags, *(("--rounds", str(args.rounds)) if args.rounds else ())])


if __name__ == "__main__":
    raise SystemExit(main())
