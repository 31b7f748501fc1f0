"""Checks that are data (``checks.yaml``): parts with a measure and a band, and the rule that judges them.

A measure is a formula of facts: ``f[orders@2021] / f[orders@2014]`` of one run, or of an arm ``b`` against its base
``a``; ``change[orders@2021]`` is the change from ``a`` to ``b`` in per cent. ``f[quits remissions @2014..2024]`` sums
facts and years up. Checks whose measure is more than a formula stand as code beside this file.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from kladsim.core.errors import InputError, unknown_name
from kladsim.core.validated import Validated, relocated
from kladsim.evidence import patterns
from kladsim.evidence.claims import Pattern
from kladsim.study.measures.experiments import EXPERIMENTS, arm_of
from kladsim.validation.verdicts import (
    Check,
    CheckInput,
    CheckPart,
    CheckVerdict,
    Facts,
    Values,
    by_median,
    column,
    in_runs,
    paired,
    predicted,
    right_direction,
)

FILE = Path(__file__).with_name("checks.yaml")
SIGNS = ("sign", "ablation")
NEAR = 0.25
"""Share of a published point within which a median must lie that has no published interval."""
_FUNCTIONS: dict[str, Callable[..., Any]] = {"min": min, "max": max, "abs": abs, "log": np.log}
_CHANGE = re.compile(r"\bchange\[([^\]]+)\]")
_FACT = re.compile(r"\b([abf])\[([^\]]+)\]")
_YEARS = re.compile(r"(.+)@(\d{4})\.\.(\d{4})")


@cache
def _bands() -> dict[str, Pattern]:
    return {pattern.id: pattern for pattern in patterns()}


def banded(name: str, number: int, values: Values, shown: str = "value", effect: float = float("nan")) -> CheckPart:
    """Return a part judged by the band of the evidence table."""
    pattern = _bands()[name]
    band = pattern.bands[number]
    strict = band.kind in SIGNS or (band.low == 0 or band.high == 0)
    return CheckPart(band.part or pattern.statement, values, band.low, band.high, band.unit, strict, shown, effect)


def names_of(text: str) -> tuple[str, ...]:
    """Return the facts that "quits remissions @2014..2024" names, in the order in which they are added."""
    match = _YEARS.fullmatch(text)
    if match is None:
        return (text.strip(),)
    years = range(int(match[2]), int(match[3]) + 1)
    return tuple(f"{name}@{year}" for name in match[1].split() for year in years)


def formula(text: str) -> Callable[..., float]:
    """Return the function of facts (``f``, or ``a`` and ``b``) that a formula describes.

    Raises
    ------
    InputError : a name that is no function, or text that is no formula
    """
    written = _CHANGE.sub(r"100.0 * (b[\1] / a[\1] - 1.0)", text)
    written = _FACT.sub(lambda match: f"total({match[1]}, {names_of(match[2])!r})", written)
    known = {**_FUNCTIONS, "total": _total}
    try:
        tree = ast.parse(written, mode="eval")
    except SyntaxError as error:
        raise InputError(f"is no formula ({error.msg})", where="measure", value=text) from None
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id not in (*known, "a", "b", "f"):
            raise unknown_name("name in a formula", node.id, (*_FUNCTIONS, "a[...]", "b[...]", "f[...]", "change[...]"))
    code = compile(tree, "<measure>", "eval")

    def measure(*facts: Facts) -> float:
        of = {"a": facts[0], "b": facts[-1], "f": facts[0]}
        return float(eval(code, {"__builtins__": {}, **known, **of}))

    return measure


def _total(facts: Facts, names: tuple[str, ...]) -> float:
    return sum(facts[name] for name in names) if len(names) > 1 else facts[names[0]]


class _Part(Validated):
    name: str = ""
    measure: str
    unit: str = ""
    of: str = ""
    arm: str = ""
    base: str = "base"
    across: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    strict: bool = False
    sign: Literal["", "rises", "falls"] = ""
    near: float | None = None

    def values(self, evidence: CheckInput, experiment: str) -> Values:
        """Return one value a replicate: of runs, of an arm against its base, or of two experiments."""
        take = formula(self.measure)
        if self.across:
            return paired(evidence.across(*self.across), take)
        if self.arm:
            return paired(evidence.pairs(self.arm, self.base, self.of or experiment), take)
        return column(evidence.runs(self.of or experiment), take)

    def part(self, evidence: CheckInput, check: str, number: int, experiment: str) -> CheckPart:
        """Return the part; without a name it has that and the band of the evidence."""
        values = self.values(evidence, experiment)
        if not self.name:
            return banded(check, number, values)
        low, high, strict = self.low, self.high, self.strict
        if self.sign:
            low, high, strict = (0.0, None, True) if self.sign == "rises" else (None, 0.0, True)
        elif self.near is not None:
            low, high = sorted((self.near * (1 - NEAR), self.near * (1 + NEAR)))
        return CheckPart(self.name, values, low, high, self.unit, strict)


class _Check(Validated):
    ids: tuple[str, ...]
    kind: Literal["pattern", "target", "published", "claim"]
    use: str = ""
    why_not: str = ""
    needs: tuple[str, ...] = ()
    rule: Literal["runs", "median", "direction", "predicted"] = "runs"
    point: float | None = None
    interval: tuple[float, float] | None = None
    note: str = ""
    parts: tuple[_Part, ...] = Field(default=())

    def checks(self) -> list[Check]:
        """Return the checks of an entry: one, or several that cannot be tested for the same reason."""
        if self.why_not:
            return [Check(name, self.kind, why_not=self.why_not, use=self.use) for name in self.ids]
        for need in self.needs:
            if need not in EXPERIMENTS:
                raise unknown_name("experiment", need, EXPERIMENTS, where="needs")
        for part in self.parts:
            formula(part.measure)
            if part.arm and part.arm in {arm.name for arm in EXPERIMENTS[part.of or self.needs[0]].arms}:
                continue
            if part.arm:
                arm_of(part.of or self.needs[0], part.arm)
        (name,) = self.ids
        return [Check(name, self.kind, self.needs, self.judge, use=self.use)]

    def judge(self, evidence: CheckInput) -> CheckVerdict:
        """Judge the parts by the rule."""
        parts = [part.part(evidence, self.ids[0], i, self.needs[0]) for i, part in enumerate(self.parts)]
        if self.rule == "predicted":
            return predicted(parts[0], self.point or 0.0, self.interval, self.note)
        rules = {"runs": in_runs, "median": by_median, "direction": right_direction}
        return rules[self.rule](*parts, note=self.note)


@cache
def declared() -> tuple[Check, ...]:
    """Return the checks of the file.

    Raises
    ------
    InputError : an unknown key, experiment, arm or function, with the nearest name
    """
    from ruamel.yaml import YAML

    found: list[Check] = []
    for entry in YAML(typ="safe").load(FILE):
        try:
            found += _Check(**entry).checks()
        except InputError as error:
            raise relocated(error, f"{FILE.name}, check {', '.join(entry.get('ids', ()))}", joint=", ") from None
    return tuple(found)


def declared_of(kind: str) -> tuple[Check, ...]:
    """Return the checks of the file of one kind."""
    return tuple(check for check in declared() if check.kind == kind)
