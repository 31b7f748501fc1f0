"""Early warning: services and people who use drugs hear of dangerous batches in time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from kladsim.model.config import Modifier
from kladsim.policy.fields import Share
from kladsim.policy.lever import Evidence, Expense, FirstEffect, Limit, Programme


class EarlyWarning(Programme):
    """Warn of a ``share`` of the rise in potency, so that it poisons nobody further, from ``start`` on."""

    name: ClassVar[str] = "early_warning"
    evidence: ClassVar[tuple[Evidence, ...]] = (
        Evidence(
            "assumption",
            "D",
            "a warning in time undoes the part of the rise of potency that it covers; no trial measures it",
        ),
    )
    target: ClassVar[FirstEffect] = FirstEffect("poisonings_nonfatal", "lower")
    limit: ClassVar[Limit] = Limit("early warning", "share", 0.5, "of the rise in potency", "assumption")

    share: Share

    def effects(self) -> Iterable[Modifier]:
        """Return the share of the rise that was warned of."""
        return self.change("health.early_warning", "set", self.share * self.strength)

    def expenses(self) -> Iterable[Expense]:
        """Return laboratory, network and messages."""
        return (Expense("health.early_warning", self.share * self.strength),)
