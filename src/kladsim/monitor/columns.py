"""What the columns of a table mean, and its rows as one value each with country, place, indicator, unit and period.

A column's meaning comes from options, which hold those of a profile, else from its header's words; columns that name
periods or hold numbers under a header of their own become rows. What is left open is asked, all of it at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from typing import NamedTuple

from kladsim.core.errors import InputError, suggest
from kladsim.evidence.places import find_city, list_units
from kladsim.monitor.dates import SPLIT_YEAR, find_split_years
from kladsim.monitor.layout import (
    Layout,
    get_word_meaning,
    is_number_cell,
    list_header_forms,
    read_header_period,
    read_part_of_year,
)  # fmt: skip
from kladsim.monitor.names import find_near_name, fold_header, matches_header, normalize_name
from kladsim.monitor.nations import find_country_in_text, read_country, split_statistical_code
from kladsim.monitor.periods import to_period
from kladsim.monitor.questions import OpenQuestionError, Question
from kladsim.monitor.recipes import CONSTANTS, MEANINGS, IntakeOptions
from kladsim.monitor.vocabulary import column_words, is_total, unit_labels, unit_words

PARTS = ("year", "quarter", "month", "week")
_CODE_AND_LABEL = re.compile(r"([A-Z][A-Z0-9_-]*): ?(.+)", re.ASCII | re.DOTALL)
_BEGINS_WITH_YEAR = re.compile(r"\W*(?:FY ?)?(?:19|20)\d\d(?!\d)", re.ASCII | re.IGNORECASE)
NUMERIC = 0.6  # share of cells that are numbers in a column that is a measure
SAMPLED = 200
_TABLE_NUMBER = re.compile(
    r"^\s*(?:table|tab\.?|таблица|табл\.?|tabelle|tableau|tabla|tabella|tabela|표|表)\s*[\dIVX]*[\d.\-a-z]*[.:)]?\s*",
    re.I,
)


@dataclass(frozen=True)
class Context:
    """A table before its columns have meanings."""

    file: str
    headers: Sequence[str]
    layout: Layout
    options: IntakeOptions
    required: frozenset[str]

    def column(self, at: int) -> list[str]:
        """Return the filled cells of a column, of the first rows."""
        cells = (row[at] for _, row in self.layout.body[:SAMPLED] if at < len(row))
        return [cell for cell in cells if cell.strip()]


class BodyRows(NamedTuple):
    """What one row of the table holds: rows of a value each, how many values are left out, and why."""

    rows: list[dict[str, str]]
    left_out: int
    notes: list[str]


@dataclass
class ColumnPlan:
    """Meanings of columns by number; ``spread`` holds what a column of values says by its header."""

    headers: Sequence[str]
    options: IntakeOptions
    meanings: dict[int, str] = field(default_factory=dict)
    spread: dict[int, dict[str, str]] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    notes: list[tuple[int | None, str]] = field(default_factory=list)
    problems: list[InputError] = field(default_factory=list)
    period_word: str = ""
    unused: list[int] = field(default_factory=list)
    filled: list[int] = field(default_factory=list)
    is_epidemiological_week: bool = False
    by_meaning: dict[str, list[int]] | None = None
    """Columns by meaning, once all meanings are settled."""

    @property
    def kinds(self) -> dict[str, str]:
        """Meanings by header, as a recipe holds them."""
        kept = {i: meaning for i, meaning in self.meanings.items() if meaning not in ("ignore", "")}
        return {self.headers[i]: "fill" if i in self.filled else meaning for i, meaning in kept.items()}

    def list_columns(self, meaning: str) -> list[int]:
        """Return the columns of a meaning, in order."""
        if self.by_meaning is not None:
            return self.by_meaning.get(meaning, [])
        return [i for i, one in sorted(self.meanings.items()) if one == meaning]

    def make_rows(self, line: int, cells: Sequence[str]) -> BodyRows:
        """Return the values of one row of the table."""
        values = self.list_columns("value")
        why = self._why_left_out(cells)
        if why:
            return BodyRows([], max(1, len(values)), [why])
        base = dict(self.constants)
        for meaning in ("place", "unit", "reported", "freq", "source", "low", "high", "flag", "country"):
            for at in self.list_columns(meaning)[:1]:
                base[meaning] = self._translate(meaning, cells[at])
        self._read_area(cells, base)
        indicator = self._join_indicator(cells)
        rows = []
        for at in values:
            spread = self.spread.get(at, {})
            row = {**base, **{k: v for k, v in spread.items() if k not in ("indicator", "part")}, "value": cells[at]}
            named = [self._translate("indicator", text) for text in (spread.get("indicator", ""),) if text]
            text = ", ".join(dict.fromkeys([*indicator, *named]))
            if text or self.list_columns("indicator"):
                row["indicator"] = self._translate("indicator", text)
            row.update(self._read_period(cells, spread))
            unit = next((u for p, u in self.options.units.items() if fnmatchcase(row.get("indicator", ""), p)), "")
            if unit and not row.get("unit"):
                row["unit"] = unit
            rows.append(row)
        return BodyRows(rows, 0, [])

    def _why_left_out(self, cells: Sequence[str]) -> str:
        for name, texts in self.options.leave_out.items():
            at = [
                i for i, header in enumerate(self.headers) if self.meanings.get(i) == name or _is_header(header, name)
            ]
            if any(cells[i].strip() in texts for i in at):
                return f"left out, as {name} says"
        for meaning in ("country", "geo", "period", *PARTS):
            for i in self.list_columns(meaning):
                if is_total(cells[i]) and not self._translate(meaning, cells[i]) != cells[i]:
                    return f"a sum over rows ({cells[i].strip()!r} as {meaning}): left out, not a row of its own"
        return ""

    def _translate(self, meaning: str, text: str) -> str:
        known = self.options.values.get(meaning, {})
        if not known and meaning not in ("indicator", "unit", "freq"):
            return text
        if text in known:
            return known[text]
        folded = {normalize_name(key): value for key, value in known.items()}
        label = _CODE_AND_LABEL.fullmatch(text)
        forms = (normalize_name(text), normalize_name(label[1]) if label else "")
        return next((folded[form] for form in forms if form in folded), label[2] if label else text)

    def _read_area(self, cells: Sequence[str], base: dict[str, str]) -> None:
        """Fill country and place from a statistical code, a publisher's station, or a word for all places."""
        for at in self.list_columns("geo"):
            base["country"], region = split_statistical_code(self._translate("geo", cells[at]))
            if region:
                base["place"], base["exempt"] = region, "yes"
        for at in self.list_columns("site"):
            site = cells[at].strip()
            if site:
                city = base.get("place", "")
                base["place"] = f"{city} ({site})" if city else site
                base["exempt"] = "yes"
        if is_total(base.get("place", "")):
            base["all_places"], base["place"] = base["place"], ""
        base.setdefault("place", "")

    def _join_indicator(self, cells: Sequence[str]) -> list[str]:
        """The parts of an indicator's name: a constant, columns that name it, those that split it; sums left out."""
        columns = self.list_columns("indicator")
        primary = [self._translate("indicator", cells[i].strip()) for i in columns[:1]]
        constant = [self.constants["indicator"]] if "indicator" in self.constants and not columns else []
        rest = [cells[i].strip() for i in [*columns[1:], *self.list_columns("indicator_part")]]
        parts = [self._translate("indicator", text) for text in rest if text and not is_total(text)]
        return [text for text in (*constant, *primary, *parts) if text]

    def _read_period(self, cells: Sequence[str], spread: Mapping[str, str]) -> dict[str, str]:
        """The period of a value: of its column, of the row, or put together of a year and a part of it."""
        if "period" in spread:
            return {"period": spread["period"]}
        parts = {name: cells[i].strip() for name in PARTS for i in self.list_columns(name)[:1]}
        if "part" in spread:
            kind, _, number = spread["part"].partition(" ")
            parts = {"year": parts.get("year", self.constants.get("period", "")), kind: number}
        if "year" in parts and len(parts) > 1:
            kind = next(name for name in ("week", "month", "quarter") if name in parts)
            return {"period": self.join_period(parts["year"], kind, parts[kind])}
        at = self.list_columns("period")
        return {"period": cells[at[0]]} if at else {}

    def join_period(self, year: str, kind: str, text: str) -> str:
        """Return the period of a year and the number or name of its week, month or quarter."""
        year = year.removesuffix(".0")
        plain = text.removesuffix(".0")
        if not plain.isdigit():
            part = read_part_of_year(text)
            plain = str(part[1]) if part and part[0] == kind else ""
        if not plain:
            return f"{text} {year}"
        if kind == "week" and self.is_epidemiological_week and year.isdigit():
            return _convert_epidemiological_week(int(year), int(plain))
        return {"week": f"{year}-W{plain}", "month": f"{year}-{plain}", "quarter": f"{year}-Q{plain}"}[kind]


def _convert_epidemiological_week(year: int, week: int) -> str:
    """Return the ISO week of most days of a week as the CDC counts them (from Sunday, most of it in its year)."""
    first = date(year, 1, 4).toordinal()
    sunday = first - (first % 7)  # ordinal 0 would be a Sunday
    return to_period((sunday + 7 * (week - 1) + 3 - 1) // 7, "week")


def _is_header(header: str, name: str) -> bool:
    return matches_header(name, header) or fold_header(name) == fold_header(header.rpartition(", ")[2])


def plan_columns(context: Context) -> ColumnPlan:
    """Return what the columns mean, with the questions and errors that are left."""
    plan = ColumnPlan(context.headers, context.options, constants=context.options.list_constants())
    _apply_options(context, plan)
    _apply_words(context, plan)
    _apply_dimensions(context, plan)
    _spread_periods(context, plan)
    _settle_period(context, plan)
    _spread_measures(context, plan)
    _spread_areas(context, plan)
    _settle_country(context, plan)
    _take_texts(context, plan)
    _settle_indicator(context, plan)
    _settle_unit(context, plan)
    for at, meaning in sorted(plan.meanings.items()):
        if meaning not in ("ignore", "") and at not in plan.spread and meaning != context.headers[at]:
            plan.notes.append((context.layout.line, f"column {context.headers[at]!r} read as {meaning!r}"))
    _refuse_doubled(context, plan)
    plan.by_meaning = {}
    for at, meaning in sorted(plan.meanings.items()):
        plan.by_meaning.setdefault(meaning, []).append(at)
    plan.unused = [i for i in range(len(context.headers)) if plan.meanings.get(i, "ignore") == "ignore"]
    if plan.unused:
        names = ", ".join(fold_header(context.headers[i]).replace(" ", "_") or context.headers[i] for i in plan.unused)
        plan.notes.append((context.layout.line, f"columns not used: {names}"))
    return plan


def _refuse_doubled(context: Context, plan: ColumnPlan) -> None:
    """Refuse a second column under the header of one that is read, unless it says the same."""
    used = [at for at, meaning in sorted(plan.meanings.items(), reverse=True) if meaning != "ignore"]
    read = {fold_header(context.headers[at]): at for at in used}
    for at, header in enumerate(context.headers):
        first = read.get(fold_header(header), at)
        if plan.meanings.get(at, "ignore") != "ignore" or first == at or at in _named_by_options(context):
            continue
        if any(row[at].strip() != row[first].strip() for _, row in context.layout.body if max(at, first) < len(row)):
            plan.problems.append(InputError("two columns have this header, and differ", value=header))


def _apply_options(context: Context, plan: ColumnPlan) -> None:
    for name, meaning in context.options.columns.items():
        at = [i for i, header in enumerate(context.headers) if _is_header(header, name)]
        if at and meaning == "fill":
            plan.filled += at
            _fill_down(context, at)
        elif at and meaning in (*MEANINGS, "indicator_part"):
            plan.meanings.update((i, meaning) for i in at if i not in plan.meanings)
        elif not at and name in CONSTANTS and meaning not in MEANINGS:
            plan.constants[name] = meaning
        elif at:
            plan.problems.append(InputError(
                "no such meaning of a column", where="--map", value=f"{name}={meaning}", allowed=", ".join(MEANINGS),
                suggestion=suggest(meaning, MEANINGS),
            ))  # fmt: skip
        elif name in context.required:
            plan.problems.append(InputError(
                "no such column", where="--map", value=name, allowed=", ".join(context.headers),
                suggestion=suggest(name, context.headers),
            ))  # fmt: skip


def _fill_down(context: Context, columns: Sequence[int]) -> None:
    """Give empty cells of columns the text of the cell above."""
    above: dict[int, str] = {}
    for _, cells in context.layout.body:
        for at in columns:
            if at < len(cells):
                cells[at] = above[at] = cells[at] if cells[at].strip() else above.get(at, "")


def _apply_words(context: Context, plan: ColumnPlan) -> None:
    """Give each other column the meaning of its header; of several for one meaning the first word counts."""
    words = column_words()
    taken = set(plan.meanings.values())
    candidates: dict[str, list[tuple[bool, int, int]]] = {}
    for at, header in enumerate(context.headers):
        if at in plan.meanings:
            continue
        form = next((one for one in list_header_forms(header) if one in words), "")
        if form:
            meaning, rank = words[form]
            candidates.setdefault(meaning, []).append((form != meaning, rank, at))
    for meaning, found in candidates.items():
        found.sort()
        if meaning == "indicator_part":
            plan.meanings.update((at, meaning) for _, _, at in found)
            continue
        if meaning in taken and meaning != "value":
            continue
        if meaning == "geo" and ("country" in taken or "country" in candidates):
            continue
        if meaning in CONSTANTS and meaning in plan.constants and meaning in context.options.columns:
            continue
        if meaning == "value" and "value" in taken:
            continue
        plan.meanings[found[0][2]] = meaning
        if meaning == "indicator":
            for _, _, at in found[1:]:
                if not _is_paired(context, found[0][2], at):
                    plan.meanings[at] = "indicator_part"
    if "value" not in plan.meanings.values():
        return
    for name in ("low", "high"):  # beside a value they are the interval of an estimate, not of a hidden count
        for at in plan.list_columns(name):
            if at not in _named_by_options(context):
                plan.meanings[at] = "ignore"


def _named_by_options(context: Context) -> set[int]:
    names = context.options.columns
    return {i for i, header in enumerate(context.headers) if any(_is_header(header, name) for name in names)}


def _is_paired(context: Context, one: int, other: int) -> bool:
    """Whether two columns say the same in other words, such as a name and its code."""
    pairs = {(row[one], row[other]) for _, row in context.layout.body if max(one, other) < len(row)}
    return len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


def _apply_dimensions(context: Context, plan: ColumnPlan) -> None:
    """Split the first column of Eurostat's TSV, whose header names several dimensions before a backslash."""
    header = context.headers[0]
    if "\\" not in header or "," not in header:
        return
    names = [name.strip() for name in header.partition("\\")[0].split(",")]
    for _, cells in context.layout.body:
        cells[:1] = (cells[0].split(",") + [""] * len(names))[: len(names)]
    headers = [*names, *context.headers[1:]]
    split = Context(context.file, headers, context.layout, context.options, context.required)
    plan.headers, plan.meanings, plan.constants = headers, {}, context.options.list_constants()
    object.__setattr__(context, "headers", headers)
    _apply_options(split, plan)
    _apply_words(split, plan)
    for at, name in enumerate(names):
        if at not in plan.meanings:
            plan.meanings[at] = "indicator_part"
            plan.notes.append((context.layout.line, f"dimension {name!r} is a part of the indicator"))


def _spread_periods(context: Context, plan: ColumnPlan) -> None:
    """Take columns whose header names a period, or a part of the year beside one of years, for columns of values."""
    named = {"value"} & set(plan.meanings.values())
    has_year = "year" in plan.meanings.values() or "period" in plan.constants
    found: dict[int, dict[str, str]] = {}
    levels = context.layout.levels
    for at, header in enumerate(context.headers):
        if plan.meanings.get(at, "value") != "value":
            continue
        cells = [row[at] for row in levels if at < len(row) and row[at]] if len(levels) > 1 else [header]
        joined = _join_levels(plan, cells)
        if joined is not None:
            found[at] = joined
            continue
        for cell in cells:
            period = read_header_period(cell)
            part = read_part_of_year(cell) if period is None and has_year and not named else None
            if period is not None or part is not None:
                rest = [one for one in dict.fromkeys(cells) if one != cell]
                found[at] = _read_measure(", ".join(rest))
                if period is not None:
                    found[at]["period"] = to_period(period.step, period.freq)
                elif part is not None:
                    found[at]["part"] = f"{part[0]} {part[1]}"
                break
    if not found or (named and len(found) < 2):
        return
    if split_years := find_split_years(context.headers):
        plan.problems.append(InputError(SPLIT_YEAR, where="period", value=", ".join(split_years)))
    sums = _pop_sums_of_parts(context, found)
    for at in plan.list_columns("value"):
        plan.meanings[at] = "ignore"
    for at, header in enumerate(context.headers):
        if at in found or at in plan.meanings:
            continue
        if at in sums or is_total(header):
            plan.meanings[at] = "ignore"
            plan.notes.append((context.layout.line, f"column {header!r} is a sum over periods: left out"))
        elif _BEGINS_WITH_YEAR.match(header) and _holds_numbers(context, at):
            text = "the header of these values begins with a year and names no period: are they to be left out?"
            question = Question("ignore", text, f"--map '{header}=ignore'", (header,), (header,))
            plan.problems.append(OpenQuestionError(question))
    plan.meanings.update(dict.fromkeys(found, "value"))
    plan.spread.update(found)
    first, last = context.headers[min(found)], context.headers[max(found)]
    plan.notes.append((context.layout.line, f"{len(found)} columns are periods ({first} to {last}): read as rows"))
    if all("period" in says for says in found.values()):
        for name in (*PARTS, "period"):
            for at in plan.list_columns(name):
                plan.meanings[at] = "ignore" if _holds_numbers(context, at) else "indicator_part"
    for at in range(min(found)):
        if at not in plan.meanings and not _holds_numbers(context, at):
            plan.meanings[at] = "indicator_part" if "indicator" in plan.meanings.values() else "indicator"


def _join_levels(plan: ColumnPlan, cells: Sequence[str]) -> dict[str, str] | None:
    """What headers say of which one is a year and one a part of it, such as 2022 over Q1; None if they are not."""
    years = [cell for cell in cells if (read := read_header_period(cell)) is not None and read.freq == "year"]
    parts = [cell for cell in cells if cell not in years and read_part_of_year(cell) is not None]
    part = read_part_of_year(parts[0]) if len(parts) == 1 else None
    if len(years) != 1 or part is None:
        return None
    year = read_header_period(years[0])
    rest = [one for one in dict.fromkeys(cells) if one not in (years[0], parts[0])]
    text = plan.join_period(str(year.year) if year else "", part[0], str(part[1]))
    return {**_read_measure(", ".join(rest)), "period": text}


def _pop_sums_of_parts(context: Context, found: dict[int, dict[str, str]]) -> set[int]:
    """Take out the columns of whole years that stand beside the parts of these years as their sums."""
    years = {at for at, says in found.items() if says.get("period", "").isdigit()}
    levels = context.layout.levels
    sums = {at for at in years if years < set(found) and any(at < len(row) and is_total(row[at]) for row in levels)}
    for at in sums:
        del found[at]
    return sums


def _holds_numbers(context: Context, at: int) -> bool:
    cells = context.column(at)
    return bool(cells) and sum(is_number_cell(cell) for cell in cells) >= NUMERIC * len(cells)


def _settle_period(context: Context, plan: ColumnPlan) -> None:
    """Decide between a column of periods and columns of years and their parts."""
    parts = [name for name in PARTS if name in plan.meanings.values()]
    spread = any("period" in says for says in plan.spread.values())
    weeks = plan.list_columns("week")
    plan.is_epidemiological_week = any(re.search("mmwr|epi", normalize_name(context.headers[i])) for i in weeks)
    if "period" in plan.meanings.values() or spread:
        for name in parts:
            for at in plan.list_columns(name):
                plan.meanings[at] = "ignore"
        return
    if any("part" in says for says in plan.spread.values()) or ("year" in parts and len(parts) > 1):
        if plan.is_epidemiological_week:
            what = "weeks of the CDC begin on Sunday: read as the ISO weeks of their Wednesdays"
            plan.notes.append((context.layout.line, what))
        for name in parts:
            if len(parts) > 2 and name == "quarter":
                plan.meanings[plan.list_columns(name)[0]] = "ignore"
        return
    if len(parts) == 1:
        at = plan.list_columns(parts[0])[0]
        plan.meanings[at], plan.period_word = "period", parts[0]
        return
    if "period" not in plan.constants:
        plan.problems.append(_ask("period", "in which column is the period?", context, "COLUMN=period"))


def _read_measure(header: str) -> dict[str, str]:
    """What the header of a column of numbers says: what is measured, and its unit in brackets or by its own word."""
    if not header:
        return {}
    bracket = re.search(r"[(\[（]\s*([^()\[\]（）]+?)\s*[)\]）]\s*$", header)
    words = [word.strip() for word in header.split(",")]
    tail = normalize_name(words[-1])
    within = re.search(r"\s(?:in|в)\s+(\S+)$", header)
    if not bracket and within and normalize_name(within[1]) in unit_words():
        return {"indicator": header[: within.start()], "unit": within[1]}
    if rate := re.search(r"\bper (?:1(?:00)?[ ,.\u00a0]?000|million)\b", header):
        return {"indicator": header, "unit": rate[0]}
    if bracket:
        return {"indicator": header[: bracket.start()].strip(" ,") or header, "unit": bracket[1]}
    if tail in unit_words():
        return {"indicator": ", ".join(words[:-1]) or header, "unit": words[-1] if len(words) > 1 else header.lower()}
    counted = [word for word in re.split(r"[^\w]+", normalize_name(header)) if word in unit_words() and len(word) > 3]
    return {"indicator": header, **({"unit": counted[0]} if len(set(counted)) == 1 else {})}


def _spread_measures(context: Context, plan: ColumnPlan) -> None:
    """Take columns of numbers under headers of their own for one indicator each, where no column is called a value."""
    values = plan.list_columns("value")
    if not values:
        for at in range(len(context.headers)):
            if at not in plan.meanings and _holds_numbers(context, at):
                plan.meanings[at] = "value"
        values = plan.list_columns("value")
        if not values:
            plan.problems.append(_ask("value", "which column holds the values?", context, "COLUMN=value"))
            return
        generic = False
    else:
        generic = all(get_word_meaning(context.headers[i]) == "value" for i in values)
    if plan.spread or (generic and len(values) == 1):
        return
    measures = {at: _read_measure(context.headers[at]) for at in values}
    names = [says.get("indicator", "") for says in measures.values()]
    for says in measures.values():
        if names.count(says.get("indicator", "")) > 1 and says.get("unit"):
            says["indicator"] = f"{says['indicator']} ({says['unit']})"
    if len(values) == 1 and "indicator" in {*plan.meanings.values(), *plan.constants}:
        measures = {at: {k: v for k, v in says.items() if k == "unit"} for at, says in measures.items()}
    if "unit" in {*plan.meanings.values(), *plan.constants}:
        measures = {at: {k: v for k, v in says.items() if k != "unit"} for at, says in measures.items()}
    if len(values) > 1:
        told = ", ".join(repr(context.headers[i]) for i in values)
        plan.notes.append((context.layout.line, f"columns of values: {told}"))
    plan.spread.update(measures)


def _spread_areas(context: Context, plan: ColumnPlan) -> None:
    """Take columns of values whose headers are all countries, or all cities of the table's country, for these."""
    named = {at: says["indicator"] for at, says in plan.spread.items() if says.get("indicator")}
    areas = {at: text for at, text in named.items() if not is_total(text)}
    settled = {*plan.meanings.values(), *plan.constants}
    if len(areas) < 2 or len(named) != len(plan.spread):
        return
    if {"country", "geo"} & settled:
        is_place = "place" not in settled and _are_places(context, plan, areas.values(), share=0.5)
        meaning, texts = ("place", areas) if is_place else ("", {})
    else:
        texts = {at: code for at, text in areas.items() if (code := _find_whole_country(text))}
        meaning = "country" if len(set(texts.values())) == len(areas) else ""
    if not meaning:
        return
    for at, text in named.items():
        del plan.spread[at]["indicator"]
        if at in texts:
            plan.spread[at][meaning] = texts[at]
        elif meaning == "country":
            del plan.spread[at]
            plan.meanings[at] = "ignore"
            plan.notes.append((context.layout.line, f"column {text!r} is a sum over countries: left out"))
    kind = "countries" if meaning == "country" else "places"
    plan.notes.append((context.layout.line, f"headers of columns are {kind}: {', '.join(areas.values())}"))


def _find_whole_country(text: str) -> str:
    """Return the code of the country that a text names, "" for a code or anything else."""
    try:
        return read_country(text)[0].iso2 if len(text) > 3 or not text.isascii() else ""
    except InputError:
        return ""


def _take_texts(context: Context, plan: ColumnPlan) -> None:
    """Take columns of text that are left for the place, if they hold cities, or for the indicator, where no other
    column names it or the options say so.
    """
    names_it = "indicator" in {*plan.meanings.values(), *plan.constants}
    for at, header in enumerate(context.headers):
        if at in plan.meanings or not context.column(at) or not any(sign.isalpha() for sign in header):
            continue
        if _holds_numbers(context, at):
            continue
        if "place" not in plan.meanings.values() and _are_places(context, plan, context.column(at)):
            plan.meanings[at] = "place"
        elif not names_it or context.options.others:
            plan.meanings[at] = context.options.others or "indicator_part"


def _are_places(context: Context, plan: ColumnPlan, names: Iterable[str], share: float = NUMERIC) -> bool:
    """Whether a share of some names are cities, or codes of ISO 3166-2, of the table's only country."""
    codes = {cell for i in plan.list_columns("country") for cell in context.column(i)}
    codes.add(plan.constants.get("country", ""))
    try:
        countries = {read_country(code)[0].iso2 for code in codes if code}
    except InputError:
        return False
    if len(countries) != 1:
        return False
    country, texts = countries.pop(), set(names)
    known = sum(find_city(country, text) is not None or text in list_units().get(country, ()) for text in texts)
    return known >= share * len(texts)


def _settle_country(context: Context, plan: ColumnPlan) -> None:
    spread = plan.spread.values()
    if {"country", "geo"} & {*plan.meanings.values(), *plan.constants} or any("country" in says for says in spread):
        return
    found = {country for title in context.layout.titles for country in find_country_in_text(title)}
    if len(found) == 1:
        (country,) = found
        plan.constants["country"] = country.iso2
        plan.notes.append((None, f"country {country.iso2} ({country.name}), as the title says"))
        return
    plan.problems.append(_ask("country", "of which country are the values?", context, "country=CODE"))


def _settle_indicator(context: Context, plan: ColumnPlan) -> None:
    title = _describe_title(context)
    named = "indicator" in {*plan.meanings.values(), *plan.constants} or "indicator_part" in plan.meanings.values()
    spread = [says for at, says in plan.spread.items()]
    if named:
        return
    if spread and all(says.get("indicator") for says in spread):
        if title and len(context.layout.levels) >= 1:
            plan.constants["indicator"] = title
            plan.notes.append((None, f"indicator {title!r}, as the title says"))
        return
    if title:
        plan.constants["indicator"] = title
        plan.notes.append((None, f"indicator {title!r}, as the title says"))
        return
    if plan.list_columns("value"):
        plan.problems.append(_ask("indicator", "what is measured?", context, "indicator=WORDS"))


def _describe_title(context: Context) -> str:
    """The first title above the table without its number and without countries, "" if there is none with words."""
    for title in context.layout.titles:
        if re.match(r"\s*\(?\s*(?:unit|source|note|단위|единиц|источник|einheit|quelle)", title, re.I):
            continue
        text = _TABLE_NUMBER.sub("", title)
        part = next((one.strip() for one in re.split(r"[,;:|]", text) if one.strip()), "")
        if sum(sign.isalpha() for sign in part) > 2 and not find_country_in_text(part) & {_whole(part)}:
            return " ".join(part.split())[:80]
    return ""


def _whole(part: str) -> object:
    found = find_country_in_text(part)
    return next(iter(found)) if len(found) == 1 and fold_header(part) == fold_header(next(iter(found)).name) else None


def _settle_unit(context: Context, plan: ColumnPlan) -> None:
    if "unit" in {*plan.meanings.values(), *plan.constants}:
        return
    values = plan.list_columns("value")
    missing = [at for at in values if not plan.spread.get(at, {}).get("unit")]
    if not missing:
        return
    unit = _find_unit_in_titles(context)
    if not unit and not plan.options.units:
        unit = _read_measure(context.headers[missing[0]]).get("unit", "")
    if unit:
        plan.constants["unit"] = unit
        plan.notes.append((None, f"unit {unit!r}, as the title or header says"))
    elif not plan.options.units:
        names = tuple(dict.fromkeys(context.headers[i] for i in missing))[:6]
        text = "column 'unit' is missing: in which unit are the values?"
        plan.problems.append(OpenQuestionError(Question("unit", text, "--map unit=UNIT", (), names)))


def _find_unit_in_titles(context: Context) -> str:
    labels = "|".join(re.escape(label) for label in unit_labels())
    for title in context.layout.titles:
        found = re.search(rf"(?:{labels})\s*[:：=]\s*([^()\[\],;|]+)", title, re.IGNORECASE)
        if found:
            return found[1].strip()
        ends = re.search(r"[(,]\s*([^(),]+?)\s*\)?\s*$", title)
        if ends and normalize_name(ends[1]).removeprefix("in ").removeprefix("в ") in unit_words():
            return ends[1].strip().removeprefix("in ").removeprefix("в ")
    return ""


def _ask(about: str, text: str, context: Context, mapping: str) -> OpenQuestionError:
    headers = tuple(context.headers)
    question = Question(about, f"column {about!r} is missing: {text}", f"--map '{mapping}'", headers, headers[:12])
    return OpenQuestionError(question, suggestion=find_near_name(about, headers))
