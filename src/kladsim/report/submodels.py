"""Submodels of the description: each module's own words, its functions, and its equations as they run."""

from __future__ import annotations

import ast
from pathlib import Path

#: Module of `kladsim.model` and the mechanisms it carries, in the order of the day.
MODULES: tuple[tuple[str, str], ...] = (
    ("people", "persons"),
    ("economy", "M15"),
    ("careers", "M2"),
    ("couriers", "M7"),
    ("policing", "M11"),
    ("drops", "M8"),
    ("production", "M10"),
    ("adoption", "M1"),
    ("demand", "M3"),
    ("market", "M4, M5"),
    ("punishment", "M9"),
    ("justice", "M13"),
    ("health", "M12"),
    ("platforms", "M4, M5"),
    ("shops", "M6, M14"),
    ("requests", "rationing"),
    ("observation", "M17"),
    ("tallies", "recording"),
    ("setup", "first day"),
)
MODEL = Path(__file__).parents[1] / "model"
LONGEST = 14
KERNEL = ("a", "w", "t")
# Responsible use, rules 5 and 6: no size of an effect of force, no risk by tenure in print.
DESCRIBED_ONLY = ("policing", "punishment")


def submodels() -> str:
    """Return every mechanism's module docstring, its functions' docstrings and its short pure equations."""
    return "\n\n".join(_module(name, carries) for name, carries in MODULES)


def _module(name: str, carries: str) -> str:
    tree = ast.parse((MODEL / f"{name}.py").read_text(encoding="utf-8"))
    parts = [f"#### {name} ({carries})", ast.get_docstring(tree) or ""]
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    documented = [(node, ast.get_docstring(node)) for node in functions if not node.name.startswith("_")]
    lines = [f"- `{node.name}`: {' '.join(docstring.split())}" for node, docstring in documented if docstring]
    parts.append("\n".join(lines))
    if name not in DESCRIBED_ONLY:
        code = [_code(node) for node in functions if _is_equation(node)]
        if code:
            parts.append("```python\n" + "\n\n".join(code) + "\n```")
    return "\n\n".join(part for part in parts if part)


def _is_equation(node: ast.FunctionDef) -> bool:
    """Whether a function is a short pure equation: it sees no state, returns a number, and is compiled."""
    names = [argument.arg for argument in node.args.args]
    returns = isinstance(node.returns, ast.Name) and node.returns.id in ("float", "int", "bool")
    body = node.body[-1].end_lineno or 0
    short = body - node.body[0].lineno <= LONGEST
    return bool(node.decorator_list) and returns and short and not set(names) & set(KERNEL)


def _code(node: ast.FunctionDef) -> str:
    body = node.body[1:] if ast.get_docstring(node) else node.body
    plain = ast.FunctionDef(node.name, _bare(node.args), body, [], None)
    return ast.unparse(ast.fix_missing_locations(plain))


def _bare(arguments: ast.arguments) -> ast.arguments:
    names = [ast.arg(argument.arg) for argument in arguments.args]
    return ast.arguments([], names, None, [], [], None, arguments.defaults)
