"""What a lever is: a dated change that a public body could make, compiled into modifiers of quantities."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, ClassVar, NamedTuple, Self

from pydantic import model_validator

from kladsim.core.errors import InputError
from kladsim.model.config import Modifier, Operation
from kladsim.policy.fields import Day, Days, EndDay, Regions, Share, plain
from kladsim.policy.validated import Validated

LEVER_CLASSES: dict[str, type[Lever]] = {}


class Evidence(NamedTuple):
    """What is known of a lever's effect: evidence id or "assumption", grade (A to D), and what it says."""

    source: str
    grade: str
    says: str


class Lever(Validated, ABC):
    """One policy instrument; a subclass with a ``name`` is registered and known by that name in YAML.

    A subclass declares fields, evidence, the range that studies cover (``documented``), and `effects`.
    ``strength`` scales the whole lever from 0 (changes nothing) to 1 (as described).
    """

    name: ClassVar[str]
    evidence: ClassVar[tuple[Evidence, ...]]
    documented: ClassVar[Mapping[str, tuple[float, float]]] = {}

    strength: Share = 1.0

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        name = cls.__dict__.get("name")
        if name is None:
            return
        known = LEVER_CLASSES.get(name)
        if known and (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            raise InputError(f"a lever of this name exists in {known.__module__}", where="lever", value=name)
        if not cls.__dict__.get("evidence"):
            raise InputError("declares no evidence", where="lever", value=name, allowed='or "assumption"')
        LEVER_CLASSES[name] = cls

    @abstractmethod
    def effects(self) -> Iterable[Modifier]:
        """Yield the modifiers at the lever's strength."""

    def compile(self) -> tuple[Modifier, ...]:
        """Return the lever's modifiers; none at strength 0."""
        return tuple(self.effects()) if self.strength > 0 else ()

    def options(self) -> dict[str, Any]:
        """Return the fields that differ from their defaults, as plain values."""
        fields = type(self).model_fields
        return {
            name: plain(getattr(self, name))
            for name, field in fields.items()
            if field.is_required() or getattr(self, name) != field.default
        }

    def undocumented(self) -> tuple[str, ...]:
        """Return a sentence for each assumption, and for each value outside the range that studies cover."""
        assumed = tuple(
            f"{self.name} rests on an assumption: {entry.says}"
            for entry in self.evidence
            if entry.source == "assumption"
        )
        return assumed + tuple(
            f"{self.name}.{field} = {getattr(self, field)} lies outside the documented range {low} to {high}"
            for field, (low, high) in self.documented.items()
            if not low <= getattr(self, field) <= high
        )

    def __repr__(self) -> str:
        options = (f"{name}={value!r}" for name, value in self.options().items())
        return f"{type(self).__name__}({', '.join(options)})"

    __str__ = __repr__


class Programme(Lever):
    """A lever that runs from a day on, in the whole country or in some regions, after a delay, with a ramp.

    ``end`` is the first day without it (None: for good); ``where`` holds ISO 3166-2 codes (none: everywhere).
    """

    start: Day
    end: EndDay | None = None
    where: Regions = ()
    delay_days: Days = 0
    ramp_days: Days = 0

    @property
    def first_day(self) -> date:
        """Return the first day with effect: the start plus the delay."""
        return self.start + timedelta(days=self.delay_days)

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.end is not None and self.end <= self.start:
            allowed = f"after {self.start}"
            raise InputError("is not after the start", where="end", value=str(self.end), allowed=allowed)
        if self.end is not None and self.end <= self.first_day:
            allowed = f"less than {(self.end - self.start).days}"
            raise InputError("outlasts the lever", where="delay_days", value=self.delay_days, allowed=allowed)
        if len(set(self.where)) != len(self.where):
            raise InputError("names a region twice", where="where", value=self.where)
        return self

    def change(self, quantity: str, op: Operation, value: float) -> Iterable[Modifier]:
        """Yield the change of ``quantity`` over the programme's time, one modifier a region."""
        for region in self.where or (None,):
            yield Modifier(quantity, self.first_day, self.end, op, value, region, self.ramp_days)
