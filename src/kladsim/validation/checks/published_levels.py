"""Levels of drug deaths and poisonings in Russia by year (section L): VAL rows, as no calibration has a death in it.

Two Russian series of deaths count different things and are never joined. Forensic bureaux count bodies in which drugs
were found (printed to 2014): held against all fatal poisonings of the model. Rosstat counts deaths that are coded as
drug deaths (printed from 2016): held against the registered deaths of the model. Registered poisonings are held
against all poisonings, fatal or not, since the model has no share of poisonings that nobody registers.

A row passes where the published number lies in the interval of 90 % of runs and the median of the runs lies in the
published interval; counts printed without one get 10 %, as the same series has among the points kept out of the fit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kladsim.validation.checks.published import published
from kladsim.validation.verdicts import Check, CheckInput, CheckPart, CheckVerdict, Facts, by_median, column, predicted

IN_VIEW = (
    "set by hand with these figures in view, though not fitted: health.potency_trend, health.fatal_other and the three "
    "rates health.poisoning_* name E147 to E153 as sources"
)
DOUBT = 0.1
"""Half-width of the interval of a count that is printed without one, as a share of it."""


@dataclass(frozen=True)
class PublishedLevel:
    """A published level: the row, the year, what the model sums, the number and its interval."""

    id: str
    year: int
    take: str
    point: float
    low: float
    high: float

    def check(self) -> Check:
        """Return the row's check on the default scenario."""
        words, of = MEASURES[self.take]

        def judge(evidence: CheckInput) -> CheckVerdict:
            values = column(evidence.runs(), lambda facts: of(facts, self.year))
            part = CheckPart(f"{words}, {self.year}", values, unit="a year")
            return predicted(part, self.point, (self.low, self.high), IN_VIEW)

        return published(self.id, "VAL", judge, "base")


def _registered(facts: Facts, year: int) -> float:
    return facts[f"registered_deaths@{year}"]


MEASURES: dict[str, tuple[str, Callable[[Facts, int], float]]] = {
    "fatal": ("fatal poisonings", lambda facts, year: facts[f"deaths_poisoning@{year}"]),
    "registered": ("registered deaths", _registered),
    "poisonings": (
        "poisonings, fatal or not",
        lambda facts, year: facts[f"deaths_poisoning@{year}"] + facts[f"poisonings_nonfatal@{year}"],
    ),
}


def counted(name: str, year: int, take: str, point: float) -> PublishedLevel:
    """Return the level of a count that is printed without an interval."""
    return PublishedLevel(name, year, take, point, point * (1.0 - DOUBT), point * (1.0 + DOUBT))


LEVELS_BY_YEAR = (
    counted("L1", 2014, "fatal", 8678.0),
    PublishedLevel("L2", 2016, "registered", 4600.0, 4400.0, 4800.0),
    PublishedLevel("L3", 2017, "registered", 4600.0, 4400.0, 4800.0),
    counted("L4", 2018, "registered", 4445.0),
    counted("L5", 2019, "registered", 4569.0),
    PublishedLevel("L6", 2020, "registered", 7316.0, 6600.0, 8100.0),
    PublishedLevel("L7", 2021, "registered", 10043.0, 8900.0, 11300.0),
    counted("L9", 2014, "poisonings", 31000.0),
    counted("L10", 2018, "poisonings", 16336.0),
    counted("L11", 2019, "poisonings", 18053.0),
)
LATER = range(2022, 2025)
AT_LEAST = 10000.0


def _later(evidence: CheckInput) -> CheckVerdict:
    values = column(evidence.runs(), lambda facts: min(_registered(facts, year) for year in LATER))
    name = f"registered deaths, the lowest of {LATER[0]} to {LATER[-1]}"
    return by_median(CheckPart(name, values, AT_LEAST, None, "a year"), note=IN_VIEW)


LEVELS = (*(level.check() for level in LEVELS_BY_YEAR), published("L8", "VAL", _later, "base"))
