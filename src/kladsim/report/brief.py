"""The policy brief as plain values: question, plans, effects with intervals, who is worse off, cost, limits, methods.

One replicate makes no brief (responsible use, rule 11). Numbers have two significant digits; worse stands first.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kladsim.core.errors import InputError, unknown_name
from kladsim.core.formatting import LANGUAGES, Language, typeset_interval, typeset_number
from kladsim.core.version import VERSION
from kladsim.evidence.translating import texts
from kladsim.policy.scenario import Scenario
from kladsim.report import annex as a
from kladsim.report import people
from kladsim.report.cost_words import NO_COST, describe_cost
from kladsim.report.interactive import LIGHT, Line, fan
from kladsim.report.plan_words import describe_plan
from kladsim.report.printing import write_brief
from kladsim.report.tables import band, difference, end_of, levers_of, marks, start_of
from kladsim.report.words import title, translate, unit
from kladsim.runs.development import describe_warnings
from kladsim.runs.disclosure import BADGE, USE
from kladsim.runs.interval_words import describe_interval, interval_sentence
from kladsim.runs.judging import FEWEST_FOR_90, FEWEST_PAIRS
from kladsim.runs.result import Result
from kladsim.runs.scenario_files import scenarios_of
from kladsim.runs.summary import TOTAL, over_time, quantiles
from kladsim.study.comparison import Comparison
from kladsim.study.effects import Effect, in_order
from kladsim.study.groups import FEWEST

MOST_ROWS = 14
#: A brief holds this much; the annex has the rest.
MOST_ROWS_OF_SEVERAL = 18
MOST_LINES = 4
MOST_LINES_OF_SEVERAL = 2
CHARTS = 2
ANNEX_TABLES = 12
EMPTY_ANNEX: dict[str, Any] = {"effects": [], "levels": [], "years": [], "levers": []}
PICTURED = ("deaths", "prison_years", "people_who_use", "dependent")
CITE = "The kladsim maintainers (2026). kladsim: an agent-based model of a nation's dead-drop drug economy"

Labels = Mapping[str, str]


def brief(
    comparison: Comparison,
    scenarios: Mapping[str, Scenario] | None = None,
    language: Language = "en",
    command: str = "",
    *,
    annex: bool = True,
) -> dict[str, Any]:
    """Return the brief of a comparison as plain values, pictures as Vega-Lite.

    Parameters
    ----------
    scenarios : plans by name, for their levers and what these cost (default: those of the comparison, or kept beside
        its runs)
    command : the command that makes the comparison again
    annex : whether the technical annex follows

    Raises
    ------
    InputError : a single replicate, or no plan
    """
    _enough(comparison.base)
    if not comparison.plans:
        raise InputError("no plan to report on", where="plans", allowed="a comparison")
    labels = _labels_for(comparison.base, language)
    known = {**scenarios_of(comparison), **(scenarios or {})}
    described = _describe_comparison(comparison)
    question = labels["asked" if len(comparison.plans) == 1 else "several"]
    names = ", ".join(f"“{name}”" for name in comparison.plans)
    runs = {comparison.base.name: comparison.base, **comparison.plans}
    cost = describe_cost(comparison, known, labels, language)
    return {
        **_frame(runs, labels, language, command),
        "heading": ", ".join(comparison.plans),
        "question": question.format(plans=names, base=comparison.base.name, **described),
        "plans": [_plan(name, comparison, known, labels, language) for name in comparison.plans],
        "effects": [_row(effect, comparison, language) for effect in _select_effects(comparison)],
        "who": [_who(plan, comparison, labels, language) for plan in comparison.plans],
        "cost": cost,
        "method": labels["method"].format(
            interval=_interval(comparison.base, language, prices=bool(cost["rows"])), **described
        ),
        "charts": _charts(comparison, labels, language),
        "annex": _annex(comparison, known, labels, language) if annex else None,
    }


def write_comparison_brief(comparison: Comparison, path: str | Path, language: str = "en") -> Path:
    """Write the brief of a comparison as ``NAME.pdf`` or ``NAME.html``; return its path.

    Raises
    ------
    InputError : another ending or language, or a single replicate
    """
    for known in LANGUAGES:
        if language == known:
            return write_brief(brief(comparison, language=known), Path(path))
    raise unknown_name("language", language, LANGUAGES, where="language")


def _interval(run: Result, language: Language, *, prices: bool = False) -> str:
    """What the intervals of a run hold, as a sentence."""
    holds = describe_interval(run.provenance, language, run.replicates)
    return interval_sentence(holds, prices=prices, language=language)


def _labels_for(run: Result, language: Language) -> Labels:
    """The texts of a brief; few runs have a range and no interval of 90 %."""
    labels = texts("brief", language)
    few = run.replicates < FEWEST_FOR_90
    return {**labels, "interval": labels["range"].format(n=run.replicates)} if few else labels


def run_brief(run: Result, language: Language = "en", command: str = "", *, annex: bool = True) -> dict[str, Any]:
    """Return the report of a single run as plain values: what the model projects, with intervals, and no effect.

    Raises
    ------
    InputError : a single replicate
    """
    _enough(run)
    labels = _labels_for(run, language)
    described = _describe_run(run)
    headline = [name for name in run.national() if name in run.headline_names] or list(run.national())
    every = [_level(run, name, language) for name in run.national()]
    content = {
        **_frame({run.name: run}, labels, language, command),
        "heading": run.name,
        "question": labels["run_question"].format(name=run.name, **described),
        "levels": [row for row in every if row["name"] in headline],
        "method": labels["run_method"].format(interval=_interval(run, language), **described),
        "charts": _run_charts(run, labels, language),
    }
    if annex:
        more = {"levels": every, "years": a.run_years(run, headline[:ANNEX_TABLES], language)}
        content["annex"] = {**EMPTY_ANNEX, **a.common({run.name: run}, labels), **more}
    return content


def _enough(run: Result) -> None:
    if run.replicates < 2:
        raise InputError("one replicate makes no brief", where="replicates", value=1, allowed="2 or more; better 8")


def _frame(runs: Mapping[str, Result], labels: Labels, language: Language, command: str) -> dict[str, Any]:
    """What every report has, and empty parts that only one kind fills."""
    model = next(iter(runs.values())).scenario["model"]
    digests = ", ".join(f"{name} {result.digest[:16]}" for name, result in runs.items())
    return {
        "language": language,
        "words": labels,
        "limits": [_above(runs, language), USE],
        "made": labels["made"].format(command=command) if command else "",
        "digests": labels["digests"].format(digests=digests),
        "cite": f"{CITE}, version {VERSION}, model {model}. Apache-2.0.",
        "title": labels["title" if len(runs) > 1 else "run_title"],
        "plans": [], "effects": [], "levels": [], "who": [], "charts": [], "annex": None,
        "cost": NO_COST,
    }  # fmt: skip


def _above(runs: Mapping[str, Result], language: Language) -> str:
    """The bold words under the title: that tables are placeholders, if any is, and the note on cathinones."""
    badge = BADGE[0].upper() + BADGE[1:] + "." if language == "en" else _badge_ru()
    return " ".join(filter(None, (describe_warnings((run.provenance for run in runs.values()), language), badge)))


def _describe_comparison(comparison: Comparison) -> dict[str, Any]:
    since, last = comparison.since or comparison.years[0], comparison.years[-1]
    return {**_describe_run(comparison.base), "since": since, "last": last}


def _describe_run(run: Result) -> dict[str, Any]:
    config = run.scenario["config"]
    return {
        "n": run.replicates,
        "scale": f"1/{config['scale']}",
        "first": config["start"],
        "end": config["until"],
        "seed": config["seed"],
        "model": run.scenario["model"],
    }


def _level(run: Result, name: str, language: Language) -> dict[str, str]:
    item = run.national()[name]
    median, low, high = (float(value) for value in quantiles(over_time(item)))
    return {
        "name": name,
        "outcome": title(name, language),
        "unit": unit(item.unit, language),
        "value": typeset_number(median, language),
        "interval": typeset_interval(low, high, language),
        "change": a.first_and_last(run, name, language),
    }


def _run_charts(run: Result, labels: Labels, language: Language) -> list[dict[str, Any]]:
    charts = []
    first, last = start_of(run), end_of(run)
    events = marks(str(run.scenario["config"]["country"]), first, last)
    for name in PICTURED:
        bands = band(run, name, daily=False)
        if bands is None or not len(bands.times):
            continue
        heading = labels["chart_level"].format(title=title(name, language), unit=unit(bands.unit, language))
        alt = f"{heading}. {bands.times[-1].year}: {typeset_number(float(bands.median[-1]), language)}."
        spec = fan([Line(run.name, 0, bands)], events, LIGHT, width=330, height=150, language=language, description=alt)
        charts.append({"title": heading, "alt": alt, "spec": spec, "names": [run.name], "first": 0})
        if len(charts) == CHARTS:
            break
    return charts


def _badge_ru() -> str:
    text = translate(BADGE, "ru")
    return text[0].upper() + text[1:] + "."


def _select_effects(comparison: Comparison) -> list[Effect]:
    """Outcomes that get worse, then headline outcomes, then those that get better, plan by plan."""
    marked = comparison.base.headline_names
    whole = (e for e in comparison.effects if e.period == TOTAL)
    selected = (e for e in whole if e.outcome in marked or e.verdict == "worse")
    most = MOST_ROWS if len(comparison.plans) == 1 else MOST_ROWS_OF_SEVERAL
    return in_order(selected)[:most]


def _row(effect: Effect, comparison: Comparison, language: Language) -> dict[str, str]:
    side = effect.verdict
    labels = texts("brief", language)
    return {
        "outcome": title(effect.outcome, language),
        "unit": unit(effect.unit, language),
        "plan": effect.plan,
        "base": typeset_number(comparison.base_level(effect.outcome), language),
        "difference": typeset_number(effect.median, language, signed=True),
        "interval": typeset_interval(effect.low, effect.high, language, signed=True),
        "p_better": typeset_number(effect.p_better, language),
        "verdict": labels[f"{side}_word"],
        "kind": side,
    }


def _who(plan: str, comparison: Comparison, labels: Labels, language: Language) -> dict[str, Any]:
    """Who is worse off and who is better off under a plan, told alike: the country, then groups of people."""
    base = comparison.base
    groups = _groups(plan, comparison, labels, language)
    most = MOST_LINES if len(comparison.plans) == 1 else MOST_LINES_OF_SEVERAL
    why = {"": "none_clear", "few": "too_few", "withheld": "withheld"}[comparison.no_verdict]
    none = labels[why].format(n=base.replicates, least=FEWEST_PAIRS)
    sides = {}
    for side in ("worse", "better"):
        totals = [e for e in comparison.effects if e.period == TOTAL and e.plan == plan and e.verdict == side]
        nation = [
            {
                "who": title(effect.outcome, language), "outcome": "", "unit": unit(effect.unit, language),
                "difference": typeset_number(effect.median, language, signed=True),
                "interval": typeset_interval(effect.low, effect.high, language, signed=True),
            }
            for effect in sorted(totals, key=lambda effect: title(effect.outcome, language))
        ]  # fmt: skip
        parts = [("nation", nation), *groups[side].items()]
        sides[side] = {
            "count": sum(len(rows) for _, rows in parts),
            "parts": [_part(kind, rows, most, labels) for kind, rows in parts if rows],
            "none": "" if any(rows for _, rows in parts) else none,
        }
    few = labels["few"].format(least=FEWEST) if base.replicates < FEWEST else ""
    return {"plan": plan, "few": few, **sides}


def _part(kind: str, rows: list[dict[str, Any]], most: int, labels: Labels) -> dict[str, Any]:
    more = labels["more"].format(n=len(rows) - most) if len(rows) > most else ""
    return {"kind": labels[kind], "rows": rows[:most], "all": rows, "more": more}


def _groups(plan: str, comparison: Comparison, labels: Labels, language: Language) -> dict[str, dict[str, Any]]:
    base = comparison.base
    units = {e.outcome: e.unit for e in comparison.effects}
    regions = [str(code) for code in base.labels.get("region", [])]
    effects = [group for group in comparison.differences.groups if group.plan == plan]
    return people.describe_groups(effects, str(base.scenario["config"]["country"]), regions, units, labels, language)


def _annex(
    comparison: Comparison, known: Mapping[str, Scenario], labels: Labels, language: Language
) -> dict[str, Any]:
    runs = {comparison.base.name: comparison.base, **comparison.plans}
    totals = [effect for effect in comparison.effects if effect.period == TOTAL]
    names = [e.outcome for e in comparison.headline() if e.plan == next(iter(comparison.plans))]
    written = {name: scenario for name, scenario in known.items() if name in comparison.plans}
    return {
        **EMPTY_ANNEX,
        **a.common(runs, labels),
        "effects": [_row(effect, comparison, language) for effect in sorted(totals, key=lambda e: (e.plan, e.outcome))],
        "years": a.comparison_years(comparison, names[:ANNEX_TABLES], language),
        "levers": a.levers(written),
    }


def _plan(
    name: str, comparison: Comparison, known: Mapping[str, Scenario], labels: Labels, language: Language
) -> dict[str, Any]:
    lines = describe_plan(comparison.plans[name], comparison.base, known.get(name), language)
    return {"name": name, "levers": lines or [labels["nothing"]]}


def _charts(comparison: Comparison, labels: Labels, language: Language) -> list[dict[str, Any]]:
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
        heading = labels["chart"].format(title=title(name, language), unit=unit(lines[0].band.unit, language))
        last = [f"{line.name}: {typeset_number(float(line.band.median[-1]), language, signed=True)}" for line in lines]
        alt = f"{heading}. {lines[0].band.times[-1].year}: {'; '.join(last)}."
        spec = fan(lines, events, LIGHT, signed=True, width=330, height=150, language=language, description=alt)
        charts.append({"title": heading, "alt": alt, "spec": spec, "names": [line.name for line in lines], "first": 1})
        if len(charts) == CHARTS:
            break
    return charts
