"""Removal of job advertising: courier vacancies are taken off the open internet and the street."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from kladsim.model.config import Modifier
from kladsim.policy.fields import Share
from kladsim.policy.lever import Evidence, Expense, FirstEffect, Limit, Programme


class AdvertisingRemoval(Programme):
    """Remove a ``share`` of the reach of courier job advertising, from ``start`` on."""

    name: ClassVar[str] = "advertising_removal"
    evidence: ClassVar[tuple[Evidence, ...]] = (
        Evidence("S094", "C", "promotion reaches beyond buyers; its reach moves the inflow of couriers"),
        Evidence("assumption", "D", "applications fall in proportion to reach"),
    )
    target: ClassVar[FirstEffect] = FirstEffect("applications", "lower")
    limit: ClassVar[Limit] = Limit("removal of advertising", "share", 0.9, "of reach", "assumption")

    share: Share

    def effects(self) -> Iterable[Modifier]:
        """Return the factor of advertising's reach."""
        return self.change("recruitment.advertising", "multiply", 1.0 - self.share * self.strength)

    def expenses(self) -> Iterable[Expense]:
        """Return the work of finding and removing."""
        return (Expense("police.advertising_removal", self.share * self.strength),)
