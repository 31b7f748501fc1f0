"""Pictures of a calibration: ranks of synthetic truths, contraction, targets under the posterior, points kept out."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import Any

from kladsim.report.charts import chart_data, save_pictures

GOOD, BAD, GREY = "#0072B2", "#D55E00", "#6b6b6b"


def draw(content: dict[str, Any], folder: Path) -> list[Path]:
    """Draw what a report holds and return the files (PNG)."""
    made = {
        "coverage-and-ranks.png": _ranks(content),
        "contraction.png": _contraction(content),
        "targets-under-the-posterior.png": _targets(content),
        "predictive-checks.png": _predictive(content),
        "points-kept-out.png": _points(content),
    }
    return save_pictures(made, folder)


def _ranks(c: dict[str, Any]) -> Any:
    """Return coverage against nominal, and the distribution of ranks of every parameter with the simultaneous band."""
    import altair as alt

    level = [
        {"nominal": 100 * float(k), "observed": 100 * v, "truths": label}
        for label, name in (("runs of the model", "model_runs"), ("of the emulator", "emulator_truths"))
        for k, v in c[f"coverage_on_{name}"]["coverage"].items()
    ]
    square = alt.Scale(domain=[30, 100])
    x = alt.X("nominal:Q", title="nominal, %", scale=square)
    y = alt.Y("observed:Q", title="observed, %", scale=square)
    diagonal = chart_data([{"nominal": end, "observed": end} for end in (30, 100)])
    line = alt.Chart(diagonal).mark_line(color=GREY)
    colour = alt.Color("truths:N", title="truths", scale=alt.Scale(range=[BAD, GOOD]), sort=None)
    points = alt.Chart(chart_data(level)).mark_point(filled=True, size=70).encode(x=x, y=y, color=colour)
    left = (line.encode(x=x, y=y) + points).properties(width=220, height=220, title="Coverage")
    s = c["synthetic"]
    names = [p["name"] for p in c["parameters"]]
    grid = [0.05 * (i + 1) for i in range(19)]
    rows = [
        {"rank": g, "d": d, "name": names[j]} for j, of in enumerate(s["ranks"]) for g, d in zip(grid, of, strict=True)
    ]
    band = [
        {"rank": g, "up": s["rank_band"] * (g * (1 - g) / s["truths"]) ** 0.5} for g in [i / 100 for i in range(1, 100)]
    ]
    rank = alt.X("rank:Q", title="rank of the truth")
    lines = alt.Chart(chart_data(rows)).mark_line(opacity=0.6, color=GOOD).encode(
        x=rank, y=alt.Y("d:Q", title="share of ranks below, less uniform"), detail="name:N"
    )  # fmt: skip
    up = alt.Chart(chart_data(band)).mark_line(color=BAD, strokeDash=[3, 3]).encode(x=rank, y="up:Q")
    low = (
        alt.Chart(chart_data([{**b, "up": -b["up"]} for b in band]))
        .mark_line(color=BAD, strokeDash=[3, 3])
        .encode(x=rank, y="up:Q")
    )
    right = (lines + up + low).properties(width=380, height=220, title="Ranks, a line a parameter; dashed: 95 % band")
    return alt.hconcat(left, right)


def _contraction(c: dict[str, Any]) -> Any:
    """Return bars in the order of the parameter file: how much narrower each parameter is than its prior."""
    import altair as alt

    rows = [{"name": p["name"], "contraction": 100 * max(0.0, p["contraction"])} for p in c["parameters"]]
    order = [row["name"] for row in rows]
    return (
        alt.Chart(chart_data(rows))
        .mark_bar(height=10, color=GOOD)
        .encode(
            x=alt.X("contraction:Q", title="variance that the data took away, %", scale=alt.Scale(domain=[0, 100])),
            y=alt.Y("name:N", sort=order, title=None, axis=alt.Axis(labelLimit=240)),
        )
        .properties(width=380, height=alt.Step(15), title="Prior to posterior")
    )


def _intervals(rows: Sequence[dict[str, Any]], title: str, x_title: str, limit: float) -> Any:
    import altair as alt

    order = [row["name"] for row in rows]
    scale = alt.Scale(domain=[-limit, limit], clamp=True)
    colour = alt.Color("status:N", scale=alt.Scale(domain=["inside", "outside"], range=[GOOD, BAD]), title=None)
    base = alt.Chart(chart_data(rows))
    y = alt.Y("name:N", sort=order, title=None, axis=alt.Axis(labelLimit=260))
    bars = base.mark_bar(height=5, opacity=0.6).encode(
        x=alt.X("low:Q", title=x_title, scale=scale), x2="high:Q", y=y, color=colour
    )
    points = base.mark_point(filled=True, size=36).encode(x=alt.X("median:Q", scale=scale), y=y, color=colour)
    edges = alt.Chart(chart_data([{"x": -1}, {"x": 1}])).mark_rule(color=GREY, strokeDash=[3, 3]).encode(x="x:Q")
    return (bars + points + edges).properties(width=420, height=alt.Step(13), title=title)


def _targets(c: dict[str, Any]) -> Any:
    rows = []
    for t in c["targets"]:
        low, high = (t[k] if isinstance(t[k], int | float) and isfinite(t[k]) else None for k in ("low", "high"))
        if low is None or high is None:
            continue
        middle, half = 0.5 * (low + high), 0.5 * (high - low)
        cells = {k: (t[n] - middle) / half for k, n in (("low", "low5"), ("median", "median"), ("high", "high95"))}
        name = f"{t['id']} {t['part']}".strip()
        rows.append({"name": name, "status": "inside" if t["inside"] else "outside", **cells})
    label = "dashed: the tolerance; bars: 90 % of runs of posterior draws"
    return _intervals(rows, "Targets under the posterior", label, 3.0)


def _predictive(c: dict[str, Any]) -> Any:
    rows = [_standing(p["id"], p["inside_95"], p["published"], p["low5"], p["high95"]) for p in c["predictive"]]
    label = "point: what was published, in half-widths of the 90 % predictive interval"
    return _intervals(rows, "Predictive checks of everything fitted", label, 3.0)


def _points(c: dict[str, Any]) -> Any:
    points = c["holdout_points"]
    rows = [_standing(f"{p['id']} {p['quantity']}", p["inside"], p["published"], p["low"], p["high"]) for p in points]
    label = "point: what was published, in half-widths of the 95 % interval (dashed)"
    return _intervals(rows, "Points kept out of the fit", label, 3.0)


def _standing(name: str, inside: bool, published: float, low: float, high: float) -> dict[str, Any]:
    """Where a published number stands in its interval: 0 in the middle, -1 and 1 at the ends."""
    median = (published - 0.5 * (low + high)) / (0.5 * (high - low) or 1.0)
    return {"name": name, "status": "inside" if inside else "outside", "low": -1.0, "high": 1.0, "median": median}
