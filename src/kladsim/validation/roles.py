"""Roles of figures and verdicts expected of checks: what may be looked at while the model is built, and what comes out.

``roles.csv`` gives every figure that the model can be held against one role a year, written before any parameter of
model 1.0 is set; ``expected.csv`` gives the verdict expected of each check of harm before its first run. Their digests
stand in ``docs/validation/decisions.md``: neither changes without a line there.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from kladsim.core.errors import InputError, unknown_name
from kladsim.core.validated import Validated, Words, read_table

ROLES = Path(__file__).with_name("roles.csv")
EXPECTED = Path(__file__).with_name("expected.csv")
Year = Annotated[int, Field(ge=1990, le=2035)]


class FigureRole(Validated):
    """The role of a figure, or of a part of it, in the years ``first`` to ``last`` (an open end is None).

    ``input``: a parameter is the number; ``tuned``: may be looked at while the model is built and may enter a fit;
    ``kept``: scored once a model version.
    """

    kind: Literal["target", "pattern", "published", "calibration point", "held-out point", "pack observation", "claim",
                  "data set", "region", "figure"]  # fmt: skip
    id: str
    part: str = ""
    first: Year | None = None
    last: Year | None = None
    role: Literal["input", "tuned", "kept"]
    reason: str
    source: str

    def covers(self, year: int | None) -> bool:
        """Return whether the row speaks of a year; one without dates speaks of all."""
        return year is None or (self.first or year) <= year <= (self.last or year)


class ExpectedVerdict(Validated):
    """The verdict expected of a check, in one reading of its figures, before the first run of a model version."""

    check: str
    reading: str
    verdict: Literal["holds", "fails", "unknown"]
    reason: str
    conflicts: Words = ()
    written: str
    model: str


@cache
def roles() -> tuple[FigureRole, ...]:
    """Return the role of every figure, in the order of the table."""
    return tuple(read_table(ROLES, FigureRole))


@cache
def expected_verdicts() -> tuple[ExpectedVerdict, ...]:
    """Return the expected verdicts, in the order of the table."""
    return tuple(read_table(EXPECTED, ExpectedVerdict))


def roles_of(name: str, year: int | None = None) -> tuple[FigureRole, ...]:
    """Return the rows of an id, of one year or of all.

    Raises
    ------
    InputError : an id that has no role, or none in that year
    """
    rows = [row for row in roles() if row.id == name]
    if not rows:
        raise unknown_name("figure", name, {row.id for row in roles()}, where="roles")
    found = tuple(row for row in rows if row.covers(year))
    if not found:
        years = ", ".join(f"{row.first or ''} to {row.last or ''}" for row in rows)
        raise InputError("no role in that year", where=f"roles of {name}", value=year, allowed=years)
    return found
