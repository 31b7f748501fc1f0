"""A script without a main guard is told what to write, in one sentence; one with a guard, or one worker, just runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.study.fake_model import SPEC

from kladsim.core.errors import InputError
from kladsim.runs.workers import UnguardedScriptError

ROOT = Path(__file__).parents[2]
BEGIN = """import kladsim as ks
from kladsim.study.ensemble import Study
from kladsim.runs.workers import side_by_side
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
    "rows": "side_by_side(abs, [-1, 2], 2, lambda task, answer: None)",
}


def _script(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    (folder / "script.py").write_text(f"{BEGIN}SPEC = {SPEC!r}\n{code}\n")
    env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "src")))}
    command = [sys.executable, "script.py"]
    return subprocess.run(command, capture_output=True, text=True, env=env, cwd=folder, check=False)


@pytest.mark.parametrize("call", CALLS)
def test_a_script_without_a_guard_gets_one_sentence(call: str, tmp_path: Path) -> None:
    done = _script(tmp_path, CALLS[call])
    assert done.returncode == 1
    assert 'put the calls that run something below `if __name__ == "__main__":`' in done.stderr
    assert "Traceback" not in done.stderr and len(done.stderr.strip().splitlines()) == 1, done.stderr


@pytest.mark.parametrize("call", ["run", "compare", "study", "rows"])
def test_a_script_with_a_guard_runs(call: str, tmp_path: Path) -> None:
    done = _script(tmp_path, f"if __name__ == '__main__':\n    {CALLS[call]}\n    print('done')")
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


def test_a_finished_run_may_stand_at_module_level(tmp_path: Path) -> None:
    code = f"found = ks.run(base, engine=SPEC)\nif __name__ == '__main__':\n    {CALLS['compare']}\n    print('done')"
    done = _script(tmp_path, code)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


def test_one_worker_needs_no_guard(tmp_path: Path) -> None:
    done = _script(tmp_path, "ks.compare(base, plan, replicates=2, engine=SPEC)\nprint('done')")
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


def test_the_error_can_be_caught_as_any_other() -> None:
    with pytest.raises(InputError, match="workers=1"):
        raise UnguardedScriptError
    try:
        raise UnguardedScriptError
    except ValueError as error:
        assert str(error).startswith("this script starts")
