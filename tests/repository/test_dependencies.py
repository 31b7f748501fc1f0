"""A dependency is used or gone, and what the package imports is declared."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
IMPORT_NAMES = {
    "charset-normalizer": "charset_normalizer", "lazy-loader": "lazy_loader", "python-calamine": "python_calamine",
    "ruamel.yaml": "ruamel", "scikit-learn": "sklearn", "vl-convert-python": "vl_convert",
}  # fmt: skip
"""The name that is imported, where it is not the name of the distribution."""
NEEDED_BY_OTHERS = {"llvmlite": "numba", "pandas": "xarray", "starlette": "fastapi", "typing_extensions": "pydantic"}
"""Imported, and a fixed part of another dependency."""
DEVELOPMENT = {"statsforecast"}
"""Imported by a verb of ``kladsim dev`` alone, declared in the group ``dev``; without it the verb says how to get it."""


def distributions(lines: list[str]) -> set[str]:
    """Return the names of the distributions that requirements name."""
    return {re.split(r"[<>=\[;! ]", line, maxsplit=1)[0] for line in lines}


def declared() -> set[str]:
    """Return every distribution that the package itself may need."""
    project = PROJECT["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    return distributions([*project["dependencies"], *extras])


@cache
def imported() -> tuple[frozenset[str], frozenset[str]]:
    """Return the packages that any module imports, lazily or not, and the words that might name one."""
    packages, words = set(), set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                packages |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                packages.add(str(node.module).split(".")[0])
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
                words.add(node.value)  # packages of extras are named, then imported by name
    return frozenset(packages), frozenset(words)


@pytest.mark.parametrize("distribution", sorted(declared()))
def test_a_dependency_is_used(distribution: str) -> None:
    assert IMPORT_NAMES.get(distribution, distribution) in frozenset.union(*imported())


def test_what_is_imported_is_declared() -> None:
    known = {IMPORT_NAMES.get(name, name) for name in declared()} | NEEDED_BY_OTHERS.keys() | DEVELOPMENT
    assert imported()[0] - known - sys.stdlib_module_names - {"kladsim"} == set()
