"""Information campaigns: people see the harm of use as it is, or more so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from kladsim.model.config import Modifier
from kladsim.policy.fields import Share
from kladsim.policy.lever import Evidence, Expense, FirstEffect, Programme


class InformationCampaign(Programme):
    """Raise perceived harm by a share ``gain`` of what is visible, from ``start`` on."""

    name: ClassVar[str] = "information_campaign"
    evidence: ClassVar[tuple[Evidence, ...]] = (
        Evidence(
            "assumption", "D", "campaigns move perceived risk as visible harm does; whether they do at all is doubtful"
        ),
    )
    documented: ClassVar[dict[str, tuple[float, float]]] = {"gain": (0.0, 0.2)}
    target: ClassVar[FirstEffect] = FirstEffect("initiations", "lower")

    gain: Share

    def effects(self) -> Iterable[Modifier]:
        """Return the factor of perceived harm."""
        return self.change("information.risk", "multiply", 1.0 + self.gain * self.strength)

    def expenses(self) -> Iterable[Expense]:
        """Return the campaign."""
        return (Expense("social.campaign", self.gain * self.strength, "resident"),)
