"""Persons of a pack: regions, settlement classes, birth cohorts (exact integers), background mortality."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError
from kladsim.world.units import check_code, check_name, check_people
from kladsim.world.validate import PackTable

ENTRY_AGE = 14
LAST_AGE = 64
MAX_AGE = 100


@dataclass(frozen=True, eq=False)
class RegionTable:
    """Regions in the order of their codes, with the head counts that share national cohorts out."""

    code: tuple[str, ...]
    name: tuple[str, ...]
    district: NDArray[np.int8]
    district_names: tuple[str, ...]
    adult_weight: tuple[int, ...]
    young_weight: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class PopulationCells:
    """Non-empty cells (region x settlement class) by region, then class, with persons by birth year."""

    region: NDArray[np.int16]
    settlement: NDArray[np.int8]
    people: NDArray[np.int64]
    rural_share: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BirthCohorts:
    """National cohorts by birth year: men and women who are resident at the start, or when they turn 14."""

    first_birth_year: int
    male: NDArray[np.int64]
    female: NDArray[np.int64]

    @property
    def total(self) -> NDArray[np.int64]:
        """Persons of both sexes by birth year."""
        return np.asarray(self.male + self.female, dtype=np.int64)


def read_regions(folder: Path, label: str, iso3: str) -> RegionTable:
    """Read ``regions.csv``: code, name, district, population, shares of working age and younger.

    Raises
    ------
    InputError : a region that is no unit of ISO 3166-2 or large city of the country, or whose head count is not that of
        the census
    """
    columns = ("region", "name", "district", "population", "working_age_pct", "young_pct", "source")
    table = PackTable(folder / "regions.csv", f"{label}/regions.csv", columns)
    table.unique("region")
    codes = table.text("region")
    if codes != sorted(codes):
        row = next(i for i in range(1, len(codes)) if codes[i] < codes[i - 1])
        raise table.error("region", row, "regions must be sorted by code", codes[row])
    district = table.text("district")
    names = tuple(sorted(set(district)))
    population = table.ints("population", low=1)
    for row, (code, place, people) in enumerate(zip(codes, table.text("name"), population, strict=True)):
        check_code(code, iso3, people, table.where("region", row))
        check_name(place, table.where("name", row))
        check_people(code, people, table.where("population", row))
    working = table.floats("working_age_pct", low=0.0, high=100.0).tolist()
    young = table.floats("young_pct", low=0.0, high=100.0).tolist()
    return RegionTable(
        code=tuple(codes),
        name=tuple(table.text("name")),
        district=np.array([names.index(d) for d in district], dtype=np.int8),
        district_names=names,
        adult_weight=tuple(p * round(w * 10) // 1000 for p, w in zip(population, working, strict=True)),
        young_weight=tuple(p * round(y * 10) // 1000 for p, y in zip(population, young, strict=True)),
    )


def read_cohorts(folder: Path, label: str, start_year: int, end_year: int) -> BirthCohorts:
    """Read ``cohorts.csv`` and check that it covers every person aged 14 to 64 from start to end year."""
    columns = ("birth_year", "male", "female", "at", "basis", "source")
    table = PackTable(folder / "cohorts.csv", f"{label}/cohorts.csv", columns)
    table.unique("birth_year")
    first, last = start_year - LAST_AGE - 1, end_year - ENTRY_AGE
    years = table.ints("birth_year")
    if years != list(range(first, last + 1)):
        wanted = [a for a in range(first, last + 1) if a not in years]
        problem = (
            f"birth years {wanted} are missing" if wanted else "birth years must be in order, without others"
        )
        raise InputError(problem, where=f"{table.label}, column 'birth_year'", allowed=f"{first} to {last}")
    table.dates("at")
    return BirthCohorts(
        first,
        np.array(table.ints("male", low=1), dtype=np.int64),
        np.array(table.ints("female", low=1), dtype=np.int64),
    )


def read_class_shares(
    folder: Path, label: str, regions: RegionTable, classes: tuple[str, ...]
) -> NDArray[np.int64]:
    """Read ``class_shares.csv`` (or ``sharealike/class_shares.csv``): int64[R, K], parts per million of people."""
    shared = "sharealike/class_shares.csv"
    name = shared if (folder / shared).exists() else "class_shares.csv"
    table = PackTable(folder / name, f"{label}/{name}", ("region", "class", "share_ppm", "source"))
    table.unique("region", "class")
    shares = np.zeros((len(regions.code), len(classes)), dtype=np.int64)
    place = {code: i for i, code in enumerate(regions.code)}
    for code, settlement, share in zip(
        table.text("region", place),
        table.text("class", classes),
        table.ints("share_ppm", high=1_000_000),
        strict=True,
    ):
        shares[place[code], classes.index(settlement)] = share
    off = np.abs(shares.sum(axis=1) - 1_000_000) > len(classes)
    if off.any():
        code = regions.code[int(np.argmax(off))]
        raise InputError(
            f"shares of region {code} do not add to 1,000,000",
            where=f"{table.label}, column 'share_ppm'",
            value=int(shares[int(np.argmax(off))].sum()),
        )
    return shares


def build_cells(
    regions: RegionTable, shares: NDArray[np.int64], cohorts: BirthCohorts, start_year: int
) -> PopulationCells:
    """Share every national cohort out over the cells, so that each cohort total is exact.

    Those aged 14 and over at the start follow the people of working age, later entrants the young.
    """
    adult = np.concatenate(
        [apportion(np.array([w]), s)[:, 0] for w, s in zip(regions.adult_weight, shares, strict=True)]
    )
    young = np.concatenate(
        [apportion(np.array([w]), s)[:, 0] for w, s in zip(regions.young_weight, shares, strict=True)]
    )
    region, settlement = np.divmod(np.arange(shares.size), shares.shape[1])
    keep = np.flatnonzero((adult > 0) & (young > 0))
    n_adult = start_year - ENTRY_AGE - cohorts.first_birth_year
    people = np.concatenate(
        [apportion(cohorts.total[:n_adult], adult[keep]), apportion(cohorts.total[n_adult:], young[keep])],
        axis=1,
    )
    return PopulationCells(
        region[keep].astype(np.int16),
        settlement[keep].astype(np.int8),
        people,
        shares[:, -1] / shares.sum(axis=1),
    )


def apportion(totals: NDArray[np.int64], weights: NDArray[np.int64]) -> NDArray[np.int64]:
    """Share whole totals out by weights, largest remainders first: int64[len(weights), len(totals)].

    Columns sum to ``totals``; ties go to the earlier weight; integer arithmetic, equal on any processor.
    """
    product = weights[:, None] * totals[None, :]
    whole = int(weights.sum())
    out = product // whole
    order = np.argsort(-(product % whole), axis=0, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(len(weights))[:, None], axis=0)
    return np.asarray(out + (rank < totals - out.sum(axis=0)), dtype=np.int64)


def read_mortality(
    folder: Path, label: str, start_year: int, end_year: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Read death rates a year float64[2 sexes, ages 0..100], and the factor of each year float64[T]."""
    table = PackTable(folder / "mortality.csv", f"{label}/mortality.csv", ("age", "male", "female", "source"))
    if table.ints("age") != list(range(MAX_AGE + 1)):
        raise InputError("ages must run from 0 to 100 in order", where=f"{table.label}, column 'age'")
    rates = np.stack([table.floats("male", 0.0, 2.0), table.floats("female", 0.0, 2.0)])
    yearly = PackTable(
        folder / "mortality_factor.csv",
        f"{label}/mortality_factor.csv",
        ("year", "factor", "basis", "source"),
    )
    if yearly.ints("year") != list(range(start_year, end_year + 1)):
        raise InputError(
            f"years must run from {start_year} to {end_year} in order", where=f"{yearly.label}, column 'year'"
        )
    return rates, yearly.floats("factor", 0.01, 10.0)
