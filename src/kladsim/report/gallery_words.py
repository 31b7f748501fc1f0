"""What a gallery page says in words, made from the results alone: who gains, who loses, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from kladsim.core.formatting import format_number
from kladsim.model.outcomes import title_of
from kladsim.report.people import region_names
from kladsim.runs.judging import FEWEST_PAIRS, NO_VERDICT, fewest_agreeing
from kladsim.study.comparison import Comparison
from kladsim.study.economics import Economics
from kladsim.study.effects import Effect

FEW = 8


def in_short(outcomes: Sequence[str], comparison: Comparison, valued: Economics) -> str:
    """Return a line a plan: what is worse (of all outcomes), what is better or unclear of these, and what it costs."""
    lines = []
    for plan in comparison.plans:
        effects = [comparison.effect(name, plan) for name in outcomes]
        parts = [
            _part("worse", _worse(comparison, plan), comparison),
            _part("better", [e for e in effects if e.verdict == "better"], comparison),
            _part("unclear", [e for e in effects if e.verdict == "unclear"], None),
            *(_part(word, [e for e in effects if e.verdict == kind], None) for kind, word in NO_VERDICT.items()),
            _part("also changes", [e for e in effects if e.verdict == "neutral" and e.low * e.high > 0], comparison),
        ]
        sentence = "; ".join(part for part in parts if part)
        judged_as = f"{valued.plans[plan].verdict()}; {valued.plans[plan].describe_front()}"
        lines.append(f"- **{plan}** ({judged_as}). {sentence[0].upper()}{sentence[1:]}.")
    return "\n".join(lines)


def _part(word: str, effects: Iterable[Effect], comparison: Comparison | None) -> str:
    outcomes = [title_of(e.outcome).lower() + (f" ({_change(e, comparison)})" if comparison else "") for e in effects]
    return f"{word}: {', '.join(outcomes)}" if outcomes else ""


def _change(effect: Effect, comparison: Comparison) -> str:
    """The median difference with its sign, and as a share of the base's level."""
    sign = "+" if effect.median > 0 else ""
    level = comparison.base_level(effect.outcome)
    share = f", {sign}{format_number(100 * effect.median / level)} %" if level else ""
    return f"{sign}{format_number(effect.median)}{share}"


def agreement(effect: Effect) -> str:
    """Return in how many replicates the plan is better ("" where no direction is good in itself)."""
    if not math.isfinite(effect.p_better):
        return ""
    return f"better in {effect.p_better * effect.n:g} of {effect.n}"


def losers(comparison: Comparison) -> str:
    """Return who is worse off under each plan: national outcomes, then groups that may be shown."""
    names = region_names(str(comparison.base.scenario["config"]["country"]))
    n = comparison.base.replicates
    lines = []
    for plan in comparison.plans:
        worse = [f"{title_of(e.outcome).lower()} (+{format_number(abs(e.median))})" for e in _worse(comparison, plan)]
        none = NO_VERDICT.get(comparison.no_verdict) or "no outcome gets worse in at least 95 % of the replicates"
        lines.append(f"- **{plan}**: {', '.join(worse) if worse else none}.")
        groups = [f"{title_of(g.outcome).lower()}: {spoken(g.who, names)}" for g in comparison.losing_groups(plan)]
        if groups:
            more = f"; and {len(groups) - FEW} more groups" if len(groups) > FEW else ""
            lines.append(f"  Groups that likely lose: {'; '.join(groups[:FEW])}{more}.")
    fewest = fewest_agreeing(n)
    least = f"{fewest} of the {n} replicates" if fewest else f"{FEWEST_PAIRS} replicates, here there are {n},"
    lines.append(
        f"\nWorse and better ask that at least {least} agree, which luck alone does in at most 5 % of comparisons. A "
        "group is named only if its mean difference is clear beyond three standard errors (Student's t)."
    )
    return "\n".join(lines)


def _worse(comparison: Comparison, plan: str) -> list[Effect]:
    return [effect for effect in comparison.losers() if effect.plan == plan]


def spoken(who: str, names: Mapping[str, tuple[str, str]]) -> str:
    """Return a group with regions by their English name."""
    return ", ".join(names[part][0] if part in names else part for part in who.split(", "))
