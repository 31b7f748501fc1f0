"""Diversion: convicted people get supervision in the community instead of prison."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Literal

from kladsim.model.config import Modifier
from kladsim.policy.fields import Share
from kladsim.policy.lever import Evidence, Expense, FirstEffect, Programme


class Diversion(Programme):
    """Divert a ``share`` of the newly convicted of a ``tier`` from prison, from ``start`` on."""

    name: ClassVar[str] = "diversion"
    evidence: ClassVar[tuple[Evidence, ...]] = (
        Evidence("E5", "B", "electronic monitoring instead of prison lowers re-offending by 11-16 points"),
        Evidence("E4", "B", "adult drug courts: re-offending falls from 50 to 38 % in up to three years"),
        Evidence("assumption", "D", "courts can divert any share of couriers; no trial covers them"),
    )
    target: ClassVar[FirstEffect] = FirstEffect("diverted", "higher")

    share: Share
    tier: Literal["courier", "buyer"] = "courier"

    def effects(self) -> Iterable[Modifier]:
        """Return the diverted share of the tier's convicted."""
        return self.change(f"justice.diversion.{self.tier}", "set", self.share * self.strength)

    def expenses(self) -> Iterable[Expense]:
        """Return the supervision of everybody diverted."""
        share = self.share * self.strength
        return (Expense("justice.supervision", 1.0, "diverted", of=f"{self.tier}s", share=share),)
