"""Every rule that is compiled is named by a test that works its numbers out by hand, or stands here with the reason."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
SOURCE = TESTS.parent / "src" / "kladsim"
DECORATORS = {"kernel", "part", "inlined"}
REBUILT = "model 1.0 rebuilds this mechanism; its hand-made cases come with it"
PLUMBING = "no rule of its own: twins of whole days, the balance of the ledger and same-bits tests hold it"
EXEMPT = {
    **dict.fromkeys(("model.careers", "model.demand", "model.health", "model.adoption"), REBUILT),
    **dict.fromkeys(("model.hazard_bounds", "model.room", "model.setup", "model.tallies"), PLUMBING),
    "core.rng": "published vectors and a twin in whole numbers (tests/core/test_rng.py)",
    "core.fixedmath": "values of high precision (tests/core/test_fixedmath.py)",
    "core.bitlists": "intrinsics without a plain twin: compared with NumPy (tests/core/test_bitlists.py)",
}
"""Modules that need no case by hand for each kernel, with the reason."""


def compiled(path: Path) -> list[str]:
    """Return the names of a module's compiled functions."""
    functions = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)]
    return [f.name for f in functions if any(isinstance(d, ast.Name) and d.id in DECORATORS for d in f.decorator_list)]


MODULES = {
    f"{wing}.{path.stem}": names
    for wing in ("model", "core")
    for path in sorted((SOURCE / wing).glob("*.py"))
    if (names := compiled(path))
}


@cache
def texts(wing: str) -> str:
    """Return the tests of a wing."""
    here = Path(__file__).name
    return "\n".join(path.read_text("utf-8") for path in sorted((TESTS / wing).glob("test_*.py")) if path.name != here)


@pytest.mark.parametrize("module", sorted(set(MODULES) - set(EXEMPT)))
def test_every_kernel_is_named(module):
    wing, stem = module.split(".")
    missing = [name for name in MODULES[module] if not re.search(rf"\b{stem}\.{name}\b", texts(wing))]
    assert not missing, f"{module}: no test of tests/{wing} calls {', '.join(f'{stem}.{name}' for name in missing)}"


def test_exempt_modules_have_kernels():
    assert set(EXEMPT) <= set(MODULES), "a module that is gone is no exception"
