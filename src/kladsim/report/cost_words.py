"""Cost and health of plans for a brief: the study layer's own numbers, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kladsim.core.errors import InputError
from kladsim.core.files import plain
from kladsim.core.formatting import Language, typeset_estimate, typeset_interval, typeset_number
from kladsim.policy.scenario import Scenario
from kladsim.report.words import translate, unit
from kladsim.study.comparison import Comparison
from kladsim.study.economics import (
    CURRENCY,
    FALSE_SAVING,
    FRONT,
    FRONT_SAME,
    HEADING,
    METHOD,
    Economics,
    PlanEconomics,
    economics,
)

COSTS = ("cost", "qaly_lost", "daly_lost", "deaths_at_front", "qaly_lost_at_front")
"""What the brief tells of cost and health; sums leave out the front, which stands apart below them."""
NO_COST: dict[str, Any] = {"money": "", "rows": [], "verdicts": [], "words": ""}


def describe_cost(
    comparison: Comparison, known: Mapping[str, Scenario], labels: Mapping[str, str], language: Language
) -> dict[str, Any]:
    """Return public cost and health of each plan; where runs cannot be valued, why they cannot."""
    try:
        valued = economics(comparison, scenarios=known)
    except InputError as error:
        return {**NO_COST, "verdicts": [labels["not_valued"].format(why=error)]}
    rows = [
        {
            "plan": row.plan,
            "name": row.name,
            "measure": translate(row.measure, language),
            "unit": translate(unit(row.unit, language), language),
            "median": typeset_number(row.median, language, signed=True),
            "interval": typeset_interval(row.low, row.high, language, signed=True),
            "numbers": [plain(number) for number in (row.median, row.low, row.high)],
        }
        for row in valued.rows()
        if row.name in COSTS
    ]
    verdicts = [f"{name}: {_verdict(plan, language)}; {_front(plan, language)}" for name, plan in valued.plans.items()]
    missing = sorted({translate(entry, language) for plan in valued.plans.values() for entry in plan.unpriced})
    return {
        "money": translate(CURRENCY, language),
        "rows": rows,
        "verdicts": verdicts + ([labels["unpriced"].format(names=", ".join(missing))] if missing else []),
        "words": _describe_method(valued, language),
    }


def _verdict(plan: PlanEconomics, language: Language) -> str:
    parts = ", ".join(translate(part, language) for part in dict.fromkeys((plan.health(), plan.money())))
    return parts + (f": {translate(FALSE_SAVING, language)}" if plan.is_false_saving() else "")


def _front(plan: PlanEconomics, language: Language) -> str:
    deaths, lost = plan.front()
    if plan.describe_front() == FRONT_SAME:
        return translate(FRONT_SAME, language)
    numbers = typeset_estimate(deaths.median, deaths.low, deaths.high, language, signed=True)
    return translate(FRONT, language).format(deaths=numbers, lost=typeset_number(lost.median, language, signed=True))


def _describe_method(valued: Economics, language: Language) -> str:
    """Return how cost and health are counted; what intervals hold is said once, with the methods."""
    heading = translate(HEADING, language).format(
        money=translate(CURRENCY, language), rate=f"{100 * valued.discount:g} %", year=valued.since
    )
    return f"{heading}. {translate(METHOD, language)}"
