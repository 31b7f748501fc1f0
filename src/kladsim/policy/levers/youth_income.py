"""Youth income support: benefits offset the hardship that makes courier work attractive."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from kladsim.model.config import Modifier
from kladsim.policy.fields import Share
from kladsim.policy.lever import Evidence, Expense, FirstEffect, Programme


class YouthIncome(Programme):
    """Offset a ``share`` of young people's hardship by benefits, from ``start`` on.

    Hardship is counted above its usual level: where there is none, nothing is offset.
    """

    name: ClassVar[str] = "youth_income"
    evidence: ClassVar[tuple[Evidence, ...]] = (
        Evidence("E11", "B", "job loss raises crime by 23 %; benefits offset this fully while they last"),
    )
    target: ClassVar[FirstEffect] = FirstEffect("applications", "lower")

    share: Share

    def effects(self) -> Iterable[Modifier]:
        """Return the share of hardship offset."""
        return self.change("income.support", "set", self.share * self.strength)

    def expenses(self) -> Iterable[Expense]:
        """Return the benefits."""
        return (Expense("social.youth_income", self.share * self.strength, "young resident"),)
