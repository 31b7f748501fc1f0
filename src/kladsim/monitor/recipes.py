"""How a file is read: one value of options, whether given on the command line, in a recipe or in a publisher's profile.

A recipe is a YAML file that a person keeps; a profile is a TOML file of the folder ``data/profiles`` with the same
fields and the marks by which a publisher's file is recognised. A new profile is one new file.
"""

from __future__ import annotations

import io
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kladsim.core.errors import InputError, suggest
from kladsim.monitor.names import matches_header
from kladsim.monitor.tables import DATA

Constant = Literal["country", "place", "indicator", "unit", "period", "reported", "freq", "source"]
CONSTANTS: tuple[str, ...] = get_args(Constant)
"""Meanings that a whole file may have one value of."""
MEANINGS = (
    *CONSTANTS, "geo", "site", "year", "quarter", "month", "week", "value", "low", "high", "flag", "ignore",
    "fill",
)  # fmt: skip
"""What a column may hold; ``geo`` is a statistical code of a country or region, ``site`` a publisher's station.
``fill`` says that its empty cells stand for the one above; what it holds its header tells.
"""

Model = TypeVar("Model", bound=BaseModel)


class IntakeOptions(BaseModel):
    """What is known of a file beside its cells.

    Attributes
    ----------
    rename : places of the file and the known place that each stands for
    new : names that are new although they are near a known one
    order : "dmy" or "mdy", where dates in digits do not tell
    decimal : "comma" or "point", where numbers do not tell
    encoding : the file's encoding, where the file does not tell
    sheet : name or number of a workbook's sheet
    columns : meanings of columns by their header
    constants : one value for the whole file, by meaning
    values : what texts of a column stand for, by meaning: ``{"indicator": {"BE": "cocaine"}}``
    units : units by indicator, ``*`` at the end of a name standing for any ending
    leave_out : rows to leave out, as meaning or header and the texts of such rows
    missing : signs of a missing value beside those known
    suppressed : bounds of a count that the publisher hides
    others : meaning of the columns that are not listed and whose words say nothing
    combine : what several values of one period become: their sum or mean, the first or the last
    optional_columns : whether a file may lack some of ``columns``, as editions of a publisher's table do
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rename: Mapping[str, str] = Field(default_factory=dict)
    new: tuple[str, ...] = ()
    order: Literal["", "dmy", "mdy"] = ""
    decimal: Literal["", "comma", "point"] = ""
    encoding: str = ""
    sheet: str = ""
    columns: Mapping[str, str] = Field(default_factory=dict)
    constants: Mapping[Constant, str] = Field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = Field(default_factory=dict)
    units: Mapping[str, str] = Field(default_factory=dict)
    leave_out: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    missing: tuple[str, ...] = ()
    suppressed: tuple[float, float] | None = None
    others: Literal["", "indicator_part", "ignore"] = ""
    combine: Literal["", "sum", "mean", "first", "last"] = ""
    optional_columns: bool = False

    def list_constants(self) -> dict[str, str]:
        """Return the values that hold for the whole file, by meaning."""
        return {str(meaning): value for meaning, value in self.constants.items()}

    def over(self, below: IntakeOptions) -> IntakeOptions:
        """Return these options, with those of ``below`` where these say nothing; tables are joined."""
        mine, theirs = self._get_set_fields(), below._get_set_fields()
        joined = {
            name: {**theirs[name], **mine[name]} for name in mine.keys() & theirs.keys() if isinstance(mine[name], dict)
        }
        return IntakeOptions(**{**theirs, **mine, **joined})

    def _get_set_fields(self) -> dict[str, Any]:
        fields = {name: getattr(self, name) for name in IntakeOptions.model_fields}
        return {name: value for name, value in fields.items() if value not in ("", (), {}, None, False)}


class Profile(IntakeOptions):
    """A publisher's form: its options, and the headers by which it is recognised.

    Attributes
    ----------
    name : the file's name without its ending
    title : what the form is
    all_of, one_of : headers that are all there, and of which at least one is
    """

    name: str
    title: str
    optional_columns: bool = True
    all_of: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()

    def matches(self, headers: Sequence[str]) -> bool:
        """Whether a table with these headers has this form."""
        whole = all(any(matches_header(one, header) for header in headers) for one in self.all_of)
        return whole and (
            not self.one_of or any(matches_header(one, header) for one in self.one_of for header in headers)
        )


@cache
def list_profiles() -> tuple[Profile, ...]:
    """Return the shipped profiles, those with more marks first."""
    found = [
        _validate(Profile, {"name": path.stem, **tomllib.loads(path.read_text(encoding="utf-8"))}, path.name)
        for path in sorted((DATA / "profiles").glob("*.toml"))
    ]
    return tuple(sorted(found, key=lambda one: -len(one.all_of) - bool(one.one_of)))


def read_recipe(path: Path) -> IntakeOptions:
    """Return the options of a recipe, a YAML file.

    Raises
    ------
    InputError : the file is no recipe: with the field, what is allowed and a near match
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        fields = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise InputError(f"cannot be read ({problem.strerror})", where="--recipe", value=str(path)) from None
    except (YAMLError, UnicodeError) as problem:
        raise InputError(f"is no YAML ({problem})", where="--recipe", value=path.name) from None
    if not isinstance(fields, dict):
        allowed = f"fields {', '.join(IntakeOptions.model_fields)}"
        raise InputError("is no recipe", where="--recipe", value=path.name, allowed=allowed)
    return _validate(IntakeOptions, fields, path.name)


def format_recipe(options: IntakeOptions) -> str:
    """Return options as the text of a recipe."""
    from ruamel.yaml import YAML

    text = io.StringIO()
    YAML(typ="safe", pure=True).dump(options.model_dump(mode="json", exclude_defaults=True), text)
    return text.getvalue()


def _validate(model: type[Model], fields: dict[str, Any], where: str) -> Model:
    try:
        return model.model_validate(fields)
    except ValidationError as problem:
        first = problem.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        known = tuple(model.model_fields)
        raise InputError(
            first["msg"].lower(), where=f"{where}, {field}", value=first.get("input"),
            allowed=", ".join(known), suggestion=suggest(field, known),
        ) from None  # fmt: skip


def parse_maps(pairs: Iterable[str]) -> IntakeOptions:
    """Return options from texts ``column=meaning``, or ``meaning=value`` for what the whole file has one value of.

    Which of the two a text is depends on the file; both are kept until its headers are known.

    Raises
    ------
    InputError : a text is no such pair
    """
    columns: dict[str, str] = {}
    for text in pairs:
        left, mark, right = text.rpartition("=") if text.rpartition("=")[2].strip() in MEANINGS else text.partition("=")
        if not mark or not left.strip() or not right.strip():
            raise InputError("no pair", where="--map", value=text, allowed="COLUMN=MEANING, such as 'Fälle=value'")
        columns[left.strip()] = right.strip()
    return IntakeOptions(columns=columns)
