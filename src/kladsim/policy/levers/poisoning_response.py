"""Poisoning response: kits, training and ambulances avert deaths by poisoning."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from kladsim.model.config import Modifier
from kladsim.policy.fields import Share
from kladsim.policy.lever import Evidence, Expense, FirstEffect, Limit, Programme


class PoisoningResponse(Programme):
    """Avert a ``share`` of fatal poisonings by response on the spot, from ``start`` on."""

    name: ClassVar[str] = "poisoning_response"
    evidence: ClassVar[tuple[Evidence, ...]] = (
        Evidence("E8", "B", "10,000 further naloxone kits by need: a quarter fewer deaths; opioids only"),
        Evidence("E9", "B", "a national naloxone programme: deaths within four weeks of release from 9.8 to 6.3 %"),
        Evidence("assumption", "D", "response to stimulant poisoning averts as many"),
    )
    documented: ClassVar[dict[str, tuple[float, float]]] = {"share": (0.0, 0.25)}
    target: ClassVar[FirstEffect] = FirstEffect("deaths_poisoning", "lower")
    limit: ClassVar[Limit] = Limit("poisoning response", "share", 0.5, "of fatal poisonings", "assumption")

    share: Share

    def effects(self) -> Iterable[Modifier]:
        """Return the share of fatal poisonings averted."""
        return self.change("health.poisoning_response", "set", self.share * self.strength)

    def expenses(self) -> Iterable[Expense]:
        """Return kits and training, in proportion to the share."""
        return (Expense("health.response", self.share * self.strength, "people_who_use"),)
