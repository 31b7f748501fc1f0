"""Daily counters: whole numbers by region, set to zero every morning, read by the recorder every night.

Each counter is a column of ``w.tally.count[region, counter]``. Regions are worked on by one thread at a time, so the
counters need no locks and their sums do not depend on the order of work.
"""

from __future__ import annotations

NAMES = (
    # persons: every change of the number of residents aged 14-64, by cause
    "entries",
    "exits_age",
    "deaths_background",
    "deaths_excess",
    "deaths_poisoning",
    "deaths_punishment",
    "deaths_front",
    "conscripted",
    # use
    "initiations",
    "quits",
    "relapses",
    "remissions",
    "treatment_starts",
    "treatment_ends",
    "psychoses",
    "poisonings_nonfatal",
    "treatment_requests",
    "deaths_after_release",
    # demand and orders
    "wishes",
    "street_purchases",
    "requests",
    "orders",
    "orders_off_platform",
    "preorders",
    "unmet",
    "displaced",
    "not_found",
    "switches",
    "adoptions",
    # packages by fate
    "placed",
    "picked_up",
    "stolen_by_thieves",
    "kept_by_couriers",
    "seized_drops",
    "lost_drops",
    "imported",
    "produced",
    "written_off",
    # money in kopecks
    "revenue",
    "revenue_off_platform",
    "revenue_street",
    "fees",
    "courier_pay",
    "supply_cost",
    "promotion_cost",
    "cash_out_loss",
    "refunds",
    # couriers
    "recruits",
    "recruits_female",
    "applications",
    "courier_quits",
    "courier_other_exits",
    "punished",
    "punished_falsely",
    "courier_days",
    "vacancies",
    # justice
    "arrests_buyer",
    "arrests_courier",
    "arrests_dealer",
    "arrests_minor",
    "convictions_possession",
    "convictions_trafficking",
    "convictions_courier",
    "convictions_minor",
    "convictions_young",
    "diverted",
    "prison_entries",
    "releases",
    "shops_closed",
    "laboratories_closed",
    # exact exposure, for rates
    "offers",
    "covered_persons",
)

COUNT = len(NAMES)
INDEX = {name: i for i, name in enumerate(NAMES)}

(
    ENTRIES, EXITS_AGE, DEATHS_BACKGROUND, DEATHS_EXCESS, DEATHS_POISONING, DEATHS_PUNISHMENT, DEATHS_FRONT,
    CONSCRIPTED,
    INITIATIONS, QUITS, RELAPSES, REMISSIONS, TREATMENT_STARTS, TREATMENT_ENDS, PSYCHOSES,
    POISONINGS_NONFATAL, TREATMENT_REQUESTS, DEATHS_AFTER_RELEASE,
    WISHES, STREET_PURCHASES, REQUESTS, ORDERS, ORDERS_OFF_PLATFORM, PREORDERS, UNMET, DISPLACED,
    NOT_FOUND, SWITCHES, ADOPTIONS,
    PLACED, PICKED_UP, STOLEN_BY_THIEVES, KEPT_BY_COURIERS, SEIZED_DROPS, LOST_DROPS,
    IMPORTED, PRODUCED, WRITTEN_OFF,
    REVENUE, REVENUE_OFF_PLATFORM, REVENUE_STREET, FEES, COURIER_PAY, SUPPLY_COST, PROMOTION_COST,
    CASH_OUT_LOSS, REFUNDS,
    RECRUITS, RECRUITS_FEMALE, APPLICATIONS, COURIER_QUITS, COURIER_OTHER_EXITS, PUNISHED, PUNISHED_FALSELY,
    COURIER_DAYS, VACANCIES,
    ARRESTS_BUYER, ARRESTS_COURIER, ARRESTS_DEALER, ARRESTS_MINOR, CONVICTIONS_POSSESSION,
    CONVICTIONS_TRAFFICKING, CONVICTIONS_COURIER, CONVICTIONS_MINOR, CONVICTIONS_YOUNG, DIVERTED, PRISON_ENTRIES,
    RELEASES, SHOPS_CLOSED, LABORATORIES_CLOSED,
    OFFERS, COVERED_PERSONS,
) = range(COUNT)  # fmt: skip
