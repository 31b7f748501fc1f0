"""Field types that scenarios and levers share: days, shares, scales, switches, unchangeable mappings."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

import numpy as np
from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, PlainValidator

from kladsim.core.errors import InputError
from kladsim.core.validated import python_value
from kladsim.model.config import END_OF_TIME, FIRST_DAY

V = TypeVar("V")
Kept = TypeVar("Kept", covariant=True)
Given = TypeVar("Given", contravariant=True)

LAST_DAY = END_OF_TIME - timedelta(days=1)
LARGEST_SEED = 2**63 - 1
LARGEST_K = 1_000_000

_ON_OFF = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}
_JOINERS = dict.fromkeys((0x200C, 0x200D))
_THOUSANDS = re.compile(r"-?\d{1,3}(?:[,_' \u00a0\u2009\u202f]\d{3})+(?:\.\d+)?")
_PARTIAL_DAY = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")


class FrozenMap(Mapping[str, V]):
    """A mapping that cannot be changed, in the order of its keys, equal to and printed like a dict."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, V]) -> None:
        self._items = dict(sorted(items.items()))

    def __getitem__(self, key: str) -> V:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(tuple(self._items.items()))

    def __repr__(self) -> str:
        return repr(self._items)


def is_printable(text: str) -> bool:
    """Whether a text can stand in a line; the joiners of Persian, Hindi and emoji count as printable."""
    return text.translate(_JOINERS).isprintable()


def parse_day(value: object) -> date:
    """Return the day given as a date, "YYYY-MM-DD", "YYYY-MM" or a year (the first day of it)."""
    value = python_value(value)
    if isinstance(value, datetime) and value == value and value.time() == time():  # not a time differs from itself
        return value.date()
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    match = _PARTIAL_DAY.fullmatch(text)
    if match:
        year, month, day = (int(part or 1) for part in match.groups())
        try:
            return date(year, month, day)
        except ValueError:
            pass
    raise InputError("is not a day", value=value, allowed='"YYYY-MM-DD", "YYYY-MM" or "YYYY"')


def _between(first: date, last: date) -> AfterValidator:
    def check(day: date) -> date:
        if not first <= day <= last:
            raise InputError("is out of range", value=day.isoformat(), allowed=f"{first} to {last}")
        return day

    return AfterValidator(check)


def parse_scale(value: object) -> Fraction:
    """Return the scale 1/k (k whole) given as 1, 0.01, "1/100" or a Fraction."""
    value = python_value(value)
    allowed = f'1/k with whole k from 1 to {LARGEST_K}, as 1, 0.01 or "1/100"'
    share = _fraction(value)
    if share is None or not 0 < share <= 1 or (k := round(1 / share)) > LARGEST_K:
        raise InputError("is not a scale", value=value, allowed=allowed)
    if abs(share * k - 1) > Fraction(1, 10**9):
        raise InputError("is not one over a whole number", value=value, allowed=allowed)
    return Fraction(1, k)


def _fraction(value: object) -> Fraction | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Fraction):
        return None
    try:
        if isinstance(value, str) and "/" not in value:
            return Fraction(float(value))
        return Fraction(value)
    except (ValueError, OverflowError, ZeroDivisionError):
        return None


def parse_number(value: object) -> float:
    """Return a finite number; text and switches are not numbers."""
    value = python_value(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError("is not a number", value=value, allowed="a number", suggestion=_without_commas(value))
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise InputError("is not a finite number", value=value, allowed="a finite number")
    return number


def _without_commas(value: object) -> str | None:
    """The number that a text with signs between its thousands stands for."""
    found = _THOUSANDS.fullmatch(value.strip()) if isinstance(value, str) else None
    return None if found is None else re.sub(r"[^\d.-]", "", found[0])


def parse_whole(value: object) -> int:
    """Return a whole number; text, switches and fractions are none."""
    value = python_value(value)
    if isinstance(value, bool) or not isinstance(value, int):
        near = _without_commas(value)
        raise InputError("is not a whole number", value=value, allowed="a whole number", suggestion=near)
    return value


def parse_count(value: object, where: str) -> int:
    """Return a whole number from 1 on.

    Raises
    ------
    InputError : it is none
    """
    count = python_value(value)
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise InputError("is not a positive whole number", where=where, value=value, allowed=">= 1")
    return count


def parse_switch(value: object) -> bool:
    """Return a switch given as a bool, "on" or "off"."""
    value = python_value(value)
    switch = _ON_OFF.get(value.lower()) if isinstance(value, str) else value
    if not isinstance(switch, bool):
        raise InputError("is not a switch", value=value, allowed="on or off")
    return switch


def parse_regions(value: object) -> object:
    """Return region codes as a tuple; one code may stand alone."""
    return (value,) if isinstance(value, str) else value


Number = Annotated[float, BeforeValidator(parse_number)]
Whole = Annotated[int, BeforeValidator(parse_whole)]
Share = Annotated[float, Field(ge=0.0, le=1.0), BeforeValidator(parse_number)]
Amount = Annotated[float, Field(ge=0.0, le=1e9), BeforeValidator(parse_number)]
Days = Annotated[int, Field(ge=0, le=3650), BeforeValidator(parse_whole)]
Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED), BeforeValidator(parse_whole)]
Switch = Annotated[bool, BeforeValidator(parse_switch)]
Numbers = Annotated[Mapping[str, Number], AfterValidator(FrozenMap), PlainSerializer(dict)]
Switches = Annotated[Mapping[str, Switch], AfterValidator(FrozenMap), PlainSerializer(dict)]


class Converted(Generic[Kept, Given]):
    """To a type checker, a field that is read as one type and takes more when its object is made."""

    def __get__(self, instance: object, owner: type | None = None) -> Kept:
        raise NotImplementedError

    def __set__(self, instance: object, value: Given) -> None:
        raise NotImplementedError


DayInput = date | np.datetime64 | str | int
"""A day as people give it."""

if TYPE_CHECKING:
    Day = Converted[date, DayInput]
    EndDay = Converted[date, DayInput]
    OptionalDay = Converted[date | None, DayInput | None]
    OptionalEndDay = Converted[date | None, DayInput | None]
    Scale = Converted[Fraction, Fraction | float | str]
    Regions = Converted[tuple[str, ...], Sequence[str]]
else:
    Day = Annotated[date, BeforeValidator(parse_day), _between(FIRST_DAY, LAST_DAY)]
    EndDay = Annotated[date, BeforeValidator(parse_day), _between(FIRST_DAY, END_OF_TIME)]
    OptionalDay = Day | None
    OptionalEndDay = EndDay | None
    Scale = Annotated[Fraction, PlainValidator(parse_scale), PlainSerializer(str)]
    Regions = Annotated[tuple[str, ...], BeforeValidator(parse_regions)]


def default(value: object) -> Any:
    """The value that a converted field has where none is given."""
    return value


def plain(value: Any) -> Any:
    """Return ``value`` as YAML and JSON hold it: dates as ISO text, tuples as lists, fractions as text."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, Mapping):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, tuple | list):
        return [plain(entry) for entry in value]
    return value
