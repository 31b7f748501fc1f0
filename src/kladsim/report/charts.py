"""How a picture is drawn: panels with bands and marked events, in colours safe for colour-blind people."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from kladsim.core.files import write_bytes
from kladsim.model.outcomes import title_of
from kladsim.report.tables import Mark, TimeBand
from kladsim.runs.development import withholds_verdicts
from kladsim.runs.judging import NO_VERDICT, interval_name

# Okabe and Ito's palette (2008), the base first.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00")
INK, GREY, PALE = "#222222", "#6b6b6b", "#e9e9e9"
WIDTH, HEIGHT = 330, 190
VERDICTS = {
    "worse": ("gets worse", "#D55E00", "diamond"),
    "unclear": ("unclear", "#8a8a8a", "square"),
    "better": ("gets better", "#0072B2", "circle"),
    "few": (NO_VERDICT["few"], "#8a8a8a", "cross"),
    "withheld": (NO_VERDICT["withheld"], "#8a8a8a", "circle"),
}


def chart_data(rows: Sequence[dict[str, Any]]) -> Any:
    """Return rows as data of a chart."""
    import altair as alt

    make: Any = alt.Data  # has no types
    return make(values=list(rows))


def save_pictures(charts: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write charts by file name (PNG), those that are None left out; return the files."""
    paths = [folder / name for name, chart in charts.items() if chart is not None]
    for path in paths:
        charts[path.name].save(str(path), scale_factor=1.2)
    return paths


def panel(
    bands: dict[str, TimeBand],
    events: Sequence[Mark],
    *,
    title: str = "",
    zero: bool = True,
    signed: bool = False,
    colours: dict[str, str] | None = None,
    span: tuple[date, date] | None = None,
) -> Any:
    """Return one chart: a line and a band for each scenario, with its events (``signed``: differences).

    ``span`` is the stretch of time to show, by default that of the first band.
    """
    import altair as alt

    first = next(iter(bands.values()))
    rows = [row for name, band in bands.items() for row in band.rows(name)]
    weekly = len(first.times) > 60
    caption = title or title_of(first.outcome)
    unit = first.unit + (", weekly mean" if weekly else ", by year")
    ends = [day.isoformat() for day in span or (first.times[0], first.times[-1])]
    x = alt.X(
        "time:T",
        title=None,
        scale=alt.Scale(domain=ends),
        axis=alt.Axis(format="%Y", tickCount="year", labelOverlap=True, grid=False),
    )
    label = f"datum.value == 0 ? '0' : format(datum.value, '{'+' if signed else ''}~s')"
    y = alt.Y(
        "median:Q",
        title=None,
        axis=alt.Axis(labelExpr=label, tickCount=5, minExtent=44),
        scale=alt.Scale(zero=zero),
    )
    colour = alt.Color("scenario:N", scale=_scale(bands, colours), legend=None)
    base = alt.Chart(chart_data(rows))
    layers = [*_events(events, span or (first.times[0], first.times[-1]))]
    if signed:
        layers.append(alt.Chart(chart_data([{"zero": 0}])).mark_rule(color=INK, size=1).encode(y="zero:Q"))
    if any(row["low"] is not None for row in rows):
        layers.append(base.mark_area(opacity=0.25).encode(x=x, y=alt.Y("low:Q", title=None), y2="high:Q", color=colour))
    layers.append(base.mark_line(size=1.8, point=not weekly and {"size": 28}).encode(x=x, y=y, color=colour))
    heading = alt.TitleParams(caption, subtitle=unit, anchor="start", fontSize=13, subtitleColor=GREY, color=INK)
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT, title=heading)


def _scale(names: dict[str, TimeBand], colours: dict[str, str] | None) -> Any:
    import altair as alt

    known = colours or dict(zip(names, PALETTE, strict=False))
    return alt.Scale(domain=list(known), range=list(known.values()))


def _events(events: Sequence[Mark], span: tuple[date, date]) -> list[Any]:
    import altair as alt

    first, last = span
    layers: list[Any] = []
    for event in events:
        if not first <= event.day <= last:
            continue
        data = chart_data([{"day": event.day.isoformat(), "end": (event.end or event.day).isoformat()}])
        chart = alt.Chart(data)
        if event.words == "lockdown" and event.end is not None:
            layers.append(chart.mark_rect(color=PALE).encode(x="day:T", x2="end:T"))
        else:
            layers.append(chart.mark_rule(color=GREY, strokeDash=[3, 3]).encode(x="day:T"))
        layers.append(
            chart.mark_text(
                text=event.words,
                align=event.side,
                baseline="bottom",
                dx=3 if event.side == "left" else -3,
                fontSize=9,
                color=GREY,
            ).encode(x="day:T", y=alt.value(-1))
        )
    return layers


def forest(rows: Sequence[dict[str, Any]], title: str, runs: int) -> Any:
    """Return effects of so many runs as dots with intervals, worse and better with marks of one size, worse above."""
    import altair as alt

    several = len({row["plan"] for row in rows}) > 1
    named = [{**row, "label": f"{row['outcome']} ({row['plan']})" if several else row["outcome"]} for row in rows]
    data = chart_data([{**row, "verdict": VERDICTS[row["verdict"]][0]} for row in named])
    kinds = [look for kind, look in VERDICTS.items() if (kind == "withheld") == withholds_verdicts()]
    names, colours, shapes = zip(*kinds, strict=True)
    y = alt.Y("label:N", sort=[row["label"] for row in named], title=None, axis=alt.Axis(labelLimit=260, grid=True))
    colour = alt.Color(
        "verdict:N",
        scale=alt.Scale(domain=names, range=colours),
        legend=alt.Legend(title="The model projects", orient="right"),
    )
    shape = alt.Shape("verdict:N", scale=alt.Scale(domain=names, range=shapes))
    base = alt.Chart(data)
    x_title = f"% of the base's median (points: median of paired differences; bars: {interval_name(runs)})"
    zero = alt.Chart(chart_data([{"zero": 0}])).mark_rule(color=INK).encode(x="zero:Q")
    bars = base.mark_rule(size=2).encode(x=alt.X("low:Q", title=x_title), x2="high:Q", y=y, color=colour)
    dots = base.mark_point(size=80, filled=True, opacity=1).encode(x="median:Q", y=y, color=colour, shape=shape)
    heading = alt.TitleParams(title, anchor="start", fontSize=13, color=INK)
    return alt.layer(zero, bars, dots).properties(width=2 * WIDTH, height=17 * len(named) + 12, title=heading)


def key(colours: dict[str, str]) -> Any:
    """Return one line that names the scenarios in their colours."""
    import altair as alt

    layers = []
    for index, (name, colour) in enumerate(colours.items()):
        chart = alt.Chart(chart_data([{}]))
        at = 210 * index
        layers.append(chart.mark_square(size=110, color=colour, opacity=1).encode(x=alt.value(at), y=alt.value(9)))
        label = chart.mark_text(text=name, align="left", dx=10, fontSize=12, color=INK)
        layers.append(label.encode(x=alt.value(at), y=alt.value(9)))
    return alt.layer(*layers).properties(width=3 * WIDTH, height=18)


def save(charts: Any, title: str, subtitle: Sequence[str], caption: Sequence[str], path: Path) -> None:
    """Write stacked charts with a title and a caption as PNG (or SVG, by the name), atomically."""
    import altair as alt
    import vl_convert

    width = 3 * WIDTH + 150
    lines = [line for text in caption for line in textwrap.wrap(text, 165)]
    foot = (
        alt.Chart(chart_data([{}]))
        .mark_text(text=lines, align="left", baseline="top", fontSize=11, lineHeight=15, color=GREY)
        .encode(x=alt.value(0), y=alt.value(0))
        .properties(width=width, height=15 * len(lines))
    )
    heading = alt.TitleParams(
        title,
        subtitle=list(subtitle),
        anchor="start",
        fontSize=17,
        subtitleFontSize=12,
        subtitleColor=GREY,
        color=INK,
        offset=14,
    )
    whole = (
        alt.vconcat(*charts, foot, spacing=18)
        .resolve_scale(color="independent", shape="independent")
        .properties(title=heading, padding=16, background="white")
        .configure_view(stroke=None)
        .configure_axis(gridColor="#eeeeee", domainColor="#bbbbbb", tickColor="#bbbbbb", labelColor=INK)
    )
    if path.suffix == ".svg":
        drawn = vl_convert.vegalite_to_svg(whole.to_json()).encode()
    else:
        drawn = vl_convert.vegalite_to_png(whole.to_json(), scale=1.5)
    write_bytes(path, drawn)


def grid(panels: Sequence[Any], columns: int = 3) -> Any:
    """Return panels in rows."""
    import altair as alt

    rows = [alt.hconcat(*panels[i : i + columns], spacing=34) for i in range(0, len(panels), columns)]
    return alt.vconcat(*rows, spacing=22)
