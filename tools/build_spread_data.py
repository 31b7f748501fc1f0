"""Build the tables of the spread model from the raw public tables.

Usage: ``python tools/build_spread_data.py RAW`` where RAW holds ``cepii_geodist``, ``wgi``, ``country_covariates``,
``russia_migration``, ``country_codes``, ``wpp_population``, ``wpp_vital``. Writes ``countries.csv``, ``internet.csv``,
``links.csv``, ``codes.csv``, ``people.csv`` and ``national.csv`` into ``src/kladsim/spread/data``. The hand-keyed
tables there (``signs.csv``, ``stages.csv``, ``strictness.csv``) are not touched.
"""

from __future__ import annotations

import csv
import math
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

TARGET = Path(__file__).parents[1] / "src" / "kladsim" / "spread" / "data"
OLD_CODES = {"ROM": "ROU", "ZAR": "COD", "TMP": "TLS", "PAL": "PSE", "YUG": "SRB"}
FIRST, LAST = 2012, 2024
MIGRATION = range(2000, 2014)  # before the trade existed, so that it cannot have caused the ties
GOVERNANCE = range(2013, 2024)
SMALLEST = 300_000
OPENED = 2026
NATIONAL = ("gdp_pc_ppp", "inflation_pct", "youth_unemployment_pct", "urban_pct")
INDICATORS = {"rl", "cc", "va"}
MERGED = {
    "Melanesia": "Oceania",
    "Micronesia": "Oceania",
    "Polynesia": "Oceania",
    "Australia and New Zealand": "Oceania",
    "": "Eastern Asia",
}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(name: str, header: Sequence[str], lines: Iterable[Sequence[object]]) -> None:
    with (TARGET / name).open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(header)
        out.writerows(lines)


def panel(raw: Path) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Population of 2020 and internet users by year, gaps filled on straight lines, ends held."""
    people: dict[str, float] = {}
    seen: dict[str, dict[int, float]] = defaultdict(dict)
    for row in rows(raw / "country_covariates" / "gapminder_panel_1990_2024.csv"):
        code, year = row["iso3"], int(row["year"])
        if row["internet_users_pct"]:
            seen[code][year] = float(row["internet_users_pct"])
        if row["population"] and year <= 2020:
            people[code] = float(row["population"])
    return people, {code: filled(values) for code, values in seen.items()}


def filled(values: dict[int, float]) -> list[float]:
    years = sorted(values)
    out = []
    for year in range(FIRST, LAST + 1):
        before = max((y for y in years if y <= year), default=years[0])
        after = min((y for y in years if y >= year), default=years[-1])
        share = 0.0 if after <= before else (year - before) / (after - before)
        out.append(values[before] + share * (values[after] - values[before]))
    return out


def governance(raw: Path) -> dict[str, dict[str, float]]:
    """Mean estimate of each indicator over 2013-2023."""
    sums: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows(raw / "wgi" / "wgi_1996_2023.csv"):
        if int(row["year"]) in GOVERNANCE and row["estimate"]:
            sums[row["iso3"]][row["indicator"]].append(float(row["estimate"]))
    return {code: {key: sum(v) / len(v) for key, v in by.items()} for code, by in sums.items()}


def movers(raw: Path) -> dict[str, float]:
    """Persons a year who moved between the country and Russia in either direction, 2000-2013."""
    total: dict[str, float] = defaultdict(float)
    for row in rows(raw / "russia_migration" / "russia_migration_1997_2019.csv"):
        if int(row["year"]) in MIGRATION and row["persons"]:
            total[row["partner_iso3"]] += float(row["persons"]) / len(MIGRATION)
    return total


def build(raw: Path) -> None:
    people, internet = panel(raw)
    wgi, moved = governance(raw), movers(raw)
    codes = {row["iso_alpha_3"]: row for row in rows(raw / "country_codes" / "country_codes.csv")}
    pairs = {}
    for row in rows(raw / "cepii_geodist" / "dist_cepii.csv"):
        one, two = (OLD_CODES.get(row[key], row[key]) for key in ("iso_o", "iso_d"))
        distance = row["distw"] or row["dist"]
        if one < two and distance:
            pairs[one, two] = (round(float(distance)), row["contig"], row["comlang_ethno"])
    in_pairs = {code for pair in pairs for code in pair}
    kept = sorted(
        code
        for code in codes
        if code in in_pairs
        and code in internet
        and people.get(code, 0) >= SMALLEST
        and INDICATORS <= wgi.get(code, {}).keys()
    )
    write(
        "countries.csv",
        ("iso3", "name", "region", "population_2020", "governance", "voice", "russian_language", "movers_per_100k"),
        [country(code, codes[code], people[code], wgi[code], moved.get(code, 0.0)) for code in kept],
    )
    write(
        "internet.csv",
        ("iso3", *range(FIRST, LAST + 1)),
        [(code, *(f"{value:.1f}" for value in internet[code])) for code in kept],
    )
    lines = ((*pair, *pairs[pair]) for pair in sorted(pairs) if set(pair) <= set(kept))
    write("links.csv", ("one", "two", "km", "border", "common_language"), lines)
    write("people.csv", ("iso3", "age_group", "male", "female"), ages(raw, kept))
    write("national.csv", ("iso3", *NATIONAL, "life_male", "life_female"), national(raw, kept))
    write("codes.csv", ("iso3", "numeric"), [(code, codes[code]["iso_numeric"].zfill(3)) for code in kept])
    lost = sorted(c for c in codes if c not in kept and people.get(c, 0) >= SMALLEST)
    sys.stdout.write(f"{len(kept)} countries; left out: {lost}\n")


def ages(raw: Path, kept: list[str]) -> list[tuple[object, ...]]:
    """Persons by age group and sex in the year in which an opened country starts (World Population Prospects)."""
    found = rows(raw / "wpp_population" / "population_age_group_2014_2030.csv")
    picked = [r for r in found if r["iso3"] in kept and int(r["year"]) == OPENED]
    return sorted((r["iso3"], r["age_group"], r["male"], r["female"]) for r in picked)


def national(raw: Path, kept: list[str]) -> list[tuple[object, ...]]:
    """Last known value of each national covariate since 2015, and life expectancy at the start."""
    last: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows(raw / "country_covariates" / "gapminder_panel_1990_2024.csv"):
        if int(row["year"]) >= 2015:
            last[row["iso3"]] |= {key: row[key] for key in NATIONAL if row[key]}
    life = {
        row["iso3"]: (row["life_exp_male"], row["life_exp_female"])
        for row in rows(raw / "wpp_vital" / "vital_yearly_2005_2035.csv")
        if int(row["year"]) == OPENED
    }
    return [(code, *(last[code].get(key, "") for key in NATIONAL), *life[code]) for code in kept]


def country(code: str, row: dict[str, str], people: float, wgi: dict[str, float], moved: float) -> tuple[object, ...]:
    spoken = {language.split("-")[0] for language in row["languages"].split(",")}
    return (
        code,
        row["cldr_display_name"] or row["official_name_en"],
        MERGED.get(row["sub_region_name"], row["sub_region_name"]),
        round(people),
        f"{(wgi['rl'] + wgi['cc']) / 2:.3f}",
        f"{wgi['va']:.3f}",
        int("ru" in spoken),
        f"{moved / people * 1e5:.2f}" if math.isfinite(moved) else "",
    )


if __name__ == "__main__":
    build(Path(sys.argv[1]))
