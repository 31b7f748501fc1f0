"""One row of a person's file: each cell read by itself, so that all that is wrong with a row is told at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import TypeVar

from kladsim.core.errors import InputError, suggest
from kladsim.evidence.countries import Country
from kladsim.evidence.places import find_city
from kladsim.monitor import dates, library, numerals, reading
from kladsim.monitor.names import extract_letters, normalize_name
from kladsim.monitor.nations import find_countries_in_cells, read_country
from kladsim.monitor.periods import FREQUENCIES, begin_of
from kladsim.monitor.places import Choices, Known, PlaceMatch, build_series_name, is_place_code, match_place
from kladsim.monitor.problems import Problems
from kladsim.monitor.questions import OpenQuestionError, Question
from kladsim.monitor.rows import Log, Observation
from kladsim.monitor.sheets import TypedCell
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


class RowReader:
    """Turns raw rows into checked ones; what is wrong with a row is kept, and the row left out."""

    def __init__(self, log: Log, problems: Problems, today: date, table: reading.InputTable) -> None:
        self.log, self.problems, self.today, self.table = log, problems, today, table
        options = self.options = table.options
        self.known, self.choices = Known(), Choices(options.rename, frozenset(options.new))
        self.mark = self._decide_mark(options.decimal)
        self.order = self._decide_order(options.order)
        self.six = self._classify_six_digits()
        self.split_years = self._find_split_years()
        rows = self.table.rows
        self.first_filled = {
            name: min(lines) for name in ("country", "indicator", "period")
            if (lines := [line for line, raw in rows if raw.get(name, "").strip(" -")])
        }  # fmt: skip
        self.limits = self._find_limits()
        self.logged: set[str] = set()
        self.numbers: dict[tuple[str, bool], numerals.Value] = {}
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
        period = cell("period", lambda text: self._read_period(line, raw, text))
        value = cell("value", lambda text: self._read_value(line, text, raw))
        place = cell("place", lambda text: self._read_place(line, text, country, raw)) if country else None
        reported = cell("reported", lambda text: self._read_report_day(text, period)) if period else None
        named = self.choices.rename.get(raw.get("indicator", ""), raw.get("indicator", ""))
        known = self.known.series(country, place.name, named) if country and place else None
        at = (country, place) if country and place else None
        indicator = cell("indicator", lambda text: self._read_indicator(line, text, at, known))
        unit = cell("unit", lambda text: read_unit(text, known))
        if value and unit and value.percent and normalize_name(unit.name) not in numerals.PERCENT:
            what, allowed = "is a percentage, and the unit is none", f"{unit.name}, or the unit %"
            self.problems.add(line, InputError(what, where="value", value=raw["value"], allowed=allowed))
        if len(self.problems.found) > before or not (country and place and indicator and period and value and unit):
            return None
        if value.low is None or value.high is None:
            self.log.missing += 1
            return None
        if known is not None and raw["country"].upper() in country[:2] and raw["country"].upper() != known.country:
            self._say(line, f"country {raw['country']!r} is {known.country!r} in {known.name}: taken as that")
        name = known.name if known else build_series_name("own", country.iso3, place.name, indicator)
        return Observation(
            line, name, known.country if known else country.iso3, place.name, known.indicator if known else indicator,
            unit.name, period.freq, period.step, *self._convert(line, raw["unit"], value.low, value.high, unit),
            reported or "", raw.get("source", ""), value.note, "yes" if raw.get("freq") else "", period.is_date,
            raw["place"] if place.guessed else "",
        )  # fmt: skip

    # -- cells ------------------------------------------------------------------------------------------------------

    def _ask_above(self, line: int, where: str, *meanings: str) -> None:
        """Ask whether an empty cell stands for one above, where a column holds what it should say."""
        header = next((name for name, meaning in self.table.kinds.items() if meaning in meanings), "")
        if header and self.first_filled.get(where, line) < line:
            text = "an empty cell: does it stand for the one above?"
            question = Question("fill", text, f"--map '{header}=fill'", (header,), (header,))
            raise OpenQuestionError(question, where=where)

    def _read_country(self, line: int, text: str) -> Country:
        if not text.strip():
            self._ask_above(line, "country", "country", "geo")
        country, said = read_country(text)
        self._say(line, said)
        return country

    def _read_place(self, line: int, text: str, country: Country, raw: dict[str, str]) -> PlaceMatch:
        key = (country.iso3, text)
        if "all_places" in raw:
            self._say(line, f"{raw['all_places']!r} in place of a place: the country as a whole")
        if key not in self.places:
            is_published = "exempt" in raw or is_place_code(text)
            if text and not is_published and self._is_whole(text, country):
                self._say(line, f"place {text!r} is the country as a whole")
                text = ""
            elsewhere = () if is_published else self.known.elsewhere(country, text)
            place = match_place(text, self.known.places(country), self.choices, elsewhere, is_published)
            self._say(line, place.said)
            spelled = self._unify_spelling("place", (country.iso3,), place.name, extract_letters(place.name))
            self.places[key] = place._replace(name=spelled)
        return self.places[key]

    def _is_whole(self, text: str, country: Country) -> bool:
        """Whether a place is called as its country is, and is no city of that name."""
        is_city = find_city(country.iso2, text) is not None or text in self.known.places(country)
        called = find_countries_in_cells([text, text.removeprefix("Республика ")])
        return len(text) > 3 and not is_city and called == {country.iso2}

    def _read_indicator(
        self, line: int, text: str, at: tuple[Country, PlaceMatch] | None, known: library.Series | None
    ) -> str:
        text = self.choices.rename.get(text, text)
        if not text.strip():
            self._ask_above(line, "indicator", "indicator")
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
        is_told = any(new == text and text.startswith(f"{old} ") for old, new in self.choices.rename.items())
        if near and text not in self.choices.new and not is_told:
            asked = "an indicator of nearly this name is known: that one, or new?"
            question = Question("indicator", asked, f"--rename '{text}={near}' or --new '{text}'", (near,), (text,))
            raise OpenQuestionError(question, where="indicator", suggestion=near)
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

    def _read_period(self, line: int, raw: dict[str, str], text: str) -> dates.Period:
        if not text.strip(" -") or text.startswith("-"):
            self._ask_above(line, "period", "year", "period")
        told = normalize_name(raw.get("freq", ""))
        freq = _STEP.get(told, told)
        if freq and freq not in FREQUENCIES:
            raise InputError(
                "no such kind of period", where="freq", value=raw["freq"], allowed=", ".join(FREQUENCIES),
                suggestion=suggest(freq, FREQUENCIES),
            )  # fmt: skip
        if (self._get_raw_series(raw), text) in self.split_years:
            raise InputError(dates.SPLIT_YEAR, where="period", value=text)
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

    def _read_value(self, line: int, text: str, raw: dict[str, str]) -> numerals.Value:
        try:
            value = self._read_cells(text, raw)
        except ValueError as problem:
            if str(problem) == numerals.UNDECIDED:
                option, marks = "--decimal comma or --decimal point", tuple(numerals.MARKS)
                question = Question("decimal", numerals.UNDECIDED, option, marks, (text,))
                raise OpenQuestionError(question, where="value") from None
            allowed = "a number, a bound such as <5, or an empty cell where there is none"
            raise InputError(str(problem), where="value", value=text, allowed=allowed) from None
        if value.low is None:
            self.log.say(line, f"{value.why} ({text!r}): counted as missing, not as zero")
        elif value.why:
            self.log.say(line, f"{value.why} ({text!r}): kept as an interval, not as a number")
        if value.grouped:
            self.log.say(line, f"{value.grouped} between thousands taken out")
        if value.note:
            self.log.say(line, f"flag kept as a note ({value.note})")
        return value

    def _read_cells(self, text: str, raw: dict[str, str]) -> numerals.Value:
        """The value of a row: of its cell with the flag beside it, or of columns of bounds where the cell is empty."""

        def read(cell: str) -> numerals.Value:
            key = (cell, isinstance(cell, TypedCell))
            if key not in self.numbers:
                self.numbers[key] = numerals.read_number(cell, self.mark, self.table.separator, self.options)
            return self.numbers[key]

        value = read(text)
        flag = raw.get("flag", "").strip()
        if flag:
            codes = [one for one in flag.casefold() if one in numerals.FLAGS]
            if value.low is None and numerals.normalize_cell(flag) in numerals.SUPPRESSED:
                value = read(numerals.HIDDEN)
            told = numerals.describe_flags("".join(codes)) if len(codes) == len(flag) else flag
            value = value._replace(note=", ".join(filter(None, (value.note, told))))
        if value.low is None and (raw.get("low") or raw.get("high")):
            low, high = read(raw.get("low") or "0").low, read(raw.get("high", "")).high
            bounds = low or 0.0, numerals.UNBOUNDED if high is None else high
            if bounds[0] > bounds[1]:
                raise ValueError("the lower bound is above the upper one")
            value = value._replace(low=bounds[0], high=bounds[1], why="between two bounds")
        if value.limit:
            key = self._get_raw_series(raw)
            value = value._replace(high=self.limits.get(key, numerals.UNBOUNDED))
            known = f"the highest one of its series, {value.high:g}" if key in self.limits else "which is not stated"
            value = value._replace(why=f"below a limit, {known}")
        return value

    def _find_limits(self) -> dict[tuple[str, ...], float]:
        """The highest limit of quantification that the file states for each series."""
        found: dict[tuple[str, ...], float] = {}
        for _, raw in self.table.rows:
            text = raw.get("value", "")
            if isinstance(text, TypedCell) or not any(sign in text for sign in "<≤") or not any(map(str.isdigit, text)):
                continue
            try:
                value = numerals.read_number(text, self.mark, self.table.separator, self.options)
            except ValueError:
                continue
            if value.low == 0 and value.high is not None and value.high < numerals.UNBOUNDED:
                key = self._get_raw_series(raw)
                found[key] = max(found.get(key, 0.0), value.high)
        return found

    def _convert(
        self, line: int, text: str, low: float, high: float, unit: UnitConversion
    ) -> tuple[float, float]:  # fmt: skip
        if unit.factor != 1.0:
            self._say(line, f"unit {text!r} turned into {unit.name!r} (times {unit.factor:g})")
        return low * unit.factor, high * unit.factor

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
            question = Question("decimal", str(problem), "--decimal comma or point", ("comma", "point"))
            self.problems.add(1, OpenQuestionError(question, where="value"))
            return "."
        if said and (mark == "," or self.table.separator == ";"):
            self.log.say(1, said)
        return mark

    def _decide_order(self, order: str) -> str:
        if order:
            return order
        try:
            columns = ("period", "reported")
            cells = [(line, raw.get(name, "")) for line, raw in self.table.rows for name in columns]
            found, said = dates.detect_order(cells)
        except ValueError as problem:
            question = Question("order", str(problem), "--order dmy or mdy", dates.ORDERS)
            self.problems.add(1, OpenQuestionError(question, where="period"))
            return "dmy"
        if said:
            self.log.say(1, said)
        elif unclear := tuple(dict.fromkeys(text for _, text in cells if dates.is_open_order(text))):
            asked, option = "is the day first, or the month?", "--order dmy or --order mdy"
            question = Question("order", asked, option, dates.ORDERS, unclear[:6])
            self.problems.add(1, OpenQuestionError(question, where="period"))
            return "dmy"
        return found

    def _find_split_years(self) -> set[tuple[tuple[str, ...], str]]:
        texts: dict[tuple[str, ...], dict[str, None]] = {}
        for _, raw in self.table.rows:
            texts.setdefault(self._get_raw_series(raw), {})[raw.get("period", "")] = None
        return {(key, text) for key, those in texts.items() for text in dates.find_split_years(those)}

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
