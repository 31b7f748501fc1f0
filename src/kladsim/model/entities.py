"""Schemas of everybody and everything in the model (MODEL section 2); growing, saving and describing go through
them.
"""

from __future__ import annotations

from kladsim.core.columns import Column, Table
from kladsim.core.population import active_table

PERSONS = active_table(
    "persons",
    (
        Column("use", "u1", "state", "use state: none, light, heavy, dependent, treatment, remitted, stable"),
        Column("substance", "u1", "product", "main substance"),
        Column("channel", "u1", "channel", "usual channel: street, platform, off-platform"),
        Column("platform", "u1", "platform", "platform of the account in use (255: none)"),
        Column(
            "flags",
            "u1",
            "bits",
            "courier, pledged identity papers, waiting, charged, custody, convicted, at the front",
        ),
        Column(
            "caution",
            "u1",
            "steps",
            "own perceived risk after bad events; each step fades with successful purchases "
            "(in treatment and in remission: 254 was a heavy user, 255 was dependent)",
        ),
        Column("charge", "u1", "charge", "pending or last charge: none, possession, trafficking"),
        Column("employer", "i4", "branch", "branch the courier works for (-1: none)"),
        Column("since", "u2", "day", "day of the last change of use state"),
        Column("role_since", "u2", "day", "day the courier began"),
        Column("until", "u2", "day", "end of custody or treatment, or day of release"),
        Column("last_buy", "u2", "day + 1", "day after the last platform purchase (0: never)"),
    ),
    "A resident aged 14-64 who has ever used drugs or worked as a courier; everybody else costs two bits.",
)

CELLS = Table(
    "cells",
    (
        Column("region", "i4", "index", "region"),
        Column("klass", "i4", "index", "settlement class"),
        Column("first", "i8", "index", "first entity (a multiple of eight)"),
        Column("base", "i8", "index", "person number at full scale of the cell's eldest person"),
        Column("size", "i8", "persons", "entities of all birth years"),
        Column("alive", "i8", "persons", "residents aged 14-64 now"),
        Column("opened", "i4", "day", "day drops were first on offer (-1: not yet)", -1),
    ),
    "A region x settlement class: the finest place inside the engine; nothing leaves the model at this level.",
)

BRANCHES = Table(
    "branches",
    (
        Column("shop", "i4", "index", "shop (-1: free slot)", -1),
        Column("region", "i4", "index", "region"),
        Column("couriers", "i4", "persons", "couriers now"),
        Column("wanted", "i4", "persons", "couriers wanted"),
        Column("reports", "f8", "1/day", "not-found reports, smoothed over two weeks"),
        Column("punish", "f8", "1/day", "hazard of punishment for a courier of this branch"),
        Column("sold", "i4", "orders", "orders today"),
        Column("missed", "i4", "orders", "not found today"),
    ),
    "A shop's presence in a region.",
)

LISTINGS = Table(
    "listings",
    (
        Column("ready", "i4", "drops", "drops that the shop believes ready"),
        Column("missing", "i4", "drops", "of these, drops that are not there any more or never were"),
        Column("want", "i4", "drops", "drops asked for today"),
        Column("sales", "f8", "orders/day", "sales, smoothed over four weeks"),
        Column("on_sale", "u1", "0/1", "whether the branch sells this product"),
    ),
    "A branch x product: row = branch x 7 + product.",
)

SHOPS = Table(
    "shops",
    (
        Column("alive", "u1", "0/1", "open"),
        Column("born", "i4", "day", "day of entry"),
        Column("products", "u2", "bits", "products on sale"),
        Column("platforms", "u2", "bits", "platforms it sells on; bit 15: its own channel"),
        Column("reputation", "f8", "0-1", "share of orders found, smoothed, as buyers see it"),
        Column("quality", "f8", "0-1", "care that the shop takes"),
        Column("harshness", "f8", "1", "how readily it punishes couriers"),
        Column("promotion", "f8", "1", "visibility bought, relative"),
        Column("sales", "f8", "orders/day", "sales, smoothed"),
        Column("reach", "f8", "1", "size trait: relative number of branches"),
        Column("home", "i4", "index", "home region"),
        Column("cash", "i8", "kopecks", "cash"),
        Column("seek", "i4", "day", "day it lost its last platform (-1: it has one)", -1),
    ),
    "A shop: an aggregate that sells through couriers; never a real one.",
)

PLATFORMS = Table(
    "platforms",
    (
        Column("state", "u1", "0/1/2", "0 free slot, 1 open, 2 closed"),
        Column("born", "i4", "day", "day of opening"),
        Column("closed", "i4", "day", "day of closing (-1: open)", -1),
        Column("fee", "f8", "share", "commission on a sale"),
        Column("trust", "f8", "1", "how far buyers trust it"),
        Column("promotion", "f8", "1", "effort of promotion"),
        Column("volume", "f8", "orders/day", "orders, smoothed over two weeks, at full scale"),
        Column("capacity", "f8", "orders/day", "orders it can carry well"),
        Column("today", "i8", "orders", "orders today"),
        Column("receipts", "i8", "kopecks", "receipts today"),
        Column("shops", "i8", "shops", "shops selling on it"),
        Column("accounts", "i8", "accounts", "accounts ever opened"),
        Column("coverage", "f8", "0-1", "share of residents within reach of its listings"),
    ),
    "A platform: a two-sided market; never sampled, always anonymous.",
)

LABORATORIES = Table(
    "laboratories",
    (
        Column("alive", "u1", "0/1", "in operation"),
        Column("product", "i4", "index", "product"),
        Column("born", "i4", "day", "first day"),
        Column("output", "f8", "packages/day", "output at full precursor supply"),
        Column("region", "i4", "index", "region"),
    ),
    "A clandestine laboratory.",
)

ALL_TABLES = (PERSONS, CELLS, BRANCHES, LISTINGS, SHOPS, PLATFORMS, LABORATORIES)
