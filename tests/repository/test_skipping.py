"""Nothing is skipped but what the text explains; what `make test` brings is no excuse; no test times the machine."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.skipping import MACHINE, PARTS, unexplained

ROOT = Path(__file__).parents[2]
TESTS = [path for path in (ROOT / "tests").rglob("*.py") if path.name not in ("waiting.py", "test_skipping.py")]


def reasons(path: Path) -> list[str]:
    """Return the reasons of all skips in a file: of marks and of calls."""
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    named = [(call, getattr(call.func, "attr", getattr(call.func, "id", ""))) for call in calls]
    given = [word.value for call, name in named if name == "skipif" for word in call.keywords if word.arg == "reason"]
    given += [call.args[0] for call, name in named if name == "skip" and call.args]
    return [node.value for node in given if isinstance(node, ast.Constant)]


def test_every_reason_in_the_tests_is_explained() -> None:
    found = {(path.name, reason) for path in TESTS for reason in reasons(path)}
    assert found
    assert not [(name, reason) for name, reason in found if unexplained(reason, whole=False)]


def test_what_make_test_brings_is_no_reason_there() -> None:
    for reason in PARTS:
        assert unexplained(reason, whole=True) and not unexplained(reason, whole=False)
    for reason in MACHINE:
        assert not unexplained(reason, whole=True)
    assert unexplained("the shipped results are stale: the model changed", whole=False)


@pytest.mark.parametrize(("skip", "ends"), [("no such thing here", "1 failed"), ("signals", "1 skipped")])
def test_a_skip_without_an_explanation_fails(skip: str, ends: str, tmp_path: Path) -> None:
    test = f"import pytest\n\n\ndef test_it():\n    pytest.skip({skip!r})\n"
    (tmp_path / "test_one.py").write_text(test, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tests.conftest", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ends in done.stdout, done.stdout + done.stderr


def test_make_test_builds_the_page_and_asks_for_chromium() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    rule = re.search(r"^test:([^#\n]*)##.*\n((?:\t.*\n)+)", text, re.MULTILINE)
    assert rule is not None and "web" in rule.group(1).split()
    assert "tools/chromium.py" in rule.group(2) and "KLADSIM_WHOLE=1" in rule.group(2) and "-rs" in rule.group(2)


def test_how_to_get_chromium_is_said_where_it_is_missing() -> None:
    code = "import shutil, sys; sys.path.insert(0, 'tools'); shutil.which = lambda _: None; import chromium; chromium.main()"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, env={})
    assert "apt-get install chromium" in done.stdout and "KLADSIM_CHROMIUM=" in done.stdout


def test_linear_algebra_takes_no_core_from_the_other_workers() -> None:
    """tests/conftest.py says so before NumPy is loaded; whoever sets another number gets that."""
    import numpy as np
    from threadpoolctl import threadpool_info

    assert np.linalg.det(np.eye(2)) == 1.0
    found = {pool["num_threads"] for pool in threadpool_info() if pool["internal_api"] == "openblas"}
    assert found <= {int(os.environ["OPENBLAS_NUM_THREADS"])}


def test_no_test_times_the_machine() -> None:
    """No assertion hangs on a clock; waiting is in tests/waiting.py and in the clients of a server; times are for benchmarks."""
    clock = re.compile(r"(assert|while)\b.*\b(perf_counter|process_time|monotonic|thread_time)\(")
    begun = re.compile(r"assert .*\b(took|elapsed|seconds)\b\s*<")
    short = re.compile(r"timeout=(?!1000 \* PATIENCE)\d")
    for path in TESTS:
        text = path.read_text(encoding="utf-8")
        assert path.name in ("servers.py", "conftest.py") or not clock.search(text), path
        assert not begun.search(text), path
        assert not short.search(text), f"{path}: a time that a busy machine may need"
