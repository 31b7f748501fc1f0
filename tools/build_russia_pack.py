"""Build the Russian country pack from a folder of raw public data sets.

Usage: python tools/build_russia_pack.py DATA_FOLDER PACK_FOLDER

DATA_FOLDER holds one folder a data set (``russia_regions``, ``wpp_population``, ...), with their SOURCE.md;
PACK_FOLDER is ``src/kladsim/world/packs/russia``. Files written by hand (pack.yaml, events.csv, sources.csv,
assumptions.csv, the *_index.csv, notices, SOURCES.md) are left as they are. Standard library only.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path

from tables import Table, read, write

START_YEAR = 2014
FIRST_BIRTH, LAST_BIRTH = 1949, 2016
CLASSES = ("million+", "250k-1m", "100k-250k", "town", "rural")
CLASS_FLOORS = (1_000_000, 250_000, 100_000, 0)
MERGED_REGIONS = {"RU-SPE+RU-LEN": ("RU-SPE", "RU-LEN")}
ROSSTAT = "Rosstat"
WPP = "UN WPP 2024"


def mid_month(month: str) -> str:
    return f"{month}-15"


def mid_year(year: int | str) -> str:
    return f"{year}-07-01"


def build_regions(data: Path, pack: Path) -> list[str]:
    """Regions with the head count and age structure that share the national cohorts out."""
    population = {
        (r["region_iso"], r["year"]): r["population"]
        for r in read(data, "russia_regions/population_1990_2023.csv")
    }
    ages = {
        r["region_iso"]: r
        for r in read(data, "russia_regional_labour/regional_panel_2000_2020.csv")
        if r["year"] == str(START_YEAR - 1)
    }
    rows: Table = []
    for region in sorted(read(data, "russia_regions/regions.csv"), key=lambda r: r["iso_3166_2"]):
        code = region["iso_3166_2"]
        working = float(ages[code]["working_age_share_pct"])
        young = round(100 - working - float(ages[code]["above_working_age_share_pct"]), 1)
        rows.append(
            [
                code,
                region["name_en"],
                region["federal_district"],
                population[code, str(START_YEAR)],
                working,
                young,
                ROSSTAT,
            ]
        )
    write(pack / "regions.csv", "region,name,district,population,working_age_pct,young_pct,source", rows)
    return [str(row[0]) for row in rows]


def national_ages(data: Path) -> dict[tuple[int, int], tuple[int, int]]:
    return {
        (int(r["year"]), int(r["age"])): (int(r["male"]), int(r["female"]))
        for r in read(data, "wpp_population/population_single_year_2010_2035.csv")
        if r["iso3"] == "RUS"
    }


def build_cohorts(data: Path, pack: Path) -> None:
    """Cohort sizes: on 1 January 2014 for those aged 14-64 then, at the 14th birthday for later ones.

    WPP gives people by age on 1 July. Half of the cohort born in year b is then aged y - b, half y - b - 1;
    the value on 1 January is the mean of the two neighbouring Julys.
    """
    people = national_ages(data)

    def july(birth: int, year: int, sex: int) -> float:
        return (people[year, year - birth][sex] + people[year, year - birth - 1][sex]) / 2

    rows: Table = []
    for birth in range(FIRST_BIRTH, LAST_BIRTH + 1):
        if birth + 14 < START_YEAR:
            year, month = START_YEAR, "01-01"
            sizes = [(july(birth, START_YEAR - 1, s) + july(birth, START_YEAR, s)) / 2 for s in (0, 1)]
        else:
            year, month = birth + 14, "07-01"
            sizes = [july(birth, year, s) for s in (0, 1)]
        basis = "estimate" if year <= 2023 else "projection"
        rows.append([birth, round(sizes[0]), round(sizes[1]), f"{year}-{month}", basis, WPP])
    write(pack / "cohorts.csv", "birth_year,male,female,at,basis,source", rows)


def build_mortality(data: Path, pack: Path) -> None:
    """Death rates by age and sex of 2015-2020, and the yearly ratio of counted to expected deaths."""
    rates: dict[int, tuple[float, float]] = {}
    rows5 = [
        r
        for r in read(data, "wpp_vital/mortality_rates_5y_periods.csv")
        if r["iso3"] == "RUS" and r["period"] == "2015-2020"
    ]
    starts = [int(r["age_start"]) for r in rows5] + [101]
    for row, first, end in zip(rows5, starts, starts[1:], strict=False):
        for age in range(first, end):
            rates[age] = (float(row["mx_male"]), float(row["mx_female"]))
    write(
        pack / "mortality.csv",
        "age,male,female,source",
        [
            [age, male, female, f"{WPP} (wpp2024 five-year rates 2015-2020)"]
            for age, (male, female) in sorted(rates.items())
        ],
    )
    people = national_ages(data)
    deaths = {
        int(r["year"]): 1000 * float(r["deaths_thousand"])
        for r in read(data, "wpp_vital/vital_yearly_2005_2035.csv")
        if r["iso3"] == "RUS"
    }
    factors: Table = []
    for year in range(START_YEAR, 2031):
        expected = sum(people[year, age][sex] * rates[age][sex] for age in range(101) for sex in (0, 1))
        basis = "estimate" if year <= 2023 else "projection"
        factors.append([year, round(deaths[year] / expected, 4), basis, WPP])
    write(pack / "mortality_factor.csv", "year,factor,basis,source", factors)


def build_class_shares(data: Path, pack: Path, regions: list[str]) -> None:
    """Parts per million of a region's people by settlement class in 2010, from a CC BY-SA table."""
    population = {
        (r["region_iso"], r["year"]): int(r["population"])
        for r in read(data, "russia_regions/population_1990_2023.csv")
    }
    towns: dict[str, list[int]] = defaultdict(lambda: [0] * len(CLASSES))
    for town in read(data, "settlements/russia_towns_2010.csv"):
        if town["in_federal_city"] == "0" and town["population_2010"]:
            size = int(town["population_2010"])
            index = next(i for i, floor in enumerate(CLASS_FLOORS) if size >= floor)
            towns[town["region_iso"]][index] += size
    rows: Table = []
    for code in regions:
        total = population.get((code, "2010")) or population[code, "2011"]
        counts = towns[code]
        if code in ("RU-MOW", "RU-SPE"):
            counts = [total, 0, 0, 0, 0]
        counts[-1] = max(0, total - sum(counts[:-1]))
        rows += [
            [code, name, round(1e6 * count / sum(counts)), "hflabs/city (Wikipedia, census 2010)"]
            for name, count in zip(CLASSES, counts, strict=True)
        ]
    write(pack / "sharealike" / "class_shares.csv", "region,class,share_ppm,source", rows)


def build_regional(data: Path, pack: Path, regions: list[str]) -> None:
    """Regional values by year; the loader fills later years by holding the last value."""
    panel = {
        (r["region_iso"], int(r["year"])): r
        for r in read(data, "russia_regional_labour/regional_panel_2000_2020.csv")
    }
    population = {
        (r["region_iso"], int(r["year"])): int(r["population"])
        for r in read(data, "russia_regions/population_1990_2023.csv")
    }
    rows: Table = []

    def add(
        quantity: str, years: range, value: dict[tuple[str, int], float], basis: str, digits: int = 4
    ) -> None:
        rows.extend([quantity, c, y, round(value[c, y], digits), basis] for c in regions for y in years)

    def relative(values: dict[tuple[str, int], float], year: int) -> dict[tuple[str, int], float]:
        weights = {c: population[c, year] for c in regions}
        mean = sum(values[c, year] * weights[c] for c in regions) / sum(weights.values())
        return {(c, year): values[c, year] / mean for c in regions}

    unemployment = {key: float(r["unemployment_pct"]) for key, r in panel.items() if r["unemployment_pct"]}
    add("unemployment", range(2014, 2021), unemployment, "data", 2)
    national = national_unemployment(data, "unemployment_15plus_pct")
    later = {
        (c, y): unemployment[c, 2020] * national[y] / national[2020]
        for c in regions
        for y in range(2021, 2025)
    }
    add("unemployment", range(2021, 2025), later, "assumption", 2)

    product = {
        k: float(r["grp_mln_rub"]) / population[k]
        for k, r in panel.items()
        if r["grp_mln_rub"] and k in population
    }
    for year in range(2014, 2020):
        add("grp_rel", range(year, year + 1), relative(product, year), "data")
    basket = {key: float(r["fixed_basket_rub"]) for key, r in panel.items() if r["fixed_basket_rub"]}
    for year in range(2014, 2021):
        add("price_level", range(year, year + 1), relative(basket, year), "data")
    for quantity, file, column in (
        ("wage_rel", "mean_wage_2009_2015.csv", "mean_wage_rub_month"),
        ("income_rel", "income_per_capita_2009_2015.csv", "income_per_capita_rub_month"),
    ):
        values = {
            (r["region_iso"], int(r["year"])): float(r[column]) for r in read(data, f"russia_regions/{file}")
        }
        for year in (2014, 2015):
            add(quantity, range(year, year + 1), relative(values, year), "data")
    add("population", range(2014, 2024), {k: float(v) for k, v in population.items()}, "data", 0)
    write(pack / "regional.csv", "quantity,region,year,value,basis", rows)


def national_unemployment(data: Path, column: str) -> dict[int, float]:
    return {
        int(r["year"]): float(r[column])
        for r in read(data, "russia_macro/unemployment_yearly_10_countries_2005_2024.csv")
        if r["iso3"] == "RUS" and r[column]
    }


def build_series(data: Path, pack: Path) -> None:
    """National series that drive the model."""
    rows: Table = []
    for r in read(data, "russia_macro/cpi_monthly_2005_2025.csv"):
        if r["month"] >= "2012":
            rows.append(["cpi", mid_month(r["month"]), r["cpi_index_dec2015"], "data"])
    for r in read(data, "exchange_rates/monthly_2012_2026.csv"):
        if r["currency"] == "RUB":
            rows.append(["usd_rate", mid_month(r["month"]), r["units_per_usd"], "data"])
    for r in read(data, "russia_macro/russia_macro_yearly_2012_2024.csv"):
        rows.append(["mean_wage", mid_year(r["year"]), r["mean_wage_rub"], "data"])
    for r in read(data, "russia_macro/russia_macro_yearly_2012_2024.csv"):
        rows.append(["real_wage_index", mid_year(r["year"]), r["real_wage_index_2012"], "data"])
    for name, column in (
        ("unemployment", "unemployment_15plus_pct"),
        ("youth_unemployment", "unemployment_15_24_pct"),
    ):
        rows += [
            [name, mid_year(y), v, "data"]
            for y, v in national_unemployment(data, column).items()
            if y >= 2012
        ]
    rows += [["internet_share", mid_year(y), round(v / 100, 4), "data"] for y, v in INTERNET]
    rows += [["prisoners_total", day, total, "data"] for day, total, _, _ in PRISONERS]
    rows += [["prisoners_drug_observed", day, drug, basis] for day, _, drug, basis in PRISONERS]
    rows += [["prisoners_other", day, total - drug, "assumption"] for day, total, drug, _ in PRISONERS]
    write(pack / "series.csv", "series,date,value,basis", rows)


INTERNET = tuple(
    enumerate((66.0, 68.0, 70.5, 70.1, 73.1, 76.0, 80.9, 82.6, 85.0, 88.2, 90.4, 92.2, 94.4), start=2012)
)  # E324-E336
PRISONERS = (  # date, all prisoners, held for drug offences, basis of the latter
    ("2010-07-01", 860_000, 197_800, "assumption"),  # E127; 23 %, the lowest share of E124-E126
    ("2019-01-01", 563_166, 129_419, "data"),  # E124
    ("2024-01-01", 433_000, 142_890, "assumption"),  # E127; 33 % (E126)
)
CRIME_COLUMNS = ("total_crimes", "serious", "drugs", "murder", "theft")
FACT_TOPICS = ("drug_deaths", "drug_poisonings", "drug_poisoning_rate")


def build_observations(data: Path, pack: Path, regions: list[str]) -> None:
    """Official series that the model is compared with, never driven by."""
    facts = [r for r in read(data, "facts_rekeyed/drug_statistics_facts.csv") if r["region"] == "RUS"]
    rows: Table = [
        [
            r["topic"],
            mid_year(r["period_start"]),
            r["value"],
            "data" if r["quality"] == "exact" else r["quality"],
        ]
        for topic in FACT_TOPICS
        for r in facts
        if r["topic"] == topic
    ]
    write(pack / "observations.csv", "series,date,value,basis", rows)
    build_restricted(data, pack / "restricted", regions)


def build_restricted(data: Path, folder: Path, regions: list[str]) -> None:
    """Series without an open licence: registered crimes, and UNODC seizure cases."""
    crimes = [
        r for r in read(data, "russia_crime_monthly/registered_crimes_2003_2020.csv") if r["month"] >= "2010"
    ]
    rows: Table = [
        [f"crime_{c}", f"{r['month']}-01", int(float(r[c])), "data"]
        for c in CRIME_COLUMNS
        for r in crimes
        if r[c]
    ]
    write(folder / "observations.csv", "series,date,value,basis", rows)
    cases: dict[tuple[str, str], int] = defaultdict(int)
    for r in read(data, "unodc_ids_russia_regions/ids_russia_regions_2011_2013.csv"):
        if r["year"] in ("2012", "2013") and r["region_iso"] != "not_recorded":
            cases[r["drug_class"], r["region_iso"]] += int(r["n_cases"])
    known = {*regions, *MERGED_REGIONS}
    seizures: Table = [
        [drug, region, count, "UNODC IDS 2012-2013"]
        for (drug, region), count in sorted(cases.items())
        if region in known
    ]
    write(folder / "seizures.csv", "drug_class,region,cases,source", seizures)


def build_maps(data: Path, pack: Path) -> None:
    """Copy the boundaries, rounded as they are; the disputed area stays a file of its own."""
    for source, target in (("russia_admin1", "regions"), ("crimea_sevastopol", "disputed")):
        shape = json.loads((data / "geo" / f"{source}.geojson").read_text(encoding="utf-8"))
        path = pack / "maps" / f"{target}.geojson"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(shape, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Build every derived table of the pack."""
    if len(arguments) != 2:
        sys.stderr.write(__doc__ or "")
        return 2
    data, pack = Path(arguments[0]), Path(arguments[1])
    regions = build_regions(data, pack)
    build_cohorts(data, pack)
    build_mortality(data, pack)
    build_class_shares(data, pack, regions)
    build_regional(data, pack, regions)
    build_series(data, pack)
    build_observations(data, pack, regions)
    build_maps(data, pack)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
