"""A person's file as rows of cells with known meanings, whatever its form.

Meanings of columns come from the options of the call, a recipe, the profile of a publisher whose form is recognised,
or the words of the headers; periods or measures that stand in columns become rows. What none of these decides is a
question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kladsim.core.errors import InputError, suggest
from kladsim.monitor import columns, dates
from kladsim.monitor.columns import ColumnPlan
from kladsim.monitor.layout import Layout, find_layout, read_header_period
from kladsim.monitor.names import fold_header
from kladsim.monitor.questions import OpenQuestionError, Question
from kladsim.monitor.recipes import IntakeOptions, Profile, list_profiles
from kladsim.monitor.sheets import Sheet, list_non_empty, open_sheets

REQUIRED = ("country", "place", "indicator", "unit", "period", "value")
OPTIONAL = ("reported", "freq", "source")


@dataclass
class InputTable:
    """Rows by line, each with its cells by meaning; what was noted, and what was wrong with the file as a whole."""

    rows: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    notes: list[tuple[int | None, str]] = field(default_factory=list)
    problems: list[tuple[int, InputError]] = field(default_factory=list)
    extras: dict[int, dict[str, str]] = field(default_factory=dict)
    """Cells of columns that are not used, by line and header."""
    left_out: int = 0
    separator: str = ","
    period: str = ""
    """What the column of periods calls them: year, quarter, month or week ("" when it says only period or date)."""
    options: IntakeOptions = field(default_factory=IntakeOptions)
    """The options that were used, the profile's and those told from the file among them."""
    profile: str = ""
    kinds: dict[str, str] = field(default_factory=dict)
    """Meanings of columns by header."""
    constants: dict[str, str] = field(default_factory=dict)


def read_table(path: Path, options: IntakeOptions) -> InputTable:
    """Read a file.

    Raises
    ------
    InputError : the file is no table that can be read, or holds several; ``OpenQuestionError`` where an option decides
    """
    sheets = open_sheets(path, options.encoding)
    sheet, layout = _choose_sheet(path, sheets, options)
    found = InputTable(separator=sheet.separator)
    found.notes += [*sheet.notes, *layout.notes]
    headers = [cell or f"(column {i} without a name)" for i, cell in enumerate(layout.headers, start=1)]
    profile = _recognise(headers, options)
    required = frozenset(() if options.optional_columns else options.columns)
    if profile is not None:
        found.profile = profile.name
        found.notes.append((layout.line, f"recognised as {profile.title}"))
        options = options.over(profile)
    if not layout.body:
        raise InputError("the file has a header and no rows", where=path.name, allowed="at least one row")
    context = columns.Context(path.name, headers, layout, options, required)
    plan = columns.plan_columns(context)
    found.options, found.period = plan.options, plan.period_word
    found.kinds, found.constants = plan.kinds, plan.constants
    found.notes += plan.notes
    found.problems += [(layout.line, problem) for problem in plan.problems]
    body = _join_decimal_commas(headers, plan, layout, found)
    for line, cells in body:
        _read_body_row(line, cells, plan, found, sheet)
    return found


def _choose_sheet(path: Path, sheets: Sequence[Sheet], options: IntakeOptions) -> tuple[Sheet, Layout]:
    """Return the sheet that is named, or the only one that holds a table."""
    named = {fold_header(one) for one in options.columns}
    layouts = [(sheet, find_layout(sheet, lambda header: header in named)) for sheet in sheets]
    tables = [(sheet, layout) for sheet, layout in layouts if layout is not None and (layout.body or len(sheets) == 1)]
    titles = tuple(sheet.name for sheet in sheets)
    if options.sheet:
        at = titles.index(options.sheet) if options.sheet in titles else -1
        if at < 0 and options.sheet.isdigit() and 1 <= int(options.sheet) <= len(titles):
            at = int(options.sheet) - 1
        if at < 0:
            near = suggest(options.sheet, titles)
            raise InputError(
                "no such sheet", where="--sheet", value=options.sheet, allowed=", ".join(titles), suggestion=near
            )
        tables = [pair for pair in tables if pair[0] is sheets[at]]
    if not tables:
        given = ", ".join(list_non_empty(sheets[0].lines[0][1]))[:200] if sheets and sheets[0].lines else None
        raise InputError(
            "no table with a header and columns",
            where=path.name,
            value=given,
            allowed=", ".join((*REQUIRED, *OPTIONAL)),
        )
    if len(tables) > 1:
        choices = tuple(sheet.name for sheet, _ in tables)
        question = Question("sheet", "which of its sheets?", "--sheet NAME", choices, choices)
        raise OpenQuestionError(question, where=path.name)
    sheet, layout = tables[0]
    if len(sheets) > 1:
        sheet.notes.append((None, f"sheet {sheet.name!r} is read"))
    if layout is None:
        raise InputError("the sheet holds no table", where=path.name, value=sheet.name)
    return sheet, layout


def _recognise(headers: Sequence[str], options: IntakeOptions) -> Profile | None:
    if {"country", "indicator", "unit", "period", "value"} <= {fold_header(header) for header in headers}:
        return None
    return next((one for one in list_profiles() if one.matches(headers)), None)


def _read_body_row(line: int, cells: list[str], plan: ColumnPlan, found: InputTable, sheet: Sheet) -> None:
    width = len(plan.headers)
    while len(cells) > width and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) != width:
        what = f"{len(cells)} cells, the header has {width}"
        hint = "; a number with a comma needs quotes" if found.separator == "," and len(cells) > width else ""
        found.problems.append((line, InputError(what + hint)))
        return
    cleaned = [cell if isinstance(cell, str) and type(cell) is not str else dates.clean_signs(cell) for cell in cells]
    odd = [i for i, cell in enumerate(cleaned) if not cell.replace("\u200c", "").replace("\u200d", "").isprintable()]
    if odd and sheet.is_ragged:
        what = "holds a line break or a control sign: a quote that is not closed?"
        name = plan.headers[odd[0]]
        found.problems.append(
            (line, InputError(what, where=plan.meanings.get(odd[0], name), value=cleaned[odd[0]][:40]))
        )
        return
    cleaned = [" ".join(cell.split()) if i in odd else cell for i, cell in enumerate(cleaned)]
    rows = plan.make_rows(line, cleaned)
    found.left_out += rows.left_out
    found.notes += [(line, note) for note in rows.notes]
    found.rows += [(line, row) for row in rows.rows]
    extra = {plan.headers[i]: cleaned[i] for i in plan.unused if cleaned[i]}
    if extra:
        found.extras[line] = extra


def _join_decimal_commas(
    headers: list[str], plan: ColumnPlan, layout: Layout, found: InputTable
) -> list[tuple[int, list[str]]]:
    """Join decimals that a comma cut off, where every row is cut so and no other reading is left."""
    body = layout.body
    cut = [cells for _, cells in body if len(cells) == len(headers) + 1]
    last = plan.meanings.get(len(headers) - 1)
    if found.separator != "," or len(cut) != len(body) or last != "value":
        return body
    digits = all(cell.strip().isascii() and cell.strip().isdigit() for cells in cut for cell in cells[-2:])
    if not digits or all(len(cells[-1].strip()) == 3 for cells in cut):
        return body
    what = "every row has one cell more than the header, and value is last: decimal commas, read so in the whole file"
    found.notes.append((layout.line, what))
    return [(line, [*cells[:-2], f"{cells[-2].strip()},{cells[-1].strip()}"]) for line, cells in body]


def describe_reading(path: Path, options: IntakeOptions) -> IntakeOptions:
    """Return options that read files of this form without a question: those given, and what the file told."""
    table = read_table(path, options)
    columns = {name: meaning for name, meaning in table.kinds.items() if read_header_period(name) is None}
    told = IntakeOptions(columns=columns, constants=table.constants, optional_columns=True)
    kept = IntakeOptions(**{**table.options.model_dump(), "columns": {}})
    return kept.over(told)
