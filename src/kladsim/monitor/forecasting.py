"""Forecasts: every series with at least five points, and every city and drug of the wastewater panel."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError
from kladsim.monitor import calibration, fitted, library, scoring, single, wastewater
from kladsim.monitor.backtest import ahead_group
from kladsim.monitor.periods import end_of, to_period
from kladsim.monitor.predictive import Predictive

Array = NDArray[np.float64]
Row = dict[str, Any]
DEFAULT_HORIZON = {"year": 3, "quarter": 4, "month": 12, "week": 8, "day": 14}
LONGEST = {"year": 15, "quarter": 20, "month": 60, "week": 104, "day": 120}
DIGITS = 4


def forecast(series: str, horizon: int | None = None, country: str = "") -> list[Row]:
    """Return forecasts of one series, of all whose names begin so, or of the whole wastewater panel.

    Parameters
    ----------
    series : a name from ``series_names()``, the beginning of several, or "wastewater"
    horizon : steps ahead, in the series' own periods (default: 3 years, 4 quarters, 12 months, 8 weeks, 14 days)
    country : only series of one country: either ISO code, or its name

    Returns
    -------
    One row a series and period from the first after the last value to ``horizon``: median and the bounds of central
    50, 80 and 95 % intervals in the series' unit. For "wastewater": country_iso2, city, drug, year, median, lo50, ...

    Raises
    ------
    InputError : unknown series or country, a series with fewer than five points, or a horizon out of range
    """
    members = _find(series, country)
    if members is None:
        return wastewater_rows(horizon)
    if all(one.dataset == library.WASTEWATER for one in members):
        wanted = {(one.country, one.place, _drug_of(one)) for one in members}
        return [row for row in wastewater_rows(horizon) if (row["country_iso2"], row["city"], row["drug"]) in wanted]
    return [row for one in members for row in series_rows(one, horizon)]


def _drug_of(one: library.Series) -> str:
    return one.indicator.split(" ")[0]


def _find(series: str, country: str) -> list[library.Series] | None:
    """Return the series that are meant and long enough: all of the wastewater panel or none; None: all of it."""
    if series.strip("/ ").lower() == library.WASTEWATER and not country:
        return None
    members = library.find(series)
    members = library.of_country(members, country) if country else members
    if not members:
        raise InputError(f"no series of this country begins with {series!r}", where="--country", value=country)
    if all(one.dataset == library.WASTEWATER for one in members):
        return members
    enough = [one for one in members if one.is_long_enough and one.dataset != library.WASTEWATER]
    if not enough:
        raise InputError(
            f"too few points: {members[0].points}",
            where="series",
            value=series,
            allowed=f"a series with at least {library.FEWEST} points",
        )
    return enough


def series_rows(one: library.Series, horizon: int | None = None) -> list[Row]:
    """Return the forecast rows of one series."""
    facts: Row = {"series": one.name, "country": one.country, "place": one.place, "unit": one.unit}
    rows = []
    for step, predictive in _predict_series(one, horizon):
        when: Row = {"period": to_period(step, one.freq), "points": one.points, "last_period": one.last_period}
        rows.append(facts | when | ({"year": step} if one.freq == "year" else {}) | _interval(predictive))
    return rows


def _predict_series(one: library.Series, horizon: int | None) -> list[tuple[int, Predictive]]:
    steps = _checked(horizon, one.freq)
    last = int(single.bounds(one)[0][-1])
    targets = list(range(last + 1, last + steps + 1))
    return list(zip(targets, fitted.predict_series(one, fitted.find_group(one), targets), strict=True))


def wastewater_rows(horizon: int | None = None, panel: wastewater.Panel | None = None) -> list[Row]:
    """Return forecasts for every city and drug of the panel, from the year after its last, over ``horizon`` years.

    A city without any value of a drug has ``points`` 0 and rests on its country, its neighbours and the common course.
    """
    data = panel or wastewater.current_panel()
    return [
        {"country_iso2": cell.country, "city": cell.city, "drug": cell.drug, "year": year}
        | _interval(predictive)
        | {"points": cell.points}
        for cell, year, predictive in _predict_wastewater(data, horizon)
    ]


class _Cell(NamedTuple):
    """A city and a drug, and how many values there are."""

    country: str
    city: str
    drug: str
    points: int


def _predict_wastewater(data: wastewater.Panel, horizon: int | None) -> list[tuple[_Cell, int, Predictive]]:
    fits, count, first = fitted.load(), len(data.cities), float(data.year.max())
    years = first + np.arange(1, _checked(horizon, "year") + 1, dtype=np.float64)
    out = []
    for drug in sorted(set(data.drug.tolist())):
        mine = data.of(drug)
        model = fits.drugs.get(drug) or wastewater.fit_drug(mine, drug)
        city, year = np.repeat(np.arange(count), len(years)), np.tile(years, count)
        mean, _, sd = wastewater.predict_drug(mine, drug, model, city, year)
        points, back = np.bincount(mine.city, minlength=count), partial(wastewater.from_scale, drug=drug)
        for i in range(len(city)):
            groups = drug, ahead_group(year[i] - first)
            predictive = Predictive(float(mean[i]), float(sd[i]), fits.drug_shape, groups, back)
            country, name = data.cities[city[i]]
            out.append((_Cell(country, name, drug, int(points[city[i]])), int(year[i]), predictive))
    return sorted(out, key=lambda row: row[:2])


def _interval(predictive: Predictive) -> Row:
    values = np.maximum.accumulate(np.maximum(predictive.quantiles(calibration.LEVELS), 0.0))
    named = {name: float(f"{v:.{DIGITS}g}") for name, v in zip(calibration.NAMES, values, strict=True)}
    order = ("median", "lo50", "hi50", "lo80", "hi80", "lo95", "hi95")
    return {name: named[name] for name in order}


def hubverse(series: str, horizon: int | None = None, country: str = "") -> list[Row]:
    """Return forecasts as a model-output table of forecast hubs (hubverse): one row a quantile.

    Columns: ``origin_date`` (last day of the last period known), ``target`` (the indicator), ``horizon`` (in periods of
    the series), ``location`` (country, or country and place), ``target_end_date``, ``output_type`` ("quantile"),
    ``output_type_id`` (the level), ``value``. Arguments and errors are those of ``forecast``.
    """
    cells: list[tuple[str, str, str, int, int, Predictive]] = []
    members = _find(series, country)
    if members is None or members[0].dataset == library.WASTEWATER:
        data = wastewater.current_panel()
        wanted = None if members is None else {(one.country, one.place, _drug_of(one)) for one in members}
        for cell, year, predictive in _predict_wastewater(data, horizon):
            if wanted is None or cell[:3] in wanted:
                name = f"{cell.drug} in wastewater"
                cells.append((name, f"{cell.country}/{cell.city}", "year", int(data.year.max()), year, predictive))
    for one in members or ():
        if one.dataset != library.WASTEWATER:
            place, last = "/".join(filter(None, (one.country, one.place))), int(single.bounds(one)[0][-1])
            cells += [(one.indicator, place, one.freq, last, *row) for row in _predict_series(one, horizon)]
    rows = []
    for target, location, freq, last, step, predictive in cells:
        facts: Row = {"origin_date": end_of(last, freq).isoformat(), "target": target, "horizon": step - last}
        facts |= {"location": location, "target_end_date": end_of(step, freq).isoformat(), "output_type": "quantile"}
        values = np.maximum.accumulate(np.maximum(predictive.quantiles(scoring.LEVELS), 0.0))
        rows += [
            facts | {"output_type_id": level, "value": float(f"{value:.{DIGITS}g}")}
            for level, value in zip(scoring.LEVELS, values.tolist(), strict=True)
        ]
    return rows


def _checked(horizon: int | None, freq: str) -> int:
    steps = DEFAULT_HORIZON[freq] if horizon is None else horizon
    if not 1 <= steps <= LONGEST[freq]:
        raise InputError("horizon out of range", where="--horizon", value=horizon, allowed=f"1 to {LONGEST[freq]}")
    return steps
