"""Daily counters: whole numbers by region, set to zero every morning, read by the recorder every night.

Each counter is a column of ``w.tally.count[region, counter]``. Regions are worked on by one thread at a time, so the
counters need no locks and their sums do not depend on the order of work. A counter is declared once, as a constant.
"""

from __future__ import annotations

(
    # persons: every change of the number of residents aged 14-64, by cause
    ENTRIES, EXITS_AGE, DEATHS_BACKGROUND, DEATHS_EXCESS, DEATHS_POISONING, DEATHS_PUNISHMENT, DEATHS_FRONT,
    CONSCRIPTED,
    # use
    INITIATIONS, QUITS, RELAPSES, REMISSIONS, TREATMENT_STARTS, TREATMENT_ENDS, PSYCHOSES, POISONINGS_NONFATAL,
    TREATMENT_REQUESTS, DEATHS_AFTER_RELEASE,
    # demand and orders
    WISHES, STREET_PURCHASES, REQUESTS, ORDERS, ORDERS_OFF_PLATFORM, PREORDERS, UNMET, DISPLACED, NOT_FOUND,
    SWITCHES, ADOPTIONS,
    # packages by fate
    PLACED, PICKED_UP, STOLEN_BY_THIEVES, KEPT_BY_COURIERS, SEIZED_DROPS, LOST_DROPS, IMPORTED, PRODUCED,
    WRITTEN_OFF,
    # money in kopecks
    REVENUE, REVENUE_OFF_PLATFORM, REVENUE_STREET, FEES, COURIER_PAY, SUPPLY_COST, PROMOTION_COST, CASH_OUT_LOSS,
    REFUNDS,
    # couriers
    RECRUITS, RECRUITS_FEMALE, APPLICATIONS, COURIER_QUITS, COURIER_OTHER_EXITS, PUNISHED, PUNISHED_FALSELY,
    COURIER_DAYS, VACANCIES,
    # justice
    ARRESTS_BUYER, ARRESTS_COURIER, ARRESTS_DEALER, ARRESTS_MINOR, CONVICTIONS_POSSESSION, CONVICTIONS_TRAFFICKING,
    CONVICTIONS_COURIER, CONVICTIONS_MINOR, CONVICTIONS_YOUNG, DIVERTED, PRISON_ENTRIES, RELEASES, SHOPS_CLOSED,
    LABORATORIES_CLOSED,
    # exact exposure, for rates
    OFFERS, COVERED_PERSONS,
) = range(72)  # fmt: skip

INDEX = {name.lower(): number for name, number in tuple(globals().items()) if name.isupper()}
"""Column of each counter by name, in the order in which the constants are declared."""
NAMES = tuple(INDEX)
COUNT = len(NAMES)
