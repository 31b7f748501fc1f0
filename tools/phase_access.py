"""List what each phase of the day reads and writes of the state, by the source of its kernel and all that it calls.

python tools/phase_access.py            print reads and writes of every phase, to be declared in model/day.py
python tools/phase_access.py --check    exit 1 where a declaration is not what the source does
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterable, Iterator
from types import FunctionType, ModuleType
from typing import Any

from kladsim.core.jit import plain
from kladsim.core.phases import Phase
from kladsim.model.day import ALWAYS, PHASES
from kladsim.model.state import TABLES

Path = tuple[str, ...]


class Access(ast.NodeVisitor):
    """Collect the parts and columns that a function reads and writes, by what its arguments stand for."""

    def __init__(self, function: FunctionType, bound: dict[str, Path], seen: set[Any], out: tuple[set[str], set[str]]):
        self.scope, self.bound, self.seen, self.out = function.__globals__, dict(bound), seen, out

    def path(self, node: ast.AST) -> Path | None:
        """Return what an expression stands for in the state, or None."""
        if isinstance(node, ast.Name):
            return self.bound.get(node.id)
        if isinstance(node, ast.Attribute):
            base = self.path(node.value)
            return None if base is None or node.attr in ("size", "shape", "view") else (*base, node.attr)
        if isinstance(node, ast.Subscript):
            return self.path(node.value)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "view":
            return self.path(node.func.value)
        return None

    def note(self, node: ast.AST, written: bool) -> None:
        """Note an access to a column."""
        path = self.path(node)
        if path and path != ("w",) and path[0] == "w" and len(path) > 1:
            part = path[1]
            name = part if part in TABLES or len(path) < 3 else f"{part}.{path[2]}"
            if written or not {part, name} & ALWAYS:
                self.out[written].add(name)
        elif path and path[0] == "a":
            self.out[written].add("persons")

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self.assign(target, node.value)

    def visit_For(self, node: ast.For) -> None:
        if isinstance(node.iter, ast.Tuple) and isinstance(node.target, ast.Name):
            for element in node.iter.elts:
                self.bound[node.target.id] = self.path(element) or ()
        self.generic_visit(node)

    def assign(self, target: ast.AST, value: ast.AST) -> None:
        """Follow an assignment: to a column, or a name for a column."""
        if isinstance(target, ast.Tuple):
            values = value.elts if isinstance(value, ast.Tuple) else [value] * len(target.elts)
            for one, of in zip(target.elts, values, strict=True):
                self.assign(one, of)
        elif isinstance(target, ast.Name):
            path = self.path(value)
            if path is not None and (not isinstance(value, ast.Subscript) or len(path) > 1):
                self.bound[target.id] = path
            else:
                self.bound.pop(target.id, None)
        else:
            self.note(target, True)
            self.visit(target)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.visit(node.value)
        if not isinstance(node.target, ast.Name):
            self.note(node.target, True)
            self.visit_Subscript(node.target) if isinstance(node.target, ast.Subscript) else None

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.note(node, False)
        self.visit(node.slice)
        if not isinstance(node.value, (ast.Attribute, ast.Name)):
            self.visit(node.value)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if self.path(node) and len(self.path(node) or ()) > 2:
            self.note(node, False)
        self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        callee = self.resolve(node.func)
        code = plain(callee) if callee is not None else None
        if isinstance(code, FunctionType) and code.__module__.startswith("kladsim"):
            names = list(inspect.signature(code).parameters)
            bound = {n: p for n, v in zip(names, node.args, strict=False) if (p := self.path(v)) is not None}
            walk(code, bound, self.seen, self.out)

    def resolve(self, node: ast.AST) -> Any:
        """Return the object that a name or attribute of a module stands for."""
        if isinstance(node, ast.Name):
            return self.scope.get(node.id)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = self.scope.get(node.value.id)
            return getattr(module, node.attr, None) if isinstance(module, ModuleType) else None
        return None


def walk(function: FunctionType, bound: dict[str, Path], seen: set[Any], out: tuple[set[str], set[str]]) -> None:
    """Collect what a function and all that it calls read and write."""
    key = (function, tuple(sorted(bound.items())))
    if key in seen:
        return
    seen.add(key)
    source = getattr(function, "__kernel_source__", None) or inspect.getsource(function)
    body = ast.parse(textwrap.dedent(source)).body[0]
    assert isinstance(body, ast.FunctionDef)
    visitor = Access(function, bound, seen, out)
    for statement in body.body:
        visitor.visit(statement)


def access(phase: Phase) -> tuple[list[str], list[str]]:
    """Return what a phase reads and leaves as it is, and what it writes."""
    reads: set[str] = set()
    writes: set[str] = set()
    for function in filter(None, (phase.kernel, phase.also)):
        walk(plain(function), {"a": ("a",), "w": ("w",)}, set(), (reads, writes))
    return sorted(reads - writes), sorted(writes)


def differences(phases: Iterable[Phase]) -> Iterator[str]:
    """Yield, for each phase whose declaration is not what its source does, what is missing and what is too much."""
    for phase in phases:
        if phase.scope != "room":
            for what, found, declared in zip(
                ("reads", "writes"), access(phase), (phase.reads, phase.writes), strict=True
            ):
                missing, more = set(found) - set(declared.split()), set(declared.split()) - set(found)
                if missing or more:
                    yield f"{phase.name}: {what} lacks {sorted(missing)}, has {sorted(more)} too much"


def main() -> int:
    """Print what every phase reads and writes, or the differences from what is declared."""
    if "--check" in sys.argv[1:]:
        wrong = list(differences(PHASES))
        sys.stdout.write("".join(f"{line}\n" for line in wrong))
        return int(bool(wrong))
    for phase in PHASES:
        if phase.scope != "room":
            reads, writes = access(phase)
            sys.stdout.write(f"{phase.name}\n    reads  {' '.join(reads)}\n    writes {' '.join(writes)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
