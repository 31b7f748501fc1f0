"""What the screens on fit and spread show: checks with their latest results, outlook by country, watched series."""

from __future__ import annotations

import csv
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from pydantic import BaseModel

from kladsim.app.answers import Row
from kladsim.core.formatting import Language, typeset_number
from kladsim.evidence.translating import form
from kladsim.monitor.periods import begin_of, to_step
from kladsim.report import interactive
from kladsim.report.interactive import LOOKS, Line
from kladsim.report.tables import TimeBand
from kladsim.report.words import unit

LISTED = ("name", "dataset", "country", "place", "indicator", "unit", "freq", "points", "last")


class FitGroup(BaseModel):
    """The checks of one group: whether a pass counts for the model, and how many pass."""

    group: str
    evidence: bool
    passed: int
    tested: int
    cited: list[str]


class ValidationFit(BaseModel):
    """Every check and what it found; groups that count as evidence first, apart from those that do not."""

    groups: list[FitGroup]
    rows: list[dict[str, Any]]
    counts: dict[str, int]
    stale: str
    source: str
    model: str


class Outlook(BaseModel):
    """Countries by region of the world: bands, never ranks."""

    by: int
    bands: dict[str, float]
    words: str
    countries: list[dict[str, Any]]


class SeriesList(BaseModel):
    """Series of observations that can be forecast."""

    rows: list[dict[str, Any]]


class Forecast(BaseModel):
    """A series with what may come next."""

    spec: dict[str, Any]
    rows: list[Row]
    unit: str
    source: str
    sentence: str


def fit() -> ValidationFit:
    """The latest results of all checks; those of another version of the code are said to be stale."""
    from kladsim.validation.counting import tallies
    from kladsim.validation.report import answer

    report = answer()
    groups = [
        FitGroup(group=t.group, evidence=t.evidence, passed=t.passed, tested=t.tested, cited=list(t.cited))
        for t in tallies(report.results)
        if t.tested
    ]
    rows = [_checked(vars(result)) for result in report.results]
    statuses = [str(row["status"]) for row in rows]
    counts = {status: statuses.count(status) for status in dict.fromkeys(statuses)}
    return ValidationFit(
        groups=groups, rows=rows, counts=counts, stale=report.stale, source=report.source, model=report.model_version
    )


def _checked(result: dict[str, Any]) -> dict[str, Any]:
    low, high = result.get("low"), result.get("high")
    interval = f"{typeset_number(low)} – {typeset_number(high)}" if low is not None and high is not None else ""
    value = result.get("value")
    return {
        "id": result["id"],
        "kind": result["kind"],
        "status": result["status"],
        "statement": result["statement"],
        "target": result.get("target", ""),
        "model": "" if value is None else typeset_number(value),
        "interval": interval,
        "replicates": result.get("replicates", 0),
        "reason": result.get("reason", ""),
        "mechanisms": list(result.get("mechanism", ())),
    }


@cache
def outlook() -> Outlook:
    """The stored outlook by country, in the order of regions of the world.

    Raises
    ------
    InputError : there is none for this posterior
    """
    from kladsim.spread.model.outlook import BANDS, BY, WORDS, plain, saved_outlook

    short = _short_codes()
    countries = [{**plain(country), "iso2": short.get(country.iso3, "")} for country in saved_outlook()]
    return Outlook(by=BY, bands=dict(BANDS), words=WORDS, countries=countries)


def _short_codes() -> dict[str, str]:
    """Two-letter codes of countries, by which a browser knows their names in its language."""
    with (files("kladsim.monitor") / "data" / "open" / "countries.csv").open(encoding="utf-8") as file:
        return {row["iso3"]: row["iso2"] for row in csv.DictReader(file)}


def get_store_state() -> str:
    """Return what changes whenever the person's own values do."""
    from kladsim.monitor import own

    return str(own.get_file_state())


def series() -> SeriesList:
    """Every series with enough points; ``also`` holds the codes and names by which its country is found."""
    from kladsim.monitor import library
    from kladsim.monitor.nations import list_codes_and_names

    known = [one for _, one in sorted(library.every().items()) if one.points >= library.FEWEST]
    also = {one.name: list_codes_and_names(one.country) for one in known}
    return SeriesList(rows=[{**{name: getattr(one, name) for name in LISTED}, "also": also[one.name]} for one in known])


def forecast(name: str, look: str, language: Language = "en") -> Forecast:
    """One series and its forecast, as a chart and rows.

    Raises
    ------
    InputError : unknown series, or too few points
    """
    from kladsim.monitor import library
    from kladsim.monitor.forecasting import forecast as make
    from kladsim.monitor.forecasting import series_rows
    from kladsim.monitor.late_counts import apply_nowcast
    from kladsim.monitor.periods import to_period

    one = next((series for series in library.find(name) if series.name == name), library.find(name)[0])
    late = _nowcast_late(one)
    whole = series_rows(apply_nowcast(one, list(late.values()))) if late else None
    rows = whole or (_panel_rows(one) if one.dataset == library.WASTEWATER else make(one.name))
    ahead = [str(row.get("period") or row.get("year")) for row in rows]
    known = [to_period(int(step), one.freq) for step in one.steps]
    seen = (
        (late[p].period, late[p].median, late[p].low80, late[p].high80) if p in late else (p, value, None, None)
        for p, value in zip(known, one.values.tolist(), strict=True)
    )
    table = [
        Row(scenario=one.name, period=period, median=_number(value), low=low, high=high)
        for period, value, low, high in (
            *seen,
            *((p, r["median"], r["lo80"], r["hi80"]) for p, r in zip(ahead, rows, strict=True)),
        )
    ]
    band = _band(one.name, one.unit, table)
    origin = library.origins().get(one.dataset)
    source = f"{origin.source}. {origin.licence}. {origin.caveat}" if origin else ""
    last = table[-1]
    shown = unit(one.unit, language)
    sentence = form(
        "chart", "forecast", language, name=one.name, median=typeset_number(last.median, language), unit=shown,
        period=last.period, low=typeset_number(last.low, language), high=typeset_number(last.high, language),
    )  # fmt: skip
    line = Line(one.name, 0, band)
    spec = interactive.fan([line], [], LOOKS[look], language=language, description=sentence)
    return Forecast(spec=spec, rows=table, unit=shown, source=source, sentence=sentence)


def _nowcast_late(one: Any) -> dict[str, Any]:
    """Counts of the last periods that are still coming in, by period."""
    from kladsim.monitor import own
    from kladsim.monitor.fit_store import open_store
    from kladsim.monitor.late_counts import nowcast_late_counts

    versions = [row for row in own.read_versions() if row["series"] == one.name]
    with open_store() as store:
        return {row.period: row for row in nowcast_late_counts(one, versions, store)}


def _panel_rows(one: Any) -> list[dict[str, Any]]:
    from kladsim.monitor import own

    drug = one.indicator.split(" ")[0]
    place = one.country, one.place, drug
    return [row for row in _panel(own.get_file_state()) if (row["country_iso2"], row["city"], row["drug"]) == place]


@lru_cache(maxsize=2)
def _panel(stamp: tuple[str, int, int, int]) -> list[dict[str, Any]]:
    """Forecasts of all cities and drugs: they are fitted together, once for each state of the person's own values."""
    from kladsim.monitor.forecasting import wastewater_rows

    return list(wastewater_rows())


def _band(name: str, unit: str, rows: list[Row]) -> TimeBand:
    def column(field: str) -> Any:
        return np.array([np.nan if getattr(row, field) is None else getattr(row, field) for row in rows])

    return TimeBand(
        name, unit, tuple(_day(row.period) for row in rows), column("median"), column("low"), column("high")
    )


def _day(period: str) -> date:
    """The first day of a period such as 2024, 2024-Q2, 2024-05, 2024-W07 or 2024-05-03."""
    for sign, freq in (("W", "week"), ("Q", "quarter")):
        if sign in period:
            return begin_of(to_step(period, freq), freq)
    parts = [int(part) for part in period.split("-")]
    year_, month, day = [*parts, 1, 1][:3]
    return date(year_, month, day)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
