"""Speed, memory and linearity of the whole drug economy (`kladsim run russia`) at four scales.

``python benchmarks/economy.py`` runs scales 1/100, 1/50, 1/20 and 1/10 (``--full`` adds 1) and prints
person-days a second, peak memory, a fit of the time against person-days, and start-up times with a filled and
with an empty kernel cache.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sidebyside as sbs
from sidebyside import Case, Runs, Spread

SCALES = ("1/100", "1/50", "1/20", "1/10")
QUICK_SCALES = ("1/2000", "1/1000", "1/500", "1/200")
UNTIL, HALF, QUICK_UNTIL, QUICK_HALF = "2024-01-01", "2019-01-01", "2016-01-01", "2015-01-01"
FIRST_DAY = "2014-01-02"


@dataclass(frozen=True)
class Fit:
    """time = start + per_unit x units by least squares, with the largest relative miss."""

    start: float
    per_unit: float
    r2: float
    worst: float


def fit(units: list[float], seconds: list[float]) -> Fit | None:
    """Fit a line through the points; None with fewer than three or with no spread."""
    n = len(units)
    if n < 3 or max(units) == min(units):
        return None
    mx, my = sum(units) / n, sum(seconds) / n
    slope = sum((x - mx) * (y - my) for x, y in zip(units, seconds, strict=True)) / sum(
        (x - mx) ** 2 for x in units
    )
    start = my - slope * mx
    misses = [y - start - slope * x for x, y in zip(units, seconds, strict=True)]
    total = sum((y - my) ** 2 for y in seconds)
    r2 = 1.0 - sum(m * m for m in misses) / total if total else 1.0
    return Fit(start, slope, r2, max(abs(m) / y for m, y in zip(misses, seconds, strict=True)))


def command(scale: str, until: str, threads: int, out: Path) -> tuple[str, ...]:
    """One run of the baseline; the bench's own interpreter finds the installed kladsim."""
    beside = Path(sys.executable).with_name("kladsim")
    program = str(beside) if beside.exists() else shutil.which("kladsim") or "kladsim"
    extra = ("--until", until, "--threads", str(threads), "--out", str(out), "--json")
    return (program, "run", "russia", "--scale", scale, *extra)


def plan(args: argparse.Namespace, folder: Path) -> Iterator[Case]:
    """All sizes for the whole time, the second size for half of it, each into a folder of its own."""
    scales = QUICK_SCALES if args.quick else (*SCALES, "1") if args.full else SCALES
    until, half = (QUICK_UNTIL, QUICK_HALF) if args.quick else (UNTIL, HALF)
    for scale in scales:
        yield Case(f"scale {scale}", f"until {until}", command(scale, until, args.threads, folder / "run"))
    yield Case(f"scale {scales[1]}", f"until {half}", command(scales[1], half, args.threads, folder / "run"))


def start_cases(folder: Path, threads: int) -> list[Case]:
    """One day as a whole process, with an empty and with a filled kernel cache."""
    day = command("1/100", FIRST_DAY, threads, folder / "run")
    cold = ("KLADSIM_CACHE_DIR", tempfile.mkdtemp(dir=folder))
    return [Case("first day", "cold", day, (cold,)), Case("first day", "warm", day)]


def measure(cases: list[Case], rounds: int, folder: Path) -> dict[tuple[str, str], Runs]:
    """Run the cases in turn; the output of each is thrown away, so that no run is taken for already made."""
    runs: dict[tuple[str, str], Runs] = {(c.group, c.name): Runs(c) for c in cases}
    for _ in range(rounds):
        for case in cases:
            run = runs[case.group, case.name]
            if run.error:
                continue
            sbs.progress(f"{case.group}, {case.name}")
            try:
                run.results.append(sbs.run_case(case, 3600))
            except RuntimeError as error:
                run.error = str(error)
            shutil.rmtree(folder / "run", ignore_errors=True)
    sbs.progress("")
    return runs


def rows(runs: dict[tuple[str, str], Runs]) -> Iterator[tuple[str, ...]]:
    """One line a case."""
    for (group, name), run in runs.items():
        if run.error:
            yield group, name, "failed: " + run.error[:60], "", "", "", ""
            continue
        peak, persons = run.values("peak_bytes"), run.values("persons")
        yield (
            group,
            name,
            f"{persons[0]:,.0f}" if persons else "-",
            sbs.show(Spread.of(run.values("wall_s"))),
            sbs.show(Spread.of([v / 1e6 for v in run.values("person_days_per_s")])),
            f"{max(peak) / 2**20:,.0f}" if peak else "-",
            sbs.show(Spread.of(run.values("process_s"))),
        )


def fit_of(runs: dict[tuple[str, str], Runs]) -> Fit | None:
    """Seconds in the process against person-days, over all sizes and both durations."""
    points = []
    for (group, _), run in runs.items():
        wall = Spread.of(run.values("process_s"))
        if group != "first day" and wall and run.values("persons") and run.values("days"):
            points.append((run.values("persons")[0] * run.values("days")[0], wall.median))
    return fit([p[0] for p in points], [p[1] for p in points])


def report(runs: dict[tuple[str, str], Runs]) -> str:
    """The text that the command prints."""
    head = ("scale", "run", "persons", "wall s", "million person-days/s", "peak MiB", "whole process s")
    lines = ["The whole economy, median (low to high):", "", sbs.table(head, rows(runs))]
    line = fit_of(runs)
    if line is not None:
        lines += [
            "",
            f"process seconds = {line.start:.3g} + {line.per_unit * 1e9:.3g} x thousand million person-days; "
            f"R2 {line.r2:.4f}, largest relative miss {line.worst:.0%}",
        ]
    lines += ["", "Goals at scale 1, ten years, 2 cores: <= 300 s (stretch 120), <= 1,500 MB (stretch 800)."]
    lines += ["A 1 % sample: about 4 s after start-up. First day: <= 1.5 s warm, <= 40 s cold."]
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="small scales, two years")
    parser.add_argument("--full", action="store_true", help="also scale 1")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--no-start", action="store_true", help="leave out the start-up times")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="kladsim-bench-") as name:
        folder = Path(name)
        measure(start_cases(folder, args.threads)[1:], 1, folder)  # fills the kernel cache
        runs = measure(list(plan(args, folder)), args.rounds, folder)
        if not args.no_start:
            runs |= measure(start_cases(folder, args.threads), 1, folder)
    if args.json:
        line = fit_of(runs)
        cases = [{"group": g, "name": n, "error": r.error, "rounds": r.results} for (g, n), r in runs.items()]
        print(json.dumps({"cases": cases, "fit": None if line is None else vars(line)}))
    else:
        print(report(runs))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
