"""Police effort by tier: more or less work against buyers, couriers, or those who organise the trade."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from kladsim.model.config import Modifier
from kladsim.policy.fields import parse_number
from kladsim.policy.lever import Evidence, Expense, FirstEffect, Limit, Programme

SHARES = {"buyer": 0.55, "courier": 0.25, "shop": 0.08, "laboratory": 0.07, "platform": 0.05}
"""Share of each tier in police effort against drugs (assumption: in line with arrests by tier)."""
ORGANISERS = ("shop", "laboratory", "platform")


class Police(Programme):
    """Multiply police effort against a ``tier`` by ``factor``, from ``start`` on.

    "shop" is the people who run shops, "organiser" is shops, laboratories and platforms together. Effort is a budget:
    what all programmes add, in shares of all of today's effort against drugs, must stay within the capacity.
    """

    name: ClassVar[str] = "police"
    evidence: ClassVar[tuple[Evidence, ...]] = (
        Evidence("E13", "B", "certainty of arrest deters, severity little; measured for crime in general"),
        Evidence("P08", "C", "arrests of couriers barely move volume, because others take their place"),
        Evidence("assumption", "D", "half more effort than today's is the most that could be staffed"),
    )
    documented: ClassVar[dict[str, tuple[float, float]]] = {"factor": (0.5, 2.0)}
    target: ClassVar[FirstEffect] = FirstEffect("arrests_courier", "higher")
    limit: ClassVar[Limit] = Limit("police effort", "factor", 0.5, "of today's effort", "assumption")

    tier: Literal["buyer", "courier", "shop", "laboratory", "platform", "organiser"]
    factor: Annotated[float, Field(ge=0.0, le=10.0), BeforeValidator(parse_number)]

    def load(self) -> float:
        """Return the effort added, in shares of today's effort against drugs (negative: set free)."""
        return sum(SHARES[tier] for tier in self._tiers()) * (self.factor - 1.0) * self.strength

    def effects(self) -> Iterable[Modifier]:
        """Yield the factor of each tier's effort."""
        for tier in self._tiers():
            factor = 1.0 + (self.factor - 1.0) * self.strength
            yield from self.change(f"policing.effort.{tier}", "multiply", factor)

    def expenses(self) -> Iterable[Expense]:
        """Return the cost of the effort added, or saved."""
        return (Expense("police.effort", self.load(), "resident"),)

    def _tiers(self) -> tuple[str, ...]:
        return ORGANISERS if self.tier == "organiser" else (self.tier,)
