"""A person's file as rows of cells: what it is, its encoding, what separates its columns, and what its columns mean.

What cannot be read yet (workbooks, years in columns) is refused with what was seen. Encodings are told by marks in the
file, else by words: Russian letters in Windows-1251 look like words in no other way. What is not certain is refused.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kladsim.core.errors import InputError, suggest
from kladsim.monitor.names import normalize_name

REQUIRED = ("country", "place", "indicator", "unit", "period", "value")
OPTIONAL = ("reported", "freq", "source")
ALIASES = {
    "country": "country country_code country_iso2 iso2 iso3 страна код_страны",
    "place": "place city город населённый_пункт населенный_пункт region регион",
    "indicator": "indicator drug metabolite показатель вещество",
    "unit": "unit units единица единицы единица_измерения ед._изм. ед.изм.",
    "period": "period date time_period период дата",
    "value": "value daily_mean count obs_value значение число количество",
    "reported": "reported published опубликовано дата_публикации",
    "freq": "freq frequency периодичность",
    "source": "source источник",
}
"""Words of columns; of several words for ``place`` the first in this order counts: a city before its region."""
PARTS = {
    "year": "year год", "quarter": "quarter квартал", "month": "month месяц",
    "week": "week isoweek iso_week epiweek year_week yearweek неделя",
}  # fmt: skip
"""Words of columns that say what kind of period they hold."""
_MEANS = {word: name for name, words in ALIASES.items() for word in words.split()}
_PART = {word: name for name, words in PARTS.items() for word in words.split()}
WORKBOOKS = {
    b"PK\x03\x04": "a workbook or archive (.xlsx, .ods or .zip)",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls)",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a file packed with gzip",
    b"{": "JSON",
    b"[": "JSON",
    b"<": "XML or a web page",
}
AS_CSV = "a CSV file; save the sheet as CSV (UTF-8)"
ENCODINGS = ("utf-8", "utf-16", "cp1251", "cp1252", "koi8-r", "cp866", "latin-1", "mac-cyrillic")
EXPORTS = {"the EUDA's export of wastewater": {"siteid", "weekday_mean"}, "an export of KOSIS": {"구분"}}
"""Publishers' own files, told by columns that only they have."""
Lines = list[tuple[int, list[str]]]
FREQUENT = frozenset("оеаинтсрвлкмдпу")
"""The letters that make up four in five of a Russian text."""


@dataclass
class InputTable:
    """Rows by line, each with its cells by column; what was noted, and what was wrong with the file as a whole."""

    rows: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)
    problems: list[tuple[int, InputError]] = field(default_factory=list)
    columns: tuple[str, ...] = ()
    separator: str = ","
    period: str = ""
    """What the column of periods calls them: year, quarter, month or week ("" when it says only period or date)."""


def read_table(path: Path, encoding: str = "") -> InputTable:
    """Read a file.

    Parameters
    ----------
    encoding : the file's encoding, "" to tell it from the file

    Raises
    ------
    InputError : the file is no table that can be read
    """
    found = InputTable()
    text = _read_text(path, encoding, found)
    if not text.strip():
        raise InputError("the file is empty", where=path.name, allowed=f"a header with {', '.join(REQUIRED)} and rows")
    first = next(line for line in text.splitlines() if line.strip())
    found.separator = max(",;\t", key=first.count)
    if found.separator != ",":
        found.notes.append((1, f"columns are separated by {found.separator!r}: read so"))
    lines = _read_lines(path, csv.reader(io.StringIO(text, newline=None), delimiter=found.separator))
    header = next(cells for _, cells in lines if any(cell.strip() for cell in cells))
    names = _read_header(path, header, found)
    raw = [(line, cells) for line, cells in lines if any(cell.strip() for cell in cells)]
    if not raw:
        raise InputError("the file has a header and no rows", where=path.name, allowed="at least one row")
    raw = _join_decimal_commas(names, raw, found)
    for line, cells in raw:
        if len(cells) != len(names):
            what = f"{len(cells)} cells, the header has {len(names)}"
            hint = "; a number with a comma needs quotes" if found.separator == "," and len(cells) > len(names) else ""
            found.problems.append((line, InputError(what + hint)))
        else:
            _add_row(line, dict(zip(names, map(clean_cell, cells), strict=True)), found)
    return found


def _add_row(line: int, named: dict[str, str], found: InputTable) -> None:
    odd = [name for name, cell in named.items() if not cell.replace("\u200c", "").replace("\u200d", "").isprintable()]
    for name in odd:
        what = "holds a line break or a control sign: a quote that is not closed?"
        found.problems.append((line, InputError(what, where=name, value=named[name][:40])))
    if not odd:
        found.rows.append((line, _join_period(named, found)))


def clean_cell(cell: str) -> str:
    """Return a cell without signs that nobody sees (marks of writing direction, spaces of any width at its ends)."""
    seen = (sign for sign in cell if unicodedata.category(sign) != "Cf" or sign in "\u200c\u200d")
    return "".join(" " if sign != "\n" and sign.isspace() else sign for sign in seen).strip()


def _read_text(path: Path, encoding: str, found: InputTable) -> str:
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise InputError(f"the file cannot be read ({problem.strerror})", where=str(path)) from None
    for start, what in WORKBOOKS.items():
        if content.lstrip(b"\xef\xbb\xbf \r\n").startswith(start):
            raise InputError(f"is {what}, which cannot be read yet", where=path.name, allowed=AS_CSV)
    told = encoding or _detect_encoding(content)
    if not told:
        what = "is not UTF-8, and its encoding cannot be told for certain"
        raise InputError(what, where=path.name, allowed=f"UTF-8, or --encoding with one of {', '.join(ENCODINGS)}")
    try:
        text = content.decode(told)
    except LookupError:
        raise InputError(
            "no such encoding", where="--encoding", value=encoding, allowed=", ".join(ENCODINGS),
            suggestion=suggest(encoding, ENCODINGS),
        ) from None  # fmt: skip
    except UnicodeError as problem:
        raise InputError(f"is not {told} ({problem})", where=path.name, allowed="another --encoding") from None
    if told != "utf-8-sig":
        found.notes.append((1, f"the file is {told}: read so"))
    return text.lstrip("\ufeff")


def _detect_encoding(content: bytes) -> str:
    """The encoding that the bytes show, "" when they show none for certain."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    for name in ("utf-16-le", "utf-16-be") if b"\x00" in content and len(content) % 2 == 0 else ():
        lines = content.decode(name, errors="replace").splitlines()
        if len(lines) > 1 and any(sign in lines[0] for sign in ",;\t"):
            return name
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "cp1251" if _looks_russian(content) else ""
    return "utf-8-sig"


def _looks_russian(content: bytes) -> bool:
    """Whether the text is plainly Russian in Windows-1251: whole words, their cases, letters as frequent as there."""
    shares: dict[str, float] = {}
    texts = set()
    for name in ("cp1251", "koi8-r", "cp866", "mac-cyrillic"):
        text = content.decode(name, errors="replace")
        if text in texts:  # small letters are alike in some of them: it does not matter which it is
            continue
        texts.add(text)
        words = re.findall(r"[^\W\d_]*[^\x00-\x7f]+[^\W\d_]*", text)
        fine = words and all(re.fullmatch(r"[А-ЯЁ]?[а-яё]+|[А-ЯЁ]+|[№«»—–\xa0]+", one) for one in words)
        letters = [sign for sign in "".join(words).lower() if sign.isalpha()]
        shares[name] = sum(sign in FREQUENT for sign in letters) / len(letters) if fine and len(letters) > 4 else 0.0
    best = shares.pop("cp1251")
    return best > 0.6 and best > max(shares.values()) + 0.15


def _read_lines(path: Path, reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with its line, and tell what is no CSV at all."""
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(f"is not CSV ({error})", where=f"{path.name}, line {reader.line_num}") from None
        yield reader.line_num, cells


def _read_header(path: Path, cells: Sequence[str], found: InputTable) -> list[str]:
    given = [normalize_name(clean_cell(cell)).replace(" ", "_") for cell in cells]
    parts = {_PART[name] for name in given if name in _PART}
    plain = "period" in given or any(_MEANS.get(name) == "period" for name in given)
    names = []
    places = [word for word in ALIASES["place"].split() if word in given]
    for place, (word, cell) in enumerate(zip(given, cells, strict=True), start=1):
        other = _MEANS.get(word, "") in given or word in places[1:]  # another column has that name itself
        name = (word if other else _MEANS.get(word, word)) or f"(column {place} without a name)"
        if word in _PART:
            name = "period" if len(parts) == 1 and not plain else _PART[word]
        if name != cell:
            found.notes.append((1, f"column {cell!r} read as {name!r}"))
        names.append(name)
    joined = not plain and "year" in parts and len(parts) == 2
    found.period = next(iter(parts)) if len(parts) == 1 and not plain else ""
    found.problems += _check_header(path, [*names, "period"] if joined else names, cells)
    used = (*REQUIRED, *OPTIONAL, *(parts if joined else ()))
    extra = [name for name in names if name not in used]
    if extra:
        found.notes.append((1, f"columns not used: {', '.join(extra)}"))
    found.columns = tuple(names)
    return names


def _check_header(path: Path, names: Sequence[str], cells: Sequence[str]) -> list[tuple[int, InputError]]:
    missing = [name for name in REQUIRED if name not in names]
    years = [cell.strip() for cell in cells if re.fullmatch(r"(19|20)\d\d", cell.strip(), re.ASCII)]
    where, given = f"{path.name}, line 1", ", ".join(cells)
    if missing and len(years) > 1:
        what = f"years stand in columns ({years[0]} to {years[-1]}), which cannot be read yet"
        raise InputError(what, where=where, value=given, allowed="one row a value, the year in a column 'period'")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError("a column is there twice", where=where, value=", ".join(twice))
    others = [name for name in names if name not in REQUIRED]
    what = f"column {missing[0]!r} is missing" if len(missing) == 1 else f"columns {', '.join(missing)} are missing"
    seen = [name for name, marks in EXPORTS.items() if marks <= set(names)]
    what = f"looks like {seen[0]}, which cannot be read yet: {what}" if seen else what
    allowed = ", ".join((*REQUIRED, *OPTIONAL))
    if missing and len(missing) == len(REQUIRED):
        raise InputError("no column of these names", where=where, value=given, allowed=allowed)
    near = suggest(missing[0], others) if missing else None
    return [(1, InputError(what, value=given, allowed=allowed, suggestion=near))] if missing else []


def _join_decimal_commas(names: list[str], raw: Lines, found: InputTable) -> Lines:
    """Join decimals that a comma cut off, where every row is cut so and no other reading is left."""
    cut = [cells for _, cells in raw if len(cells) == len(names) + 1]
    if found.separator != "," or names[-1] != "value" or len(cut) != len(raw):
        return raw
    digits = all(re.fullmatch(r"\d+", cell.strip(), re.ASCII) for cells in cut for cell in cells[-2:])
    if not digits or all(len(cells[-1].strip()) == 3 for cells in cut):
        return raw
    what = "every row has one cell more than the header, and value is last: decimal commas, read so in the whole file"
    found.notes.append((1, what))
    return [(line, [*cells[:-2], f"{cells[-2].strip()},{cells[-1].strip()}"]) for line, cells in raw]


def _join_period(named: dict[str, str], found: InputTable) -> dict[str, str]:
    """Put a year and a quarter, month or week from two columns together."""
    if "period" in named or "year" not in named:
        return named
    part = next(name for name in ("week", "month", "quarter") if name in named)
    year, text = named["year"], named[part]
    signs = {"week": f"{year}-W{text}", "month": f"{year}-{text}", "quarter": f"{year}-Q{text}"}
    return {**named, "period": signs[part] if text.isdigit() else f"{text} {year}"}
