"""A scenario: what to simulate, in one frozen value that a person can read, write in YAML and compare."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, Self, TypedDict, Unpack

from pydantic import BeforeValidator, SerializeAsAny, field_validator, model_validator

from kladsim.core.accessors import accessor
from kladsim.core.errors import InputError, suggest, unknown_name
from kladsim.core.validated import Validated
from kladsim.model.config import MECHANISMS, RunConfig
from kladsim.policy.added import added_mechanisms
from kladsim.policy.conflicts import check_conflicts
from kladsim.policy.fields import (
    Day,
    DayInput,
    EndDay,
    FrozenMap,
    Numbers,
    Scale,
    Seed,
    Switches,
    default,
    is_printable,
    plain,
)
from kladsim.policy.lever import Lever
from kladsim.policy.registry import parse_lever
from kladsim.world.load import pack_name

#: Fields that name a scenario without changing its numbers.
LABELS = ("name", "based_on")


class PackLike(Protocol):
    """What resolving a scenario reads of a country pack."""

    @property
    def name(self) -> str: ...
    @property
    def region_code(self) -> tuple[str, ...]: ...


class RegisterLike(Protocol):
    """What resolving a scenario reads of the parameter register."""

    def override(self, changes: Mapping[str, float], /) -> RegisterLike: ...
    def values(self) -> Mapping[str, float]: ...


class Changes(TypedDict, total=False):
    """What `Scenario.with_` can change besides adding levers."""

    name: str
    country: str
    start: DayInput
    until: DayInput
    scale: Fraction | float | str
    seed: int
    generator: Literal["splitmix", "philox"]
    parameters: Mapping[str, float]
    mechanisms: Mapping[str, bool | str]


class Scenario(Validated):
    """What to simulate: country, time, scale, seed, parameters, mechanisms switched off, and levers.

    Parameters
    ----------
    name : label, at most 100 printable characters; no part of the key
    country : name of a country pack; a country's code or name ("KR", "KOR") means its pack
    start, until : first day, and first day after the last one (2014-01-01 to 2031-01-01)
    scale : share 1/k (k whole) of persons, couriers and shops to simulate: 1, 0.01, "1/100"
    seed : whole number; replicates come from it and are never chosen
    parameters : register values that differ from the register's
    mechanisms : mechanisms that are switched off, as ``{"M9": False}``
    levers : what public bodies change
    generator : random-number generator, "splitmix" (default) or "philox"
    based_on : preset against which the printed form shows what changed

    Raises
    ------
    InputError
        Naming field, value, what is allowed and the nearest known name.
    """

    name: str
    based_on: str | None = None
    country: str = "russia"
    start: Day = default(date(2014, 1, 1))
    until: EndDay = default(date(2024, 1, 1))
    scale: Scale = default(Fraction(1, 100))
    seed: Seed = 1
    generator: Literal["splitmix", "philox"] = "splitmix"
    parameters: Numbers = FrozenMap({})
    mechanisms: Switches = FrozenMap({})
    levers: tuple[SerializeAsAny[Annotated[Lever, BeforeValidator(parse_lever)]], ...] = ()

    @field_validator("name")
    @classmethod
    def _printable(cls, name: str) -> str:
        if not (0 < len(name) <= 100 and is_printable(name) and name.strip()):
            raise InputError("is not a name", value=name, allowed="1 to 100 printable characters")
        return name

    @field_validator("country")
    @classmethod
    def _by_its_pack(cls, country: str) -> str:
        return pack_name(country)

    @field_validator("mechanisms")
    @classmethod
    def _only_off(cls, mechanisms: Mapping[str, bool]) -> Mapping[str, bool]:
        for mechanism in mechanisms:
            if mechanism not in MECHANISMS and mechanism not in added_mechanisms():
                allowed = ", ".join(("M1 to M15, M17", *added_mechanisms()))
                near = suggest(mechanism, (*MECHANISMS, *added_mechanisms()))
                raise InputError("unknown mechanism", value=mechanism, allowed=allowed, suggestion=near)
        return FrozenMap({name: on for name, on in mechanisms.items() if on != (name in MECHANISMS)})

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.until <= self.start:
            raise InputError(
                "is not after the start", where="until", value=str(self.until), allowed=f"> {self.start}"
            )
        check_conflicts(self.levers)
        return self

    @staticmethod
    @accessor
    def preset(name: str) -> Scenario:
        """Return a scenario that comes with kladsim."""
        raise NotImplementedError

    @staticmethod
    @accessor
    def from_yaml(path: str | Path) -> Scenario:
        """Return the scenario in a YAML file; ``based_on: PRESET`` supplies what the file leaves out."""
        raise NotImplementedError

    @staticmethod
    @accessor
    def load(source: str | Path) -> Scenario:
        """Return the preset of this name or the scenario in this file, as the command line takes it."""
        raise NotImplementedError

    @accessor
    def to_yaml(self, path: str | Path | None = None) -> str:
        """Return the scenario as YAML, and write it to ``path`` if one is given."""
        raise NotImplementedError

    def with_(self, *levers: Lever, **changes: Unpack[Changes]) -> Scenario:
        """Return a copy with levers added, fields replaced, and parameters and mechanisms merged in."""
        settable = Changes.__annotations__
        for field in changes:
            if field not in settable:
                raise unknown_name("field", field, settable, where="Scenario.with_")
        fields = self.fields() | dict(changes)
        for merged in ("parameters", "mechanisms"):
            new = fields[merged]
            if not isinstance(new, Mapping):
                raise InputError("is not a mapping", where=merged, value=new, allowed="{NAME: VALUE}")
            fields[merged] = {**getattr(self, merged), **new}
        return Scenario(**fields | {"levers": (*self.levers, *levers)})

    @accessor
    def resolve(self, pack: PackLike, register: RegisterLike | None = None) -> RunConfig:
        """Return the complete configuration of a run; names unknown to pack or register are errors."""
        raise NotImplementedError

    def fields(self) -> dict[str, Any]:
        """Return the fields by name, as they are."""
        return {name: getattr(self, name) for name in type(self).model_fields}

    def to_plain(self) -> dict[str, Any]:
        """Return the scenario as YAML and JSON hold it."""
        fields = {name: plain(value) for name, value in self.fields().items() if name != "levers"}
        return fields | {"levers": [{"lever": lever.name, **lever.options()} for lever in self.levers]}

    def key(self) -> str:
        """Return the SHA-256 of everything but the labels, in canonical form."""
        content = {name: value for name, value in self.to_plain().items() if name not in LABELS}
        content["levers"].sort(key=_canonical)
        return sha256(_canonical(content).encode()).hexdigest()

    @accessor
    def notes(self) -> tuple[str, ...]:
        """Return what to know before a run: levers without effect, values beyond what studies cover."""
        raise NotImplementedError

    @accessor
    def __repr__(self) -> str:
        raise NotImplementedError

    __str__ = __repr__

    @accessor
    def _repr_html_(self) -> str:
        raise NotImplementedError


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
