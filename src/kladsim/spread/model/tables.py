"""The countries of the spread model: covariates, links between them, first signs and stages."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError, unknown_name
from kladsim.evidence.countries import find_country

DATA = Path(__file__).parents[1] / "data"
SOURCE = "RUS"
FIRST_YEAR, LAST_YEAR = 2014, 2025
"""Years at risk; 2025 is the last year of which anything is known."""
TABLES = ("countries", "internet", "links", "signs", "stages", "strictness")
NOT_YET = 9999
TIES_FULL = 1000.0

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class CountryTables:
    """All countries but the source (Russia), in the order of ``iso3``; arrays of n countries.

    ``km``, ``border``, ``language`` and ``ties`` lead from column to row; their last column is the source.
    ``digital`` is n × years from ``FIRST_YEAR`` (centred at 60 % of persons online, 40 points = 1);
    ``strictness`` is -1 to 1 with error ``strictness_sd``. ``sign`` holds earliest and latest year of the first sign
    (``NOT_YET`` when none is known), ``dated`` the year that the re-keyed facts give (0: none). ``stage`` holds
    earliest and latest year of growth and of self-sustaining trade (0 and ``NOT_YET``: nothing known).
    """

    iso3: tuple[str, ...]
    name: tuple[str, ...]
    region: tuple[str, ...]
    region_of: Ints
    population: Floats
    strictness: Floats
    strictness_sd: Floats
    digital: Floats
    governance: Floats
    voice: Floats
    km: Floats
    border: Floats
    language: Floats
    ties: Floats
    size: Floats
    sign: Ints
    dated: Ints
    stage: Ints
    note: tuple[str, ...]
    digest: str

    def __len__(self) -> int:
        return len(self.iso3)

    def index(self, country: str) -> int:
        """Return the place of a country, given by code or name (see ``find_country``).

        Raises
        ------
        InputError : no such country, or one that the spread model does not hold
        """
        found = find_country(country, where="COUNTRY")
        if found.iso3 == SOURCE:
            raise InputError(
                "is the source of the spread, not a country that it reaches", where="COUNTRY", value=country
            )
        if found.iso3 not in self.iso3:
            raise InputError(
                f"{found.name} is no country of the spread model", where="COUNTRY", value=country,
                allowed=f"one of {len(self.iso3)} countries, see `kladsim spread outlook`",
            )  # fmt: skip
        return self.iso3.index(found.iso3)

    def without_record(self, place: int) -> CountryTables:
        """The same world as if nothing were known of one country's sign and stages."""
        sign, dated, stage = self.sign.copy(), self.dated.copy(), self.stage.copy()
        sign[place], dated[place], stage[place] = NOT_YET, 0, (0, NOT_YET, 0, NOT_YET)
        return replace(self, sign=sign, dated=dated, stage=stage)

    @property
    def signed(self) -> NDArray[np.bool_]:
        """Countries with a first sign on record."""
        return np.asarray(self.sign[:, 0] != NOT_YET)


def read_world(folder: Path | None = None) -> CountryTables:
    """Read the tables of the spread model from a folder (default: the ones that ship).

    Raises
    ------
    InputError : a table is missing or damaged: file, row, column and value are named
    """
    return _read(DATA if folder is None else Path(folder))


@lru_cache(maxsize=4)
def _read(folder: Path) -> CountryTables:
    tables = {name: _Table(folder / f"{name}.csv") for name in TABLES}
    countries = tables["countries"]
    codes = countries.column("iso3")
    if len(set(codes)) < len(codes):
        twice = next(code for code in codes if codes.count(code) > 1)
        raise InputError("country stands twice", where="countries.csv, iso3", value=twice)
    if SOURCE not in codes:
        raise InputError("the source is missing", where="countries.csv, iso3", allowed=SOURCE)
    iso3 = tuple(code for code in codes if code != SOURCE)
    order = {code: place for place, code in enumerate((*iso3, SOURCE))}
    keep = np.array([codes.index(code) for code in iso3])
    km, border, language = _links(tables["links"], order)
    russian = countries.numbers("russian_language", 0, 1)[np.array([codes.index(c) for c in order])]
    language = np.maximum(language, np.outer(russian, russian))
    movers = countries.numbers("movers_per_100k", 0, 1e5)[keep]
    ties = np.zeros_like(km)
    ties[:-1, -1] = np.log1p(movers) / np.log1p(TIES_FULL)
    people = countries.numbers("population_2020", 1, 2e9)
    population = people[keep]
    regions = tuple(sorted({countries.column("region")[i] for i in keep}))
    sign, dated, notes = _signs(tables["signs"], iso3)
    strict, strict_sd = _strictness(tables["strictness"], iso3)
    return CountryTables(
        iso3=iso3,
        name=tuple(countries.column("name")[i] for i in keep),
        region=regions,
        region_of=np.array([regions.index(countries.column("region")[i]) for i in keep]),
        population=population,
        strictness=strict,
        strictness_sd=strict_sd,
        digital=_digital(tables["internet"], iso3),
        governance=countries.numbers("governance", -3, 3)[keep],
        voice=countries.numbers("voice", -3, 3)[keep],
        km=km[:-1],
        border=border[:-1],
        language=language[:-1],
        ties=ties[:-1],
        size=np.minimum(1.0, np.sqrt(population / people[codes.index(SOURCE)])),
        sign=sign,
        dated=dated,
        stage=_stages(tables["stages"], iso3),
        note=notes,
        digest=hashlib.sha256(b"".join(t.bytes for t in tables.values())).hexdigest(),
    )


class _Table:
    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise InputError("table is missing", where=path.name, allowed=", ".join(f"{t}.csv" for t in TABLES))
        self.name, self.bytes = path.name, path.read_bytes()
        self.rows = list(csv.DictReader(self.bytes.decode("utf-8").splitlines()))
        if not self.rows:
            raise InputError("table holds no rows", where=path.name)

    def column(self, key: str) -> list[str]:
        if key not in self.rows[0]:
            raise unknown_name("column", key, self.rows[0], where=self.name)
        return [row[key] or "" for row in self.rows]

    def numbers(self, key: str, low: float, high: float, empty: float | None = None) -> Floats:
        out = np.empty(len(self.rows))
        for line, text in enumerate(self.column(key), start=2):
            where = f"{self.name}, row {line}, {key}"
            try:
                value = empty if empty is not None and text == "" else float(text)
            except ValueError:
                raise InputError("is no number", where=where, value=text) from None
            if value != empty and not low <= value <= high:
                raise InputError("is out of range", where=where, value=text, allowed=f"{low:g} to {high:g}")
            out[line - 2] = value
        return out

    def places(self, key: str, order: dict[str, int]) -> Ints:
        found = []
        for line, code in enumerate(self.column(key), start=2):
            if code not in order:
                raise unknown_name("country", code, order, where=f"{self.name}, row {line}, {key}")
            found.append(order[code])
        return np.array(found, dtype=np.int64)


def _complete(table: _Table, places: Ints, iso3: tuple[str, ...]) -> None:
    missing = set(range(len(iso3))) - set(places.tolist())
    if missing:
        raise InputError("country has no row", where=table.name, value=iso3[min(missing)])


def _links(table: _Table, order: dict[str, int]) -> tuple[Floats, Floats, Floats]:
    one, two = table.places("one", order), table.places("two", order)
    out = []
    for key, low, high in (("km", 1, 25_000), ("border", 0, 1), ("common_language", 0, 1)):
        square = np.full((len(order), len(order)), np.nan)
        square[one, two] = square[two, one] = table.numbers(key, low, high)
        np.fill_diagonal(square, 1.0 if key == "km" else 0.0)
        if np.isnan(square).any():
            row, column = np.argwhere(np.isnan(square))[0]
            codes = list(order)
            raise InputError("pair of countries is missing", where=table.name, value=f"{codes[row]}-{codes[column]}")
        out.append(square)
    return out[0], out[1], out[2]


def _digital(table: _Table, iso3: tuple[str, ...]) -> Floats:
    places = table.places("iso3", {code: i for i, code in enumerate((*iso3, SOURCE))})
    _complete(table, places, iso3)
    held = [int(key) for key in table.rows[0] if key.isdigit()]
    out = np.empty((len(iso3) + 1, LAST_YEAR - FIRST_YEAR + 1))
    for column, year in enumerate(range(FIRST_YEAR, LAST_YEAR + 1)):
        out[places, column] = table.numbers(str(min(max(held), year)), 0, 100)
    return (out[:-1] - 60.0) / 40.0


def _strictness(table: _Table, iso3: tuple[str, ...]) -> tuple[Floats, Floats]:
    places = table.places("iso3", {code: i for i, code in enumerate(iso3)})
    _complete(table, places, iso3)
    mean, sd = np.empty(len(iso3)), np.empty(len(iso3))
    mean[places], sd[places] = table.numbers("level", -1, 1), table.numbers("sd", 0, 2)
    return mean, sd


def _signs(table: _Table, iso3: tuple[str, ...]) -> tuple[Ints, Ints, tuple[str, ...]]:
    places = table.places("iso3", {code: i for i, code in enumerate(iso3)})
    sign = np.full((len(iso3), 2), NOT_YET, dtype=np.int64)
    dated = np.zeros(len(iso3), dtype=np.int64)
    sign[places, 0] = table.numbers("earliest", FIRST_YEAR, LAST_YEAR)
    sign[places, 1] = table.numbers("latest", FIRST_YEAR, LAST_YEAR)
    dated[places] = table.numbers("dated", FIRST_YEAR, LAST_YEAR, empty=0)
    for line, place in enumerate(places, start=2):
        if sign[place, 0] > sign[place, 1]:
            value = f"{sign[place, 0]} > {sign[place, 1]}"
            raise InputError("earliest is after latest", where=f"signs.csv, row {line}", value=value)
    notes = [""] * len(iso3)
    for place, row in zip(places, table.rows, strict=True):
        notes[place] = f"{row['note']} ({row['evidence']}, grade {row['grade']})"
    return sign, dated, tuple(notes)


def _stages(table: _Table, iso3: tuple[str, ...]) -> Ints:
    places = table.places("iso3", {code: i for i, code in enumerate(iso3)})
    out = np.tile(np.array([0, NOT_YET, 0, NOT_YET], dtype=np.int64), (len(iso3), 1))
    for column, key in enumerate(("growth_earliest", "growth_latest", "self_earliest", "self_latest")):
        out[places, column] = table.numbers(key, FIRST_YEAR, LAST_YEAR + 1, empty=float(out[0, column]))
    return out
