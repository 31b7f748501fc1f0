"""Run commands side by side in interleaved rounds and compare them within each round.

A shared machine drifts by more than the differences of interest, so nothing is compared across rounds: every
round runs each command once, and a ratio is the median over rounds of the ratio within a round.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Case:
    """One command that prints a JSON object on its last line of standard output."""

    group: str
    name: str
    command: tuple[str, ...]
    env: tuple[tuple[str, str], ...] = ()


@dataclass
class Runs:
    """What the rounds of a case gave."""

    case: Case
    results: list[dict[str, float]] = field(default_factory=list)
    error: str = ""

    def values(self, key: str) -> list[float]:
        return [float(r[key]) for r in self.results if r.get(key) is not None]


@dataclass(frozen=True)
class Spread:
    """Median, smallest and largest of some rounds."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread | None:
        return cls(statistics.median(values), min(values), max(values)) if values else None


def run_case(case: Case, timeout: float) -> dict[str, float]:
    """Run a case once; adds process_s (whole process), cpu_share (processor time over wall time) and, where the days
    after the first are timed (cpu_s), agent_days_per_cpu_s.

    Raises RuntimeError with the reason if the command fails or prints no JSON.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    try:
        done = subprocess.run(
            case.command, capture_output=True, text=True, timeout=timeout, env=os.environ | dict(case.env)
        )
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"took longer than {timeout:.0f} s") from error
    except OSError as error:
        raise RuntimeError(str(error)) from error
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        raise RuntimeError((done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1])
    try:
        result = json.loads(lines[-1])
    except json.JSONDecodeError:
        try:
            result = json.loads(done.stdout)
        except json.JSONDecodeError as error:
            raise RuntimeError("printed no JSON") from error
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    result = dict(result) | {"process_s": wall, "cpu_share": cpu / wall}
    if result.get("cpu_s"):
        result["agent_days_per_cpu_s"] = result["agents"] * (result["days"] - 1) / result["cpu_s"]
    return result


def progress(note: str) -> None:
    """Overwrite the line that says what runs now; nothing where nobody watches."""
    if sys.stderr.isatty():
        print(f"\r{note:78.78}\r{note}", end="", file=sys.stderr, flush=True)


def run_rounds(cases: Iterable[Case], rounds: int, timeout: float = 900.0) -> dict[tuple[str, str], Runs]:
    """Run all cases in turn, `rounds` times; a case that fails once is left out of later rounds."""
    runs = {(case.group, case.name): Runs(case) for case in cases}
    for number in range(rounds):
        for run in runs.values():
            if run.error:
                continue
            progress(f"round {number + 1}/{rounds}: {run.case.group}, {run.case.name}")
            try:
                run.results.append(run_case(run.case, timeout))
            except RuntimeError as error:
                run.error, run.results = str(error), []
    progress("")
    return runs


def ratio(above: Runs | None, below: Runs | None, key: str = "agent_days_per_s") -> Spread | None:
    """Median, smallest and largest ratio within a round; None where either did not run."""
    if above is None or below is None:
        return None
    pairs = zip(above.values(key), below.values(key), strict=False)
    return Spread.of([a / b for a, b in pairs if b > 0])


def python_of(folder: Path) -> str | None:
    """The Python of a virtual environment, or None where there is none."""
    for candidate in (folder / "bin" / "python", folder / "Scripts" / "python.exe"):
        if candidate.exists():
            return str(candidate)
    return None


def has_module(python: str, module: str) -> bool:
    """Whether that Python can find the module, without importing it."""
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
    try:
        return subprocess.run([python, "-c", code], capture_output=True).returncode == 0
    except OSError:
        return False


def short(value: float) -> str:
    """Three significant digits with a thousands separator where one is needed."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def show(spread: Spread | None, scale: float = 1.0) -> str:
    """'median (low to high)', or a dash."""
    if spread is None:
        return "-"
    return f"{short(spread.median / scale)} ({short(spread.low / scale)} to {short(spread.high / scale)})"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A plain table, first column left, the others right."""
    body = [list(head), *(list(row) for row in rows)]
    widths = [max(len(row[k]) for row in body) for k in range(len(head))]
    lines = []
    for row in body:
        cells = [row[0].ljust(widths[0])] + [c.rjust(n) for c, n in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * n for n in widths))
    return "\n".join(lines)
