"""Replay of real arrivals: what the default detector would have said of series, and how often it alarms else.

Every series with enough of a past is judged period by period, each by what lies before it, with the thresholds that
were fixed on simulated series. A country in which the dead-drop trade arrived is followed from the earliest year that
the evidence allows; alarms of the same data sets in all other countries over the same years are what chance, and all
that is no arrival, give. A figure is known some time after its period (``KNOWN_AFTER``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np

from kladsim.evidence.claims import Figure
from kladsim.monitor.judgement import CountTable
from kladsim.monitor.nations import to_iso3
from kladsim.monitor.periods import PER_YEAR, begin_of, end_of, to_period
from kladsim.monitor.surge import RHYTHMS, Surge
from kladsim.monitor.types import Series

KNOWN_AFTER = {"wastewater": 0.25, "unodc_seizures": 1.5, "unodc_ids": 1.5, "korea_drug_crimes": 0.5}
"""Years from the end of a period to its publication by data set (assumptions); ``USUAL_DELAY`` for others."""
USUAL_DELAY = 0.5
SIGN_GROUP = "spread_other"
NO_SIGNS = ("Policy tightening",)
"""Group of figures that speak of the trade's spread, and those in it that are an answer to it and no sign."""
FOLLOWED = 3
"""Years after the latest year of an arrival over which its alarms count."""


class ArrivalWindow(NamedTuple):
    """Years between which the trade arrived in a country."""

    earliest: int
    latest: int


@dataclass(frozen=True)
class ReplayedAlarm:
    """An alarm of a replay, with the data that it rests on."""

    series: str
    country: str
    dataset: str
    period: str
    year: int
    known_by: float
    value: float
    expected: float
    upper: float


@dataclass(frozen=True)
class ArrivalRow:
    """What a replay says of one arrival.

    ``before`` is of the same series in the years before the arrival, ``others`` of the same data sets and years in
    countries without one.
    """

    country: str
    earliest: int
    latest: int
    series: int
    series_years: float
    alarms: int
    first: ReplayedAlarm | None
    before_series_years: float
    before_alarms: int
    others_series_years: float
    others_alarms: int


@dataclass(frozen=True)
class Sign:
    """A single figure that says that the trade is there: its number, the year in which it was complete, who counted."""

    figure: str
    what: str
    year: int
    origin: str


@dataclass(frozen=True)
class SignsRow:
    """Single figures on one country in the order of years; ``second`` is the first of another origin than the first."""

    country: str
    signs: tuple[Sign, ...]
    second: Sign | None


def replay_signs(countries: Iterable[str], figures: Iterable[Figure]) -> list[SignsRow]:
    """Return from which figure on an officer would have had two signs of different origin, for countries by name.

    Figures graded A or B in the group ``SIGN_GROUP`` count, each from the end of its period on. Two figures of one
    authority are one origin, whoever reports them ("MVD via Kursiv"): independence is not claimed beyond that.
    """
    rows = []
    every = [one for one in figures if one.group == SIGN_GROUP and one.grade in ("A", "B") and one.period_end]
    for country in countries:
        mine = [
            Sign(one.id, one.text, int(one.period_end[:4]), _read_origin(one.source))
            for one in every
            if re.search(rf"\b{re.escape(country)}\b", one.place) and one.text not in NO_SIGNS
        ]
        mine.sort(key=lambda sign: (sign.year, sign.figure))
        second = next((sign for sign in mine if sign.origin != mine[0].origin), None)
        rows.append(SignsRow(country, tuple(mine), second))
    return rows


def _read_origin(source: str) -> str:
    """Return who counted: what stands before "via", the publisher or the place."""
    return re.split(r" via |[;,(]| \d", source)[0].removesuffix(" Kazakhstan").strip()


class _Replay(NamedTuple):
    country: str
    dataset: str
    series: str
    freq: str
    years: tuple[int, ...]
    alarms: tuple[ReplayedAlarm, ...]


def replay(series: Iterable[Series], arrivals: Mapping[str, ArrivalWindow]) -> dict[str, Any]:
    """Return a row for each arrival, counts for all other series by data set, and what could not be judged.

    Parameters
    ----------
    arrivals : windows by ISO 3166-1 alpha-3 code
    """
    every = list(series)
    judged = [one for one in map(_replay_series, every) if one.years]
    rows = [_describe_arrival(country, window, judged, set(arrivals)) for country, window in sorted(arrivals.items())]
    others = {}
    for dataset in sorted({one.dataset for one in judged}):
        mine = [one for one in judged if one.dataset == dataset and one.country not in arrivals]
        others[dataset] = {
            "series": len(mine),
            "series_years": round(sum(_count_years(one) for one in mine), 1),
            "alarms": sum(len(one.alarms) for one in mine),
            "stated_a_series_year": max((RHYTHMS[one.freq].false_alarms for one in mine), default=0.0),
        }
    return {
        "arrivals": [asdict(row) for row in rows],
        "others": others,
        "series": len(every),
        "judged": len(judged),
        "settings": {freq: rhythm.false_alarms for freq, rhythm in RHYTHMS.items()},
    }


def _replay_series(one: Series) -> _Replay:
    """Judge every period of a series that has enough before it."""
    country = to_iso3(one.country)
    if not one.points:
        return _Replay(country, one.dataset, one.name, one.freq, (), ())
    first, last = int(one.steps[0]), int(one.steps[-1])
    counts = np.full((1, last - first + 1), np.nan)
    counts[0, one.steps - first] = one.values
    table = CountTable(counts, one.freq, first)
    found = Surge().judge(table, range(counts.shape[1]))
    steps = first + np.flatnonzero(np.isfinite(found.score[0]))
    alarms = []
    for column in np.flatnonzero(found.alarm[0]).tolist():
        end = end_of(first + column, one.freq)
        known = end.year + end.timetuple().tm_yday / 366 + KNOWN_AFTER.get(one.dataset, USUAL_DELAY)
        alarms.append(
            ReplayedAlarm(
                one.name, country, one.dataset, to_period(first + column, one.freq), end.year, round(known, 2),
                float(counts[0, column]), round(float(found.expected[0, column]), 2),
                round(float(found.upper[0, column]), 2),
            )
        )  # fmt: skip
    return _Replay(
        country,
        one.dataset,
        one.name,
        one.freq,
        tuple(begin_of(int(step), one.freq).year for step in steps),
        tuple(alarms),
    )


def _count_years(one: _Replay, begin: int = 0, end: int = 9999) -> float:
    return sum(begin <= year <= end for year in one.years) / PER_YEAR[one.freq]


def _describe_arrival(country: str, window: ArrivalWindow, judged: Sequence[_Replay], arrived: set[str]) -> ArrivalRow:
    begin, end = window.earliest, window.latest + FOLLOWED
    mine = [one for one in judged if one.country == country and _count_years(one, begin, end)]
    datasets = {one.dataset for one in mine}
    alarms = sorted(
        (alarm for one in mine for alarm in one.alarms if begin <= alarm.year <= end),
        key=lambda alarm: (alarm.known_by, alarm.series),
    )
    others = [one for one in judged if one.country not in arrived and one.dataset in datasets]
    return ArrivalRow(
        country=country,
        earliest=window.earliest,
        latest=window.latest,
        series=len(mine),
        series_years=round(sum(_count_years(one, begin, end) for one in mine), 1),
        alarms=len(alarms),
        first=alarms[0] if alarms else None,
        before_series_years=round(sum(_count_years(one, end=begin - 1) for one in mine), 1),
        before_alarms=sum(alarm.year < begin for one in mine for alarm in one.alarms),
        others_series_years=round(sum(_count_years(one, begin, end) for one in others), 1),
        others_alarms=sum(begin <= alarm.year <= end for one in others for alarm in one.alarms),
    )
