"""What `explain` and `list claims` say of an id's check: how it is checked, and the latest stored result."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from kladsim.evidence import figures, patterns, published, targets
from kladsim.model.version import is_in_development
from kladsim.validation.checks.claims import OWN, carried
from kladsim.validation.registry import checks
from kladsim.validation.store import as_results, shipped, stale
from kladsim.validation.verdicts import CheckResult


def check_of(name: str, brief: bool = False) -> dict[str, Any]:
    """Return how an id of the evidence is checked and what was found; empty if it has no check.

    A figure (E001 ...) is checked where a target or pattern names it as its evidence.
    """
    if not re.fullmatch(r"[A-Z]{1,2}\d+", name) or name.startswith("M"):
        return {}
    known = checks()
    if name not in known:
        users = used_by(name)
        return {"checked by": list(users)} if users else {}
    if brief:
        return {"check": _how(name), "status": _status(name)}
    found = _stored().get(name)
    told: dict[str, Any] = {"check": _how(name), "status": _status(name)}
    if found is not None and found.value is not None:
        ends = "" if found.low is None else f" ({found.low:g} to {found.high:g})"
        told["result"] = f"{found.value:g} {found.unit}{ends}"
    if found is not None:
        told |= {"target": found.target, "rule": found.rule, "why": found.reason}
        told["stored"] = stale(shipped()) or f"model version {shipped()['model_version']}"
    return told


def used_by(name: str) -> tuple[str, ...]:
    """Return the checks whose evidence names a figure."""
    if not re.fullmatch(r"E\d{3}", name) or name not in {figure.id for figure in figures()}:
        return ()
    return tuple(check.id for check in (*targets(), *patterns()) if name in check.evidence)


def _how(name: str) -> str:
    check = checks()[name]
    if check.judge is None:
        return f"not testable, because {check.why_not}"
    if check.kind == "claim" and carried()[name].checks != (OWN,):
        return "rests on " + ", ".join(carried()[name].checks)
    rows = {row.id: row.use for row in published()}
    return f"{check.kind} check" + (f" ({check.use or rows.get(name, '')})" if check.kind == "published" else "")


def _status(name: str) -> str:
    if checks()[name].judge is None and name not in _stored():
        return "not testable"
    found = _stored().get(name)
    if found is None:
        return "not run"
    return f"{found.status}, made with model {shipped()['model_version']}" if is_in_development() else found.status


@cache
def _stored() -> dict[str, CheckResult]:
    return {result.id: result for result in as_results(shipped())}
