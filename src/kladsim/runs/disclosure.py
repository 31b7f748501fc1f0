"""How finely each outcome may leave, by name: no outcome leaves without a class (responsible use, rule 2).

A class names the finest cells; what an outcome declares of itself may be coarser, never finer. Cells are coarse because
a finer number would mislead or is nobody's policy question, not because anybody could be recognised: the persons are
synthetic. Which cells are too noisy to be read is told elsewhere (``noise``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kladsim.core.errors import KladsimError

Cell = tuple[str, ...]

FINEST: Mapping[str, tuple[Cell, ...]] = {
    "health": (("year", "region", "age", "sex"), ("month",)),
    "justice": (("year", "region"), ("month",)),
    "supply": (("day",), ("quarter", "district")),
    "coverage": (("year", "region"),),
    "enforcement": (("year", "tier"),),
    "risk": (("year",),),
    "observation": (("month",), ("year", "region")),
    "window": (),
}
"""The finest cells of each class; "window" is supply in a pack's past validation window, which has its own check."""

NAMES: Mapping[str, tuple[str, ...]] = {
    "health": (
        "people_who_use", "dependent", "in_treatment", "initiations", "deaths", "deaths_poisoning",
        "poisonings_nonfatal", "psychoses", "treatment_starts", "people_who_use_by_age", "dependent_by_age",
        "victims_of_punishment", "victims_punished_falsely", "deaths_at_front",
    ),
    "justice": ("convictions_trafficking", "convictions_possession", "prison_years"),
    "supply": (
        "platform_receipts_usd", "drug_receipts_usd", "own_channel_receipts_usd", "orders", "order_value_usd",
        "street_share", "price_index", "ready_stock", "stock_days", "not_found_share", "drops_stolen", "shops",
        "couriers", "recruits", "courier_pay", "courier_career_months", "platforms_open", "platforms_effective",
        "leader_share", "active_buyers", "scrape_packages", "scrape_sales_usd", "scrape_shops", "scrape_offers",
        "active_shops", "active_offers", "scrape_stock_days",
    ),
    "coverage": ("coverage",),
    "enforcement": (
        "laboratories_closed", "arrests_courier", "arrests_buyer", "arrests_minor", "convictions_minor",
        "convictions_young_share", "diverted",
    ),
    "risk": ("arrest_risk_courier",),
    "observation": (
        "drug_share_of_prisoners", "synthetic_share_of_seizures", "registered_drug_crimes", "registered_dependent",
        "registered_deaths", "platform_accounts", "traced_receipts_usd", "arrests_online_share",
        "persons_apprehended", "apprehended_cannabis", "apprehended_narcotics", "apprehended_psychotropics",
        "purchases",
    ),
    "window": ("window_orders", "window_packages", "window_sales_usd", "window_shops", "window_offers"),
}  # fmt: skip
"""Every outcome of the model by its class."""

CLASSES: Mapping[str, str] = {name: kind for kind, names in NAMES.items() for name in names}

SELLERS = (
    "shops", "active_shops", "scrape_shops", "active_offers", "scrape_offers", "window_shops", "window_offers",
)  # fmt: skip
"""Counts of shops and their listings, of which a sample of persons holds finer ones (``model.samples``)."""

NOT_SCALED = ("platforms_open", "platforms_effective")
"""Counts of things that the model holds whole at every scale."""


class ResolutionError(KladsimError):
    """An outcome was about to leave in a cell finer than its class allows, or has no class."""


def class_of(outcome: Any) -> str:
    """Return the disclosure class of an outcome: as listed here, else as its declaration says (``disclosure``).

    Raises
    ------
    ResolutionError : neither names a class
    """
    name = str(getattr(outcome, "name", outcome))
    kind = CLASSES.get(name) or str(getattr(outcome, "disclosure", ""))
    if kind not in FINEST:
        raise ResolutionError(
            f"{name}: has no disclosure class and so may not leave the model; name one in runs/disclosure.py: "
            f"{', '.join(FINEST)}"
        )
    return kind
