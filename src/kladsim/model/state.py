"""The state of the world as a value: tables, regional and national columns, mail and queues; all of it can be
saved.

``FIELDS`` is the schema of everything that is not a table: name, type, shape, unit and meaning. Shapes name the
number of regions R, products G, platforms P, stocks S, counters K and so on. A state is written to an open
format (a zip of NumPy arrays, never pickle) and read back to the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kladsim.core.bundle import Bundle
from kladsim.core.population import CHUNKS
from kladsim.model import codes as k
from kladsim.model.counters import COUNT
from kladsim.model.entities import BRANCHES, CELLS, LABORATORIES, LISTINGS, PERSONS, PLATFORMS, SHOPS
from kladsim.model.mail import MAIL, QUEUE
from kladsim.model.tallies import N_BANDS, N_STOCKS

CAREER_MONTHS = 60


@dataclass(frozen=True)
class Field:
    """One column of the state outside the tables."""

    name: str
    dtype: str
    shape: str
    doc: str


def _rows(text: str, dtype: str, shape: str) -> tuple[Field, ...]:
    pairs = [line.strip().split(": ", 1) for line in text.strip().splitlines()]
    return tuple(Field(name, dtype, shape, doc) for name, doc in pairs)


REGIONAL_FLOATS = _rows(
    """
    risk: perceived risk of use, relative
    harm_sum: visible harm so far today
    peer_start: share of residents using at the start
    availability: availability of drugs, relative
    start_factor: multiplier of initiation
    progress_factor: multiplier of progression
    quit_factor: multiplier of quitting
    online_pull: pull of buying online
    own_pull: pull of shops' own channels
    own_share: share of adopters who go to own channels
    back_push: push back to the street from bad service
    online_start: share of new people who begin online
    street_risk: risk of arrest on the street, relative
    pick_up_risk: probability of arrest at a pick-up
    asked_level: wishes to buy online a day, smoothed over four weeks
    served_level: the same that ended with a parcel found
    service: share of wishes served, of the two levels
    presence: share of the region's branches that sell on an open platform
    hardship: economic hardship of young people, relative
    shortage: share of couriers wanted that are missing, smoothed
    lack: the same, less than 0 where there are more than are wanted
    pay: pay of couriers relative to the usual
    recruit_pull: multiplier of applications
    drop_pay: pay for one drop, kopecks
    drop_cost: cost of one drop to the buyer, kopecks
    couriers_met: couriers whom the police of the region can meet: its share by residents of its district's
    hands: couriers who work for a district, by number of federal district
    labour_need: couriers needed for what buyers of the region ask for
    capacity_share: share of the drops asked for that couriers can place today
    capacity_left: drops that couriers could place today beyond those asked for, by number of federal district
    street_movement: multiplier of demand on the street
    drop_movement: multiplier of demand and work for drops
    courier_hazard: hazard of arrest of a courier, a day
    buyer_hazard: hazard of arrest of a person who uses, a day
    outsiders: drops taken by outsiders a day, smoothed
    insiders: drops kept or lost by couriers a day, smoothed
    outsider_share: share of missing drops that outsiders took
    orders_region: orders a day, smoothed over four weeks
    regional_fatality: share of poisonings that are fatal, relative to the country
    regional_opioid: taste for opioids relative to the country
    wage_level: mean wage relative to the country
    wealth: product per head relative to the country
    youth_unemployment: youth unemployment today, share
    """,
    "f8",
    "R",
)
REGIONAL_COUNTS = _rows(
    """
    alive: residents aged 14-64
    couriers: couriers
    custody: people in custody
    at_front: conscripted people alive
    in_treatment: people in treatment
    district: federal district
    vacancies: couriers sought in the region today
    region_open: 1 once a place of the region is open
    request_n: requests waiting
    seize_drops: couriers arrested whose drops are to be seized
    seize_due: drops still to be seized
    theft_today: drops taken by outsiders today
    buyers_year: people who bought on a platform in the last year, at the last census
    """,
    "i8",
    "R",
)
OTHER = (
    Field("use_count", "i8", "R,8", "involved persons by use state"),
    Field("channel_count", "i8", "R,3", "people who use by usual channel"),
    Field("prisoners", "i8", "R,3", "sentenced prisoners by charge"),
    Field("mix", "f8", "R,G", "cumulative choice of product"),
    Field("street_available", "f8", "R,G", "probability that the street has a product"),
    Field("shelf", "f8", "R,G", "how well drops offer a product, 0-1"),
    Field("displayed", "f8", "R,G", "drops ready, at full scale, smoothed over two weeks"),
    Field("platform_choice", "f8", "R,P", "cumulative choice of platform"),
    Field("new_accounts", "i8", "R,P", "accounts opened today"),
    Field("orders_on", "i8", "R,P", "orders by platform today"),
    Field("receipts_on", "i8", "R,P", "receipts by platform today, kopecks"),
    Field("wanted_stock", "i8", "R,G", "drops asked for today"),
    Field("asked_by", "i8", "R,G", "requests of a product today, served or not"),
    Field("unmet_by", "i8", "R,G", "requests of a product that nobody could serve today"),
    Field("unmet_level", "f8", "R,G", "the same, smoothed over four weeks"),
    Field("quota", "i8", "R,G", "drops granted today and not yet placed"),
    Field("wholesale_back", "i8", "R,G", "quota to give back"),
    Field("seized_by", "i8", "R,G", "drops seized by product today"),
    Field("arrest_sum", "f8", "R,2", "arrests of buyers and couriers since the last learning"),
    Field("careers", "i8", "R,M", "ended courier careers by length in months"),
    Field("count", "i8", "R,K", "counters of the day"),
    Field("stock", "i8", "R,S", "stocks of the day"),
    Field("year_count", "i8", "R,K", "counters of the year so far"),
    Field("year_stock", "i8", "R,S", "sum of stocks over the days of the year"),
    Field("year_seized", "i8", "R,G", "drops seized by product in the year"),
    Field("street_seized", "i8", "R,G", "arrests with drugs on the street in the year, by product"),
    Field("import_sum", "f8", "G", "packages imported in the year"),
    Field("users_by", "i8", "R,B,2", "people who use by age band and sex, at the census"),
    Field("dependent_by", "i8", "R,B,2", "dependent people by age band and sex, at the census"),
    Field("day_count", "i8", "K", "national counters of the day"),
    Field("day_stock", "i8", "S", "national stocks of the day"),
    Field("day_seized", "i8", "G", "drops seized by product today"),
    Field("year_labs", "i8", "G", "laboratories closed by product in the year"),
    Field("seized_labs", "i8", "G", "laboratories closed by product today"),
    Field("wholesale", "i8", "G", "packages in wholesale stock"),
    Field("flow", "f8", "G", "packages asked for a day, smoothed"),
    Field("routes", "f8", "G", "packages asked for a day that importers are used to, smoothed over a year"),
    Field("cover", "f8", "G", "days of use in wholesale stock, smoothed"),
    Field("made", "f8", "G", "packages made locally today"),
    Field("unfinished", "f8", "G", "part of a package that laboratories have not finished"),
    Field("unit_price", "f8", "G", "price of a unit, kopecks"),
    Field("reference_price", "f8", "G", "reference price of a unit, kopecks of the first day"),
    Field("taste", "f8", "G", "taste weight of a product"),
    Field("taste_first", "f8", "G", "taste weight of a product on the first day"),
    Field("mix_first", "f8", "G", "share of a product in the national mix on the first day"),
    Field("product_promotion", "f8", "G", "promotion of a product by shops"),
    Field("street_base", "f8", "G", "usual availability on the street"),
    Field("import_share", "f8", "G", "share of supply that crosses a border"),
    Field("local", "u1", "G", "1 for products of local laboratories"),
    Field("national_mix", "f8", "G", "cumulative national mix"),
    Field("mix_sum", "f8", "G", "work space"),
    Field("platform_fixed", "f8", "P", "weights of platforms when shares are fixed (M4 off)"),
    Field("class_weight", "f8", "C5", "relative speed of opening by settlement class"),
    Field("harm_rate", "f8", "1", "visible harm per person using and year, smoothed over a year"),
    Field("harm_start", "f8", "1", "the same in the first year"),
    Field("harm_indicated", "f8", "1", "the ratio of both: what perceived risk moves towards"),
    Field("fear", "f8", "1", "publicity of punishment, relative"),
    Field("deposits", "f8", "1", "1 when shops take deposits"),
    Field("takedown_memory", "f8", "1", "memory of closures, 1 is none"),
    Field("promotion_level", "f8", "1", "promotion of all platforms, 1 under a monopoly"),
    Field("online_national", "f8", "1", "share of people who use that buy online"),
    Field("settled", "f8", "1", "share of platform purchases today by people who have a place to buy"),
    Field("own_level", "f8", "1", "share of own channels among online, plus a base"),
    Field("orders_level", "f8", "1", "orders a day at full scale, smoothed"),
    Field("market_reach", "f8", "1", "reach of courier job offers with the size of the market"),
    Field("risk_level", "f8", "1", "risk of arrest of couriers a year, smoothed"),
    Field("real_price", "f8", "1", "real price relative to the reference, products weighed by the first mix"),
    Field("in_stock", "f8", "G", "share of the drops asked for that the wholesale stock can fill today"),
    Field("price_effect", "f8", "G", "multiplier of demand by the price of what a person uses"),
    Field("precursor", "f8", "1", "precursor index"),
    Field("buyer_reference", "f8", "1", "reference hazard of arrest of a person who uses"),
    Field("tier_effort", "f8", "2", "effort by tier (buyer, courier), moved by learning"),
    Field("tier_plan", "f8", "2", "planned effort by tier"),
    Field("success", "f8", "2", "memory of success by tier"),
    Field("entry_platforms", "i8", "1", "platform mask of new shops"),
    Field("orphan_cash", "i8", "1", "cash of closed shops, kopecks"),
    Field("court_carry", "f8", "1", "part of a case of court capacity"),
    Field("detail", "i8", "1", "1 when the census counts by age and sex"),
    Field("shop_sold", "i8", "N", "orders of a shop today"),
    Field("shop_missed", "i8", "N", "not found of a shop today"),
    Field("takings", "i8", "NB", "receipts of a branch today, kopecks"),
    Field("placed_by", "i8", "NB", "drops placed by a branch today"),
    Field("branch_index", "i4", "NB", "branches in order of region"),
    Field("branch_start", "i8", "R+1", "first place of a region in branch_index"),
    Field("sold", "i4", "NL", "orders of a listing today"),
    Field("gone", "u1", "bits", "one bit a person: dead or over age"),
    Field("involved", "u1", "bits", "one bit a person: has or had a row"),
)
FIELDS = (*REGIONAL_FLOATS, *REGIONAL_COUNTS, *OTHER)

FIXED = (
    "p",
    "on",
    "q",
    "mortality",
    "cohort_start",
    "birth_zero",
    "male_share",
    "chunk_region",
    "region_cell",
    "region_chunk",
    "cell_chunk",
    "trait_key",
    "request_row",
    "request_rank",
    "request_platform",
    "request_start",
    "scratch_branch",
    "scratch_weight",
    "thresholds",
    "flag",
    "over",
    "n_marks",
    "marks",
    "top_first_use",
    "top_application",
    "top_death",
)
"""What is derived from pack, parameters and scale, or is work space: never saved."""

PARTS = ("chunks", "cells", "branches", "listings", "shops", "platforms", "labs")
MAILS = ("apply_mail", "charge_mail", "treat_mail")
QUEUES = ("charge_queue", "treat_queue")

TABLES = {
    "chunks": CHUNKS,
    "cells": CELLS,
    "branches": BRANCHES,
    "listings": LISTINGS,
    "shops": SHOPS,
    "platforms": PLATFORMS,
    "labs": LABORATORIES,
}


def shape_of(field: Field, sizes: dict[str, int]) -> tuple[int, ...]:
    """Return the shape of a field for given sizes."""
    known = {
        **sizes,
        "G": k.G,
        "P": k.MAX_PLATFORMS,
        "K": COUNT,
        "S": N_STOCKS,
        "B": N_BANDS,
        "C5": 5,
        "M": CAREER_MONTHS,
        "R+1": sizes["R"] + 1,
    }
    return tuple(known[part] if part in known else int(part) for part in field.shape.split(","))


def fresh_fields(sizes: dict[str, int]) -> dict[str, np.ndarray]:
    """Return all fields filled with zeros."""
    return {field.name: np.zeros(shape_of(field, sizes), field.dtype) for field in FIELDS}


def to_arrays(persons: Any, world: Any) -> dict[str, np.ndarray]:
    """Return the whole state as named arrays."""
    arrays = PERSONS.to_arrays(persons)
    for part in PARTS:
        arrays.update(TABLES[part].to_arrays(getattr(world, part)))
    for name in (*MAILS, *QUEUES):
        for field, array in getattr(world, name).items():
            arrays[f"{name}.{field}"] = array
    for entry in FIELDS:
        arrays[f"world.{entry.name}"] = getattr(world, entry.name)
    return arrays


def from_arrays(arrays: dict[str, np.ndarray], fixed: dict[str, Any]) -> tuple[Any, Any]:
    """Rebuild persons and world from named arrays and what is derived anew."""
    values: dict[str, Any] = dict(fixed)
    for part in PARTS:
        values[part] = Bundle.of(part, TABLES[part].from_arrays(arrays))
    for names, kind, fields in ((MAILS, "Mail", MAIL), (QUEUES, "Queue", QUEUE)):
        for name in names:
            values[name] = Bundle(kind, {field: np.array(arrays[f"{name}.{field}"]) for field in fields})
    for entry in FIELDS:
        values[entry.name] = np.array(arrays[f"world.{entry.name}"])
    return Bundle.of("persons", PERSONS.from_arrays(arrays)), world_of(values)


def world_of(values: dict[str, Any]) -> Bundle:
    """Return the world as one bundle, its fields always in the same order."""
    names = (*FIXED, *PARTS, *MAILS, *QUEUES, *(field.name for field in FIELDS))
    return Bundle("World", {name: values[name] for name in names})
