"""What earlier detection is worth: the same response begun earlier or later, with the same luck.

A response begins when the trade is seen. Begun months earlier, it avoids harm that a late one does not: paired
differences between an early and the latest start, replicate by replicate, through the policy layer. Nothing here says
how early a monitor sees the trade; the evaluation of detectors does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from kladsim.core.errors import InputError, unknown_name
from kladsim.policy.levers.package import Package, package_names
from kladsim.policy.scenario import Scenario
from kladsim.runs.development import describe_development
from kladsim.runs.interval_words import interval_sentence
from kladsim.runs.judging import PAIRS
from kladsim.study.comparison import compare

MONTHS = (6, 12, 24, 36)
HARMS = ("deaths", "poisonings_nonfatal", "dependent", "prison_years", "victims_of_punishment")
WORDS = (
    "The model projects the difference that an earlier start of the same response makes beside the latest start, "
    "paired by common random numbers. An arrest is no benefit; prison-years count as harm."
)


@dataclass(frozen=True, slots=True)
class ResponseWorth:
    """Paired difference of one harm over the whole run between a response begun after ``months`` and the latest one."""

    months: int | None
    outcome: str
    unit: str
    median: float
    low: float
    high: float
    p_better: float


@dataclass(frozen=True, slots=True)
class EarlyOrLate:
    """All differences, beside the latest start (``latest`` months); ``months`` None is no response at all.

    ``interval`` says what the intervals hold.
    """

    scenario: str
    response: str
    latest: int
    replicates: int
    rows: tuple[ResponseWorth, ...]
    interval: str = ""


def early_or_late(
    scenario: Scenario | str,
    response: str,
    *,
    months: Sequence[int] = MONTHS,
    replicates: int = PAIRS,
    out: str | Path | None = None,
    progress: Callable[..., Any] | None = None,
    **run: Any,
) -> EarlyOrLate:
    """Run a package of the library from several delays on and compare each with the latest.

    Parameters
    ----------
    scenario : a scenario, preset or file, such as one that ``kladsim spread open`` wrote
    response : a package of the library, such as harm-reduction
    months : months from the scenario's start until the response begins, at least two
    run : further options of ``kladsim.compare`` (threads, workers, scale, seed, engine)

    Raises
    ------
    InputError : unknown scenario or package, fewer than two delays, or one after the end of the run
    """
    base = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
    if response not in package_names():
        raise unknown_name("package", response, package_names(), where="response")
    delays = sorted(set(months))
    starts = {month: _after(base.start, month) for month in delays}
    if len(delays) < 2 or delays[0] < 0 or starts[delays[-1]] >= base.until:
        allowed = f"at least two, from 0 to {_months(base.start, base.until) - 1}"
        raise InputError("cannot be compared", where="months", value=", ".join(map(str, months)), allowed=allowed)
    plans = {
        month: base.with_(Package(of=response, start=start), name=f"{base.name} after {month} months")
        for month, start in starts.items()
    }
    latest = plans.pop(delays[-1])
    found = compare(latest, *plans.values(), base, replicates=replicates, out=out, progress=progress, **run)
    names: dict[str, int | None] = {plan.name: month for month, plan in plans.items()}
    rows = [
        ResponseWorth(names.get(e.plan), e.outcome, e.unit, e.median, e.low, e.high, e.p_better)
        for e in found.totals()
        if e.outcome in HARMS
    ]
    order = {month: place for place, month in enumerate((*plans, None))}
    rows.sort(key=lambda row: (HARMS.index(row.outcome), order[row.months]))
    holds = " ".join(filter(None, (describe_development(), interval_sentence(found.interval))))
    return EarlyOrLate(base.name, response, delays[-1], replicates, tuple(rows), holds)


def _after(start: date, months: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, 28))


def _months(start: date, until: date) -> int:
    return (until.year - start.year) * 12 + until.month - start.month
