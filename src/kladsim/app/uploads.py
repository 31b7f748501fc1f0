"""A person's file from the page into the monitor: a preview with questions, then stored when it is asked for."""

from __future__ import annotations

import base64
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kladsim.app.answers import Problem, problem_of
from kladsim.core.errors import InputError

if TYPE_CHECKING:
    from kladsim.monitor.rows import Observation

ROWS = 60
"""Values that a preview shows."""
Name = Annotated[str, Field(min_length=1, max_length=200)]


class UploadAsked(BaseModel):
    """A file, what is known of it, and whether to store it."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    content: str
    maps: Annotated[list[Name], Field(max_length=100)] = []
    rename: dict[Name, Name] = {}
    new: Annotated[list[Name], Field(max_length=500)] = []
    sheet: Annotated[str, Field(max_length=200)] = ""
    encoding: Annotated[str, Field(max_length=40)] = ""
    order: Literal["", "dmy", "mdy"] = ""
    decimal: Literal["", "comma", "point"] = ""
    combine: Literal["", "sum", "mean", "first", "last"] = ""
    store: bool = False


class UploadQuestion(BaseModel):
    """What the file leaves open, with what it may be."""

    about: str
    text: str
    option: str
    choices: list[str]
    examples: list[str]


class UploadValue(BaseModel):
    """One value as it was read: ``high`` is null where no bound is known."""

    series: str
    unit: str
    period: str
    low: float
    high: float | None
    note: str


class UploadAnswer(BaseModel):
    """How the file is read: its first values, what was done on the way, and what is open or wrong."""

    stored: bool
    counts: dict[str, int]
    series: int
    values: list[UploadValue]
    log: list[str]
    questions: list[UploadQuestion]
    problems: list[Problem]
    recipe: str


def read_upload(asked: UploadAsked) -> UploadAnswer:
    """Read a file, and store it if asked and nothing is open.

    Raises
    ------
    InputError : the content is not base64, or the name is none
    """
    from kladsim.monitor import intake, store
    from kladsim.monitor.problems import get_errors
    from kladsim.monitor.questions import list_questions
    from kladsim.monitor.reading import describe_reading
    from kladsim.monitor.recipes import IntakeOptions, format_recipe, parse_maps

    try:
        content = base64.b64decode(asked.content, validate=True)
    except ValueError:  # no ASCII, or no base64 (binascii.Error is one)
        raise InputError("is not base64", where="content", allowed="the bytes of a file in base64") from None
    name = Path(asked.name.replace("\\", "/")).name
    if not name or not name.isprintable() or name.startswith("."):
        raise InputError("is no name of a file", where="name", value=asked.name)
    given: dict[str, Any] = asked.model_dump(include={"rename", "sheet", "encoding", "order", "decimal", "combine"})
    options = IntakeOptions(**given, new=tuple(asked.new)).over(parse_maps(asked.maps))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            rows, log = intake.check(path, options)
            recipe = format_recipe(describe_reading(path, options))
            if asked.store:
                log = store.add(path, options)
        except InputError as error:
            errors = get_errors(error)
            questions = [UploadQuestion(**asdict(one)) for one in list_questions(errors)]
            problems = [problem_of(one) for one in errors]
            empty: dict[str, Any] = {"stored": False, "counts": {}, "series": 0, "values": [], "log": [], "recipe": ""}
            return UploadAnswer(**empty, questions=questions, problems=problems)
    return UploadAnswer(
        stored=asked.store and log.kept + len(log.older) > 0, counts=log.counts(), log=log.entries, recipe=recipe,
        series=len({row.series for row in rows}), values=[_show(row) for row in rows[:ROWS]], questions=[], problems=[],
    )  # fmt: skip


def _show(row: Observation) -> UploadValue:
    from kladsim.monitor.periods import to_period

    high = row.high if row.high < float("inf") else None
    period = to_period(row.step, row.freq)
    return UploadValue(series=row.series, unit=row.unit, period=period, low=row.low, high=high, note=row.note)
