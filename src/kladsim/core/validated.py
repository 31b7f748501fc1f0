"""Values that people write: frozen, without unknown keys, with errors that name field, value, allowed and a near match.

`Validated` is the base of declarations; `read_table` reads a CSV file of them, one a line.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, TypeVar, cast

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic.fields import FieldInfo

from kladsim.core.errors import InputError, suggest, unknown_name

CHOICES = ("literal_error", "enum")
_BOUND_WORDS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}


class Validated(BaseModel):
    """A frozen value whose constructor raises `InputError`, never a foreign validation error."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    def __init__(self, /, **fields: object) -> None:
        try:
            super().__init__(**{name: python_value(value) for name, value in fields.items()})
        except ValidationError as error:
            raise as_input_error(error, type(self)) from None


Words = Annotated[tuple[str, ...], BeforeValidator(lambda value: value.split() if isinstance(value, str) else value)]
"""A tuple of names, in a table one cell with spaces between them."""
Declaration = TypeVar("Declaration", bound=Validated)
Value = TypeVar("Value")


def read_table(path: Path, model: type[Declaration]) -> list[Declaration]:
    """Read a CSV table whose columns are the fields of a model; an empty cell has the field's default.

    Raises
    ------
    InputError : a damaged file, an unknown column or value (with the nearest name), a line of another length
    """
    try:
        header, *lines = csv.reader(path.read_text(encoding="utf-8").splitlines(), strict=True)
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"cannot be read as a table ({error})", where=str(path)) from error
    for column in header:
        if column not in model.model_fields:
            raise unknown_name("column", column, model.model_fields, where=path.name)
    items = []
    for number, cells in enumerate(lines, start=2):
        where = f"{path.name}, line {number}"
        if len(cells) != len(header):
            raise InputError(f"{len(cells)} cells, expected {len(header)}", where=where)
        try:
            items.append(model(**{name: cell for name, cell in zip(header, cells, strict=True) if cell}))
        except InputError as error:
            raise relocated(error, where, joint=", column ") from None
    return items


def python_value(value: Value) -> Value:
    """Return a value of NumPy or pandas as Python's own: the same number, text, switch, day or list.

    A short float stands for the number that is written with it: ``float32(0.1)`` is 0.1.
    """
    return cast(Value, _python_value(value))


def _python_value(value: object) -> object:
    if isinstance(value, np.floating):
        return float(str(value))
    if isinstance(value, np.datetime64):
        return _day_of(value)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, date | float) or value is None:
        return value
    if type(value).__module__.partition(".")[0] == "pandas" and hasattr(value, "to_numpy"):
        value = value.to_numpy()
    if isinstance(value, np.ndarray):
        return [_python_value(item) for item in value] if value.ndim else _python_value(value[()])
    if type(value) is list:
        return [_python_value(item) for item in value]
    if type(value) is tuple:
        return tuple(_python_value(item) for item in value)
    if type(value) is dict:
        return {_python_value(key): _python_value(item) for key, item in value.items()}
    return value


def _day_of(value: np.datetime64) -> object:
    """The day of a NumPy date; what is no day is left as it is, for the field to refuse."""
    day = value.astype("datetime64[D]")
    return value if np.isnat(value) or day != value else day.item()


def as_input_error(error: ValidationError, model: type[BaseModel]) -> InputError:
    """Return one of pydantic's complaints as an `InputError`: an unknown key explains a missing one."""
    complaints = error.errors(include_url=False)
    first = min(complaints, key=lambda complaint: complaint["type"] != "extra_forbidden")
    path = ".".join(str(part) for part in first["loc"]) or None
    field = str(first["loc"][0]) if first["loc"] else ""
    if first["type"] == "extra_forbidden":
        return unknown_name("key", field, model.model_fields, where=model.__name__)
    if first["type"] == "missing":
        return InputError("is required", where=path)
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, InputError):
        return relocated(cause, path)
    if first["type"] in ("tuple_type", "list_type"):
        return InputError("is not a list", where=path, value=first["input"], allowed="a list: a line with `- ` an item")
    if first["type"] in ("dict_type", "mapping_type"):
        return InputError("is not a mapping", where=path, value=first["input"], allowed="{NAME: VALUE}")
    allowed = _allowed(model.model_fields.get(field), first.get("ctx", {}))
    value = first["input"]
    near = suggest(str(value), re.findall(r"'([^']+)'", allowed or "")) if first["type"] in CHOICES else None
    return InputError("is not allowed", where=path, value=value, allowed=allowed or first["msg"], suggestion=near)


def relocated(error: InputError, prefix: str | None, *, joint: str = ".") -> InputError:
    """Return the same complaint, told from one level further out."""
    where = joint.join(part for part in (prefix, error.where) if part)
    return InputError(
        error.message,
        where=where or None,
        value=error.value,
        allowed=error.allowed,
        suggestion=error.suggestion,
    )


def _allowed(field: FieldInfo | None, context: Mapping[str, object]) -> str | None:
    if "expected" in context:
        return str(context["expected"])
    bounds = [
        f"{words} {getattr(item, bound)}"
        for item in (field.metadata if field else ())
        for bound, words in _BOUND_WORDS.items()
        if hasattr(item, bound)
    ]
    # A field that may be absent hides its bounds from its metadata; the complaint still tells the one that was broken.
    told = [f"{words} {context[bound]}" for bound, words in _BOUND_WORDS.items() if bound in context]
    return " and ".join(bounds or told) or None
