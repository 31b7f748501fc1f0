"""What the description says of prices, qualities, fees and parameters is what the code and the register have."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import numpy as np
import pytest

import kladsim.model
from kladsim.evidence import load_register
from kladsim.model import market, platforms, shops
from kladsim.model.entities import ALL_TABLES
from kladsim.report.description import NEVER_READ, odd

MODEL = Path(kladsim.model.__file__).parent
ROOT = Path(__file__).parents[2]
ALIASES = {"labs": "laboratories", "cells": "cells"}


class Reads(ast.NodeVisitor):
    """Pairs (table, column) that code reads: not those that it only writes or adds to."""

    def __init__(self) -> None:
        self.found: set[tuple[str, str]] = set()

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._written(target)
        self.visit(node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._written(node.target)
        self.visit(node.value)

    def _written(self, target: ast.expr) -> None:
        if isinstance(target, ast.Subscript):
            inner = target.value
            self.visit(inner.value if isinstance(inner, ast.Attribute) else inner)
            self.visit(target.slice)
        else:
            self.generic_visit(target)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        owner = node.value
        name = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
        self.found.add((ALIASES.get(name, name), node.attr))
        self.generic_visit(node)


@pytest.fixture(scope="module")
def reads() -> set[tuple[str, str]]:
    visitor = Reads()
    for path in MODEL.glob("*.py"):
        visitor.visit(ast.parse(path.read_text(encoding="utf-8")))
    return visitor.found


def test_columns_that_no_rule_reads_are_named_in_the_description(reads: set[tuple[str, str]]) -> None:
    owned = [table for table in ALL_TABLES if table.name not in ("persons", "cells")]  # these go by many names
    idle = {t.name: tuple(c.name for c in t.columns if (t.name, c.name) not in reads) for t in owned}
    assert {name: columns for name, columns in idle.items() if columns} == NEVER_READ
    text = odd()
    for name, columns in NEVER_READ.items():
        part = text.split(f"### {name}\n")[1].split("\n#")[0]
        rows = {line.split("`")[1]: line for line in part.splitlines() if line.startswith("| `")}
        assert all("no rule reads it" in rows[column] for column in columns)
        assert sum("no rule reads it" in line for line in rows.values()) == len(columns)


def names_in(function: object) -> set[str]:
    """Names and attributes in a function's code, docstring aside."""
    source = Path(function.__code__.co_filename).read_text(encoding="utf-8")  # type: ignore[attr-defined]
    tree = next(n for n in ast.walk(ast.parse(source))
                if isinstance(n, ast.FunctionDef) and n.name == function.__name__)  # type: ignore[attr-defined]
    nodes = [node for statement in tree.body for node in ast.walk(statement)]
    return {n.attr for n in nodes if isinstance(n, ast.Attribute)} | {n.id for n in nodes if isinstance(n, ast.Name)}


def plain_of(kernel: object) -> object:
    return getattr(kernel, "py_func", kernel)


def test_commission_and_promotion_enter_no_price() -> None:
    for kernel in (shops.prices, market.price_of):
        used = names_in(plain_of(kernel))
        assert not [name for name in used if re.search(r"fee|promotion|quality|cash$", name)], kernel
    for module in (shops, platforms):
        text = module.__doc__ or ""
        assert "commission" in text.lower()
        assert "+ commission" not in text
    assert "enter no price" in (shops.__doc__ or "") and "read by no rule" in (shops.__doc__ or "")


def test_the_fee_is_only_booked() -> None:
    """Among all functions of the model only the account of a sale and the opening of a platform have the fee."""
    having = set()
    for path in MODEL.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                inner = ast.walk(node)
                if any(isinstance(n, ast.Attribute) and n.attr in ("fee", "platform_fee") for n in inner):
                    having.add(node.name)
    assert having == {"pay", "open_platform"}


def test_the_description_says_what_moves_a_price() -> None:
    text = " ".join(odd().split())
    assert "commission and promotion do not enter" in text
    assert "no rule reads it" in text and "Shops differ in size, care" not in text
    assert "none of them written into a rule" not in text


def test_a_better_known_shop_is_dearer_and_a_larger_order_cheaper_a_unit() -> None:
    """The price of an order by hand: 2 x 1000 x (1 + 0.5 x 0.1) + 300 at reputation 1.0, commission nowhere."""
    from types import SimpleNamespace as Bag

    p = Bag(price_reputation=0.5)
    trade = Bag(unit_price=np.array([1000.0]), drop_cost=np.array([300.0]))
    w = Bag(p=[p], shops=Bag(reputation=np.array([1.0, 0.9])), trade=trade)
    price = plain_of(market.price_of)
    assert price(w, 0, 0, 2.0, 0) == 2400  # type: ignore[operator]
    assert price(w, 0, 0, 2.0, 1) == 2300  # type: ignore[operator]
    assert price(w, 0, 0, 4.0, 1) / 4 < price(w, 0, 0, 2.0, 1) / 2  # type: ignore[operator]


def test_pages_say_truly_how_much_of_the_model_is_assumed() -> None:
    """"Each rule comes from a study or a count" was not true: the share of guesses is said, and is that of the register."""
    every = [parameter for _, parameter in load_register().items()]
    share = sum(parameter.grade == "D" for parameter in every) / len(every)
    text = " ".join((ROOT / "docs" / "plain_words.md").read_text(encoding="utf-8").split())
    assert "Each rule comes from a study" not in text
    found = re.search(r"(\w+) in three of its numbers are guesses", text)
    assert found is not None
    assert round(3 * share) == {"one": 1, "two": 2}[found.group(1)]
    for path in (ROOT / "docs").rglob("*.md"):
        said = " ".join(path.read_text(encoding="utf-8").split())
        assert not re.search(r"[Ee]ach rule (comes|rests)|[Ee]very (rule|number) (comes|rests)", said), path


def test_plain_words_say_how_the_checks_come_out() -> None:
    from kladsim.validation.counting import tallies
    from kladsim.validation.store import as_results, shipped

    text = " ".join((ROOT / "docs" / "plain_words.md").read_text(encoding="utf-8").split())
    found = {tally.group: tally for tally in tallies(as_results(shipped()))}
    assert found["VAL"].passed / found["VAL"].tested < 0.25 and "nearly all of them fail" in text
    assert found["SIGN"].passed / found["SIGN"].tested < 0.5 and "most of them fail" in text
