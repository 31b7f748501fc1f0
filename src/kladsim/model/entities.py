"""Schemas of everybody and everything in the model (MODEL section 2)."""

from __future__ import annotations

from kladsim.core.arrays import Float64, Int32, Int64, UInt8, UInt16
from kladsim.core.columns import Part, Table, column
from kladsim.core.population import Active


class Persons(Active):
    """A resident aged 14-64 who has ever used drugs or worked as a courier; everybody else costs two bits."""

    use = column(UInt8, "state", "use state: none, light, heavy, dependent, treatment, remitted, stable")
    substance = column(UInt8, "product", "main substance")
    channel = column(UInt8, "channel", "usual channel: street, platform, off-platform")
    platform = column(UInt8, "platform", "platform of the account in use (255: none)")
    flags = column(
        UInt8,
        "bits",
        "courier, pledged identity papers, waiting, charged, custody, convicted, at the front",
    )
    caution = column(
        UInt8,
        "steps",
        "own perceived risk after bad events; each step fades with successful purchases (in treatment "
        "and in remission: 254 was a heavy user, 255 was dependent)",
    )
    charge = column(UInt8, "charge", "pending or last charge: none, possession, trafficking")
    employer = column(Int32, "branch", "branch the courier works for (-1: none)")
    since = column(UInt16, "day", "day of the last change of use state")
    role_since = column(UInt16, "day", "day the courier began")
    until = column(UInt16, "day", "end of custody or treatment, or day of release")
    last_buy = column(UInt16, "day + 1", "day after the last platform purchase (0: never)")


class Cells(Part):
    """A region x settlement class: the finest place inside the engine; nothing leaves the model at this level."""

    region = column(Int32, "index", "region")
    klass = column(Int32, "index", "settlement class")
    first = column(Int64, "index", "first entity (a multiple of eight)")
    base = column(Int64, "index", "person number at full scale of the cell's eldest person")
    size = column(Int64, "persons", "entities of all birth years")
    alive = column(Int64, "persons", "residents aged 14-64 now")
    opened = column(Int32, "day", "day drops were first on offer (-1: not yet)", default=-1)


class Branches(Part):
    """A shop's presence in a region."""

    shop = column(Int32, "index", "shop (-1: free slot)", default=-1)
    region = column(Int32, "index", "region")
    couriers = column(Int32, "persons", "couriers now")
    wanted = column(Int32, "persons", "couriers wanted")
    reports = column(Float64, "1/day", "not-found reports, smoothed over two weeks")
    punish = column(Float64, "1/day", "hazard of punishment for a courier of this branch")
    sold = column(Int32, "orders", "orders today")
    missed = column(Int32, "orders", "not found today")


class Listings(Part):
    """A branch x product: row = branch x 7 + product."""

    ready = column(Int32, "drops", "drops that the shop believes ready")
    missing = column(Int32, "drops", "of these, drops that are not there any more or never were")
    want = column(Int32, "drops", "drops asked for today")
    sales = column(Float64, "orders/day", "sales, smoothed over four weeks")
    on_sale = column(UInt8, "0/1", "whether the branch sells this product")


class Shops(Part):
    """A shop: an aggregate that sells through couriers; never a real one."""

    alive = column(UInt8, "0/1", "open")
    born = column(Int32, "day", "day of entry")
    products = column(UInt16, "bits", "products on sale")
    platforms = column(UInt16, "bits", "platforms it sells on; bit 15: its own channel")
    reputation = column(Float64, "0-1", "share of orders found, smoothed, as buyers see it")
    quality = column(Float64, "0-1", "care that the shop takes")
    harshness = column(Float64, "1", "how readily it punishes couriers")
    promotion = column(Float64, "1", "visibility bought, relative")
    sales = column(Float64, "orders/day", "sales, smoothed")
    reach = column(Float64, "1", "size trait: relative number of branches")
    home = column(Int32, "index", "home region")
    cash = column(Int64, "kopecks", "cash")
    seek = column(Int32, "day", "day it lost its last platform (-1: it has one)", default=-1)


class Platforms(Part):
    """A platform: a two-sided market; never sampled, always anonymous."""

    state = column(UInt8, "0/1/2", "0 free slot, 1 open, 2 closed")
    born = column(Int32, "day", "day of opening")
    closed = column(Int32, "day", "day of closing (-1: open)", default=-1)
    fee = column(Float64, "share", "commission on a sale")
    trust = column(Float64, "1", "how far buyers trust it")
    promotion = column(Float64, "1", "effort of promotion")
    volume = column(Float64, "orders/day", "orders, smoothed over two weeks, at full scale")
    capacity = column(Float64, "orders/day", "orders it can carry well")
    today = column(Int64, "orders", "orders today")
    receipts = column(Int64, "kopecks", "receipts today")
    shops = column(Int64, "shops", "shops selling on it")
    accounts = column(Int64, "accounts", "accounts ever opened")
    coverage = column(Float64, "0-1", "share of residents within reach of its listings")


class Laboratories(Part):
    """A clandestine laboratory."""

    alive = column(UInt8, "0/1", "in operation")
    product = column(Int32, "index", "product")
    born = column(Int32, "day", "first day")
    output = column(Float64, "packages/day", "output at full precursor supply")
    region = column(Int32, "index", "region")


PERSONS = Table.of(Persons)
CELLS = Table.of(Cells)
BRANCHES = Table.of(Branches)
LISTINGS = Table.of(Listings)
SHOPS = Table.of(Shops)
PLATFORMS = Table.of(Platforms)
LABORATORIES = Table.of(Laboratories)
ALL_TABLES = (PERSONS, CELLS, BRANCHES, LISTINGS, SHOPS, PLATFORMS, LABORATORIES)
