"""How many checks pass, by what a pass is worth: what was kept out of the fit, what was put in, what only repeats.

Published rows of kind CAL and calibration targets were fitted: that they come out is no evidence. A claim that rests on
other checks ("shown by ...") is one more name for them and counts nothing. A check that a parameter of the register
names as its source was in view when that parameter was set; such passes are counted beside the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from kladsim.evidence import load_register, published
from kladsim.evidence.tables import expand_ids
from kladsim.validation.checks.claims import OWN, carried
from kladsim.validation.verdicts import CheckResult

EVIDENCE = ("VAL", "SIGN", "pattern", "claim")
NO_EVIDENCE = ("CAL", "target", "repeat")
TITLES = {
    "VAL": "Published sizes kept out of the fit (VAL)",
    "SIGN": "Published directions and orders (SIGN)",
    "pattern": "Patterns",
    "claim": "Claims with a measure of their own",
    "CAL": "Published numbers put in (CAL)",
    "target": "Calibration targets, fitted",
    "repeat": "Claims that repeat rows above (shown by ...)",
    "none": "Published results not testable",
}


@dataclass(frozen=True)
class CheckTally:
    """The checks of one group.

    Parameters
    ----------
    group : a key of TITLES
    passed, failed, not_testable, not_run : numbers of checks
    cited : ids that pass and that were in view when a parameter was set (see ``in_view``)
    """

    group: str
    passed: int
    failed: int
    not_testable: int
    not_run: int
    cited: tuple[str, ...]

    @property
    def title(self) -> str:
        """The group in words."""
        return TITLES[self.group]

    @property
    def evidence(self) -> bool:
        """Whether a pass counts for the model."""
        return self.group in EVIDENCE

    @property
    def tested(self) -> int:
        """Checks that have a verdict."""
        return self.passed + self.failed


def group_of(result: CheckResult) -> str:
    """Return the group that a result counts in."""
    if result.kind == "published":
        return result.use or "none"
    if result.kind == "claim":
        return "claim" if carried()[result.id].checks in ((OWN,), ()) else "repeat"
    return result.kind


def tallies(results: Iterable[CheckResult]) -> list[CheckTally]:
    """Return the groups that results fall into, what counts as evidence first."""
    groups: dict[str, list[CheckResult]] = {}
    for result in results:
        groups.setdefault(group_of(result), []).append(result)
    return [_tally(name, groups[name]) for name in TITLES if name in groups]


def _tally(group: str, results: Sequence[CheckResult]) -> CheckTally:
    counts = Counter(result.status for result in results)
    cited = tuple(result.id for result in results if result.status == "pass" and in_view(result.id))
    return CheckTally(group, counts["pass"], counts["fail"], counts["not testable"], counts["not run"], cited)


def in_view(name: str) -> bool:
    """Return whether a parameter names a check as its source, or the figure that a published row rests on."""
    return bool({name, *_figures().get(name, ())} & named_as_sources())


@cache
def _figures() -> dict[str, tuple[str, ...]]:
    return {row.id: expand_ids(row.source) for row in published()}


@cache
def named_as_sources() -> frozenset[str]:
    """Return the ids of evidence that some parameter of the register names as its source."""
    return frozenset(name for _, parameter in load_register().items() for name in expand_ids(parameter.source))


def headline(results: Iterable[CheckResult]) -> str:
    """Return the counts in words: groups that are evidence, those of them set with the answer in view, and the rest."""
    found = {tally.group: tally for tally in tallies(results)}
    good = [found[name] for name in EVIDENCE if name in found and found[name].tested]
    said = "No check that counts as evidence was run."
    if good:
        each = "; ".join(f"{tally.title} {tally.passed} of {tally.tested}" for tally in good)
        said = f"Passed of the checks that count as evidence: {each}."
        cited = [name for tally in good for name in tally.cited]
        if cited:
            said += (
                f" Of the {sum(tally.passed for tally in good)} that pass, {len(cited)} are named in the register as "
                f"the source of a parameter and are weaker for it ({', '.join(cited)})."
            )
    rest = [found[name] for name in NO_EVIDENCE if name in found and found[name].tested]
    if rest:
        each = "; ".join(f"{tally.title} {tally.passed} of {tally.tested}" for tally in rest)
        said += f" No evidence, and not counted: {each}."
    return said
