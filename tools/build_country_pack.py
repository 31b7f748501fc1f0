"""Build the tables of a country pack that public world data sets hold: people, deaths, economy.

Usage: python tools/build_country_pack.py DATA_FOLDER PACK_FOLDER

DATA_FOLDER holds ``wpp_population``, ``wpp_vital``, ``country_covariates`` and ``exchange_rates``, each with its
SOURCE.md; PACK_FOLDER holds a pack from ``kladsim new-country``, whose ``pack.yaml`` names the ISO code. Writes
cohorts.csv, mortality.csv, mortality_factor.csv, series.csv and series_index.csv; regions and all that is written by
hand stay as they are. Standard library only.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tables import Table, read, write

START, END = 2014, 2030
WPP = "UN WPP 2024"
GAPMINDER = "Gapminder (World Bank; ILO; ITU; UN)"
CC_BY = "CC BY 4.0"
RATES = "ECB; HM Revenue & Customs"
OPEN_RATES = "ECB, source named; OGL v3.0"


def manifest(pack: Path) -> dict[str, str]:
    """Return the plain ``key: value`` lines of pack.yaml."""
    lines = (pack / "pack.yaml").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("#")[0].partition(":") for line in lines if ":" in line.split("#")[0]]
    return {key.strip(): value.strip() for key, _, value in pairs}


def ages(data: Path, iso3: str) -> dict[tuple[int, int], tuple[int, int]]:
    """Return men and women by year and single age."""
    return {
        (int(r["year"]), int(r["age"])): (int(r["male"]), int(r["female"]))
        for r in read(data, "wpp_population/population_single_year_2010_2035.csv")
        if r["iso3"] == iso3
    }


def build_cohorts(data: Path, pack: Path, iso3: str) -> None:
    """Cohort sizes: on 1 January for those aged 14-64 at the start, in July of the 14th birthday for later ones.

    WPP gives people by age on 1 July: half of the cohort born in year b is then aged y - b, half y - b - 1.
    """
    people = ages(data, iso3)

    def july(birth: int, year: int, sex: int) -> float:
        return (people[year, year - birth][sex] + people[year, year - birth - 1][sex]) / 2

    rows: Table = []
    for birth in range(START - 65, END - 14 + 1):
        if birth + 14 < START:
            at, year = f"{START}-01-01", START
            sizes = [(july(birth, START - 1, s) + july(birth, START, s)) / 2 for s in (0, 1)]
        else:
            year = birth + 14
            at = f"{year}-07-01"
            sizes = [july(birth, year, s) for s in (0, 1)]
        rows.append([birth, *map(round, sizes), at, "estimate" if year <= 2023 else "projection", WPP])
    write(pack / "cohorts.csv", "birth_year,male,female,at,basis,source", rows)


def build_mortality(data: Path, pack: Path, iso3: str) -> None:
    """Death rates by age and sex of 2015-2020, and the yearly ratio of counted to expected deaths."""
    bands = [
        r
        for r in read(data, "wpp_vital/mortality_rates_5y_periods.csv")
        if r["iso3"] == iso3 and r["period"] == "2015-2020"
    ]
    rates: dict[int, tuple[float, float]] = {}
    for row, end in zip(bands, [int(r["age_start"]) for r in bands[1:]] + [101], strict=True):
        for age in range(int(row["age_start"]), end):
            rates[age] = (float(row["mx_male"]), float(row["mx_female"]))
    source = f"{WPP} (wpp2024 five-year rates 2015-2020)"
    rows: Table = [[age, *rates[age], source] for age in range(101)]
    write(pack / "mortality.csv", "age,male,female,source", rows)
    people = ages(data, iso3)
    factors: Table = []
    for r in read(data, "wpp_vital/vital_yearly_2005_2035.csv"):
        year = int(r["year"])
        if r["iso3"] == iso3 and START <= year <= END:
            expected = sum(people[year, age][sex] * rates[age][sex] for age in range(101) for sex in (0, 1))
            factor = round(1000 * float(r["deaths_thousand"]) / expected, 4)
            factors.append([year, factor, "estimate" if year <= 2023 else "projection", WPP])
    write(pack / "mortality_factor.csv", "year,factor,basis,source", factors)


def build_series(data: Path, pack: Path, iso3: str, currency: str) -> None:
    """National series; prices follow the GDP deflator and wages product per head where no better table is at hand."""
    years = {
        int(r["year"]): r
        for r in read(data, "country_covariates/gapminder_panel_1990_2024.csv")
        if r["iso3"] == iso3 and int(r["year"]) >= START - 2
    }
    jobs = {
        int(r["year"]): r
        for r in read(data, "russia_macro/unemployment_yearly_10_countries_2005_2024.csv")
        if r["iso3"] == iso3 and int(r["year"]) >= START - 2
    }
    rows: Table = []
    prices, first = 100.0, years[min(years)]

    def add(name: str, year: int, value: float, basis: str = "data") -> None:
        rows.append([name, f"{year}-07-01", round(value, 4), basis])

    level: dict[int, float] = {}
    for year in sorted(years):
        if year > min(years):
            prices *= 1.0 + float(years[year]["inflation_pct"] or 0) / 100.0
        level[year] = prices
        add("cpi", year, prices, "data" if years[year]["inflation_pct"] else "assumption")
    for year, row in years.items():
        real = 100.0 * float(row["gdp_pc_ppp"]) / float(first["gdp_pc_ppp"])
        add("real_wage_index", year, real, "assumption")
        add("mean_wage", year, real * level[year] / 10.0, "assumption")
    for year, row in years.items():
        if row["internet_users_pct"]:
            add("internet_share", year, float(row["internet_users_pct"]) / 100.0)
    for name, column in (("unemployment", "unemployment_15plus_pct"), ("youth_unemployment", "unemployment_15_24_pct")):
        for year, row in jobs.items():
            if row[column]:
                add(name, year, float(row[column]))
    for row in read(data, "exchange_rates/monthly_2012_2026.csv"):
        if row["currency"] == currency:
            rows.append(["usd_rate", f"{row['month']}-15", row["units_per_usd"], "data"])
    keep = [r for r in read(pack, "series.csv") if r["series"].startswith("prisoners")]
    rows += [[r[c] for c in ("series", "date", "value", "basis")] for r in keep]
    rows.sort(key=lambda r: (str(r[0]), str(r[1])))
    write(pack / "series.csv", "series,date,value,basis", rows)
    build_index(pack, currency)


def build_index(pack: Path, currency: str) -> None:
    """Unit, source and licence of every series; rows written by hand (prisoners) are kept."""
    deflator = "GDP deflator in place of consumer prices"
    product = "follows product per head at constant prices (assumption)"
    jobs = "ILO through Gapminder"
    index: Table = [
        ["cpi", "index (2012 = 100)", "year", "linear", GAPMINDER, CC_BY, deflator],
        ["usd_rate", f"{currency}/USD", "month", "linear", RATES, OPEN_RATES, ""],
        ["mean_wage", "index (2012 = 1000)", "year", "linear", GAPMINDER, CC_BY, product + " times cpi"],
        ["real_wage_index", "index (2012 = 100)", "year", "linear", GAPMINDER, CC_BY, product],
        ["unemployment", "percent of the labour force 15+", "year", "linear", jobs, CC_BY, ""],
        ["youth_unemployment", "percent of the labour force 15-24", "year", "linear", jobs, CC_BY, ""],
        ["internet_share", "share of people", "year", "linear", "ITU, World Bank through Gapminder", CC_BY, ""],
    ]
    columns = ("series", "unit", "freq", "method", "source", "licence", "note")
    kept = [r for r in read(pack, "series_index.csv") if r["series"].startswith("prisoners")]
    write(pack / "series_index.csv", ",".join(columns), index + [[r[c] for c in columns] for r in kept])


def main() -> None:
    data, pack = Path(sys.argv[1]), Path(sys.argv[2])
    said = manifest(pack)
    build_cohorts(data, pack, said["iso3"])
    build_mortality(data, pack, said["iso3"])
    build_series(data, pack, said["iso3"], said["currency"])


if __name__ == "__main__":
    main()
