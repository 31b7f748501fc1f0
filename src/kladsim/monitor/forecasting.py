"""Forecasts: every series with at least five points, and every city and drug of the wastewater panel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError
from kladsim.monitor import calibration, counting, fitted, library, single, wastewater
from kladsim.monitor.backtest import ahead_group
from kladsim.monitor.periods import to_period

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
    if series.strip("/ ").lower() == library.WASTEWATER and not country:
        return wastewater_rows(horizon)
    members = library.find(series)
    members = library.of_country(members, country) if country else members
    if not members:
        raise InputError(f"no series of this country begins with {series!r}", where="--country", value=country)
    if all(one.dataset == library.WASTEWATER for one in members):
        wanted = {(one.country, one.place, one.indicator.split(" ")[0]) for one in members}
        rows = wastewater_rows(horizon)
        return [row for row in rows if (row["country_iso2"], row["city"], row["drug"]) in wanted]
    enough = [one for one in members if one.points >= library.FEWEST and one.dataset != library.WASTEWATER]
    if not enough:
        raise InputError(
            f"too few points: {members[0].points}",
            where="series",
            value=series,
            allowed=f"a series with at least {library.FEWEST} points",
        )
    return [row for one in enough for row in series_rows(one, horizon)]


def series_rows(one: library.Series, horizon: int | None = None) -> list[Row]:
    """Return the forecast rows of one series."""
    steps = _checked(horizon, one.freq)
    fits = fitted.load()
    group = fits.groups.get(fitted.group_of(one)) or _stranger(one, fits)
    ahead = np.arange(1, steps + 1)
    known, _, _ = single.known(one)
    target = known[-1] + ahead.astype(float)
    mean, _, sd = single.predict(one, group.fit, target)
    constant = single.offset_of(one)
    sd = counting.apply_counting_noise(one, mean, sd, constant)
    rows = []
    for i, step in enumerate(target.astype(int)):
        z = group.shape.quantile(calibration.LEVELS, fitted.ahead_group(int(ahead[i]), one.freq))
        facts: Row = {"series": one.name, "country": one.country, "place": one.place, "unit": one.unit}
        facts |= {"period": to_period(int(step), one.freq), "points": one.points, "last_period": one.last}
        if one.freq == "year":
            facts["year"] = int(step)
        rows.append(facts | _interval(np.exp(mean[i] + sd[i] * z) - constant))
    return rows


def _stranger(one: library.Series, fits: fitted.Fitted) -> fitted.Group:
    """The fit of another data set of the same frequency, for a series of no data set that was fitted."""
    for name in ("korea_drug_crimes/year", *sorted(fits.groups)):
        if name.endswith("/" + one.freq) and name in fits.groups:
            return fits.groups[name]
    return fitted.Group(single.fit([one]), calibration.learn(np.array([])))


def wastewater_rows(horizon: int | None = None, panel: wastewater.Panel | None = None) -> list[Row]:
    """Return forecasts for every city and drug of the panel, from the year after its last, over ``horizon`` years.

    A city without any value of a drug has ``points`` 0 and rests on its country, its neighbours and the common course.
    """
    steps = _checked(horizon, "year")
    data = panel or wastewater.current_panel()
    fits = fitted.load()
    last = float(data.year.max())
    years = last + np.arange(1, steps + 1, dtype=np.float64)
    rows = []
    for drug in sorted(set(data.drug.tolist())):
        rows += _drug_rows(data.of(drug), drug, fits, years)
    return sorted(rows, key=lambda row: (row["country_iso2"], row["city"], row["drug"], row["year"]))


def _drug_rows(mine: wastewater.Panel, drug: str, fits: fitted.Fitted, years: Array) -> list[Row]:
    model = fits.drugs.get(drug) or wastewater.fit_drug(mine, drug)
    count = len(mine.cities)
    city = np.repeat(np.arange(count), len(years))
    year = np.tile(years, count)
    mean, _, sd = wastewater.predict_drug(mine, drug, model, city, year)
    points = np.bincount(mine.city, minlength=count)
    first = float(years[0]) - 1.0
    rows = []
    for i in range(len(city)):
        z = fits.drug_shape.quantile(calibration.LEVELS, drug, ahead_group(year[i] - first))
        country, name = mine.cities[city[i]]
        facts: Row = {"country_iso2": country, "city": name, "drug": drug, "year": int(year[i])}
        load = wastewater.from_scale(mean[i] + sd[i] * z, drug)
        rows.append(facts | _interval(load) | {"points": int(points[city[i]])})
    return rows


def _interval(quantiles: Array) -> Row:
    values = np.maximum.accumulate(np.maximum(quantiles, 0.0))
    named = {name: float(f"{v:.{DIGITS}g}") for name, v in zip(calibration.NAMES, values, strict=True)}
    order = ("median", "lo50", "hi50", "lo80", "hi80", "lo95", "hi95")
    return {name: named[name] for name in order}


def _checked(horizon: int | None, freq: str) -> int:
    steps = DEFAULT_HORIZON[freq] if horizon is None else horizon
    if not 1 <= steps <= LONGEST[freq]:
        raise InputError("horizon out of range", where="--horizon", value=horizon, allowed=f"1 to {LONGEST[freq]}")
    return steps
