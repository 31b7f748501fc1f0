"""The gallery: a page a policy study, with question, plans, table, picture, money and health, losers and limits.

A study is a YAML file; its page is made from the results alone, so that no sentence outlives the numbers it tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError
from kladsim.core.files import write_bytes
from kladsim.core.formatting import format_number
from kladsim.core.validated import relocated
from kladsim.model.outcomes import title_of
from kladsim.policy.scenario import Scenario
from kladsim.report.figures import plot_plans
from kladsim.report.gallery_words import agreement, in_short, losers
from kladsim.report.templating import table
from kladsim.runs.disclosure import BADGE, USE
from kladsim.runs.interval_words import interval_sentence
from kladsim.runs.judging import ends
from kladsim.runs.summary import index_since
from kladsim.study.comparison import Comparison, compare
from kladsim.study.economics import Economics, economics

FIELDS = ("title", "question", "base", "plans", "show", "limits", "until", "together")
COURIERS = ("victims_of_punishment", "arrests_minor", "arrests_courier")


@dataclass(frozen=True)
class Gallery:
    """One policy study of the gallery.

    Parameters
    ----------
    name, title, question : what it is called and asks
    base, plans : the scenarios compared
    show : outcomes of its table and picture, beside couriers' harm, which is always shown
    limits : what the study cannot say
    together : the plan that joins all others, for the question whether effects add up
    """

    name: str
    title: str
    question: str
    base: Scenario
    plans: tuple[Scenario, ...]
    show: tuple[str, ...]
    limits: tuple[str, ...]
    together: str | None = None

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Outcomes of the table: those of the study, then couriers and minors."""
        return (*self.show, *(name for name in COURIERS if name not in self.show))


def read_gallery(path: Path) -> Gallery:
    """Return the study in a YAML file.

    Raises
    ------
    InputError : an unknown or missing field, or a plan that is none; the file and the field are named
    """
    from ruamel.yaml import YAML

    entry = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    for field in entry:
        if field not in FIELDS:
            raise InputError("unknown field", where=path.name, value=field, allowed=", ".join(FIELDS))
    try:
        base = Scenario.preset(str(entry["base"])).with_(until=str(entry["until"]))
        named = [{"name": plan["name"], "levers": plan["levers"], **plan} for plan in entry["plans"]]
        plans = tuple(Scenario(**base.fields() | plan) for plan in named)
        title, question = (str(entry[key]).strip() for key in ("title", "question"))
        show, limits = (tuple(str(item) for item in entry[key]) for key in ("show", "limits"))
    except KeyError as error:
        raise InputError("lacks a field", where=path.name, value=error.args[0]) from error
    except InputError as error:
        raise relocated(error, path.name, joint=": ") from None
    return Gallery(path.stem, title, question, base, plans, show, limits, entry.get("together"))


def read_galleries(folder: Path) -> tuple[Gallery, ...]:
    """Return all studies of a folder, in order of their file names."""
    return tuple(read_gallery(path) for path in sorted(folder.glob("*.yaml")))


def run_gallery(study: Gallery, **options: Any) -> tuple[Comparison, Economics]:
    """Run a study's plans against its base and value them (``options`` as those of ``kladsim.compare``)."""
    comparison = compare(study.base, *study.plans, **options)
    return comparison, economics(comparison)


def write_page(study: Gallery, folder: Path, report: Callable[[str], object] | None = None, **options: Any) -> Path:
    """Run a study and write its page and picture into ``folder``; return the page."""
    if report:
        report(study.name)
    comparison, valued = run_gallery(study, **options)
    folder.mkdir(parents=True, exist_ok=True)
    picture = plot_plans(comparison, folder / f"{study.name}.svg", study.title, study.outcomes)
    page = folder / f"{study.name}.md"
    write_bytes(page, page_of(study, comparison, valued, picture.name).encode())
    return page


def page_of(study: Gallery, comparison: Comparison, valued: Economics, picture: str) -> str:
    """Return the page of a study in Markdown."""
    parts = [f"# {study.title}", *filter(None, [comparison.describe_warnings()]), study.question]
    parts += ["## In short", in_short(study.outcomes, comparison, valued)]
    parts += [_how(study, comparison), f"![{study.title}]({picture})"]
    parts += ["## What the model projects", effects_table(study, comparison)]
    if study.together:
        parts += ["## Do the effects add up?", together_table(study, comparison)]
    parts += ["## Money and health", f"*{valued.heading}*", money_table(valued), _verdicts(valued)]
    parts += ["## Who is worse off", losers(comparison)]
    parts += ["## The plans", *_plans(study)]
    made_with = f"Made with model version {comparison.base.provenance['model_version']}. Note: {BADGE}."
    parts += ["## Limits", _bullets([*study.limits, *_assumed(study), valued.words, made_with, USE])]
    return "\n\n".join(parts) + "\n"


def effects_table(study: Gallery, comparison: Comparison) -> str:
    """Return paired effects on the study's outcomes, one column a plan, worse and better alike."""
    names = list(comparison.plans)
    rows = []
    for outcome in study.outcomes:
        cells = [_effect(comparison, outcome, plan) for plan in names]
        unit = comparison.base.national()[outcome].unit
        rows.append((title_of(outcome), unit, format_number(comparison.base_level(outcome)), *cells))
    return table(("outcome", "unit", "base", *names), rows)


def together_table(study: Gallery, comparison: Comparison) -> str:
    """Return the sum of single effects beside the effect of the plan that joins them, paired."""
    singles = [name for name in comparison.plans if name != study.together]
    rows = []
    for outcome in study.show:
        alone = np.sum([_differences(comparison, outcome, name) for name in singles], axis=0)
        joint = _differences(comparison, outcome, str(study.together))
        rows.append((title_of(outcome), *(_interval(values) for values in (alone, joint, joint - alone))))
    return table(("outcome", "sum of the single plans", str(study.together), "together minus sum"), rows)


def money_table(valued: Economics) -> str:
    """Return cost and health of every plan, couriers and minors beside them; what no plan moves is left out."""
    moved = {row.measure for row in valued.rows() if row.low or row.high}  # what is not known (NaN) is shown
    rows = [
        (
            row.plan,
            row.measure,
            row.unit,
            f"{format_number(row.median)} ({format_number(row.low)} to {format_number(row.high)})",
        )
        for row in valued.rows()
        if row.measure in moved and not row.measure.startswith("couriers: arrested")
    ]
    by_measure: dict[tuple[str, str], dict[str, str]] = {}
    for plan, measure, unit, cell in rows:
        by_measure.setdefault((measure, unit), {})[plan] = cell
    plans = list(valued.plans)
    return table(
        ("measure", "unit", *plans), [(*key, *(cells[plan] for plan in plans)) for key, cells in by_measure.items()]
    )


def _effect(comparison: Comparison, outcome: str, plan: str) -> str:
    effect = comparison.effect(outcome, plan)
    agreed = f"; {agreement(effect)}" if agreement(effect) else ""
    return f"{format_number(effect.median)} ({format_number(effect.low)} to {format_number(effect.high)}){agreed}"


def _differences(comparison: Comparison, outcome: str, plan: str) -> NDArray[np.float64]:
    first = index_since(comparison.years, comparison.since)
    base, other = comparison.base.national()[outcome], comparison.plans[plan].national()[outcome]
    values = (other.values - base.values)[:, first:]
    return np.asarray(values.sum(axis=1) if base.kind == "flow" else np.nanmean(values, axis=1))


def _interval(values: NDArray[np.float64]) -> str:
    if len(values) < 2:
        return format_number(float(values[0]))
    low, high = (float(x) for x in ends(values))
    return f"{format_number(float(np.median(values)))} ({format_number(low)} to {format_number(high)})"


def _how(study: Gallery, comparison: Comparison) -> str:
    scale = comparison.base.scenario["config"]["scale"]
    first, last = comparison.since or comparison.years[0], comparison.years[-1]
    return (
        f"*{len(study.plans)} plans against `{study.base.name}`, {first} to {last}; {comparison.base.replicates} "
        f"paired replicates, a sample of 1/{scale} of persons. Differences are plan minus base, medians with an "
        f"interval. {interval_sentence(comparison.interval)}*"
    )


def _verdicts(valued: Economics) -> str:
    lines = []
    for name, plan in valued.plans.items():
        ratio = plan.cost_per_qaly()
        price = f"; RUB {format_number(ratio)} for a QALY" if ratio is not None else ""
        lines.append(f"**{name}**: {plan.verdict()}{price}; {plan.describe_front()}.")
    return _bullets(lines)


def _plans(study: Gallery) -> Iterator[str]:
    for plan in study.plans:
        yield f"### {plan.name}\n\n```yaml\n{_short_yaml(plan)}```"


def _short_yaml(plan: Scenario) -> str:
    """Return the scenario as a person would write it: what differs from the preset it stands on."""
    from io import StringIO

    from ruamel.yaml import YAML

    content = plan.to_plain()
    keep = {key: content[key] for key in ("name", "based_on", "until", "levers")}
    keep |= {key: content[key] for key in ("parameters", "mechanisms") if content[key]}
    stream = StringIO()
    yaml = YAML()
    yaml.width = 110
    yaml.dump(keep, stream)
    return stream.getvalue()


def _assumed(study: Gallery) -> list[str]:
    """Return the assumptions of all levers in the study, once each."""
    notes = [note for plan in study.plans for lever in plan.levers for note in lever.undocumented()]
    return list(dict.fromkeys(f"{note[0].upper()}{note[1:]}." for note in notes))


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def index_of(studies: Sequence[Gallery]) -> str:
    """Return the gallery's index page."""
    rows = [(f"[{study.title}]({study.name}.md)", study.question) for study in studies]
    sentence = (
        "Ten questions that a ministry would ask, a page each. The pages are made by `python examples/gallery/make.py` "
        "from the studies in `examples/gallery/`; every page holds its plans as YAML, so that each can be run again "
        "with `kladsim compare`."
    )
    return f"# Gallery of policy studies\n\n{sentence}\n\n{table(('study', 'question'), rows)}\n"
