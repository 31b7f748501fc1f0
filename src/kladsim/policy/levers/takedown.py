"""Platform takedown: the police close a trading platform on a date, once or repeatedly."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Annotated, ClassVar, Self

from pydantic import BeforeValidator, Field, model_validator

from kladsim.core.errors import InputError
from kladsim.model.config import END_OF_TIME, Modifier
from kladsim.policy.fields import Day, parse_whole
from kladsim.policy.lever import Evidence, Expense, FirstEffect, Lever


class Takedown(Lever):
    """Close the platform of size ``rank`` (1: largest) on ``date``, ``times`` times, ``every_days`` apart.

    Only the closure is set; where users and shops go afterwards is the model's answer. Strength is 0 or 1.
    """

    name: ClassVar[str] = "takedown"
    evidence: ClassVar[tuple[Evidence, ...]] = (
        Evidence("PL1", "B", "mean daily platform sales fell by 89 % when the largest closed in April 2022"),
        Evidence("PL13", "B", "a first closure displaces sales; several in one year lower them"),
    )
    documented: ClassVar[dict[str, tuple[float, float]]] = {"rank": (1, 1)}
    target: ClassVar[FirstEffect] = FirstEffect("leader_share", "lower")
    dated_by: ClassVar[str] = "date"

    date: Day
    rank: Annotated[int, Field(ge=1, le=10), BeforeValidator(parse_whole)] = 1
    times: Annotated[int, Field(ge=1, le=50), BeforeValidator(parse_whole)] = 1
    every_days: Annotated[int, Field(ge=1, le=3650), BeforeValidator(parse_whole)] = 180

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.strength not in (0.0, 1.0):
            raise InputError("is neither 0 nor 1", where="strength", value=self.strength, allowed="0 or 1")
        if self.date + timedelta(days=(self.times - 1) * self.every_days) >= END_OF_TIME:
            raise InputError("the last closure falls after 2030-12-31", where="times", value=self.times)
        return self

    def effects(self) -> Iterator[Modifier]:
        """Yield one closing event a takedown."""
        for number in range(self.times):
            day = self.date + timedelta(days=number * self.every_days)
            yield Modifier("platform.takedown", day, day + timedelta(days=1), "set", float(self.rank))

    def expenses(self) -> Iterable[Expense]:
        """Return one joint operation."""
        return (Expense("police.takedown", 1.0, once=True),)

    def spending(self) -> tuple[tuple[datetime.date, datetime.date | None, tuple[Expense, ...]], ...]:
        """Return one operation on each day of a closure."""
        days = [(event.start, event.end) for event in self.compile()]
        return tuple((start, end, tuple(self.expenses())) for start, end in days)
