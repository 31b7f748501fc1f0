"""One effect drawn: by year with its band, or of one year on a map of regions."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError, unknown_name
from kladsim.report import charts
from kladsim.report.pack_maps import read_map
from kladsim.report.tables import difference, end_of, start_of, title_of
from kladsim.study.gate import BADGE, USE, Released, too_wide

if TYPE_CHECKING:
    from kladsim.study.compare import Comparison

PROJECTION: dict[str, Any] = {"type": "conicEqualArea", "rotate": [-100, 0], "parallels": [50, 70]}
DIVERGING = ("#0072B2", "#f7f7f7", "#D55E00")
UNKNOWN = "#e4e4e4"
LIMITS = "Limits: docs/limits.md."


def effect_picture(comparison: Comparison, outcome: str, plan: str, path: str | Path | None = None) -> Any:
    """Return the paired difference by year as a chart, or write it as PNG and return the file.

    Raises
    ------
    InputError : the outcome is not known by year
    """
    band = difference(comparison.plans[plan], comparison.base, outcome, comparison.since)
    if band is None:
        raise unknown_name("outcome", outcome, comparison.base.national(), where="outcome")
    chart = charts.panel({plan: band}, [], title=f"{title_of(outcome)}: {plan} minus base", signed=True)
    return _chart_or_file(chart, comparison, plan, path)


def effect_map(comparison: Comparison, outcome: str, when: str, plan: str, path: str | Path | None = None) -> Any:
    """Return the paired difference of one year by region as a map, or write it as PNG and return the file.

    Regions with too few events, or whose interval holds nothing, are grey; disputed areas are dashed.

    Raises
    ------
    InputError : the outcome is not known by region, the date lies outside the runs, or the country has no map
    """
    year = _year(comparison, when)
    old, new = (_by_region(run.outcomes, outcome) for run in (comparison.base, comparison.plans[plan]))
    index = comparison.years.index(year)
    values = _told(old.values[:, index], new.values[:, index])
    codes = [str(code) for code in comparison.base.labels["region"]]
    chart = _map(comparison, codes, values, f"{title_of(outcome)}, {year}: {plan} minus base", old.unit)
    return _chart_or_file(chart, comparison, plan, path)


def _year(comparison: Comparison, when: str) -> int:
    text = str(when)[:4]
    if not text.isdigit() or int(text) not in comparison.years:
        first, last = start_of(comparison.base), end_of(comparison.base)
        raise InputError("lies outside the runs", where="date", value=str(when), allowed=f"{first} to {last}")
    return date(int(text), 1, 1).year


def _by_region(outcomes: dict[str, Released], name: str) -> Released:
    found = {item.name: item for item in outcomes.values() if item.dims == ("replicate", "year", "region")}
    if name not in found:
        raise unknown_name("outcome by region", name, found, where="outcome")
    return found[name]


def _told(before: NDArray[np.float64], after: NDArray[np.float64]) -> list[float | None]:
    """The median difference of each region that may be shown and is clear, else None."""
    told: list[float | None] = []
    for old, new in zip(before.T, after.T, strict=True):
        hidden = not (np.isfinite(old).all() and np.isfinite(new).all()) or len(old) < 2
        if hidden or any(too_wide(*np.quantile(level, [0.05, 0.95])) for level in (old, new)):
            told.append(None)
            continue
        low, high = np.quantile(new - old, [0.05, 0.95])
        told.append(None if low <= 0.0 <= high else float(np.median(new - old)))
    return told


def _map(comparison: Comparison, codes: list[str], values: list[float | None], title: str, unit: str) -> Any:
    import altair as alt

    from kladsim.world import load_pack

    found = read_map(load_pack(str(comparison.base.scenario["config"]["country"])))
    known = dict(zip(codes, values, strict=True))
    shapes = [
        {**_clockwise(shape), "value": known.get(shape["properties"]["iso_3166_2"])}
        for shape in found.regions
    ]
    most = max((abs(value) for value in values if value is not None), default=1.0)
    scale = alt.Scale(domain=[-most, 0, most], range=list(DIVERGING))
    colour = alt.Color("value:Q", scale=scale, title=unit)
    make: Any = alt.Data
    edges: dict[str, Any] = {"stroke": "#ffffff", "strokeWidth": 0.4}
    told = [shape for shape in shapes if shape["value"] is not None]
    layers = [alt.Chart(make(values=shapes)).mark_geoshape(fill=UNKNOWN, **edges)]
    if told:
        layers.append(alt.Chart(make(values=told)).mark_geoshape(**edges).encode(color=colour))
    disputed = [_clockwise(shape) for shape in found.disputed]
    if disputed:
        dashed = alt.Chart(make(values=disputed)).mark_geoshape(
            fill="#ffffff", stroke=charts.GREY, strokeDash=[2, 2], strokeWidth=0.8
        )
        layers.append(dashed)
    subtitle = "grey: too few events, or the interval holds no difference; dashed: disputed area"
    heading = alt.TitleParams(title, subtitle=subtitle, anchor="start", fontSize=13, subtitleColor=charts.GREY)
    layered: Any = alt.layer(*layers)
    return layered.project(**PROJECTION).properties(width=2 * charts.WIDTH, height=380, title=heading)


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


def _chart_or_file(chart: Any, comparison: Comparison, plan: str, path: str | Path | None) -> Any:
    if path is None:
        return chart
    title = f"{plan} against {comparison.base.name}"
    charts.save([chart], title, ["The model projects"], _caption(comparison), Path(path))
    return Path(path)


def _caption(comparison: Comparison) -> list[str]:
    words = f"{comparison.base.replicates} replicates. Band and colours: {comparison.base.interval}."
    return [*filter(None, [comparison.placeholder_words()]), words, f"Note: {BADGE}.", f"{USE} {LIMITS}"]
