"""Numbers as agencies write them: marks of decimals and thousands, signs for what is missing or hidden, flags, bounds.

The mark of decimals is decided for a file as a whole (``detect_decimal_mark``): by cells that can be read in one way
only, else by what separates the columns. A bound such as ``<5`` is no number and never becomes one.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

MARKS = {"point": ".", "comma": ","}
MISSING = frozenset(
    "|na|n/a|n.a.|nan|nd|n.d.|n/d|nr|n/r|null|none|missing|not available|not reported|no data|#n/a|[x]|[z]|-|–|—|.|..|"
    "...|…|:|н/д|н.д.|нд|нет данных|нет".split("|")
)
SUPPRESSED = frozenset(
    "*|**|***|suppressed|(suppressed)|confidential|(confidential)|c|(c)|[c]|скрыто|конфиденциально".split("|")
)
FLAGS = {
    "b": "break in the series", "c": "confidential", "d": "definition differs", "e": "estimated", "f": "forecast",
    "n": "not significant", "p": "provisional", "r": "revised", "s": "estimated by Eurostat", "u": "low reliability",
    "z": "not applicable", "*": "a footnote",
}  # fmt: skip
"""Flags as Eurostat writes them beside a value."""
_FLAGS = rf"(?: ?\(?(?P<flags>[{''.join(re.escape(one) for one in FLAGS)}]{{1,3}})\)?)"
_BODY = r"[+-]?(?:\d+(?:[.,' ]\d+)*[.,]?|[.,]\d+)(?:e[+-]?\d+)?"
_CELL = re.compile(rf"(?P<body>{_BODY}) ?(?P<percent>%)?{_FLAGS}?", re.ASCII)
_LONE_FLAG = re.compile(rf"(?P<sign>:|\.\.){_FLAGS}", re.ASCII)
_BOUND = re.compile(
    r"[<>≤≥]|&[lg]t;|^\d+ ?\+$|\b(?:b|l)(?:ql|od|oq)\b|\bnon-?detect|\[low\]|"
    r"\b(?:fewer|less|more|under|below|above|over|up to|at (?:most|least)|unter|über|moins|plus|menos|más)\b|"
    r"менее|меньше|более|больше|\bдо \d|\bот \d|미만|이상|이하|초과|未満|以下|以上"
)
_RANGE = re.compile(r"\d+(?:[.,]\d+)? ?(?:-|–|—|to|до) ?\d+(?:[.,]\d+)?", re.ASCII)
BOUND = (
    "says a bound or a range, which is no number: a number in its place (the bound, its half, zero) would be made up, "
    "and bounds are not taken in yet"
)
UNDECIDED = (
    "no number for certain: is a comma or a point here the mark of decimals, or of thousands? say --decimal comma or "
    "--decimal point"
)
THOUSANDS = {" ": "spaces", "'": "apostrophes", ",": "commas", ".": "points"}
PERCENT = ("%", "percent", "per cent", "percentage", "pct", "share, %", "процент", "проценты", "процентов")


class Value(NamedTuple):
    """A cell as read: a number or None (``why`` it is missing), the flags beside it, and what marked thousands."""

    number: float | None
    why: str = ""
    note: str = ""
    grouped: str = ""
    percent: bool = False


def normalize_cell(text: str) -> str:
    """Return a cell in small letters with plain spaces, signs and apostrophes."""
    plain = unicodedata.normalize("NFKC", "".join(" " if one.isspace() else one for one in text))
    plain = "".join(one for one in plain if unicodedata.category(one) != "Cf")
    return " ".join(plain.casefold().replace("−", "-").replace("’", "'").replace("´", "'").split())


def _extract_number(text: str) -> str:
    found = _CELL.fullmatch(normalize_cell(text))
    return found["body"] if found else ""


def detect_decimal_mark(cells: Iterable[tuple[int, str]], separator: str) -> tuple[str, str]:
    """Return the mark of decimals of a file ("" where nothing shows it), and in words how it is known.

    Raises
    ------
    ValueError : some cells have decimal commas and some decimal points
    """
    shown: dict[str, tuple[int, str]] = {}
    both = False
    for line, cell in cells:
        body = _extract_number(cell)
        found = _infer_mark(body)
        if found:
            shown.setdefault(found, (line, cell))
        both = both or bool(re.search(r"[.,]", body))
    if len(shown) > 1:
        told = " and ".join(f"{cell!r} in line {line}" for line, cell in shown.values())
        raise ValueError(f"some numbers have decimal commas and some decimal points: {told}")
    for mark, (line, cell) in shown.items():
        name = "comma" if mark == "," else "point"
        return mark, f"decimals are read with a {name} in the whole file, as {cell!r} in line {line} shows"
    if both and separator == ";":
        return "", "columns are separated by ';': a comma in a number is read as the mark of decimals"
    return "", ""


def _infer_mark(body: str) -> str:
    """The mark of decimals that a number shows, "" where it could be read with either."""
    marks = [sign for sign in body if sign in ".,"]
    if not marks or ("e" in body and "." in marks):
        return "." if "." in marks else ""
    whole, _, part = body.rpartition(marks[-1])
    if len(set(marks)) == 2:
        return marks[-1] if marks.count(marks[-1]) == 1 else ""
    other = "," if marks[0] == "." else "."
    if len(marks) > 1:
        return other
    digits = whole.lstrip("+-").replace("'", " ")
    certain = len(part) != 3 or digits in ("", "0") or len(digits) > 3
    return marks[0] if certain else ""


def read_number(text: str, mark: str = "", separator: str = ",") -> Value:
    """Return what a cell says.

    Parameters
    ----------
    mark : the file's mark of decimals, "" where nothing shows it
    separator : what separates the columns

    Raises
    ------
    ValueError : in words, why the cell is no number
    """
    plain = normalize_cell(text)
    if plain in MISSING:
        return Value(None, "no value")
    if plain in SUPPRESSED:
        return Value(None, "hidden by the publisher")
    lone = _LONE_FLAG.fullmatch(plain)
    if lone:
        hidden = "c" in lone["flags"]
        return Value(None, "hidden by the publisher" if hidden else "no value", note=_describe_flags(lone["flags"]))
    if _BOUND.search(plain) or _RANGE.fullmatch(plain):
        raise ValueError(BOUND)
    found = _CELL.fullmatch(plain)
    if not found:
        raise ValueError("no number")
    number, grouped = _parse_number(found["body"], mark, separator)
    if not math.isfinite(number) or number < 0:
        raise ValueError("the value must be finite and not negative")
    note = _describe_flags(found["flags"]) if found["flags"] else ""
    return Value(abs(number), note=note, grouped=grouped, percent=bool(found["percent"]))


def _describe_flags(flags: str) -> str:
    return ", ".join(f"{flag}: {FLAGS[flag]}" for flag in flags)


def _parse_number(body: str, mark: str, separator: str) -> tuple[float, str]:
    own = mark or _infer_mark(body)
    if not own and re.search("[.,]", body):
        if "," in body and "." not in body and separator == ";":
            own = ","
        elif "," not in body and separator != ";":
            own = "."
        else:
            raise ValueError(UNDECIDED)
    own = own or "."
    thousands = "," if own == "." else "."
    whole, _, part = body.partition(own)
    groups = re.split(rf"[ '{re.escape(thousands)}]", whole)
    if re.search(r"[ ',.]", part) or (len(groups) > 1 and not _is_grouped(groups)):
        raise ValueError("no number")
    sign = next((one for one in whole if one in f" '{thousands}"), "")
    return float("".join(groups) + ("." + part if part else "")), THOUSANDS.get(sign, "")


def _is_grouped(groups: list[str]) -> bool:
    return 1 <= len(groups[0].lstrip("+-")) <= 3 and all(len(one) == 3 for one in groups[1:])
