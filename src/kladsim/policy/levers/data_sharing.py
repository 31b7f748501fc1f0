"""Data sharing: countries and services see earlier and more completely what goes on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from kladsim.model.config import Modifier
from kladsim.policy.fields import Share
from kladsim.policy.lever import Evidence, Expense, FirstEffect, Programme


class DataSharing(Programme):
    """Close a ``share`` of the gap between fatal poisonings and those counted, from ``start`` on.

    In a run of one country this changes a measurement alone, the official count of deaths: nothing in the run reacts to
    it. What earlier warning is worth between countries belongs to the monitor and to spread between countries.
    """

    name: ClassVar[str] = "data_sharing"
    evidence: ClassVar[tuple[Evidence, ...]] = (
        Evidence("S030", "C", "international bodies should learn the model and watch its spread"),
        Evidence("S117", "C", "more cooperation between police forces"),
        Evidence("assumption", "D", "shared data close the gap of reported deaths in proportion"),
    )
    target: ClassVar[FirstEffect] = FirstEffect("registered_deaths", "higher")

    share: Share

    def effects(self) -> Iterable[Modifier]:
        """Return the share of the gap closed."""
        return self.change("observation.sharing", "set", self.share * self.strength)

    def expenses(self) -> Iterable[Expense]:
        """Return the network."""
        return (Expense("health.data_sharing", self.share * self.strength),)
