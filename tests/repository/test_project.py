"""The repository keeps its own rules: one version, layers that say what they are for, no host in a lock."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import kladsim

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "kladsim"
LAYERS = (
    "app", "cli", "report", "validation", "spread", "inference", "monitor", "study", "runs", "policy", "model", "world",
    "evidence", "core",
)  # fmt: skip


def test_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert kladsim.__version__ == project["version"]
    assert f"version: {project['version']}" in citation


@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_says_what_it_is_for(layer: str) -> None:
    tree = ast.parse((SOURCE / layer / "__init__.py").read_text(encoding="utf-8"))
    assert len(ast.get_docstring(tree) or "") > 80


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-bench.lock"])
def test_lock_pins_hashes_and_names_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    pins = re.findall(r"^[a-z0-9][\w.\-\[\],]*==", text, flags=re.MULTILINE)
    assert len(pins) > 40
    assert text.count("--hash=sha256:") >= len(pins)
    assert "://" not in text


def test_import_is_light() -> None:
    heavy = "numba", "scipy", "xarray", "pandas"
    code = f"import sys, kladsim; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_global_random_generator_and_no_pickle() -> None:
    """Series of the published benchmarks come from NumPy's generator with a seed, as their authors made theirs."""
    banned = re.compile(r"^\s*(import|from) (pickle|random)\b|np\.random\.", re.MULTILINE)
    files = [path for path in SOURCE.rglob("*.py") if not path.name.startswith("benchmark_")]
    assert [str(path) for path in files if banned.search(path.read_text(encoding="utf-8"))] == []
    generators = re.compile(r"np\.random\.(?!default_rng\(\[?\w|Generator\b)")
    assert [str(path) for path in SOURCE.rglob("*.py") if generators.search(path.read_text(encoding="utf-8"))] == []


def test_no_file_of_the_tree_is_a_pickle_or_larger_than_a_megabyte() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    assert not [str(path) for path in paths if path.suffix in {".pkl", ".pickle"}]
    large = {path.relative_to(ROOT).as_posix() for path in paths if path.is_file() and path.stat().st_size > 1_000_000}
    assert not large
