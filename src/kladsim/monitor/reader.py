"""One row of a person's file: each cell read by itself, so that all that is wrong with a row is told at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from kladsim.core.errors import InputError, suggest
from kladsim.evidence.countries import Country
from kladsim.monitor import dates, library, numerals, reading
from kladsim.monitor.names import extract_letters, normalize_name
from kladsim.monitor.nations import read_country
from kladsim.monitor.periods import FREQUENCIES, begin_of
from kladsim.monitor.places import Choices, Known, PlaceMatch, build_series_name, match_place
from kladsim.monitor.problems import Problems
from kladsim.monitor.rows import Log, Observation
from kladsim.monitor.units import UnitConversion, read_unit

T = TypeVar("T")
STEPS = {
    "year": "year years yearly annual a y год годы ежегодно",
    "quarter": "quarter quarters quarterly q квартал кварталы",
    "month": "month months monthly m месяц месяцы ежемесячно",
    "week": "week weeks weekly w неделя недели еженедельно",
    "day": "day days daily d день дни ежедневно",
}
_STEP = {word: freq for freq, words in STEPS.items() for word in words.split()}


@dataclass(frozen=True)
class IntakeOptions:
    """What the person said beside the file: names that stand for known ones or are new, and how the file is written."""

    rename: Mapping[str, str] = field(default_factory=dict)
    new: Sequence[str] = ()
    order: str = ""
    decimal: str = ""


class RowReader:
    """Turns raw rows into checked ones; what is wrong with a row is kept, and the row left out."""

    def __init__(
        self, log: Log, problems: Problems, today: date, options: IntakeOptions, table: reading.InputTable
    ) -> None:  # fmt: skip
        self.log, self.problems, self.today, self.table = log, problems, today, table
        self.known, self.choices = Known(), Choices(options.rename, frozenset(options.new))
        self.mark = self._decide_mark(options.decimal)
        self.order = self._decide_order(options.order)
        self.six = self._classify_six_digits()
        self.logged: set[str] = set()
        self.places: dict[tuple[str, str], PlaceMatch] = {}
        self.indicators: dict[tuple[str, str, str], str] = {}
        self.spelled: dict[tuple[str, ...], dict[str, str]] = {}
        self.named: dict[str, tuple[str, str, str]] = {}

    def read_row(self, line: int, raw: dict[str, str]) -> Observation | None:
        """Return a row, None where it has no value or something is wrong with it."""
        before = len(self.problems.found)

        def cell(column: str, make: Callable[[str], T]) -> T | None:
            return self.problems.collect(line, lambda: make(raw[column])) if column in raw else None

        country = cell("country", lambda text: self._read_country(line, text))
        period = cell("period", lambda text: self._read_period(raw, text))
        value = cell("value", lambda text: self._read_value(line, text))
        place = cell("place", lambda text: self._read_place(line, text, country)) if country else None
        reported = cell("reported", lambda text: self._read_report_day(text, period)) if period else None
        known = self.known.series(country, place.name, raw.get("indicator", "")) if country and place else None
        at = (country, place) if country and place else None
        indicator = cell("indicator", lambda text: self._read_indicator(line, text, at, known))
        unit = cell("unit", lambda text: read_unit(text, known))
        if value and unit and value.percent and normalize_name(unit.name) not in numerals.PERCENT:
            what, allowed = "is a percentage, and the unit is none", f"{unit.name}, or the unit %"
            self.problems.add(line, InputError(what, where="value", value=raw["value"], allowed=allowed))
        if len(self.problems.found) > before or not (country and place and indicator and period and value and unit):
            return None
        if value.number is None:
            self.log.missing += 1
            return None
        if known is not None and raw["country"].upper() in country[:2] and raw["country"].upper() != known.country:
            self._say(line, f"country {raw['country']!r} is {known.country!r} in {known.name}: taken as that")
        name = known.name if known else build_series_name("own", country.iso3, place.name, indicator)
        return Observation(
            line, name, known.country if known else country.iso3, place.name, known.indicator if known else indicator,
            unit.name, period.freq, period.step, self._convert(line, raw["unit"], value.number, unit),
            reported or "", raw.get("source", ""), value.note, "yes" if raw.get("freq") else "", period.is_date,
            raw["place"] if place.guessed else "",
        )  # fmt: skip

    # -- cells ------------------------------------------------------------------------------------------------------

    def _read_country(self, line: int, text: str) -> Country:
        country, said = read_country(text)
        self._say(line, said)
        return country

    def _read_place(self, line: int, text: str, country: Country) -> PlaceMatch:
        key = (country.iso3, text)
        if key not in self.places:
            place = match_place(text, self.known.places(country), self.choices, self.known.elsewhere(country, text))
            self._say(line, place.said)
            spelled = self._unify_spelling("place", (country.iso3,), place.name, extract_letters(place.name))
            self.places[key] = place._replace(name=spelled)
        return self.places[key]

    def _read_indicator(
        self, line: int, text: str, at: tuple[Country, PlaceMatch] | None, known: library.Series | None
    ) -> str:
        if not any(sign.isalpha() for sign in text):
            raise InputError("no indicator", where="indicator", value=text, allowed="what is measured, in words")
        if known is not None or at is None:
            return text
        country, place = at
        key = (country.iso3, place.name, text)
        if key not in self.indicators:
            self.indicators[key] = self._check_new_indicator(line, text, country, place)
        return self.indicators[key]

    def _check_new_indicator(self, line: int, text: str, country: Country, place: PlaceMatch) -> str:
        near = self.known.near_indicator(country, place.name, text)
        if near and text not in self.choices.new:
            raise InputError(
                "an indicator of nearly this name is known: that one, or new?", where="indicator",
                value=text, allowed=f"{near!r}, or --new '{text}'", suggestion=near,
            )  # fmt: skip
        loose = " ".join(re.sub(r"[\s_.,;:/()'’-]+", " ", normalize_name(text)).split())
        indicator = self._unify_spelling("indicator", (country.iso3, place.name), text, loose)
        parts = country.iso3, place.name, indicator
        name = build_series_name("own", *parts)
        if name in library.every() or self.named.setdefault(name, parts) != parts:
            what = "its series would have the name of another"
            raise InputError(what, where="indicator", value=text, allowed=f"not {name}")
        self._say(line, f"{' '.join((country.iso3, place.name)).strip()}, {indicator!r}: a series that is new")
        return indicator

    def _unify_spelling(self, column: str, within: tuple[str, ...], text: str, form: str) -> str:
        """Return the first spelling that the file has of a name."""
        if not form:
            return text
        first = self.spelled.setdefault((column, *within), {}).setdefault(form, text)
        if normalize_name(first) == normalize_name(text):
            return first
        if text in self.choices.new or first in self.choices.new:
            return text
        allowed = f"{first!r}, or --new '{text}'"
        raise InputError("two spellings of one name?", where=column, value=text, allowed=allowed)

    def _read_period(self, raw: dict[str, str], text: str) -> dates.Period:
        told = normalize_name(raw.get("freq", ""))
        freq = _STEP.get(told, told)
        if freq and freq not in FREQUENCIES:
            raise InputError(
                "no such kind of period", where="freq", value=raw["freq"], allowed=", ".join(FREQUENCIES),
                suggestion=suggest(freq, FREQUENCIES),
            )  # fmt: skip
        six = self.six.get(self._get_raw_series(raw), "")
        try:
            period = dates.read_period(text, freq, dates.FileConventions(self.order, six, self.table.period))
            begins = begin_of(period.step, period.freq)
        except (ValueError, OverflowError) as problem:
            what = str(problem) if isinstance(problem, ValueError) else "no such period"
            raise InputError(what, where="period", value=text, allowed=dates.WAYS) from None
        if begins > self.today:
            raise InputError("the period lies in the future", where="period", value=text, allowed=f"to {self.today}")
        if begins.year < 1900:
            raise InputError("the period is before 1900", where="period", value=text)
        return period

    def _read_report_day(self, text: str, period: dates.Period) -> str:
        begins = begin_of(period.step, period.freq)
        if not text:
            return ""
        try:
            day = begin_of(dates.read_period(text, "day", dates.FileConventions(self.order)).step, "day")
        except (ValueError, OverflowError):
            allowed = "a day, such as 2023-04-17, 17.04.2023 or 17 April 2023"
            raise InputError("no such day", where="reported", value=text, allowed=allowed) from None
        if day > self.today:
            raise InputError("the day lies in the future", where="reported", value=text, allowed=f"to {self.today}")
        if day < begins:
            what = "published before the period began"
            raise InputError(what, where="reported", value=text, allowed=f"from {begins} on")
        return day.isoformat()

    def _read_value(self, line: int, text: str) -> numerals.Value:
        try:
            value = numerals.read_number(text, self.mark, self.table.separator)
        except ValueError as problem:
            allowed = "a number, or an empty cell where there is none"
            if str(problem) == numerals.BOUND:
                allowed = "a number; rows with bounds stay out for now"
            raise InputError(str(problem), where="value", value=text, allowed=allowed) from None
        if value.why:
            self.log.say(line, f"{value.why} ({text!r}): counted as missing, not as zero")
        if value.grouped:
            self.log.say(line, f"{value.grouped} between thousands taken out")
        if value.note:
            self.log.say(line, f"flag kept as a note ({value.note})")
        return value

    def _convert(self, line: int, text: str, number: float, unit: UnitConversion) -> float:
        if unit.factor != 1.0:
            self._say(line, f"unit {text!r} turned into {unit.name!r} (times {unit.factor:g})")
        return number * unit.factor

    def _say(self, line: int, words: str) -> None:
        """Log a repair once, though it is made in every row of a place."""
        if words and words not in self.logged:
            self.logged.add(words)
            self.log.say(line, words)

    # -- what the file as a whole tells -------------------------------------------------------------------------------

    def _decide_mark(self, decimal: str) -> str:
        if decimal:
            return numerals.MARKS[decimal]
        cells = [(line, raw.get("value", "")) for line, raw in self.table.rows]
        try:
            mark, said = numerals.detect_decimal_mark(cells, self.table.separator)
        except ValueError as problem:
            allowed = "one mark, or --decimal comma or point"
            self.problems.add(1, InputError(str(problem), where="value", allowed=allowed))
            return "."
        if said and (mark == "," or self.table.separator == ";"):
            self.log.say(1, said)
        return mark

    def _decide_order(self, order: str) -> str:
        if order:
            return order
        try:
            columns = ("period", "reported")
            cells = ((line, raw.get(name, "")) for line, raw in self.table.rows for name in columns)
            found, said = dates.detect_order(cells)
        except ValueError as problem:
            self.problems.add(1, InputError(str(problem), where="period", allowed="one order, or --order dmy or mdy"))
            return "dmy"
        if said:
            self.log.say(1, said)
        return found

    def _classify_six_digits(self) -> dict[tuple[str, ...], str]:
        texts: dict[tuple[str, ...], list[str]] = {}
        for _, raw in self.table.rows:
            texts.setdefault(self._get_raw_series(raw), []).append(raw.get("period", ""))
        found = {key: dates.classify_six_digits(those) for key, those in texts.items()}
        stated = self.table.period or any(raw.get("freq") for _, raw in self.table.rows)
        for kind in ("month", "week"):
            if kind in found.values() and not stated:
                hint = "; weeks? name the column 'week'" if kind == "month" else ", as some end above 12"
                self.log.say(1, f"six digits are read as a year and a {kind}{hint}")
        return found

    @staticmethod
    def _get_raw_series(raw: dict[str, str]) -> tuple[str, ...]:
        return tuple(normalize_name(raw.get(name, "")) for name in ("country", "place", "indicator"))
