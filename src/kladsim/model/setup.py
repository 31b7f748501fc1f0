"""The first day: derive what is fixed from pack and parameters, and fill the initial state by declared shares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kladsim.core import fixedmath, rng
from kladsim.core.arrays import Array
from kladsim.core.bundle import Bundle
from kladsim.core.jit import part, plain
from kladsim.core.parallel import Workers, partition
from kladsim.core.population import Chunks, make_chunks, repack
from kladsim.core.processes import mark_space, scan_space, skip
from kladsim.core.random_arrays import Ints
from kladsim.model import codes as k
from kladsim.model import hazard_bounds, streams
from kladsim.model import quantities as q
from kladsim.model.config import MECHANISMS
from kladsim.model.counters import COUNT
from kladsim.model.couriers import assign_initial_couriers
from kladsim.model.day import LANES
from kladsim.model.drops import target
from kladsim.model.entities import BRANCHES, CELLS, LABORATORIES, LISTINGS, PERSONS, PLATFORMS, SHOPS, Persons
from kladsim.model.people import (
    activate,
    age_days,
    is_male,
    klass_of,
    pid_of,
    residents_range,
    set_flag,
    years,
)
from kladsim.model.platforms import open_platform, reach_and_choice, shops_join
from kladsim.model.requests import allocate_buffer, allocate_queue
from kladsim.model.room import Capacities, with_branches, work_space
from kladsim.model.samples import seller_scale
from kladsim.model.shops import branch_entry, most_new_branches, open_shop, prices, reindex
from kladsim.model.state import World, make_world, zero_columns
from kladsim.model.tallies import N_BANDS, N_STOCKS
from kladsim.model.today import Calendar, DayContext
from kladsim.world.pack import Pack

FIRST_TURNS = 40
"""Rounds in which the first branches open, each a quarter of what is still wanted."""
NOT_BEGUN, ALL_DRAWN = -2, -1
"""What a chunk says of the draws of its first day: none yet, or all."""
SHARE_BOUND = 0.075
"""Largest share of people who use at the start that the register allows: the bound of the skips over residents."""


class Fixed(NamedTuple):
    """What never changes during a run, alone or by part; and chunks and sizes of cells on the first day."""

    chunks: Chunks
    sizes: Ints
    alone: Mapping[str, object]
    parts: Mapping[str, Mapping[str, object]]


def fixed_parts(
    pack: Pack,
    parameters: NDArray[np.void],
    switches: dict[str, bool],
    scale: int,
    workers: int,
    capacities: Capacities,
) -> Fixed:
    """Return what never changes during a run (derived from pack, parameters, switches and scale)."""
    people = pack.people
    cells, cohorts = people.shape
    starts = np.zeros((cells, cohorts + 1), np.int64)
    starts[:, 1:] = np.cumsum(people, axis=1)
    full = starts[:, -1]
    birth = [
        (np.datetime64(f"{pack.cohort_first_birth_year + y}-01-01") - np.datetime64(pack.start)).astype(int)
        for y in range(cohorts)
    ]
    sizes = -(-full // scale)
    chunks = make_chunks(np.arange(cells), sizes, np.zeros(cells), capacities.rows or 0, align=8)
    if capacities.rows is None:
        reserve(chunks, starts, pack, float(parameters["start_users"][0]), scale, capacities.spare)
    chunk_region = pack.cell_region[chunks.group].astype(np.int64)
    regions = pack.n_regions
    on = np.zeros(1 + max(int(name[1:]) for name in MECHANISMS), np.uint8)
    for name, state in switches.items():
        on[int(name[1:])] = state
    space = work_space(workers, regions, capacities.branches, chunks, capacities)
    alone = {
        "p": parameters,
        "on": on,
        "q": np.repeat([[quantity.default] for quantity in q.QUANTITIES.values()], regions, axis=1),
    }
    parts: dict[str, Mapping[str, object]] = {
        "people": {
            "mortality": np.ascontiguousarray(pack.mortality),
            "cohort_start": starts,
            "birth_zero": np.array(birth, np.int64),
            "male_share": np.ascontiguousarray(pack.male_share),
            "trait_key": rng.day_key(0, int(streams.TRAITS), 0),
        },
        "regions": {
            "of_chunk": chunk_region,
            "first_cell": np.searchsorted(pack.cell_region, np.arange(regions + 1)).astype(np.int64),
            "first_chunk": np.searchsorted(chunk_region, np.arange(regions + 1)).astype(np.int64),
            "chunk_of_cell": np.searchsorted(chunks.group, np.arange(cells)).astype(np.int64),
        },
        "requests": space["requests"],
        "scan": {
            **scan_space(LANES, chunks, workers),
            **space["scan"],
            **{name: np.zeros(len(chunks.first)) for name in hazard_bounds.NAMES},
        },
    }
    return Fixed(chunks, sizes, alone, parts)


def reserve(chunks: Chunks, starts: Ints, pack: Pack, users: float, scale: int, spare: int) -> None:
    """Reserve rows by the ages of each chunk: the expected number of people who use, a quarter more, and some spare."""
    newest = pack.start.year - pack.cohort_first_birth_year - 1
    shape = np.array([1.25 * users * plain_prevalence(max(0, newest - y)) for y in range(starts.shape[1] - 1)])
    first_of_cell = chunks.first[np.searchsorted(chunks.group, np.arange(len(starts)))]
    for c, cell in enumerate(chunks.group.tolist()):
        ranks = (chunks.first[c] - first_of_cell[cell] + np.array([0, chunks.size[c] - 1])) * scale
        low, high = (np.searchsorted(starts[cell], ranks, side="right") - 1).tolist()
        people = np.diff(np.clip(starts[cell, low : high + 2], ranks[0], ranks[1] + scale)) / scale
        chunks.capacity[c] = int((people * (shape[low : high + 1] + 0.005)).sum()) + 2 * spare
    chunks.start[:] = np.concatenate(([0], np.cumsum(chunks.capacity)[:-1]))


def plain_prevalence(age: int) -> float:
    """Return the relative prevalence at an age, nothing below 14."""
    return float(plain(prevalence)(age)) if age >= k.AGE_FIRST else 0.0


def sizes_of(pack: Pack, chunks: Chunks, shops: int, branches: int) -> dict[str, int]:
    """Return the sizes that the shapes of the state name."""
    entities = int(chunks.first[-1] + chunks.size[-1])
    return {
        "R": pack.n_regions,
        "N": shops,
        "NB": branches,
        "NL": branches * k.G,
        "bits": (entities + 7) // 8 + 8,
        "K": COUNT,
        "S": N_STOCKS,
        "B": N_BANDS,
    }


def first_state(
    pack: Pack,
    fixed: Fixed,
    scale: int,
    calendar: Calendar,
    p: dict[str, float],
    workers: Workers,
    capacities: Capacities,
) -> tuple[Persons, World]:
    """Return persons and world on the morning of the first day."""
    chunks, local_sizes = fixed.chunks, fixed.sizes
    shops = max(3, round(p["start.shops"] * seller_scale(scale) / scale))
    laboratories = max(1, round(p["start.laboratories"]))
    sizes = sizes_of(pack, chunks, shops + capacities.shops, capacities.branches)
    parts = zero_columns(sizes)
    regions = pack.n_regions
    cells = CELLS.allocate(pack.n_cells)
    cells.region[:], cells.klass[:] = pack.cell_region, pack.cell_class
    cells.size[:] = local_sizes
    cells.first[:] = chunks.first[np.searchsorted(chunks.group, np.arange(pack.n_cells))]
    cells.base[:] = np.concatenate(([0], np.cumsum(pack.people.sum(axis=1))[:-1]))
    capacity = np.full(regions, capacities.buffer)
    _fill_national(parts, pack, p)
    buffers: dict[str, Mapping[str, Bundle]] = {
        "labour": {"applications": allocate_buffer(capacity)},
        "health": {"requests": allocate_buffer(capacity), "queue": allocate_queue(capacities.queue)},
        "justice": {"charges": allocate_buffer(capacity), "queue": allocate_queue(capacities.queue)},
    }
    rows = {
        "branches": BRANCHES.allocate(sizes["NB"]),
        "listings": LISTINGS.allocate(sizes["NL"]),
        "shops": SHOPS.allocate(sizes["N"]),
        "platforms": PLATFORMS.allocate(k.MAX_PLATFORMS),
        "labs": LABORATORIES.allocate(laboratories + capacities.laboratories),
        "chunks": chunks,
        "cells": cells,
    }
    world = make_world(
        {**fixed.alone, **{name: Bundle.of(name, table) for name, table in rows.items()}},
        {name: {**columns, **fixed.parts.get(name, {}), **buffers.get(name, {})} for name, columns in parts.items()},
    )
    persons = Persons.of("persons", PERSONS.allocate(int(chunks.capacity.sum())))
    today = calendar.day(0)
    draw_regions(world, rng.day_key(calendar.seed, int(streams.REGIONS), 0), regions)
    start_key = rng.day_key(calendar.seed, int(streams.START), 0)
    pieces = partition(local_sizes_by_region(local_sizes, pack).astype(np.float64), 6 * workers.threads)
    workers.each(lambda _, low, high: count_residents(world, today, low, high), pieces)
    persons, world = _populated(persons, world, today, start_key, workers, pieces, capacities)
    begin_trade(world, today, shops, regions)
    world = with_branches(world, int(most_new_branches(world, today, regions, FIRST_TURNS)), capacities)
    first_branches(world, today, regions)
    first_laboratories(world, today, laboratories, regions)
    workers.each(lambda _, low, high: assign_initial_couriers(persons, world, today, start_key, low, high), pieces)
    return persons, world


def _populated(
    persons: Persons,
    world: World,
    today: DayContext,
    key: np.uint64,
    workers: Workers,
    pieces: list[tuple[int, int]],
    capacities: Capacities,
) -> tuple[Persons, World]:
    """Give rows to those who use, with more room wherever a chunk is full before all of its own have one."""
    place, draws = np.full(len(world.chunks.first), NOT_BEGUN), np.zeros(len(world.chunks.first), np.int64)

    def fill(_: int, low: int, high: int) -> None:
        populate(persons, world, today, key, place, draws, low, high)

    workers.each(fill, pieces)
    while (draws != ALL_DRAWN).any():
        columns = list(persons)
        del persons
        table, chunks = repack(PERSONS, columns, world.chunks, np.where(draws != ALL_DRAWN, capacities.spare, 0))
        persons = Persons.of("persons", table)
        world = world.replaced(chunks=Bundle.of("chunks", chunks), scan={"marks": mark_space(chunks)})
        workers.each(fill, pieces)
    world.chunks.ordered[:] = world.chunks.count
    return persons, world


def local_sizes_by_region(sizes: Ints, pack: Pack) -> Ints:
    """Return entities by region."""
    return np.bincount(pack.cell_region, weights=sizes, minlength=pack.n_regions).astype(np.int64)


NEUTRAL = {
    "use": ("risk", "harm_indicated", "availability", "start_factor", "progress_factor", "quit_factor"),
    "channels": ("service", "settled"),
    "labour": ("pay", "hardship", "deposits"),
    "demand": ("price_effect",),
    "market": ("takedown_memory", "promotion_level"),
    "trade": ("real_price",),
    "supply": ("precursor",),
    "police": ("tier_effort",),
    "economy": ("drop_movement", "street_movement"),
}
"""Factors that are 1 on the first day, by part."""


def _fill_national(parts: dict[str, dict[str, Array]], pack: Pack, p: dict[str, float]) -> None:
    for part_name, names in NEUTRAL.items():
        for name in names:
            parts[part_name][name][:] = 1.0
    products = {
        field: np.array([p[f"product.{g}_{field}"] for g in k.PRODUCTS])
        for field in ("price", "taste", "street", "import")
    }
    parts["trade"]["reference_price"][:] = products["price"] * 100.0
    parts["trade"]["unit_price"][:] = products["price"] * 100.0
    parts["demand"]["taste"][:] = parts["demand"]["taste_first"][:] = products["taste"]
    parts["demand"]["street_base"][:] = products["street"]
    parts["demand"]["street_available"][:] = products["street"]
    parts["supply"]["import_share"][:] = products["import"]
    parts["demand"]["shelf"][:] = 0.3
    parts["demand"]["displayed"][:] = p["market.half_shelf"] * 0.3 / 0.7
    parts["supply"]["local"][[k.AMPHETAMINE, k.MEPHEDRONE, k.ALPHA_PVP]] = 1
    weights = products["taste"] * products["street"]
    level = 0.0
    parts["demand"]["mix_first"][:] = weights / weights.sum()
    for g, weight in enumerate((weights / weights.sum()).tolist()):
        level += weight
        parts["demand"]["mix"][:, g] = level
        parts["demand"]["national_mix"][g] = level
        parts["supply"]["cover"][g] = p["production.cover"]
    parts["channels"]["class_weight"][:] = [
        1.0,
        *(p[f"spread.class_{name}"] for name in ("large", "middle", "town", "rural")),
    ]
    parts["regions"]["district"][:] = pack.district
    parts["police"]["buyer_reference"][:] = 0.010 / 365.0
    parts["police"]["tier_plan"][:] = [p["policing.buyer"], p["policing.courier"]]
    parts["trade"]["risk_level"][:] = p["price.risk_reference"]
    parts["channels"]["own_level"][:] = 0.2


@part
def wave(key: np.uint64, r: int, first: int) -> float:
    """Return a nearly normal number (mean 0, variance 1) of three draws."""
    return 2.0 * (rng.unit(key, r, first) + rng.unit(key, r, first + 1) + rng.unit(key, r, first + 2) - 1.5)


@part
def draw_regions(w: World, key: np.uint64, regions: int) -> None:
    """Draw each region's taste for opioids, its first mix, and how often poisonings are fatal (near lognormal)."""
    for r in range(regions):
        w.demand.regional_opioid[r] = fixedmath.exp(w.p[0].mix_opioid_spread * wave(key, r, 0))
        w.health.regional_fatality[r] = fixedmath.exp(w.p[0].health_fatality_spread * wave(key, r, 3))
        total = 0.0
        for g in range(k.G):
            total += w.demand.mix_first[g] * (w.demand.regional_opioid[r] if g == k.OPIOID else 1.0)
            w.demand.mix[r, g] = total
        for g in range(k.G):
            w.demand.mix[r, g] /= total


@part
def prevalence(age: int) -> float:
    """Return the relative share of people who use by age in years at the start (shape: assumption)."""
    if age < 16:
        return 0.25
    if age < 18:
        return 0.8
    if age < 35:
        return 1.9
    if age < 45:
        return 1.1
    if age < 55:
        return 0.35
    return 0.1


@part
def most_prevalent(youngest: int, eldest: int) -> float:
    """Return the largest prevalence between two ages in years."""
    most = 0.0
    for age in range(youngest, eldest + 1):
        most = max(most, prevalence(age))
    return most


@part
def count_residents(w: World, t: DayContext, low: int, high: int) -> None:
    """Count the residents of the first day (over regions)."""
    for r in range(low, high):
        for cell in range(w.regions.first_cell[r], w.regions.first_cell[r + 1]):
            eldest, end = residents_range(w, t, cell)
            w.people.alive[r] += end - eldest
            w.cells.alive[cell] += end - eldest


@part
def populate(
    a: Persons, w: World, t: DayContext, key: np.uint64, place: Ints, draws: Ints, low: int, high: int
) -> None:
    """Give rows to those who use on the first day (over regions). A chunk that is full notes behind whom and after
    how many draws it goes on, once there is room; one that is done says so.
    """
    p = w.p[0]
    for r in range(low, high):
        for c in range(w.regions.first_chunk[r], w.regions.first_chunk[r + 1]):
            cell = w.chunks.group[c]
            eldest, end = residents_range(w, t, cell)
            begin = max(eldest, w.chunks.first[c])
            last = min(end, w.chunks.first[c] + w.chunks.size[c])
            e = begin - 1 if place[c] == NOT_BEGUN else place[c]
            draw = draws[c]
            draws[c] = ALL_DRAWN
            if draw == ALL_DRAWN or begin >= last:
                continue
            shape = 1.4 * most_prevalent(years(age_days(w, t, cell, last - 1)), years(age_days(w, t, cell, begin)))
            bound = SHARE_BOUND * shape
            most = p.start_users * shape
            inverse = 1.0 / fixedmath.log(1.0 - bound)
            while True:
                before = e
                e = skip(e, key, c, draw, inverse)
                draw += 1
                if e >= last:
                    break
                u = rng.unit(key, pid_of(w, t, cell, e), 1) * bound
                if u >= most:
                    continue
                age = years(age_days(w, t, cell, e))
                sex = 1.4 if is_male(w, t, cell, e) else 0.6
                if u >= p.start_users * prevalence(age) * sex:
                    continue
                if w.chunks.count[c] == w.chunks.capacity[c]:
                    place[c], draws[c] = before, draw - 1
                    break
                first_row(a, w, t, key, c, e, age)
        users = w.use.by_channel[r, 0] + w.use.by_channel[r, 1]
        w.use.peer_start[r] = users / max(w.people.alive[r], 1)


@part
def first_row(a: Persons, w: World, t: DayContext, key: np.uint64, c: int, e: int, age: int) -> None:
    """Draw state, substance, channel and custody of a person who uses on the first day."""
    p = w.p[0]
    r = w.regions.of_chunk[c]
    pid = pid_of(w, t, w.chunks.group[c], e)
    u = rng.unit(key, pid, 2)
    use = k.LIGHT
    if age >= 16 and u < p.start_dependent:
        use = k.DEPENDENT
    elif age >= 15 and u < p.start_dependent + p.start_heavy:
        use = k.HEAVY
    i = activate(a, w, t, c, e, use)
    v = rng.unit(key, pid, 3)
    for g in range(k.G):
        if v < w.demand.mix[r, g]:
            a.substance[i] = g
            break
    if use == k.DEPENDENT and rng.unit(key, pid, 4) < p.start_opioid_dependent * w.demand.regional_opioid[r]:
        a.substance[i] = k.OPIOID
    if rng.unit(key, pid, 5) < p.start_platform and age < 45:
        a.channel[i] = k.PLATFORM
        a.platform[i] = 0 if rng.unit(key, pid, 9) < 0.8 else 1
        w.use.by_channel[r, k.STREET] -= 1
        w.use.by_channel[r, k.PLATFORM] += 1
    held = (
        p.start_prison_light
        if use == k.LIGHT
        else (p.start_prison_heavy if use == k.HEAVY else p.start_prison_dependent)
    )
    if age >= k.MINOR and rng.unit(key, pid, 6) < held:
        trafficking = rng.unit(key, pid, 7) < p.start_prison_trafficking
        a.charge[i] = k.TRAFFICKING if trafficking else k.POSSESSION
        years_left = p.justice_years_trafficking if trafficking else p.justice_years_possession
        a.until[i] = 1 + int(rng.unit(key, pid, 8) * years_left * p.justice_served * 365.0)
        set_flag(a, i, k.CUSTODY | k.CONVICTED)
        w.justice.custody[r] += 1
        w.justice.prisoners[r, a.charge[i]] += 1
    a.klass[i] = klass_of(a.use[i], a.flags[i])


@part
def open_first_places(w: World) -> None:
    """Open the largest place of the country and of each federal district that has a city of a million."""
    largest = np.zeros(w.regions.district.size, np.int64) - 1
    first = 0
    for cell in range(w.cells.region.size):
        d = w.regions.district[w.cells.region[cell]]
        if w.cells.klass[cell] == 0 and (largest[d] < 0 or w.cells.alive[cell] > w.cells.alive[largest[d]]):
            largest[d] = cell
        if w.cells.alive[cell] > w.cells.alive[first]:
            first = cell
    for d in range(largest.size):
        cell = largest[d]
        if cell >= 0:
            w.cells.opened[cell] = 0
            w.channels.region_open[w.cells.region[cell]] = 1
    w.cells.opened[first] = 0
    w.channels.region_open[w.cells.region[first]] = 1


@part
def first_requests(w: World, r: int) -> float:
    """Return what a region's buyers on platforms ask for on the first day, requests a day."""
    p = w.p[0]
    mean = p.demand_light * (1.0 - p.start_heavy - p.start_dependent)
    mean += p.demand_heavy * p.start_heavy + p.demand_dependent * p.start_dependent
    return w.use.by_channel[r, k.PLATFORM] * mean / 365.0


@part
def first_orders(w: World, r: int) -> float:
    """Return the orders a day that a region serves at the start: an open region's share of its federal district's."""
    asked = 0.0
    served_by = 0.0
    for s in range(w.regions.district.size):
        if w.regions.district[s] == w.regions.district[r]:
            asked += first_requests(w, s)
            served_by += w.channels.region_open[s]
    return asked / served_by if w.channels.region_open[r] else 0.0


@part
def share_of(w: World, r: int, g: int) -> float:
    """Return a product's share of a region's first mix."""
    return w.demand.mix[r, g] - w.demand.mix[r, g - 1] if g > 0 else w.demand.mix[r, g]


@part
def first_stock(w: World, t: DayContext, r: int) -> None:
    """Share a region's first orders out to its branches by product, with drops ready for the usual days of sales."""
    for g in range(k.G):
        offered = 0
        for s in range(w.trade.branch_start[r], w.trade.branch_start[r + 1]):
            offered += w.listings.on_sale[w.trade.branch_index[s] * k.G + g]
        if offered == 0:
            continue
        sales = w.market.orders_region[r] * share_of(w, r, g) / offered
        w.supply.flow[g] += sales * offered
        w.market.unmet_level[r, g] = 0.0
        for s in range(w.trade.branch_start[r], w.trade.branch_start[r + 1]):
            slot = w.trade.branch_index[s] * k.G + g
            if w.listings.on_sale[slot]:
                w.listings.sales[slot] = sales
                w.listings.ready[slot] = target(w, t, slot, sales, 1.0)


@part
def begin_trade(w: World, t: DayContext, shops: int, regions: int) -> None:
    """Open the first platforms, places and shops."""
    open_first_places(w)
    for j in range(2):
        open_platform(w, t, j, 0.9 if j == 0 else 0.7)
        w.platforms.born[j] = -400
        w.market.platform_fixed[j] = 0.8 if j == 0 else 0.2
    for s in range(shops):
        open_shop(w, t, s, 1 if s % 4 else 3)
        w.shops.born[s] = -100
    for r in range(regions):
        w.channels.asked_level[r] = w.channels.served_level[r] = first_requests(w, r)
        w.market.orders_region[r] = first_orders(w, r)
        w.market.orders_level[0] += w.market.orders_region[r] * t.scale_factor
        for g in range(k.G):
            w.market.unmet_level[r, g] = w.market.orders_region[r] * share_of(w, r, g)
    for j in range(2):
        w.platforms.volume[j] = w.market.platform_fixed[j] * w.market.orders_level[0]
    prices(w, t, regions)


@part
def first_branches(w: World, t: DayContext, regions: int) -> None:
    """Open the first branches, with stock, and let shops choose their platforms."""
    for turn in range(FIRST_TURNS):
        reindex(w, regions)
        branch_entry(w, t, regions, turn)
    reindex(w, regions)
    for r in range(regions):
        first_stock(w, t, r)
    for g in range(k.G):
        w.supply.wholesale[g] = round(w.supply.flow[g] * w.p[0].production_cover)
    reach_and_choice(w, t, regions)
    shops_join(w, t)


@part
def first_laboratories(w: World, t: DayContext, laboratories: int, regions: int) -> None:
    """Open the first laboratories, a tenth as large as later ones."""
    p = w.p[0]
    for lab in range(laboratories):
        w.labs.alive[lab] = 1
        w.labs.product[lab] = k.ALPHA_PVP if lab % 3 == 0 else (k.AMPHETAMINE if lab % 3 == 1 else k.MEPHEDRONE)
        w.labs.born[lab] = -60
        w.labs.output[lab] = p.production_output / t.scale_factor * (0.4 + 1.2 * rng.unit(t.lab_key, lab, 4)) * 0.1
        w.labs.region[lab] = min(regions - 1, int(rng.unit(t.lab_key, lab, 5) * regions))
