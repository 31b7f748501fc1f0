"""Book-keeping beside a run: opening + entries - exits by cause = closing, to the unit, on every day."""

from __future__ import annotations

from typing import Any

import numpy as np

from kladsim.core.population import ordered_rows
from kladsim.model import codes as k
from kladsim.model.counters import INDEX
from kladsim.model.people import klass_of
from kladsim.model.tallies import STOCKS

PERSON_EXITS = (
    "exits_age", "deaths_background", "deaths_excess", "deaths_poisoning", "deaths_punishment", "deaths_front",
)  # fmt: skip
DROP_EXITS = (
    "picked_up", "stolen_by_thieves", "kept_by_couriers", "seized_drops", "lost_drops", "written_off",
)  # fmt: skip
COSTS = ("fees", "courier_pay", "supply_cost", "promotion_cost", "cash_out_loss")


def _columns(names: tuple[str, ...]) -> list[int]:
    return [INDEX[name] for name in names]


class Ledger:
    """An observer that balances persons (by region), packages and money every day; ``errors`` stays empty."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.days = 0
        self.moved = dict.fromkeys(("persons", "drops", "money"), 0)
        self.exits = 0

    def open(self, s: Any) -> Ledger:
        """Note the stocks of the first morning."""
        self._before = self._stocks(s)
        return self

    def _stocks(self, s: Any) -> dict[str, Any]:
        w = s.world
        there = w.listings.ready.sum(dtype=np.int64) - w.listings.missing.sum(dtype=np.int64)
        return {
            "residents": w.people.alive.copy(),
            "drops": int(there),
            "wholesale": w.supply.wholesale.copy(),
            "cash": int(w.shops.cash.sum() + w.trade.orphan_cash[0] + w.trade.takings.sum()),
        }

    def __call__(self, s: Any) -> None:
        """Check one day."""
        now, before, count = self._stocks(s), self._before, s.world.tally.count
        total = s.recording.count[s.day - 1]
        gone = count[:, _columns(PERSON_EXITS)].sum(axis=1)
        change = count[:, INDEX["entries"]] - gone
        self._equal(s, "persons by region", now["residents"] - before["residents"], change)
        self._equal(s, "persons", s.recording.stock[s.day - 1, STOCKS.index("residents")], now["residents"].sum())
        placed = int(total[INDEX["placed"]])
        left = int(total[_columns(DROP_EXITS)].sum())
        self._equal(s, "drops", now["drops"] - before["drops"], placed - left)
        self._equal(s, "drops recorded", s.recording.stock[s.day - 1, STOCKS.index("ready_there")], now["drops"])
        came = int(total[INDEX["produced"]] + total[INDEX["imported"]])
        self._equal(s, "wholesale", now["wholesale"].sum() - before["wholesale"].sum(), came - placed)
        paid = int(total[INDEX["revenue"]] + total[INDEX["revenue_off_platform"]])
        self._equal(s, "money", paid, now["cash"] - before["cash"] + int(total[_columns(COSTS)].sum()))
        self.moved["persons"] += int(change.sum() != 0)
        self.moved["drops"] += placed
        self.moved["money"] += paid
        self.exits += int(gone.sum())
        self.days += 1
        self._before = now

    def _equal(self, s: Any, what: str, left: Any, right: Any) -> None:
        if not np.array_equal(left, right):
            difference = np.asarray(left) - np.asarray(right)
            shown = difference[difference != 0][:5] if difference.ndim else difference
            self.errors.append(f"day {s.day - 1}: {what}: off by {shown}")


def recount(s: Any) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return pairs (kept by the model, counted anew from the rows) of every stock of persons."""
    a, w = s.persons_table, s.world
    chunk = np.repeat(np.arange(len(w.chunks.count)), w.chunks.count)
    rows = np.concatenate([np.arange(b, b + n) for b, n in zip(w.chunks.start, w.chunks.count, strict=True)])
    stay = a.klass[rows] != k.LEFT
    rows, chunk = rows[stay], chunk[stay]
    region, use, flags = w.regions.of_chunk[chunk], a.use[rows], a.flags[rows]
    regions = s.pack.n_regions
    active = (use >= k.LIGHT) & (use <= k.DEPENDENT)
    courier, held = flags & k.COURIER > 0, flags & k.CUSTODY > 0
    sentenced = held & (flags & k.CHARGED == 0)

    def table(mask: np.ndarray, column: np.ndarray, size: int) -> np.ndarray:
        return np.bincount(region[mask] * size + column[mask].astype(np.int64), minlength=regions * size).reshape(
            regions, size
        )

    def by_region(mask: np.ndarray) -> np.ndarray:
        return np.bincount(region[mask], minlength=regions)

    everybody = np.ones(len(rows), bool)
    resident, cell_resident = residents(s)
    gone, involved = bits(w.people.gone), bits(w.people.involved)
    cell = w.chunks.group[chunk]
    entity = w.cells.first[cell] + (a.pid[rows] - w.cells.base[cell]) // s.config.scale
    pairs = {
        "use_count": (w.use.by_state, table(everybody, use, k.N_USE)),
        "channel_count": (w.use.by_channel, table(active, a.channel[rows], 3)),
        "couriers": (w.labour.couriers, by_region(courier)),
        "couriers of branches": (
            w.branches.couriers, np.bincount(a.employer[rows][courier], minlength=len(w.branches.couriers))
        ),
        "employers": (a.employer[rows] >= 0, courier),
        "custody": (w.justice.custody, by_region(held)),
        "prisoners": (w.justice.prisoners, table(sentenced, a.charge[rows], 3)),
        "at_front": (w.justice.at_front, by_region(flags & k.AT_FRONT > 0)),
        "in_treatment": (w.health.in_treatment, by_region(use == k.TREATMENT)),
        "residents": (w.people.alive, resident),
        "residents of cells": (w.cells.alive, cell_resident),
        "cells": (w.people.alive, np.bincount(w.cells.region, weights=w.cells.alive, minlength=regions).astype(np.int64)),
        "involved": (np.flatnonzero(involved & ~gone), np.sort(entity)),
        "classes": (a.klass[rows], np.array([klass_of(int(u), int(f)) for u, f in zip(use, flags, strict=True)])),
        "charges": (np.sort(a.pid[rows][flags & k.CHARGED > 0]), waiting(s, s.world.justice.queue, k.CHARGED)),
        "treatment queue": (np.sort(a.pid[rows][flags & k.WAITING > 0]), waiting(s, s.world.health.queue, k.WAITING)),
        "drops": (w.listings.missing, np.clip(w.listings.missing, 0, w.listings.ready)),
        "platforms left": (w.market.new_accounts, np.zeros_like(w.market.new_accounts)),
    }  # fmt: skip
    return pairs


def waiting(s: Any, queue: Any, flag: int) -> np.ndarray:
    """Return the sorted persons of a queue who are still here and still wait."""
    a = s.persons_table
    ring = np.arange(queue.ends[0], queue.ends[1]) % queue.pid.size
    rows = ordered_rows(a.pid, s.world.chunks)
    rows = rows[(a.klass[rows] != k.LEFT) & (a.flags[rows] & flag > 0)]
    asked = np.sort(queue.pid[ring])
    return asked[np.isin(asked, a.pid[rows])]


def bits(packed: np.ndarray) -> np.ndarray:
    """Return one boolean an entity."""
    return np.unpackbits(packed, bitorder="little").astype(bool)


def residents(s: Any) -> tuple[np.ndarray, np.ndarray]:
    """Count the residents aged 14-64 by region and by cell from birth dates and the bits of those gone."""
    w, today = s.world, s.day - 1
    gone = bits(w.people.gone)
    by_cell = np.zeros(s.pack.n_cells, np.int64)
    for cell in range(s.pack.n_cells):
        rank = np.arange(w.cells.size[cell]) * s.config.scale
        start = w.people.cohort_start[cell]
        y = np.searchsorted(start, rank, side="right") - 1
        size = start[y + 1] - start[y]
        born = w.people.birth_zero[y] + ((rank - start[y] + 0.5) * 365.0 / size).astype(np.int64)
        age = today - born
        first = w.cells.first[cell]
        here = (age >= 5114) & (age < 23742) & ~gone[first : first + len(rank)]
        by_cell[cell] = here.sum()
    return np.bincount(w.cells.region, weights=by_cell, minlength=s.pack.n_regions).astype(np.int64), by_cell
