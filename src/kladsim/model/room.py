"""Room: what fills is made larger before it is written, so that no size is a guess that a run could die of.

Whatever is written in a stretch of the day has a bound that is known before it. At most those who wait are hired, and
only whom the day's skips reach uses for the first time, so that the morning knows how many rows each chunk may need.
After the scan only the persons that it marked can buy, be charged, apply or ask for treatment, each once. Once the
day's flow is known the trade says how many shops, branches and laboratories it could feed. Where there is less room,
only what is too small is laid out anew. Room never shows in a result: luck is drawn by the number of a person or of a
place in a table, and the first free place is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kladsim.core.arrays import Array
from kladsim.core.bundle import Bundle
from kladsim.core.jit import kernel
from kladsim.core.parallel import Workers
from kladsim.core.population import Chunks
from kladsim.core.processes import EITHER, DormantProcess, bound_reached, inverse_log_of, mark_space
from kladsim.core.random_arrays import Floats, Ints
from kladsim.model import codes as k
from kladsim.model.entities import BRANCHES, LABORATORIES, LISTINGS, SHOPS
from kladsim.model.production import most_new_laboratories
from kladsim.model.requests import grow_buffer, grow_queue
from kladsim.model.shops import most_new_branches, most_new_shops
from kladsim.model.state import World
from kladsim.model.today import DayContext

ROWS, APPLICATIONS = 0, 1
"""Columns of what the skips reach: persons who would get a row, and those who would apply for work."""
BUFFERS = {"labour": "applications", "justice": "charges", "health": "requests"}
"""The buffer of requests of each part; the parts with a ``queue`` empty their buffer into it by night."""


@dataclass(frozen=True)
class Capacities:
    """Room to begin with, and how much more than needed is made. It costs memory and time, and shows in no result.

    Parameters
    ----------
    rows : rows of each chunk (None: the number of people who use that its ages let expect, and some more)
    spare : free rows that a chunk gets at least when it is laid out anew
    requests, buffer, queue : requests for drops and others of a region, places of a queue
    branches, shops, laboratories : free places in the tables of the trade
    extra : share of the room needed that is made beyond it
    """

    rows: int | None = None
    spare: int = 96
    requests: int = 64
    buffer: int = 64
    queue: int = 1024
    branches: int = 256
    shops: int = 64
    laboratories: int = 64
    extra: float = 0.5

    def beyond(self, needed: int | Ints) -> np.int64 | Ints:
        """Return the room to make where so much is needed."""
        return needed + np.asarray(needed * self.extra).astype(np.int64) + 1


def skips_of(awakenings: Sequence[DormantProcess], names: tuple[str, str] = ("first use", "application")) -> Floats:
    """Return what ``bound_reached`` asks for: one column for each awakening, those not named are left out."""
    unknown = set(names) - {awakening.name for awakening in awakenings}
    if unknown:
        raise ValueError(f"no awakening is called {unknown}")
    return np.array([inverse_log_of(a.bound) if a.name in names else 0.0 for a in awakenings])


def looked_ahead(
    w: World, t: DayContext, inverse: Floats, workers: Workers, pieces: list[tuple[int, int]]
) -> tuple[Ints, Ints]:
    """Return the dormant persons that today's skips reach, int64 [chunk, awakening], and the rows that each chunk may
    need today: for whoever waits for work, and for first uses.
    """
    reached = np.zeros((len(w.chunks.first), len(inverse)), np.int64)
    rows = np.zeros(len(reached), np.int64)
    workers.each(lambda _, low, high: look_ahead(w, t.skip_key, inverse, reached, rows, low, high), pieces)
    return reached, rows


@kernel
def look_ahead(w: World, dormant: np.uint64, inverse: Floats, reached: Ints, rows: Ints, low: int, high: int) -> None:
    """Write what the skips of the day reach, and the rows that may be needed (over regions)."""
    waiting = w.labour.applications
    for r in range(low, high):
        bound_reached(w.chunks, w.regions.first_chunk[r], w.regions.first_chunk[r + 1], dormant, inverse, reached)
        for c in range(w.regions.first_chunk[r], w.regions.first_chunk[r + 1]):
            rows[c] = reached[c, ROWS]
        for z in range(waiting.start[r], waiting.start[r] + waiting.n[r]):
            rows[waiting.chunk[z]] += 1


@kernel
def fits(w: World, reached: Ints) -> bool:
    """Return whether there is room for whatever the marked persons may ask for today."""
    charges = w.justice.queue.ends[1] - w.justice.queue.ends[0]
    patients = w.health.queue.ends[1] - w.health.queue.ends[0]
    for r in range(w.requests.n.size):
        marked, applications = 0, 0
        for c in range(w.regions.first_chunk[r], w.regions.first_chunk[r + 1]):
            marked += w.scan.n_marks[EITHER, c]
            applications += reached[c, APPLICATIONS]
        if w.requests.start[r] + marked > w.requests.start[r + 1]:
            return False
        if (
            w.labour.applications.start[r] + w.labour.applications.n[r] + marked + applications
            > w.labour.applications.start[r + 1]
        ):
            return False
        for buffer in (w.justice.charges, w.health.requests):
            if buffer.start[r] + buffer.n[r] + marked > buffer.start[r + 1]:
                return False
        charges += w.justice.charges.n[r] + marked
        patients += w.health.requests.n[r] + marked
    return bool(charges <= w.justice.queue.pid.size and patients <= w.health.queue.pid.size)


def by_region(w: World, counts: Ints) -> Ints:
    """Return sums over the chunks of each region."""
    sums = np.concatenate(([0], np.cumsum(counts)))
    return np.asarray(sums[w.regions.first_chunk[1:]] - sums[w.regions.first_chunk[:-1]])


def for_requests(w: World, t: DayContext, reached: Ints, capacities: Capacities) -> World:
    """Return the world with room for what the marked persons may ask for today: drops, treatment, work, a trial."""
    if fits(w, reached):
        return w
    marked = by_region(w, w.scan.n_marks[EITHER])
    changes: dict[str, object] = {}
    have = np.diff(w.requests.start)
    if (have < marked).any():
        changes["requests"] = requests(np.where(have < marked, capacities.beyond(marked), have))
    for name, buffer_name in BUFFERS.items():
        buffer = getattr(getattr(w, name), buffer_name)
        needed = buffer.n + marked + (by_region(w, reached[:, APPLICATIONS]) if name == "labour" else 0)
        have = np.diff(buffer.start)
        grown: dict[str, object] = {}
        if (have < needed).any():
            grown[buffer_name] = grow_buffer(buffer, np.where(have < needed, capacities.beyond(needed), have))
        if name != "labour":
            queue = getattr(w, name).queue
            long = int(queue.ends[1] - queue.ends[0] + needed.sum())
            if long > queue.pid.size:
                grown["queue"] = grow_queue(queue, int(capacities.beyond(long)))
        if grown:
            changes[name] = grown
    return w.replaced(**changes) if changes else w


def for_trade(w: World, t: DayContext, reached: Ints, capacities: Capacities) -> World:
    """Return the world with room for the shops, branches and laboratories that may open this week."""
    w = with_shops(w, int(most_new_shops(w, t)), capacities)
    w = with_laboratories(w, int(most_new_laboratories(w, t)), capacities)
    return with_branches(w, int(most_new_branches(w, t, len(w.people.alive), 1)), capacities)


def with_shops(w: World, needed: int, capacities: Capacities) -> World:
    """Return the world with at least so many free places for shops."""
    size = len(w.shops.alive)
    rows = _rows(size, np.count_nonzero(w.shops.alive == 0), needed, capacities)
    if rows == size:
        return w
    columns = {name: longer(getattr(w.trade, name), rows) for name in ("shop_sold", "shop_missed")}
    return w.replaced(shops=Bundle.of("shops", SHOPS.grown(w.shops, rows)), trade=columns)


def with_laboratories(w: World, needed: int, capacities: Capacities) -> World:
    """Return the world with at least so many free places for laboratories."""
    size = len(w.labs.alive)
    rows = _rows(size, np.count_nonzero(w.labs.alive == 0), needed, capacities)
    return w if rows == size else w.replaced(labs=Bundle.of("labs", LABORATORIES.grown(w.labs, rows)))


def with_branches(w: World, needed: int, capacities: Capacities) -> World:
    """Return the world with at least so many free places for branches, and for what each of them sells."""
    size = len(w.branches.shop)
    free = np.count_nonzero((w.branches.shop < 0) & (w.branches.couriers == 0))
    rows = _rows(size, free, needed, capacities)
    if rows == size:
        return w
    columns = {name: longer(getattr(w.trade, name), rows) for name in ("takings", "placed_by", "branch_index")}
    return w.replaced(
        branches=Bundle.of("branches", BRANCHES.grown(w.branches, rows)),
        listings=Bundle.of("listings", LISTINGS.grown(w.listings, rows * k.G)),
        trade={**columns, "sold": longer(w.trade.sold, rows * k.G)},
        scan=listing_space(len(w.scan.branch), rows),
    )


def _rows(size: int, free: int | np.int64, needed: int, capacities: Capacities) -> int:
    return size if free >= needed else size + int(capacities.beyond(needed - int(free) + size // 4))


def longer(column: Array, rows: int) -> Array:
    """Return a column with zeros behind what it holds."""
    new = np.zeros(rows, column.dtype)
    new[: len(column)] = column
    return new


def requests(capacity: Ints) -> dict[str, Array]:
    """Return empty stretches of requests for drops with these capacities per region."""
    total = int(capacity.sum())
    return {
        "row": np.zeros(total, np.int64),
        "rank": np.zeros(total, np.uint64),
        "platform": np.zeros(total, np.int64),
        "start": np.concatenate(([0], np.cumsum(capacity))).astype(np.int64),
        "n": np.zeros(len(capacity), np.int64),
    }


def listing_space(workers: int, branches: int) -> dict[str, Array]:
    """Return where each worker lists the branches of a region that have a product ready."""
    return {
        "branch": np.zeros((workers, branches), np.int64),
        "weight": np.zeros((workers, branches)),
    }


def work_space(
    workers: int, regions: int, branches: int, chunks: Chunks, capacities: Capacities
) -> dict[str, dict[str, Array]]:
    """Return, by part, all whose size depends on capacities and that holds nothing between two days."""
    return {
        "requests": requests(np.full(regions, capacities.requests)),
        "scan": {**listing_space(workers, branches), "marks": mark_space(chunks)},
    }
