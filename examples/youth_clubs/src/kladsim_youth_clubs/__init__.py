"""Youth clubs: places to be in the evening, as a lever of one's own for kladsim."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from kladsim import Evidence, Programme
from kladsim.model.config import Modifier
from kladsim.policy.fields import Amount, Share
from kladsim.policy.lever import FirstEffect, Payer

EFFECT = 0.2
"""Applications for courier work that a club averts among those it reaches (assumption)."""


class YouthClubs(Programme):
    """Open clubs that reach a ``share`` of people under 25, from ``start`` on."""

    name: ClassVar[str] = "youth_clubs"
    evidence: ClassVar[tuple[Evidence, ...]] = (
        Evidence("E12", "B", "summer jobs lowered violent arrests of young people by 43 %; clubs are no jobs"),
        Evidence("assumption", "D", "a club averts a fifth of the applications of those it reaches"),
    )
    target: ClassVar[FirstEffect] = FirstEffect("applications", "lower")

    share: Share
    cost: Amount | None = 5_000.0  # millions a year at full strength: assumption
    payer: Payer | None = "social"

    def effects(self) -> Iterable[Modifier]:
        """Return the share of young people's applications averted."""
        return self.change("recruitment.prevention.young", "add", EFFECT * self.share * self.strength)
