"""Numbers for people, with two significant digits: plain in tables of a terminal, typeset by language in print.

Plain numbers have "-" and a space between thousands (ISO 80000-1). Typeset ones have a true minus; English groups
thousands by commas and writes mn and bn; Russian has a decimal comma, narrow no-break spaces, and тыс., млн, млрд.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

Language = Literal["en", "ru"]
LANGUAGES: tuple[Language, ...] = ("en", "ru")
MISSING = "–"
SMALLEST = 1e-4
"""A smaller number is written with a power of ten."""


class _Convention(NamedTuple):
    minus: str
    decimal: str
    thousands: str
    before_unit: str
    units: tuple[tuple[float, float, str], ...]
    """From which size on, the size of the unit, its name."""


_PLAIN = _Convention("-", ".", " ", " ", ((1e9, 1e9, "bn"), (1e6, 1e6, "mn")))
_TYPESET = {
    "en": _Convention("−", ".", ",", "\u00a0", ((1e9, 1e9, "bn"), (1e6, 1e6, "mn"))),
    "ru": _Convention("−", ",", "\u202f", "\u00a0", ((1e9, 1e9, "млрд"), (1e6, 1e6, "млн"), (1e4, 1e3, "тыс."))),
}


def format_number(value: float | None, *, short: bool = False) -> str:
    """Return a plain number with two significant digits, an en dash where there is none.

    Parameters
    ----------
    short : whether millions and billions are abbreviated
    """
    return _format(value, _PLAIN, signed=False, short=short)


def format_interval(low: float | None, high: float | None, *, short: bool = False) -> str:
    """Return a plain interval, one en dash where it has no ends."""
    ends = format_number(low, short=short), format_number(high, short=short)
    return MISSING if ends == (MISSING, MISSING) else " to ".join(ends)


def typeset_number(value: float | None, language: Language = "en", *, signed: bool = False) -> str:
    """Return a number in the conventions of a language, millions abbreviated; an en dash where there is none.

    Parameters
    ----------
    signed : whether a plus stands before a number above 0
    """
    return _format(value, _TYPESET[language], signed=signed, short=True)


def typeset_interval(low: float | None, high: float | None, language: Language = "en", *, signed: bool = False) -> str:
    """Return an interval in the conventions of a language."""
    return f"{typeset_number(low, language, signed=signed)} … {typeset_number(high, language, signed=signed)}"


def typeset_estimate(
    value: float | None, low: float | None, high: float | None, language: Language = "en", *, signed: bool = False
) -> str:
    """Return a number with its interval in brackets, in the conventions of a language."""
    interval = typeset_interval(low, high, language, signed=signed)
    return f"{typeset_number(value, language, signed=signed)} ({interval})"


def typeset_exact(value: float, language: Language = "en") -> str:
    """Return a number that a person set, unrounded, in the conventions of a language."""
    return _mark(f"{abs(value):,.10g}", _TYPESET[language], value < 0)


def _mark(text: str, convention: _Convention, is_negative: bool) -> str:
    whole, _, part = text.partition(".")
    grouped = whole.replace(",", convention.thousands) + (convention.decimal + part if part else "")
    return (convention.minus if is_negative else "") + grouped


def _format(value: float | None, convention: _Convention, *, signed: bool, short: bool) -> str:
    if value is None or not math.isfinite(value):
        return MISSING
    plus = "+" if signed and value > 0 else ""
    size, end = _round(abs(value)), ""
    for least, unit, name in convention.units if short else ():
        if size >= least:
            size, end = size / unit, convention.before_unit + name
            break
    return plus + _mark(_format_size(size), convention, value < 0) + end


def _round(size: float) -> float:
    return float(f"{size:.1e}")


def _format_size(size: float) -> str:
    if size == 0:
        return "0"
    if size < SMALLEST:
        return f"{size:.1e}"
    return f"{size:,.{max(0, 1 - math.floor(math.log10(size)))}f}"
