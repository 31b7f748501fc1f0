"""What leaves a replicate: each outcome in the cells that its disclosure class allows, with badge and rounding.

A replicate's file holds ``Released`` arrays, which ``release`` makes; run folder, export, JSON and page read those. The
rules are those of the responsible-use statement: 2 (resolution), 9 (people), 11 (words). No cell is blanked because few
events stand behind it: what is too noisy is marked (``noise``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.runs.disclosure import FINEST, ResolutionError, class_of, is_windowed, sample_of

__all__ = ["ResolutionError"]

BADGE = "no published figure on use, death or treatment is for cathinones"
USE = "For public-health and justice research; aggregate and synthetic, see the limits of the model."

TIME = ("day", "month", "quarter", "year")
PLACE = ("region", "district")
WINDOW_CELL = ("day", "region")

ADULT = 18


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
class Released:
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


def release(
    key: str, array: Any, outcome: Any, *, ages: Sequence[str] = (), window: Window | None = None
) -> Released:
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
    return Released(
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
