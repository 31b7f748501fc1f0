"""The register of unit costs and weights of health: what an event costs, who pays, and what health it takes.

Names are ``cost.PAYER.ITEM``, ``weight.KIND.ITEM`` and ``threshold.ITEM``. No run depends on these numbers: they value
what a run counts.
"""

from __future__ import annotations

from functools import cache

from kladsim.core.errors import unknown_name
from kladsim.evidence.register import Parameter, Register, read_register
from kladsim.evidence.tables import DATA

FILE = "costs.toml"
PAYERS = ("police", "justice", "health", "social")


@cache
def load_costs() -> Register:
    """Return the register of unit costs and weights that ships with kladsim."""
    return read_register(DATA / FILE)


def unit_cost(item: str, where: str = "costs") -> Parameter:
    """Return the unit cost of an item named ``PAYER.ITEM``; raise InputError with the nearest name."""
    known = load_costs()
    name = f"cost.{item}"
    if name not in known:
        items = [entry.removeprefix("cost.") for entry in known if entry.startswith("cost.")]
        raise unknown_name("cost item", item, items, where=where)
    return known[name]


def payer_of(item: str) -> str:
    """Return who pays for an item; raise InputError with the nearest name if there is no such payer."""
    payer = item.split(".", 1)[0]
    if payer not in PAYERS:
        raise unknown_name("payer", payer, PAYERS, where=f"cost item {item!r}")
    return payer
