"""No number with a meaning of its own in a kernel: such numbers are parameters, so that calibration and sensitivity reach them.

Numbers that say how an equation is written (0, 1, 2, a half, days of a year, per 100,000) are free. The others that still stand in
kernels are counted by file below; the counts may only fall.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from kladsim.evidence import load_register
from kladsim.model import state
from kladsim.model.config import canonical_json, from_plain, to_plain

MODEL = Path(state.__file__).parent
FREE = {0.0, 0.5, 1.0, 2.0, 100.0, 365.0, 36500.0, 1e5, 1e-12, 1e-9, 1e-6}
"""Parts of the form of an equation: neutral values, units of time and of rates, and guards against a division by nothing."""
DECORATORS = {"part", "kernel", "inlined"}
LEFT = {
    "adoption": 1, "careers": 7, "hazard_bounds": 4, "couriers": 14, "demand": 8, "economy": 15, "health": 1, "justice": 2, "market": 1,
    "people": 2, "platforms": 18, "policing": 4, "production": 15, "punishment": 5, "setup": 18, "shops": 21,
}  # fmt: skip
"""Numbers that wait for the day on which their mechanism is rebuilt, by module."""


def literals(text: str) -> list[tuple[str, int, float]]:
    """Return function, line and value of every number with a meaning in the kernels of a module."""
    found = []
    for function in ast.walk(ast.parse(text)):
        if isinstance(function, ast.FunctionDef) and any(
            isinstance(d, ast.Name) and d.id in DECORATORS for d in function.decorator_list
        ):
            found += [
                (function.name, node.lineno, node.value)
                for node in ast.walk(function)
                if isinstance(node, ast.Constant) and isinstance(node.value, float) and node.value not in FREE
            ]
    return found


@pytest.mark.parametrize("path", sorted(MODEL.glob("*.py")), ids=lambda path: path.stem)
def test_kernels_hold_no_further_number(path):
    found = literals(path.read_text(encoding="utf-8"))
    allowed = LEFT.get(path.stem, 0)
    assert len(found) <= allowed, f"{path.stem}: a number belongs in evidence/data/parameters.toml: {found}"
    assert len(found) == allowed, f"{path.stem}: {len(found)} numbers are left; lower LEFT to that"


def test_a_number_that_joined_the_register_is_part_of_a_key_only_where_it_is_changed():
    from tests.model.running import configuration

    usual = configuration()
    (name, value), *_ = ((n, p.value) for n, p in load_register().items() if p.joined)
    assert name in usual.parameters and name not in canonical_json(usual)
    assert f'"{name}":{value * 2}' in canonical_json(configuration(parameters={name: value * 2}))
    assert from_plain(to_plain(usual)).seed == usual.seed


def test_a_planted_number_is_found():
    text = "@part\ndef f(w, p):\n    return w.x[0] / 28.0 + 0.5 * p.rate\n\ndef plain():\n    return 3.7\n"
    assert literals(text) == [("f", 3, 28.0)]
