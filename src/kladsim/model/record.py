"""What outcomes are made from: the records of one replicate and what is fixed of its run, without the simulation."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TypeVar, cast

import numpy as np

from kladsim.core.bundle import Bundle
from kladsim.core.errors import unknown_name
from kladsim.core.random_arrays import Floats, Ints
from kladsim.model.config import RunConfig
from kladsim.model.counters import INDEX
from kladsim.model.quantities import Timeline
from kladsim.model.recording import NATIONAL, Recording
from kladsim.model.tallies import STOCKS
from kladsim.model.today import Calendar
from kladsim.world.pack import Pack

Value = TypeVar("Value")


@dataclass(frozen=True)
class RunRecord:
    """The records of one replicate up to the morning of ``day``; those of a simulation cannot be written.

    Parameters
    ----------
    recording : daily and yearly records, in simulated persons
    config, pack : the run and its country
    parameters : value by name
    calendar, quantities : national drivers and named quantities of every day
    seed : key of the replicate's random numbers
    day, n_days : days simulated, and days of the whole run
    observed : what observers of other packages recorded, float64[n_days, columns] by name
    """

    recording: Recording
    config: RunConfig
    pack: Pack
    parameters: Mapping[str, float]
    calendar: Calendar
    quantities: Timeline
    seed: int
    day: int
    n_days: int
    observed: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def scale(self) -> float:
        """Persons for whom one simulated person stands."""
        return float(self.config.scale)

    @property
    def year_days(self) -> Ints:
        """Simulated days of each calendar year, at least 1: int64[years]."""
        return np.maximum(1, self.recording.year_days)

    def measures(self) -> bool:
        """Whether official series differ from the truth (M17)."""
        return bool(self.config.switches.get("M17", True))

    def daily(self, *counters: str) -> Floats:
        """Return the sum of counters on every day at full scale: float64[days]."""
        return self.recording.count[: self.day, _places(counters, INDEX, "counter")].sum(axis=1) * self.scale

    def daily_stock(self, *stocks: str) -> Floats:
        """Return the sum of stocks on every evening at full scale: float64[days]."""
        return self.recording.stock[: self.day, _places(stocks, _STOCK, "stock")].sum(axis=1) * self.scale

    def daily_national(self, name: str) -> Floats:
        """Return a national number on every day as it is recorded: float64[days]."""
        return self.recording.national[: self.day, _places((name,), _NATIONAL, "national record")[0]]

    def yearly(self, *counters: str) -> Floats:
        """Return the sum of counters by calendar year and region at full scale: float64[years, regions]."""
        return self.recording.year_count[:, :, _places(counters, INDEX, "counter")].sum(axis=2) * self.scale

    def mean_stock(self, *stocks: str) -> Floats:
        """Return the mean of stocks over the days of each year, at full scale: float64[years, regions]."""
        stock = self.recording.year_stock[:, :, _places(stocks, _STOCK, "stock")]
        return stock.sum(axis=2) * self.scale / self.year_days[:, None]

    def by_year(self, values: Floats) -> Floats:
        """Return daily values added up by calendar year: float64[years]."""
        years = self.calendar.years[: len(values)]
        return np.array([values[years == year].sum() for year in np.unique(years)])


def read_only(part: Value) -> Value:
    """Return an array as a view that cannot be written, and what holds arrays as a copy that holds such views."""
    if isinstance(part, np.ndarray):
        view = part.view()
        view.flags.writeable = False
        return view
    twin = SimpleNamespace(**dict(part.items())) if isinstance(part, Bundle) else copy(part)
    entries = twin if isinstance(twin, dict) else vars(twin)
    entries.update(
        (name, read_only(value)) for name, value in entries.items() if isinstance(value, np.ndarray | dict | Bundle)
    )
    return cast(Value, twin)  # it has the attributes of what it copies


def _places(names: tuple[str, ...], index: dict[str, int], kind: str) -> list[int]:
    """Return the columns of names; raise ``InputError`` with the nearest name for one that is not recorded."""
    for name in names:
        if name not in index:
            raise unknown_name(kind, name, index)
    return [index[name] for name in names]


_STOCK = {name: column for column, name in enumerate(STOCKS)}
_NATIONAL = {name: column for column, name in enumerate(NATIONAL)}
