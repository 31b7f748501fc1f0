"""Facts of places, regions, prisons and registers."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.model.counters import INDEX
from kladsim.model.tallies import STOCKS
from kladsim.study.measures.experiments import arm_of
from kladsim.study.measures.facts import Facts, days, whole_years
from kladsim.study.measures.watching import ReplicateWatch

TARGET_REGION = str(arm_of("published", "local-crackdown").change.modifiers[0].region)
"""A large region, in which a local crackdown is looked at (nothing but its effect on the district leaves)."""


def measure(s: Any, watch: ReplicateWatch, since: date) -> Facts:
    """Return facts of adoption by place, of harm by region, of registers and young people convicted."""
    facts: Facts = {}
    years = whole_years(s, since)
    if since == s.pack.start and years:
        facts |= _places(s)
        facts |= _opiates(s, watch)
        facts |= _seasons(s, watch)
    facts |= _registers(s, years)
    online = s.results().get("arrests_online_share")
    if online is not None:  # a country whose police count arrests by means of sale
        facts |= {f"arrests_online_share@{s.pack.start.year + i}": float(v) for i, v in enumerate(online.values)}
    facts |= _lag(s, watch, since)
    facts |= _local(s, years)
    return facts


def rank_correlation(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Return Spearman's rank correlation with mean ranks for ties."""
    return float(np.corrcoef(_ranks(x), _ranks(y))[0, 1])


def _ranks(x: NDArray[np.float64]) -> NDArray[np.float64]:
    _, inverse, counts = np.unique(x, return_inverse=True, return_counts=True)
    first = np.cumsum(counts) - counts
    return np.asarray((first + (counts - 1) / 2.0)[inverse])


def _places(s: Any) -> Facts:
    """Rank correlation of the day a place opened with its size class; places still closed count as last."""
    cells = s.world.cells
    there = np.asarray(cells.size) > 0
    opened = np.where(np.asarray(cells.opened) >= 0, cells.opened, s.n_days + 1)[there].astype(np.float64)
    size = -np.asarray(cells.klass)[there].astype(np.float64)  # class 0 is the largest
    return {
        "adoption_by_size": rank_correlation(opened, size),
        "places_open": float((np.asarray(cells.opened) >= 0)[there].mean()),
    }


def _opiates(s: Any, watch: ReplicateWatch) -> Facts:
    """Correlation over regions of opiates on offer and fatal poisonings, both per resident, 2017 to 2021."""
    if s.day < s.pack.day_of(date(2022, 1, 1)):
        return {}
    part = days(s, date(2017, 1, 1), date(2022, 1, 1))
    weeks = [i for i, day in enumerate(watch.weeks) if part.start <= day < part.stop]
    offers = np.mean([watch.opiates[i] for i in weeks], axis=0)
    first, last = 2017 - s.pack.start.year, 2022 - s.pack.start.year
    deaths = s.recording.year_count[first:last, :, INDEX["deaths_poisoning"]].sum(axis=0)
    people = s.recording.year_stock[first:last, :, STOCKS.index("residents")].sum(axis=0)
    x, y = offers / people, deaths / people
    return {"opiates_and_deaths": float(np.corrcoef(x, y)[0, 1]), "opiates_and_deaths_rank": rank_correlation(x, y)}


def _registers(s: Any, years: list[int]) -> Facts:
    results = s.results()
    facts: Facts = {}
    names = ("registered_dependent", "registered_deaths", "registered_drug_crimes", "synthetic_share_of_seizures",
             "courier_career_months", "arrest_risk_courier", "convictions_young_share", "drug_share_of_prisoners",
             "traced_receipts_usd", "platform_accounts")  # fmt: skip
    for name in names:
        values = results[name].values
        for year in years:
            at = year - s.pack.start.year
            if at < len(values):
                facts[f"{name}@{year}"] = float(values[at])
    by_age = results["people_who_use_by_age"].values
    for year in years:
        total = by_age[year - s.pack.start.year].sum(axis=(0, 2))
        facts[f"users_young_share@{year}"] = float(total[:3].sum() / max(1.0, total.sum()))
        facts |= _young(s, year, facts[f"users_young_share@{year}"])
    return facts


def _lag(s: Any, watch: ReplicateWatch, since: date) -> Facts:
    """Weekly series from a branch on, for the lag of punishments behind reports."""
    start = s.pack.day_of(since)
    if start == 0:
        return {}
    facts: Facts = {}
    weeks = [i for i, day in enumerate(watch.weeks) if start <= day < start + 365]
    for number, i in enumerate(weeks):
        day = watch.weeks[i]
        week = slice(max(0, day - 6), day + 1)
        facts[f"not_found_week@{number}"] = float(s.recording.count[week, INDEX["not_found"]].sum())
        facts[f"punish_week@{number}"] = float(watch.punish[i][0])
        ready = watch.by_product["ready"][i] * float(s.config.scale)
        local = [2, 5, 6]
        facts[f"ready_local_week@{number}"] = float(ready[local].sum())
        facts[f"ready_week@{number}"] = float(ready.sum())
        facts[f"orders_week@{number}"] = float(s.recording.count[week, INDEX["orders"]].sum()) * float(s.config.scale)
        paid = sum(
            s.recording.count[week, INDEX[name]].sum() for name in ("revenue", "refunds", "revenue_off_platform")
        )
        facts[f"order_value_week@{number}"] = float(paid / max(1, s.recording.count[week, INDEX["orders"]].sum()))
        facts[f"price_cathinones_week@{number}"] = float(watch.by_product["price"][i][[5, 6]].mean())
        made = np.sum(watch.made[week], axis=0) * float(s.config.scale)
        facts[f"made_cathinones_week@{number}"] = float(made[[5, 6]].sum())
    return facts


def _local(s: Any, years: list[int]) -> Facts:
    """Orders and couriers in the region of a local crackdown, and in the rest of its federal district."""
    if TARGET_REGION not in s.pack.region_code:
        return {}
    target = s.pack.region_code.index(TARGET_REGION)
    district = np.asarray(s.pack.district) == s.pack.district[target]
    others = district.copy()
    others[target] = False
    facts: Facts = {}
    for year in years:
        at = year - s.pack.start.year
        for name, which in (("target", np.arange(len(district)) == target), ("neighbours", others)):
            facts[f"orders_{name}@{year}"] = float(s.recording.year_count[at, which, INDEX["orders"]].sum())
            couriers = s.recording.year_stock[at, which, STOCKS.index("couriers")].sum()
            facts[f"couriers_{name}@{year}"] = float(couriers / max(1, s.recording.year_days[at]))
    return facts


def _young(s: Any, year: int, share: float) -> Facts:
    """People under 30 among people who use, against their share of residents; and people who use among residents."""
    at, stock = year - s.pack.start.year, s.recording.year_stock
    people = float(stock[at, :, STOCKS.index("residents")].sum())
    using = float(sum(stock[at, :, STOCKS.index(name)].sum() for name in ("light", "heavy", "dependent")))
    born = s.pack.cohort_first_birth_year + np.arange(s.pack.people.shape[1])
    ages = year - born
    young = s.pack.people[:, (ages >= 14) & (ages < 30)].sum() / s.pack.people[:, (ages >= 14) & (ages < 65)].sum()
    return {f"users_young_over@{year}": share / float(young), f"users_share@{year}": using / max(1.0, people)}


def _seasons(s: Any, watch: ReplicateWatch) -> Facts:
    """Losses in winter against summer, variation of offers, regions with laboratories, men among recruits."""
    if s.day < s.pack.day_of(date(2022, 1, 1)):
        return {}
    part = days(s, date(2017, 1, 1), date(2022, 1, 1))
    month = np.array([s.pack.date_of(day).month for day in range(part.start, part.stop)])
    count = s.recording.count[part]
    stolen, there = count[:, INDEX["stolen_by_thieves"]], s.recording.stock[part, STOCKS.index("ready_there")]
    rate = [
        stolen[which].sum() / max(1, there[which].sum())
        for which in (np.isin(month, (12, 1, 2)), np.isin(month, (6, 7, 8)))
    ]
    weeks = [i for i, day in enumerate(watch.weeks) if s.pack.day_of(date(2019, 1, 1)) <= day < part.stop]
    ready = np.array([watch.by_product["ready"][i] for i in weeks])
    recruits, women = count[:, INDEX["recruits"]].sum(), count[:, INDEX["recruits_female"]].sum()
    return {
        "winter_loss_ratio": float(rate[0] / rate[1]) if rate[1] > 0 else np.nan,
        "cv_cathinones": _variation(ready[:, [5, 6]].sum(axis=1)),
        "cv_imports": _variation(ready[:, [1, 3, 4]].sum(axis=1)),
        "recruits_male_share": float(1.0 - women / max(1, recruits)),
        "regions_with_laboratories": float((s.recording.year_count[3:8, :, INDEX["produced"]].sum(axis=0) > 0).mean()),
    }


def _variation(values: NDArray[np.float64]) -> float:
    """Coefficient of variation around a half-year's moving mean."""
    level = np.convolve(values, np.ones(26) / 26.0, mode="valid")
    middle = values[13 : 13 + len(level)]
    return float(np.std(middle / np.maximum(level, 1e-9)))
