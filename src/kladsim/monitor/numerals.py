"""Numbers as agencies write them: marks of decimals and thousands, signs for what is missing or hidden, flags, bounds.

The mark of decimals is decided for a file as a whole (``detect_decimal_mark``): by cells that can be read in one way
only, else by what separates the columns. A bound such as ``<5``, a hidden value or one below a limit is an interval and
never becomes a point.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from kladsim.monitor.dates import to_ascii_digits
from kladsim.monitor.recipes import IntakeOptions
from kladsim.monitor.sheets import TypedCell

NO_OPTIONS = IntakeOptions()

MARKS = {"point": ".", "comma": ","}
MISSING = frozenset(
    "|na|n/a|n.a.|nan|nd|n.d.|n/d|nr|n/r|null|none|missing|not available|not reported|no data|not applicable|#n/a|#na|"
    "unreliable|#null!|#div/0!|#value!|#ref!|[x]|[z]|[w]|-|–|—|--|---|.|:|/|н/д|н.д.|нд|нет данных|нет|sin datos|k.a.|"
    "keine angabe|b.d.|brak danych|자료없음|無|无|不明|s/d|s.d.|nav datu|puudub".split("|")
)
SUPPRESSED = frozenset(
    "*|**|***|suppressed|(suppressed)|[suppressed]|confidential|(confidential)|c|(c)|[c]|x|(x)|s|(s)|[s]|..|...|…|‥|"
    "скрыто|конфиденциально|masked|redacted|withheld|not published|geheim|secret|비공개|비밀".split("|")
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
_NUMBER = r"\d+(?:[.,' ]\d+)*"
_LESS = (
    "fewer|less|under|below|lower|unter|weniger als|kleiner|moins|menos|meno|minder dan|färre|alle|poniżej|mniej niż|"
    "mazāk|mažiau|alla|менше|менее|меньше|ниже"
)
_MORE = "more|over|above|greater|über|mehr als|plus de|más de|mais de|più di|więcej niż|более|больше|свыше|от"
_BELOW = re.compile(
    rf"(?:<|≤|=<|&lt;|(?:{_LESS})(?: than| чем| de| di| als| ніж| niż| än| nekā| nei)?|"
    rf"up to|at most|no more than|bis(?: zu)?|hasta|до|не более|max\.?) ?=? ?(?P<n>{_NUMBER})"
)
_BELOW_AFTER = re.compile(
    rf"(?P<n>{_NUMBER}) ?(?:미만|이하|未満|以下|or (?:less|fewer)|и менее|oder weniger|ou moins|o menos)"
)
_ABOVE = re.compile(
    rf"(?:>|≥|=>|&gt;|(?:{_MORE})(?: than| чем)?|at least|не менее|mindestens|au moins) ?=? ?(?P<n>{_NUMBER})|"
    rf"(?P<m>{_NUMBER}) ?(?:\+|이상|초과|以上|超|or more|и более|oder mehr|ou plus|o más)"
)
_LIMIT = re.compile(
    rf"(?:<|below|under|&lt;|ниже)? ?(?:the )?(?:loq|lod|lq|ld|b?lq|bql|blod|bloq|mdl|"
    rf"limit of (?:detection|quantification)|non-?detect(?:ed)?|not detected|предела(?: обнаружения)?)"
    rf"(?: ?[(=:]? ?<?(?P<n>{_NUMBER})\)?)?|\[low\]"
)
_RANGE = re.compile(
    rf"(?:от |from |between )?(?P<low>{_NUMBER}) ?(?:-|–|—|~|to|до|and|bis|à|a) ?(?P<high>{_NUMBER})", re.ASCII
)
NO_NUMBER = "no number"
LARGEST = 1e15
"""Above it nothing that people count or weigh lies, and whole numbers lose their last digits."""
UNBOUNDED = math.inf
HIDDEN = "*"
UNDECIDED = (
    "no number for certain: is a comma or a point here the mark of decimals, or of thousands? say --decimal comma or "
    "--decimal point"
)
THOUSANDS = {" ": "spaces", "'": "apostrophes", ",": "commas", ".": "points"}
PERCENT = ("%", "percent", "per cent", "percentage", "pct", "share, %", "процент", "проценты", "процентов")


class Value(NamedTuple):
    """A cell as read.

    Attributes
    ----------
    low, high : the number twice, or the bounds between which it lies; None where there is no value
    why : why it is missing or not known exactly, in words
    note : the flags beside it, in words
    grouped : what marked thousands
    percent : whether a sign of per cent stood beside it
    limit : whether it is below a limit that the cell does not give
    """

    low: float | None
    high: float | None = None
    why: str = ""
    note: str = ""
    grouped: str = ""
    percent: bool = False
    limit: bool = False


def normalize_cell(text: str) -> str:
    """Return a cell in small letters with plain spaces, signs and apostrophes."""
    plain = unicodedata.normalize("NFKC", "".join(" " if one.isspace() else one for one in text))
    plain = "".join(one for one in to_ascii_digits(plain) if unicodedata.category(one) != "Cf")
    plain = plain.replace("٫", ".").replace("٬", ",")
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
        body = "" if isinstance(cell, TypedCell) else _extract_number(cell)
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


def read_number(text: str, mark: str = "", separator: str = ",", options: IntakeOptions = NO_OPTIONS) -> Value:
    """Return what a cell says.

    Parameters
    ----------
    mark : the file's mark of decimals, "" where nothing shows it
    separator : what separates the columns
    options : further signs of missing values, and the bounds of hidden ones

    Raises
    ------
    ValueError : in words, why the cell is no number
    """
    if isinstance(text, TypedCell):
        return _read_typed(text)
    plain = normalize_cell(text)
    if plain in MISSING or plain in map(normalize_cell, options.missing):
        return Value(None, why="no value")
    if plain in SUPPRESSED:
        return _hide(options)
    lone = _LONE_FLAG.fullmatch(plain)
    if lone:
        note = describe_flags(lone["flags"])
        return _hide(options)._replace(note=note) if "c" in lone["flags"] else Value(None, why="no value", note=note)
    interval = _read_interval(plain, mark, separator)
    if interval is not None:
        return interval
    found = _CELL.fullmatch(plain)
    if not found:
        raise ValueError(NO_NUMBER)
    number, grouped = _parse_number(found["body"], mark, separator)
    _check_number(number)
    note = describe_flags(found["flags"]) if found["flags"] else ""
    return Value(abs(number), abs(number), note=note, grouped=grouped, percent=bool(found["percent"]))


def is_value(text: str) -> bool:
    """Whether a cell holds a number with either mark of decimals, a bound, or a sign for a missing or hidden value."""
    plain = normalize_cell(text)
    if plain in SUPPRESSED or _CELL.fullmatch(plain) or _LONE_FLAG.fullmatch(plain):
        return True
    shapes = (_BELOW, _BELOW_AFTER, _LIMIT, _ABOVE, _RANGE)
    return bool(plain) and (plain in MISSING or any(shape.fullmatch(plain) for shape in shapes))


def _read_typed(text: str) -> Value:
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        raise ValueError("is a date, not a number") from None
    if math.isnan(number):
        return Value(None, why="no value")
    _check_number(number)
    return Value(abs(number), abs(number), percent=text.endswith("%"))


def _check_number(number: float) -> None:
    if not 0 <= number <= LARGEST:
        raise ValueError(f"the value must be finite and not negative, at most {LARGEST:g}")


def _hide(options: IntakeOptions) -> Value:
    low, high = options.suppressed or (0.0, UNBOUNDED)
    known = f"between {low:g} and {high:g}" if math.isfinite(high) else "without a known bound"
    return Value(low, high, why=f"hidden by the publisher, {known}")


def _read_interval(plain: str, mark: str, separator: str) -> Value | None:
    """The bounds that a cell gives, None if it gives none."""
    body, note = plain, ""
    flagged = re.fullmatch(rf"(?P<body>.*\d){_FLAGS}", plain, re.ASCII)
    if flagged and flagged["body"] != plain and re.match(r"[<>≤≥]|\d+ ?-", plain):
        body, note = flagged["body"], describe_flags(flagged["flags"])

    def number(text: str) -> float:
        found = _parse_number(text, mark, separator)[0]
        _check_number(found)
        return found

    below = _BELOW.fullmatch(body) or _BELOW_AFTER.fullmatch(body)
    if below:
        high = number(below["n"])
        return Value(0.0, high, why=f"between 0 and {high:g}", note=note)
    limit = _LIMIT.fullmatch(body)
    if limit:
        high = number(limit["n"]) if limit["n"] else UNBOUNDED
        return Value(0.0, high, why="below a limit", note=note, limit=not limit["n"])
    above = _ABOVE.fullmatch(body)
    if above:
        return Value(number(above["n"] or above["m"]), UNBOUNDED, why="above a bound", note=note)
    between = _RANGE.fullmatch(body)
    if between:
        low, high = number(between["low"]), number(between["high"])
        if low > high:
            raise ValueError("the lower bound is above the upper one")
        return Value(low, high, why=f"between {low:g} and {high:g}", note=note)
    return None


def describe_flags(flags: str) -> str:
    """Return what flags say, in words."""
    return ", ".join(f"{flag}: {FLAGS[flag]}" for flag in flags)


def _parse_number(body: str, mark: str, separator: str) -> tuple[float, str]:
    own = mark or _infer_mark(body)
    if not own and re.search("[.,]", body):
        if "," in body and "." not in body and separator == ";":
            own = ","
        elif "," not in body and separator == ",":
            own = "."
        else:
            raise ValueError(UNDECIDED)
    own = own or "."
    thousands = "," if own == "." else "."
    whole, _, part = body.partition(own)
    groups = re.split(rf"[ '{re.escape(thousands)}]", whole)
    if re.search(r"[ ',.]", part) or (len(groups) > 1 and not _is_grouped(groups, by_commas="," in whole)):
        raise ValueError(NO_NUMBER)
    sign = next((one for one in whole if one in f" '{thousands}"), "")
    return float("".join(groups) + ("." + part if part else "")), THOUSANDS.get(sign, "")


def _is_grouped(groups: list[str], by_commas: bool) -> bool:
    """Whether digits are grouped by three, or as lakh and crore are: the last three together, those before by two."""
    first, sizes = len(groups[0].lstrip("+-")), [len(one) for one in groups[1:]]
    is_lakh = by_commas and first <= 2 and len(sizes) > 1 and sizes[-1] == 3 and set(sizes[:-1]) == {2}
    return first > 0 and ((first <= 3 and set(sizes) <= {3}) or is_lakh)
