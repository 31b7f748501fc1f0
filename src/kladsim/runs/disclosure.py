"""How finely each outcome may leave, by its declaration: no outcome leaves without a class (responsible use, rule 2).

A class (``model/disclosure.csv``) names the finest cells; what an outcome declares may be coarser, never finer. Cells
are coarse because a finer number would mislead or is nobody's policy question, not because anybody could be recognised:
the persons are synthetic. Which cells are too noisy to be read is told elsewhere (``noise``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kladsim.core.errors import KladsimError
from kladsim.model.outcomes import DISCLOSURE, OUTCOMES, Cell

FINEST: Mapping[str, tuple[Cell, ...]] = {name: item.finest for name, item in DISCLOSURE.items()}
"""The finest cells of each class; "window" has none, as supply in a past validation window has its own check."""
WINDOW = "window"


class ResolutionError(KladsimError):
    """An outcome was about to leave in a cell finer than its class allows, or does not declare what it is."""


def declared(outcome: Any, field: str) -> Any:
    """Return what the model declares of an outcome (a name, declaration or array), else what the value itself says."""
    name = str(getattr(outcome, "name", outcome))
    known = OUTCOMES.get(name)
    return getattr(outcome if known is None else known, field, None)


def class_of(outcome: Any) -> str:
    """Return the disclosure class of an outcome (its name, declaration or array).

    Raises
    ------
    ResolutionError : neither the model nor the outcome itself names a class
    """
    kind = declared(outcome, "disclosure")
    if kind not in FINEST:
        raise ResolutionError(
            f"{getattr(outcome, 'name', outcome)}: has no disclosure class ({kind!r}) and so may not leave the model; "
            f"declare one of {', '.join(FINEST)}"
        )
    return str(kind)


def sample_of(outcome: Any) -> str:
    """Return which part of the sample the counts of an outcome come from, "none" where it is no count.

    Raises
    ------
    ResolutionError : neither the model nor the outcome itself says so
    """
    sample = declared(outcome, "sample")
    if not sample:
        name = getattr(outcome, "name", outcome)
        raise ResolutionError(f"{name}: does not declare its sample; allowed: persons, sellers, whole, none")
    return str(sample)


def is_count(outcome: Any) -> bool:
    """Return whether an outcome counts people or things (shares, indices and money are no counts)."""
    return sample_of(outcome) != "none"


def is_windowed(outcome: Any) -> bool:
    """Return whether an outcome is supply by day and place of a past validation window."""
    return class_of(outcome) == WINDOW
