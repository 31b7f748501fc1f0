"""Disclosure control and the past validation window: supply by day and place leaves inside it only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pytest

from kladsim.runs.disclosure import ResolutionError, Window, apply_disclosure_control
from kladsim.world import load_pack

WINDOW = Window(2, 4, (0, 2))


@dataclass(frozen=True)
class Made:
    name: str = "window_orders"
    unit: str = "orders/day"
    side: str = "supply"
    dims: tuple[str, ...] = ("day", "region")
    cells: tuple[str, ...] = ("day", "region")
    values: Any = None
    doc: str = ""
    kind: str = "flow"


def values(*cells: tuple[int, int]) -> np.ndarray:
    made = np.full((5, 3), np.nan)
    for cell in cells:
        made[cell] = 50.0
    return made


def test_inside_the_window_every_cell_leaves() -> None:
    array = values((2, 0), (3, 2))
    array[3, 0] = 19.0
    made = Made(values=array)
    out = apply_disclosure_control("window_orders", made, made, window=WINDOW).values
    assert np.isfinite(out).sum() == 3 and out[3, 0] == 19.0


@pytest.mark.parametrize("cell", [(1, 0), (4, 0), (2, 1)])
def test_outside_the_window_nothing_leaves(cell: tuple[int, int]) -> None:
    made = Made(values=values((2, 0), cell))
    with pytest.raises(ResolutionError, match="outside"):
        apply_disclosure_control("window_orders", made, made, window=WINDOW)


def test_without_a_window_nothing_leaves() -> None:
    made = Made(values=values())
    with pytest.raises(ResolutionError, match="no past validation window"):
        apply_disclosure_control("window_orders", made, made)


@pytest.mark.parametrize("change", [{"side": "enforcement"}, {"side": "health"}, {"name": "orders"}])
def test_no_other_side_and_no_other_name_has_such_cells(change: dict[str, str]) -> None:
    made = Made(values=values(), **change)
    with pytest.raises(ResolutionError):
        apply_disclosure_control(made.name, made, made, window=WINDOW)


def test_the_window_of_a_pack_on_the_days_of_a_run() -> None:
    pack = load_pack("georgia")
    window = Window.of(pack, date(2014, 1, 1))
    assert window is not None and window.first == 2191 and window.end - window.first == 366
    assert Window.of(load_pack("russia"), date(2014, 1, 1)) is None
