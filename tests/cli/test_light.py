"""Start-up is cheap, and every verb has an example and --json."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Cli

HEAVY = ("numba", "numpy", "scipy", "xarray", "pandas", "pydantic", "duckdb", "h5py")
COMPILED = ("numba", "scipy", "xarray", "pandas", "duckdb", "h5py")
VERBS = ("run", "demo", "compare", "branch", "list", "explain", "validate", "doctor", "cite")
VERBS += ("sensitivity", "discover", "robustness")
RUNS = ("ls", "show", "rm", "verify")
DEV = (("bench", "detectors"), ("calibrate",), ("validate",), ("monitor", "evaluate"))
MONITOR = ("detect", "nowcast", "watch", "forecast")
STUDY = ("plan", "run", "status", "collect", "sql", "submit")


def test_help_costs_little_and_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['kladsim', '--help']\n"
        "from kladsim.cli.main import app\n"
        "try:\n    app()\nexcept SystemExit:\n    pass\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.stderr.strip() == "[]"
    # The budget is 0.3 s of CPU; twice that here, because a busy machine also costs CPU time.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.6


@pytest.mark.parametrize(
    "verb",
    [
        *((v,) for v in VERBS),
        *(("runs", v) for v in RUNS),
        *(("study", v) for v in STUDY),
        *(("dev", *v) for v in DEV),
        *(("monitor", v) for v in MONITOR),
    ],
)
def test_every_verb_has_json_and_an_example(cli: Cli, verb: tuple[str, ...]) -> None:
    said = cli(*verb, "--help")
    assert said.code == 0
    assert "--json" in said.out
    assert "Example: kladsim " + " ".join(verb) in said.out


def test_no_arguments_shows_help(cli: Cli) -> None:
    assert "Commands:" in "".join((cli().out, cli().err))


def test_version_and_cite(cli: Cli) -> None:
    assert cli("--version").out.startswith("kladsim ")
    assert "@software" in json.loads(cli("cite", "--json").out)["bibtex"]
    assert "digest" in cli("cite").out


def test_doctor_is_well(cli: Cli) -> None:
    found = json.loads(cli("doctor", "--json").out)
    assert {check["what"] for check in found["checks"]} >= {"versions", "cores", "random numbers"}
    assert all(check["ok"] for check in found["checks"] if check["what"] == "random numbers")


COMPARE = ("compare", "russia", "russia-divert", "-n", "2", "--scale", "1/20000", "--until", "2014-02-01", "--workers", "1")


@pytest.mark.slow
def test_the_same_comparison_again_comes_from_the_store_and_needs_no_compiler(tmp_path: Path) -> None:
    code = (
        f"import sys; sys.argv = {['kladsim', *COMPARE, '--out', str(tmp_path)]!r}\n"
        "from kladsim.cli.main import app\n"
        "try:\n    app()\nexcept SystemExit:\n    pass\n"
        f"print([m for m in {(*COMPILED, 'altair', 'sklearn')!r} if m in sys.modules], file=sys.stderr)"
    )
    first = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "from the store" not in first.stdout
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    again = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert "Answered from the store" in again.stdout
    assert again.stderr.splitlines()[-1] == "[]"
    # Under two seconds on a quiet machine: CPU time, as the wall clock counts the neighbours too.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 2.0
