"""The policy brief as plain values: question, plans, effects with intervals, who is worse off, cost, limits, methods.

One replicate makes no brief (responsible use, rule 10). Numbers have two significant digits; worse stands first.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kladsim.core.errors import InputError
from kladsim.report.interactive import LIGHT, Line, fan
from kladsim.report.tables import difference, levers_of, title_of
from kladsim.report.words import Language, title, unit
from kladsim.study.gate import BADGE, USE, two_digits
from kladsim.study.summary import TOTAL

if TYPE_CHECKING:
    from kladsim.policy.scenario import Scenario
    from kladsim.study.compare import Comparison
    from kladsim.study.effects import Effect

CLEAR = 0.95
MOST_ROWS = 14
PICTURED = ("deaths", "prison_years", "people_who_use", "dependent")
COSTS = ("public cost", "QALYs lost", "DALYs lost")
CITE = "The kladsim maintainers (2026). kladsim: an agent-based model of a nation's dead-drop drug economy"

Words = dict[str, str]
WORDS: dict[Language, Words] = json.loads(Path(__file__).with_name("brief_words.json").read_text(encoding="utf-8"))


def brief(
    comparison: Comparison,
    scenarios: Mapping[str, Scenario] | None = None,
    language: Language = "en",
    command: str = "",
) -> dict[str, Any]:
    """Return the brief of a comparison as plain values, pictures as Vega-Lite.

    Parameters
    ----------
    scenarios : plans by name, for their levers and what these cost (default: those that the comparison knows)
    command : the command that makes the comparison again

    Raises
    ------
    InputError : a single replicate, or no plan
    """
    if comparison.base.replicates < 2:
        raise InputError("one replicate makes no brief", where="replicates", value=1, allowed="2 or more; better 8")
    if not comparison.plans:
        raise InputError("no plan to report on", where="plans", allowed="a comparison")
    words = WORDS[language]
    known = dict(scenarios or getattr(comparison, "scenarios", {}) or {})
    effects = _chosen(comparison)
    facts = _facts(comparison)
    question = words["asked" if len(comparison.plans) == 1 else "several"]
    names = ", ".join(f"“{name}”" for name in comparison.plans)
    return {
        "language": language,
        "words": words,
        "heading": ", ".join(comparison.plans),
        "question": question.format(plans=names, base=comparison.base.name, **facts),
        "plans": [{"name": name, "levers": _levers(name, known, comparison, words)} for name in comparison.plans],
        "effects": [_row(effect, comparison, language) for effect in effects],
        "losers": _losers(comparison, words, language),
        "cost": _cost(comparison, known, words),
        "limits": [BADGE[0].upper() + BADGE[1:] + "." if language == "en" else _badge_ru(), USE],
        "method": words["method"].format(interval=comparison.interval, **facts),
        "made": words["made"].format(command=command) if command else "",
        "digests": words["digests"].format(digests=_digests(comparison)),
        "cite": f"{CITE}, version {_version()}, model {facts['model']}. Apache-2.0.",
        "charts": _charts(comparison, words, language),
    }


def _facts(comparison: Comparison) -> dict[str, Any]:
    config = comparison.base.scenario["config"]
    return {
        "since": comparison.since or comparison.years[0],
        "last": comparison.years[-1],
        "n": comparison.base.replicates,
        "scale": f"1/{config['scale']}",
        "first": config["start"],
        "end": config["until"],
        "seed": config["seed"],
        "model": comparison.base.scenario["model"],
    }


def _version() -> str:
    from kladsim import __version__

    return __version__


def _badge_ru() -> str:
    from kladsim.report.words import says

    text = says(BADGE, "ru")
    return text[0].upper() + text[1:] + "."


def _digests(comparison: Comparison) -> str:
    runs = {comparison.base.name: comparison.base, **comparison.plans}
    return ", ".join(f"{name} {result.digest[:16]}" for name, result in runs.items())


def _chosen(comparison: Comparison) -> list[Effect]:
    """Outcomes that get worse, then headline outcomes, then those that get better, plan by plan."""
    marked = comparison.base.headline_names
    found = [e for e in comparison.effects if e.period == TOTAL and (e.outcome in marked or _verdict(e) == "worse")]
    order = {"worse": 0, "better": 1, "unclear": 2, "neutral": 3}
    return sorted(found, key=lambda e: (order[_verdict(e)], e.outcome, e.plan))[: MOST_ROWS * len(comparison.plans)]


def _verdict(effect: Effect) -> str:
    if not math.isfinite(effect.p_better):
        return "neutral"
    return "better" if effect.p_better >= CLEAR else "worse" if effect.p_better <= 1 - CLEAR else "unclear"


def _row(effect: Effect, comparison: Comparison, language: Language) -> dict[str, str]:
    verdict = _verdict(effect)
    words = WORDS[language]
    return {
        "outcome": title(effect.outcome, language),
        "unit": unit(effect.unit, language),
        "plan": effect.plan,
        "base": said(comparison.base_level(effect.outcome)),
        "difference": said(effect.median, sign=True),
        "interval": f"{said(effect.low, sign=True)} … {said(effect.high, sign=True)}",
        "p_better": said(effect.p_better),
        "verdict": words["worse_word" if verdict == "worse" else verdict],
        "kind": verdict,
    }


def said(value: float, sign: bool = False) -> str:
    """Two significant digits with true signs, millions and billions in short."""
    if not math.isfinite(value):
        return "–"
    size, end = abs(value), ""
    for one, letters in ((1e9, " bn"), (1e6, " mn")):
        if size >= one:
            size, end = size / one, letters
            break
    text = two_digits(size) + end
    return ("−" if value < 0 else "+" if sign and value > 0 else "") + text


def _losers(comparison: Comparison, words: Words, language: Language) -> list[str]:
    several = len(comparison.plans) > 1
    worse = [title(e.outcome, language) + (f" ({e.plan})" if several else "") for e in comparison.losers()]
    n = comparison.base.replicates
    told = [words["somebody"].format(names="; ".join(worse)) if worse else words["nobody"].format(n=n)]
    groups = [f"{title_of(g.outcome)}, {g.who} ({g.plan})" for g in comparison.losing_groups()]
    if groups:
        more = f" (+{len(groups) - 8})" if len(groups) > 8 else ""
        told.append(words["groups"].format(names="; ".join(groups[:8]) + more))
    return told


def _levers(name: str, known: Mapping[str, Scenario], comparison: Comparison, words: Words) -> list[str]:
    if name in known:
        return [repr(lever) for lever in known[name].levers] or [words["nothing"]]
    base = comparison.base.scenario["config"]["modifiers"]
    own = [m for m in comparison.plans[name].scenario["config"]["modifiers"] if m not in base]
    return [f"{m['quantity']}: {m['op']} {m['value']:g}, {m['start']}" for m in own] or [words["nothing"]]


def _cost(comparison: Comparison, known: Mapping[str, Scenario], words: Words) -> dict[str, Any]:
    """Public cost and health of each plan as the study layer values them; empty where there are no prices."""
    from kladsim.study.economics import WORDS as SAID
    from kladsim.study.economics import economics

    try:
        found = economics(comparison, scenarios=known)
    except (InputError, KeyError):
        return {"rows": [], "verdicts": [], "words": ""}
    rows = [
        {
            "plan": row.plan, "measure": row.measure, "unit": row.unit, "median": said(row.median, sign=True),
            "interval": f"{said(row.low, sign=True)} … {said(row.high, sign=True)}",
        }
        for row in found.rows()
        if row.measure in COSTS
    ]  # fmt: skip
    verdicts = [f"{name}: {plan.verdict()}" for name, plan in found.plans.items()]
    missing = sorted({entry for plan in found.plans.values() for entry in plan.unpriced})
    return {
        "rows": rows,
        "verdicts": verdicts + ([words["unpriced"].format(names=", ".join(missing))] if missing else []),
        "words": SAID,
    }


def _charts(comparison: Comparison, words: Words, language: Language) -> list[dict[str, Any]]:
    charts = []
    events = levers_of(comparison.base, comparison.plans.values())
    for name in PICTURED:
        bands = [difference(plan, comparison.base, name, comparison.since) for plan in comparison.plans.values()]
        lines = [
            Line(plan, place, band)
            for place, (plan, band) in enumerate(zip(comparison.plans, bands, strict=True), 1)
            if band is not None
        ]
        if not lines:
            continue
        heading = words["chart"].format(title=title(name, language), unit=unit(lines[0].band.unit, language))
        last = [f"{line.name}: {said(float(line.band.median[-1]), sign=True)}" for line in lines]
        alt = f"{heading}. {lines[0].band.times[-1].year}: {'; '.join(last)}."
        spec = fan(lines, events, LIGHT, signed=True, width=330, height=150, language=language, description=alt)
        charts.append({"title": heading, "alt": alt, "spec": spec, "names": [line.name for line in lines]})
        if len(charts) == 2:
            break
    return charts
