"""Contingency management: treatment that rewards abstinence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field

from kladsim.model.config import Modifier
from kladsim.policy.fields import Share, parse_number
from kladsim.policy.lever import Evidence, Expense, FirstEffect, Programme


class ContingencyManagement(Programme):
    """Offer contingency management in a ``share`` of treatment; it multiplies the odds of abstinence by ``odds``."""

    name: ClassVar[str] = "contingency_management"
    evidence: ClassVar[tuple[Evidence, ...]] = (
        Evidence(
            "E1",
            "A",
            "odds of abstinence at the end of treatment 2.22 (1.59-3.10); at the longest follow-up 1.10 (0.83-1.46)",
        ),
        Evidence("E2", "A", "cocaine-negative tests: odds 2.13 (1.62-2.80)"),
    )
    documented: ClassVar[dict[str, tuple[float, float]]] = {"odds": (1.59, 3.10)}
    target: ClassVar[FirstEffect] = FirstEffect("remissions", "higher")

    share: Share
    odds: Annotated[float, Field(ge=1.0, le=5.0), BeforeValidator(parse_number)] = 2.22

    def effects(self) -> Iterable[Modifier]:
        """Return the factor of the odds of abstinence, averaged over treatment."""
        return self.change("treatment.outcome", "multiply", 1.0 + (self.odds - 1.0) * self.share * self.strength)

    def expenses(self) -> Iterable[Expense]:
        """Return rewards and tests of those treated so."""
        return (Expense("health.contingency", self.share * self.strength, "treatment_starts"),)
