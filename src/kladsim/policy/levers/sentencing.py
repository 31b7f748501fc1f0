"""Sentencing: longer or shorter prison terms for drug offences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from kladsim.model.config import Modifier
from kladsim.policy.fields import parse_number
from kladsim.policy.lever import Evidence, FirstEffect, Programme


class Sentencing(Programme):
    """Multiply the length of new prison terms of all (or of couriers alone) by ``factor``, from ``start`` on."""

    name: ClassVar[str] = "sentencing"
    evidence: ClassVar[tuple[Evidence, ...]] = (
        Evidence("D9", "B", "fifteen times more drug imprisonment raised the price of cocaine by 5-15 %"),
        Evidence("E13", "B", "severity deters little"),
    )
    documented: ClassVar[dict[str, tuple[float, float]]] = {"factor": (0.5, 2.0)}
    target: ClassVar[FirstEffect] = FirstEffect("prison_years", "higher")

    factor: Annotated[float, Field(ge=0.0, le=3.0), BeforeValidator(parse_number)]
    whom: Literal["all", "courier"] = "all"

    def effects(self) -> Iterable[Modifier]:
        """Return the factor of the length of terms."""
        quantity = "justice.sentence" if self.whom == "all" else "justice.sentence.courier"
        return self.change(quantity, "multiply", 1.0 + (self.factor - 1.0) * self.strength)
