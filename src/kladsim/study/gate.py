"""The one gate through which outcomes leave a replicate: resolution, small cells, badge, rounding.

Run directory, export and JSON all take ``Released`` arrays, and only ``release`` makes them. The rules are
those of the responsible-use statement: 1 (resolution by side), 8 (people, fewest events), 10 (words).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kladsim.core.errors import KladsimError

BADGE = "no published figure on use, death or treatment is for cathinones"
USE = "For public-health and justice research; aggregate and synthetic, see the limits of the model."
FEWEST_EVENTS = 20
WIDEST_FACTOR = 3.0
SMALLEST = 1e-4

TIME = ("day", "month", "quarter", "year")
PLACE = ("region", "district")
PEOPLE_SIDES = ("health", "enforcement", "observation")

# The finest cells by side, whatever an outcome declares about itself.
CEILING: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "supply": (("day",), ("quarter", "district"), ("year", "tier")),
    "enforcement": (("year", "tier"),),
    "health": (("year", "region", "age", "sex"),),
    "observation": (("month",), ("year", "region")),
}
# Coverage, observed seizures and justice are known by region and year, whatever their side.
BY_REGION = ("coverage", "seizure", "prison", "conviction", "sentence")
# Rule 4: what would tell the risk of one courier leaves as nation and year only.
NATIONAL_YEAR_ONLY = ("arrest_risk", "arrests_per", "risk_of_arrest")

# Supply by day and place leaves only in a pack's past validation window (rule 1), under these names.
WINDOWED = "window_"
WINDOW_CELL = ("day", "region")

CURRENCY = re.compile(r"[A-Z]{3}(/|$)")
"""A unit of money begins with the three capitals of ISO 4217."""

ADULT = 18
OF_MINORS = ("victim", "arrest", "conviction")


class ResolutionError(KladsimError):
    """An outcome was about to leave in a cell finer than its side allows."""


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
    """An outcome array that passed the gate (``values`` float64, suppressed cells NaN)."""

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


def release(
    key: str,
    array: Any,
    outcome: Any,
    *,
    weight: float = 1.0,
    ages: Sequence[str] = (),
    window: Window | None = None,
) -> Released:
    """Check the cell, hide small counts and minors, and return what may leave.

    Parameters
    ----------
    key : the name under which the array is stored
    array : a recorded outcome (name, dims, values, unit, side)
    outcome : its declaration (cells, doc, headline ...)
    weight : persons for whom one simulated person stands (k of scale 1/k); small is told by simulated events
    ages : names of the age bands, such as 14-17, needed where an outcome has an age axis
    window : the past validation window of the pack, which outcomes by day and place must not leave

    Raises
    ------
    ResolutionError : the array is finer than its declaration or its side allows
    """
    dims = tuple(array.dims)
    side = str(getattr(outcome, "side", array.side))
    values = np.array(array.values, dtype=np.float64)
    if is_windowed(str(array.name), dims):
        _check_window(str(array.name), values, side, window)
    else:
        check_resolution(str(array.name), dims, side, declared_cells(outcome))
    if values.ndim != len(dims):
        raise ResolutionError(f"{key}: {values.ndim} axes but dims {dims}")
    if is_count(str(array.unit)) and may_be_small(dims, side):
        values[np.abs(values) < FEWEST_EVENTS * weight] = np.nan
    if "age" in dims:
        _hide_minors(str(array.name), dims, values, ages)
    return Released(
        key=key,
        name=str(array.name),
        dims=dims,
        values=values,
        unit=str(array.unit),
        side=side,
        doc=str(getattr(outcome, "doc", "")),
        kind=kind_of(outcome, str(array.unit)),
        better=str(getattr(outcome, "better", "") or ""),
        headline=bool(getattr(outcome, "headline", False)),
    )


def is_windowed(name: str, dims: tuple[str, ...]) -> bool:
    """Whether an outcome is one by day and place of a past validation window."""
    return name.startswith(WINDOWED) and dims == WINDOW_CELL


def _check_window(name: str, values: NDArray[np.float64], side: str, window: Window | None) -> None:
    """Let supply by day and place leave in the declared past window and places only (rule 1)."""
    if window is None:
        raise ResolutionError(f"{name}: by day and place, but the pack declares no past validation window")
    if side != "supply" or values.ndim != len(WINDOW_CELL):
        raise ResolutionError(f"{name}: only supply by day and place may leave in a validation window")
    if np.isfinite(window.outside(values)).any():
        raise ResolutionError(f"{name}: has values outside the past validation window")


def _hide_minors(name: str, dims: tuple[str, ...], values: NDArray[np.float64], ages: Sequence[str]) -> None:
    """Minors appear only nationally, as victims, arrested or convicted (rule 8)."""
    axis = dims.index("age")
    if len(ages) != values.shape[axis]:
        raise ResolutionError(f"{name}: an age axis needs the names of its bands, to leave out minors")
    if any(part in name for part in OF_MINORS) and not any(dim in PLACE for dim in dims):
        return
    young = [index for index, band in enumerate(ages) if int(re.split(r"\D", str(band))[0]) < ADULT]
    values[(slice(None),) * axis + (young,)] = np.nan


def check_resolution(name: str, dims: tuple[str, ...], side: str, cells: tuple[tuple[str, ...], ...]) -> None:
    """Refuse a cell finer than the outcome declares or than its side may ever have.

    Raises
    ------
    ResolutionError : with the name, the cell and the finest cells allowed
    """
    ceiling = finest_cells(name, side)
    if not any(is_coarser(dims, cell) for cell in ceiling):
        raise ResolutionError(f"{name}: cell {dims} is finer than {side} outcomes may have: {ceiling}")
    if cells and not any(is_coarser(dims, tuple(cell)) for cell in cells):
        raise ResolutionError(f"{name}: cell {dims} is finer than it declares: {cells}")


def declared_cells(outcome: Any) -> tuple[tuple[str, ...], ...]:
    """The finest cells that an outcome declares: one cell (``("year", "region")``) or several."""
    cells = tuple(getattr(outcome, "cells", ()))
    return (cells,) if cells and isinstance(cells[0], str) else cells


def finest_cells(name: str, side: str) -> tuple[tuple[str, ...], ...]:
    """The finest cells that an outcome of this name and side may have."""
    if any(part in name for part in NATIONAL_YEAR_ONLY):
        return (("year",),)
    if side not in CEILING:
        raise ResolutionError(f"{name}: unknown side {side!r}, known: {', '.join(CEILING)}")
    extra = (("year", "region"),) if any(part in name for part in BY_REGION) else ()
    return CEILING[side] + extra


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


def is_count(unit: str) -> bool:
    """Whether a unit counts people or events (shares, indices and money are no counts)."""
    words = ("share", "index", "ratio", "rate", "rub", "usd", "%", "per ", "days")
    low = unit.lower()
    if CURRENCY.match(unit):
        return False
    return bool(low) and low not in ("1", "-") and not any(word in low for word in words)


def may_be_small(dims: tuple[str, ...], side: str) -> bool:
    """Whether such cells can single out few people: all but national years and national supply series."""
    if dims in ((), ("year",)):
        return False
    national_series = len(dims) == 1 and dims[0] in TIME
    return not (national_series and side not in PEOPLE_SIDES)


def kind_of(outcome: Any, unit: str) -> str:
    """``flow`` (years add up) or ``level`` (years are averaged): as declared, else read from the unit."""
    declared = getattr(outcome, "kind", None)
    if declared in ("flow", "level"):
        return str(declared)
    levels = (
        "persons",
        "people",
        "share",
        "index",
        "ratio",
        "rate",
        "shops",
        "platforms",
        "couriers",
        "laborator",
    )
    return "level" if any(word in unit.lower() for word in levels) or unit in ("", "1", "-") else "flow"


def too_wide(low: float, high: float) -> bool:
    """Whether an interval is wider than a factor of 3, too wide for a fine cell (rule 8)."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return True
    if low <= 0.0 <= high:
        return high != low
    small, large = sorted((abs(low), abs(high)))
    return large > WIDEST_FACTOR * small


def two_digits(value: float | None) -> str:
    """A number for people: two significant digits, thousands apart, an en dash where nothing may be said."""
    if value is None or not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    if abs(value) < SMALLEST:
        return f"{value:.1e}"
    digits = 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, digits)
    return f"{rounded:,.{max(digits, 0)}f}".replace(",", " ")
