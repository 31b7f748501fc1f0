"""Processor time of ``kladsim monitor watch`` over the shipped series: from nothing, with fits kept, with a new value.

``python benchmarks/watch.py [ROUNDS]`` prints medians and their ratio to the time in which Python and numpy start, so
that a slow or busy machine changes the figures little. Nothing here is a test.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

WATCH = ("-m", "kladsim", "monitor", "watch", "--json", "--quiet")
VALUE = "country,place,indicator,unit,period,value,reported\nCH,Basel,cocaine,mg/1000/day,{year},600,2026-06-01\n"


def measure(*arguments: str, **settings: str) -> float:
    """Return seconds of processor time that a Python process takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, **settings}
    subprocess.run([sys.executable, *arguments], env=environment, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(rounds: int) -> None:
    """Measure in rounds and print one JSON object."""
    seconds: dict[str, list[float]] = {"start": [], "cold": [], "warm": [], "one new value": []}
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            place = {"KLADSIM_FITS": f"{folder}/fits", "KLADSIM_MONITOR": f"{folder}/monitor"}
            seconds["start"].append(measure("-c", "import numpy"))
            seconds["cold"].append(measure(*WATCH, **place))
            seconds["warm"].append(measure(*WATCH, **place))
            new = Path(folder) / "new.csv"
            new.write_text(VALUE.format(year=2023 + number % 3), encoding="utf-8")
            measure("-m", "kladsim", "monitor", "add", str(new), **place)
            seconds["one new value"].append(measure(*WATCH, **place))
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    ratios = {name: round(value / medians["start"], 1) for name, value in medians.items()}
    rounded = {name: round(value, 2) for name, value in medians.items()}
    print(json.dumps({"rounds": rounds, "cpu_seconds": rounded, "times_the_start_of_numpy": ratios}, indent=2))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
