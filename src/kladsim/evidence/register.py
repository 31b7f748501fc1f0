"""The register of parameters: every number a run may use, with unit, range, prior, source and grade."""

from __future__ import annotations

import re
from collections.abc import ItemsView, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from functools import cache
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kladsim.core.errors import InputError, suggest, unknown_name
from kladsim.evidence.claims import EVIDENCE_FILES, GRADES
from kladsim.evidence.tables import DATA, expand_ids, first_column

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FILE = "parameters.toml"
CONTROLS = ("public", "market", "nature")
PRIORS = (
    "fixed", "uniform", "loguniform", "normal", "lognormal", "logitnormal", "beta", "gamma", "triangular",
)  # fmt: skip
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_QUOTED_OR_DOI = re.compile(r"'[^']+'|\"[^\"]+\"|(?:doi:\s*)?10\.\d{4,9}/[^\s,;]+")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: value, plausible range ``[low, high]`` in ``unit``, prior, source, grade and control.

    ``control`` says who moves it: *public* (a policy), *market* (an uncertainty, never a lever) or *nature*.
    ``joined`` is the model version in which a number that had stood in a kernel joined the register.
    """

    name: str
    value: float
    unit: str
    low: float
    high: float
    prior: str
    source: str
    grade: str
    control: str
    doc: str
    country: str = ""
    date: str = ""
    joined: str = ""

    @property
    def field(self) -> str:
        """Name of the parameter's field in the record that kernels read."""
        return self.name.replace(".", "_")

    @property
    def evidence(self) -> tuple[str, ...]:
        """The evidence ids that the source names."""
        return expand_ids(_QUOTED_OR_DOI.sub(" ", self.source))


@dataclass(frozen=True, slots=True)
class LocalValue:
    """A country's own value of a parameter, with its range, unit and source."""

    value: float
    low: float
    high: float
    unit: str
    source: str


class Register:
    """A frozen mapping from parameter name to Parameter, in the order of the file.

    Indexing, iteration and `items` give parameters; `values` gives their numbers by name.
    """

    __slots__ = ("_parameters",)

    def __init__(self, parameters: Mapping[str, Parameter]) -> None:
        self._parameters = dict(parameters)

    def __getitem__(self, name: str) -> Parameter:
        return self._parameters[name]

    def __contains__(self, name: object) -> bool:
        return name in self._parameters

    def __iter__(self) -> Iterator[str]:
        return iter(self._parameters)

    def __len__(self) -> int:
        return len(self._parameters)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Register) and self._parameters == other._parameters

    def __hash__(self) -> int:
        return hash(tuple(self._parameters.values()))

    def __repr__(self) -> str:
        return f"<Register of {len(self)} parameters>"

    def items(self) -> ItemsView[str, Parameter]:
        """Return pairs of name and parameter."""
        return self._parameters.items()

    def values(self) -> dict[str, float]:
        """Return the value of every parameter, by name."""
        return {name: parameter.value for name, parameter in self._parameters.items()}

    def find(self, name: str) -> Parameter:
        """Return a parameter; raise InputError with the nearest name for an unknown one."""
        try:
            return self._parameters[name]
        except KeyError:
            raise unknown_name("parameter", name, self, where="parameters") from None

    def override(self, values: Mapping[str, float]) -> Register:
        """Return a register with other values.

        Raises
        ------
        InputError
            For an unknown name (with the nearest one), a value that is not a finite number, or one outside
            ``[low, high]``.
        """
        changed = dict(self._parameters)
        for name, value in values.items():
            parameter = self.find(name)
            changed[name] = replace(parameter, value=_in_range(parameter, value))
        return Register(changed)

    def localised(self, values: Mapping[str, LocalValue], country: str) -> Register:
        """Return the register of a country: its own values, ranges, units and sources take the places of others.

        Raises
        ------
        InputError
            For an unknown name (with the nearest one).
        """
        changed = dict(self._parameters)
        for name, local in values.items():
            given = {field.name: getattr(local, field.name) for field in fields(LocalValue)}
            changed[name] = replace(self.find(name), **given, country=country)
        return Register(changed)

    def controlled_by(self, control: str) -> Register:
        """Return the parameters that ``control`` (public, market or nature) moves."""
        if control not in CONTROLS:
            raise unknown_name("control", control, CONTROLS)
        return Register({name: p for name, p in self.items() if p.control == control})

    def record(self) -> NDArray[np.void]:
        """Return a structured float64 array of one element; field = name with dots as underscores."""
        import numpy as np

        parameters = list(self._parameters.values())
        record = np.zeros(1, dtype=[(parameter.field, np.float64) for parameter in parameters])
        record[0] = tuple(parameter.value for parameter in parameters)
        return record

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema (2020-12) of an override: names, ranges, defaults, units and sources."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "kladsim parameters",
            "type": "object",
            "additionalProperties": False,
            "properties": {name: _property(parameter) for name, parameter in self.items()},
        }


def load_register(path: Path | None = None) -> Register:
    """Return the register that ships with kladsim, or the one at ``path``.

    Raises
    ------
    InputError
        For a missing or damaged file, an unknown or missing key, a value outside its range, an unknown grade,
        control or prior, or a source that names nothing.
    """
    return _shipped() if path is None else read_register(path)


@cache
def _shipped() -> Register:
    return read_register(DATA / FILE)


def read_register(path: Path) -> Register:
    """Read and validate one TOML file of parameters; raise InputError as `load_register` does."""
    import tomllib

    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"damaged parameter file ({error})", where=str(path)) from error
    known = evidence_ids()
    parameters: dict[str, Parameter] = {}
    by_field: dict[str, str] = {}
    for name, entry in _tables(document, path.name):
        parameter = _parameter(name, entry, path.name, known)
        twin = by_field.setdefault(parameter.field, name)
        if twin != name or name in parameters:
            raise InputError(f"same record field as {twin}", where=f"{path.name}, {name}")
        parameters[name] = parameter
    return Register(parameters)


@cache
def evidence_ids() -> frozenset[str]:
    """Return every id a source may name: claims, figures, targets, patterns and published results."""
    return frozenset(name for file in EVIDENCE_FILES for name in first_column(file))


_FIELDS = {field.name: field.default is MISSING for field in fields(Parameter) if field.name != "name"}
_NUMBERS = ("value", "low", "high")


def _tables(document: dict[str, Any], file: str, prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for key, entry in document.items():
        name = prefix + key
        if not isinstance(entry, dict):
            raise InputError("not a table of one parameter", where=f"{file}, {name}", value=entry)
        if entry and all(isinstance(inner, dict) for inner in entry.values()):
            yield from _tables(entry, file, name + ".")
        else:
            yield name, entry


def _parameter(name: str, entry: dict[str, Any], file: str, known: frozenset[str]) -> Parameter:
    where = f"{file}, {name}"
    if not _NAME.fullmatch(name):
        raise InputError("bad parameter name", where=where, allowed="lower-case words joined by dots")
    for key in entry:
        if key not in _FIELDS:
            raise InputError(
                "unknown key",
                where=where,
                value=key,
                allowed=", ".join(_FIELDS),
                suggestion=suggest(key, _FIELDS),
            )
    for key, required in _FIELDS.items():
        if required and key not in entry:
            raise InputError(f"missing key {key!r}", where=where)
        if key in _NUMBERS:
            _number(entry[key], f"{where}.{key}")
        elif not isinstance(entry.get(key, ""), str) or (required and not entry[key].strip()):
            raise InputError("must be text", where=f"{where}.{key}", value=entry[key])
    parameter = Parameter(name=name, **{**entry, **{key: float(entry[key]) for key in _NUMBERS}})
    _validate(parameter, where, known)
    return parameter


def _validate(parameter: Parameter, where: str, known: frozenset[str]) -> None:
    for field, choices in (("prior", PRIORS), ("grade", GRADES), ("control", CONTROLS)):
        value = getattr(parameter, field)
        if value not in choices:
            raise InputError(
                "unknown value",
                where=f"{where}.{field}",
                value=value,
                allowed=", ".join(choices),
                suggestion=suggest(value, choices),
            )
    if parameter.low > parameter.high:
        raise InputError("low is above high", where=where, value=(parameter.low, parameter.high))
    _in_range(parameter, parameter.value, where)
    if parameter.prior in ("loguniform", "lognormal") and parameter.low <= 0:
        raise InputError(
            "a prior on the logarithm needs low above 0", where=f"{where}.low", value=parameter.low
        )
    _validate_source(parameter, f"{where}.source", known)


def _validate_source(parameter: Parameter, where: str, known: frozenset[str]) -> None:
    allowed = 'evidence ids, a DOI, a citation in quotes, or "assumption"'
    cited = bool(_QUOTED_OR_DOI.search(parameter.source))
    if not cited and not parameter.evidence and not re.search(r"\bassumption\b", parameter.source):
        raise InputError("names no source", where=where, value=parameter.source, allowed=allowed)
    for evidence_id in parameter.evidence:
        if evidence_id not in known:
            raise InputError(
                "unknown evidence id", where=where, value=evidence_id, suggestion=suggest(evidence_id, known)
            )
    if not cited and not parameter.evidence and parameter.grade in ("A", "B"):
        raise InputError(
            "an assumption without a source cannot be graded A or B", where=where, value=parameter.grade
        )


def _number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise InputError("must be a finite number", where=where, value=str(value))
    return float(value)


def _in_range(parameter: Parameter, value: object, where: str | None = None) -> float:
    where = where or parameter.name
    allowed = f"{parameter.low:g} to {parameter.high:g} {parameter.unit}"
    try:
        number = _number(value, where)
    except InputError as error:
        raise InputError(error.message, where=where, value=str(value), allowed=allowed) from None
    if not parameter.low <= number <= parameter.high:
        raise InputError("out of range", where=where, value=number, allowed=allowed)
    return number


def _property(parameter: Parameter) -> dict[str, Any]:
    return {
        "type": "number",
        "default": parameter.value,
        "minimum": parameter.low,
        "maximum": parameter.high,
        "description": parameter.doc,
        "x-unit": parameter.unit,
        "x-prior": parameter.prior,
        "x-source": parameter.source,
        "x-grade": parameter.grade,
        "x-control": parameter.control,
    }
