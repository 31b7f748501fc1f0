"""Observation models: how what was published comes from what is true, with reporting rate, delay and error.

``data/observations.csv`` lists what is fitted and ``data/holdout.csv`` what is kept out. Both were written before this
calibration was computed, but after the model had been fitted by hand to targets of the same years.
A row's ``low`` and ``high`` hold 90 % of the error of the observation (a target's tolerance, or the assumption in its
note); ``between`` is the further standard deviation between sources that disagree. Numbers are compared on the scale on
which errors are alike: logarithm, logit, the logarithm of what a fall leaves, or as they are. Years and windows are the
delay: a row is held against the window in which its source counted.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import InputError
from kladsim.inference.calibration.store import DATA

Array = NDArray[np.float64]
Values = Mapping[str, float]
SCALES = ("log", "logit", "fall", "linear")
NORMAL_90 = 1.6448536
LEAST = 0.05  # a simulated number below this share of the published one counts as that share (sampled counts may be 0)


@dataclass(frozen=True)
class Datum:
    """One published number.

    Parameters
    ----------
    id, quantity : its name, and the name of the simulated number it is held against (see ``summaries``)
    value, low, high : as published, with 90 % of its error
    scale : on which the error is normal
    between : further standard deviation between sources, on that scale
    rate : share of the truth that the source sees, between two bounds
    """

    id: str
    quantity: str
    value: float
    low: float
    high: float
    scale: str
    between: float = 0.0
    rate: tuple[float, float] = (1.0, 1.0)
    source: str = ""
    note: str = ""

    @property
    def observed(self) -> float:
        """The published number on its scale."""
        return float(self.transform(np.array(self.value)))

    @property
    def sd(self) -> float:
        """Standard deviation of the error on the scale."""
        low, high = (float(self.transform(np.array(end))) for end in (self.low, self.high))
        return float(np.hypot((high - low) / (2.0 * NORMAL_90), self.between))

    def transform(self, values: Array) -> Array:
        """Return numbers on the scale; what lies outside the scale is cut to its edge."""
        v = np.asarray(values, dtype=np.float64)
        if self.scale == "log":
            return np.asarray(np.log(np.maximum(v, LEAST * abs(self.value))))
        if self.scale == "fall":
            return np.asarray(np.log(np.maximum(1.0 + v / 100.0, 0.005)))
        if self.scale == "logit":
            share = np.clip(v / self._whole, 0.005, 0.995)
            return np.asarray(np.log(share / (1.0 - share)))
        return v

    def back(self, values: Array) -> Array:
        """Return numbers of the scale as they are published."""
        v = np.asarray(values, dtype=np.float64)
        if self.scale == "log":
            return np.asarray(np.exp(v))
        if self.scale == "fall":
            return np.asarray(100.0 * (np.exp(v) - 1.0))
        if self.scale == "logit":
            return np.asarray(self._whole / (1.0 + np.exp(-v)))
        return v

    @property
    def _whole(self) -> float:
        return 100.0 if self.value > 1.0 else 1.0  # shares are published in percent or as they are

    def seen(self, truth: Array, luck: Array, share: Array) -> Array:
        """Return what a source would publish of simulated numbers: times its rate, plus its error, on the scale.

        ``luck`` is standard normal and ``share`` uniform, of the shape of ``truth``.
        """
        low, high = self.rate
        rated = truth * (low + share * (high - low)) if high > low or low < 1.0 else truth
        return np.asarray(self.transform(rated) + self.sd * luck)


def derive(values: Values) -> dict[str, float]:
    """Return simulated numbers with those that are made of several: means over years, sums, shares and ratios."""
    if not values:
        return {}
    found = dict(values)
    v = values.get

    def mean(name: str, first: int, last: int) -> float:
        return float(np.mean([v(f"{name}@{year}", np.nan) for year in range(first, last + 1)]))

    for year in range(2014, 2025):
        found[f"convictions@{year}"] = v(f"convictions_trafficking@{year}", np.nan) + v(
            f"convictions_possession@{year}", np.nan
        )
        base = mean("registered_drug_crimes", 2014, 2019)
        found[f"registered_drug_crimes@{year}/1419"] = v(f"registered_drug_crimes@{year}", np.nan) / base
    found["synthetic_share_of_seizures@mean1722"] = mean("synthetic_share_of_seizures", 2017, 2022)
    found["convictions_young_share@1618"] = mean("convictions_young_share", 2016, 2018)
    found["registered_deaths@1618"] = mean("registered_deaths", 2016, 2018)
    found["registered_deaths@1819"] = mean("registered_deaths", 2018, 2019)
    found["minors@1419"] = mean("convictions_minor", 2014, 2019)
    _money(found, values)
    for group in ("opioids", "stimulants"):
        of = {name: value for name, value in values.items() if name.startswith(f"cases_{group}@")}
        whole = sum(of.values())
        found |= {name.replace("cases_", "share_"): value / max(1.0, whole) for name, value in of.items()}
    return {name: float(value) for name, value in found.items() if np.isfinite(value)}


def _money(found: dict[str, float], values: Values) -> None:
    """Receipts in billions, those of the leader, and the ratios around the takedown."""
    for name, value in values.items():
        if name.startswith("receipts"):
            found[name] = value / 1e9
    for name, share in (("2020Q4", "leader_share@2020"), ("2022-01..04-05", "T03.0")):
        led = values.get(share, np.nan) / (100.0 if share.startswith("T") else 1.0)
        found[f"receipts_led@{name}"] = found.get(f"receipts@{name}", np.nan) * led
    before = found.get("receipts@2022-03-15..04-05", np.nan) / 21.0
    with np.errstate(divide="ignore", invalid="ignore"):
        found["after_takedown"] = float(
            np.divide(found.get("receipts@2022-04-05..04-12", np.nan) / 7.0, before)
        )
        found["five_months"] = float(
            np.divide(found.get("receipts@2022-06..11", np.nan), found.get("receipts@2022-01..04-05", np.nan))
        )


@cache
def observations() -> tuple[tuple[Datum, bool, bool], ...]:
    """Return every row with whether the shipped fit and the fit to 2019 take it."""
    return tuple(
        (_datum(row, between=float(row["between"])), row["fit"] == "yes", row["until2019"] == "yes")
        for row in _table(DATA / "observations.csv")
    )


def fitted() -> tuple[Datum, ...]:
    """Return what the shipped posterior is fitted to."""
    return tuple(datum for datum, fit, _ in observations() if fit)


def fitted_until_2019() -> tuple[Datum, ...]:
    """Return what is fitted where the years from 2020 on are kept out."""
    return tuple(datum for datum, _, early in observations() if early)


def _datum(row: Mapping[str, str], between: float = 0.0) -> Datum:
    if row["scale"] not in SCALES:
        raise InputError("unknown scale", where=row["id"], value=row["scale"], allowed=", ".join(SCALES))
    rate = (float(row.get("rate_low") or 1.0), float(row.get("rate_high") or 1.0))
    numbers = (float(row["value"]), float(row["low"]), float(row["high"]))
    return Datum(row["id"], row["quantity"], *numbers, row["scale"], between, rate, row["source"], row["note"])


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@dataclass(frozen=True)
class Held:
    """A point kept out of the fit, with what was known before it: the last value and the one before."""

    datum: Datum
    kind: str
    year: int
    last: float | None
    last_year: int
    before: float | None
    before_year: int
    event: str


def held_out(pack: Any = None) -> tuple[Held, ...]:
    """Return the points kept out; those by place need the pack's seizures (deleted data: without them)."""
    found = []
    places = _places(pack) if pack is not None else {}
    for row in _table(DATA / "holdout.csv"):
        filled = {**row, **places.get(row["quantity"], {})}
        if not filled["value"]:
            continue
        last, before = (float(filled[name]) if filled[name] else None for name in ("last", "before"))
        years = (int(row["last_year"] or 2019), int(row["before_year"] or 2018))
        datum = _datum(filled)
        found.append(Held(datum, row["kind"], int(row["year"]), last, years[0], before, years[1], row["event"]))
    return tuple(found)


GROUPS = {
    "opioids": ("opiates", "other_opioids"),
    "stimulants": ("amphetamine_other_stimulants", "ecstasy", "methamphetamine", "synthetic_cathinones"),
}


def _places(pack: Any) -> dict[str, dict[str, str]]:
    """Shares of federal districts in the cases of 2012-2013, with the spread of zeal that other classes show."""
    cases = getattr(pack, "seizure_cases", {})
    if not cases:
        return {}
    names = np.array(pack.district_names)[np.asarray(pack.district)]
    districts = sorted(set(names.tolist()))
    people = np.asarray(pack.regional["population"][:, 0], dtype=np.float64)
    residents = _by(people, names, districts)
    taken = {name for group in GROUPS.values() for name in group}
    others = _sum((values for name, values in cases.items() if name not in taken), len(names))
    zeal = float(np.std(np.log(_by(others, names, districts) / residents), ddof=1))
    found = {}
    for group, classes in GROUPS.items():
        counts = _sum((cases[name] for name in classes if name in cases), len(names))
        shares = _by(counts, names, districts)
        for place, share, own in zip(districts, shares, residents, strict=True):
            sd = float(np.sqrt(zeal**2 + 1.0 / max(1.0, share * counts.sum())))
            ends = (share * np.exp(-NORMAL_90 * sd), share * np.exp(NORMAL_90 * sd))
            numbers = {"value": share, "low": ends[0], "high": ends[1], "last": own}
            found[f"share_{group}@{place}"] = {name: repr(float(number)) for name, number in numbers.items()}
    return found


def _by(values: Array, names: NDArray[Any], places: Sequence[str]) -> Array:
    sums = np.array([float(values[names == place].sum()) for place in places])
    return np.asarray(sums / sums.sum())


def _sum(parts: Iterable[Any], size: int) -> Array:
    return np.asarray(sum((np.asarray(part, dtype=np.float64) for part in parts), start=np.zeros(size)))


def simulated(rows: Sequence[Values], data: Sequence[Datum]) -> Array:
    """Return what runs say of data, on the data's scales: float64[runs, data]; NaN where a run says nothing."""
    derived = [derive(row) for row in rows]
    table = np.array([[row.get(datum.quantity, np.nan) for datum in data] for row in derived])
    return np.stack([datum.transform(table[:, j]) for j, datum in enumerate(data)], axis=1)
