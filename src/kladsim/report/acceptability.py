"""The picture of cost-effectiveness: how probably each plan is worth its money, by what a QALY may cost."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from kladsim.evidence.costs import load_costs
from kladsim.report.charts import GREY, INK, PALETTE, WIDTH, save
from kladsim.runs.disclosure import BADGE, USE
from kladsim.study.economics import CURRENCY, Economics

CAPTION = (
    "Probability: share of paired replicates and of draws of unit costs in which no health is lost (without deaths at "
    "the front) and the gain at this price exceeds the cost. The dashed line is the product a head (assumption); no "
    "threshold is official."
)


def acceptability_chart(costs: Economics) -> Any:
    """Return the acceptability curve of every plan (thresholds in millions of roubles a QALY)."""
    import altair as alt

    make: Any = alt.Data
    rows = [{**row, "threshold": row["threshold"] / 1e6} for row in costs.curve() if math.isfinite(row["probability"])]
    names = list(costs.plans)
    colours = [*PALETTE[1:], PALETTE[0]]
    x = alt.X("threshold:Q", title=f"willing to pay for one QALY, million {CURRENCY}")
    y = alt.Y("probability:Q", title="probability of being worth it", scale=alt.Scale(domain=[0, 1]))
    scale = alt.Scale(domain=names, range=[colours[i % len(colours)] for i in range(len(names))])
    lines = (
        alt.Chart(make(values=rows))
        .mark_line(size=2)
        .encode(x=x, y=y, color=alt.Color("plan:N", scale=scale, title=None), strokeDash=alt.StrokeDash("plan:N"))
    )
    mark = load_costs()["threshold.gdp_per_head"].value / 1e6
    rule = alt.Chart(make(values=[{"at": mark}])).mark_rule(color=GREY, strokeDash=[4, 4]).encode(x="at:Q")
    heading = alt.TitleParams("Cost-effectiveness", subtitle="by what a QALY may cost", anchor="start", color=INK)
    return alt.layer(rule, lines).properties(width=2 * WIDTH, height=260, title=heading)


def acceptability_picture(costs: Economics, path: str | Path) -> Path:
    """Draw the acceptability curve with its caption; return the picture's path."""
    title = f"Is it worth the money? {', '.join(costs.plans)} against {costs.base}"
    size = f"{costs.replicates} replicates x {costs.draws} draws of prices"
    subtitle = [f"{size}; {costs.heading}"]
    target = Path(path)
    save([acceptability_chart(costs)], title, subtitle, [CAPTION, costs.words, f"Note: {BADGE}. {USE}"], target)
    return target
