"""The series that kladsim ships: read from two folders, the open one and one whose terms are narrower."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

import numpy as np

from kladsim.core.errors import InputError, suggest
from kladsim.evidence.countries import find_country
from kladsim.monitor import own
from kladsim.monitor.indicators import indicators
from kladsim.monitor.names import normalize_name
from kladsim.monitor.nations import read_country, to_iso3
from kladsim.monitor.periods import to_step
from kladsim.monitor.tables import DATA, read_rows
from kladsim.monitor.types import FEWEST as FEWEST
from kladsim.monitor.types import Series as Series

FOLDERS = ("open", "restricted")
WASTEWATER = "wastewater"
OWN_FILE = own.FILE


@dataclass(frozen=True)
class Origin:
    """Where a data set comes from, under which terms, and how to cite it."""

    dataset: str
    title: str
    source: str
    licence: str
    caveat: str


@cache
def origins() -> dict[str, Origin]:
    """Return origin and terms of every data set that is shipped."""
    rows = read_rows(DATA / "origins.csv")
    return {row["dataset"]: Origin(**row) for row in rows}


@cache
def shipped() -> dict[str, Series]:
    """Return every shipped series but those of the wastewater panel, by name."""
    out: dict[str, Series] = {}
    for folder in FOLDERS:
        values: dict[str, list[tuple[str, float]]] = {}
        for row in read_rows(DATA / folder / "series.csv"):
            values.setdefault(row["series"], []).append((row["period"], float(row["value"])))
        for row in read_rows(DATA / folder / "series_index.csv"):
            out[row["series"]] = _series(row, values[row["series"]])
    return out


def _series(row: dict[str, str], values: list[tuple[str, float]]) -> Series:
    ordered = sorted((to_step(period, row["freq"]), value) for period, value in values)
    return Series(
        name=row["series"],
        dataset=row["dataset"],
        country=row["country"],
        place=row["place"],
        indicator=row["indicator"],
        unit=row["unit"],
        freq=row["freq"],
        availability=row["availability"],
        steps=np.array([step for step, _ in ordered], dtype=np.int64),
        values=np.array([value for _, value in ordered], dtype=np.float64),
    )


def wastewater_series() -> Iterator[Series]:
    """Yield the wastewater panel as series, one a city and drug, named ``wastewater/AT/Graz/MDMA``."""
    cells: dict[tuple[str, str, str], list[tuple[int, float]]] = {}
    for row in read_rows(DATA / "open" / "wastewater.csv"):
        key = (row["country_iso2"], row["city"], row["metabolite"])
        cells.setdefault(key, []).append((int(row["year"]), float(row["daily_mean"])))
    for (country, city, drug), pairs in sorted(cells.items()):
        pairs.sort()
        yield Series(
            name=f"{WASTEWATER}/{country}/{city}/{drug}",
            dataset=WASTEWATER,
            country=country,
            place=city,
            indicator=f"{drug} in wastewater",
            unit="mg per 1,000 people per day",
            freq="year",
            availability="wastewater",
            steps=np.array([year for year, _ in pairs], dtype=np.int64),
            values=np.array([value for _, value in pairs], dtype=np.float64),
        )


@cache
def published() -> dict[str, Series]:
    """Return every series that kladsim ships, the wastewater panel among them, by name."""
    return {**{one.name: one for one in wastewater_series()}, **shipped()}


def every(as_of: date | None = None) -> dict[str, Series]:
    """Return every series by name: shipped, the wastewater panel among them, the person's own, and their indicators.

    Parameters
    ----------
    as_of : a day; of the person's own values only what was published by then

    Raises
    ------
    InputError : the store is damaged
    """
    return _every(as_of, own.get_file_state())


@lru_cache(maxsize=32)
def _every(as_of: date | None, stamp: tuple[str, int, int, int]) -> dict[str, Series]:
    known = dict(published())
    rows: dict[str, list[dict[str, str]]] = {}
    try:
        for row in own.read_newest(as_of):
            rows.setdefault(row["series"], []).append(row)
        for name, mine in rows.items():
            known[name] = _with_own(known.get(name), mine)
    except (ValueError, KeyError, TypeError) as error:
        how = "as `kladsim monitor add` writes it; add the file's rows to another folder"
        raise InputError(f"is damaged ({error})", where=str(own.get_folder() / OWN_FILE), allowed=how) from None
    return indicators(known.values()) | known


def forget() -> None:
    """Read everything anew the next time (after new data)."""
    _every.cache_clear()


def _with_own(one: Series | None, rows: list[dict[str, str]]) -> Series:
    first = rows[0]
    freq = first["freq"]
    bounds: dict[int, tuple[float, float]] = {}
    if one is not None:
        steps, low, high = one.bounds()
        bounds = dict(zip(steps.tolist(), zip(low.tolist(), high.tolist(), strict=True), strict=True))
    for row in rows:
        step = to_step(row["period"], freq)
        if own.is_withdrawn(row):
            bounds.pop(step, None)
        else:
            bounds[step] = own.read_bounds(row)
    exact = {step: low for step, (low, high) in sorted(bounds.items()) if low == high}
    censored = {step: pair for step, pair in sorted(bounds.items()) if pair[0] != pair[1]}
    parts = first["series"].split("/")
    return Series(
        name=first["series"],
        dataset=parts[0],
        country=first["country"],
        place=first["place"],
        indicator=first["indicator"],
        unit=first["unit"],
        freq=freq,
        availability=one.availability if one else WASTEWATER if parts[0] == WASTEWATER else "own",
        steps=np.array(list(exact), dtype=np.int64),
        values=np.array(list(exact.values()), dtype=np.float64),
        censored_steps=np.array(list(censored), dtype=np.int64),
        censored_low=np.array([low for low, _ in censored.values()], dtype=np.float64),
        censored_high=np.array([high for _, high in censored.values()], dtype=np.float64),
    )


def series_names(fewest: int = FEWEST) -> tuple[str, ...]:
    """Return the names of the series with at least ``fewest`` points."""
    return tuple(name for name, one in sorted(every().items()) if one.points >= fewest)


def of_country(series: Iterable[Series], country: str, where: str = "--country") -> list[Series]:
    """Return the series of one country, given by either code or by its name, or of a group of countries that has some.

    Raises
    ------
    InputError : no such country
    """
    wanted = read_country(country, where)[0]
    found = [one for one in series if to_iso3(one.country) == wanted.iso3]
    return found or [one for one in series if to_iso3(one.country) == find_country(country, where=where).iso3]


def find(name: str, as_of: date | None = None) -> list[Series]:
    """Return the series that a person means: one by name, or all whose names begin with what was given.

    A country in a name may be written with two letters or three.

    Parameters
    ----------
    as_of : a day; of the person's own values only what was published by then

    Raises
    ------
    InputError : nothing has that name or begins so
    """
    known = every(as_of) if as_of else every()
    if name in known:
        return [known[name]]
    wanted = _key(name)
    keys = [(_key(key), one) for key, one in sorted(known.items())]
    found = [one for key, one in keys if _begins(key, wanted)]
    if not found:
        found = [one for key, one in keys if key.endswith(("/" + wanted, "." + wanted))]
    if found:
        return found
    near = suggest(name, known) or suggest(name, {one.dataset for one in known.values()})
    raise InputError(
        "unknown series",
        where="series",
        value=name,
        allowed=f"one of {len(known)} series or the beginning of their names, see `kladsim monitor series`",
        suggestion=near,
    )


def _key(name: str) -> str:
    """A series' name as it is compared: its country with three letters."""
    parts = name.strip().strip("/").split("/")
    return normalize_name("/".join((*parts[:1], *map(to_iso3, parts[1:2]), *parts[2:])))


def _begins(key: str, wanted: str) -> bool:
    return key == wanted or (key.startswith(wanted) and key[len(wanted)] in "/.")
