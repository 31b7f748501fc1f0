"""A script that starts worker processes needs no main guard: they never read it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.study.fake_model import SPEC

ROOT = Path(__file__).parents[2]
BEGIN = """import kladsim as ks
from kladsim.study.ensemble import Study
from tests.study.row_tasks import compute, double
base = ks.Scenario(name="a", until="2014-03-01")
plan = base.with_(name="b")
"""
CALLS = {
    "run": "ks.run(base, replicates=2, workers=2, engine=SPEC)",
    "compare": "ks.compare(base, plan, replicates=2, workers=2, engine=SPEC)",
    "later": "ks.run(base, replicates=2, engine=SPEC); ks.compare(base, plan, replicates=5, workers=2, engine=SPEC)",
    "branch": "ks.branch(ks.run(base, replicates=2, engine=SPEC), plan.with_(until='2014-04-01'), at='2014-02-01', "
    "workers=2, engine=SPEC)",
    "study": "Study.plan(base, plan, replicates=2, out='study', engine=SPEC).run(workers=2)",
    "rows": "assert compute(double, 3, workers=2) == [0, 2, 4]",
}


def _script(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    (folder / "script.py").write_text(f"{BEGIN}SPEC = {SPEC!r}\n{code}\n")
    env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "src")))}
    command = [sys.executable, "script.py"]
    return subprocess.run(command, capture_output=True, text=True, env=env, cwd=folder, check=False)


@pytest.mark.parametrize("call", CALLS)
def test_a_script_needs_no_guard(call: str, tmp_path: Path) -> None:
    done = _script(tmp_path, f"{CALLS[call]}\nprint('done')")
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


def test_a_function_of_the_script_is_refused(tmp_path: Path) -> None:
    """Other processes do not read the script, so that they cannot find what it defines."""
    code = "def mine(task, tick):\n    return {}\nfrom tests.study.row_tasks import compute\ncompute(mine, 2, workers=2)"
    done = _script(tmp_path, code)
    assert done.returncode == 1 and "a function or class of a module" in done.stderr, done.stderr
