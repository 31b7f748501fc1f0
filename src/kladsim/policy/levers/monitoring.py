"""Electronic monitoring: prison terms are served at home."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from kladsim.model.config import Modifier
from kladsim.policy.fields import Share
from kladsim.policy.lever import Evidence, Expense, FirstEffect, Programme


class ElectronicMonitoring(Programme):
    """Let a ``share`` of those sentenced to prison serve the term at home, monitored, from ``start`` on.

    Nobody takes up courier work while monitored.
    """

    name: ClassVar[str] = "electronic_monitoring"
    evidence: ClassVar[tuple[Evidence, ...]] = (
        Evidence("E5", "B", "electronic monitoring instead of prison lowers re-offending by 11-16 points"),
        Evidence("assumption", "D", "nobody takes up courier work while monitored"),
    )
    target: ClassVar[FirstEffect] = FirstEffect("diverted", "higher")

    share: Share

    def effects(self) -> Iterable[Modifier]:
        """Return the share of terms served at home."""
        return self.change("justice.monitoring", "set", self.share * self.strength)

    def expenses(self) -> Iterable[Expense]:
        """Return devices and supervision of everybody monitored."""
        share = self.share * self.strength
        return (Expense("justice.monitoring", 1.0, "diverted", of="sentenced", share=share),)
