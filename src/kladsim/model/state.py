"""The state of the world as a value: parts by mechanism, tables, buffers of requests; all can be saved.

A part declares its columns: class of the array, unit, meaning and shape. Shapes name the number of regions R, products
G, platforms P, stocks S, counters K, age bands B, months of a career M, shops N, branches NB and listings NL. Columns
that are not saved are derived from pack, parameters and scale, or are work space of a day. A state is written to an
open format (a zip of NumPy arrays, never pickle) and read back to the same bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from kladsim.core.arrays import (
    Array,
    Float64,
    Float64x2,
    Int32,
    Int64,
    Int64x2,
    Int64x3,
    UInt8,
    UInt8x2,
    UInt16x2,
    UInt32x2,
    UInt64,
)
from kladsim.core.bundle import Bundle
from kladsim.core.columns import Part, Table, column
from kladsim.core.population import CHUNKS, Chunks
from kladsim.model import codes as k
from kladsim.model.entities import (
    BRANCHES,
    CELLS,
    LABORATORIES,
    LISTINGS,
    PERSONS,
    PLATFORMS,
    SHOPS,
    Branches,
    Cells,
    Laboratories,
    Listings,
    Persons,
    Platforms,
    Shops,
)
from kladsim.model.parameters import ParameterTable
from kladsim.model.requests import Queue, RequestBuffer

CAREER_MONTHS = 60


class People(Part):
    """Residents aged 14-64, dead or alive, and the life tables that they follow."""

    alive = column(Int64, "persons", "residents aged 14-64", "R")
    gone = column(UInt8, "bits", "one bit a person: dead or over age", "bits")
    involved = column(UInt8, "bits", "one bit a person: has or had a row", "bits")
    mortality = column(Float64x2, "1/year", "mortality of the life table by sex and age", "2,age", saved=False)
    cohort_start = column(
        Int64x2, "persons", "persons of a cell born before each year of birth, at full scale", "cell,year", saved=False
    )
    birth_zero = column(Int64, "day", "first day of each year of birth", "year", saved=False)
    male_share = column(Float64, "share", "share of men by year of birth", "year", saved=False)
    trait_key: np.uint64


class Regions(Part):
    """Where chunks and cells lie: look-ups between chunk, cell, region and federal district."""

    district = column(Int64, "index", "federal district", "R")
    of_chunk = column(Int64, "index", "region of a chunk", "chunk", saved=False)
    first_chunk = column(Int64, "index", "first chunk of a region", "R+1", saved=False)
    first_cell = column(Int64, "index", "first cell of a region", "R+1", saved=False)
    chunk_of_cell = column(Int64, "index", "first chunk of a cell", "cell", saved=False)


class Economy(Part):
    """Wages, wealth, unemployment and movement (M15)."""

    wage_level = column(Float64, "1", "mean wage relative to the country", "R")
    wealth = column(Float64, "1", "product per head relative to the country", "R")
    youth_unemployment = column(Float64, "share", "youth unemployment today, share", "R")
    street_movement = column(Float64, "1", "multiplier of demand on the street", "R")
    drop_movement = column(Float64, "1", "multiplier of demand and work for drops", "R")


class Use(Part):
    """Drug use and what moves it: perceived risk, harm, peers, availability (M2)."""

    by_state = column(Int64x2, "persons", "involved persons by use state", "R,8")
    by_channel = column(Int64x2, "persons", "people who use by usual channel", "R,3")
    risk = column(Float64, "1", "perceived risk of use, relative", "R")
    harm_sum = column(Float64, "1", "visible harm so far today", "R")
    harm_rate = column(Float64, "1/year", "visible harm per person using and year, smoothed over a year", "1")
    harm_start = column(Float64, "1/year", "the same in the first year", "1")
    harm_indicated = column(Float64, "1", "the ratio of both: what perceived risk moves towards", "1")
    peer_start = column(Float64, "share", "share of residents using at the start", "R")
    availability = column(Float64, "1", "availability of drugs, relative", "R")
    start_factor = column(Float64, "1", "multiplier of initiation", "R")
    progress_factor = column(Float64, "1", "multiplier of progression", "R")
    quit_factor = column(Float64, "1", "multiplier of quitting", "R")


class Channels(Part):
    """Where people buy, the spread of places, and the service that they meet (M1)."""

    online_pull = column(Float64, "1", "pull of buying online", "R")
    own_pull = column(Float64, "1", "pull of shops' own channels", "R")
    own_share = column(Float64, "share", "share of adopters who go to own channels", "R")
    own_level = column(Float64, "1", "share of own channels among online, plus a base", "1")
    back_push = column(Float64, "1", "push back to the street from bad service", "R")
    online_start = column(Float64, "share", "share of new people who begin online", "R")
    online_national = column(Float64, "share", "share of people who use that buy online", "1")
    settled = column(Float64, "share", "share of platform purchases today by people who have a place to buy", "1")
    region_open = column(Int64, "0/1", "1 once a place of the region is open", "R")
    class_weight = column(Float64, "1", "relative speed of opening by settlement class", "C5")
    asked_level = column(Float64, "requests/day", "wishes to buy online a day, smoothed over four weeks", "R")
    served_level = column(Float64, "requests/day", "the same that ended with a parcel found", "R")
    service = column(Float64, "share", "share of wishes served, of the two levels", "R")


class Demand(Part):
    """Which substance people choose and what they can have (M3)."""

    mix = column(Float64x2, "share", "cumulative choice of product", "R,G")
    mix_first = column(Float64, "share", "share of a product in the national mix on the first day", "G")
    mix_sum = column(Float64, "share", "work space", "G")
    national_mix = column(Float64, "share", "cumulative national mix", "G")
    taste = column(Float64, "1", "taste weight of a product", "G")
    taste_first = column(Float64, "1", "taste weight of a product on the first day", "G")
    regional_opioid = column(Float64, "1", "taste for opioids relative to the country", "R")
    street_available = column(Float64x2, "share", "probability that the street has a product", "R,G")
    street_base = column(Float64, "share", "usual availability on the street", "G")
    shelf = column(Float64x2, "share", "how well drops offer a product, 0-1", "R,G")
    displayed = column(Float64x2, "drops", "drops ready, at full scale, smoothed over two weeks", "R,G")
    product_promotion = column(Float64, "1", "promotion of a product by shops", "G")
    price_effect = column(Float64, "1", "multiplier of demand by the price of what a person uses", "G")


class Requests(Part):
    """Requests for drops that wait for the order phase, by region (work space of a day)."""

    row = column(Int64, "row", "row of the person who asks", "request", saved=False)
    rank = column(UInt64, "bits", "product (high half) and seeded priority (low half)", "request", saved=False)
    platform = column(Int64, "index", "platform on which the person asks (255: none)", "request", saved=False)
    start = column(Int64, "index", "first request of a region", "R+1", saved=False)
    n = column(Int64, "requests", "requests waiting", "R", saved=False)


class Market(Part):
    """Orders, and platforms that compete for them (M4, M5)."""

    platform_choice = column(Float64x2, "share", "cumulative choice of platform", "R,P")
    new_accounts = column(Int64x2, "accounts", "accounts opened today", "R,P")
    orders_on = column(Int64x2, "orders", "orders by platform today", "R,P")
    receipts_on = column(Int64x2, "kopecks", "receipts by platform today, kopecks", "R,P")
    platform_fixed = column(Float64, "1", "weights of platforms when shares are fixed (M4 off)", "P")
    takedown_memory = column(Float64, "1", "memory of closures, 1 is none", "1")
    promotion_level = column(Float64, "1", "promotion of all platforms, 1 under a monopoly", "1")
    presence = column(Float64, "share", "share of the region's branches that sell on an open platform", "R")
    entry_platforms = column(Int64, "bits", "platform mask of new shops", "1")
    asked_by = column(Int64x2, "requests", "requests of a product today, served or not", "R,G")
    unmet_by = column(Int64x2, "requests", "requests of a product that nobody could serve today", "R,G")
    unmet_level = column(Float64x2, "requests/day", "the same, smoothed over four weeks", "R,G")
    orders_level = column(Float64, "orders/day", "orders a day at full scale, smoothed", "1")
    orders_region = column(Float64, "orders/day", "orders a day, smoothed over four weeks", "R")


class Trade(Part):
    """Shops, their branches, prices and money (M6, M14)."""

    shop_sold = column(Int64, "orders", "orders of a shop today", "N")
    shop_missed = column(Int64, "orders", "not found of a shop today", "N")
    sold = column(Int32, "orders", "orders of a listing today", "NL")
    takings = column(Int64, "kopecks", "receipts of a branch today, kopecks", "NB")
    placed_by = column(Int64, "drops", "drops placed by a branch today", "NB")
    branch_index = column(Int32, "index", "branches in order of region", "NB")
    branch_start = column(Int64, "index", "first place of a region in branch_index", "R+1")
    orphan_cash = column(Int64, "kopecks", "cash of closed shops, kopecks", "1")
    unit_price = column(Float64, "kopecks", "price of a unit, kopecks", "G")
    reference_price = column(Float64, "kopecks", "reference price of a unit, kopecks of the first day", "G")
    real_price = column(Float64, "1", "real price relative to the reference, products weighed by the first mix", "1")
    drop_pay = column(Float64, "kopecks", "pay for one drop, kopecks", "R")
    drop_cost = column(Float64, "kopecks", "cost of one drop to the buyer, kopecks", "R")
    risk_level = column(Float64, "1/year", "risk of arrest of couriers a year, smoothed", "1")


class Labour(Part):
    """Couriers: who works, who is sought, what is paid (M7)."""

    couriers = column(Int64, "persons", "couriers", "R")
    shortage = column(Float64, "share", "share of couriers wanted that are missing, smoothed", "R")
    lack = column(Float64, "1", "the same, less than 0 where there are more than are wanted", "R")
    pay = column(Float64, "1", "pay of couriers relative to the usual", "R")
    hardship = column(Float64, "1", "economic hardship of young people, relative", "R")
    recruit_pull = column(Float64, "1", "multiplier of applications", "R")
    market_reach = column(Float64, "1", "reach of courier job offers with the size of the market", "1")
    couriers_met = column(
        Float64,
        "persons",
        "couriers whom the police of the region can meet: its share by residents of its district's",
        "R",
    )
    vacancies = column(Int64, "persons", "couriers sought in the region today", "R")
    careers = column(Int64x2, "persons", "ended courier careers by length in months", "R,M")
    deposits = column(Float64, "0/1", "1 when shops take deposits", "1")
    applications: RequestBuffer


class Stock(Part):
    """Drops: what branches ask for, what couriers can place, what is stolen or seized (M8)."""

    wanted = column(Int64x2, "drops", "drops asked for today", "R,G")
    labour_need = column(Float64, "persons", "couriers needed for what buyers of the region ask for", "R")
    hands = column(Float64, "persons", "couriers who work for a district, by number of federal district", "R")
    capacity_share = column(Float64, "share", "share of the drops asked for that couriers can place today", "R")
    capacity_left = column(
        Float64,
        "drops",
        "drops that couriers could place today beyond those asked for, by number of federal district",
        "R",
    )
    in_stock = column(Float64, "share", "share of the drops asked for that the wholesale stock can fill today", "G")
    quota = column(Int64x2, "drops", "drops granted today and not yet placed", "R,G")
    unused_quota = column(Int64x2, "drops", "quota to give back", "R,G")
    theft_today = column(Int64, "drops", "drops taken by outsiders today", "R")
    seize_drops = column(Int64, "arrests", "couriers arrested whose drops are to be seized", "R")
    seize_due = column(Int64, "drops", "drops still to be seized", "R")
    seized_by = column(Int64x2, "drops", "drops seized by product today", "R,G")


class Punishment(Part):
    """Private punishment of couriers: who is thought to have taken drops, and fear (M9)."""

    fear = column(Float64, "1", "publicity of punishment, relative", "1")
    outsiders = column(Float64, "drops/day", "drops taken by outsiders a day, smoothed", "R")
    insiders = column(Float64, "drops/day", "drops kept or lost by couriers a day, smoothed", "R")
    outsider_share = column(Float64, "share", "share of missing drops that outsiders took", "R")


class Supply(Part):
    """Production, import and the wholesale stock (M10)."""

    wholesale = column(Int64, "packages", "packages in wholesale stock", "G")
    flow = column(Float64, "packages/day", "packages asked for a day, smoothed", "G")
    routes = column(
        Float64, "packages/day", "packages asked for a day that importers are used to, smoothed over a year", "G"
    )
    cover = column(Float64, "days", "days of use in wholesale stock, smoothed", "G")
    made = column(Float64, "packages", "packages made locally today", "G")
    unfinished = column(Float64, "packages", "part of a package that laboratories have not finished", "G")
    import_share = column(Float64, "share", "share of supply that crosses a border", "G")
    import_sum = column(Float64, "packages", "packages imported in the year", "G")
    local = column(UInt8, "0/1", "1 for products of local laboratories", "G")
    precursor = column(Float64, "1", "precursor index", "1")
    seized_labs = column(Int64, "laboratories", "laboratories closed by product today", "G")


class Policing(Part):
    """Police effort by tier, the hazards of arrest that it gives, and what police learn (M11)."""

    courier_hazard = column(Float64, "1/day", "hazard of arrest of a courier, a day", "R")
    buyer_hazard = column(Float64, "1/day", "hazard of arrest of a person who uses, a day", "R")
    street_risk = column(Float64, "1", "risk of arrest on the street, relative", "R")
    pick_up_risk = column(Float64, "probability", "probability of arrest at a pick-up", "R")
    arrest_sum = column(Float64x2, "persons", "arrests of buyers and couriers since the last learning", "R,2")
    buyer_reference = column(Float64, "1/day", "reference hazard of arrest of a person who uses", "1")
    tier_effort = column(Float64, "1", "effort by tier (buyer, courier), moved by learning", "2")
    tier_plan = column(Float64, "1/year/100,000", "planned effort by tier", "2")
    success = column(Float64, "1", "memory of success by tier", "2")
    street_seized = column(Int64x2, "arrests", "arrests with drugs on the street in the year, by product", "R,G")


class Health(Part):
    """Treatment, and how often poisonings are fatal (M12)."""

    in_treatment = column(Int64, "persons", "people in treatment", "R")
    regional_fatality = column(Float64, "1", "share of poisonings that are fatal, relative to the country", "R")
    requests: RequestBuffer
    queue: Queue


class Justice(Part):
    """Charges, courts, prison and the front (M13)."""

    custody = column(Int64, "persons", "people in custody", "R")
    at_front = column(Int64, "persons", "conscripted people alive", "R")
    prisoners = column(Int64x2, "persons", "sentenced prisoners by charge", "R,3")
    court_carry = column(Float64, "cases", "part of a case of court capacity", "1")
    charges: RequestBuffer
    queue: Queue


class Tally(Part):
    """Counters and stocks of the day and of the year, for the recorder (M17)."""

    count = column(Int64x2, "count", "counters of the day", "R,K")
    stock = column(Int64x2, "count", "stocks of the day", "R,S")
    day_count = column(Int64, "count", "national counters of the day", "K")
    day_stock = column(Int64, "count", "national stocks of the day", "S")
    day_seized = column(Int64, "drops", "drops seized by product today", "G")
    year_count = column(Int64x2, "count", "counters of the year so far", "R,K")
    year_stock = column(Int64x2, "count", "sum of stocks over the days of the year", "R,S")
    year_seized = column(Int64x2, "drops", "drops seized by product in the year", "R,G")
    year_labs = column(Int64, "laboratories", "laboratories closed by product in the year", "G")
    users_by = column(Int64x3, "persons", "people who use by age band and sex, at the census", "R,B,2")
    dependent_by = column(Int64x3, "persons", "dependent people by age band and sex, at the census", "R,B,2")
    buyers_year = column(Int64, "persons", "people who bought on a platform in the last year, at the last census", "R")
    detail = column(Int64, "0/1", "1 when the census counts by age and sex", "1")


class ScanSpace(Part):
    """The daily scan: thresholds, marked persons, tops of hazards, and work space of the threads."""

    thresholds = column(
        UInt32x2, "2^-32", "part of a half of the random word that marks a person, by class", "2,class", saved=False
    )
    flag = column(UInt8x2, "bits", "flags of a block of rows", "worker,row", saved=False)
    over = column(Int64x2, "1e-6", "largest multiple of its bound above 1 of a hazard", "worker,process", saved=False)
    n_marks = column(Int64x2, "persons", "marked persons of a chunk: by lane, by either", "3,chunk", saved=False)
    marks = column(UInt16x2, "row", "marked rows within each chunk", "lane,mark", saved=False)
    top_first_use = column(Float64, "1", "largest age shape of first use in a chunk this month", "chunk", saved=False)
    top_application = column(
        Float64, "1", "largest age shape of applications in a chunk this month", "chunk", saved=False
    )
    top_death = column(Float64, "1/year", "largest mortality in a chunk this month", "chunk", saved=False)
    branch = column(Int64x2, "index", "branches of a region that have a product ready", "worker,branch", saved=False)
    weight = column(Float64x2, "1", "cumulative weights of these branches", "worker,branch", saved=False)


class World(Part):
    """Everything outside the table of persons."""

    p: ParameterTable
    on: UInt8
    q: Float64x2
    chunks: Chunks
    cells: Cells
    branches: Branches
    listings: Listings
    shops: Shops
    platforms: Platforms
    labs: Laboratories
    people: People
    regions: Regions
    economy: Economy
    use: Use
    channels: Channels
    demand: Demand
    requests: Requests
    market: Market
    trade: Trade
    labour: Labour
    stock: Stock
    punishment: Punishment
    supply: Supply
    police: Policing
    health: Health
    justice: Justice
    tally: Tally
    scan: ScanSpace


PARTS: dict[str, type[Part]] = {
    "people": People,
    "regions": Regions,
    "economy": Economy,
    "use": Use,
    "channels": Channels,
    "demand": Demand,
    "requests": Requests,
    "market": Market,
    "trade": Trade,
    "labour": Labour,
    "stock": Stock,
    "punishment": Punishment,
    "supply": Supply,
    "police": Policing,
    "health": Health,
    "justice": Justice,
    "tally": Tally,
    "scan": ScanSpace,
}
TABLES: dict[str, Table[Part]] = {
    "chunks": CHUNKS,
    "cells": CELLS,
    "branches": BRANCHES,
    "listings": LISTINGS,
    "shops": SHOPS,
    "platforms": PLATFORMS,
    "labs": LABORATORIES,
}
BUFFERS = {"labour": ("applications",), "health": ("requests", "queue"), "justice": ("charges", "queue")}
"""Buffers of requests and queues, by the part that holds them."""


def column_names() -> list[str]:
    """Return the name ``part.column`` of every column, buffer and queue."""
    names = [(name, column.name) for name, part in PARTS.items() for column in part.COLUMNS]
    buffers = [(name, buffer) for name, buffers in BUFFERS.items() for buffer in buffers]
    return [f"{part}.{column}" for part, column in (*names, *buffers, ("people", "trait_key"))]


def zero_columns(sizes: Mapping[str, int]) -> dict[str, dict[str, Array]]:
    """Return the saved columns of every part, filled with zeros; ``sizes`` gives the names in shapes."""
    sizes = {**sizes, "G": k.G, "P": k.MAX_PLATFORMS, "C5": 5, "M": CAREER_MONTHS, "R+1": sizes["R"] + 1}
    return {name: part.zeros(sizes) for name, part in PARTS.items()}


def saved_columns(world: World) -> Iterator[tuple[str, Array]]:
    """Yield every array of the world that a saved state holds, under its name there."""
    for name, table in TABLES.items():
        yield from table.to_arrays(getattr(world, name)).items()
    for name, part in PARTS.items():
        held = getattr(world, name)
        yield from ((f"{name}.{c.name}", getattr(held, c.name)) for c in part.COLUMNS if c.saved)
        for buffer in BUFFERS.get(name, ()):
            yield from ((f"{name}.{buffer}.{field}", array) for field, array in getattr(held, buffer).items())


def to_arrays(persons: Persons, world: World) -> dict[str, Array]:
    """Return the whole state as named arrays."""
    return PERSONS.to_arrays(persons) | dict(saved_columns(world))


def from_arrays(
    arrays: Mapping[str, Array], alone: Mapping[str, object], fixed: Mapping[str, Mapping[str, object]]
) -> tuple[Persons, World]:
    """Rebuild persons and world from named arrays and what is derived anew: alone, and by part."""
    tables = {name: Bundle.of(name, table.from_arrays(arrays)) for name, table in TABLES.items()}
    parts: dict[str, dict[str, object]] = {name: dict(fixed.get(name, {})) for name in PARTS}
    for name, part in PARTS.items():
        held = parts[name]
        held.update({c.name: np.array(arrays[f"{name}.{c.name}"]) for c in part.COLUMNS if c.saved})
        for buffer in BUFFERS.get(name, ()):
            kind: type[Part] = Queue if buffer == "queue" else RequestBuffer
            columns = {c.name: np.array(arrays[f"{name}.{buffer}.{c.name}"]) for c in kind.COLUMNS}
            held[buffer] = kind(kind.__name__, columns)
    return Persons.of("persons", PERSONS.from_arrays(arrays)), make_world({**alone, **tables}, parts)


def make_world(alone: Mapping[str, object], columns: Mapping[str, Mapping[str, object]]) -> World:
    """Return the world from what is in no part, and from the columns of each part, always in the same order."""
    parts = {name: part(name, _in_order(columns[name])) for name, part in PARTS.items()}
    return World("World", {**{name: alone[name] for name in ("p", "on", "q", *TABLES)}, **parts})


def _in_order(columns: Mapping[str, object]) -> dict[str, object]:
    return {name: columns[name] for name in sorted(columns)}
