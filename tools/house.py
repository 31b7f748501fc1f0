"""Measure the structure of the package: imports that point in circles or hide, arguments typed Any, sizes, names.

    python tools/house.py            a line a measure: what it is now, and its goal
    python tools/house.py --check    exit 1 where a measure is worse than ``tools/house_limits.json`` allows
    python tools/house.py --show any|circles|names|hidden    the places behind a measure
    python tools/house.py --show lines                       lines by wing and kind
    python tools/house.py --tighten  lower the limits to what is measured now, or to the goal (they never rise)

Imports are counted wherever they stand: at module level, inside functions, under ``TYPE_CHECKING``, and by name
(``import_module("kladsim...")``). A circle is a set of modules that reach each other along such imports.
"""

from __future__ import annotations

import argparse
import ast
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
PACKAGE = "kladsim"
LIMITS = ROOT / "tools" / "house_limits.json"
KINDS = ("module", "function", "typing", "name")
"""Where an import stands: at module level, inside a function, under TYPE_CHECKING, or as a text."""
TYPED_WINGS = ("model", "core")
BY_NAME = {"import_module", "__import__", "find_spec"}
GOALS = {
    "circles at module level": 0, "circles with function-local imports": 0, "circles with typing imports": 0,
    "circles with all imports": 0, "imports by name": 0, "arguments typed Any in model and core, %": 3.0,
    "lines of src": 42_000, "largest wing, %": 20.0, "public class names used twice": 0,
}  # fmt: skip


@dataclass
class Module:
    """A module: its name, lines, imports by kind, classes, and arguments of functions (all, and those typed Any)."""

    name: str
    lines: int
    imports: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    classes: list[str] = field(default_factory=list)
    arguments: int = 0
    any_arguments: list[str] = field(default_factory=list)

    @property
    def wing(self) -> str:
        """The first folder below the package."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 2 else "(top)"


class _Reader(ast.NodeVisitor):
    """Collect what a module imports, defines and types."""

    def __init__(self, module: Module, known: set[str], is_package: bool) -> None:
        self.module, self.known, self.is_package = module, known, is_package
        self.kind = "module"

    def visit_If(self, node: ast.If) -> None:
        if "TYPE_CHECKING" in ast.unparse(node.test):
            self._within("typing", node.body)
            self._within(self.kind, node.orelse)
        else:
            self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._count_arguments(node)
        for decorator in node.decorator_list:
            self.visit(decorator)
        self._within("function", node.body)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if self.kind == "module":
            self.module.classes.append(node.name)
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._add(alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        base = node.module or ""
        if node.level:
            parts = self.module.name.split(".")
            parts = parts[: len(parts) - node.level + int(self.is_package)]
            base = ".".join([*parts, base] if base else parts)
        for alias in node.names:
            whole = f"{base}.{alias.name}"
            self._add(whole if whole in self.known else base)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in BY_NAME and node.args:
            first = node.args[0]
            texts = [part.value for part in ast.walk(first) if isinstance(part, ast.Constant)]
            text = next((value for value in texts if isinstance(value, str)), "")
            if text.startswith((PACKAGE, ".")) or not isinstance(first, ast.Constant):
                self.module.imports["name"].add(text.rstrip(".") or "?")
        self.generic_visit(node)

    def _within(self, kind: str, body: list[ast.stmt]) -> None:
        before, self.kind = self.kind, kind
        for statement in body:
            self.visit(statement)
        self.kind = before

    def _add(self, target: str) -> None:
        if target.split(".")[0] == PACKAGE:
            self.module.imports[self.kind].add(target)

    def _count_arguments(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        for argument in every:
            if argument.arg in ("self", "cls"):
                continue
            self.module.arguments += 1
            if argument.annotation is not None and ast.unparse(argument.annotation) == "Any":
                self.module.any_arguments.append(f"{self.module.name}:{node.lineno} {node.name}({argument.arg})")


def read_modules(source: Path = SOURCE) -> dict[str, Module]:
    """Return every module of the package by name."""
    paths = {_name_of(path, source): path for path in sorted((source / PACKAGE).rglob("*.py"))}
    modules = {}
    for name, path in paths.items():
        text = path.read_text(encoding="utf-8")
        module = Module(name, len(text.splitlines()))
        _Reader(module, set(paths), path.name == "__init__.py").visit(ast.parse(text))
        modules[name] = module
    return modules


def _name_of(path: Path, source: Path) -> str:
    parts = path.relative_to(source).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def circles(modules: dict[str, Module], kinds: tuple[str, ...]) -> list[list[str]]:
    """Return the sets of two or more modules that reach each other by imports of these kinds (Tarjan)."""
    edges = {
        name: sorted({t for kind in kinds for t in module.imports[kind] if t in modules and t != name})
        for name, module in modules.items()
    }
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        order[name] = low[name] = len(order)
        stack.append(name)
        for target in edges[name]:
            if target not in order:
                visit(target)
                low[name] = min(low[name], low[target])
            elif target in stack:
                low[name] = min(low[name], order[target])
        if low[name] == order[name]:
            circle = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(circle) > 1:
                found.append(sorted(circle))

    sys.setrecursionlimit(10_000)
    for name in edges:
        if name not in order:
            visit(name)
    return sorted(found, key=len, reverse=True)


def repeated_names(modules: dict[str, Module]) -> dict[str, list[str]]:
    """Return public class names that more than one module defines, with the modules."""
    places: dict[str, list[str]] = defaultdict(list)
    for name, module in modules.items():
        for defined in module.classes:
            if not defined.startswith("_"):
                places[defined].append(name)
    return {name: where for name, where in sorted(places.items()) if len(where) > 1}


def measure(modules: dict[str, Module]) -> dict[str, float]:
    """Return every measure by name."""
    typed = [module for module in modules.values() if module.wing in TYPED_WINGS]
    wings: Counter[str] = Counter()
    for module in modules.values():
        wings[module.wing] += module.lines
    total = sum(wings.values())
    share = 100.0 * sum(len(m.any_arguments) for m in typed) / max(1, sum(m.arguments for m in typed))
    return {
        "circles at module level": len(circles(modules, KINDS[:1])),
        "circles with function-local imports": len(circles(modules, ("module", "function"))),
        "circles with typing imports": len(circles(modules, ("module", "typing"))),
        "circles with all imports": len(circles(modules, KINDS)),
        "imports by name": sum(len(module.imports["name"]) for module in modules.values()),
        "arguments typed Any in model and core, %": round(share, 1),
        "lines of src": total,
        "largest wing, %": round(100.0 * max(wings.values()) / max(1, total), 1),
        "public class names used twice": len(repeated_names(modules)),
    }


def show(modules: dict[str, Module], what: str) -> Iterator[str]:
    """Yield the places behind a measure."""
    if what == "any":
        typed = (module for module in modules.values() if module.wing in TYPED_WINGS)
        yield from (place for module in typed for place in module.any_arguments)
    elif what == "circles":
        yield from (f"{len(circle)}: {', '.join(circle)}" for circle in circles(modules, KINDS))
    elif what == "lines":
        yield from lines_by_wing()
    elif what == "names":
        yield from (f"{name}: {', '.join(where)}" for name, where in repeated_names(modules).items())
    else:
        for name, module in modules.items():
            yield from (f"{name} ({kind}): {t}" for kind in KINDS[1:] for t in sorted(module.imports[kind]))


def lines_by_wing(source: Path = SOURCE) -> Iterator[str]:
    """Yield a row a wing: files, lines, and of these docstrings, imports, blank lines, comments and code."""
    head = ("wing", "files", "lines", "docstrings", "imports", "blank", "comments", "code")
    rows: dict[str, list[int]] = defaultdict(lambda: [0] * (len(head) - 1))
    for path in sorted((source / PACKAGE).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        kinds = [_kind_of(line) for line in text.splitlines()]
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                _mark(kinds, node, "imports")
            elif isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
                _mark(kinds, node.body[0], "docstrings")
        parts = path.relative_to(source / PACKAGE).parts
        counted = [1, len(kinds), *(kinds.count(kind) for kind in head[3:])]
        for wing in (parts[0] if len(parts) > 1 else "(top)", "all"):
            rows[wing] = [a + b for a, b in zip(rows[wing], counted, strict=True)]
    yield f"{head[0]:12}" + "".join(f"{name:>12}" for name in head[1:])
    for wing, numbers in sorted(rows.items(), key=lambda row: row[1][1]):
        yield f"{wing:12}" + "".join(f"{number:>12,}" for number in numbers)


def _kind_of(line: str) -> str:
    return "blank" if not line.strip() else "comments" if line.strip().startswith("#") else "code"


def _mark(kinds: list[str], node: ast.stmt, kind: str) -> None:
    last = node.end_lineno or node.lineno
    kinds[node.lineno - 1 : last] = [kind] * (last - node.lineno + 1)


def main(arguments: list[str] | None = None) -> int:
    """Print the measures, or check them against the limits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--tighten", action="store_true")
    parser.add_argument("--show", choices=("any", "circles", "lines", "names", "hidden"))
    options = parser.parse_args(arguments)
    modules = read_modules()
    if options.show:
        sys.stdout.writelines(f"{line}\n" for line in show(modules, options.show))
        return 0
    measured = measure(modules)
    limits: dict[str, float] = json.loads(LIMITS.read_text(encoding="utf-8")) if LIMITS.exists() else {}
    if options.tighten:
        limits = {name: max(GOALS[name], min(value, limits.get(name, value))) for name, value in measured.items()}
        LIMITS.write_text(json.dumps(limits, indent=2) + "\n", encoding="utf-8")
    worse = [name for name, value in measured.items() if options.check and value > limits.get(name, value)]
    for name, value in measured.items():
        note = f"  worse than the limit {limits[name]:g}" if name in worse else ""
        sys.stdout.write(f"{name:42} {value:>8g}   goal {GOALS[name]:g}{note}\n")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
