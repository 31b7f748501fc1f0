"""What a lever is: a dated change that a public body could make, compiled into modifiers of quantities."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, ClassVar, Literal, NamedTuple, Self

from pydantic import model_validator

from kladsim.core.errors import InputError
from kladsim.core.validated import Validated
from kladsim.model.config import FIRST_DAY, Modifier, Operation
from kladsim.policy.fields import Amount, Day, Days, OptionalEndDay, Regions, Share, default, plain

LEVER_CLASSES: dict[str, type[Lever]] = {}


class Evidence(NamedTuple):
    """What is known of a lever's effect: evidence id or "assumption", grade (A to D), and what it says."""

    source: str
    grade: str
    says: str


Direction = Literal["lower", "higher"]


class FirstEffect(NamedTuple):
    """What a lever moves first: an outcome, or a counter of the model that is no outcome, and which way."""

    measure: str
    direction: Direction


class Limit(NamedTuple):
    """What can be delivered at most: a resource that levers share, the field that asks for it, and the most of it."""

    resource: str
    field: str
    most: float
    unit: str
    source: str


class Expense(NamedTuple):
    """Units of a cost item a year while a lever runs, once for the country, or for each unit of ``per``.

    ``item`` is a name in the register of costs; ``per`` is "", "resident", "young resident" (14-24) or an outcome;
    what is spent ``once`` is spent in full on the first day. Where ``per`` is "diverted", ``share`` says which part of
    the people ``of`` ("couriers", "buyers" or "sentenced") the lever keeps from prison: levers that act together pay
    for those whom each of them moves.
    """

    item: str
    units: float
    per: str = ""
    once: bool = False
    of: str = ""
    share: float = 0.0


Payer = Literal["police", "justice", "health", "social"]


class Lever(Validated, ABC):
    """One policy instrument; a subclass with a ``name`` is registered and known by that name in YAML.

    A subclass declares fields, evidence, the range that studies cover (``documented``), what it moves first
    (``target``), what can be delivered at most (``limit``), what it costs (``expenses``) and `effects`.
    ``strength`` scales the whole lever from 0 (changes nothing) to 1 (as described). ``cost`` replaces the unit
    costs of the register: millions of the country's money at prices of 2021, a year (a closure: each), paid by
    ``payer``.
    """

    name: ClassVar[str]
    evidence: ClassVar[tuple[Evidence, ...]]
    documented: ClassVar[Mapping[str, tuple[float, float]]] = {}
    target: ClassVar[FirstEffect | None] = None
    limit: ClassVar[Limit | None] = None
    dated_by: ClassVar[str] = "start"

    strength: Share = 1.0
    cost: Amount | None = None
    payer: Payer | None = None

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

    def parts(self) -> tuple[tuple[str, Lever], ...]:
        """Return the levers that this one stands for, each with its place in it: itself, if it is no package."""
        return (("", self),)

    def load(self) -> float:
        """Return how much of the limited resource the lever asks for at its strength."""
        return float(getattr(self, self.limit.field)) * self.strength if self.limit else 0.0

    def most(self) -> float:
        """Return how much of the limited resource there is."""
        return self.limit.most if self.limit else float("inf")

    def expenses(self) -> Iterable[Expense]:
        """Return what the lever costs at its strength, beside what follows from outcomes."""
        return ()

    def spending(self) -> tuple[tuple[date, date | None, tuple[Expense, ...]], ...]:
        """Return the times in which the lever spends, and on what."""
        return ()

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
            f"{self.name.replace('_', ' ')} rests on an assumption: {entry.says}"
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

    Without a ``start`` it runs from the model's first day on (notes say so); ``end`` is the first day without it (None:
    for good); ``where`` holds ISO 3166-2 codes (none: everywhere).
    ``capacity`` replaces what the class documents as the most that can be delivered.
    """

    start: Day = default(FIRST_DAY)
    end: OptionalEndDay = default(None)
    where: Regions = default(())
    delay_days: Days = 0
    ramp_days: Days = 0
    capacity: Amount | None = None

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

    @model_validator(mode="after")
    def _within_capacity(self) -> Self:
        if self.limit is None and self.capacity is not None:
            raise InputError("this lever has no capacity", where="capacity", value=self.capacity, allowed="none")
        if self.limit is not None and self.load() > self.most():
            raise InputError(
                f"exceeds the capacity of {self.limit.resource}", where=self.limit.field,
                value=getattr(self, self.limit.field), allowed=f"at most {self.most():g} {self.limit.unit}",
            )  # fmt: skip
        return self

    def most(self) -> float:
        """Return the capacity: the given one, else what the class documents."""
        return self.capacity if self.capacity is not None else super().most()

    def spending(self) -> tuple[tuple[date, date | None, tuple[Expense, ...]], ...]:
        """Return the time of the programme and its expenses."""
        return ((self.first_day, self.end, tuple(self.expenses())),) if self.strength > 0 else ()

    def change(self, quantity: str, op: Operation, value: float) -> Iterable[Modifier]:
        """Yield the change of ``quantity`` over the programme's time, one modifier a region."""
        for region in self.where or (None,):
            yield Modifier(quantity, self.first_day, self.end, op, value, region, self.ramp_days)
