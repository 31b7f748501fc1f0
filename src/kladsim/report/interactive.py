"""Charts of the page, the report and exports, made once: Altair functions that return Vega-Lite.

Colours come from a `Look`, so that one chart serves the light page, the dark page and paper. Scenarios differ
by line pattern as well as by colour. Altair's check of a chart against its schema takes longer than the chart:
the tests do it, not every reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from kladsim.core.formatting import Language, typeset_estimate, typeset_number
from kladsim.evidence.translating import texts
from kladsim.report.charts import PALETTE, chart_data
from kladsim.report.tables import Mark, TimeBand

DASHES = ([1, 0], [7, 3], [2, 2], [10, 3, 2, 3], [4, 4])
Width = int | Literal["container"]
#: Below this width the words of dated events would lie on each other; their lines stay.
NARROW = 300


@dataclass(frozen=True)
class Look:
    """Colours of a page or of paper."""

    ink: str
    grey: str
    pale: str
    grid: str
    palette: tuple[str, ...] = PALETTE


LIGHT = Look("#1d2733", "#5b6673", "#e4e7eb", "#e4e7eb")
DARK = Look("#e8edf2", "#a9b4c0", "#39424d", "#333c47", ("#6cb8f0", "#ff9d5c", "#3fcf9f", "#e6a3cb", "#f0c04a"))
LOOKS = {"light": LIGHT, "dark": DARK}


@dataclass(frozen=True)
class Line:
    """One scenario on a chart: its name, its place in the palette, and its band."""

    name: str
    place: int
    band: TimeBand
    replicates: tuple[tuple[float | None, ...], ...] = ()


def fan(
    lines: Sequence[Line],
    events: Sequence[Mark],
    look: Look = LIGHT,
    *,
    signed: bool = False,
    width: Width = "container",
    height: int = 300,
    language: Language = "en",
    description: str = "",
) -> dict[str, Any]:
    """Return lines of medians with bands of the 5-95 % range (``signed``: differences around zero)."""
    import altair as alt

    rows = [row | {"said": _describe_value(row, language)} for line in lines for row in line.band.rows(line.name)]
    x, y, colour, dash = _channels(lines, look, signed, language)
    base = alt.Chart(_named("bands"))
    layers: list[Any] = [*_ground(lines, events, look, signed, language)]
    if any(row["low"] is not None for row in rows):
        low, high = alt.Y("low:Q", title=None), alt.Y2("high:Q")
        layers.append(base.mark_area(opacity=0.22).encode(x=x, y=low, y2=high, color=colour))
    weekly = len(lines[0].band.times) > 60
    mark = base.mark_line(size=2, point=False if weekly else alt.OverlayMarkDef(size=26))
    tooltip = [
        alt.Tooltip("scenario:N"),
        alt.Tooltip("time:T", format="%Y-%m-%d" if weekly else "%Y"),
        alt.Tooltip("said:N"),
    ]
    layers.append(mark.encode(x=x, y=y, color=colour, strokeDash=dash, tooltip=tooltip))
    return _whole(alt.layer(*layers), look, width, height, description, {"bands": rows})


def runs(
    lines: Sequence[Line],
    events: Sequence[Mark],
    look: Look = LIGHT,
    *,
    signed: bool = False,
    width: Width = "container",
    height: int = 300,
    language: Language = "en",
    description: str = "",
) -> dict[str, Any]:
    """Return every run as a thin line and the median as a thick one."""
    import altair as alt

    rows = [
        {"scenario": line.name, "time": day.isoformat(), "median": value, "run": f"{line.name} {number}"}
        for line in lines
        for number, values in enumerate(line.replicates)
        for day, value in zip(line.band.times, values, strict=True)
    ]
    x, y, colour, dash = _channels(lines, look, signed, language)
    each = alt.Detail("run:N")
    thin = alt.Chart(_named("runs")).mark_line(size=0.8, opacity=0.55).encode(x=x, y=y, color=colour, detail=each)
    medians = [row for line in lines for row in line.band.rows(line.name)]
    thick = alt.Chart(_named("medians")).mark_line(size=2.6).encode(x=x, y=y, color=colour, strokeDash=dash)
    layers = [*_ground(lines, events, look, signed, language), thin, thick]
    return _whole(alt.layer(*layers), look, width, height, description, {"runs": rows, "medians": medians})


def dots(
    values: Sequence[tuple[str, int, Sequence[float]]],
    look: Look = LIGHT,
    *,
    unit: str = "",
    signed: bool = False,
    width: Width = "container",
    language: Language = "en",
    description: str = "",
) -> dict[str, Any]:
    """Return one dot a run, side by side: how many runs end where (name, place in the palette, values)."""
    import altair as alt

    rows = [
        {"scenario": name, "value": float(value), "said": typeset_number(float(value), language)}
        for name, _, numbers in values
        for value in numbers
        if value == value
    ]
    names = [name for name, _, _ in values]
    colours = [look.palette[place % len(look.palette)] for _, place, _ in values]
    axis = alt.Axis(labelExpr=_label(signed, language), labelOverlap=True)
    binned = (
        alt.Chart(chart_data(rows))
        .transform_bin("bin", field="value", bin=alt.Bin(maxbins=24))
        .transform_window(stacked="row_number()", groupby=["bin", "scenario"])
        .mark_circle(size=110, opacity=0.9)
        .encode(
            x=alt.X("bin:Q", title=unit, axis=axis, scale=alt.Scale(zero=False)),
            y=alt.Y("stacked:Q", axis=None, scale=alt.Scale(domain=[0, max(4, len(rows) // max(1, len(names)))])),
            color=alt.Color("scenario:N", scale=alt.Scale(domain=names, range=colours), legend=None),
            tooltip=[alt.Tooltip("scenario:N"), alt.Tooltip("said:N")],
        )
        .properties(width=width, height=70)
    )
    header = alt.Header(labelAngle=0, labelAlign="left", labelAnchor="start", labelOrient="top")
    chart = binned.facet(row=alt.Row("scenario:N", sort=names, title=None, header=header))
    spec: dict[str, Any] = chart.configure(**_config(look)).to_dict(validate=False)
    return spec | {"description": description}


def _named(name: str) -> Any:
    """Data that are put in later: Altair then checks the chart and not each of its thousands of numbers."""
    import altair as alt

    make: Any = alt.NamedData
    return make(name=name)


def _channels(
    lines: Sequence[Line], look: Look, signed: bool, language: Language
) -> tuple[Any, Any, Any, Any]:
    import altair as alt

    first, last = _span(lines)
    names = [line.name for line in lines]
    colours = [look.palette[line.place % len(look.palette)] for line in lines]
    dashes = [DASHES[line.place % len(DASHES)] for line in lines]
    axis = alt.Axis(format="%Y", tickCount="year", labelOverlap=True, labelSeparation=6, grid=False)
    x = alt.X("time:T", title=None, scale=alt.Scale(domain=[first.isoformat(), last.isoformat()]), axis=axis)
    y = alt.Y("median:Q", title=None, axis=alt.Axis(labelExpr=_label(signed, language), tickCount=5, minExtent=40))
    colour = alt.Color("scenario:N", scale=alt.Scale(domain=names, range=colours), legend=None)
    dash = alt.StrokeDash("scenario:N", scale=alt.Scale(domain=names, range=dashes), legend=None)
    return x, y, colour, dash


#: What stands for thousands, millions and thousands of millions on an axis, where it is not the metric letter.
LARGE: dict[Language, tuple[tuple[str, str], ...]] = {
    "en": (("G", "bn"),),
    "ru": (("k", " тыс."), ("M", " млн"), ("G", " млрд")),
}


def _label(signed: bool, language: Language) -> str:
    sign = "+" if signed else ""
    text = f"(abs(datum.value) < 1 ? format(datum.value, '{sign}.2~r') : format(datum.value, '{sign}~s'))"
    if language == "ru":
        text = f"replace({text}, '.', ',')"
    for letter, unit in LARGE[language]:
        text = f"replace({text}, '{letter}', '{unit}')"
    return f"datum.value == 0 ? '0' : {text}"


def _ground(lines: Sequence[Line], events: Sequence[Mark], look: Look, signed: bool, language: Language) -> list[Any]:
    """What lies under the lines: dated events, and zero where differences are shown."""
    import altair as alt

    first, last = _span(lines)
    layers: list[Any] = []
    shown = [mark for mark in events if first <= mark.day <= last]
    lasting = [mark for mark in shown if mark.words == "lockdown" and mark.end is not None]
    days, ends = alt.X("day:T"), alt.X2("end:T")
    if lasting:
        layers.append(alt.Chart(_dated(lasting, language)).mark_rect(color=look.pale).encode(days, ends))
    short = [mark for mark in shown if mark not in lasting]
    if short:
        chart = alt.Chart(_dated(short, language))
        layers.append(chart.mark_rule(color=look.grey, strokeDash=[3, 3]).encode(days))
    for right in (False, True):
        beside = [mark for mark in shown if (mark.side == "right") == right]
        if beside:
            text = alt.Chart(_dated(beside, language)).mark_text(
                align="right" if right else "left", baseline="bottom", dx=-2 if right else 2, dy=-2, fontSize=11,
                color=look.grey, opacity=alt.ExprRef(f"width < {NARROW} ? 0 : 1"),
            )  # fmt: skip
            layers.append(text.encode(days, alt.Y(value=0), alt.Text("words:N")))
    if signed:
        layers.append(alt.Chart(chart_data([{"zero": 0}])).mark_rule(color=look.ink, size=1).encode(alt.Y("zero:Q")))
    return layers


def _dated(marks: Sequence[Mark], language: Language) -> Any:
    """Dated events as data of a chart."""
    events = texts("event", language)
    spans = [(mark.day, mark.end or mark.day, events.get(mark.words, mark.words)) for mark in marks]
    return chart_data([{"day": day.isoformat(), "end": end.isoformat(), "words": text} for day, end, text in spans])


def _span(lines: Sequence[Line]) -> tuple[date, date]:
    times = [day for line in lines for day in (line.band.times[0], line.band.times[-1])]
    return min(times), max(times)


def _describe_value(row: dict[str, Any], language: Language) -> str:
    """Return a value with two significant digits, and its interval."""
    if row["low"] is None or row["high"] is None:
        return typeset_number(row["median"], language)
    return typeset_estimate(row["median"], row["low"], row["high"], language)


def _whole(
    chart: Any, look: Look, width: Width, height: int, description: str, data: dict[str, list[dict[str, Any]]]
) -> dict[str, Any]:
    whole = chart.properties(width=width, height=height).configure(**_config(look))
    spec: dict[str, Any] = whole.to_dict(validate=False)
    return spec | {"description": description, "datasets": {**spec.get("datasets", {}), **data}}


def _config(look: Look) -> dict[str, Any]:
    axis = {
        "gridColor": look.grid, "domainColor": look.grey, "tickColor": look.grey, "labelColor": look.ink,
        "titleColor": look.ink, "labelFontSize": 12, "titleFontSize": 12,
    }  # fmt: skip
    return {
        "background": "transparent",
        "view": {"stroke": None},
        "axis": axis,
        "header": {"labelColor": look.ink, "labelFontSize": 12},
        "font": "system-ui, sans-serif",
    }
