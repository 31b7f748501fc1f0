"""One effect drawn: by year with its band, or of one year on a map of regions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kladsim.core.errors import InputError, unknown_name
from kladsim.model.outcomes import title_of
from kladsim.report import charts
from kladsim.report.pack_maps import read_map
from kladsim.report.tables import difference, end_of, start_of
from kladsim.runs.disclosure import BADGE, USE, DisclosedArray
from kladsim.runs.noise import assess, quantiles
from kladsim.study.comparison import Comparison, TotalEffect
from kladsim.world import load_pack

if TYPE_CHECKING:
    from altair import TopLevelMixin

PROJECTION: dict[str, Any] = {"type": "conicEqualArea", "rotate": [-100, 0], "parallels": [50, 70]}
DIVERGING = ("#0072B2", "#f7f7f7", "#D55E00")
UNKNOWN = "#e4e4e4"
LIMITS = "Limits: docs/limits.md."


def plot_effect(effect: TotalEffect, path: str | Path | None = None) -> TopLevelMixin | Path:
    """Return the paired difference by year as a chart, or write it as PNG and return the file.

    Raises
    ------
    InputError : the effect belongs to no comparison, or its outcome is not known by year
    """
    comparison, outcome, plan = effect.comparison, effect.outcome, effect.plan
    if comparison is None:
        raise InputError("belongs to no comparison", where="effect", value=outcome, allowed="Comparison.effect(...)")
    band = difference(comparison.plans[plan], comparison.base, outcome, comparison.since)
    if band is None:
        raise unknown_name("outcome", outcome, comparison.base.national(), where="outcome")
    chart = charts.panel({plan: band}, [], title=f"{title_of(outcome)}: {plan} minus base", signed=True)
    return _chart_or_file(chart, comparison, plan, path)


def map_effect(
    comparison: Comparison, outcome: str, date: str, plan: str | None = None, path: str | Path | None = None
) -> TopLevelMixin | Path:
    """Return the paired difference of one year by region as a map, or write it as PNG and return the file.

    Regions whose levels are too noisy, or whose interval holds no difference, are hatched; disputed areas are dashed.

    Raises
    ------
    InputError : the outcome is not known by region, the date lies outside the runs, or the country has no map
    """
    year, plan = _year(comparison, date), comparison.plan_name(plan)
    old, new = (_by_region(run.outcomes, outcome) for run in (comparison.base, comparison.plans[plan]))
    index = comparison.years.index(year)
    before, after = old.values[:, index], new.values[:, index]
    median, low, high = quantiles(after - before)
    sampling = comparison.base.sampling
    noisy = assess(old, before, sampling).noisy | assess(new, after, sampling).noisy
    unsure = noisy | ~((low > 0.0) | (high < 0.0))
    codes = [str(code) for code in comparison.base.labels["region"]]
    values = dict(zip(codes, (float(x) if np.isfinite(x) else None for x in median), strict=True))
    hatched = {code for code, is_unsure in zip(codes, unsure, strict=True) if is_unsure}
    chart = _map(comparison, values, hatched, f"{title_of(outcome)}, {year}: {plan} minus base", old.unit)
    return _chart_or_file(chart, comparison, plan, path)


def _year(comparison: Comparison, when: str) -> int:
    text = str(when)[:4]
    if not text.isdigit() or int(text) not in comparison.years:
        first, last = start_of(comparison.base), end_of(comparison.base)
        raise InputError("lies outside the runs", where="date", value=str(when), allowed=f"{first} to {last}")
    return int(text)


def _by_region(outcomes: dict[str, DisclosedArray], name: str) -> DisclosedArray:
    by_name = {item.name: item for item in outcomes.values() if item.dims == ("replicate", "year", "region")}
    if name not in by_name:
        raise unknown_name("outcome by region", name, by_name, where="outcome")
    return by_name[name]


def _map(
    comparison: Comparison, values: dict[str, float | None], hatched: set[str], title: str, unit: str
) -> Any:
    import altair as alt

    pack_map = read_map(load_pack(str(comparison.base.scenario["config"]["country"])))
    drawn = {shape["properties"]["iso_3166_2"] for shape in pack_map.regions}
    for code in values:
        if code not in drawn:
            raise unknown_name("region of the map", code, drawn, where="region")
    shapes = [
        {**_clockwise(shape), "value": values.get(shape["properties"]["iso_3166_2"])}
        for shape in pack_map.regions
    ]
    most = max((abs(value) for value in values.values() if value is not None), default=1.0) or 1.0
    scale = alt.Scale(domain=[-most, 0, most], range=list(DIVERGING))
    colour = alt.Color("value:Q", scale=scale, title=unit)
    make: Any = alt.Data
    edges: dict[str, Any] = {"stroke": "#ffffff", "strokeWidth": 0.4}
    known = [shape for shape in shapes if shape["value"] is not None]
    layers: list[Any] = [alt.Chart(make(values=shapes)).mark_geoshape(fill=UNKNOWN, **edges)]
    if known:
        layers.append(alt.Chart(make(values=known)).mark_geoshape(**edges).encode(color=colour))
    unsure = [shape for shape in known if shape["properties"]["iso_3166_2"] in hatched]
    if unsure:
        layers.append(alt.Chart(make(values=unsure)).mark_geoshape(fill=stripes(), **edges))
    disputed = [_clockwise(shape) for shape in pack_map.disputed]
    if disputed:
        dashed = alt.Chart(make(values=disputed)).mark_geoshape(
            fill="#ffffff", stroke=charts.GREY, strokeDash=[2, 2], strokeWidth=0.8
        )
        layers.append(dashed)
    subtitle = "hatched: too noisy, or the interval holds no difference; dashed: disputed area"
    heading = alt.TitleParams(title, subtitle=subtitle, anchor="start", fontSize=13, subtitleColor=charts.GREY)
    layered: Any = alt.layer(*layers)
    return layered.project(**PROJECTION).properties(width=2 * charts.WIDTH, height=380, title=heading)


def stripes(number: int = 12) -> dict[str, Any]:
    """A fill of grey stripes across a shape, clear between them."""
    grey, clear = "rgba(85,85,85,0.55)", "rgba(85,85,85,0)"
    stops = []
    for stripe in range(number):
        first, last = stripe / number, (stripe + 0.3) / number
        stops += [(first, clear), (first, grey), (last, grey), (last, clear)]
    colours = [{"offset": offset, "color": colour} for offset, colour in stops]
    return {"gradient": "linear", "x1": 0.0, "y1": 0.0, "x2": 1.0, "y2": 1.0, "stops": colours}


def _clockwise(feature: dict[str, Any]) -> dict[str, Any]:
    """The feature with its outer rings clockwise, as the drawing library takes them (GeoJSON: the other way)."""
    geometry = feature["geometry"]
    many = geometry["type"] == "MultiPolygon"
    polygons = geometry["coordinates"] if many else [geometry["coordinates"]]
    turned = [[_turned(ring, outer=index == 0) for index, ring in enumerate(rings)] for rings in polygons]
    return {**feature, "geometry": {**geometry, "coordinates": turned if many else turned[0]}}


def _turned(ring: list[list[float]], *, outer: bool) -> list[list[float]]:
    points = np.array([point[:2] for point in ring])
    x, y = points[:, 0], points[:, 1]
    area = float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]))
    return ring if (area < 0) == outer else ring[::-1]


def _chart_or_file(
    chart: TopLevelMixin, comparison: Comparison, plan: str, path: str | Path | None
) -> TopLevelMixin | Path:
    if path is None:
        return chart
    title = f"{plan} against {comparison.base.name}"
    charts.save([chart], title, ["The model projects"], _caption(comparison), Path(path))
    return Path(path)


def _caption(comparison: Comparison) -> list[str]:
    caption = f"{comparison.base.replicates} replicates. Band and colours: {comparison.base.interval}."
    return [*filter(None, [comparison.describe_warnings()]), caption, f"Note: {BADGE}.", f"{USE} {LIMITS}"]
