"""Open a country of the outlook as a country pack, so that its health burden and responses can be simulated.

The pack starts in 2026 at the stage that the outlook gives. Persons by age and sex are data (World Population
Prospects); survival, wages and what the register says by head of population are scaled by stated assumptions; what
remains is a marked placeholder that ``kladsim doctor pack`` lists. Such a pack compares responses; it forecasts
nothing.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kladsim.core.errors import unknown_name
from kladsim.evidence.countries import fold_name
from kladsim.evidence.register import load_register
from kladsim.spread.model.outlook import CountryOutlook, saved_outlook
from kladsim.spread.model.tables import DATA, SOURCE, read_world
from kladsim.world.people import ENTRY_AGE, LAST_AGE, MAX_AGE
from kladsim.world.scaffold import PLACEHOLDER, new_pack
from kladsim.world.units import country_code

START, END = 2026, 2030
WPP = "UN World Population Prospects 2024"
STAGES = {"arrival": 0.0003, "first sign": 0.001, "growth": 0.01, "self-sustaining": 0.05}
"""Share of people who use that buys on platforms at the start, by stage: assumption (Georgia's pack before arrival;
Russia's in 2014 is 0.035)."""
STRENGTH = {"arrival": 0.002, "first sign": 0.01, "growth": 0.1, "self-sustaining": 1.0}
"""Shops and laboratories at the start beside Russia's of 2014, by head of population: assumption."""
BY_HEAD = (
    "start.shops",
    "start.laboratories",
    "recruitment.reference_orders",
    "spread.reference_orders",
    "platform.seed_volume",
    "platform.first_capacity",
    "health.treatment_places",
    "production.least_import",
)
MONEY = (
    "courier.pay_per_drop",
    *(
        f"product.{n}_price"
        for n in ("cannabis", "opioid", "amphetamine", "mdma", "cocaine", "mephedrone", "alpha_pvp")
    ),
)
RUSSIAN_WAGE = 32495.0  # roubles a month, 2014 (Rosstat)
WAGE_SHARE = 0.8  # monthly wage over a twelfth of product per head: assumption, Russia's is near it
UNEMPLOYED, PRISONERS = 6.0, 0.0015  # percent, and share of people: placeholders
AGEING = 1.09  # growth of death rates with each year of age: assumption (Gompertz)


@dataclass(frozen=True, slots=True)
class Opened:
    """What was written: the pack's folder, the scenario to run, and the stage at which it starts."""

    folder: Path
    scenario: Path
    name: str
    stage: str
    people: int


def open_country(wanted: str, folder: Path, *, stage: str | None = None) -> Opened:
    """Write a country pack and a scenario; the country is given by code or name, ``stage`` replaces the outlook's.

    A country without a sign on record starts at arrival: the pack shows what follows if the trade arrives.

    Raises
    ------
    InputError : unknown country or stage, or a folder that is not empty
    StorageError : the folder cannot be written
    """
    world = read_world()
    code = world.iso3[world.index(wanted)]
    country = next(c for c in saved_outlook() if c.iso3 == code)
    chosen = stage or (country.status if country.status in STAGES else "arrival")
    if chosen not in STAGES:
        raise unknown_name("stage", chosen, STAGES, where="--stage")
    name = fold_name(country.name).replace(" ", "-")
    ages = _ages(code)
    people = round(sum(male + female for male, female in ages.values()))
    new_pack(folder, name=name, title=country.name, iso3=code, currency="USD", people=people)
    for file, rows in _tables(code, country, chosen, ages, people).items():
        with (folder / file).open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows(rows)
    manifest = (folder / "pack.yaml").read_text(encoding="utf-8")
    manifest += "measures: [burden_only]   # responsible use, rule 8: no outcome of supply or money\n"
    changed = manifest.replace("start: 2014-01-01", f"start: {START}-01-01").replace(
        "end_year: 2030", f"end_year: {END}"
    )
    (folder / "pack.yaml").write_text(changed, encoding="utf-8")
    (folder / "SOURCES.md").write_text(_sources_text(country, chosen), encoding="utf-8")
    scenario = folder / "scenario.yaml"
    text = _scenario(name, folder, people)
    scenario.write_text(text, encoding="utf-8")
    frozen = (
        text.replace(f"name: {name}\n", f"name: {name}-frozen\n")
        + "mechanisms: {M1: false}   # channels stay as they are\n"
    )
    (folder / "frozen.yaml").write_text(frozen, encoding="utf-8")
    return Opened(folder, scenario, name, chosen, people)


Rows = Sequence[Sequence[object]]
Ages = dict[str, tuple[float, float]]


def _rows(file: str, iso3: str) -> list[dict[str, str]]:
    with (DATA / file).open(encoding="utf-8", newline="") as stream:
        return [row for row in csv.DictReader(stream) if row["iso3"] == iso3]


def _ages(iso3: str) -> Ages:
    return {row["age_group"]: (float(row["male"]), float(row["female"])) for row in _rows("people.csv", iso3)}


def _national(iso3: str) -> dict[str, float]:
    """Covariates of the country; the median of all countries where one is not known."""
    with (DATA / "national.csv").open(encoding="utf-8", newline="") as stream:
        table = list(csv.DictReader(stream))
    own = next(row for row in table if row["iso3"] == iso3)
    return {
        key: float(own[key]) if own[key] else float(np.median([float(r[key]) for r in table if r[key]]))
        for key in own
        if key != "iso3"
    }


def _tables(iso3: str, country: CountryOutlook, stage: str, ages: Ages, people: int) -> dict[str, Rows]:
    national = _national(iso3)
    wage = WAGE_SHARE * national["gdp_pc_ppp"] / 12.0
    return {
        "regions.csv": _regions(iso3, ages, people),
        "cohorts.csv": _cohorts(ages),
        "class_shares.csv": _classes(iso3, national["urban_pct"]),
        "mortality.csv": _mortality(national["life_male"], national["life_female"]),
        "mortality_factor.csv": _factors(),
        "regional.csv": _regional(iso3, people),
        "regional_index.csv": _regional_index(),
        "series.csv": _series(iso3, people, national, wage),
        "series_index.csv": _series_index(),
        "parameters.csv": _parameters(stage, people, wage),
        "assumptions.csv": _assumptions(country, stage),
    }


def _regions(iso3: str, ages: Ages, people: int) -> Rows:
    working = sum(sum(v) for k, v in ages.items() if k not in ("0-14", "65+"))
    young = sum(ages["0-14"])
    header = ["region", "name", "district", "population", "working_age_pct", "young_pct", "source"]
    row = [country_code(iso3), "Whole country", "Whole country", people, f"{100 * working / people:.1f}"]
    return [header, [*row, f"{100 * young / people:.1f}", WPP]]


def _cohorts(ages: Ages) -> Rows:
    """One cohort a year of birth: age groups in equal parts, later entrants from those under 15."""
    rows: list[Sequence[object]] = [["birth_year", "male", "female", "at", "basis", "source"]]
    for birth in range(START - LAST_AGE - 1, END - ENTRY_AGE + 1):
        age = START - 1 - birth
        low = min(60, max(0, age // 5 * 5))
        male, female = (n / (15 if age < 15 else 5) for n in ages["0-14" if age < 15 else f"{low}-{low + 4}"])
        at = f"{START}-01-01" if birth + ENTRY_AGE < START else f"{birth + ENTRY_AGE}-07-01"
        rows.append([birth, max(1, round(male)), max(1, round(female)), at, "estimate", WPP])
    return rows


def _classes(iso3: str, urban: float) -> Rows:
    town = round(urban * 10_000)
    parts = {"250k-1m": town // 2, "town": town - town // 2, "rural": 1_000_000 - town}
    source = "Gapminder: persons in towns; halved between large and small towns (assumption)"
    names = ("million+", "250k-1m", "100k-250k", "town", "rural")
    rows = [[country_code(iso3), name, parts.get(name, 0), source] for name in names]
    return [["region", "class", "share_ppm", "source"], *rows]


def _mortality(male: float, female: float) -> Rows:
    """Death rates that rise by one factor a year of age and give the life expectancy of the data."""
    levels = [_level(life) for life in (male, female)]
    source = f"{WPP}: life expectancy at birth; shape over ages assumed (Gompertz)"
    header = ["age", "male", "female", "source"]
    return [
        header,
        *([a, *(f"{min(1.0, level * AGEING**a):.6f}" for level in levels), source] for a in range(MAX_AGE + 1)),
    ]


def _level(life: float) -> float:
    low, high = 1e-7, 1e-1
    for _ in range(80):
        middle = math.sqrt(low * high)
        alive, years = 1.0, 0.0
        for age in range(120):
            years += alive * math.exp(-0.5 * middle * AGEING**age)
            alive *= math.exp(-middle * AGEING**age)
        low, high = (middle, high) if years > life else (low, middle)
    return low


def _factors() -> Rows:
    rows = [[year, 1.0, "assumption", "death rates are held"] for year in range(START, END + 1)]
    return [["year", "factor", "basis", "source"], *rows]


def _regional(iso3: str, people: int) -> Rows:
    values = {"unemployment": UNEMPLOYED, "wage_rel": 1.0, "grp_rel": 1.0, "price_level": 1.0, "population": people}
    rows = [[name, country_code(iso3), START, value, "assumption"] for name, value in values.items()]
    return [["quantity", "region", "year", "value", "basis"], *rows]


def _regional_index() -> Rows:
    units = {"unemployment": "percent of the labour force", "population": "persons on 1 January"}
    names = ("unemployment", "wage_rel", "grp_rel", "price_level", "population")
    note = "one region: every relation to the nation is 1"
    rows = [[name, units.get(name, "1 (national mean = 1)"), WPP if name == "population" else "assumption", "", note]
            for name in names]  # fmt: skip
    return [["quantity", "unit", "source", "licence", "note"], *rows]


def _series(iso3: str, people: int, national: dict[str, float], wage: float) -> Rows:
    rise = 1.0 + min(30.0, max(0.0, national["inflation_pct"])) / 100.0
    rows: list[Sequence[object]] = [["series", "date", "value", "basis"]]
    for year in range(START, END + 1):
        rows.append(["cpi", f"{year}-07-01", f"{100 * rise ** (year - START):.3f}", "assumption"])
        rows.append(["mean_wage", f"{year}-07-01", f"{wage * rise ** (year - START):.2f}", "assumption"])
    online = float(_rows("internet.csv", iso3)[0]["2024"]) / 100.0
    held = (
        ("usd_rate", 1.0, "assumption"),
        ("real_wage_index", 100.0, "assumption"),
        ("unemployment", UNEMPLOYED, PLACEHOLDER),
        ("youth_unemployment", f"{national['youth_unemployment_pct']:.1f}", "data"),
        ("internet_share", f"{online:.3f}", "data"),
        ("prisoners_total", round(PRISONERS * people), PLACEHOLDER),
        ("prisoners_other", round(0.8 * PRISONERS * people), PLACEHOLDER),
    )
    return [*rows, *([name, f"{START}-07-01", value, basis] for name, value, basis in held)]


def _series_index() -> Rows:
    named = {
        "cpi": ("index", "the last known inflation goes on"),
        "usd_rate": ("USD/USD", "money is in international dollars"),
        "mean_wage": ("USD/month", f"{WAGE_SHARE} of a twelfth of product per head (assumption)"),
        "real_wage_index": ("index (2026 = 100)", "held"),
        "unemployment": ("percent of the labour force 15+", PLACEHOLDER),
        "youth_unemployment": ("percent of the labour force 15-24", "last known value; the world's median if none"),
        "internet_share": ("share of people", "2024, held"),
        "prisoners_total": ("persons", PLACEHOLDER),
        "prisoners_other": ("persons", PLACEHOLDER),
    }
    origin = "Gapminder (World Bank; ILO; ITU; UN)"
    rows = [[name, unit, "assumption" if note == PLACEHOLDER else origin, "year", "CC BY 4.0", note]
            for name, (unit, note) in named.items()]  # fmt: skip
    header = ["series", "unit", "freq", "method", "source", "licence", "note"]
    return [header, *([n, unit, "year", "linear", source, licence, note] for n, unit, source, _, licence, note in rows)]


def _parameters(stage: str, people: int, wage: float) -> Rows:
    register, share = load_register(), people / _russians()
    rows: list[Sequence[object]] = [["parameter", "value", "low", "high", "unit", "source"]]

    def add(name: str, value: float, why: str) -> None:
        rows.append(
            [
                name,
                f"{value:.6g}",
                f"{value / 5:.6g}",
                f"{value * 5:.6g}",
                register[name].unit.replace("RUB", "USD"),
                why,
            ]
        )

    add("start.platform", STAGES[stage], f"assumption: the outlook's stage is {stage}")
    for name in BY_HEAD:
        factor = share * (STRENGTH[stage] if name.startswith("start.") else 1.0)
        add(name, max(1.0, register[name].value * factor), "assumption: the register value by head of population")
    for name in MONEY:
        add(name, register[name].value * wage / RUSSIAN_WAGE, "assumption: the register value in hours of mean wage")
    return rows


def _russians() -> float:
    return next(float(row["population_2020"]) for row in _rows("countries.csv", SOURCE))


def _assumptions(country: CountryOutlook, stage: str) -> Rows:
    rows = (
        ("start", f"the trade is at the stage {stage} on 1 January {START}", f"outlook: {country.status}"),
        ("start.platform", "share of buyers on platforms by stage", "no country was counted at its first sign"),
        ("cohorts", "years of birth in an age group have as many persons each; nobody moves", "groups of five years"),
        ("mortality", "death rates rise by one factor a year of age", "only life expectancy is at hand"),
        ("class_shares", "half of persons in towns live in large ones", "no table by size of town is at hand"),
        ("parameters", "shops, capacity and treatment by head of population as in Russia", "no table is at hand"),
        ("prices", "the register's values in hours of mean wage", "no table is at hand"),
        ("use", "use of drugs, policing, health and justice as in Russia", "to be replaced by data"),
    )  # fmt: skip
    return [["item", "assumption", "reason"], *rows]


def _sources_text(country: CountryOutlook, stage: str) -> str:
    return f"""# Sources of the pack {country.name}

Written by `kladsim spread open {country.iso3}` at the stage {stage}. Every value that is not data is marked as an
assumption; rows marked as placeholder wait for data (`kladsim doctor pack` lists them). It compares responses under
assumptions taken from Russia and forecasts nothing.

| table | origin | licence |
| --- | --- | --- |
| regions.csv, cohorts.csv, mortality.csv | {WPP}, through Gapminder and this project | CC BY 3.0 IGO; CC BY 4.0 |
| class_shares.csv, series.csv | Gapminder (World Bank; ILO; ITU; UN) | CC BY 4.0 |
| parameters.csv | the register of kladsim, scaled | Apache-2.0 |
"""


def _scenario(name: str, folder: Path, people: int) -> str:
    scale = next(k for k in (1, 10, 100, 1000) if people / k <= 2_000_000 or k == 1000)
    return f"""# What follows in {name} from the stage of the outlook on; add levers to compare responses.
name: {name}
country: {name}   # found where KLADSIM_PACKS={folder.name} or its parent is set
start: {START}-01-01
until: {END + 1}-01-01   # first day after the run
scale: 1/{scale}
seed: 1
"""
