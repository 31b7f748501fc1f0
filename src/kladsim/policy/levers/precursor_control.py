"""Precursor control: less reaches laboratories."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from kladsim.model.config import Modifier
from kladsim.policy.fields import Share
from kladsim.policy.lever import Evidence, Expense, FirstEffect, Limit, Programme


class PrecursorControl(Programme):
    """Withhold a ``share`` of precursor supply, in the whole country, from ``start`` on."""

    name: ClassVar[str] = "precursor_control"
    evidence: ClassVar[tuple[Evidence, ...]] = (
        Evidence("D5", "B", "the methamphetamine shock of 1995 tripled the price"),
        Evidence("D6", "B", "and halved hospital admissions and arrests"),
        Evidence("D7", "B", "the price was back after 4 months, other series after about 18"),
    )
    target: ClassVar[FirstEffect] = FirstEffect("produced", "lower")
    limit: ClassVar[Limit] = Limit("precursor control", "share", 0.8, "of supply", "assumption")

    share: Share

    def effects(self) -> Iterable[Modifier]:
        """Return the factor of precursor supply."""
        return self.change("precursor.supply", "multiply", 1.0 - self.share * self.strength)

    def expenses(self) -> Iterable[Expense]:
        """Return controls and inspections."""
        return (Expense("police.precursor_control", self.share * self.strength),)
