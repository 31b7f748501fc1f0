"""The reference workload W shared by the Python peers: constants, start population, command line, JSON line.

Each peer keeps the rules in its own library's idiom; only what says nothing about speed is shared here.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np

STARTED = time.perf_counter()
REGIONS, PLATFORMS, SHOPS_EACH = 83, 5, 200
SHOPS = PLATFORMS * SHOPS_EACH
NEVER, CASUAL, REGULAR, DEPENDENT, TREATMENT = range(5)
STATES = 5
START = (0.85, 0.09, 0.04, 0.015, 0.005)
START_ACTIVE = (0.0, 0.60, 0.27, 0.10, 0.03)
BUYS = (0.0, 0.02, 0.12, 0.45, 0.0)
UP = (2e-5, 5e-4, 4e-4, 1e-3, 2e-3)
DOWN = (0.0, 4e-4, 8e-4, 5e-4, 2e-3)
UP_TO = (CASUAL, REGULAR, DEPENDENT, TREATMENT, CASUAL)
DOWN_TO = (NEVER, NEVER, CASUAL, REGULAR, NEVER)
X_MIN, X_MAX, X_GOOD, X_BAD = 0.25, 4.0, 1.01, 0.9


class World:
    """Start population and shops, drawn with NumPy."""

    def __init__(self, agents: int, active: bool, seed: int) -> None:
        rng = np.random.default_rng(seed)
        weight = 1.0 / (np.arange(REGIONS) + 3)
        ends = (agents * np.cumsum(weight) / weight.sum()).astype(np.int64)
        ends[-1] = agents
        self.region_size = np.diff(ends, prepend=0)
        self.region = np.repeat(np.arange(REGIONS, dtype=np.uint8), self.region_size)
        ends = np.cumsum(START_ACTIVE if active else START)[:-1]
        self.state = np.searchsorted(ends, rng.random(agents, np.float32), "right").astype(np.uint8)
        self.platform = rng.integers(0, PLATFORMS, agents, np.uint8)
        self.x = rng.random(agents, np.float32) + np.float32(0.5)
        self.price = rng.integers(1000, 5001, SHOPS)
        self.quality = rng.uniform(0.80, 0.99, SHOPS).astype(np.float32)


class Record:
    """What W records each day: purchases a region, revenue a shop, agents a state."""

    def __init__(self, days: int) -> None:
        self.purchases = np.zeros((days, REGIONS), np.int64)
        self.revenue = np.zeros((days, SHOPS), np.int64)
        self.states = np.zeros((days, STATES), np.int64)


def peak_bytes() -> int:
    """Peak resident memory of this process so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def options(implementation: str, agents: int) -> argparse.Namespace:
    """The command line that all implementations of W share."""
    parser = argparse.ArgumentParser(description=f"The reference workload W in {implementation}")
    parser.add_argument("--agents", type=int, default=agents)
    parser.add_argument("--days", type=int, default=10, help="the first is warm-up and not in the rate")
    parser.add_argument("--threads", type=int, default=1, help="honoured where the library has threads")
    parser.add_argument("--active", action="store_true", help="nobody is a non-user at the start")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="accepted everywhere; the output is JSON anyway")
    return parser.parse_args()


Build = Callable[[World, Record], Callable[[], Any]]


def measure(implementation: str, version: str, args: argparse.Namespace, build: Build) -> None:
    """Build the model, run its days one by one, print one JSON line. The first day is not in the rate."""
    if args.days < 2:
        raise SystemExit("--days must be at least 2: the first day is warm-up")
    imported = peak_bytes()
    world, record = World(args.agents, args.active, args.seed), Record(args.days)
    step = build(world, record)
    marks, cpu = [time.perf_counter()], []
    for _ in range(args.days):
        step()
        marks.append(time.perf_counter())
        cpu.append(time.process_time())
    purchases = record.purchases.sum(axis=1)
    out = {
        "implementation": implementation,
        "version": version,
        "agents": args.agents,
        "days": args.days,
        "threads": args.threads,
        "active": args.active,
        "agent_days_per_s": args.agents * (args.days - 1) / (marks[-1] - marks[1]),
        "cpu_s": cpu[-1] - cpu[0],
        "wall_s": time.perf_counter() - STARTED,
        "first_day_s": marks[1] - marks[0],
        "peak_bytes": peak_bytes(),
        "imported_bytes": imported,
        "purchases": int(purchases[-1]),
        "purchases_per_day": float(purchases.mean()),
        "states": record.states[-1].tolist(),
    }
    print(json.dumps(out))
