"""Periods as people write them: years, quarters, months, ISO weeks and days, in digits of any script or in words.

Names of months are those of the Unicode CLDR in some fifty languages (``vocabulary``).

A text is read alone where it can mean one thing only. What one text leaves open is decided by the file as a whole: the
order of day and month (``detect_order``), six digits (``classify_six_digits``), and the length of the periods that
dates stand for (``detect_step``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from kladsim.monitor.periods import begin_of, step_of
from kladsim.monitor.vocabulary import month_numbers

WAYS = (
    "2023, 2023-Q2, 2023-04, April 2023, апрель 2023, 2023-W16, 2023-04-17, 17 April 2023, 17 апреля 2023, 17.04.2023; "
    "17/04/2023 with --order dmy; 202316 for a week in a column 'week' or with freq 'week'"
)
ORDERS = ("dmy", "mdy")
FILLERS = frozenset("г год года of de del року р gada m metų godine godina roku god an year".split())
ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
_QUARTER = (
    r"(?:st|nd|rd|th|-?й|\.|º|e|er|ème)? ?"
    r"(?:q|quarter|кв|квартал|quartal|trimestre|trim|kvartal|kwartał|분기|四半期|季度)"
)
_WEEK = r"(?:w|wk|week|kw|нед|неделя|недели|semaine|semana|settimana|vecka|uge|uke|주|週|周)"
_Q = r"(?P<q>[1-4]|i{1,3}|iv)"
_YEAR, _M, _W = r"(?P<y>\d{4})", r"(?P<m>\d{1,2})", r"(?P<w>\d{1,2})"
_SHAPES = {
    "week": (rf"{_YEAR}[-/. ]?{_WEEK}[-. ]?{_W}(?:-(?P<d>[1-7]))?", rf"{_WEEK}[-. ]?{_W}[-/., ]{{1,2}}{_YEAR}",
             rf"{_W}(?:-?я)? ?{_WEEK}[-/., ]{{1,2}}{_YEAR}", rf"{_YEAR}[-/., ]{{1,2}}{_W}(?:-?я)? ?{_WEEK}"),
    "quarter": (rf"{_YEAR}[-/. ]?[qt][- ]?(?P<q>[1-4])", rf"[qt] ?(?P<q>[1-4])[-/., ]{{0,2}}{_YEAR}",
                rf"{_Q}{_QUARTER}\.?[-/., ]{{0,2}}{_YEAR}", rf"{_YEAR}[-/., ]{{1,2}}{_Q}{_QUARTER}\.?",
                rf"{_YEAR}[-., ]{{1,2}}(?P<q>[1-4])/4"),
    "month": (rf"{_YEAR}[-/. ]?m[- ]?{_M}", rf"{_YEAR}[-/.]{_M}", rf"{_M}[-/.]{_YEAR}",
              rf"tháng {_M}[-/., ]{{1,2}}(?:năm )?{_YEAR}"),
    "day": (rf"{_YEAR}(?P<mark>[-/.])(?P<m>\d{{1,2}})(?P=mark)(?P<d>\d{{1,2}})", rf"{_YEAR}(?P<m>\d\d)(?P<d>\d\d)"),
    "year": (_YEAR,),
}  # fmt: skip
SHAPES = {freq: [re.compile(shape, re.ASCII) for shape in shapes] for freq, shapes in _SHAPES.items()}
_LOCAL = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})", re.ASCII)
_SIX = re.compile(r"(\d{4})(\d\d)", re.ASCII)
_SPLIT_YEAR = re.compile(r"(\d{4})[-/–](\d\d)", re.ASCII)
SPLIT_YEAR = "a year that begins in one calendar year and ends in the next is not read: give calendar years"


class Period(NamedTuple):
    """A period as read: its kind and number; ``is_date`` when a day was given, whose period the spacing tells."""

    freq: str
    step: int
    is_date: bool = False

    @property
    def year(self) -> int:
        """The year in which the period begins."""
        return begin_of(self.step, self.freq).year


class FileConventions(NamedTuple):
    """What the file as a whole tells: order of day and month, what six digits are, and the column's own word."""

    order: str = ""
    six: str = ""
    column: str = ""


NO_CONVENTIONS = FileConventions()


@lru_cache(maxsize=65536)
def read_period(text: str, stated: str = "", conventions: FileConventions = NO_CONVENTIONS) -> Period:
    """Return the period that a text means.

    Parameters
    ----------
    stated : the kind of period that the row states, "" if it states none

    Raises
    ------
    ValueError : in words, what the text is not
    """
    plain = normalize_text(text)
    six = stated or conventions.column or conventions.six
    found = _read_six_digits(plain, six) or _read_local_date(plain, conventions.order) or _read_month_name(plain)
    if found is None and "week" in (stated, conventions.column):
        found = _match_shape("week", re.sub(r"^(\d{4})[-/.](\d{1,2})$", r"\1-w\2", plain))
    for freq in SHAPES:
        found = found or _match_shape(freq, plain)
    if found is None:
        raise ValueError(_describe_unknown(plain))
    if not stated or stated == found.freq:
        return found._replace(is_date=found.is_date and not stated)
    if found.freq != "day":
        raise ValueError(f"is a {found.freq}, and freq says {stated}")
    return Period(stated, step_of(date.fromordinal(found.step), stated))


@lru_cache(maxsize=65536)
def normalize_text(text: str) -> str:
    """Return a text in small letters and ASCII digits, without a midnight and without the word year after it."""
    plain = " ".join(unicodedata.normalize("NFKC", to_ascii_digits(clean_signs(text))).casefold().split())
    plain = re.sub(r"^(\d{4})\.0$", r"\1", plain, flags=re.ASCII)
    plain = re.sub(r"(?<=\d)[t ]00:00(?::00(?:\.0+)?)?z?$", "", plain, flags=re.ASCII)
    plain = _CJK.sub(_join_cjk, plain)
    return re.sub(r"(?<=\d) ?(?:г|год|года|рік|року)\.?(?=$|[ ,])", "", plain)


_CJK = re.compile(r"(\d{4}) ?[년年](?:度)?(?: ?(\d{1,2}) ?[월月](?: ?(\d{1,2}) ?[일日])?)?", re.ASCII)


def _join_cjk(found: re.Match[str]) -> str:
    return "-".join(part for part in found.groups() if part)


def clean_signs(text: str) -> str:
    """Return a text without signs that nobody sees (marks of writing direction), every space a plain one."""
    if text.isascii() and text.isprintable():
        return text.strip()
    seen = (sign for sign in text if unicodedata.category(sign) != "Cf" or sign in "\u200c\u200d")
    return "".join(" " if sign != "\n" and sign.isspace() else sign for sign in seen).strip()


_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾ᵃᵇᶜᵈᵉᵖʳ"
_FOOTNOTE = re.compile(rf"(?<![\s{_RAISED}])\s?[{_RAISED}][{_RAISED},*)]*$")
_POWER_OF_A_LENGTH = re.compile(r"(?<![^\W\d_])(?:[kcd]?m|µm|км|см|м)[²³]$")


def drop_footnote(text: str) -> str:
    """Return a text without raised signs at its end, which point to a footnote and are no digits of its number."""
    if text.isascii() or _POWER_OF_A_LENGTH.search(text):
        return text
    return _FOOTNOTE.sub("", text)


def find_split_years(texts: Iterable[str]) -> list[str]:
    """Return the periods of one series that are years from one calendar year into the next, such as 2010/11.

    One such text alone may be a month; two or more, of which none reads as a month only, are not.
    """
    found = {text: match for text in texts if (match := _SPLIT_YEAR.fullmatch(normalize_text(text)))}
    are_split = all(int(match[2]) == (int(match[1]) + 1) % 100 for match in found.values())
    return list(found) if len(found) > 1 and are_split else []


def to_ascii_digits(text: str) -> str:
    """Return a text with the digits of every script as 0 to 9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(sign, sign)) for sign in text)


def _describe_unknown(plain: str) -> str:
    if re.fullmatch(r"\d{5}", plain, re.ASCII):
        return "no such period: a number of days, as spreadsheets hold dates? write the date itself"
    if re.fullmatch(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2}|[^\W\d]+[-. ]\d{2}", plain):
        return "no such period: the year needs four digits"
    return "no such period"


def _match_shape(freq: str, plain: str) -> Period | None:
    for shape in SHAPES[freq]:
        found = shape.fullmatch(plain)
        if found:
            return _build_period(freq, found.groupdict())
    return None


def _build_period(freq: str, parts: dict[str, str | None]) -> Period:
    year = int(parts["y"] or 0)
    if year == 0:
        raise ValueError("no such period")
    if freq == "year":
        return Period("year", year)
    if freq == "quarter":
        quarter = str(parts["q"])
        return Period("quarter", 4 * year + int(ROMAN.get(quarter, quarter)) - 1)
    if freq == "week":
        return _build_week(year, int(parts["w"] or 0), parts.get("d"))
    month = int(parts["m"] or 0)
    if freq == "month" and month > 12 and month == (year + 1) % 100:
        raise ValueError(SPLIT_YEAR)
    if not 1 <= month <= 12:
        raise ValueError("no such period: months are 1 to 12")
    return Period("month", 12 * year + month - 1) if freq == "month" else _build_date(year, month, int(parts["d"] or 0))


def _build_week(year: int, week: int, day: str | None = None) -> Period:
    last = date(year, 12, 28).isocalendar().week
    if not 1 <= week <= last:
        raise ValueError(f"no such period: {year} has the ISO weeks 1 to {last}")
    begins = date.fromisocalendar(year, week, int(day or 1))
    return Period("day", begins.toordinal(), is_date=True) if day else Period("week", step_of(begins, "week"))


def _build_date(year: int, month: int, day: int) -> Period:
    try:
        return Period("day", date(year, month, day).toordinal(), is_date=True)
    except ValueError:
        raise ValueError("no such period: there is no such day") from None


def _read_six_digits(plain: str, kind: str) -> Period | None:
    found = _SIX.fullmatch(plain)
    if not found:
        return None
    return _build_period("week" if kind == "week" else "month", {"y": found[1], "w": found[2], "m": found[2]})


def _read_local_date(plain: str, order: str) -> Period | None:
    found = _LOCAL.fullmatch(plain)
    if not found:
        return None
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    order = order or ("dmy" if found[2] == "." else "")
    if not order:
        raise ValueError("is the day first, or the month? say --order dmy or --order mdy")
    return _build_date(year, second, first) if order == "dmy" else _build_date(year, first, second)


def _read_month_name(plain: str) -> Period | None:
    """A month in words, with its year and perhaps a day: in any order."""
    if not re.search(r"[^\W\d_]", plain):
        return None
    words = [word for word in re.split(r"[\s.,/-]+", plain) if word and word not in FILLERS]
    names = month_numbers()
    months = [names[word] for word in words if word in names]
    numbers = [re.sub(r"^(\d{1,2})(?:st|nd|rd|th|-?го|-?е|er|º)$", r"\1", word) for word in words if word not in names]
    years = [int(one) for one in numbers if re.fullmatch(r"\d{4}", one, re.ASCII)]
    days = [int(one) for one in numbers if re.fullmatch(r"\d{1,2}", one, re.ASCII)]
    if len(months) != 1 or len(years) != 1 or len(days) > 1 or len(days) + 1 != len(numbers):
        return None
    if days:
        return _build_date(years[0], months[0], days[0])
    return _build_period("month", {"y": str(years[0]), "m": str(months[0])})


def detect_order(texts: Iterable[tuple[int, str]]) -> tuple[str, str]:
    """Return the order of day and month that a file's dates have, and in words how it is known ("" and "" if not).

    Raises
    ------
    ValueError : some dates have the day first and some the month
    """
    seen: dict[str, tuple[int, str]] = {}
    for line, text in texts:
        found = _LOCAL.fullmatch(normalize_text(text))
        if found and (int(found[1]) > 12) != (int(found[3]) > 12):
            seen.setdefault("dmy" if int(found[1]) > 12 else "mdy", (line, text))
    if len(seen) > 1:
        both = " and ".join(f"{text!r} in line {line}" for line, text in seen.values())
        raise ValueError(f"some dates have the day first and some the month: {both}")
    for order, (line, text) in seen.items():
        which = "day" if order == "dmy" else "month"
        return order, f"dates are read with the {which} first, as {text!r} in line {line} shows"
    return "", ""


def is_open_order(text: str) -> bool:
    """Whether a date in digits could have the day first or the month (one with points has the day first)."""
    found = _LOCAL.fullmatch(normalize_text(text))
    return found is not None and found[2] != "." and found[1] != found[3] and max(int(found[1]), int(found[3])) <= 12


def classify_six_digits(texts: Iterable[str]) -> str:
    """Return what six digits are in one series: weeks if any ends above 12, else months; "" where there are none."""
    ends = [int(found[2]) for text in texts if (found := _SIX.fullmatch(normalize_text(text)))]
    return ("week" if max(ends) > 12 else "month") if ends else ""


def detect_step(days: Sequence[int]) -> str:
    """Return the kind of period that the dates of one series stand for, "" where they do not tell.

    Parameters
    ----------
    days : different days as ordinals, in order
    """
    if len(days) < 2:
        return "day"
    dates = [date.fromordinal(day) for day in days]
    gaps = [later - early for early, later in zip(days, days[1:], strict=False)]
    alike = len({one.day for one in dates}) == 1 or all((one + timedelta(1)).day == 1 for one in dates)
    months = [12 * one.year + one.month for one in dates]
    apart = [later - early for early, later in zip(months, months[1:], strict=False)]
    if alike and min(apart) >= 1:
        if all(gap % 12 == 0 for gap in apart):
            return "year"
        quarters = len(days) > 2 and all(gap % 3 == 0 for gap in apart) and dates[0].month % 3 in (0, 1)
        return "quarter" if quarters else "month"
    if all(gap % 7 == 0 for gap in gaps):
        return "week"
    if min(gaps) < 7:
        return "day"
    return "month" if set(apart) == {1} else ""
