"""Drug checking: people learn what they have before they use it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from kladsim.model.config import Modifier
from kladsim.policy.fields import Share
from kladsim.policy.lever import Evidence, Expense, FirstEffect, Limit, Programme


class DrugChecking(Programme):
    """Reach a ``share`` of people who use drugs with drug checking, from ``start`` on."""

    name: ClassVar[str] = "drug_checking"
    evidence: ClassVar[tuple[Evidence, ...]] = (
        Evidence(
            "assumption",
            "D",
            "a fifth of poisonings averted among those reached (`health.checking_effect`); no trial counts deaths",
        ),
        Evidence("S029", "C", "the source documents ask for the mitigation of harm first"),
    )
    target: ClassVar[FirstEffect] = FirstEffect("poisonings_nonfatal", "lower")
    limit: ClassVar[Limit] = Limit("drug checking", "share", 0.5, "of people who use drugs", "assumption")

    share: Share

    def effects(self) -> Iterable[Modifier]:
        """Return the share reached."""
        return self.change("health.drug_checking", "set", self.share * self.strength)

    def expenses(self) -> Iterable[Expense]:
        """Return the checking for those reached."""
        return (Expense("health.checking", self.share * self.strength, "people_who_use"),)
