"""Forecasts of the wastewater panel: one model a drug over all cities, with pooling by place and country.

The fourth root of load plus a constant near the limit of quantification is the sum of: country, neighbourhood and
city levels; a common random walk and a common trend that fades; a neighbourhood random walk; a city's own random walk
and mean-reverting part; Student-t noise (sampling week). A city with few or no values of a drug borrows from its
country, its neighbours and the common course, with an interval as wide as that deserves. Structure and constants
below are assumptions, chosen on forecasts from the ends of 2014 to 2018; ``kladsim dev monitor evaluate forecasts``
tests them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
from numpy.typing import NDArray

from kladsim.monitor import latent, own
from kladsim.monitor.library import WASTEWATER
from kladsim.monitor.periods import end_of
from kladsim.monitor.tables import DATA, read_rows

Array = NDArray[np.float64]
START = 2011.0
KILOMETRES = 400.0  # reach of the neighbourhood
MEMORY = 8.0  # years of a city's mean-reverting part
FADING = 2.0  # years over which the common trend fades
OFFSET = {"MDMA": 1.0, "amphetamine": 2.0, "cannabis": 5.0, "cocaine": 2.0, "ketamine": 1.0, "methamphetamine": 1.0}
PARTS = ("country", "area", "city", "common walk", "common trend", "area walk", "city return", "city walk")
PRIOR_SD = (0.5, 0.5, 0.4, 0.05, 0.05, 0.05, 0.2, 0.1)
PRIOR_NOISE = 0.2
OTHER_OFFSET = 1.0
POWER = 0.25  # of load: its scatter grows more slowly than the load itself (decision 022)
USUAL = 30.0  # offsets at which a step of the scale is a step of the log, so that priors are in log units


@dataclass(frozen=True, eq=False)
class Panel:
    """Rows of the panel: year, drug, and the place by number into the cities."""

    year: Array
    drug: NDArray[np.str_]
    city: NDArray[np.int64]
    load: Array
    cities: tuple[tuple[str, str], ...]
    where: Array

    def rows(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Panel:
        """Return the panel with the chosen rows only."""
        return Panel(
            self.year[chosen], self.drug[chosen], self.city[chosen], self.load[chosen], self.cities, self.where
        )

    def of(self, drug: str, until: float = np.inf) -> Panel:
        """Return one drug's rows up to a year."""
        return self.rows((self.drug == drug) & (self.year <= until))


def current_panel(as_of: date | None = None, now: date | None = None) -> Panel:
    """Return the panel with the person's own values added or revised.

    Parameters
    ----------
    as_of : a day; only what was published by then
    now : a day; without values of years that are not over then, unless they say when they were published
    """
    mine = [row for row in own.read_newest(as_of) if row["series"].startswith(WASTEWATER + "/")]
    mine = [row for row in mine if now is None or row["reported"] or _over(row, now)]
    if not mine:
        return shipped_panel()
    ship = shipped_panel()
    cells = {
        (int(y), str(d), *ship.cities[c]): float(v)
        for y, d, c, v in zip(ship.year, ship.drug, ship.city, ship.load, strict=True)
    }
    for row in mine:
        drug = row["series"].split("/")[-1]
        key = int(row["period"]), drug, row["country"], row["place"]
        cells.pop(key, None)
        if row["value"]:
            cells[key] = float(row["value"])
    return make_panel([(*key, load) for key, load in cells.items()])


def _over(row: dict[str, str], now: date) -> bool:
    return end_of(int(row["period"]), "year") <= now


@cache
def shipped_panel() -> Panel:
    """Return the shipped panel."""
    return make_panel(
        [
            (int(r["year"]), r["metabolite"], r["country_iso2"], r["city"], float(r["daily_mean"]))
            for r in read_rows(DATA / "open" / "wastewater.csv")
        ]
    )


def make_panel(rows: Sequence[tuple[int, str, str, str, float]]) -> Panel:
    """Return a panel of (year, drug, country, city, load); places without coordinates get their country's middle."""
    sites = {
        (r["country_iso2"], r["city"]): (float(r["lat"]), float(r["lon"]))
        for r in read_rows(DATA / "open" / "wastewater_sites.csv")
        if r["lat"] and r["lon"]
    }
    cities = tuple(sorted({(row[2], row[3]) for row in rows}))
    number = {key: i for i, key in enumerate(cities)}
    return Panel(
        year=np.array([row[0] for row in rows], dtype=float),
        drug=np.array([row[1] for row in rows]),
        city=np.array([number[row[2], row[3]] for row in rows], dtype=np.int64),
        load=np.array([row[4] for row in rows], dtype=float),
        cities=cities,
        where=np.array([_place(key, sites) for key in cities]),
    )


def _place(key: tuple[str, str], sites: dict[tuple[str, str], tuple[float, float]]) -> tuple[float, float]:
    if key in sites:
        return sites[key]
    same = [place for (country, _), place in sites.items() if country == key[0]] or list(sites.values())
    lat, lon = np.mean(np.array(same), axis=0)
    return float(lat), float(lon)


def offset_of(drug: str) -> float:
    """Return the constant added to a load, near the limit of quantification (mg per 1,000 people per day)."""
    return OFFSET.get(drug, OTHER_OFFSET)


def to_scale(load: Array, drug: str) -> Array:
    """Return loads on the scale of the model: their fourth root, in log units around usual loads."""
    constant = offset_of(drug)
    return np.asarray(((load + constant) / (USUAL * constant)) ** POWER / POWER)


def from_scale(value: Array, drug: str) -> Array:
    """Return the loads that have these values on the scale of the model, none below zero."""
    constant = offset_of(drug)
    return np.maximum(USUAL * constant * np.maximum(POWER * value, 0.0) ** (1 / POWER) - constant, 0.0)


def kilometres(a: Array, b: Array) -> Array:
    """Return great-circle distances between places in degrees."""
    lat_a, lon_a = np.radians(a[:, None, 0]), np.radians(a[:, None, 1])
    lat_b, lon_b = np.radians(b[None, :, 0]), np.radians(b[None, :, 1])
    half = np.sin((lat_a - lat_b) / 2) ** 2 + np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_a - lon_b) / 2) ** 2
    return np.asarray(12742.0 * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0))))


def parts(panel: Panel, city: NDArray[np.int64], year: Array, city2: NDArray[np.int64], year2: Array) -> Array:
    """Return the components' covariances, float64[8, n, m], between two sets of city and year."""
    country = np.array([key[0] for key in panel.cities])
    same_country = (country[city][:, None] == country[city2][None, :]).astype(float)
    same_city = (city[:, None] == city2[None, :]).astype(float)
    near = np.exp(-kilometres(panel.where, panel.where) / KILOMETRES)[np.ix_(city, city2)]
    walk = latent.random_walk(year, year2, START)
    trend = latent.damped_trend(year, year2, START, FADING)
    back = latent.mean_reverting(year, year2, MEMORY)
    return np.stack([same_country, near, same_city, walk, trend, near * walk, same_city * back, same_city * walk])


def variances(year: Array) -> Array:
    """Return the components' own variances, float64[8, m]."""
    one = np.ones_like(year)
    walk = year - START + 1.0
    trend = np.array([latent.damped_trend(y[None], y[None], START, FADING)[0, 0] for y in year])
    return np.stack([one, one, one, walk, trend, walk, one, walk])


def block_of(panel: Panel, drug: str) -> latent.Block:
    """Return one drug's rows as a block of the latent model."""
    return latent.Block(parts(panel, panel.city, panel.year, panel.city, panel.year), to_scale(panel.load, drug))


def fit_drug(panel: Panel, drug: str, start: Sequence[float] | None = None) -> latent.Fit:
    """Fit the variances of one drug on the rows given (a panel of that drug only)."""
    return latent.fit([block_of(panel, drug)], PRIOR_SD, PRIOR_NOISE, start=start)


def predict_drug(
    panel: Panel, drug: str, model: latent.Fit, city: NDArray[np.int64], year: Array
) -> tuple[Array, Array, Array]:
    """Return mean, latent and predictive standard deviation, on the model's scale, of one drug in cities and years."""
    cross = parts(panel, panel.city, panel.year, city, year)
    return latent.predict(block_of(panel, drug), cross, variances(year), model, units=(panel.city, city))
