"""A person's file as sheets of cells: workbooks, delimited text in any encoding, JSON; anything else is refused.

Cells are texts as the file has them; numbers and dates that a workbook or JSON holds as such keep that they are certain
(``TypedCell``), so that marks of decimals and orders of dates are not asked of them.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import IO, Any

from kladsim.core.errors import InputError, suggest
from kladsim.core.extras import extra
from kladsim.monitor.nations import find_countries_in_cells
from kladsim.monitor.percents import find_percent_cells
from kladsim.monitor.vocabulary import count_known_words

DELIMITERS = ",;\t|^~¦§\x1f\x01"
ENCODINGS = (
    "utf-8", "utf-16", "cp1251", "cp1252", "cp1250", "cp1257", "cp1253", "cp1254", "cp949", "shift_jis", "gb18030",
    "big5", "koi8-r", "koi8-u", "cp866", "iso8859-5", "mac-cyrillic", "latin-1", "iso8859-2", "cp852", "cp1255",
    "cp1256", "cp874", "euc_jp",
)  # fmt: skip
"""Encodings that are tried, in the order in which the first of equals counts."""
LATIN = frozenset({"cp1252", "cp1250", "cp1257", "cp1254", "latin-1", "iso8859-2"})
"""Encodings of Latin letters, of which the same bytes make words of several languages."""
PAGES = {
    **dict.fromkeys("PL CZ SK HU SI HR BA RS ME RO AL".split(), ("cp1250", "iso8859-2")),
    **dict.fromkeys("TR AZ".split(), ("cp1254",)),
    **dict.fromkeys("EE LV LT".split(), ("cp1257",)),
}
"""Encodings of the countries whose Latin letters are not those of western Europe."""
WESTERN = ("cp1252", "latin-1")
FREQUENT = frozenset("оеаинтсрвлкмдпу")
"""The letters that make up four in five of a Russian text."""
OTHERS = {
    b"%PDF": "a PDF",
    b"<": "XML or a web page",
    b"PAR1": "Parquet",
    b"Rar!": "an archive",
    b"7z\xbc\xaf": "an archive",
}
READABLE = "a table: CSV or TSV, a workbook (.xlsx, .xls, .ods), JSON"
BYTE_ORDER_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"), (b"\x00\x00\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"),
)  # fmt: skip
MAX_CELLS = 20_000_000
MAX_BYTES = 500_000_000
Lines = list[tuple[int, list[str]]]


class TypedCell(str):
    """A number or date that the file holds as such: a number with a decimal point, a date as ISO 8601 has it."""


@dataclass
class Sheet:
    """Cells of one sheet by line; ``merged`` are cells that are one (first and last row, first and last column)."""

    name: str
    lines: Lines
    notes: list[tuple[int | None, str]] = field(default_factory=list)
    separator: str = ""
    merged: tuple[tuple[int, int, int, int], ...] = ()
    is_ragged: bool = False
    """Whether rows of another length than the header's are faults (in text), and not just empty cells."""


def open_sheets(path: Path, encoding: str = "") -> list[Sheet]:
    """Return the sheets of a file.

    Parameters
    ----------
    encoding : of a text, "" to tell it from the file

    Raises
    ------
    InputError : the file is no table that can be read
    """
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise InputError(f"the file cannot be read ({problem.strerror})", where=str(path)) from None
    return _open_content(path.name, content, encoding, depth=0)


def _open_content(name: str, content: bytes, encoding: str, depth: int) -> list[Sheet]:
    head = content.lstrip(b"\xef\xbb\xbf \r\n\t")
    if content.startswith(b"\x1f\x8b") and depth < 2:
        with _plain_damage(name):
            return _open_content(
                name.removesuffix(".gz"), _read_whole(gzip.open(io.BytesIO(content)), name), encoding, depth + 1
            )
    if content.startswith(b"PK\x03\x04"):
        inner = _list_tables(name, content)
        if inner and depth < 2:
            found = [_open_content(part, data, encoding, depth + 1) for part, data in inner]
            return [sheet for sheets in found for sheet in sheets]
        return _open_workbook(name, content)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        return _open_workbook(name, content)
    for start, what in OTHERS.items():
        if head.startswith(start):
            raise InputError(f"is {what}, which is not read", where=name, allowed=READABLE)
    text, note = decode(content, encoding, name)
    notes: list[tuple[int | None, str]] = [(1, note)] if note else []
    if not text.strip():
        raise InputError("the file is empty", where=name, allowed="a header and rows")
    if text.lstrip()[0] in "{[":
        return [_read_json(name, text, notes)]
    return [_read_delimited(name, text, notes)]


@contextmanager
def _plain_damage(name: str) -> Iterator[None]:
    """Tell damage of a packed file or workbook in plain words."""
    try:
        yield
    except (InputError, ModuleNotFoundError):
        raise
    except Exception as problem:  # noqa: BLE001 - libraries of formats raise errors of many kinds when a file is cut
        raise InputError(f"is damaged ({problem})", where=name, allowed=READABLE) from None


def _list_tables(name: str, content: bytes) -> list[tuple[str, bytes]]:
    """The tables of a ZIP archive; none for a workbook, which is one too."""
    with _plain_damage(name), zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        if sum(one.file_size for one in archive.infolist()) > MAX_BYTES:
            raise InputError("is too large when unpacked", where=name, allowed=f"{MAX_BYTES:,} bytes")
        if "[Content_Types].xml" in names or "mimetype" in names:
            return []
        inner = [one for one in names if one.rpartition(".")[2].lower() in ("csv", "tsv", "txt", "json", "xlsx", "ods")]
        inner = [one for one in inner if not Path(one).name.startswith((".", "__", "Metadata_"))]
        if not inner:
            raise InputError("is an archive without a table", where=name, allowed=READABLE)
        return [(one, _read_whole(archive.open(one), name)) for one in inner]


def _read_whole(stream: IO[bytes] | gzip.GzipFile, name: str) -> bytes:
    content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise InputError("is too large when unpacked", where=name, allowed=f"{MAX_BYTES:,} bytes")
    return content


def _open_workbook(name: str, content: bytes) -> list[Sheet]:
    with extra("monitor", where=name):
        from python_calamine import CalamineWorkbook
    sheets = []
    with _plain_damage(name):
        percents = find_percent_cells(content)
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for title in book.sheet_names:
            sheet = book.get_sheet_by_name(title)
            if sheet.total_height * sheet.total_width > MAX_CELLS:
                raise InputError("is too large", where=f"{name}, sheet {title!r}", allowed=f"{MAX_CELLS:,} cells")
            rows = sheet.to_python(skip_empty_area=False)
            lines = [(line, [format_cell(cell) for cell in row]) for line, row in enumerate(rows, start=1)]
            for line, column in percents.get(title, ()):
                cell = rows[line - 1][column] if line <= len(rows) and column < len(rows[line - 1]) else ""
                if isinstance(cell, int | float) and not isinstance(cell, bool):
                    lines[line - 1][1][column] = TypedCell(f"{100.0 * cell:.12g}%")
            merged = tuple((a[0] + 1, b[0] + 1, a[1], b[1]) for a, b in sheet.merged_cell_ranges or ())
            sheets.append(Sheet(title, lines, merged=merged))
    return sheets


def format_cell(cell: object) -> str:
    """Return a cell of a workbook or of JSON as text; numbers and dates as typed cells."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, int | float):
        whole = isinstance(cell, int) or (math.isfinite(cell) and cell == int(cell) and abs(cell) < 1e15)
        return TypedCell(int(cell) if whole else repr(cell))
    if isinstance(cell, datetime):
        return TypedCell(cell.date().isoformat() if cell.time() == time() else cell.isoformat(" "))
    if isinstance(cell, date):
        return TypedCell(cell.isoformat())
    return str(cell)


# -- JSON -----------------------------------------------------------------------------------------------------------


def _read_json(name: str, text: str, notes: list[tuple[int | None, str]]) -> Sheet:
    try:
        whole = _load_json(name, text)
    except RecursionError:
        raise InputError("JSON within JSON, too deep to be read", where=name) from None
    except InputError:
        raise
    except ValueError as problem:
        records = _read_json_lines(name, text, problem)
    else:
        records = _find_records(whole)
    if not records:
        raise InputError("JSON without a list of records", where=name, allowed="a list of objects, one a value")
    flat = [_flatten(record) for record in records]
    names = list(dict.fromkeys(key for record in flat for key in record))
    lines: Lines = [(1, names)]
    lines += [(i, [format_cell(record.get(key)) for key in names]) for i, record in enumerate(flat, start=1)]
    return Sheet(name, lines, [*notes, (1, "is JSON: lines are numbers of records")])


def _load_json(name: str, text: str) -> Any:
    def make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            doubled = next(key for key in made if sum(key == one for one, _ in pairs) > 1)
            raise InputError("an object of the JSON has two values under one key", where=name, value=doubled)
        return made

    return json.loads(text, parse_constant=lambda sign: None, object_pairs_hook=make_object)


def _read_json_lines(name: str, text: str, problem: ValueError) -> list[Any]:
    records = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                records.append(_load_json(name, line))
            except InputError:
                raise
            except ValueError as error:
                if number == 1:
                    raise InputError(f"is no JSON ({problem})", where=name) from None
                raise InputError(f"is no JSON ({error})", where=f"{name}, line {number}") from None
    return records


def _find_records(whole: Any) -> list[Any]:
    """The records of a JSON document: a list of objects at the top or within, a table of columns, a JSON-stat cube."""
    if isinstance(whole, list):
        lists = [one for one in whole if isinstance(one, list)]
        if lists and all(isinstance(one, list) for one in whole) and all(isinstance(c, str) for c in whole[0]):
            return [dict(zip(whole[0], row, strict=False)) for row in whole[1:]]
        if lists and any(isinstance(one, dict) for one in whole):
            return max((_find_records(one) for one in lists), key=len)
        return whole if all(isinstance(one, dict) for one in whole) else []
    if not isinstance(whole, dict):
        return []
    if "dimension" in whole and "value" in whole and "size" in whole:
        return _read_json_stat(whole)
    columns, data = whole.get("columns"), whole.get("data")
    if isinstance(columns, list) and isinstance(data, list) and all(isinstance(row, list) for row in data):
        return [dict(zip(map(str, columns), row, strict=False)) for row in data]
    inner = [_find_records(value) for value in whole.values() if isinstance(value, list | dict)]
    best = max(inner, key=lambda records: sum(map(len, records)), default=[])
    if best:
        return best
    by_column = [list(value.values()) if isinstance(value, dict) else value for value in whole.values()]
    if by_column and all(isinstance(one, list) for one in by_column) and len({len(one) for one in by_column}) == 1:
        return [dict(zip(whole, row, strict=True)) for row in zip(*by_column, strict=True)]
    return [whole] if any(not isinstance(value, list | dict) for value in whole.values()) and not inner else []


def _read_json_stat(cube: dict[str, Any]) -> list[dict[str, Any]]:
    ids, sizes, values, status = cube["id"], cube["size"], cube["value"], cube.get("status") or {}
    codes = [_list_categories(cube["dimension"][name]["category"]) for name in ids]
    total = math.prod(sizes)
    records = []
    for at in range(min(total, MAX_CELLS)):
        value = values[at] if isinstance(values, list) else values.get(str(at))
        flag = status[at] if isinstance(status, list) else status.get(str(at))
        if value is None and flag is None:
            continue
        rest, record = at, {}
        for name, size, those in reversed(list(zip(ids, sizes, codes, strict=True))):
            rest, place = divmod(rest, size)
            record[name] = those[place]
        records.append({**{name: record[name] for name in ids}, "OBS_VALUE": value, "OBS_FLAG": flag})
    return records


def _list_categories(category: dict[str, Any]) -> list[str]:
    index = category.get("index") or {code: i for i, code in enumerate(category["label"])}
    return list(index) if isinstance(index, list) else sorted(index, key=index.__getitem__)


def _flatten(record: Any, before: str = "") -> dict[str, Any]:
    if not isinstance(record, dict):
        return {before or "value": json.dumps(record, ensure_ascii=False) if isinstance(record, list) else record}
    out: dict[str, Any] = {}
    for key, value in record.items():
        out |= _flatten(value, f"{before}.{key}" if before else str(key))
    return out


# -- text -----------------------------------------------------------------------------------------------------------


def _read_delimited(name: str, text: str, notes: list[tuple[int | None, str]]) -> Sheet:
    stated = re.match(r'"?sep=(.)"?\r?\n', text, re.IGNORECASE)
    separator = stated[1] if stated else detect_delimiter(text)
    if separator != ",":
        notes.append((1, f"columns are separated by {separator!r}: read so"))
    lines = list(_read_lines(name, csv.reader(io.StringIO(text, newline=None), delimiter=separator)))
    return Sheet(name, lines[1:] if stated else lines, notes, separator, is_ragged=True)


def detect_delimiter(text: str) -> str:
    """Return the sign between the columns: the one that cuts most rows into the same number of cells."""
    lines = [line for line in text.splitlines()[:200] if line.strip()]
    tabs = {line.count("\t") for line in lines}
    if len(lines) > 1 and len(tabs) == 1 and tabs != {0}:
        return "\t"
    best, most = ",", 0.0
    for sign in DELIMITERS + " ":
        if sign not in text or (sign == " " and most > 0):
            continue
        try:
            rows = [row for row in csv.reader(lines, delimiter=sign) if any(cell.strip() for cell in row)]
        except csv.Error:
            continue
        widths = Counter(len(row) for row in rows)
        scores = (count * math.log(width) for width, count in widths.items() if width > 1)
        numbers = sum(cell.strip()[:1].isdigit() for row in rows for cell in row) / max(1, sum(map(len, rows)))
        score = max(scores, default=0.0) * (1 + numbers / 1000)  # of equals the one that leaves more numbers
        if score > most:
            best, most = sign, score
    return best


def _read_lines(name: str, reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with its line, and tell what is no table at all."""
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(f"is not CSV ({error})", where=f"{name}, line {reader.line_num}") from None
        yield reader.line_num, cells


def decode(content: bytes, encoding: str, name: str) -> tuple[str, str]:
    """Return a text, and in words which encoding it has ("" for UTF-8).

    Raises
    ------
    InputError : its encoding cannot be told, or is not the one that is given
    """
    detected = encoding or detect_encoding(content)
    if not detected:
        what = "is not UTF-8, and its encoding cannot be told for certain"
        raise InputError(what, where=name, allowed=f"UTF-8, or --encoding with one of {', '.join(ENCODINGS)}")
    try:
        text = content.decode(detected)
    except LookupError:
        raise InputError(
            "no such encoding", where="--encoding", value=encoding, allowed=", ".join(ENCODINGS),
            suggestion=suggest(encoding, ENCODINGS),
        ) from None  # fmt: skip
    except UnicodeError as problem:
        raise InputError(f"is not {detected} ({problem})", where=name, allowed="another --encoding") from None
    return text.lstrip("\ufeff"), "" if detected == "utf-8-sig" else f"the file is {detected}: read so"


def detect_encoding(content: bytes) -> str:
    """Return the encoding that the bytes show, "" when they show none for certain.

    Marks at the beginning and valid UTF-8 decide first, then words of headers, countries and months that only one
    reading has, then letters as frequent as in Russian, then what charset-normalizer finds without a rival.
    """
    for mark, name in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return name
    for name in ("utf-16-le", "utf-16-be") if b"\x00" in content and len(content) % 2 == 0 else ():
        lines = content.decode(name, errors="replace").splitlines()
        if len(lines) > 1 and any(sign in lines[0] for sign in ",;\t|"):
            return name
    try:
        content.decode("utf-8-sig")
        return "utf-8-sig"
    except UnicodeDecodeError:
        pass
    return _decide_by_words(content) or ("cp1251" if _looks_russian(content) else "") or _ask_library(content)


def _decide_by_words(content: bytes) -> str:
    """The encoding under which the file has most known words, if no other reading has as many."""
    texts: dict[str, str] = {}
    for name in ENCODINGS[2:]:
        try:
            text = content[:200_000].decode(name)
        except UnicodeDecodeError:
            continue
        if all(sign.isprintable() or sign in "\r\n\t" for sign in text) and text not in texts.values():
            texts[name] = text
    counts = {name: (count_known_words(_list_words(text)), -_count_odd_signs(text)) for name, text in texts.items()}
    ranked = sorted(counts, key=lambda name: counts[name], reverse=True)
    if not ranked or not counts[ranked[0]][0]:
        return ""
    best = [name for name in ranked if counts[name] == counts[ranked[0]]]
    if len(best) > 1 and set(best) <= LATIN:
        page = _find_page(texts[best[0]])
        best = [name for name in best if name in page]
    return best[0] if len(best) == 1 else ""


def _find_page(text: str) -> tuple[str, ...]:
    """The encodings that files of the countries named in a text have, none where these differ."""
    cells = {cell.strip(' "') for line in text.splitlines()[:200] for cell in re.split(r"[,;\t|]", line)}
    pages = {PAGES.get(code, WESTERN) for code in find_countries_in_cells(cells)}
    return pages.pop() if len(pages) == 1 else ()


def _count_odd_signs(text: str) -> int:
    """Signs beyond ASCII that stand in words and are no letters, or capitals after small letters."""
    words = re.findall(r"\S*[^\x00-\x7f]\S*", text)
    inner = (sign for word in words for sign in word if ord(sign) > 127)
    return sum(not sign.isalpha() for sign in inner) + sum(
        bool(re.search(r"[a-zà-ÿ][A-ZÀ-ÝŸ]", word)) for word in words
    )


def _list_words(text: str) -> set[str]:
    """The cells of a text that hold letters beyond ASCII."""
    cells = re.split(r"[,;\t|\r\n]", text)
    return {cell.strip(' "') for cell in cells if not cell.isascii()}


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


MIN_COHERENCE = 0.3
MIN_SIGNS = 40
"""Letters beyond ASCII below which charset-normalizer decides nothing: a few fit several encodings."""


def _ask_library(content: bytes) -> str:
    if sum(byte > 127 for byte in content) < MIN_SIGNS:
        return ""
    with extra("monitor", where="--encoding"):
        from charset_normalizer import from_bytes
    found = from_bytes(content, cp_isolation=list(ENCODINGS[2:]))
    best = found.best()
    if best is None or best.coherence < MIN_COHERENCE:
        return ""
    rivals: Iterable[Any] = (one for one in found if str(one) != str(best))
    return str(best.encoding) if all(one.coherence < best.coherence for one in rivals) else ""


def list_non_empty(cells: Sequence[str]) -> list[str]:
    """Return the cells that hold something."""
    return [cell for cell in cells if cell.strip()]
