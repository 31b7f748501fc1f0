"""Recruitment prevention: schools, outreach and warnings keep people from applying for courier work."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Literal

from kladsim.model.config import Modifier
from kladsim.policy.fields import Share
from kladsim.policy.lever import Evidence, Expense, FirstEffect, Limit, Programme


class RecruitmentPrevention(Programme):
    """Prevent a ``share`` of applications for courier work, of everybody or of people under 25, from ``start`` on."""

    name: ClassVar[str] = "recruitment_prevention"
    evidence: ClassVar[tuple[Evidence, ...]] = (
        Evidence(
            "E12", "B", "summer jobs lowered violent arrests of young people by 43 %; another crime, another place"
        ),
        Evidence("assumption", "D", "programmes reach applicants as they reach other young people at risk"),
    )
    documented: ClassVar[dict[str, tuple[float, float]]] = {"share": (0.0, 0.43)}
    target: ClassVar[FirstEffect] = FirstEffect("applications", "lower")
    limit: ClassVar[Limit] = Limit("prevention programmes", "share", 0.6, "of applications", "assumption")

    share: Share
    whom: Literal["all", "young"] = "young"

    def effects(self) -> Iterable[Modifier]:
        """Return the prevented share of applications."""
        quantity = "recruitment.prevention" if self.whom == "all" else "recruitment.prevention.young"
        return self.change(quantity, "set", self.share * self.strength)

    def expenses(self) -> Iterable[Expense]:
        """Return the programmes for the people reached."""
        per = "resident" if self.whom == "all" else "young resident"
        return (Expense("social.prevention", self.share * self.strength, per),)
