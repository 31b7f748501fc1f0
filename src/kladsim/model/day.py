"""The order of a day: every phase in one list, in the order of MODEL section 4; ``print(order())`` shows it.

Each entry names the kernel, the mechanism it belongs to, its rhythm, and what it reads and writes of the state
(``tools/phase_access.py`` lists it). Regional phases run region by region on any number of threads; national ones run
once.
"""

from __future__ import annotations

from dataclasses import replace

from kladsim.core.phases import Fused, Phase, fuse, listing
from kladsim.core.processes import IN_WORLD, Lanes, build_mark, build_step
from kladsim.model import (
    adoption,
    careers,
    couriers,
    demand,
    drops,
    economy,
    hazard_bounds,
    health,
    justice,
    market,
    people,
    platforms,
    policing,
    production,
    punishment,
    room,
    shops,
    tallies,
)
from kladsim.model.state import TABLES, column_names

LANES = Lanes(
    (
        *demand.PROCESSES,
        *health.PROCESSES,
        *careers.PROCESSES,
        *adoption.PROCESSES,
        *couriers.PROCESSES,
        *policing.PROCESSES,
        *punishment.PROCESSES,
        *justice.PROCESSES,
    ),
    tuple(
        replace(awakening, ceiling=ceiling)
        for awakening, ceiling in zip(
            (*careers.DORMANT_PROCESSES, *couriers.DORMANT_PROCESSES, *health.DORMANT_PROCESSES),
            (hazard_bounds.of_first_use, hazard_bounds.of_application, hazard_bounds.of_death),
            strict=True,
        )
    ),
)
STEP = IN_WORLD | {"low": "w.regions.first_chunk[low]", "high": "w.regions.first_chunk[high]"}
"""Where the steps over persons find their arguments in the state and the day."""
FETCHED = ("pid", "klass", "use", "substance", "channel", "flags", "caution", "since", "until")
"""Columns of a person that most processes read."""
mark_persons = build_mark(LANES, bind=STEP)
demand_step = build_step(LANES, (0,), dormant=False, fetch=FETCHED, bind=STEP)
life_step = build_step(LANES, (1,), fetch=FETCHED, bind=STEP)

ALWAYS = {"p", "on", "q", "regions", "chunks", "trade.branch_index", "trade.branch_start"}
"""What every phase may read without saying so: parameters, switches, quantities, and where chunks and branches lie."""

TABLES_AND_COLUMNS = {"persons", *TABLES, *column_names()}
"""What a phase may declare."""

# A table: a phase in as few lines as it needs.
# fmt: off
PHASES = (
    Phase("economy and shocks", "regional", economy.update_economy,
          "counters of the day begin at zero; movement and what is on the shelf", "M15",
          reads="demand.street_base listings supply.cover use.by_channel",
          writes="demand.displayed demand.shelf demand.street_available economy.drop_movement "
                 "economy.street_movement tally.count use.availability"),
    Phase("closures", "national", platforms.closures, "platforms that are closed today, before anybody buys", "M5",
          reads="branches market.platform_fixed people.alive",
          writes="channels.settled market.platform_choice market.presence market.takedown_memory platforms shops"),
    Phase("memory of risk", "regional", careers.update_factors,
          "feedbacks on use from visible harm, availability and peers", "M2",
          reads="people.alive use.availability use.by_state use.harm_indicated",
          writes="use.peer_start use.progress_factor use.quit_factor use.risk use.start_factor"),
    Phase("birthdays", "regional", people.birthdays, "persons enter at 14 and leave at 65",
          reads="people.birth_zero people.cohort_start people.involved",
          writes="branches cells health.in_treatment justice.at_front justice.custody justice.prisoners "
                 "labour.couriers people.alive people.gone persons tally.count use.by_channel use.by_state"),
    Phase("labour market", "regional", couriers.update_labour, "hardship, pay and the pull of courier work", "M7",
          reads="economy.wage_level economy.youth_unemployment labour.market_reach labour.shortage",
          writes="labour.hardship labour.pay labour.recruit_pull"),
    Phase("hiring of couriers", "regional", couriers.hire, "applications of yesterday meet vacancies", "M7",
          reads="cells labour.deposits labour.vacancies people.birth_zero people.cohort_start people.gone "
                "people.male_share",
          writes="branches chunks labour.applications labour.couriers people.involved persons tally.count "
                 "use.by_channel use.by_state"),
    Phase("police effort", "regional", policing.update_hazards, "effort by tier becomes hazards", "M11",
          reads="labour.couriers_met people.alive police.buyer_reference police.tier_effort use.by_channel",
          writes="police.buyer_hazard police.courier_hazard police.pick_up_risk police.street_risk"),
    Phase("stock wanted", "regional", drops.ask_for_stock, "branches ask for drops within their couriers' capacity",
          "M8",
          reads="economy.drop_movement market.orders_region people.trait_key",
          writes="branches listings stock.labour_need stock.wanted"),
    Phase("scan", "regional", mark_persons, "mark the persons that something may happen to today",
          reads="persons scan.thresholds",
          writes="scan.flag scan.marks scan.n_marks"),
    Phase("production and import", "national", production.produce,
          "laboratories and imports fill the wholesale stock", "M10",
          reads="labs market.asked_by supply.import_share supply.local",
          writes="supply.cover supply.flow supply.import_sum supply.made supply.precursor supply.routes "
                 "supply.unfinished supply.wholesale tally.count"),
    Phase("rationing", "national", drops.ration, "wholesale stock and couriers' time are shared out by region", "M8",
          reads="economy.drop_movement labour.couriers stock.labour_need stock.wanted",
          writes="stock.capacity_left stock.capacity_share stock.hands stock.in_stock stock.quota supply.wholesale"),
    Phase("room for requests", "room", room.for_requests,
          "buffers are made long enough for whatever the marked may ask"),
    Phase("room for trade", "room", room.for_trade, "tables are made long enough for whoever may enter", every=7,
          first=3),
    Phase("stocking of drops", "regional", drops.place, "drops are placed, kept or lost", "M8",
          reads="labour.deposits punishment.fear",
          writes="listings stock.quota stock.unused_quota tally.count trade.placed_by"),
    Phase("theft by outsiders", "regional", drops.thieves, "outsiders find drops", "M8",
          reads="people.alive",
          writes="listings stock.theft_today tally.count"),
    Phase("pull of channels", "regional", adoption.update_pull, "drivers of channel choice", "M1",
          reads="channels.online_national channels.service market.promotion_level market.takedown_memory "
                "police.pick_up_risk police.street_risk use.by_channel",
          writes="channels.back_push channels.online_pull channels.online_start channels.own_pull "
                 "channels.own_share"),
    Phase("mix of substances", "regional", demand.update_mix, "drivers of substance choice", "M3",
          reads="demand.product_promotion demand.regional_opioid demand.shelf demand.street_available demand.taste "
                "trade.reference_price trade.unit_price use.by_channel",
          writes="demand.mix"),
    Phase("demand and channel choice", "regional", demand_step, "who buys, what, and where", "M3",
          reads="channels.settled demand.mix demand.price_effect demand.shelf demand.street_available "
                "economy.drop_movement economy.street_movement market.platform_choice market.presence platforms "
                "requests.start scan.flag scan.marks scan.n_marks scan.thresholds trade.unit_price",
          writes="market.new_accounts persons requests.n requests.platform requests.rank requests.row scan.over "
                 "tally.count"),
    Phase("order and pick-up", "regional", market.orders, "requests meet ready drops; found, not found or arrested",
          "M4",
          reads="cells people.birth_zero people.cohort_start platforms police.pick_up_risk requests.start shops "
                "trade.drop_cost trade.unit_price",
          writes="branches health.in_treatment justice.charges justice.custody labour.careers labour.couriers "
                 "listings market.orders_on market.receipts_on persons police.arrest_sum requests.n "
                 "requests.platform requests.rank requests.row scan.branch scan.weight stock.seized_by tally.count "
                 "trade.sold trade.takings use.by_channel use.by_state use.harm_sum"),
    Phase("return of unused quota", "national", drops.give_back,
          "drops granted and not placed go back to the wholesale stock", "M8",
          writes="stock.unused_quota supply.wholesale"),
    Phase("pre-orders", "national", market.preorders, "what a region lacks comes from its federal district", "M5",
          reads="cells demand.street_available labour.deposits people.birth_zero people.cohort_start platforms "
                "police.pick_up_risk punishment.fear requests.platform requests.rank requests.row requests.start "
                "shops trade.drop_cost trade.unit_price",
          writes="branches health.in_treatment justice.charges justice.custody labour.careers labour.couriers "
                 "listings market.orders_on market.receipts_on market.unmet_by persons police.arrest_sum requests.n "
                 "stock.capacity_left stock.seized_by supply.wholesale tally.count trade.placed_by trade.sold "
                 "trade.takings use.by_channel use.by_state use.harm_sum"),
    Phase("review and reputation", "regional", punishment.review, "reports of drops not found; hazard of punishment",
          "M9",
          reads="labour.couriers shops stock.theft_today tally.count",
          writes="branches listings market.asked_by market.unmet_by market.unmet_level punishment.insiders "
                 "punishment.outsider_share punishment.outsiders trade.sold"),
    Phase("life", "regional", life_step,
          "punishment, arrest, use transitions, poisoning, death, first use, applications", "M2",
          reads="channels.back_push channels.online_pull channels.online_start channels.own_pull channels.own_share "
                "demand.mix health.regional_fatality labour.recruit_pull labour.shortage market.platform_choice "
                "people.birth_zero people.cohort_start people.male_share people.mortality people.trait_key "
                "platforms police.buyer_hazard police.courier_hazard punishment.outsider_share scan.marks "
                "scan.n_marks scan.thresholds scan.top_application scan.top_death scan.top_first_use "
                "use.progress_factor use.quit_factor use.start_factor",
          writes="branches cells chunks health.in_treatment health.requests justice.at_front justice.charges "
                 "justice.custody justice.prisoners labour.applications labour.careers labour.couriers "
                 "market.new_accounts people.alive people.gone people.involved persons police.arrest_sum "
                 "police.street_seized scan.flag scan.over stock.seize_drops tally.count use.by_channel use.by_state "
                 "use.harm_sum"),
    Phase("seizures", "regional", drops.seize, "drops in hand of arrested couriers", "M11",
          reads="labour.couriers",
          writes="listings stock.seize_drops stock.seize_due stock.seized_by tally.count"),
    Phase("vacancies", "national", couriers.share_vacancies,
          "each federal district seeks couriers where people apply", "M7",
          reads="labour.applications labour.couriers people.alive people.trait_key stock.hands stock.labour_need",
          writes="labour.couriers_met labour.lack labour.shortage labour.vacancies"),
    Phase("visible harm", "national", careers.note_harm, "harm of the day becomes the perceived risk of tomorrow",
          "M2",
          reads="use.by_state",
          writes="use.harm_indicated use.harm_rate use.harm_start use.harm_sum"),
    Phase("fear of punishment", "national", punishment.update_fear, "publicity of punishment", "M9",
          reads="labour.couriers tally.count",
          writes="punishment.fear"),
    Phase("charges", "national", justice.receive_charges, "charges of the day join the courts' queue", "M13",
          writes="justice.charges justice.queue"),
    Phase("courts and prison", "national", justice.try_charges, "charges are tried within the courts' capacity",
          "M13",
          reads="cells people.alive people.birth_zero people.cohort_start",
          writes="health.in_treatment justice.court_carry justice.custody justice.prisoners justice.queue persons "
                 "tally.count use.by_channel use.by_state"),
    Phase("learning of police", "national", policing.learn, "effort moves towards the tier that gave arrests", "M11",
          every=30, first=30,
          reads="police.tier_plan",
          writes="police.arrest_sum police.success police.tier_effort"),
    Phase("requests for treatment", "national", health.receive_requests, "requests of the day join the queue", "M12",
          writes="health.queue health.requests"),
    Phase("treatment", "national", health.admit, "free places are given to those who wait", "M12",
          writes="health.in_treatment health.queue persons tally.count use.by_channel use.by_state"),
    Phase("money", "national", shops.settle_money, "receipts, wages, goods and promotion are booked", "M14",
          reads="market.promotion_level trade.drop_pay",
          writes="branches shops tally.count trade.orphan_cash trade.placed_by trade.shop_missed trade.shop_sold "
                 "trade.takings"),
    Phase("reputation of shops", "national", shops.reputations, "what buyers report is smoothed", "M6",
          writes="shops trade.shop_missed trade.shop_sold"),
    Phase("platforms", "national", platforms.daily, "competition, closure, entry, promotion", "M4",
          writes="channels.settled market.new_accounts market.orders_on market.promotion_level market.receipts_on "
                 "market.takedown_memory platforms shops"),
    Phase("shops join platforms", "national", platforms.shops_join, "shops seek a platform or add a second", "M5",
          reads="channels.own_level market.takedown_memory platforms",
          writes="market.entry_platforms shops"),
    Phase("prices", "national", shops.prices, "prices follow cost, risk and scarcity", "M6",
          reads="demand.mix_first labour.couriers labour.pay people.alive police.courier_hazard supply.cover "
                "supply.local trade.reference_price",
          writes="demand.price_effect trade.drop_cost trade.drop_pay trade.real_price trade.risk_level "
                 "trade.unit_price"),
    Phase("entry and exit of shops", "national", shops.entry_and_exit,
          "shops close or open towards what the trade can feed", "M6", every=7, first=3,
          reads="demand.national_mix market.entry_platforms market.orders_level",
          writes="branches listings shops tally.count trade.orphan_cash trade.sold trade.takings"),
    Phase("branches of closed shops", "national", shops.close_orphaned_branches, "are closed", "M6", every=7, first=3,
          writes="branches listings shops tally.count trade.sold trade.takings"),
    Phase("index of branches", "national", shops.reindex, "branches by region", every=7, first=3,
          reads="branches",
          writes="trade.branch_index trade.branch_start"),
    Phase("entry of branches", "national", shops.branch_entry, "branches open where orders could feed more", "M6",
          every=7, first=3,
          reads="channels.region_open market.orders_region market.unmet_level",
          writes="branches listings shops tally.count trade.sold trade.takings"),
    Phase("index of new branches", "national", shops.reindex, "branches by region", every=7, first=3,
          reads="branches",
          writes="trade.branch_index trade.branch_start"),
    Phase("turnover of laboratories", "national", production.laboratory_turnover, "laboratories close and enter",
          "M10", every=7, first=3,
          reads="channels.online_national supply.flow supply.local supply.precursor",
          writes="labs supply.seized_labs tally.count"),
    Phase("reach and choice of platforms", "national", platforms.reach_and_choice, "where buyers find shops", "M4",
          every=3, also=platforms.platform_closes,
          reads="branches market.platform_fixed market.takedown_memory people.alive shops",
          writes="market.platform_choice market.presence platforms"),
    Phase("service", "national", economy.service, "how well drops serve buyers; orders and national shares, smoothed",
          "M1",
          reads="demand.mix demand.mix_first demand.taste_first people.alive supply.local tally.count "
                "use.by_channel",
          writes="channels.asked_level channels.online_national channels.own_level channels.served_level "
                 "channels.service channels.settled demand.mix_sum demand.national_mix demand.product_promotion "
                 "demand.taste labour.market_reach market.orders_level market.orders_region"),
    Phase("spread to new places", "national", economy.open_places, "places open down the settlement ladder", "M1",
          every=7, first=5,
          reads="channels.class_weight economy.wealth market.orders_level",
          writes="cells channels.region_open"),
    Phase("coverage", "regional", economy.coverage, "residents of places where drops are on offer",
          reads="cells labour.couriers",
          writes="tally.count"),
    Phase("night", "regional", tallies.update_stocks, "stocks and counters by region",
          reads="justice.at_front justice.custody justice.prisoners labour.couriers listings people.alive "
                "tally.count use.by_channel use.by_state",
          writes="tally.stock tally.year_count tally.year_stock"),
    Phase("record", "national", tallies.add_up, "sum of the day",
          reads="justice.queue tally.count tally.stock",
          writes="stock.seized_by supply.seized_labs tally.day_count tally.day_seized tally.day_stock "
                 "tally.year_labs tally.year_seized"),
)
# fmt: on

SKIPS = room.skips_of(LANES.awakenings)
"""How the dormant are reached who may get a row or apply: their number is known each morning (``room``)."""
_FUSED: list[tuple[Fused, ...]] = []


def fused() -> tuple[Fused, ...]:
    """Return the day as few compiled calls (made once a process)."""
    if not _FUSED:
        _FUSED.append(fuse(PHASES))
    return _FUSED[0]


def order() -> str:
    """Return the order of the day for people."""
    return listing(PHASES)
