"""What earlier detection is worth: one response early or late, in runs that share all luck, compared in harm.

The response is a package of public-health and prevention levers; it starts when the default detector sees the arrival
(median delay after the onset, measured by ``amoc``) or a given number of months later. Everything else is equal, so the
paired difference is what the months are worth in the model. The result says what its intervals hold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from kladsim.core.errors import unknown_name
from kladsim.monitor import observing
from kladsim.monitor.simulated_outbreaks import curves
from kladsim.policy.registry import lever_classes
from kladsim.policy.scenario import Scenario
from kladsim.runs.development import describe_development
from kladsim.runs.interval_words import interval_sentence
from kladsim.runs.judging import PAIRS
from kladsim.spread.outbreaks import SEED
from kladsim.study.comparison import compare

OUTCOMES = ("deaths", "dependent", "people_who_use", "victims_of_punishment", "prison_years", "poisonings_nonfatal")
RESPONSE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("information_campaign", {"gain": 0.5}),
    ("drug_checking", {"share": 0.2}),
    ("recruitment_prevention", {"share": 0.3}),
    ("advertising_removal", {"share": 0.5}),
)
SCALES = {"georgia": "1/10", "south-korea": "1/100"}
UNTIL = {"georgia": "2021-01-01", "south-korea": "2021-01-01"}


@dataclass(frozen=True)
class Worth:
    """The paired comparison: dates of both responses and effects of the early one against the late one."""

    country: str
    early: date
    late: date
    replicates: int
    effects: tuple[dict[str, Any], ...]
    note: str


def months_after(first: date, months: int) -> date:
    """Return the first day of the month so many months later."""
    whole = 12 * first.year + first.month - 1 + months
    return date(whole // 12, whole % 12 + 1, 1)


def onset_month(country: str) -> int:
    """Return the median month of the onset in the library's curves of a country without a policy."""
    alone = [curve for curve in curves() if curve.country == country and curve.policy == "none"]
    found = [observing.first_at(curve.share, observing.ONSET) for curve in alone]
    known = sorted(month for month in found if month is not None)
    return known[len(known) // 2]


def earlier(
    country: str = "georgia",
    *,
    detected_after: int,
    months: int = 12,
    replicates: int = PAIRS,
    out: Path | None = None,
    progress: Callable[[Any], None] | None = None,
) -> Worth:
    """Compare the response at detection with the same response ``months`` later.

    Raises
    ------
    InputError : unknown country
    """
    if country not in SCALES:
        raise unknown_name("country", country, SCALES, where="--country")
    early = months_after(date(2014, 1, 1), onset_month(country) + detected_after)
    late = months_after(early, months)
    classes = lever_classes()
    base = Scenario.preset(country).with_(scale=SCALES[country], until=UNTIL[country], seed=SEED)

    def answered(day: date, name: str) -> Scenario:
        levers = [classes[lever](**{"start": day.isoformat(), **options}) for lever, options in RESPONSE]
        return base.with_(*levers, name=name)

    found = compare(
        answered(late, "response late"),
        answered(early, "response early"),
        replicates=replicates,
        seed=SEED,
        progress=progress,
        out=out,
    )
    effects = tuple(_summarise_effect(found.effect(outcome)) for outcome in OUTCOMES)
    parts = ("Early minus late.", describe_development(), interval_sentence(found.interval))
    note = " ".join(filter(None, parts))
    return Worth(country, early, late, replicates, effects, note)


def _summarise_effect(effect: Any) -> dict[str, Any]:
    names = ("outcome", "unit", "period", "median", "low", "high", "p_better")
    return {name: getattr(effect, name) for name in names}
