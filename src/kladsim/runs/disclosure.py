"""How finely each outcome may leave, by its declaration: no outcome leaves without a class (responsible use, rule 2).

A class (``model/disclosure.csv``) names the finest cells; what an outcome declares may be coarser, never finer. Cells
are coarse because a finer number would mislead or is nobody's policy question, not because anybody could be known: the
persons are synthetic. No cell is blanked because few events stand behind it: a noisy one is marked (``noise``).

A replicate's file holds `DisclosedArray`, which `apply_disclosure_control` makes; folder, export, JSON and page read
those. The rules are those of the responsible-use statement: 2 (resolution), 9 (people), 11 (words).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import KladsimError
from kladsim.model.outcomes import DISCLOSURE, OUTCOMES, Cell

FINEST: Mapping[str, tuple[Cell, ...]] = {name: item.finest for name, item in DISCLOSURE.items()}
"""The finest cells of each class; "window" has none, as supply in a past validation window has its own check."""
WINDOW = "window"
BADGE = "no published figure on use, death or treatment is for cathinones"
USE = "For public-health and justice research; aggregate and synthetic, see the limits of the model."

TIME = ("day", "month", "quarter", "year")
PLACE = ("region", "district")
WINDOW_CELL = ("day", "region")

ADULT = 18


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


@dataclass(frozen=True)
class Window:
    """The past validation window of a pack on the axes of a run: first day, day after the last, places."""

    first: int
    end: int
    places: tuple[int, ...]

    @classmethod
    def of(cls, pack: Any, start: date) -> Window | None:
        """The window that a pack declares, None without one."""
        declared = getattr(pack, "window", None)
        if declared is None:
            return None
        first, end = (declared.start - start).days, (declared.end - start).days
        return cls(first, end, tuple(pack.region_index(code) for code in declared.places))

    def outside(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The cells of an array (day, region) that lie outside."""
        hidden = np.ones(values.shape, dtype=bool)
        hidden[max(0, self.first) : max(0, self.end), list(self.places)] = False
        return np.asarray(values[hidden])


@dataclass(frozen=True)
class DisclosedArray:
    """An outcome array as it may leave (``values`` float64, NaN where nothing is defined)."""

    key: str
    name: str
    dims: tuple[str, ...]
    values: NDArray[np.float64]
    unit: str
    side: str
    doc: str = ""
    kind: str = "flow"
    better: str = ""
    headline: bool = False
    disclosure: str = ""
    sample: str = ""


def apply_disclosure_control(
    key: str, array: Any, outcome: Any, *, ages: Sequence[str] = (), window: Window | None = None
) -> DisclosedArray:
    """Check the cell and return what may leave.

    Parameters
    ----------
    key : the name under which the array is stored
    array : a recorded outcome (name, dims, values, unit, side)
    outcome : its declaration (cells, doc, headline ...)
    ages : names of the age bands, such as 14-17, needed where an outcome has an age axis
    window : the past validation window of the pack, which outcomes by day and place must not leave

    Raises
    ------
    ResolutionError : the array is finer than its declaration or its class allows
    """
    dims = tuple(array.dims)
    side = str(outcome.side)
    values = np.array(array.values, dtype=np.float64)
    if is_windowed(outcome):
        _check_window(str(array.name), dims, values, side, window)
    else:
        check_resolution(str(array.name), dims, class_of(outcome), declared_cells(outcome))
    if values.ndim != len(dims):
        raise ResolutionError(f"{key}: {values.ndim} axes but dims {dims}")
    if "age" in dims:
        _close_minors(str(array.name), dims, values, ages)
    return DisclosedArray(
        key=key,
        name=str(array.name),
        dims=dims,
        values=values,
        unit=str(array.unit),
        side=side,
        doc=str(outcome.doc),
        kind=kind_of(outcome),
        better=str(getattr(outcome, "better", "") or ""),
        headline=bool(getattr(outcome, "headline", False)),
        disclosure=class_of(outcome),
        sample=sample_of(outcome),
    )


def _check_window(
    name: str, dims: tuple[str, ...], values: NDArray[np.float64], side: str, window: Window | None
) -> None:
    """Let supply by day and place leave in the declared past window and places only (rule 2)."""
    if window is None:
        raise ResolutionError(f"{name}: by day and place, but the pack declares no past validation window")
    if side != "supply" or dims != WINDOW_CELL or values.ndim != len(dims):
        raise ResolutionError(f"{name}: only supply by day and place may leave in a validation window")
    if np.isfinite(window.outside(values)).any():
        raise ResolutionError(f"{name}: has values outside the past validation window")


def _close_minors(name: str, dims: tuple[str, ...], values: NDArray[np.float64], ages: Sequence[str]) -> None:
    """People under 18 are told for the nation only (rule 9): no value by place."""
    axis = dims.index("age")
    if len(ages) != values.shape[axis]:
        raise ResolutionError(f"{name}: an age axis needs the names of its bands, to tell who is under {ADULT}")
    if any(dim in PLACE for dim in dims):
        young = [index for index, band in enumerate(ages) if is_minor(band)]
        values[(slice(None),) * axis + (young,)] = np.nan


def is_minor(band: object) -> bool:
    """Whether an age band, such as 14-17, begins below 18."""
    first = re.split(r"\D", str(band))[0]
    return first.isdigit() and int(first) < ADULT


def check_resolution(name: str, dims: tuple[str, ...], kind: str, cells: tuple[tuple[str, ...], ...]) -> None:
    """Refuse a cell finer than the outcome declares or than its class may ever have.

    Parameters
    ----------
    name : the outcome, for the message
    dims : the cell
    kind : the disclosure class
    cells : the cells that the outcome declares; none for the class alone

    Raises
    ------
    ResolutionError : with the name, the cell and the finest cells allowed
    """
    if kind not in FINEST:
        raise ResolutionError(f"{name}: unknown disclosure class {kind!r}, known: {', '.join(FINEST)}")
    if not any(is_coarser(dims, cell) for cell in FINEST[kind]):
        raise ResolutionError(f"{name}: cell {dims} is finer than {kind} outcomes may have: {FINEST[kind]}")
    if cells and not any(is_coarser(dims, tuple(cell)) for cell in cells):
        raise ResolutionError(f"{name}: cell {dims} is finer than it declares: {cells}")


def declared_cells(outcome: Any) -> tuple[tuple[str, ...], ...]:
    """The finest cells that an outcome declares: one cell (``("year", "region")``) or several."""
    cells = tuple(getattr(outcome, "cells", ()))
    return (cells,) if cells and isinstance(cells[0], str) else cells


def is_coarser(dims: tuple[str, ...], cell: tuple[str, ...]) -> bool:
    """Whether ``dims`` is at most as fine as ``cell`` (a region lies in a district, a day in a year)."""
    ladders = (TIME, PLACE)
    for ladder in ladders:
        given, allowed = _rung(dims, ladder), _rung(cell, ladder)
        if given < allowed:
            return False
    known = {*TIME, *PLACE}
    return {d for d in dims if d not in known} <= {d for d in cell if d not in known}


def _rung(dims: tuple[str, ...], ladder: tuple[str, ...]) -> int:
    rungs = [ladder.index(dim) for dim in dims if dim in ladder]
    return min(rungs, default=len(ladder))


def kind_of(outcome: Any) -> str:
    """Return ``flow`` (years add up) or ``level`` (years are averaged), as the outcome declares.

    Raises
    ------
    ResolutionError : it declares neither
    """
    kind = getattr(outcome, "kind", None)
    if kind not in ("flow", "level"):
        raise ResolutionError(f"{outcome.name}: declares no kind ({kind!r}); allowed: flow, level")
    return str(kind)
