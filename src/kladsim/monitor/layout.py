"""Where the table of a sheet is: titles above it, rows of headers, rows of values, notes below it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kladsim.monitor import dates, numerals
from kladsim.monitor.names import fold_header, normalize_name
from kladsim.monitor.sheets import Lines, Sheet, TypedCell, list_non_empty
from kladsim.monitor.vocabulary import column_words, month_numbers, unit_words

SEARCHED = 60  # rows in which a header is looked for
MAX_LEVELS = 4
_YEAR_HEADER = re.compile(
    r"(?:x|yr|fy|jahr |rok |год )?((?:19|20)\d\d)(?: ?\[yr\d{4}\]| ?년| ?年|\.0)?(?: ?\(?[a-z*]\)?)?(?: ?\d\))?"
)


@dataclass
class Layout:
    """A sheet's parts; ``levels`` are the rows of headers from top to bottom, each as wide as the table."""

    titles: list[str]
    line: int
    levels: list[list[str]]
    body: Lines
    notes: list[tuple[int | None, str]] = field(default_factory=list)

    @property
    def headers(self) -> list[str]:
        """Return each column's header, its levels joined."""
        columns = zip(*self.levels, strict=True)
        return [", ".join(dict.fromkeys(cell for cell in cells if cell)) for cells in columns]


def find_layout(sheet: Sheet, known: Callable[[str], bool]) -> Layout | None:
    """Return the parts of a sheet, None where it holds no table.

    Parameters
    ----------
    known : whether a folded header is one that options name
    """
    filled = [(line, _drop_footnotes(sheet, line, cells)) for line, cells in sheet.lines if list_non_empty(cells)]
    rows = [
        (line, [clean_header(cell) for cell in cells] if i < SEARCHED + MAX_LEVELS else cells, cells)
        for i, (line, cells) in enumerate(filled)
    ]
    at = _find_header(rows, known)
    if at is None:
        return None
    first, last = at, at
    while last + 1 < len(rows) and last - first < MAX_LEVELS and _continues_header(sheet, rows, last):
        last += 1
    while first > 0 and _stands_above(rows[first - 1][1], rows[first][1]):
        first -= 1
    width = max(_get_width(rows[i][1]) for i in range(first, last + 1))
    levels = [(line, _pad(cells, width)) for line, cells, _ in rows[first : last + 1]]
    _fill_merged(sheet, levels)
    titles = [" ".join(list_non_empty(cells)) for _, cells, _ in rows[:first]]
    body = [(line, list(raw)) for line, _, raw in rows[last + 1 :]]
    made = Layout(titles, rows[last][0], [cells for _, cells in levels], body)
    _cut_notes(made, width)
    _drop_repeated_headers(made)
    _fill_body(sheet, made, width)
    return made


def _drop_footnotes(sheet: Sheet, line: int, cells: list[str]) -> list[str]:
    if all(cell.isascii() for cell in cells):
        return cells
    plain = [cell if isinstance(cell, TypedCell) else dates.drop_footnote(cell) for cell in cells]
    if plain != cells:
        sheet.notes.append((line, "marks of footnotes left out"))
    return plain


def clean_header(cell: str) -> str:
    """Return a header with single spaces and without signs that nobody sees."""
    return " ".join(dates.clean_signs(cell).split())


def _find_header(rows: Sequence[tuple[int, list[str], list[str]]], known: Callable[[str], bool]) -> int | None:
    """The row that names columns: the first with words that are known, else the first as wide as the rows below it."""
    words = column_words()
    best: tuple[int, int] | None = None
    for i, (_, cells, _) in enumerate(rows[:SEARCHED]):
        filled = list_non_empty(cells)
        named = sum(known(fold_header(cell)) for cell in filled)
        hits = {meaning for cell in filled for meaning in (get_word_meaning(cell, words),) if meaning}
        periods = sum(read_header_period(cell) is not None for cell in filled)
        score = 2 * named + len(hits) + (1 if periods > 1 else 0)
        numbers = sum(is_number_cell(cell) and read_header_period(cell) is None for cell in filled)
        if len(filled) > 1 and score > 1 and numbers <= len(filled) // 3 and (best is None or score > best[0]):
            if best is None or named:
                best = (score, i)
    if best is not None:
        return best[1]
    widths = Counter(len(list_non_empty(cells)) for _, cells, _ in rows)
    usual = max((width for width in widths if width > 1), key=lambda width: widths[width] * width, default=0)
    for i, (_, cells, _) in enumerate(rows[:SEARCHED]):
        filled = list_non_empty(cells)
        if usual and len(filled) > 1 and 2 * len(filled) >= usual:
            return i
    return None


def get_word_meaning(header: str, words: dict[str, tuple[str, int]] | None = None) -> str:
    """Return what a header means by its words, "" if nothing: whole, without brackets, before a colon."""
    table = words or column_words()
    for form in list_header_forms(header):
        if form in table:
            return table[form][0]
    return ""


def list_header_forms(header: str) -> list[str]:
    """Return the folded forms of a header: whole, without brackets, before a colon or backslash."""
    plain = normalize_name(header)
    forms = [plain, re.sub(r"[(\[{（].*?[)\]}）]", " ", plain), plain.partition(":")[0], plain.partition("\\")[0]]
    return list(dict.fromkeys(fold_header(form) for form in forms if fold_header(form)))


def is_number_cell(cell: str) -> bool:
    """Whether a cell is a number, a bound or a sign for a missing or hidden value."""
    return isinstance(cell, TypedCell) or numerals.is_value(cell)


def read_header_period(header: str) -> dates.Period | None:
    """Return the period that a header names, None if it names none."""
    plain = dates.normalize_text(header.rstrip(" *†‡"))
    year = _YEAR_HEADER.fullmatch(plain)
    if year:
        return dates.Period("year", int(year[1]))
    if not any(sign.isdigit() for sign in plain) or (plain.isdigit() and len(plain) != 6):
        return None
    try:
        found = dates.read_period(plain)
    except (ValueError, OverflowError):
        return None
    return found if 1900 <= found.year <= 2100 else None


def read_part_of_year(header: str) -> tuple[str, int] | None:
    """Return kind and number of a part of a year that a header names: ("month", 4) for April, ("quarter", 2) for Q2."""
    plain = normalize_name(header).strip(" .")
    if plain in month_numbers():
        return "month", month_numbers()[plain]
    found = re.fullmatch(r"(\d{1,2}) ?(?:월|月)", plain)
    if found and 1 <= int(found[1]) <= 12:
        return "month", int(found[1])
    after = r"кв\.?|квартал|분기|q|quarter|\. ?quartal"
    found = re.fullmatch(rf"(?:q|t|кв\.?|quarter |квартал )([1-4])|([1-4]) ?(?:{after})", plain)
    if found:
        return "quarter", int(found[1] or found[2])
    found = re.fullmatch(r"(?:w|wk|week|kw|нед\.?) ?(\d{1,2})|(\d{1,2}) ?(?:주|週|周)", plain)
    return ("week", int(found[1] or found[2])) if found else None


def _get_width(cells: Sequence[str]) -> int:
    return max((i for i, cell in enumerate(cells, start=1) if cell), default=0)


def _pad(cells: Sequence[str], width: int) -> list[str]:
    return [*cells[:width], *[""] * (width - len(cells))]


def _continues_header(sheet: Sheet, rows: Sequence[tuple[int, list[str], list[str]]], last: int) -> bool:
    """Whether the row after is one of headers too: units or sub-headers under a header, nothing that is a value."""
    cells, above = rows[last + 1][1], rows[last][1]
    filled = list_non_empty(cells)
    if last + 2 >= len(rows) or any(is_number_cell(cell) for cell in filled):
        return False
    if all(normalize_name(cell).strip("()[] ") in unit_words() for cell in filled):
        return True
    if cells and not cells[0] and len(filled) > 1:
        return not sheet.is_ragged or any(not cell for cell in above[: len(cells)])
    return False


def _stands_above(cells: Sequence[str], header: Sequence[str]) -> bool:
    """Whether a row holds headers over those of the row below: over several columns, not a title at the left."""
    filled = list_non_empty(cells)
    periods = sum(read_header_period(cell) is not None for cell in filled)
    return bool(filled) and not cells[0] and len(cells) <= len(header) + 1 and (len(filled) > 1 or periods > 0)


def _fill_merged(sheet: Sheet, levels: list[tuple[int, list[str]]]) -> None:
    """Repeat a header over the columns that it stands over: those merged, else empty ones with a header below."""
    lines = {line: cells for line, cells in levels}
    for first, last, left, right in sheet.merged:
        value = lines[first][left] if first in lines and left < len(lines[first]) else ""
        for line in range(first, last + 1):
            for column in range(left, min(right + 1, len(lines.get(line, ())))):
                lines[line][column] = value
    for i, (_, cells) in enumerate(levels[:-1]):
        below = levels[i + 1][1]
        for column in range(1, len(cells)):
            if not cells[column] and below[column] and cells[column - 1] and below[column - 1]:
                cells[column] = cells[column - 1]


def _cut_notes(made: Layout, width: int) -> None:
    """Take rows of a single cell below the table for notes, where the table has more columns."""
    while width > 2 and made.body and len(list_non_empty(made.body[-1][1])) == 1:
        line, cells = made.body.pop()
        text = list_non_empty(cells)[0].strip()
        if text.strip("-_ "):
            made.notes.append((line, f"a note below the table, not a row: {text[:80]!r}"))
            made.titles.append(text)


def _drop_repeated_headers(made: Layout) -> None:
    header = [cell for cell in made.levels[-1] if cell]
    repeated = [
        line for line, cells in made.body
        if len(header) > 1 and header[0] in map(str.strip, cells[:3])
        and list_non_empty([clean_header(cell) for cell in cells]) == header
    ]  # fmt: skip
    if repeated:
        made.body = [(line, cells) for line, cells in made.body if line not in repeated]
        made.notes += [(line, "the header again: not a row") for line in repeated]


def _fill_body(sheet: Sheet, made: Layout, width: int) -> None:
    """Give each row of a workbook the table's width, and each merged cell its value."""
    if sheet.is_ragged:
        return
    body = {line: [*cells, *[""] * (width - len(cells))] for line, cells in made.body}
    for first, last, left, right in sheet.merged:
        value = body[first][left] if first in body and left < len(body[first]) else ""
        for line in range(first, last + 1):
            for column in range(left, min(right + 1, len(body.get(line, ())))):
                body[line][column] = value
    for line, cells in body.items():
        if any(cells[width:]):
            made.notes.append((line, f"cells right of the table are left out: {list_non_empty(cells[width:])[:3]}"))
    made.body = [(line, cells[:width]) for line, cells in body.items()]
