"""Pictures of a validation: shares of runs by pattern, the matrix of mechanisms and checks, the curve of P08."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kladsim.report.charts import chart_data, save_pictures

if TYPE_CHECKING:
    from kladsim.validation.report import Report

GOOD, BAD, GREY = "#0072B2", "#D55E00", "#6b6b6b"
STATUS = {"domain": ["pass", "fail"], "range": [GOOD, BAD]}


def draw(report: Report, folder: Path) -> list[Path]:
    """Draw what the report holds and return the files (PNG)."""
    made = {
        "patterns.png": _patterns(report),
        "mechanisms-and-checks.png": _matrix(report),
        "recruitment-and-volume.png": _curve(report),
    }
    return save_pictures(made, folder)


def _patterns(report: Report) -> Any:
    """Return bars: in how many runs each pattern holds, with the bar that it must reach."""
    import altair as alt

    rows = [
        {"id": r.id, "share": 100.0 * (r.share or 0.0), "status": r.status}
        for r in report.results
        if r.kind == "pattern" and r.status in ("pass", "fail")
    ]
    if not rows:
        return None
    colour = alt.Color("status:N", scale=alt.Scale(domain=STATUS["domain"], range=STATUS["range"]), title=None)
    x = alt.X("share:Q", title="runs in which the pattern holds, %", scale=alt.Scale(domain=[0, 100]))
    bars = alt.Chart(chart_data(rows)).mark_bar(height=9).encode(x=x, y=alt.Y("id:N", title=None), color=colour)
    line = alt.Chart(chart_data([{"bar": 80}])).mark_rule(color=GREY, strokeDash=[3, 3]).encode(x="bar:Q")
    return (bars + line).properties(width=420, height=alt.Step(14), title="Patterns (dashed: 80 % of runs)")


def _matrix(report: Report) -> Any:
    """Return the matrix: which checks turn red when a mechanism is off."""
    import altair as alt

    rows = [
        {"mechanism": mechanism, "check": check, "status": "fail" if colour == "red" else "pass"}
        for mechanism, checks in report.matrix.items()
        for check, colour in checks.items()
    ]
    if not rows:
        return None
    order = list(dict.fromkeys(row["check"] for row in rows))
    colour = alt.Color("status:N", scale=alt.Scale(domain=["pass", "fail"], range=["#e9e9e9", BAD]), title=None)
    chart = alt.Chart(chart_data(rows)).mark_rect(stroke="white").encode(
        x=alt.X("check:N", sort=order, title=None, axis=alt.Axis(labelFontSize=8)),
        y=alt.Y("mechanism:N", sort=list(report.matrix), title=None),
        color=colour,
    )  # fmt: skip
    title = "Checks that turn red when a mechanism is switched off"
    return chart.properties(width=alt.Step(11), height=alt.Step(14), title=title)


def _curve(report: Report) -> Any:
    """Return the curve of P08: annual volume at +50 % effort against recruits added for each arrest added."""
    import altair as alt

    rows = report.curves.get("P08", {}).get("points")
    if not rows:
        return None
    x = alt.X("replaced:Q", title="recruits added for each arrest added")
    base = alt.Chart(chart_data(rows))
    band = base.mark_area(opacity=0.25, color=GOOD).encode(x=x, y=alt.Y("low:Q", title="annual volume, %"), y2="high:Q")
    line = base.mark_line(point=True, color=GOOD).encode(x=x, y="median:Q")
    limit = alt.Chart(chart_data([{"limit": -10}])).mark_rule(color=BAD, strokeDash=[3, 3]).encode(y="limit:Q")
    title = "P08: effort against couriers x1.5, smaller and smaller labour pools"
    return (band + line + limit).properties(width=420, height=240, title=title)
