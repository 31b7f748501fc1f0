"""What a finished replicate says of everything that was ever published: one flat table of names and numbers.

Names carry the year or the window: ``registered_drug_crimes@2018``, ``receipts@2020Q4``. They are made once a run
and kept in the store, so that data can be read anew without running again. They stay inside the calibration.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.model import codes as k
from kladsim.model.counters import INDEX
from kladsim.model.recording import NATIONAL
from kladsim.model.tallies import STOCKS
from kladsim.study.measures import targets
from kladsim.study.measures.facts_of_platforms import after_closure

Values = dict[str, float]
Array = NDArray[np.float64]

YEARLY = (
    "people_who_use", "dependent", "in_treatment", "initiations", "deaths", "deaths_poisoning", "poisonings_nonfatal",
    "recruits", "laboratories_closed", "arrests_courier", "arrests_buyer", "convictions_trafficking",
    "convictions_possession", "convictions_minor", "convictions_young_share", "prison_years", "drug_share_of_prisoners",
    "victims_of_punishment", "synthetic_share_of_seizures", "registered_drug_crimes", "registered_dependent",
    "registered_deaths", "traced_receipts_usd", "courier_career_months", "psychoses",
)  # fmt: skip
DAILY = (
    "orders", "shops", "couriers", "street_share", "price_index", "courier_pay", "platforms_effective", "stock_days",
    "order_value_usd",
)  # fmt: skip
PATTERNS = ("closure_drop_week", "closure_regained", "effective_before", "effective_after", "leader_changes")
"""Of what followed the takedown, as patterns P04 to P06 name it (see the validation)."""
CLASSES = {"opioids": (k.OPIOID,), "stimulants": (k.AMPHETAMINE, k.MDMA, k.MEPHEDRONE, k.ALPHA_PVP)}
WINDOWS = {
    "2019-06..2020-07": (date(2019, 6, 1), date(2020, 8, 1)),
    "2022-01..04-05": (date(2022, 1, 1), date(2022, 4, 5)),
    "2022-03-15..04-05": (date(2022, 3, 15), date(2022, 4, 5)),
    "2022-04-05..04-12": (date(2022, 4, 5), date(2022, 4, 12)),
    "2022-06..11": (date(2022, 6, 5), date(2022, 11, 5)),
}


def summarise(s: Any) -> Values:
    """Return every number of a finished replicate that data can be held against, at full scale."""
    found: Values = {}
    for (name, part), value in targets.measure(s).items():
        found[f"{name}.{part}"] = value
    results = s.results()
    with np.errstate(invalid="ignore", divide="ignore"):
        found |= _yearly(s, results)
        found |= _daily(s, results)
        found |= _receipts(s)
        found |= _after_takedown(s)
        found |= _places(s)
    return {name: float(value) for name, value in found.items() if np.isfinite(value)}


def _years(s: Any) -> list[int]:
    return [int(year) for year in np.unique(s.calendar.years[: s.n_days])]


def _yearly(s: Any, results: Any) -> Values:
    found: Values = {}
    for name in YEARLY:
        if name not in results:
            continue
        values = np.asarray(results[name].values, dtype=np.float64)
        if values.ndim > 1:
            values = np.nansum(values.reshape(len(values), -1), axis=1)
        found |= {f"{name}@{year}": float(value) for year, value in zip(_years(s), values, strict=False)}
    return found


def _daily(s: Any, results: Any) -> Values:
    years = s.calendar.years[: s.n_days]
    found: Values = {}
    for name in DAILY:
        if name not in results:
            continue
        values = np.asarray(results[name].values, dtype=np.float64)
        found |= {f"{name}@{year}": float(np.nanmean(values[years == year])) for year in _years(s)}
    for year in _years(s):
        part = years == year
        for name in ("leader_share", "platforms_open"):
            found[f"{name}@{year}"] = float(s.recording.national[: s.n_days][part, NATIONAL.index(name)].mean())
        covered = s.recording.covered[year - 2014].sum() * max(1, s.recording.year_days[year - 2014])
        found[f"coverage@{year}"] = float(100.0 * covered / s.recording.year_stock[year - 2014, :, 0].sum())
        last = s.recording.buyers_year[: s.n_days][part]
        found[f"buyers@{year}"] = float(last.max() * s.config.scale / 1e6)
    return found


def _usd(s: Any, name: str = "revenue") -> Array:
    """Receipts of platforms (with their trade in other goods) or of own channels, US dollars a day."""
    kopecks = s.recording.count[: s.n_days, INDEX[name]] * float(s.config.scale)
    other = 1.0 - s._p["money.non_drug_share"] if name == "revenue" else 1.0
    return np.asarray(kopecks / 100.0 / s.calendar.usd_rate[: s.n_days] / other, dtype=np.float64)


def _receipts(s: Any) -> Values:
    found: Values = {}
    usd, own = _usd(s), _usd(s, "revenue_off_platform")
    for year in _years(s):
        part = s.calendar.years[: s.n_days] == year
        found[f"receipts@{year}"] = float(usd[part].sum())
        found[f"receipts_own@{year}"] = float(own[part].sum())
        for quarter in range(4):
            begin = date(year, 3 * quarter + 1, 1)
            end = date(year + (quarter == 3), 1 if quarter == 3 else 3 * quarter + 4, 1)
            found[f"receipts@{year}Q{quarter + 1}"] = float(usd[_part(s, begin, end)].sum())
    for name, (begin, end) in WINDOWS.items():
        found[f"receipts@{name}"] = float(usd[_part(s, begin, end)].sum())
    return found


def _part(s: Any, begin: date, end: date) -> slice:
    return slice(max(0, s.pack.day_of(begin)), min(s.day, s.pack.day_of(end)))


def _after_takedown(s: Any) -> Values:
    """How many platforms opened and led between the takedown and the end of 2022, and what patterns ask of it."""
    part = _part(s, date(2022, 4, 5), date(2022, 12, 31))
    leader = s.recording.national[part, NATIONAL.index("leader")]
    opened = np.maximum(0.0, np.diff(s.recording.national[part, NATIONAL.index("platforms_open")])).sum()
    found = {"platforms_opened@2022": float(opened), "leaders@2022": float(len(np.unique(leader)))}
    if s.day >= s.pack.day_of(date(2023, 4, 5)):
        known = after_closure(s)
        found |= {name: known[name] for name in PATTERNS}
    stock = s.recording.stock[_part(s, date(2021, 1, 1), date(2021, 12, 31)), STOCKS.index("couriers")]
    weekly = stock.astype(np.float64)[: len(stock) // 7 * 7].reshape(-1, 7).mean(axis=1)
    if len(weekly) and stock.mean() > 0:
        found["couriers_swing@2021"] = float(np.abs(weekly / stock.mean() - 1.0).max())
    return found


def _places(s: Any) -> Values:
    """Cases of the street by federal district, the first two years together: a pattern, never a level."""
    cases = s.recording.year_street[:2].sum(axis=0).astype(np.float64) * float(s.config.scale)
    district = np.array(s.pack.district_names)[np.asarray(s.pack.district)]
    found: Values = {}
    for name, codes in CLASSES.items():
        of = cases[:, list(codes)].sum(axis=1)
        for place in sorted(set(district.tolist())):
            found[f"cases_{name}@{place}"] = float(of[district == place].sum())
    return found
