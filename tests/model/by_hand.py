"""One rule at a time, interpreted, in a world that holds only what the rule looks at: for numbers worked out by hand.

``interpreted`` returns a kernel as plain Python together with all the kernels that it calls, and with luck that the test
chooses. ``world`` and ``person`` make the few columns that a case needs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

import numpy as np
from numba import config
from numba.core.dispatcher import Dispatcher

from kladsim.core import rng
from kladsim.core.jit import plain
from kladsim.evidence import load_register
from kladsim.model import codes as k
from kladsim.model.config import MECHANISMS
from kladsim.model.counters import COUNT, INDEX
from kladsim.model.entities import BRANCHES, LABORATORIES, LISTINGS, PERSONS, PLATFORMS, SHOPS
from kladsim.model.quantities import QUANTITIES
from kladsim.model.state import PARTS, World, zero_columns


class Luck:
    """Draws of a test's choice: by number of the draw, else ``always``."""

    ZERO, S32 = rng.ZERO, rng.S32

    def __init__(self, always: float = 0.5, draws: Mapping[int, float] | None = None) -> None:
        self.always, self.draws = always, dict(draws or {})

    def unit(self, key: Any, entity: Any, draw: Any) -> float:
        """Return the chosen number."""
        return self.draws.get(int(draw), self.always)

    def bits(self, key: Any, entity: Any, draw: Any) -> np.uint64:
        """Return the number of the entity: priority goes by it."""
        return np.uint64(entity)

    def below(self, key: Any, entity: Any, draw: Any, n: Any) -> int:
        """Return the chosen number as a whole one below ``n``."""
        return int(self.unit(key, entity, draw) * n)


def interpreted(function: Any, luck: Luck | None = None, made: dict[Any, Any] | None = None) -> Any:
    """Return a kernel as plain Python, with everything that it calls."""
    made = {} if made is None else made
    code = plain(function)
    if code not in made:
        scope = dict(code.__globals__)
        made[code] = FunctionType(code.__code__, scope, code.__name__, code.__defaults__, code.__closure__)
        for name, value in code.__globals__.items():
            if _is_kernel(value):
                scope[name] = interpreted(value, luck, made)
            elif luck is not None and isinstance(value, ModuleType) and value is rng:
                scope[name] = luck
    return made[code]


def _is_kernel(value: Any) -> bool:
    """Return whether a value is compiled code, or would be if Numba were not switched off."""
    if isinstance(value, Dispatcher):
        return True
    return bool(config.DISABLE_JIT) and isinstance(value, FunctionType) and value.__module__.startswith("kladsim.")


def person(**columns: Any) -> Any:
    """Return a table with one person, number 0, who has these columns."""
    a = PERSONS.allocate(1)
    for name, value in columns.items():
        getattr(a, name)[0] = value
    return a


def today(day: int = 1000, **drivers: float) -> Any:
    """Return a day at full scale."""
    return SimpleNamespace(day=np.int64(day), scale_factor=1, seller_scale=1.0, **{**dict.fromkeys(KEYS, np.uint64(0)), **drivers})


KEYS = (
    *("event_key", "court_key", "recruit_key", "stock_key", "pick_key", "shop_key", "trait_key", "priority_key"),
    *("platform_key", "month_key", "lab_key", "spread_key"),
)


def world(parameters: Mapping[str, float] | None = None, regions: int = 1, **columns: Any) -> Any:
    """Return a world of some regions with one chunk each and nobody counted; ``columns`` are added or replaced, each in
    the part of the state that declares it, or by part (``justice={"charges": ...}``). ``parameters`` are round numbers
    for the sake of the sum, inside the register's ranges or not.
    """
    p = load_register().record().view(np.recarray)
    for name, value in (parameters or {}).items():
        p[name.replace(".", "_")] = value
    parts = {
        "people": {"alive": np.zeros(regions, np.int64), "trait_key": np.uint64(0)},
        "regions": {"of_chunk": np.arange(regions), "district": np.zeros(regions, np.int64)},
        "use": {
            "by_state": np.zeros((regions, k.N_USE), np.int64),
            "by_channel": np.zeros((regions, 3), np.int64),
            "harm_sum": np.zeros(regions),
            **{name: np.ones(regions) for name in ("progress_factor", "quit_factor", "start_factor")},
        },
        "labour": {
            "couriers": np.zeros(regions, np.int64),
            "careers": np.zeros((regions, 60), np.int64),
            "recruit_pull": np.ones(regions),
        },
        "punishment": {"fear": np.zeros(regions)},
        "police": {"arrest_sum": np.zeros((regions, 2)), "street_seized": np.zeros((regions, k.G), np.int64)},
        "health": {"in_treatment": np.zeros(regions, np.int64), "regional_fatality": np.ones(regions)},
        "justice": {
            "custody": np.zeros(regions, np.int64),
            "at_front": np.zeros(regions, np.int64),
            "prisoners": np.zeros((regions, 3), np.int64),
        },
        "tally": {"count": np.zeros((regions, COUNT), np.int64)},
    }
    alone = {
        "p": p,
        "on": np.ones(1 + max(int(name[1:]) for name in MECHANISMS), np.uint8),
        "q": np.repeat([[quantity.default] for quantity in QUANTITIES.values()], regions, axis=1),
        "chunks": SimpleNamespace(
            group=np.arange(regions),
            start=np.zeros(regions, np.int64),
            count=np.ones(regions, np.int64),
            ordered=np.ones(regions, np.int64),
        ),
    }
    return placed(columns, parts, alone)


def trade(parameters: Mapping[str, float] | None = None, branches: Sequence[int] = (0,), shops: int = 1, regions: int = 1,
          **columns: Any) -> Any:  # fmt: skip
    """Return a world with all columns, zero but for ``columns``: branches (the region of each, all of shop 0, all
    products on sale), shops that are open and sell on platform 0, five laboratories' room, no platform.
    """
    sizes = {"R": regions, "N": shops, "NB": len(branches), "NL": len(branches) * k.G, "K": COUNT, "S": 1, "B": 1, "bits": 8,
             "cell": 1}  # fmt: skip
    parts = zero_columns(sizes)
    ones = ("people.alive", "economy.street_movement", "economy.drop_movement", "labour.pay", "market.takedown_memory",
            "stock.capacity_share", "trade.reference_price")  # fmt: skip
    for part, name in (name.split(".") for name in ones):
        parts[part][name][:] = 1
    parts["people"]["trait_key"] = np.uint64(0)
    parts["regions"]["of_chunk"] = np.arange(regions)
    parts["trade"]["branch_start"][:] = [sum(place < r for place in branches) for r in range(regions + 1)]
    parts["trade"]["branch_index"][:] = np.argsort(branches, kind="stable")
    tables = {"branches": BRANCHES.allocate(len(branches)), "listings": LISTINGS.allocate(len(branches) * k.G),
              "shops": SHOPS.allocate(shops), "platforms": PLATFORMS.allocate(k.MAX_PLATFORMS), "labs": LABORATORIES.allocate(5)}  # fmt: skip
    tables["branches"].shop[:], tables["branches"].region[:] = 0, branches
    tables["listings"].on_sale[:] = 1
    tables["shops"].alive[:], tables["shops"].platforms[:] = 1, 1
    w = world(parameters, regions)
    alone = {name: getattr(w, name) for name in ("p", "on", "q", "chunks")}
    return placed(columns, parts, {**alone, **tables})


def placed(columns: Mapping[str, Any], parts: dict[str, Any] | None = None, alone: Mapping[str, Any] = {}) -> Any:
    """Return a world of these columns, each in the part that declares it."""
    parts, alone = {} if parts is None else parts, dict(alone)
    for name, value in columns.items():
        if name in PARTS and isinstance(value, dict):
            parts.setdefault(name, {}).update(value)
        elif name in World.__annotations__:
            alone[name] = value
        else:
            parts.setdefault(part_of(name), {})[name] = value
    return SimpleNamespace(**alone, **{name: SimpleNamespace(**held) for name, held in parts.items()})


def part_of(column: str) -> str:
    """Return the one part of the state that declares a column."""
    (name,) = (n for n, part in PARTS.items() if column in {*(c.name for c in part.COLUMNS), *part.__annotations__})
    return name


def counted(w: Any, name: str, region: int = 0) -> int:
    """Return a counter of the day."""
    return int(w.tally.count[region, INDEX[name]])


def cell_of_age(age: float, male: bool = True, day: int = 1000) -> dict[str, Any]:
    """Return the columns of a world in which person 0 of cell 0 has this age in years today."""
    born = day - round(age * k.DAYS_A_YEAR)
    return {
        "cells": SimpleNamespace(**{name: np.zeros(1, np.int64) for name in ("first", "base", "opened", "alive")}),
        "cohort_start": np.array([[0, 1]]),
        "birth_zero": np.array([born - 182]),  # the only person of a year is born in its middle
        "male_share": np.array([1.0 if male else 0.0]),
        "gone": np.zeros(8, np.uint8),
        "involved": np.ones(8, np.uint8),
    }
