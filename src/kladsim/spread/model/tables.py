"""The countries of the spread model: covariates, links between them, first signs and stages."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError, unknown_name
from kladsim.evidence.countries import find_country

DATA = Path(__file__).parents[1] / "data"
SOURCE = "RUS"
FIRST_YEAR, LAST_YEAR = 2014, 2025
"""Years at risk; 2025 is the last year of which anything is known."""
TABLES = ("collection", "countries", "internet", "links", "signs", "stages", "strictness")
NOT_YET = 9999
TIES_FULL = 1000.0
RECORDS_FULL = 20.0
DOUBT = 0.05
"""A sign is certain where less than this is left for no sign."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Reading(NamedTuple):
    """A first sign that a row on record may mean: a country by its place, earliest and latest year, and weight."""

    place: int
    earliest: int
    latest: int
    weight: float


@dataclass(frozen=True, eq=False)
class Record:
    """How a record of first signs may be read, with weights that add up to 1 over the readings of a country.

    Attributes
    ----------
    none : weight of no sign on record (n)
    sign : weight of a first sign in a year that the tables collected (n × years)
    own : weight of a first sign in a year that the tables missed and an event of the user tells (n × years)
    searched : 1 in the years that the tables' search could see (n × years)
    """

    none: Floats
    sign: Floats
    own: Floats
    searched: Floats

    @property
    def last(self) -> int:
        """Last year."""
        return FIRST_YEAR + int(self.sign.shape[1]) - 1

    @property
    def collected(self) -> Floats:
        """Weight of a first sign in a year in what collection multiplies (n × years)."""
        return self.sign - (self.none[:, None] + self.own) * self.searched


@dataclass(frozen=True, eq=False)
class CountryTables:
    """All countries but the source (Russia), in the order of ``iso3``; arrays of n countries.

    ``km``, ``border``, ``language`` and ``ties`` lead from column to row; their last column is the source.
    ``digital`` is n × years from ``FIRST_YEAR`` (centred at 60 % of persons online, 40 points = 1);
    ``strictness`` is -1 to 1 with error ``strictness_sd``. ``readings`` are what the rows on record may mean: the place
    of a country, earliest and latest year of its first sign, and the weight of that. ``sign`` holds the years of the
    middle reading of a country whose sign is certain (else ``NOT_YET``), ``dated`` its year where one
    is known (0: none). ``stage`` holds earliest and latest year of growth and of self-sustaining trade (0 and
    ``NOT_YET``: nothing known). ``records`` (0: none, 1: twenty records of other kinds) and ``read`` (1: Russian or
    English, in which pages were read, is a main language) are proxies of search effort; ``until`` is the last year in
    which a sign could have been collected.
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
    readings: tuple[Reading, ...]
    stage: Ints
    records: Floats
    read: Floats
    until: Ints
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
        kept = tuple(reading for reading in self.readings if reading.place != place)
        return replace(self, sign=sign, dated=dated, readings=kept, stage=stage)

    def with_signs(self, sign: Ints, stage: Ints) -> CountryTables:
        """The same world with other first signs (n × 2, ``NOT_YET`` for none), none of them in doubt, and stages."""
        places = np.flatnonzero(sign[:, 0] != NOT_YET)
        readings = tuple(Reading(int(i), int(sign[i, 0]), int(sign[i, 1]), 1.0) for i in places)
        return replace(self, sign=sign, dated=np.zeros_like(self.dated), readings=readings, stage=stage)

    def read_record(self, last: int = LAST_YEAR) -> Record:
        """What the tables say of first signs in the years to ``last``."""
        years = np.arange(FIRST_YEAR, last + 1)
        none, sign = np.ones(len(self)), np.zeros((len(self), len(years)))
        for place, earliest, latest, weight in self.readings:
            none[place] -= weight
            sign[place] += weight * ((earliest <= years) & (years <= latest))
        searched = (years <= self.until[:, None]).astype(np.float64)
        return Record(np.maximum(none, 0.0), sign, np.zeros_like(sign), searched)

    @property
    def signed(self) -> NDArray[np.bool_]:
        """Countries with a certain first sign on record."""
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
    sign, dated, readings, notes = _signs(tables["signs"], iso3)
    effort = tables["collection"].in_order(iso3)
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
        readings=readings,
        stage=_stages(tables["stages"], iso3),
        records=np.log1p(tables["collection"].numbers("records", 0, 1e6)[effort]) / np.log1p(RECORDS_FULL),
        read=tables["collection"].numbers("read", 0, 1)[effort],
        until=tables["collection"].numbers("until", FIRST_YEAR, LAST_YEAR)[effort].astype(np.int64),
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

    def in_order(self, iso3: tuple[str, ...]) -> Ints:
        """Return the row of each country; one without a row is an error."""
        row_of = {code: row for row, code in enumerate(self.column("iso3"))}
        missing = [code for code in iso3 if code not in row_of]
        if missing:
            raise InputError("country has no row", where=self.name, value=missing[0])
        self.places("iso3", {code: i for i, code in enumerate((*iso3, SOURCE))})
        return np.array([row_of[code] for code in iso3])


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
    rows = table.in_order(iso3)
    held = [int(key) for key in table.rows[0] if key.isdigit()]
    years = [str(min(max(held), year)) for year in range(FIRST_YEAR, LAST_YEAR + 1)]
    return np.stack([(table.numbers(year, 0, 100)[rows] - 60.0) / 40.0 for year in years], axis=1)


def _strictness(table: _Table, iso3: tuple[str, ...]) -> tuple[Floats, Floats]:
    rows = table.in_order(iso3)
    return table.numbers("level", -1, 1)[rows], table.numbers("sd", 0, 2)[rows]


def _signs(table: _Table, iso3: tuple[str, ...]) -> tuple[Ints, Ints, tuple[Reading, ...], tuple[str, ...]]:
    """Read first signs; of several rows of a country the first that is right counts, so each takes what is left."""
    places = table.places("iso3", {code: i for i, code in enumerate(iso3)})
    early, late = (
        table.numbers("earliest", FIRST_YEAR, LAST_YEAR + 1),
        table.numbers("latest", FIRST_YEAR, LAST_YEAR + 1),
    )
    dated, confidence = table.numbers("dated", FIRST_YEAR, LAST_YEAR, empty=0), table.numbers("confidence", 0, 1)
    for line, (low, high) in enumerate(zip(early, late, strict=True), start=2):
        if low > high:
            value = f"{low:.0f} > {high:.0f}"
            raise InputError("earliest is after latest", where=f"signs.csv, row {line}", value=value)
    middle, year = np.full((len(iso3), 2), NOT_YET, dtype=np.int64), np.zeros(len(iso3), dtype=np.int64)
    left, notes, readings = np.ones(len(iso3)), [""] * len(iso3), []
    for row in np.lexsort((early, late)):
        place, text = places[row], table.rows[row]
        weight = left[place] * confidence[row]
        left[place] -= weight
        if weight > 0:
            readings.append(Reading(int(place), int(early[row]), int(late[row]), float(weight)))
            notes[place] += f"{'; ' if notes[place] else ''}{text['note']} ({text['evidence']}, grade {text['grade']})"
        if left[place] <= 0.5 and middle[place, 0] == NOT_YET:
            middle[place], year[place] = (early[row], late[row]), dated[row]
    certain = left < DOUBT
    sign = np.where(certain[:, None], middle, NOT_YET)
    return sign, np.where(certain, year, 0), tuple(readings), tuple(notes)


def _stages(table: _Table, iso3: tuple[str, ...]) -> Ints:
    places = table.places("iso3", {code: i for i, code in enumerate(iso3)})
    out = np.tile(np.array([0, NOT_YET, 0, NOT_YET], dtype=np.int64), (len(iso3), 1))
    for column, key in enumerate(("growth_earliest", "growth_latest", "self_earliest", "self_latest")):
        out[places, column] = table.numbers(key, FIRST_YEAR, LAST_YEAR + 1, empty=float(out[0, column]))
    return out
