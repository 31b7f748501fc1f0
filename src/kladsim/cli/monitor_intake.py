"""``kladsim monitor check|add|import|update``: a person's files and publishers' editions into the store."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from kladsim.cli import options as o
from kladsim.cli.guard import command
from kladsim.cli.show import print_json, say
from kladsim.core.errors import InputError, suggest
from kladsim.monitor.problems import get_errors
from kladsim.monitor.questions import Question, list_questions
from kladsim.monitor.rows import Log

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from kladsim.monitor.recipes import IntakeOptions
    from kladsim.monitor.updates import Update

File = Annotated[Path, typer.Argument(metavar="FILE", help="CSV, TSV, workbook or JSON, in any layout.")]
Rename = Annotated[
    list[str] | None, typer.Option("--rename", help="A name of the file that is a known one.", metavar="FILE=KNOWN")
]
New = Annotated[list[str] | None, typer.Option("--new", help="A name that is new indeed.", metavar="NAME")]
Map = Annotated[
    list[str] | None,
    typer.Option("--map", help="What a column means, or one value for all: country=LV.", metavar="COLUMN=MEANING"),
]
Order = Annotated[str, typer.Option("--order", help="Dates such as 03/04/2021: dmy or mdy.", metavar="ORDER")]
Decimal = Annotated[str, typer.Option("--decimal", help="Mark of decimals: comma or point.", metavar="MARK")]
Encoding = Annotated[str, typer.Option("--encoding", help="Encoding of the file, if untold.", metavar="NAME")]
Sheet = Annotated[str, typer.Option("--sheet", help="Sheet of a workbook: name or number.", metavar="NAME")]
Combine = Annotated[
    str, typer.Option("--combine", help="Several values of a period: sum, mean, first or last.", metavar="HOW")
]
Recipe = Annotated[
    Path | None, typer.Option("--recipe", help="A recipe: how such files are read (YAML).", metavar="FILE")
]
SaveRecipe = Annotated[
    Path | None, typer.Option("--save-recipe", help="Write how this file was read as a recipe.", metavar="FILE")
]
Edition = Annotated[str | None, typer.Option("--edition", help="Day of publication (default: today).", metavar="DATE")]
Whole = Annotated[bool, typer.Option("--whole", help="Take it, whatever it leaves out.")]
CHOICES = {"--order": ("dmy", "mdy"), "--decimal": ("comma", "point"), "--combine": ("sum", "mean", "first", "last")}
SHOWN = 20
T = TypeVar("T")


@command
def check(
    file: File, rename: Rename = None, new: New = None, map_: Map = None, order: Order = "", decimal: Decimal = "",
    encoding: Encoding = "", sheet: Sheet = "", combine: Combine = "", recipe: Recipe = None,
    save_recipe: SaveRecipe = None, json_: o.Json = False,
) -> None:  # fmt: skip
    """Check a file of observations and tell every repair, error and question; nothing is stored.

    Example: kladsim monitor check new.csv
    """
    from kladsim.monitor import intake

    options = _read_options(rename, new, map_, order, decimal, encoding, sheet, combine, recipe)
    log, options = _ask(_check_file(file), lambda path, said: intake.check(path, said)[1], options, json_)
    _save(file, options, save_recipe)
    _print_log(log, json_, stored=False)


@command
def add(
    file: File, rename: Rename = None, new: New = None, map_: Map = None, order: Order = "", decimal: Decimal = "",
    encoding: Encoding = "", sheet: Sheet = "", combine: Combine = "", recipe: Recipe = None,
    save_recipe: SaveRecipe = None, json_: o.Json = False,
) -> None:  # fmt: skip
    """Check a file of observations and add them to the folder $KLADSIM_MONITOR (default: monitor).

    Example: kladsim monitor add new.xlsx --sheet 2 --map country=LV --save-recipe police.yaml
    """
    from kladsim.monitor import store

    options = _read_options(rename, new, map_, order, decimal, encoding, sheet, combine, recipe)
    log, options = _ask(_check_file(file), store.add, options, json_)
    _save(file, options, save_recipe)
    _print_log(log, json_, stored=True)


@command
def update(
    path: Annotated[Path, typer.Argument(metavar="FILE|FOLDER", help="The next edition of what was added.")],
    edition: Edition = None, whole: Whole = False,
    rename: Rename = None, new: New = None, map_: Map = None, order: Order = "", decimal: Decimal = "",
    encoding: Encoding = "", sheet: Sheet = "", combine: Combine = "", recipe: Recipe = None, json_: o.Json = False,
) -> None:  # fmt: skip
    """Take a publisher's next edition whole: what is added, revised and withdrawn is told, and every version is kept.

    Example: kladsim monitor update ww2026.csv --edition 2026-03-18
    """
    from kladsim.monitor import intake, updates

    options = _read_options(rename, new, map_, order, decimal, encoding, sheet, combine, recipe)
    day = _read_day(edition)
    files = updates.list_files(path)


    def take(file: Path, said: IntakeOptions) -> Update:
        return updates.update(file, said, edition=day, whole=whole)

    other = sorted(one.name for one in path.iterdir() if one not in files) if path.is_dir() else []
    # No file of a folder is stored before all of them can be read.
    answered = {one: _ask(one, intake.check, options, json_)[1] if len(files) > 1 else options for one in files}
    made: list[Update] = []
    try:
        for file in files:
            made.append(_ask(file, take, answered[file], json_)[0])
            if not json_:
                _say_update(made[-1])
    finally:  # an edition that leaves out too much may come after others that are stored
        if json_ and made:
            print_json({"files": [_describe_update(one) for one in made], "left_out": other})
    if other and not json_:
        say(f"Left out, as their names are not those of tables: {', '.join(other)}.")


def _say_update(one: Update) -> None:
    for change in one.changes[:SHOWN]:
        say(f"{change.what}: {change.series} in {change.period}: {change.before or '–'} → {change.after or '–'}")
    if len(one.changes) > SHOWN:
        say(f"… and {len(one.changes) - SHOWN} more changes; use --json.")
    counts = ", ".join(f"{count} {name}" for name, count in one.counts().items())
    say(f"{one.file}: {counts}; last period {one.last_period or 'none'}.")


def _describe_update(one: Update) -> dict[str, Any]:
    summary = {"file": one.file, "edition": one.edition.isoformat(), **one.counts(), "last_period": one.last_period}
    return {**summary, "changes": [asdict(change) for change in one.changes], "log": one.log.entries}


def _read_day(text: str | None) -> date | None:
    from datetime import date


    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InputError("no such day", where="--edition", value=text, allowed="YYYY-MM-DD") from None


def _check_file(file: Path) -> Path:
    if not file.is_file():
        raise InputError("no such file", where="FILE", value=str(file))
    return file


def _read_options(
    rename: Sequence[str] | None, new: Sequence[str] | None, maps: Sequence[str] | None, order: str, decimal: str,
    encoding: str, sheet: str, combine: str, recipe: Path | None,
) -> IntakeOptions:  # fmt: skip
    from kladsim.monitor.recipes import IntakeOptions, parse_maps, read_recipe

    for option, value in (("--order", order), ("--decimal", decimal), ("--combine", combine)):
        if value and value not in CHOICES[option]:
            raise InputError(
                "no such choice", where=option, value=value, allowed=", ".join(CHOICES[option]),
                suggestion=suggest(value, CHOICES[option]),
            )  # fmt: skip
    given: dict[str, Any] = {"order": order, "decimal": decimal, "encoding": encoding, "sheet": sheet}
    given["combine"] = combine
    said = IntakeOptions(rename=_parse_pairs(rename), new=tuple(new or ()), **given).over(parse_maps(maps or ()))
    return said.over(read_recipe(recipe)) if recipe is not None else said


def _parse_pairs(given: Sequence[str] | None) -> dict[str, str]:
    out = {}
    for text in given or ():
        left, mark, right = text.partition("=")
        if not mark or not left.strip() or not right.strip():
            raise InputError("no pair", where="--rename", value=text, allowed="FILE=KNOWN")
        out[left.strip()] = right.strip()
    return out


def _ask(
    path: Path, read: Callable[[Path, IntakeOptions], T], options: IntakeOptions, as_json: bool
) -> tuple[T, IntakeOptions]:  # fmt: skip
    """Read a file; where it leaves questions open and a person sits at the terminal, ask them and read again."""
    while True:
        try:
            return read(path, options), options
        except InputError as error:
            questions = list_questions(get_errors(error))
            if as_json and questions:
                print_json({"stored": False, "questions": [asdict(one) for one in questions]})
            if as_json or not questions or len(questions) < len(get_errors(error)) or not sys.stdin.isatty():
                raise
            options = _answer(questions, options, error)


def _answer(questions: Sequence[Question], options: IntakeOptions, error: InputError) -> IntakeOptions:
    from kladsim.monitor.recipes import CONSTANTS, IntakeOptions, parse_maps

    answered = options
    for one in questions:
        examples = f" ({', '.join(one.examples)})" if one.examples else ""
        answer = typer.prompt(f"{one.text}{examples} [{one.option}]", err=True).strip()
        if one.about in ("sheet", "order", "decimal"):
            answered = IntakeOptions(**{one.about: answer}).over(answered)
        elif "--rename" in one.option and answer in one.choices:
            answered = IntakeOptions(rename={one.examples[0]: answer}).over(answered)
        elif "--rename" in one.option:
            answered = IntakeOptions(new=(*answered.new, *one.examples)).over(answered)
        elif answer in one.choices:
            answered = parse_maps([f"{answer}={one.about}"]).over(answered)
        elif one.about in CONSTANTS:
            answered = IntakeOptions(constants={one.about: answer}).over(answered)
        else:
            raise error
    return answered


def _save(file: Path, options: IntakeOptions, target: Path | None) -> None:
    from kladsim.core.files import prepare_output_file, write_bytes
    from kladsim.monitor.reading import describe_reading
    from kladsim.monitor.recipes import format_recipe

    if target is not None:
        write_bytes(prepare_output_file(target), format_recipe(describe_reading(file, options)).encode())


def _print_log(log: Log, as_json: bool, *, stored: bool) -> None:
    counts = log.counts()
    stored_now = stored and log.kept + len(log.older) > 0
    if as_json:
        print_json({**counts, "stored": stored_now, "log": log.entries})
        return
    for entry in log.entries:
        say(entry)
    names = ("read", "kept", "duplicates", "revised", "missing", *(("left_out",) if log.left_out else ()))
    counts_text = ", ".join(f"{counts[name]} {name.replace('_', ' ')}" for name in names)
    say(f"Rows: {counts_text}.")
    if log.intervals:
        say(f"Of the kept ones only bounds are known: {log.intervals}.")
    if log.changed:
        say(f"Values stored before that {'change' if stored else 'would change'}: {log.changed}.")
    if log.replaced:
        say(f"Published values that yours {'replace' if stored else 'would replace'} in your folder: {log.replaced}.")
    say("Stored." if stored_now else "Nothing to store." if stored else "Nothing is stored by check; add stores.")
