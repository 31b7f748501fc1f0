"""Mutation run: how many small faults, planted one at a time, do the tests of a module notice?

Each mutant changes one operator, number, condition or statement. All mutants of all targets stand in an order that a
seed and their text decide, and the first ``--sample`` of it are judged: an edit of one module changes the place of no
other mutant. A mutant is judged in a forked process without compiled kernels (``NUMBA_DISABLE_JIT=1``) by the narrowest
test files of its module, and is killed when a test fails, an import fails or time is up. Results are kept in
``tools/mutants.json`` after each mutant, and a later call goes on from there; those of a module whose statements have
changed are judged again (comments do not count).

    python tools/mutants.py --minutes 30      # judge for at most half an hour
    python tools/mutants.py --survivors       # judge those again that survived (after a test was added)
    python tools/mutants.py --report          # the share killed by module, and every survivor
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import hashlib
import importlib.util
import json
import os
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "tools" / "mutants.json"
IMPORTED = ROOT / "tools" / "mutants.imported"
"""What the tests import of others: a passing note from the first run of a module's tests to ``preload``."""
OURS = {"kladsim", "tests", "tools", "conftest", "__main__"}
SEED = 23

BY_HAND = ("tests/study/test_rules_by_hand.py", "tests/study/test_by_hand.py")
PLAIN_TESTS_OF_PROCESSES = (
    "test_bad_bounds_are_refused",
    "test_bounds_of_different_lanes_do_not_add_up",
    "test_a_probability_fills_its_steps",
)
PLAIN_TESTS_OF_PHASES = (
    "test_a_phase_runs_on_its_days_and_gets_what_it_asks_for",
    "test_the_printed_order_is_the_order_that_runs",
)
TARGETS: dict[str, tuple[str, ...]] = {
    "kladsim.study.effects": BY_HAND,
    "kladsim.study.groups": BY_HAND,
    "kladsim.study.valuing": (*BY_HAND, "tests/study/test_economics.py"),
    "kladsim.runs.periods": BY_HAND,
    "kladsim.runs.disclosure": ("tests/study/test_rules_by_hand.py", "tests/study/test_disclosure.py"),
    "kladsim.monitor.detectors": (
        "tests/monitor/test_detectors_of_one_series.py",
        "tests/monitor/test_detectors_by_hand.py",
    ),
    "kladsim.core.processes": (
        "tests/core/test_processes_plain.py",
        *(f"tests/core/test_processes.py::{name}" for name in PLAIN_TESTS_OF_PROCESSES),
    ),
    "kladsim.core.population": ("tests/core/test_processes_plain.py", "tests/core/test_population.py"),
    "kladsim.core.parallel": ("tests/core/test_parallel.py",),
    "kladsim.core.fixedmath": ("tests/core/test_fixedmath.py",),
    "kladsim.core.phases": tuple(f"tests/model/test_phases.py::{name}" for name in PLAIN_TESTS_OF_PHASES),
    "kladsim.model.drops": ("tests/model/test_drops.py",),
}
"""Modules with the test files that should notice a fault in them."""

COMPARE: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
BINARY: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Div, ast.Mod: ast.Mult,
    ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any", "ceil": "floor", "floor": "ceil"}
ANNOTATED = {"annotation", "returns", "decorator_list", "type_params"}


@dataclass(frozen=True)
class Mutant:
    """One change of one module: where, which operator, the line's new source, and how often the same came before it."""

    module: str
    number: int
    line: int
    operator: str
    text: str
    before: int

    @property
    def key(self) -> str:
        """Return what names the mutant in the results and, as random bits, decides its place in the order."""
        parts = (SEED, self.module, self.operator, self.text, self.before)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def nodes(tree: ast.AST) -> Iterator[tuple[ast.AST, str, ast.AST]]:
    """Yield (parent, field, node) of all code that decides something: no annotations, docstrings or error texts."""
    for field, value in ast.iter_fields(tree):
        if field in ANNOTATED:
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, ast.Raise | ast.JoinedStr):
                continue
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                continue
            yield tree, field, child
            yield from nodes(child)


def changes(node: ast.AST, field: str) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Yield (operator, new values of fields) of the changes that a node allows; None removes a statement."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARE:
        yield "comparison", {"ops": [COMPARE[type(node.ops[0])]()]}
    if isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in BINARY and not _is_text(node):
        yield "arithmetic", {"op": BINARY[type(node.op)]()}
    if isinstance(node, ast.BoolOp):
        yield "logic", {"op": ast.Or() if isinstance(node.op, ast.And) else ast.And()}
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        yield "condition", {"test": ast.UnaryOp(ast.Not(), node.test)}
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "sign", {"op": ast.UAdd()}
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield "truth", {"value": not node.value}
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield "number", {"value": node.value + 1 if isinstance(node.value, int) else node.value * 1.1 or 1.0}
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
        yield "function", {"func": ast.Name(CALLS[node.func.id], ast.Load())}
    if field in ("body", "orelse") and isinstance(node, ast.AugAssign | ast.Expr):
        yield "statement", None


def _is_text(node: ast.AST) -> bool:
    return any(isinstance(part, ast.Constant | ast.JoinedStr) and isinstance(getattr(part, "value", ""), str)
               for part in ast.iter_child_nodes(node))  # fmt: skip


def source_of(module: str) -> Path:
    """Return the file of a module."""
    return ROOT / "src" / Path(*module.split(".")).with_suffix(".py")


def mutants_of(module: str) -> list[Mutant]:
    """Return all mutants of a module in the order of its code."""
    made: list[Mutant] = []
    seen: Counter[tuple[str, str]] = Counter()
    for _, field, node in nodes(ast.parse(source_of(module).read_text("utf-8"))):
        for operator, values in changes(node, field):
            text = "pass" if values is None else ast.unparse(changed(deepcopy(node), values)).split("\n")[0]
            made.append(Mutant(module, len(made), getattr(node, "lineno", 0), operator, text, seen[operator, text]))
            seen[operator, text] += 1
    return made


def changed(node: ast.AST, values: dict[str, Any]) -> ast.AST:
    """Set fields of a node."""
    for name, value in values.items():
        setattr(node, name, value)
    return ast.fix_missing_locations(node)


def mutated(mutant: Mutant) -> ast.Module:
    """Return the tree of the mutant's module with its change."""
    tree = ast.parse(source_of(mutant.module).read_text("utf-8"))
    number = 0
    for parent, field, node in nodes(tree):
        for _, values in changes(node, field):
            if number == mutant.number:
                if values is None:
                    body = getattr(parent, field)
                    body[body.index(node)] = ast.copy_location(ast.Pass(), node)
                else:
                    changed(node, values)
                return ast.fix_missing_locations(tree)
            number += 1
    raise ValueError(f"{mutant.key}: no such mutant")


class Planted:
    """Import hook that gives one module a changed tree."""

    def __init__(self, module: str, tree: ast.Module) -> None:
        self.module, self.tree = module, tree

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Answer for the changed module only."""
        if name != self.module:
            return None
        return importlib.util.spec_from_file_location(name, source_of(name), loader=self)  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave the making of the module to the import system."""

    def exec_module(self, module: Any) -> None:
        """Run the changed code."""
        exec(compile(self.tree, str(source_of(self.module)), "exec"), module.__dict__)


def judged(mutant: Mutant | None, tests: tuple[str, ...], seconds: int) -> tuple[str, float]:
    """Run tests in a forked process, with a mutant or without; return what became of it and the CPU seconds."""
    pid = os.fork()
    if pid == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        signal.alarm(8 * seconds)
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 1)
        if mutant is not None:
            os.dup2(sink, 2)
            sys.meta_path.insert(0, Planted(mutant.module, mutated(mutant)))  # type: ignore[arg-type]
        import pytest

        flags = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-W", "ignore", "-m", "not verify"]
        failed = int(pytest.main([*flags, *tests]))
        if mutant is not None and mutant.module not in sys.modules:
            failed = 1  # its import failed
        if mutant is None:
            others = [name for name, module in sys.modules.items() if not is_ours(name, module)]
            IMPORTED.write_text("\n".join(others), "utf-8")
        os._exit(failed and 1)
    _, status, usage = os.wait4(pid, 0)
    spent = usage.ru_utime + usage.ru_stime
    if os.WIFSIGNALED(status):
        return "time", spent
    return ("survived" if os.WEXITSTATUS(status) == 0 else "killed"), spent


def is_ours(name: str, module: Any) -> bool:
    """Return whether a module is of this repository: a fault may have to be planted below it."""
    lies = getattr(module, "__file__", None) or ""
    return name.split(".")[0] in OURS or (lies.startswith(str(ROOT)) and "site-packages" not in lies)


def preload() -> None:
    """Import what all tests need and no mutant changes, before the first fork."""
    os.environ |= {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
    os.chdir(ROOT)
    for name in ("numpy", "scipy.stats", "numba", "xarray", "pytest", "hypothesis", "pydantic"):
        importlib.import_module(name)


def import_others() -> None:
    """Import what the tests of a module took from other packages, once for all its mutants."""
    for name in IMPORTED.read_text("utf-8").split():
        if name not in sys.modules:
            with contextlib.suppress(Exception):
                importlib.import_module(name)
    IMPORTED.unlink()
    ours = sorted(name for name, module in sys.modules.items() if "main__" not in name and is_ours(name, module))
    if ours:
        raise SystemExit(f"imported before a mutant could be planted: {', '.join(ours)}")


def digest(module: str) -> str:
    """Return what the results of a module hang on: its code without annotations, imports and comments."""
    tree = ast.parse(source_of(module).read_text("utf-8"))
    kept: list[ast.AST] = [tree]
    for node in kept:
        for name, value in ast.iter_fields(node):
            if isinstance(value, list):
                value[:] = [child for child in value if not isinstance(child, ast.Import | ast.ImportFrom)]
            elif name in ("annotation", "returns"):
                setattr(node, name, None)
        kept += ast.iter_child_nodes(node)
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:12]


def load() -> dict[str, Any]:
    """Return stored results without those of modules that have changed."""
    if not RESULTS.exists():
        return {"seed": SEED, "seconds": 0.0, "modules": {}, "mutants": {}}
    stored: dict[str, Any] = json.loads(RESULTS.read_text("utf-8"))
    same = {module for module in TARGETS if stored["modules"].get(module) == digest(module)}
    stored["mutants"] = {key: row for key, row in stored["mutants"].items() if row["module"] in same}
    return stored


def save(stored: dict[str, Any]) -> None:
    """Write results, complete or not at all."""
    stored["modules"] = {module: digest(module) for module in TARGETS}
    draft = RESULTS.with_suffix(".draft")
    draft.write_text(json.dumps(stored, indent=1, ensure_ascii=False) + "\n", "utf-8")
    draft.replace(RESULTS)


def sample(size: int) -> list[Mutant]:
    """Return the first mutants of the seeded order of all."""
    return sorted((mutant for module in TARGETS for mutant in mutants_of(module)), key=lambda one: one.key)[:size]


def run(size: int, minutes: float, modules: list[str], survivors: bool) -> None:
    """Judge mutants of the sample that have no result yet (or survived), as long as time allows."""
    preload()
    stored, limit, end = load(), {}, time.monotonic() + 60 * minutes
    for mutant in sample(size):
        known = stored["mutants"].get(mutant.key)
        skip = (known is None or known["fate"] != "survived") if survivors else known is not None
        if skip or (modules and mutant.module not in modules):
            continue
        if time.monotonic() > end:
            break
        tests = TARGETS[mutant.module]
        if mutant.module not in limit:
            fate, spent = judged(None, tests, 120)
            if fate != "survived":
                raise SystemExit(f"{mutant.module}: {', '.join(tests)} fail without a mutant")
            limit[mutant.module] = int(3 + 2 * spent)
            import_others()
        fate, spent = judged(mutant, tests, limit[mutant.module])
        stored["seconds"] = round(stored["seconds"] + spent, 1)
        row = {"module": mutant.module, "line": mutant.line, "operator": mutant.operator, "text": mutant.text}
        row["fate"] = fate
        stored["mutants"][mutant.key] = row | ({"reason": known["reason"]} if known and "reason" in known else {})
        save(stored)
        print(f"{fate:9} {spent:5.1f} s  {mutant.module} line {mutant.line}: {mutant.text}", flush=True)


def report(size: int) -> None:
    """Print the killed share of the sample by module, and each survivor with the reason where it is equivalent."""
    stored = load()
    asked = {mutant.key for mutant in sample(size)}
    rows = {key: row for key, row in stored["mutants"].items() if key in asked}
    alive = {key: row for key, row in rows.items() if row["fate"] == "survived"}
    total, left = (Counter(row["module"] for row in some.values()) for some in (rows, alive))
    equivalent = sum("reason" in row for row in alive.values())
    for module in TARGETS:
        print(f"{module:28} {total[module] - left[module]:3} of {total[module]:3} killed")
    killed, timed = len(rows) - len(alive), sum(row["fate"] == "time" for row in rows.values())
    print(f"{len(rows)} of {len(asked)} judged in {stored['seconds'] / 60:.0f} min of processor time")
    print(f"{killed} killed ({timed} of them by time), {len(alive)} survive, {equivalent} of these are equivalent")
    if rows:
        print(f"{killed / len(rows):.1%} killed, {killed / max(1, len(rows) - equivalent):.1%} without the equivalent")
    for key, row in alive.items():
        where = f"{key} {row['module']} line {row['line']}"
        print(f"{where}: {row['text']}  [{row.get('reason', 'no reason stated')}]")


def main() -> None:
    """Read options and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=300, help="mutants of the seeded order (300)")
    parser.add_argument("--minutes", type=float, default=60.0, help="time to judge in (60)")
    parser.add_argument("--module", action="append", default=[], choices=TARGETS, help="only this module (repeatable)")
    parser.add_argument("--survivors", action="store_true", help="judge those again that survived")
    parser.add_argument("--report", action="store_true", help="print what is stored, judge nothing")
    options = parser.parse_args()
    if options.report:
        report(options.sample)
    else:
        run(options.sample, options.minutes, options.module, options.survivors)


if __name__ == "__main__":
    main()
