"""Treatment places: more people who ask for treatment get it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field

from kladsim.model.config import Modifier
from kladsim.policy.fields import parse_whole
from kladsim.policy.lever import Evidence, Expense, FirstEffect, Limit, Programme


class Treatment(Programme):
    """Add treatment ``places`` to those there are, in the whole country, from ``start`` on."""

    name: ClassVar[str] = "treatment"
    evidence: ClassVar[tuple[Evidence, ...]] = (
        Evidence("E6", "B", "treatment lowers consumption at about a seventh of the cost of enforcement"),
        Evidence("E7", "B", "the benefit of treatment over a lifetime is several times that of one episode"),
        Evidence("assumption", "D", "60 thousand places more than today are the most that could be staffed"),
    )
    target: ClassVar[FirstEffect] = FirstEffect("treatment_starts", "higher")
    limit: ClassVar[Limit] = Limit("treatment places", "places", 60_000, "places more than today", "assumption")

    places: Annotated[int, Field(ge=0, le=1_000_000), BeforeValidator(parse_whole)]

    def effects(self) -> Iterable[Modifier]:
        """Return the places added."""
        return self.change("treatment.more_places", "add", self.places * self.strength)

    def expenses(self) -> Iterable[Expense]:
        """Return the standing cost of places; care itself is paid for each person in treatment."""
        return (Expense("health.treatment_place", self.places * self.strength),)
