"""What a country has of its own: parameter values, the week of demand, and how its market was scraped.

All three tables are optional. A parameter of the pack takes the place of the register's for this country, with a range
of its own; a scenario may still change it inside that range.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kladsim.core.errors import InputError
from kladsim.evidence.register import LocalValue, load_register
from kladsim.world.validate import PackTable

PARAMETERS, WEEKDAYS, SCRAPE = "parameters.csv", "weekdays.csv", "scrape.csv"
PARAMETER_COLUMNS = ("parameter", "value", "low", "high", "unit", "source")
WEEKDAY_COLUMNS = ("weekday", "factor", "source")
SCRAPE_COLUMNS = ("item", "value", "unit", "source")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SCRAPE_ITEMS: Mapping[str, tuple[float, float]] = {
    "scrapes_a_day": (1.0, 96.0),
    "day_error": (0.0, 1.0),
    "week_error": (0.0, 1.0),
    "listing_error": (0.0, 1.0),
}
"""Looks a day; errors of inferred sales by day and week, of counted listings by week (sd of the logarithm)."""


def read_parameters(folder: Path, label: str) -> dict[str, LocalValue]:
    """Read ``parameters.csv``: values of this country with range, unit and source.

    Raises
    ------
    InputError : an unknown parameter, a range the wrong way round, a value outside it, or no source
    """
    if not (folder / PARAMETERS).exists():
        return {}
    table = PackTable(folder / PARAMETERS, f"{label}/{PARAMETERS}", PARAMETER_COLUMNS)
    table.unique("parameter")
    names = table.text("parameter", load_register())
    value, low, high = (table.floats(column).tolist() for column in ("value", "low", "high"))
    units, sources = table.text("unit"), table.text("source")
    out: dict[str, LocalValue] = {}
    for row, name in enumerate(names):
        if not low[row] <= value[row] <= high[row]:
            raise table.error("value", row, "value out of range", value[row], f"{low[row]:g} to {high[row]:g}")
        if not sources[row].strip():
            raise table.error("source", row, "names no source", sources[row], 'a source or "assumption"')
        out[name] = LocalValue(value[row], low[row], high[row], units[row], sources[row])
    return out


def read_weekdays(folder: Path, label: str) -> tuple[float, ...]:
    """Read ``weekdays.csv``: demand from Monday to Sunday relative to its mean; empty without the table."""
    if not (folder / WEEKDAYS).exists():
        return ()
    table = PackTable(folder / WEEKDAYS, f"{label}/{WEEKDAYS}", WEEKDAY_COLUMNS)
    if table.text("weekday", DAYS) != list(DAYS):
        raise InputError("days must run from Monday to Sunday", where=f"{table.label}, column 'weekday'")
    factors = table.floats("factor", 0.3, 1.7)
    if abs(factors.mean() - 1.0) > 0.005:
        raise InputError(
            "factors must have the mean 1", where=f"{table.label}, column 'factor'", value=round(factors.mean(), 4)
        )
    return tuple(factors.tolist())


def read_scrape(folder: Path, label: str, wanted: bool) -> dict[str, float]:
    """Read ``scrape.csv``: how often the market was looked at and how far inferred sales err."""
    if not wanted:
        return {}
    table = PackTable(folder / SCRAPE, f"{label}/{SCRAPE}", SCRAPE_COLUMNS)
    table.unique("item")
    items = table.text("item", SCRAPE_ITEMS)
    values = table.floats("value").tolist()
    for row, (item, value) in enumerate(zip(items, values, strict=True)):
        low, high = SCRAPE_ITEMS[item]
        if not low <= value <= high:
            raise table.error("value", row, "value out of range", value, f"{low:g} to {high:g}")
    for item in SCRAPE_ITEMS:
        if item not in items:
            raise InputError(f"item {item!r} is missing", where=f"{table.label}, column 'item'")
    return dict(zip(items, values, strict=True))
