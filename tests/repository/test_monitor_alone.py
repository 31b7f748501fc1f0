"""The monitor works where neither the simulator nor a compiler is installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import importlib, pkgutil, sys

BLOCKED = ("numba", "kladsim.model", "kladsim.runs", "kladsim.world", "kladsim.study", "kladsim.policy")

class Block:
    def find_spec(self, name, path=None, target=None):
        if any(name == blocked or name.startswith(blocked + ".") for blocked in BLOCKED):
            raise ImportError(f"{name} is not installed here")

sys.meta_path.insert(0, Block())
import kladsim

for module in pkgutil.walk_packages(kladsim.monitor.__path__, "kladsim.monitor."):
    importlib.import_module(module.name)

names = kladsim.monitor.series_names()
print(len(names) > 100)
row = "country,place,indicator,unit,period,value\\nGE,Tbilisi,cases,number,2025-01,12\\n"
from pathlib import Path
file = Path(sys.argv[1]) / "own.csv"
file.write_text(row)
print(kladsim.monitor.check(file) is not None)
print(kladsim.monitor.forecast(names[0], horizon=2) is not None)
print(sorted(name for name in sys.modules if name.startswith(BLOCKED)))
"""


def test_the_monitor_reads_checks_and_forecasts_without_simulator_and_compiler(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n") == ["True", "True", "True", "[]", ""]
