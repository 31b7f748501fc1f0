"""Charts and tables of a request: views go in, Vega-Lite, rows and a sentence come out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.app import answers as a
from kladsim.app.comparing import first_difference
from kladsim.app.service import number
from kladsim.app.view import View
from kladsim.core.errors import unknown_name
from kladsim.core.formatting import Language, typeset_number
from kladsim.evidence.translating import texts
from kladsim.report import interactive
from kladsim.report.interactive import LOOKS, Line, Width
from kladsim.report.tables import Mark, TimeBand, marks
from kladsim.report.words import title, unit
from kladsim.runs.disclosure import DisclosedArray
from kladsim.runs.judging import FEWEST_FOR_90
from kladsim.runs.noise import assess
from kladsim.runs.summary import index_since, over_time, quantiles


def chart_answer(
    asked: a.ChartAsked, base: View, plans: dict[str, View], missing: list[str], width: Width = "container"
) -> a.ChartAnswer:
    """The chart of one outcome, its years as rows, and a sentence for those who do not see it.

    Raises
    ------
    InputError : unknown outcome
    """
    language: Language = asked.language
    if asked.outcome not in base.national:
        raise unknown_name("outcome", asked.outcome, base.national, where="outcome")
    labels = texts("chart", language)
    difference = asked.view == "difference"
    if difference and not plans:
        names = ", ".join(missing) or "–"
        return a.ChartAnswer(spec=None, rows=[], unit="", sentence=labels["none"].format(names=names), missing=missing)
    lines = _differences(asked, base, plans) if difference else _levels(asked, base, plans)
    yearly = lines if difference or len(lines[0].band.times) <= 60 else _levels(asked, base, plans, weekly=False)
    views = {texts("chart", language)["base"]: base, **plans}
    settled = {name: _settled_by(view, asked.outcome) for name, view in views.items()}
    also = [settled[texts("chart", language)["base"]]] if difference else []
    rows = [row for line in yearly for row in _rows(line, [settled[line.name], *also])]
    shown = unit(lines[0].band.unit, language)
    sentence = " ".join(
        _sentence(line, asked.outcome, shown, base.replicates, labels, asked.view, language) for line in lines
    )
    spec = _spec(asked, base, plans, lines, sentence, width)
    return a.ChartAnswer(spec=spec, rows=rows, unit=shown, sentence=sentence, missing=missing)


def _spec(
    asked: a.ChartAsked, base: View, plans: dict[str, View], lines: list[Line], sentence: str, width: Width
) -> dict[str, Any]:
    look, language, signed = LOOKS[asked.look], asked.language, asked.view == "difference"
    if asked.style == "dots":
        values = _totals(asked, base, plans)
        years = f"{base.years[_first(base, plans)]}–{base.years[-1]}"
        unit_text = f"{unit(base.released[asked.outcome].unit, language)}, {years}"
        return interactive.dots(
            values, look, unit=unit_text, signed=signed, width=width, language=language, description=sentence
        )
    draw = interactive.runs if asked.style == "runs" else interactive.fan
    events = [] if signed else _events(base)
    return draw(
        lines, events + _begins(base, plans), look, signed=signed, language=language, description=sentence, width=width
    )


def _events(view: View) -> list[Mark]:
    return list(_marks(str(view.config["country"]), view.config["start"], view.config["until"]))


@cache
def _marks(country: str, first: str, last: str) -> tuple[Mark, ...]:
    """Dated events of a country's pack, read once."""
    return tuple(marks(country, date.fromisoformat(first), date.fromisoformat(last)))


def _begins(base: View, plans: dict[str, View]) -> list[Mark]:
    """Where the plans begin to differ: the first of January of the first year that differs."""
    if not plans:
        return []
    since = first_difference(base, plans)
    return [Mark(date(since, 1, 1), None, "plan begins", "left")] if since else []


def _whole_years(view: View) -> list[int]:
    """Positions of the years that the run covers from end to end."""
    first, last = (date.fromisoformat(view.config[name]) for name in ("start", "until"))
    return [i for i, y in enumerate(view.years) if date(y, 1, 1) >= first and date(y + 1, 1, 1) <= last]


def _levels(asked: a.ChartAsked, base: View, plans: dict[str, View], *, weekly: bool = True) -> list[Line]:
    """Yearly values; by week where recorded by day and only bands are shown."""
    weekly = weekly and asked.style == "bands" and all(asked.outcome in view.weekly for view in (base, *plans.values()))
    named = {texts("chart", asked.language)["base"]: base, **plans}
    if weekly:
        return [Line(name, place, _weekly(view, asked.outcome)) for place, (name, view) in enumerate(named.items())]
    return [
        _yearly(name, place, view, view.released[asked.outcome]) for place, (name, view) in enumerate(named.items())
    ]


def _differences(asked: a.ChartAsked, base: View, plans: dict[str, View]) -> list[Line]:
    since = first_difference(base, plans)
    old = base.released[asked.outcome]
    lines = []
    for place, (name, view) in enumerate(plans.items(), 1):
        change = view.released[asked.outcome].values - old.values
        item = DisclosedArray(**{**vars(old), "values": change})
        lines.append(_yearly(name, place, view, item, since))
    return lines


def _yearly(name: str, place: int, view: View, item: DisclosedArray, since: int | None = None) -> Line:
    keep = [i for i in _whole_years(view) if since is None or view.years[i] >= since - 1]
    values = item.values[:, keep]
    times = tuple(date(view.years[i], 7, 1) for i in keep)
    median, low, high = quantiles(values)
    band = TimeBand(item.name, item.unit, times, median, low, high)
    return Line(name, place, band, tuple(tuple(number(x) for x in row) for row in values))


def _weekly(view: View, outcome: str) -> TimeBand:
    stored = view.weekly[outcome]
    times = tuple(date.fromisoformat(day) for day in stored["time"])
    unit_name = str(view.declared[outcome]["unit"])
    declared = unit_name if view.declared[outcome]["kind"] == "level" else f"{unit_name}/day"
    return TimeBand(outcome, declared, times, *(_array(stored[name]) for name in ("median", "low", "high")))


def _array(values: list[Any]) -> NDArray[np.float64]:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _first(base: View, plans: dict[str, View]) -> int:
    """The position of the first year that differs, the first of all where none does."""
    since = first_difference(base, plans) if plans else None
    return index_since(base.years, since)


def _totals(asked: a.ChartAsked, base: View, plans: dict[str, View]) -> list[tuple[str, int, list[float]]]:
    """One value a run: the total since anything differs, as level or as paired difference."""
    first = _first(base, plans)
    views = {texts("chart", asked.language)["base"]: base, **plans}
    totals = {}
    for name, view in views.items():
        item = view.released[asked.outcome]
        totals[name] = over_time(DisclosedArray(**{**vars(item), "values": item.values[:, first:]}))
    if asked.view == "level":
        return [(name, place, values.tolist()) for place, (name, values) in enumerate(totals.items())]
    own = totals.pop(texts("chart", asked.language)["base"])
    return [(name, place, (values - own).tolist()) for place, (name, values) in enumerate(totals.items(), 1)]


def _settled_by(view: View, outcome: str) -> dict[str, str]:
    """What would settle each year's number, "" for those that are not too noisy."""
    item = view.released[outcome]
    return dict(zip(map(str, view.years), assess(item, item.values, view.sampling).settled_by, strict=True))


def _rows(line: Line, settled: list[dict[str, str]]) -> list[a.Row]:
    """The rows of a line; a difference is too noisy where either level is."""
    weekly = len(line.band.times) > 60
    rows = []
    for row in line.band.rows(line.name):
        period = str(row["time"]) if weekly else str(row["time"])[:4]
        by = next((by_period[period] for by_period in settled if by_period.get(period)), "")
        numbers = {name: row[name] for name in ("median", "low", "high")}
        rows.append(a.Row(scenario=line.name, period=period, noisy=by != "", settled_by=by, **numbers))
    return rows


def _sentence(
    line: Line, outcome: str, shown: str, n: int, labels: Mapping[str, str], view: str, language: Language
) -> str:
    known = [i for i, value in enumerate(line.band.median) if np.isfinite(value)]
    if not known:
        return ""
    last = known[-1]
    low, high = float(line.band.low[last]), float(line.band.high[last])
    ends = {"low": typeset_number(low, language), "high": typeset_number(high, language)}
    form = labels["range" if n < FEWEST_FOR_90 else "band"]
    band = form.format(n=n, **ends) if np.isfinite(low) else ""
    return labels[view].format(
        title=title(outcome, language), median=typeset_number(float(line.band.median[last]), language), unit=shown,
        year=line.band.times[last].year, band=band, name=line.name,
    )  # fmt: skip
