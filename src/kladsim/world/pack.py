"""The country pack: one frozen value that holds all that the model knows of a country."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError, suggest, unknown_name
from kladsim.evidence.register import LocalValue
from kladsim.world.events import PackEvent, events_daily
from kladsim.world.maps import read_geojson
from kladsim.world.series import PackSeries
from kladsim.world.window import ValidationWindow


@dataclass(frozen=True)
class SourceRow:
    """Where one quantity of a pack comes from; ``basis`` is data, mixed or assumption."""

    item: str
    file: str
    unit: str
    source: str
    licence: str
    basis: str
    note: str


@dataclass(frozen=True, eq=False, repr=False)
class Pack:
    """Data of one country, validated; arrays are read-only.

    R regions, C non-empty cells (region x settlement class, sorted so), Y birth years, T years to end_year.

    Attributes
    ----------
    region_code : ISO 3166-2 codes, sorted
    district : int8[R], index into district_names
    cell_region, cell_class : int16[C] and int8[C]
    people : int64[C, Y], persons at full scale: residents on the start date for those aged 14-64 then, and in
        the year of the 14th birthday for later ones (the model applies deaths after that; no migration)
    male_share : float64[Y]
    mortality : float64[2, 101], deaths per person-year of men and women aged 0..100
    mortality_factor : float64[T], deaths of a year relative to those rates
    regional : float64[R, T] each; after the last datum the last value is held
    series : national series that drive the model
    observations : series that the model is compared with, never driven by
    seizure_cases : int64[R] by drug class (2012-2013), to compare with; empty without the restricted folder
    parameters : register values of this country, with ranges of their own
    weekdays : demand from Monday to Sunday relative to its mean; empty: the model's own
    measures : measurements that this pack asks for beside the usual ones
    scrape : how a scraper saw the market, for the measurement "scrape"
    window : past days and places in which supply may be shown by day and place
    digest : SHA-256 of the tables that a run depends on (not of maps, notes or the restricted folder)
    """

    name: str
    title: str
    iso3: str
    currency: str
    start: date
    end_year: int
    folder: Path
    digest: str
    region_code: tuple[str, ...]
    region_name: tuple[str, ...]
    district: NDArray[np.int8]
    district_names: tuple[str, ...]
    classes: tuple[str, ...]
    cell_region: NDArray[np.int16]
    cell_class: NDArray[np.int8]
    cohort_first_birth_year: int
    people: NDArray[np.int64]
    male_share: NDArray[np.float64]
    mortality: NDArray[np.float64]
    mortality_factor: NDArray[np.float64]
    regional: Mapping[str, NDArray[np.float64]]
    series: Mapping[str, PackSeries]
    events: tuple[PackEvent, ...]
    observations: Mapping[str, PackSeries] = field(default_factory=dict)
    seizure_cases: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    parameters: Mapping[str, LocalValue] = field(default_factory=dict)
    weekdays: tuple[float, ...] = ()
    measures: tuple[str, ...] = ()
    scrape: Mapping[str, float] = field(default_factory=dict)
    window: ValidationWindow | None = None
    meta: tuple[SourceRow, ...] = ()
    assumptions: tuple[str, ...] = ()

    def __repr__(self) -> str:
        size = f"{self.n_regions} regions, {self.n_cells} cells, {self.persons_at_start} persons"
        return f"Pack({self.name!r}, {size})"

    @property
    def n_regions(self) -> int:
        """Number of regions."""
        return len(self.region_code)

    @property
    def n_cells(self) -> int:
        """Number of non-empty cells."""
        return len(self.cell_region)

    @property
    def years(self) -> range:
        """Calendar years that the yearly arrays cover."""
        return range(self.start.year, self.end_year + 1)

    @property
    def persons_at_start(self) -> int:
        """Persons aged 14-64 on the start date."""
        return int(self.people[:, : self.start.year - 14 - self.cohort_first_birth_year].sum())

    def day_of(self, day: date) -> int:
        """Return the day number of a date (0 is the start; earlier dates are negative)."""
        return (day - self.start).days

    def date_of(self, day: int) -> date:
        """Return the date of a day number."""
        return date.fromordinal(self.start.toordinal() + day)

    def n_days(self, until: date) -> int:
        """Return the number of days from the start to ``until`` (exclusive).

        Raises
        ------
        InputError : before the start or after the years of the pack
        """
        last = date(self.end_year + 1, 1, 1)
        if not self.start < until <= last:
            raise InputError(
                "date outside the pack",
                where="until",
                value=until.isoformat(),
                allowed=f"after {self.start} and not after {last}",
            )
        return self.day_of(until)

    def region_index(self, code: str) -> int:
        """Return the index of an ISO 3166-2 code or of a region's English name.

        Raises
        ------
        InputError : with the nearest code
        """
        for known in (self.region_code, self.region_name):
            if code in known:
                return known.index(code)
        near = suggest(code, self.region_name) or suggest(code, self.region_code)
        if near in self.region_name:
            near = self.region_code[self.region_name.index(near)]
        raise InputError(
            "unknown region",
            where="region",
            value=code,
            allowed=f"one of {self.n_regions} ISO 3166-2 codes of {self.iso3}",
            suggestion=near,
        )

    def series_daily(self, name: str, n_days: int, start: date | None = None) -> NDArray[np.float64]:
        """Return a driving series as one value a day, float64[n_days], in ``series_unit(name)``."""
        return self._series(name).daily(n_days, start or self.start)

    def series_unit(self, name: str) -> str:
        """Return the unit of a driving series."""
        return self._series(name).unit

    def daily(self, name: str, n_days: int, start: date | None = None) -> NDArray[np.float64]:
        """Same as ``series_daily``."""
        return self.series_daily(name, n_days, start)

    def events_of(self, kind: str) -> tuple[PackEvent, ...]:
        """Return the events of one kind in order of date."""
        return tuple(event for event in self.events if event.kind == kind)

    def event_daily(self, kind: str, n_days: int, default: float = 1.0) -> NDArray[np.float64]:
        """Return the value of one kind of event a day from the start, ``default`` on days without one."""
        return events_daily(self.events, kind, n_days, self.start, default)

    def map_geojson(self, layer: str = "regions") -> dict[str, Any]:
        """Return the boundaries of the regions, or of the "disputed" areas, which every map draws hatched."""
        return read_geojson(self.folder, self.name, layer)

    def _series(self, name: str) -> PackSeries:
        if name not in self.series:
            raise unknown_name("series", name, self.series, where=f"pack {self.name}")
        return self.series[name]
