"""Outcomes: what may leave the model, how finely, and which reducer makes it (MODEL section 7).

The table ``outcomes.csv`` declares them, ``disclosure.csv`` the disclosure classes; ``reducers`` holds what computes.
An installed package adds one under the entry-point group ``kladsim.outcomes``. Reading this module compiles nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import model_validator

from kladsim.core.errors import InputError, unknown_name
from kladsim.core.random_arrays import Floats
from kladsim.core.registry import Registry
from kladsim.core.validated import Validated, Words, read_table

if TYPE_CHECKING:
    from kladsim.model.record import RunRecord
else:
    RunRecord = object  # its module takes long to import

Reducer = Callable[[RunRecord], Floats] | Callable[[RunRecord, str], Floats]
"""Makes an outcome of a run; its further arguments are names of records."""

Side = Literal["supply", "enforcement", "health", "observation"]
Kind = Literal["flow", "level"]
Sample = Literal["persons", "sellers", "whole", "none"]
"""What one simulated event of a count stands for (``noise.weight_of``); "none" for shares, indices and money."""
Cell = tuple[str, ...]


class DisclosureClass(Validated):
    """A class of outcomes that may leave the model equally finely (responsible use, rule 2).

    Parameters
    ----------
    cells : the finest cells, separated by ";" in the table
    """

    name: str
    cells: str = ""
    doc: str

    @property
    def finest(self) -> tuple[Cell, ...]:
        """The finest cells as tuples of axes."""
        return tuple(tuple(cell.split()) for cell in self.cells.split(";") if cell.strip())


class Outcome(Validated):
    """The declaration of one outcome.

    Parameters
    ----------
    name, title, unit, doc : what it is; a title is for pictures
    side : supply, enforcement, health or observation
    disclosure : its disclosure class, which limits its cells
    cells : axes of the finest cell in which it is made
    kind : a flow is summed over time, a level is averaged
    better : which direction is a public benefit, if any
    sample : which part of the sample its counts come from, "none" where it is no count
    reducer, of : the function that makes it from a `RunRecord` (a name of ``reducers.REDUCERS``), and its arguments
    only_with : measure of a pack ("scrape", "online_arrests", or "window") without which there is no such outcome
    burden : whether it tells burden or justice and nothing of the market, so that a pack of placeholders may give it
    harm : whether it is harm of persons, which is given whatever the market's parameters are (rule 4)
    input : whether it measures how much of a plan there is, and so no good or harm
    split_of : the outcome that this one divides by age and sex
    by_place : the outcome that gives it by day and place in a pack's past validation window
    local_currency : whether "RUB" in the unit stands for the currency of the pack
    observer : the observer of another package (``observers``) whose numbers the reducer needs
    headline : whether the table at the end of a run shows it
    in_digest : whether the digest of a run covers it; an outcome that only reads is added without
    """

    name: str
    title: str = ""
    unit: str
    side: Side
    disclosure: str
    cells: Words
    kind: Kind
    better: Literal["lower", "higher"] | None = None
    sample: Sample
    reducer: str | Reducer
    of: Words = ()
    only_with: Literal["", "scrape", "window", "online_arrests"] = ""
    burden: bool = False
    harm: bool = False
    input: bool = False
    split_of: str = ""
    by_place: str = ""
    local_currency: bool = False
    observer: str = ""
    headline: bool = False
    in_digest: bool = False
    doc: str

    @model_validator(mode="after")
    def _check(self) -> Outcome:
        if self.disclosure not in DISCLOSURE:
            raise unknown_name("disclosure class", self.disclosure, DISCLOSURE, where="disclosure")
        if self.input and self.better:
            raise InputError("an input of a plan has no better direction", where="better", value=self.better)
        return self


@dataclass(frozen=True)
class OutcomeArray:
    """Values of one outcome of one replicate."""

    name: str
    dims: Cell
    values: Floats
    unit: str
    side: Side


def _refuse_digest(outcome: Outcome) -> None:
    if outcome.in_digest:
        raise InputError("is for outcomes of kladsim: one that is added only reads, and no digest of a run covers it",
                         where=f"outcome {outcome.name}, in_digest", value=True, allowed="false")  # fmt: skip


DISCLOSURE = {item.name: item for item in read_table(Path(__file__).with_name("disclosure.csv"), DisclosureClass)}
OUTCOMES: Registry[Outcome] = Registry(
    "outcome",
    "kladsim.outcomes",
    {item.name: item for item in read_table(Path(__file__).with_name("outcomes.csv"), Outcome)},
    Outcome,
    _refuse_digest,
)
BAND_LABELS = ("14-17", "18-24", "25-29", "30-39", "40-49", "50-64")


def stem_of(name: str) -> str:
    """Return the outcome that ``name`` divides by age and sex, else the name itself."""
    declared = OUTCOMES.get(name)
    return declared.split_of if declared is not None and declared.split_of else name


def title_of(name: str) -> str:
    """Return the title of an outcome for people: its own, else its name in words."""
    declared = OUTCOMES.get(name)
    return (declared.title if declared is not None else "") or name.replace("_", " ").capitalize().replace("usd", "USD")


def outcomes_of(measures: tuple[str, ...], window: bool) -> dict[str, Outcome]:
    """Return the outcomes of a country by name: those of every country, and those that its measures ask for."""
    if "burden_only" in measures:
        return {name: item for name, item in OUTCOMES.items() if item.burden and not item.only_with}
    asked = {"", *measures, *(("window",) if window else ())}
    return {name: item for name, item in OUTCOMES.items() if item.only_with in asked}
