"""Financial sanctions on cash-out: receipts are harder to turn into money."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field

from kladsim.model.config import Modifier
from kladsim.policy.fields import parse_number
from kladsim.policy.lever import Evidence, Expense, FirstEffect, Programme


class FinancialSanctions(Programme):
    """Multiply the friction of cash-out by ``factor``, in the whole country, from ``start`` on; prices carry it."""

    name: ClassVar[str] = "financial_sanctions"
    evidence: ClassVar[tuple[Evidence, ...]] = (
        Evidence(
            "assumption", "D", "sellers pass the whole loss on to buyers; friction is one number without instruments"
        ),
    )
    target: ClassVar[FirstEffect] = FirstEffect("price_index", "higher")

    factor: Annotated[float, Field(ge=1.0, le=5.0), BeforeValidator(parse_number)]

    def effects(self) -> Iterable[Modifier]:
        """Return the factor of friction."""
        return self.change("money.cash_out_friction", "multiply", 1.0 + (self.factor - 1.0) * self.strength)

    def expenses(self) -> Iterable[Expense]:
        """Return supervision of money flows."""
        return (Expense("police.financial", (self.factor - 1.0) * self.strength),)
