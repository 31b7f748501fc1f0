"""Decriminalised possession: possession is no criminal case."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from kladsim.model.config import Modifier
from kladsim.policy.fields import Share
from kladsim.policy.lever import Evidence, FirstEffect, Programme


class Decriminalisation(Programme):
    """Bring no charge in a ``share`` of possession cases, from ``start`` on; trade stays a crime."""

    name: ClassVar[str] = "decriminalisation"
    evidence: ClassVar[tuple[Evidence, ...]] = (
        Evidence(
            "assumption",
            "D",
            "police who bring no charge for possession do not look for it elsewhere; no study covers drops",
        ),
    )
    target: ClassVar[FirstEffect] = FirstEffect("arrests_buyer", "lower")

    share: Share = 1.0

    def effects(self) -> Iterable[Modifier]:
        """Return the share of possession cases without a charge."""
        return self.change("justice.decriminalised", "set", self.share * self.strength)
