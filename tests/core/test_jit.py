"""The key and the cache of compiled kernels."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import numpy as np
import pytest

from kladsim.core.jit import plain, source_key

MODULE = """
import numpy as np
from kladsim.core.jit import inlined, kernel

FACTOR = 2.0
TABLE = np.array([1.0, 2.0])

def native(x):
    return x + 0.5

@inlined
def callee(x):
    return x * FACTOR + TABLE[1]

@kernel
def caller(x):
    return callee(x) + 1.0
"""


def key_of(text: str, name: str = "caller") -> str:
    scope: dict = {"__name__": "made_for_a_test"}
    exec(compile(textwrap.dedent(text), "<test>", "exec"), scope)
    return source_key(plain(scope[name]))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("callee(x) + 1.0", "callee(x) - 1.0"),
        ("callee(x) + 1.0", "callee(x) + 1.5"),
        ("x * FACTOR", "x / FACTOR"),
        ("FACTOR = 2.0", "FACTOR = 3.0"),
        ("[1.0, 2.0]", "[1.0, 2.5]"),
    ],
)
def test_the_key_changes_with_what_a_kernel_reaches(old, new):
    assert old in MODULE
    assert key_of(MODULE.replace(old, new)) != key_of(MODULE)


def test_the_key_does_not_change_with_comments_and_places():
    moved = "\n\n# a note\n" + MODULE.replace("FACTOR = 2.0", "FACTOR = 2.0  # here")
    assert key_of(moved) == key_of(MODULE)


RUN = """
import sys
import numpy as np
from kladsim.core.jit import kernel
from kladsim.core.records import record_type

W = record_type("W", sys.argv[1].split())

@kernel
def total(w):
    return w.a.sum()

print(total(W(*[np.ones(3) for _ in W._fields])), total.stats.cache_hits)
"""


def run(folder, fields):
    env = {"KLADSIM_CACHE_DIR": str(folder), "PATH": "", "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", RUN, fields], capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout.split() if "{" not in done.stdout else done.stdout.replace("Counter()", "0 0").split()


def test_the_cache_is_hit_by_a_later_process_and_survives_other_types_and_damage(tmp_path):
    first, again = run(tmp_path, "a b"), run(tmp_path, "a b")
    other = run(tmp_path, "a c")  # the same kernel for another record: its types are unknown to the first
    assert first[0] == again[0] == other[0] == "3.0"
    assert first[1] == "0" or first[1].startswith("Counter")
    assert "1" in again[1] + "".join(again[2:])
    for file in tmp_path.rglob("*.nb?"):
        file.write_bytes(file.read_bytes()[:40])
    assert run(tmp_path, "a b")[0] == "3.0"


SAME_NAME = """
import sys
import numba
from kladsim.core.jit import kernel, part

def made(step):
    scope = {"__name__": "__main__"}
    exec(f"def inner(x):\\n    s = 0\\n    for i in range(x):\\n        s += {step} ^ i\\n    return s\\n", scope)
    return part(scope["inner"])

inner = [made(int(step)) for step in sys.argv[1:]]
if len(inner) == 1:
    inner[0].compile((numba.int64,))
else:
    a, b = inner

    @kernel
    def outer(x):
        return a(x) * 10000 + b(x)

    print(outer(3), outer.py_func(3), len(a.stats.cache_hits) + len(b.stats.cache_hits))
"""


def test_functions_of_one_name_compiled_by_two_processes_stay_apart(tmp_path):
    env = {"KLADSIM_CACHE_DIR": str(tmp_path), "PATH": "", "PYTHONPATH": ":".join(sys.path)}
    for steps in (["1000"], ["2000"], ["1000", "2000"]):
        done = subprocess.run([sys.executable, "-c", SAME_NAME, *steps], capture_output=True, text=True, env=env)
        assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["30036003", "30036003", "2"]


def test_plain_returns_the_python_function():
    from kladsim.core import rng

    assert plain(rng.mix).__name__ == "mix" and plain(np.sum) is np.sum
