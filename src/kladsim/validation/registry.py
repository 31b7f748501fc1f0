"""Every check by id, and which mechanisms carry it."""

from __future__ import annotations

from functools import cache

from kladsim.core.errors import InputError, unknown_name
from kladsim.core.registry import load_installed
from kladsim.evidence import explain, published
from kladsim.study.measures.experiments import EXPERIMENTS
from kladsim.validation.checks.claims import claim_checks
from kladsim.validation.checks.declared import declared_of
from kladsim.validation.checks.patterns import PATTERNS
from kladsim.validation.checks.patterns_of_work import WORK
from kladsim.validation.checks.published import PLATFORMS_AND_MARKETS
from kladsim.validation.checks.published_harm import HARM_AND_POLICY
from kladsim.validation.checks.published_levels import LEVELS
from kladsim.validation.checks.targets import TARGETS
from kladsim.validation.verdicts import Check, CheckRegistry

GROUP = "kladsim.checks"
"""Entry points of checks that other packages add."""
KINDS = ("pattern", "target", "published", "claim")


@cache
def checks() -> dict[str, Check]:
    """Return all checks by id: patterns, targets, published results, claims."""
    registry = CheckRegistry()
    registry.add(*sorted((*PATTERNS, *WORK), key=lambda check: check.id))
    registry.add(*TARGETS)
    rows = {check.id: check for check in (*PLATFORMS_AND_MARKETS, *HARM_AND_POLICY, *LEVELS, *declared_of("published"))}
    registry.add(*(rows.pop(row.id) for row in published()))
    registry.add(*rows.values())  # none: every row is in the evidence
    registry.add(*claim_checks(registry.checks))
    installed = load_installed(GROUP, "check", Check)
    for name, check in installed.items():
        if check.id != name or not check.statement:
            raise InputError("names another id, or states nothing", where=f"check {name}", value=check.id,
                             allowed="the id of its entry point, and a statement")  # fmt: skip
        for need in check.needs:
            if need not in EXPERIMENTS:
                raise unknown_name("experiment", need, EXPERIMENTS, where=f"check {name}")
        if check.kind not in KINDS:
            raise unknown_name("kind of check", check.kind, KINDS, where=f"check {name}")
    registry.add(*installed.values())
    return registry.checks


def statement_of(name: str) -> str:
    """Return what a check says: the words of the evidence, or its own."""
    check = checks().get(name)
    return check.statement if check is not None and check.statement else explain(name).text


def mechanisms_of(name: str) -> tuple[str, ...]:
    """Return the mechanisms that the evidence names for a check, or the check itself."""
    check = checks().get(name)
    return check.mechanisms if check is not None and check.statement else explain(name).mechanisms


def select_checks(only: str) -> list[str]:
    """Return the ids that ``--only`` names: ids and kinds (also in the plural), separated by commas.

    Raises
    ------
    InputError : a word is neither an id nor a kind
    """
    known = checks()
    words = [word.strip() for word in only.split(",") if word.strip()]
    if not words:
        return list(known)
    names: dict[str, None] = {}
    for word in words:
        kind = word.lower().rstrip("s")
        if kind in KINDS:
            names |= dict.fromkeys(name for name, check in known.items() if check.kind == kind)
        elif word.upper() in known:
            names[word.upper()] = None
        else:
            raise unknown_name("check or kind", word, (*known, *(f"{kind}s" for kind in KINDS)), where="--only")
    return list(names)


def experiments_of(names: list[str]) -> list[str]:
    """Return the experiments that checks need, in the order of the plan."""
    needed = {experiment for name in names for experiment in checks()[name].needs}
    return [name for name in EXPERIMENTS if name in needed]
